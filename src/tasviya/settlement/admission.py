"""Whether a payment may settle here, today, and on which path.

Who pays whom through which accounts depends only on the sender, the banks named and the currency, and what a
date means only on the currency's day: the answers are the same for many payments, so `Directory` keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from tasviya.core.business_day import DateVerdict, OperatingHours, Phase, judge_settlement_date
from tasviya.core.errors import Refusal, invariant
from tasviya.membership.participant import ACTIVE, BLOCKED, SUSPENDED
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.routing import End, Path, path
from tasviya.settlement.rules import AC06, AG03, AG10, AM03, CNOR, DNOR, DS0G, DT01, DT03, DT04, FF05, TM01


@dataclass(frozen=True, slots=True)
class Parties:
    """Who pays whom, and the accounts between them."""

    debtor: str
    creditor: str
    debtor_correspondent: str
    creditor_correspondent: str
    path: Path


class When(Enum):
    """When an accepted payment is to settle."""

    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Day:
    """Where a currency's business day stands."""

    business_date: date
    phase: Phase
    hours: OperatingHours
    today: date
    """The date on the settlement institution's own wall."""


class Directory:
    """The answers that one snapshot gives to `parties`, kept."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._parties: dict[tuple[str, str, str, tuple[str, ...]], Parties | Refusal] = {}

    def parties(self, sender: str, transfer: CreditTransfer) -> Parties | Refusal:
        """Who pays whom in this transfer, sent by the participant of code `sender`."""
        refusal = self.instructs(sender, transfer)
        if refusal is not None:
            return refusal
        named = (*transfer.intermediary_agents, transfer.instructed_agent or "")
        key = (sender, transfer.currency, _payee(transfer), named)
        answer = self._parties.get(key)
        if answer is None:
            answer = self._parties[key] = self._resolve(sender, transfer)
        return answer

    def instructs(self, sender: str, transfer: CreditTransfer) -> Refusal | None:
        """Whether the sender is who instructs the transfer."""
        instructing = transfer.instructing_agent
        if instructing and instructing != self.snapshot.bic(sender):
            other = self.snapshot.participant_by_bic(instructing)
            if other is None or other.code != sender:
                return DS0G.refuse(f"{sender} sent a payment that {instructing} instructs.")
        return None

    def between(
        self, debtor: str, creditor: str, currency: str, through: tuple[str, ...] = ()
    ) -> Parties | Refusal:
        """The parties of a payment between two participants, through these correspondents where they need
        one."""
        key = (debtor, currency, creditor, through)
        answer = self._parties.get(key)
        if answer is None:
            answer = self._parties[key] = self._join(debtor, creditor, currency, through)
        return answer

    def across(
        self, debtor: str, creditor: str, currency: str, debit_currency: str, through: tuple[str, ...] = ()
    ) -> Parties | Refusal:
        """The parties of a payment that the exchange converts: the debtor's settlement account in one
        currency pays into the exchange, which pays the creditor, or its correspondent, in the other."""
        key = (debtor, f"{debit_currency}/{currency}", creditor, through)
        answer = self._parties.get(key)
        if answer is None:
            answer = self._parties[key] = self._cross(debtor, creditor, currency, debit_currency, through)
        return answer

    def through_union(
        self, debtor: str, creditor: str, currency: str, debit_currency: str, through: tuple[str, ...] = ()
    ) -> Parties | Refusal:
        """The parties of a payment by the union route: the debtor's settlement account pays its settlement
        institution in one currency, the creditor's, or its correspondent's, is paid by its own in the
        other."""
        if self.snapshot.clearing is None:
            return FF05.refuse(f"The union route is not there on {self.snapshot.business_date}.")
        for code in (debit_currency, currency):
            institution = self.snapshot.settlement_institution(code)
            refused = self._active(institution.code) if institution else None
            if refused is not None:
                return refused
        key = (debtor, f"{debit_currency}~{currency}", creditor, through)
        answer = self._parties.get(key)
        if answer is None:
            answer = self._parties[key] = self._cross(
                debtor, creditor, currency, debit_currency, through, AccountKind.CLEARING
            )
        return answer

    def payee(self, sender: str, transfer: CreditTransfer) -> tuple[str, tuple[str, ...]] | Refusal:
        """Who is paid by a transfer of that sender, and through whom it asks to be paid: the participant's
        code, and the codes of the intermediaries named."""
        snapshot = self.snapshot
        payee_bank = snapshot.participant_by_bic(_payee(transfer))
        intermediaries = [
            each.code
            for each in map(snapshot.participant_by_bic, transfer.intermediary_agents)
            if each is not None
        ]
        if payee_bank is None and not intermediaries:
            return CNOR.refuse(f"{_payee(transfer)} is no participant on {snapshot.business_date}.")
        payee_code = payee_bank.code if payee_bank else intermediaries[-1]
        if payee_code == sender:
            return AG03.refuse(f"{sender} pays itself.")
        instructed = snapshot.participant_by_bic(transfer.instructed_agent or "")
        through = (*intermediaries, instructed.code) if instructed else tuple(intermediaries)
        return payee_code, through

    def between_accounts(self, debit: LedgerAccount, credit: LedgerAccount) -> Parties | Refusal:
        """The path of a liquidity transfer between two accounts of one currency."""
        payer, payee = self._end_at(debit), self._end_at(credit)
        if isinstance(payer, Refusal):
            return payer
        if isinstance(payee, Refusal):
            return payee
        return _parties(payer, payee)

    def _resolve(self, sender: str, transfer: CreditTransfer) -> Parties | Refusal:
        payee = self.payee(sender, transfer)
        return (
            payee if isinstance(payee, Refusal) else self._join(sender, payee[0], transfer.currency, payee[1])
        )

    def _cross(
        self,
        debtor: str,
        creditor: str,
        currency: str,
        debit_currency: str,
        through: tuple[str, ...],
        paid_from: AccountKind = AccountKind.EXCHANGE,
    ) -> Parties | Refusal:
        own = self._active(debtor) or self._settlement(debtor, debit_currency)
        if own is None:
            return AM03.refuse(f"{debtor} has no account in {debit_currency}.")
        if isinstance(own, Refusal):
            return own
        payee = self._end(creditor, currency, through)
        if isinstance(payee, Refusal):
            return payee
        pool = self.pool(currency, paid_from)
        paid = path(End(debtor, pool), payee)
        tells = ((debtor, own.hex_id, True), *paid.tells)
        whole = Path((own.id,), paid.legs, paid.receives, tells, ("", ""))
        return Parties(debtor, creditor, "", payee.settlement.owner if payee.vostro else "", whole)

    def pool(self, currency: str, kind: AccountKind = AccountKind.EXCHANGE) -> LedgerAccount:
        """The account through which the exchange takes in and pays out a currency; or the settlement
        institution's account of another kind."""
        institution = self.snapshot.settlement_institution(currency)
        owner = institution.code if institution else ""
        return ledger_account(kind, owner, self.snapshot.currencies[currency])

    def _join(self, debtor: str, creditor: str, currency: str, through: tuple[str, ...]) -> Parties | Refusal:
        payer = self._end(debtor, currency, through)
        if isinstance(payer, Refusal):
            return payer
        payee = self._end(creditor, currency, through)
        if isinstance(payee, Refusal):
            return payee
        return _parties(payer, payee)

    def _end(self, code: str, currency: str, through: tuple[str, ...]) -> End | Refusal:
        """A participant's accounts in a currency: its own, or its correspondent's (one named in the message,
        else its first choice)."""
        snapshot = self.snapshot
        refused = self._active(code)
        if refused is not None:
            return refused
        own = self._settlement(code, currency)
        if isinstance(own, Refusal):
            return own
        if own is not None:
            return End(code, own)
        routes = snapshot.correspondent_routes(code, currency)
        chosen = next((r for r in routes if r.correspondent in through), routes[0] if routes else None)
        if chosen is None:
            return AM03.refuse(f"{code} has neither an account nor a correspondent in {currency}.")
        if snapshot.status(chosen.correspondent) != ACTIVE:
            return AG10.refuse(f"{chosen.correspondent}, correspondent of {code}, is suspended.")
        settlement = self._settlement(chosen.correspondent, currency)
        if isinstance(settlement, Refusal):
            return settlement
        invariant(settlement is not None, "a correspondent has an account in its currency")
        money = snapshot.currencies[currency]
        pair = (chosen.correspondent, code)
        return End(
            code,
            settlement or ledger_account(AccountKind.SETTLEMENT, chosen.correspondent, money),
            ledger_account(AccountKind.VOSTRO, pair[0], money, pair[1], chosen.vostro_number),
            ledger_account(AccountKind.VOSTRO_CONTROL, pair[0], money),
            ledger_account(AccountKind.NOSTRO, pair[1], money, pair[0]),
            ledger_account(AccountKind.NOSTRO_CONTROL, pair[1], money),
        )

    def _active(self, code: str) -> Refusal | None:
        snapshot = self.snapshot
        status = snapshot.status(code)
        if status == SUSPENDED:
            return AG10.refuse(f"{code} is suspended on {snapshot.business_date}.")
        if status != ACTIVE:
            return (DNOR if code not in snapshot.participants else CNOR).refuse(f"{code} is {status}.")
        return None

    def _end_at(self, account: LedgerAccount) -> End | Refusal:
        """The end that an account is: a settlement or issue account itself, or a vostro in its books."""
        if account.kind is AccountKind.VOSTRO:
            return self._end(account.with_whom, account.currency.code, (account.owner,))
        if self.snapshot.status(account.owner) != ACTIVE:
            return AG10.refuse(f"{account.owner} is not active on {self.snapshot.business_date}.")
        if account.kind is AccountKind.ISSUE:
            return End(account.owner, account)
        own = self._settlement(account.owner, account.currency.code)
        if own is None:
            return AC06.refuse(f"The account {account.number} is closed.")
        return own if isinstance(own, Refusal) else End(account.owner, own)

    def _settlement(self, code: str, currency: str) -> LedgerAccount | Refusal | None:
        account = self.snapshot.account(code, currency)
        if account is None or account.status == "closed":
            return None
        if account.status == BLOCKED:
            return AC06.refuse(f"The account {account.number} of {code} is blocked.")
        money = self.snapshot.currencies[currency]
        return ledger_account(AccountKind.SETTLEMENT, code, money, number=account.number)


