"""Statements and reports: what the journal says of an account, in the words of camt.052 and camt.053."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tasviya.core.clock import iso_instant
from tasviya.journal.entry import EntryKind
from tasviya.messages.conversion import Conversion, counter_value
from tasviya.messages.scheme import Scheme
from tasviya.messages.statements import AccountReport, Balance, Entry
from tasviya.settlement.accounts import AccountKind, runs_to_owner
from tasviya.settlement.payment import Payment
from tasviya.settlement.routing import LegCode
from tasviya.settlement.trade import Trade, trade_words

PAGE = 5_000
"""Entries in one document of a statement."""

WORDS = {
    LegCode.CREDIT_DRAWN: "Intraday credit drawn",
    LegCode.CREDIT_REPAID: "Intraday credit repaid",
    LegCode.OPENING_BALANCE: "Opening balance",
    LegCode.ROUNDING: "What cannot be split",
    LegCode.POSITION: "Moved by a payment, or discharged",
    LegCode.POSITION_INTEREST: "Interest and charge on positions",
    LegCode.DISCHARGED: "A clearing cycle's result paid",
    LegCode.DEPOSIT_INTEREST: "Interest on the balance",
    LegCode.OVERNIGHT_INTEREST: "Interest on credit drawn overnight",
    LegCode.INTRADAY_INTEREST: "Interest on credit drawn within the day",
    LegCode.OFFSET_LENT: "Lent while payments settle together",
    LegCode.OFFSET_REPAID: "Repaid by payments that settled together",
}
"""What an entry is called that belongs to no payment."""

FOREIGN_EXCHANGE = "FORX/SPOT/OTHR"
"""ISO's bank transaction code of one currency sold for another. A payment stays a credit transfer, converted
or not: an entry has one code, and its counter value tells the rest."""


INTEREST = frozenset({LegCode.DEPOSIT_INTEREST, LegCode.OVERNIGHT_INTEREST, LegCode.INTRADAY_INTEREST})
INTEREST_PAID, INTEREST_RECEIVED = "ACMT/MDOP/INTR", "ACMT/MCOP/INTR"
"""ISO's bank transaction codes of interest on an account, and the legs whose entries have them."""
OWED_BEFORE = "owed since before"
"""What is said of interest that is collected later than it was due."""


class Posting(NamedTuple):
    """One movement of an account, as the journal has it. Balances are credits less debits, minor units."""

    entry_seq: int
    subject: str
    """The payment's id, or what else it was posted for."""
    payment_seq: int
    """The payment's number; 0 if there is none."""
    leg: LegCode
    amount: int
    is_debit: bool
    balance_after: int
    at: int


@dataclass(slots=True)
class AccountFacts:
    """What a statement's head says."""

    account_id: str
    number: str
    currency: str
    kind: AccountKind
    owner: str
    """Its holder's BIC."""
    servicer: str
    """The BIC of the institution in whose books it lies."""


@dataclass(slots=True)
class Period:
    """What moved on an account between two commits."""

    facts: AccountFacts
    business_date: str
    balance: int
    """As it stood at the end, credits less debits: how an account that did not move opened and closed."""
    postings: list[Posting] = field(default_factory=list)

    @property
    def opening(self) -> int:
        """The balance before the first movement; credits less debits."""
        if not self.postings:
            return self.balance
        first = self.postings[0]
        return first.balance_after + (first.amount if first.is_debit else -first.amount)

    @property
    def closing(self) -> int:
        """The balance after the last movement."""
        return self.postings[-1].balance_after if self.postings else self.balance


class Exchanges(NamedTuple):
    """What moved accounts that no payment moved, as statements tell it."""

    trades: Mapping[str, Sequence[Trade]] = {}
    """Both sides of a trade, by their match's id."""
    fills: Mapping[tuple[str, int], Conversion] = {}
    """What an order sold and bought in a batch, by its id and the batch's instant."""
    interest: Mapping[str, str] = {}
    """How interest was reckoned, in words, by what it was posted for."""


def collect(entries: Iterable[Sequence[Any]], at: int, wanted: Mapping[bytes, Period]) -> None:
    """Add a commit's postings to the periods of the accounts they moved.

    entries: as the journal keeps them. wanted: periods by raw account id.
    """
    for entry in entries:
        if entry[1] != EntryKind.POSTED:
            continue
        _, _, _, subject, payment, leg, amount, *sides = entry
        debit, debit_seq, debit_after, credit, credit_seq, credit_after = sides
        for account, seq, after, is_debit in (
            (debit, debit_seq, debit_after, True),
            (credit, credit_seq, credit_after, False),
        ):
            period = wanted.get(account)
            if period is not None:
                period.postings.append(
                    Posting(seq, subject, payment, LegCode(leg), int(amount), is_debit, int(after), at)
                )


