"""A day of payments that is killed, again and again, at chosen moments.

The day runs in a child process that is forked, so that it starts at once. A *moment* is anything that touches
the disk: an SQL statement, a file opened, renamed or moved. The child counts them and kills itself with
SIGKILL at the one it is told: before a commit, in the middle of one, after it, between an answer's draft and
its name, between the answer and the note that it was told.
"""

from __future__ import annotations

import gc
import os
import random
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from clearing_union import ClearingUnion
from exchange_union import D as D_INR
from exchange_union import ExchangeUnion
from exchange_union import G as G_INR
from small_union import CENTRAL_BANK, A, B, C, D, E, G, SmallUnion, moment

from tasviya.app import Application, Home, ask
from tasviya.core.clock import ManualClock
from tasviya.journal import entry as journal
from tasviya.services.unit_of_work import Changes
from tasviya.settlement.payment import Status
from tasviya.settlement.routing import LegCode

PAYING = (
    LegCode.UNION_PAID,
    LegCode.SETTLEMENT,
    LegCode.VOSTRO,
    LegCode.NOSTRO,
    LegCode.SOLD,
    LegCode.BOUGHT,
)
"""Legs that pay; drawing credit for a hold does not yet."""
EVENING = moment("19:00")
Tamper = Callable[[Application], None]
Act = Callable[[Application], None]