def _payee(transfer: CreditTransfer) -> str:
    """The BIC of the payee's bank; a bank that is paid itself (pacs.009) need not name an agent."""
    return transfer.creditor_agent or transfer.creditor_bic or ""


def _parties(payer: End, payee: End) -> Parties:
    return Parties(
        payer.participant,
        payee.participant,
        payer.settlement.owner if payer.vostro else "",
        payee.settlement.owner if payee.vostro else "",
        path(payer, payee),
    )


def judge_date(requested: date, day: Day, *, customer: bool, warehousing_days: int) -> When | Refusal:
    """Whether a payment for `requested` settles now, is kept until then, or is refused.

    day: the currency's; its business date is the one open, or the next to open when closed.
    customer: a customer payment (pacs.008), whose cut-off comes before the interbank one.
    """
    if requested == day.business_date:
        if day.phase is Phase.CLOSED:
            return When.LATER
        if day.phase is Phase.OPEN or (day.phase is Phase.CUSTOMER_CUTOFF and not customer):
            return When.NOW
        kind = "customer" if customer else "interbank"
        return TM01.refuse(f"It arrived after the {kind} cut-off of {requested}.")
    calendar = day.hours.calendar
    if requested < day.business_date:
        if requested == day.today and calendar.is_business_day(requested):
            return TM01.refuse(f"The business day {requested} has closed.")
        if requested > calendar.previous_business_day(day.business_date):
            return DT03.refuse(f"{requested} is no business day; the next is {day.business_date}.")
        return DT01.refuse(f"{requested} is past; the business date is {day.business_date}.")
    verdict = judge_settlement_date(requested, day.business_date, calendar, warehousing_days)
    if verdict is DateVerdict.FUTURE:
        return When.LATER
    if verdict is DateVerdict.HOLIDAY:
        following = calendar.next_business_day(requested)
        return DT03.refuse(f"{requested} is no business day; the next is {following}.")
    return DT04.refuse(
        f"{requested} is more than {warehousing_days} business days after {day.business_date}."
    )
