"""Pay-versus-release end to end: declarations lodged, assessed, paid by a bank, released; every step durable.

    python benchmarks/bench_customs.py [--declarations N] [--group G ...] [--directory DIRECTORY]

A group of declarations is read, lodged and assessed in one commit; then one pacs.008 file that quotes their
MRNs is read, checked and settled in another, and that commit releases the goods. A declaration's latency is
the time from the beginning of the first to the end of the second; what the bank needs to write its file is
not in it, nor is telling anybody. All of it runs in one process, on SQLite with synchronous=FULL.

Prints absolute figures and ratios to two floors measured in the same run, on the same disk: as many payments
that pay for nothing, in as many files and commits; and as many rows with the declarations' bytes, in as many
bare commits.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from tasviya import app
from tasviya.core.clock import ManualClock, iso_instant
from tasviya.core.errors import accepted, invariant
from tasviya.customs.declaration import Party
from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement
from tasviya.lab.customs_day import Due, duty_transfer, open_customs
from tasviya.lab.figures import goods
from tasviya.lab.shipments import Shipment
from tasviya.membership.participant import OpeningBalance
from tasviya.membership.register import Snapshot
from tasviya.membership.union import load_union
from tasviya.messages.credit_transfer_writing import build_credit_transfer
from tasviya.messages.envelope import bare
from tasviya.messages.model import CreditTransfer
from tasviya.messages.registry import parse_file
from tasviya.services.intake import ArrivedFile
from tasviya.services.lodging import Lodging, lodge
from tasviya.services.work import Work

UNION = Path("examples/corridor/union.toml")
DAY = date(2026, 9, 29)
NOON = 1_790_668_800 * 10**9
"""2026-09-29T08:00:00Z, when both currencies are open."""
PAYER, PAYEE = "KZ-ALTYN", "UZ-GUMBAZ"


@dataclass(frozen=True)
class Measured:
    """One run; seconds."""

    group: int
    latencies: list[float]
    lodging: float
    paying: float
    payments: float
    commits: float

    @property
    def count(self) -> int:
        return len(self.latencies)

    @property
    def whole(self) -> float:
        """From the first declaration to the last release."""
        return self.lodging + self.paying

    def percentile(self, percent: int) -> float:
        """The latency that so many per cent of declarations do not exceed."""
        return sorted(self.latencies)[min(self.count * percent // 100, self.count - 1)]


class Bench:
    """A corridor at noon, and a bank with money."""

    def __init__(self, root: Path) -> None:
        register = load_union(UNION.read_text(encoding="utf-8"), str(UNION))
        self.snapshot: Snapshot = register.on(DAY)
        money = OpeningBalance(
            participant=PAYER, currency="KZT", amount_minor=10**15, valid_from=DAY.isoformat()
        )
        self.clock = ManualClock(NOON)
        home = app.Home(root)
        app.initialise(home, UNION, self.clock, [money])
        self.application = app.Application(home, self.clock, 0)
        self.system = self.application.system
        self.system.advance()
        open_customs(self.application.do, self.snapshot)
        self.scheme = app.scheme_of(self.snapshot)

    def lodge(self, bodies: Sequence[bytes]) -> list[Lodgement]:
        """Read and lodge declarations in one commit."""
        lodgings = []
        for body in bodies:
            declared = declaration_json.read(body)
            invariant(not isinstance(declared, list), "the bench's declarations read")
            if not isinstance(declared, list):
                lodgings.append(Lodging("KZ", declared, body, declared.declarant.id))

        def act(work: Work) -> list[Lodgement]:
            return [accepted(lodge(work, each)) for each in lodgings]

        return self.application.do(act)

    def file(self, number: int, transfers: Sequence[CreditTransfer]) -> bytes:
        """The bytes of a bank's file."""
        return bare(
            build_credit_transfer(
                self.scheme,
                message_id=f"BENCH-{number}",
                created_at=iso_instant(NOON),
                transfers=transfers,
                settlement_date=DAY.isoformat(),
            )
        )

    def receive(self, number: int, raw: bytes) -> None:
        """Read a file, decide and settle what is in it, in one commit."""
        bic = self.snapshot.bic(PAYER) or ""
        reads = parse_file(raw, self.scheme)
        self.system.receive([ArrivedFile(bic, f"{number}.xml", raw, reads, None, NOON)])


def shipments(count: int) -> Iterator[Shipment]:
    """Goods of every heading of the lab, from Uzbekistan to Kazakhstan."""
    known = goods()
    for number in range(count):
        heading, description = known[number % len(known)]
        traders = [Party(f"{member}-{number % 97}", "A trader", "", member) for member in ("UZ", "KZ")]
        yield Shipment(
            *(f"{number:012d}", "UZ", "KZ", PAYEE, PAYER, *traders, "PAYEE", "PAYER", heading, description),
            *(1_000_000 + 977 * number, "KZT", 100),
        )