def write_day(root: Path, seed: int, files: int = 40) -> SmallUnion:
    """A union whose inbox holds a day: payments that settle, wait and expire, recalls, returns, repeats."""
    union = SmallUnion(root)
    draw = random.Random(seed)
    paid: list[tuple[str, str, int]] = []
    raw = b""
    for number in range(files):
        union.at(f"{9 + number * 8 // files:02d}:{draw.randrange(60):02d}")
        payer, payee = draw.sample([A, B, C, D, E, G], 2)
        kind = draw.random()
        if kind < 0.7 or not paid:
            transfers = [
                union.transfer(payer, payee, draw.randrange(1, 300), position=n) for n in (1, 2, 3, 4)
            ]
            paid += [(str(each.uetr), payee, each.amount_minor // 100) for each in transfers]
            raw = union.message(*transfers)
            union.send(payer, raw)
            sender = payer
        elif kind < 0.8:
            union.send(sender, raw)  # the same file once more
        elif kind < 0.9:
            uetr, payee, amount = draw.choice(paid)
            union.give_back(payee, uetr, max(1, amount // 2))
        else:
            union.move(CENTRAL_BANK, "KZ-SI.KZT.ISSUE", draw.choice(["ACCBKZT", "VOSTROG"]), 100)
    return union


def write_exchange_day(root: Path, seed: int, files: int = 30) -> ExchangeUnion:
    """A union with an exchange whose inbox holds a day of conversions both ways, some at limits that no batch
    meets, among payments in one currency."""
    union = ExchangeUnion(root)
    union.at("10:01").settle()
    union.make_markets()
    draw = random.Random(seed)
    for number in range(files):
        union.at(f"{10 + number * 7 // files:02d}:{draw.randrange(5, 60):02d}")
        points = draw.choice([97, 99, 101, 102, 104])
        kind, amount = draw.random(), draw.randrange(50, 400)
        if kind < 0.4:
            union.convert("BETAKZ20XXX", D_INR, amount, "INR", "KZT", most=f"{amount * points / 16:.2f}")
        elif kind < 0.8:
            least = f"{amount * 6.25 * points / 101:.2f}"
            union.convert(D_INR, A, least, "KZT", "INR", most=f"{amount}", route="EXCHANGE.IN")
        else:
            union.pay(A, B, amount)
    return union


def write_clearing_day(root: Path, seed: int, payments: int = 24) -> ClearingUnion:
    """A union whose inbox holds a day of payments by the union route, which a cycle nets at 14:00 and
    discharges at 15:00, with orders of a bank that sell what debtors buy."""
    union = ClearingUnion(root)
    union.at("10:01").settle()
    union.make_markets()
    draw = random.Random(seed)
    ways = [(B, D_INR, "INR", "KZT", 90), (D_INR, A, "KZT", "INR", 400), (G_INR, E, "OMR", "INR", 1)]
    for number in range(payments):
        union.at(f"{10 + number * 7 // payments:02d}:{draw.randrange(5, 60):02d}")
        payer, payee, currency, debit, most = ways[draw.choice([0, 0, 0, 1, 2])]
        union.through(payer, payee, draw.randrange(1, most + 1), currency, debit)
    return union


def run(
    home: Home,
    kill_at: int = 0,
    tamper: Tamper | None = None,
    *,
    morning: Act = lambda application: None,
    evening: Act = lambda application: None,
) -> bool:
    """Run the day in a child. Returns whether it came to its end.

    kill_at: the moment of its death, from 1; 0: it lives. morning, evening: what is done by hand before the
    files are taken in, and after; each must come to the same if it is done again.
    """
    gc.collect()
    child = os.fork()
    if child == 0:
        try:
            _live(home, kill_at, tamper, morning, evening)
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a child must not return into the test
            sys.stderr.write(f"the day failed: {error!r}\n")
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def _live(home: Home, kill_at: int, tamper: Tamper | None, morning: Act, evening: Act) -> None:
    seen = 0

    def at_moment(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("os.rename", "os.remove", "os.mkdir") or (
            event == "open" and str(home.root) in str(arguments[0])
        ):
            at_moment()

    if kill_at:
        sys.addaudithook(audit)
    with Application(home, ManualClock(moment("08:00")), worker_count=0) as application:
        if kill_at:
            application.store.connection.set_trace_callback(at_moment)  # type: ignore[attr-defined]
        if tamper:
            tamper(application)
        morning(application)
        application.drain()
        evening(application)
        application.clock.advance_to(EVENING)  # type: ignore[attr-defined]
        application.system.advance()
        application.tell()


def acknowledges_too_early(application: Application) -> None:
    """The control: a system that says ACSC before the commit that makes it true."""
    store, outbox = application.store, application.home.outbox
    commit = store.commit

    def tell_then_commit(changes: Changes) -> None:
        early = [p for p in changes.new_payments if p.status is Status.SETTLED]
        for payment in early:
            file = outbox / payment.sender / f"early-{payment.uetr}.xml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"<OrgnlUETR>{payment.uetr}</OrgnlUETR><TxSts>ACSC</TxSts>")
        commit(changes)

    store.commit = tell_then_commit  # type: ignore[method-assign]


ACKNOWLEDGED = re.compile(rb"<OrgnlUETR>([^<]+)</OrgnlUETR><TxSts>ACSC</TxSts>")


def acknowledged(home: Home) -> set[str]:
    """The UETRs of which some answer says that they have settled."""
    found: set[str] = set()
    for file in home.outbox.rglob("*.xml"):
        if not file.name.startswith("."):
            found |= {uetr.decode() for uetr in ACKNOWLEDGED.findall(file.read_bytes())}
    return found


def lost(home: Home) -> set[str]:
    """Payments acknowledged as settled that the store does not hold as settled."""
    settled = {uetr for (uetr,) in ask(home).db.execute("SELECT uetr FROM payment WHERE status = 'settled'")}
    return acknowledged(home) - settled


def check_books(union: SmallUnion) -> None:
    """After any crash: books balance, the journal's chain holds, each payment was posted once if it settled
    and never if it did not, and each account's entries are numbered without a gap."""
    union.must_balance()
    db = ask(union.home).db
    previous, expected = journal.GENESIS, 1
    posted: set[int] = set()
    transfers: set[str] = set()
    entries: dict[str, list[int]] = {}
    digests = dict(db.execute("SELECT seq, digest FROM ledger_batch").fetchall())
    rows = db.execute("SELECT commit_seq, at, first_entry, count, ledger_seq, digest, entries FROM journal")
    for commit_seq, at, first, count, ledger_seq, digest, raw in rows:
        own = digests[ledger_seq] if commit_seq_has_batch(raw) else b""
        previous = journal.chain(previous, commit_seq, at, first, count, bytes(own), raw)
        assert previous == bytes(digest), f"commit {commit_seq}"
        for fields in journal.decode(raw):
            assert fields["entry"] == expected
            expected += 1
            if fields["kind"] == "posted":
                if fields["leg_code"] in PAYING:
                    posted.add(fields["payment_seq"])
                assert fields["transfer_id"] not in transfers, "nothing is posted twice"
                transfers.add(fields["transfer_id"])
                for side in ("debit", "credit"):
                    entries.setdefault(fields[f"{side}_account_id"], []).append(fields[f"{side}_entry_seq"])
    for account, numbers in entries.items():
        assert numbers == list(range(1, len(numbers) + 1)), account
    for seq, status in db.execute("SELECT seq, status FROM payment"):
        assert (seq in posted) is (status == "settled"), (seq, status)


def commit_seq_has_batch(raw: bytes) -> bool:
    """Whether a commit posted anything."""
    return any(fields["kind"] in ("posted", "held") for fields in journal.decode(raw))


def outcome(home: Home) -> dict[str, object]:
    """What a day comes to, whatever became of the machine meanwhile."""
    db = ask(home).db
    return {
        "payments": db.execute("SELECT payment_id, status, reason FROM payment ORDER BY 1").fetchall(),
        "balances": db.execute(
            "SELECT id, debits_posted, credits_posted, debits_pending FROM ledger_account ORDER BY 1"
        ).fetchall(),
        "fills": db.execute(
            "SELECT batch_seq, order_seq, sold, bought FROM exchange_fill ORDER BY 1, 2"
        ).fetchall(),
        "prices": db.execute(
            "SELECT batch_seq, currency, price FROM exchange_price ORDER BY 1, 2"
        ).fetchall(),
        "cycles": db.execute(
            "SELECT c.seq, c.status, r.currency, r.money, r.discharged FROM clearing_cycle c"
            " LEFT JOIN clearing_result r ON r.cycle_seq = c.seq ORDER BY 1, 3"
        ).fetchall(),
        "discharges": db.execute(
            "SELECT cycle_seq, debtor, creditor, how, units, amount_minor FROM clearing_discharge"
            " ORDER BY 1, 2, 3, 4"
        ).fetchall(),
        "queue": db.execute("SELECT count(*) FROM queue").fetchone(),
        "acknowledged": acknowledged(home),
        "untold": db.execute("SELECT count(*) FROM outbox WHERE delivered_at IS NULL").fetchone(),
        "statements": {
            str(file.relative_to(home.statements)): entries_of(file.read_bytes())
            for file in sorted(home.statements.rglob("*.xml"))
        },
        "inbox": sorted(home.inbox.rglob("*.xml")),
    }


def entries_of(raw: bytes) -> list[bytes]:
    """What a statement says, without the numbers of our messages and its making."""
    return re.findall(rb"<Bal>.*?</Bal>|<NtryRef>\d+</NtryRef><Amt.*?</Amt><CdtDbtInd>\w+", raw)


def copy_of(union: SmallUnion, root: Path) -> SmallUnion:
    """The same day elsewhere."""
    shutil.copytree(union.home.root, root)
    other = object.__new__(SmallUnion)
    other.__dict__ |= union.__dict__ | {"home": Home(root)}
    return other