def pages(period: Period) -> Iterator[tuple[int, bool, Sequence[Posting]]]:
    """A period's postings in portions: (page from 1, is the last, postings); one empty page for none."""
    count = max(1, -(-len(period.postings) // PAGE))
    for page in range(count):
        yield page + 1, page + 1 == count, period.postings[page * PAGE : (page + 1) * PAGE]


def account_report(
    period: Period,
    postings: Sequence[Posting],
    payments: Mapping[int, Payment],
    exchanges: Exchanges,
    bics: Mapping[str, str],
    scheme: Scheme,
    *,
    report_id: str,
    created_at: str,
    page: tuple[int, bool],
    closed: bool,
) -> AccountReport:
    """What to say of an account.

    payments: by number. page: its number, and whether it is the last.
    closed: a camt.053 of a closed day; else a camt.052 of the day so far.
    """
    facts = period.facts
    sign = 1 if runs_to_owner(facts.kind) else -1
    opening, closing = ("OPBD", "CLBD") if closed else ("OPBD", "ITBD")
    balances = [
        Balance(opening, sign * period.opening, facts.currency, period.business_date),
        Balance(closing, sign * period.closing, facts.currency, period.business_date),
    ]
    entries = [
        payment_entry(
            payments[posting.payment_seq],
            posting.amount,
            facts.currency,
            posting.is_debit,
            str(posting.entry_seq),
            bics,
            scheme,
        )
        if posting.payment_seq in payments and posting.leg not in WORDS
        else _other_entry(posting, facts.currency, period.business_date, exchanges, scheme)
        for posting in postings
    ]
    return AccountReport(
        1,
        report_id,
        facts.number,
        currency=facts.currency,
        owner=facts.owner,
        created_at=created_at,
        page=page[0],
        last_page=page[1],
        servicer=facts.servicer,
        balances=balances,
        entries=entries,
    )


def payment_entry(
    payment: Payment,
    amount: int,
    currency: str,
    is_debit: bool,
    reference: str,
    bics: Mapping[str, str],
    scheme: Scheme,
) -> Entry:
    """A payment as an entry on one of the accounts that it moved, in that account's currency."""
    conversion, settled_at = conversion_of(payment), iso_instant(payment.settled_at)
    return Entry(
        amount,
        currency,
        not is_debit,
        reference=reference,
        account_servicer_reference=payment.payment_id,
        booked_at=settled_at,
        value_date=payment.settlement_date,
        instruction_id=payment.instruction_id or None,
        end_to_end_id=payment.end_to_end_id or None,
        transaction_id=payment.transaction_id or None,
        uetr=payment.uetr or None,
        debtor_name=payment.debtor_name or None,
        debtor_account=payment.debtor_account or None,
        creditor_name=payment.creditor_name or None,
        creditor_account=payment.creditor_account or None,
        debtor_agent=bics.get(payment.debtor),
        creditor_agent=bics.get(payment.creditor),
        purpose=payment.purpose or None,
        remittance=payment.remittance or None,
        counter_value=counter_value(conversion, scheme, is_debit=is_debit, quoted_at=settled_at)
        if conversion
        else None,
    )


def exchanged_by(posting: Posting) -> str:
    """The id of the matched trade, or of the order, that a posting without a payment was for, if for one."""
    return posting.subject.partition(":")[0] if not posting.payment_seq else ""


def interest_reference(subject: str) -> str:
    """What tells a posting of interest from the others of its account: its subject without the account."""
    return ":".join(subject.split(":")[2:])


def _exchange_entry(
    posting: Posting, currency: str, business_date: str, exchange: Conversion, words: str, scheme: Scheme
) -> Entry:
    """One side of an exchange as an entry on an account that it moved."""
    at, is_debit = iso_instant(posting.at), posting.is_debit
    return Entry(
        posting.amount,
        currency,
        not is_debit,
        reference=str(posting.entry_seq),
        account_servicer_reference=exchanged_by(posting),
        booked_at=at,
        value_date=business_date,
        transaction_code=FOREIGN_EXCHANGE,
        remittance=words,
        counter_value=counter_value(exchange, scheme, is_debit=is_debit, quoted_at=at),
    )


def conversion_of(payment: Payment) -> Conversion | None:
    """What the exchange did for a settled payment in two currencies."""
    if not payment.debit_currency:
        return None
    return Conversion(
        payment.debit_currency,
        payment.debit_minor,
        payment.currency,
        payment.amount_minor,
        payment.settled_by,
    )


def liquidity_code(is_debit: bool) -> str:
    """The bank transaction code of what moves for no payment and no exchange."""
    return f"LDAS/{'MDOP' if is_debit else 'MCOP'}/OTHR"


def _other_entry(
    posting: Posting,
    currency: str,
    business_date: str,
    exchanges: Exchanges,
    scheme: Scheme,
) -> Entry:
    name = exchanged_by(posting)
    pair, fill = exchanges.trades.get(name), exchanges.fills.get((name, posting.at))
    if pair:
        payer, payee = sorted(pair, key=lambda side: side.sell_currency != currency)
        sold = Conversion(currency, payer.sell_minor, payee.sell_currency, payee.sell_minor, payer.match_id)
        exchange = sold if posting.is_debit else sold.reversed
        return _exchange_entry(posting, currency, business_date, exchange, trade_words(payer, payee), scheme)
    if fill:
        words = f"Order {name}, {fill.reference}"
        return _exchange_entry(posting, currency, business_date, fill, words, scheme)
    code, reference = liquidity_code(posting.is_debit), posting.subject[:35]
    words = WORDS.get(posting.leg, posting.leg.name.replace("_", " ").capitalize())
    if posting.leg in (LegCode.SOLD, LegCode.BOUGHT):
        code = FOREIGN_EXCHANGE
    elif posting.leg in INTEREST:
        code = INTEREST_PAID if posting.is_debit else INTEREST_RECEIVED
        reference = interest_reference(posting.subject)
        words = f"{words}: {exchanges.interest.get(posting.subject, OWED_BEFORE)}"
    return Entry(
        posting.amount,
        currency,
        not posting.is_debit,
        reference=str(posting.entry_seq),
        account_servicer_reference=reference,
        booked_at=iso_instant(posting.at),
        value_date=business_date,
        transaction_code=code,
        remittance=words,
    )
