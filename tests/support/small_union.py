"""A small union at work in a directory: what banks send goes in as files, what they are told comes out typed.

The tests of journeys, errors and crashes share it. Time stands still unless `at` moves it; every `settle`
opens the union anew, so that each journey is also one through restarts, unless `stays_up` keeps it open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from made_once import once

from tasviya.adapters.inbox import stamp
from tasviya.app import Application, Home, ask, initialise, scheme_of
from tasviya.core.clock import ManualClock, iso_instant, to_ns
from tasviya.messages import builders
from tasviya.messages.model import (
    CreditTransfer,
    LiquidityTransfer,
    ParsedMessage,
    Recall,
    RecallAnswer,
    ReportRequest,
    Return,
    StatusReport,
    StatusRequest,
)
from tasviya.messages.registry import parse_file

UNION = Path(__file__).parent / "union.toml"
TODAY = "2026-09-29"
"""A Tuesday, and a business day of both currencies. Thursday, 1 October, is a holiday of KZT."""
TOMORROW = "2026-09-30"

A, B, C, D, R = "ALFAKZ20XXX", "BETAKZ20XXX", "GAMAKZ20XXX", "DELTKZ20XXX", "REZVKZ20XXX"
E, F, G = "EPSIOM20XXX", "PHIXOM20XXX", "GIMLOM20XXX"
SUSPENDED, BLOCKED, CLOSED = "SUSPKZ20XXX", "BLOCKZ20XXX", "CLOSKZ20XXX"
CENTRAL_BANK, OPERATOR = "SIKZKZ20XXX", "TSVOKZ20XXX"
STRANGER = "STRGKZ20XXX"

CODE = {
    A: "KZ-A", B: "KZ-B", C: "KZ-C", D: "KZ-D", R: "KZ-R", E: "OM-E", F: "OM-F", G: "OM-G",
    SUSPENDED: "KZ-S", BLOCKED: "KZ-X", CLOSED: "KZ-Z", CENTRAL_BANK: "KZ-SI",
}  # fmt: skip
BIC = {code: bic for bic, code in CODE.items()}

DECIMALS = {"KZT": 2, "OMR": 3, "INR": 2, "TSU": 4}


def uetr(number: int) -> str:
    return f"5e771e00-0000-4000-8000-{number:012d}"


def minor(amount: float | str, currency: str = "KZT") -> int:
    """An amount as people say it, in minor units."""
    whole, _, fraction = str(amount).partition(".")
    return int(whole + fraction.ljust(DECIMALS[currency], "0"))


def moment(time: str, day: str = TODAY) -> int:
    """An instant from "10:00" UTC on a day."""
    return to_ns(datetime.fromisoformat(f"{day}T{time}+00:00"))


class SmallUnion:
    """One union and everything that its banks do."""

    def __init__(
        self,
        root: Path,
        *,
        union: Path = UNION,
        stays_up: bool = False,
        time: str = "08:00",
        day: str = TODAY,
    ) -> None:
        self.home = Home(root)
        self.now = moment(time, day)
        self.day = day
        self.stays_up = stays_up
        self.sent = 0
        self._numbers = iter(range(1, 10**6))
        self._open: Application | None = None
        text = union.read_text(encoding="utf-8")
        register = once((text, self.now), root, lambda: initialise(self.home, union, ManualClock(self.now)))
        self.scheme = scheme_of(register.on(datetime.fromisoformat(day).date()))

    # --- time and work ------------------------------------------------------------------------------

    def at(self, time: str, day: str | None = None) -> SmallUnion:
        """Let it be that time, UTC; of the same day if none is named."""
        self.day = day or self.day
        self.now = moment(time, self.day)
        return self

    def application(self) -> Application:
        """The union at work at this time; what `stays_up` keeps open, else a new one."""
        if self._open is not None:
            self._open.clock.advance_to(self.now)  # type: ignore[attr-defined]
            return self._open
        application = Application(self.home, ManualClock(self.now), worker_count=0)
        if self.stays_up:
            self._open = application
        return application

    def settle(self) -> SmallUnion:
        """Take in what was sent, let due events happen, tell everyone; the books must balance afterwards."""
        application = self.application()
        try:
            application.system.advance()
            application.drain()
            application.system.advance()
            application.tell()
            application.system.memory.check()
        finally:
            if not self.stays_up:
                application.__exit__(None, None, None)
        self.must_balance()
        return self

    def settle_without_telling(self) -> SmallUnion:
        """As `settle`, but the machine stops before anything is told."""
        application = self.application()
        try:
            application.system.advance()
            application.drain()
        finally:
            application.__exit__(None, None, None)
            self._open = None
        return self

    def close(self) -> None:
        """Stop, if it stays up."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None

    # --- what banks send ----------------------------------------------------------------------------

    def send(self, bic: str, raw: bytes, name: str = "") -> str:
        """Put a file into a bank's inbox; its name carries the time. Returns the name."""
        self.sent += 1
        arrival = datetime.fromtimestamp(self.now / 1e9, UTC)
        file = self.home.inbox / bic / stamp(arrival, name or f"{self.sent:06d}.xml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        return file.name

    def pay(self, payer: str, payee: str, amount: float | str, currency: str = "KZT", **changes: Any) -> str:
        """A customer's payment from one bank to another, in a message of its own. Returns its UETR."""
        transfer = self.transfer(payer, payee, amount, currency, **changes)
        self.send(payer, self.message(transfer))
        return str(transfer.uetr)

    def transfer(
        self, payer: str, payee: str, amount: float | str, currency: str = "KZT", **changes: Any
    ) -> CreditTransfer:
        """A payment that breaks no rule, and whose payer, payee and purpose can be told from all others."""
        number = next(self._numbers)
        facts: dict[str, Any] = {
            "position": 1,
            "currency": currency,
            "amount_minor": minor(amount, currency),
            "instruction_id": f"INSTR-{number}",
            "end_to_end_id": f"INVOICE-{number}",
            "transaction_id": f"TX-{number}",
            "uetr": uetr(number),
            "settlement_date": self.day,
            "priority": "NORM",
            "purpose": "GDDS",
            "charge_bearer": "SHAR",
            "debtor_agent": payer,
            "creditor_agent": payee,
            "debtor_name": f"Тракторный завод & Сыновья {number}",
            "debtor_country": "KZ",
            "debtor_town": "Алматы",
            "debtor_account": f"PAYER-{number}",
            "creditor_name": f"شرکت بازرگانی {number}",
            "creditor_country": "OM",
            "creditor_town": "مسقط",
            "creditor_account": f"PAYEE-{number}",
            "remittance": f"Invoice <{number}> 第三批",
            "regulatory_codes": (f"HS{number}",),
        }
        return CreditTransfer(**(facts | changes))

    def message(self, *transfers: CreditTransfer, message_id: str = "") -> bytes:
        """A bare pacs.008."""
        return builders.build_credit_transfer(self.scheme, **self.frame(message_id), transfers=transfers)

    def interbank(self, payer: str, payee: str, amount: float | str, **changes: Any) -> str:
        """A bank's own payment (pacs.009). Returns its UETR."""
        number = next(self._numbers)
        facts: dict[str, Any] = {
            "position": 1,
            "currency": "KZT",
            "amount_minor": minor(amount),
            "end_to_end_id": f"FI-{number}",
            "uetr": uetr(number),
            "settlement_date": self.day,
            "priority": "NORM",
            "debtor_bic": payer,
            "creditor_bic": payee,
        }
        transfer = CreditTransfer(**(facts | changes))
        self.send(payer, builders.build_fi_transfer(self.scheme, **self.frame(), transfers=[transfer]))
        return str(transfer.uetr)

    def ask_status(self, bic: str, original: str, **ids: Any) -> None:
        """A pacs.028 about a UETR."""
        request = StatusRequest(**({"position": 1, "original_uetr": original} | ids))
        self.send(bic, builders.build_status_request(self.scheme, **self.frame(), requests=[request]))

    def recall(self, bic: str, original: str, case: str = "CASE-1", **changes: Any) -> None:
        """A camt.056 for a UETR."""
        facts = {"position": 1, "case_id": case, "original_uetr": original, "reason": "DUPL"}
        recalls = [Recall(**(facts | {"cancellation_id": "CXL-1"} | changes))]
        frame = self.frame() | {"assigner": bic, "assignee": OPERATOR}
        self.send(bic, builders.build_recall(self.scheme, **frame, recalls=recalls))

    def answer_recall(self, bic: str, original: str, status: str, case: str = "CASE-1") -> None:
        """The payee's bank's camt.029."""
        answer = RecallAnswer(1, status, original_uetr=original, reason="CUST" if status == "RJCR" else None)
        frame = self.frame() | {"assigner": bic, "assignee": OPERATOR}
        raw = builders.build_recall_answer(
            self.scheme, **frame, status=status, case_id=case, answers=[answer]
        )
        self.send(bic, raw)

    def give_back(self, bic: str, original: str, amount: float | str, **changes: Any) -> str:
        """A pacs.004 for a UETR. Returns the return's own id."""
        number = next(self._numbers)
        facts: dict[str, Any] = {
            "position": 1,
            "currency": "KZT",
            "return_id": f"RETURN-{number}",
            "original_uetr": original,
            "settlement_date": self.day,
            "reason": "FOCR",
        }
        facts |= changes
        returned = Return(**facts, amount_minor=minor(amount, facts["currency"]))
        self.send(bic, builders.build_return(self.scheme, **self.frame(), returns=[returned]))
        return str(returned.return_id)

    def move(self, bic: str, debit: str, credit: str, amount: float | str, currency: str = "KZT") -> None:
        """A camt.050 between two account numbers."""
        number = next(self._numbers)
        transfer = LiquidityTransfer(
            1,
            currency,
            amount_minor=minor(amount, currency),
            end_to_end_id=f"LIQ-{number}",
            debtor_account=debit,
            creditor_account=credit,
        )
        self.send(bic, builders.build_liquidity_transfer(self.scheme, **self.frame(), transfer=transfer))

    def ask_report(self, bic: str, account: str, kind: str = "camt.052.001.08") -> None:
        """A camt.060."""
        request = ReportRequest(1, kind, "RQ-1", account, owner=bic)
        raw = builders.build_report_request(self.scheme, **self.frame(), sender=bic, requests=[request])
        self.send(bic, raw)

    def frame(self, message_id: str = "") -> dict[str, str]:
        """A message's id and time."""
        identity = message_id or f"MSG-{next(self._numbers)}"
        return {"message_id": identity, "created_at": iso_instant(self.now)}

    # --- what they are told -------------------------------------------------------------------------

    def letters(self, bic: str) -> list[Path]:
        """The files in a bank's outbox, in order."""
        return sorted((self.home.outbox / bic).glob("*.xml"))

    def told(self, bic: str, kind: str) -> list[ParsedMessage]:
        """The messages of a type (its beginning is enough) that a bank was told, in order. Each must hold:
        what we send is held to the rules that we hold others to."""
        found = []
        for file in self.letters(bic):
            for message in parse_file(file.read_bytes(), self.scheme):
                assert isinstance(message, ParsedMessage), message
                assert message.refusals == [], (file, message.message_type, message.refusals)
                if message.message_type.startswith(kind):
                    found.append(message)
        return found

    def statuses(self, bic: str, original: str) -> list[str]:
        """What pacs.002 told a bank of a payment, in order: "ACSC", or "RJCT AM04"."""
        return [
            f"{report.status} {report.reason or ''}".strip()
            for message in self.told(bic, "pacs.002")
            for report in message.transactions
            if isinstance(report, StatusReport) and report.original_uetr == original
        ]

    def onward(self, bic: str) -> list[CreditTransfer]:
        """The payments that were passed on to a bank."""
        return [
            each
            for message in self.told(bic, "pacs.00")
            for each in message.transactions
            if isinstance(each, CreditTransfer)
        ]

    def entries(self, bic: str, kind: str = "camt.054") -> list[tuple[str, int]]:
        """(account, amount; debits below zero) of every entry told in reports of a type."""
        return [
            (report.account, entry.amount_minor if entry.is_credit else -entry.amount_minor)
            for message in self.told(bic, kind)
            for report in message.transactions
            for entry in report.entries  # type: ignore[union-attr]
        ]

    # --- what the books say -------------------------------------------------------------------------

    def row(self, original: str) -> Mapping[str, Any]:
        """A payment as `tasviya status` shows it."""
        (row,) = [row for row in ask(self.home).payments(original) if not row["original_seq"]]
        return row

    def status(self, original: str) -> str:
        return str(self.row(original)["status"])

    def balance(self, bic: str, currency: str = "KZT", with_whom: str = "") -> int:
        """A bank's settlement account, minor units; or its vostro account for a respondent."""
        for row in ask(self.home).liquidity(CODE[bic], currency):
            if row["participant"] == CODE[bic] and row["with_whom"] == (CODE[with_whom] if with_whom else ""):
                return minor(row["balance"], currency)
        raise LookupError(bic)

    def drawn(self, bic: str) -> int:
        """What of a bank's credit line is drawn, minor units."""
        (row,) = [row for row in ask(self.home).liquidity(CODE[bic], "KZT") if not row["with_whom"]]
        return minor(row["drawn"])

    def waiting(self) -> list[str]:
        """The UETRs of what waits, by account and place."""
        return [row["uetr"] for row in ask(self.home).queue()]

    def books(self) -> dict[str, int]:
        """Every account by name, credits less debits in minor units."""
        db = ask(self.home).db
        sql = (
            "SELECT a.owner || '/' || a.currency || '/' || a.kind || '/' || a.with_whom, l.credits_posted,"
            " l.debits_posted FROM account a JOIN ledger_account l ON l.id = a.account_id ORDER BY 1"
        )
        return {name: int(credits) - int(debits) for name, credits, debits in db.execute(sql)}

    def must_balance(self) -> None:
        """Each ledger adds up to zero, every nostro mirrors its vostro, nobody owes who must not."""
        db = ask(self.home).db
        sums: dict[int, int] = {}
        sql = "SELECT ledger, credits_posted, debits_posted FROM ledger_account"
        for ledger, credits, debits in db.execute(sql):
            sums[ledger] = sums.get(ledger, 0) + int(credits) - int(debits)
        assert sums and not any(sums.values()), sums
        books = self.books()
        for name, balance in books.items():
            owner, currency, kind, other = name.split("/")
            if kind in ("settlement", "vostro", "credit_limit"):
                assert balance >= 0, (name, balance)
            if kind == "vostro":
                assert balance == -books[f"{other}/{currency}/nostro/{owner}"], name


def messages_in(raw: bytes, union: SmallUnion) -> Iterator[ParsedMessage]:
    """A file's messages."""
    for message in parse_file(raw, union.scheme):
        assert isinstance(message, ParsedMessage), message
        yield message


def with_prefix(document: bytes) -> bytes:
    """The same document with every element of its namespace prefixed."""
    prefixed = document.replace(b"</", b"\0").replace(b"<", b"<p:").replace(b"\0", b"</p:")
    return prefixed.replace(b"xmlns=", b"xmlns:p=")