def measure(directory: Path, count: int, group: int) -> Measured:
    """Lodge, pay and release so many declarations in groups of so many."""
    bench = Bench(directory / f"home-{group}")
    made = [each for each in shipments(count) if len(each.import_("").items[0].goods) > len(each.heading)]
    bodies = [declaration_json.write(each.import_("")) for each in made]
    latencies: list[float] = []
    lodging = paying = payments = 0.0
    plain: list[bytes] = []
    for number, start in enumerate(range(0, len(made), group)):
        begun = time.perf_counter()
        lodged = bench.lodge(bodies[start : start + group])
        lodging += (lodge_took := time.perf_counter() - begun)
        dues = [
            Due(shipment, row.mrn, row.assessed)
            for shipment, row in zip(made[start : start + group], lodged, strict=True)
        ]
        transfers = [
            duty_transfer(bench.snapshot, due, PAYER, f"{number}-{place}", place)
            for place, due in enumerate(dues, 1)
        ]
        raw = bench.file(number, transfers)
        plain.append(bench.file(10**6 + number, [_pays_for_nothing(bench.snapshot, t) for t in transfers]))
        begun = time.perf_counter()
        bench.receive(number, raw)
        paying += (pay_took := time.perf_counter() - begun)
        latencies += [lodge_took + pay_took] * len(lodged)
    _must_be_released(bench, len(made))
    for number, raw in enumerate(plain):
        begun = time.perf_counter()
        bench.receive(10**6 + number, raw)
        payments += time.perf_counter() - begun
    bench.application.__exit__(None, None, None)
    commits = _bare_commits(directory / f"bare-{group}.db", bodies, group)
    return Measured(group, latencies, lodging, paying, payments, commits)


def _pays_for_nothing(snapshot: Snapshot, transfer: CreditTransfer) -> CreditTransfer:
    """The same payment to a bank, quoting no claim."""
    number = transfer.instruction_id or ""
    uetr = transfer.uetr or ""
    return replace(
        transfer,
        instruction_id=f"P{number}",
        uetr=f"{uetr[:-1]}{(int(uetr[-1], 16) ^ 1):x}",
        creditor_agent=snapshot.bic(PAYEE),
        remittance="Invoice",
    )


def _must_be_released(bench: Bench, count: int) -> None:
    """What was measured has happened."""
    sql = "SELECT count(*) FROM customs_declaration WHERE status = 'released'"
    (released,) = bench.application.store.connection.execute(sql).fetchone()
    invariant(released == count, f"{released} of {count} declarations are released")


def _bare_commits(file: Path, bodies: Sequence[bytes], group: int) -> float:
    """Seconds for rows with the same bytes, in two commits a group, as durable."""
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE declaration (seq INTEGER PRIMARY KEY, body BLOB)")
    begun = time.perf_counter()
    for start in range(0, len(bodies), group):
        rows = list(enumerate(bodies[start : start + group], start))
        for verb in ("INSERT", "REPLACE"):
            db.execute("BEGIN IMMEDIATE")
            db.executemany(f"{verb} INTO declaration VALUES (?, ?)", rows)
            db.execute("COMMIT")
    took = time.perf_counter() - begun
    db.close()
    return took


def show(found: Measured) -> None:
    rate = found.count / found.whole
    print(f"{found.count:,} declarations in groups of {found.group}")
    print(f"{'lodged, assessed, paid, released':<36}{found.whole:8.2f} s {rate:10,.0f} /s")
    print(f"{'  of that read, lodged, assessed':<36}{found.lodging:8.2f} s")
    print(f"{'  of that read, paid, released':<36}{found.paying:8.2f} s")
    told = " ".join(f"p{each} {found.percentile(each) * 1000:.1f} ms" for each in (50, 99))
    print(f"{'from lodging to release':<36}{told}")
    for name, floor in (("payments alone", found.payments), ("bare commits", found.commits)):
        print(f"{f'floor: {name}':<36}{floor:8.2f} s {found.whole / floor:10.1f} ×")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--declarations", type=int, default=3_000)
    parser.add_argument(
        "--group", type=int, nargs="+", default=[1, 20, 100], help="declarations in one commit"
    )
    parser.add_argument("--directory", help="a directory on the disk to measure")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tasviya-bench-", dir=asked.directory) as directory:
        measure(Path(directory) / "warm", 40, 20)
        for group in asked.group:
            show(measure(Path(directory), asked.declarations, group))


if __name__ == "__main__":
    main()
