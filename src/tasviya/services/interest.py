"""Interest at work: accrued when a day closes, posted at once, explained for ever.

    a day closes ─▶ what is owed is collected ─▶ credit is repaid ─▶ interest is accrued until the next
    business day: on what then lies on the account, on what is still drawn, and on the most that was drawn
    within the day

What a holder owes is taken from its balance, then from its credit line. What neither has stays owed, bears
no interest, and is collected from the next money that comes in, before any payment that waits for it, and
at every opening and closing. A day that never opened is made up for at the next opening: no calendar day is
lost.

All that an account pays and gets at one closing is one chain of transfers. Where the union's file sets no
terms, nothing happens here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from tasviya.core.day_count import DayCount
from tasviya.core.rounding import Rounding
from tasviya.membership.credit_rules import CreditTerms
from tasviya.services.interest_rows import LEG_OF, AccrualRow, InterestKind, InterestStateRow
from tasviya.services.memory import AccountState
from tasviya.services.statements import INTEREST_PAID, OWED_BEFORE, WORDS, interest_reference
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.interest import Stretch, due_now, explained, stretch
from tasviya.settlement.payment import Priority
from tasviya.settlement.routing import Leg


def accrue_closing(work: Work, currency: str, business_date: date) -> None:
    """Accrue and post a currency's interest from a business date, which closes, until its next one."""
    snapshot = work.memory.register.on(business_date)
    hours, terms = snapshot.operating_hours(currency), snapshot.credit_terms.get(currency)
    if hours is None or terms is None:
        _known_until(work, currency, None)
        return
    until = hours.calendar.next_business_day(business_date)
    for state in _settlement_accounts(work, currency):
        _accrue(work, state, terms, business_date, (business_date, until), closes=True)
    _known_until(work, currency, until)


def accrue_missed(work: Work, currency: str, business_date: date) -> None:
    """A business date opens later than the last closing reckoned with: accrue what lies between."""
    known = work.memory.interest.until.get(currency)
    if known is None or known >= business_date:
        return
    terms = work.memory.register.on(known).credit_terms.get(currency)
    if terms is not None:
        for state in _settlement_accounts(work, currency):
            _accrue(work, state, terms, business_date, (known, business_date), closes=False)
    _known_until(work, currency, business_date)


def collect_owed(work: Work, currency: str) -> None:
    """Collect what holders of accounts in a currency owe of interest, as far as money and credit go."""
    book = work.memory.interest
    for account_id in sorted(book.owing):
        if work.memory.accounts[account_id].account.currency.code == currency:
            collect(work, account_id)


def collect(work: Work, account_id: int) -> None:
    """Collect what one account's holder owes of interest, as far as its money and its credit go."""
    book, state = work.memory.interest, work.memory.accounts[account_id]
    owed = list(book.owed(account_id))
    chain = _Chain(work, state)
    for kind, each in owed:
        subject = f"interest_owed:{state.account.key}:{state.entry_seq}:{kind}"
        paid = chain.take(kind, each.owed, subject)
        if paid:
            each.owed -= paid
            _keep(work, account_id, kind)
            words = f"{WORDS[LEG_OF[kind]]}: {OWED_BEFORE}"
            item = [0, True, paid, interest_reference(subject), words, INTEREST_PAID]
            work.tell_more(work.bic(state.account.owner), "notice", state.account.hex_id, item)
    chain.end()
    if not any(each.owed for _, each in owed):
        book.owing.discard(account_id)


def interest_account(work: Work, currency: str) -> LedgerAccount:
    """The settlement institution's account of what it has paid and earned in a currency."""
    snapshot = work.memory.snapshot
    institution = snapshot.settlement_institution(currency)
    return ledger_account(
        AccountKind.INTEREST, institution.code if institution else "", snapshot.currencies[currency]
    )


class _Chain:
    """What one account pays and gets, posted piece by piece as one chain of transfers."""

    def __init__(self, work: Work, state: AccountState) -> None:
        self.work, self.state = work, state
        self.other = interest_account(work, state.account.currency.code)
        self.posted = False

    def give(self, kind: InterestKind, amount: int, subject: str) -> int:
        """The institution pays the holder. Returns the amount."""
        account = self.state.account
        leg = Leg("interest", LEG_OF[kind], self.other.id, account.id, account.partition)
        self._post(subject, [leg], amount)
        self.state.funds.receive(amount)
        return amount

    def take(self, kind: InterestKind, amount: int, subject: str) -> int:
        """The holder pays as much of an amount as it has, or can draw. Returns how much that is."""
        account, funds = self.state.account, self.state.funds
        paid = min(amount, max(funds.balance + funds.undrawn, 0))
        if paid:
            legs = self.work.pay(account.id, paid, Priority.URGENT)
            leg = Leg("interest", LEG_OF[kind], account.id, self.other.id, account.partition)
            self._post(subject, [*legs, leg], paid)
        return paid

    def end(self) -> None:
        """The chain ends with what was posted last."""
        if self.posted:
            self.work.end_chain()

    def _post(self, subject: str, legs: list[Leg], amount: int) -> None:
        self.work.post(subject, 0, legs, amount, goes_on=True)
        self.posted = True


def _accrue(
    work: Work,
    state: AccountState,
    terms: CreditTerms,
    business_date: date,
    period: tuple[date, date],
    *,
    closes: bool,
) -> None:
    """Accrue one account's interest over a period, and post what is due."""
    stretches = list(_stretches(state, terms, period, closes=closes))
    if not stretches:
        return
    account, chain = state.account, _Chain(work, state)
    day_count, rounding = DayCount(terms.day_count), Rounding(terms.rounding)
    for kind, percent, line in sorted(stretches, key=lambda each: each[2].exact < 0):  # what it gets, first
        kept = work.memory.interest.state(account.id, kind)
        due = due_now(line.exact, kept.carried, rounding, terms.rounding_unit_minor)
        subject = f"interest:{account.key}:{line.begins}:{line.ends}:{kind}" if due.due else ""
        if due.due >= 0:
            paid = chain.give(kind, due.due, subject) if due.due else 0
        else:
            paid = -chain.take(kind, -due.due, subject)
            kept.owed += paid - due.due
            if kept.owed:
                work.memory.interest.owing.add(account.id)
        kept.carried = due.carried
        _keep(work, account.id, kind)
        words = explained(line, Fraction(percent), day_count, due, account.currency)
        row = AccrualRow(
            account_id=account.id,
            kind=kind,
            begins=line.begins.isoformat(),
            ends=line.ends.isoformat(),
            commit_seq=work.changes.commit_seq,
            business_date=business_date.isoformat(),
            base=line.base,
            percent=percent,
            day_count=day_count,
            days=line.days,
            exact=str(line.exact),
            carried_in=str(due.carried_in),
            due=due.due,
            paid=paid,
            carried=str(due.carried),
            posted_for=subject if paid else "",
            words=words,
        )
        work.changes.accruals.append(row)
        work.act("interest", f"{account.key} {kind} {row.begins}/{row.ends}", words)
    chain.end()


def _stretches(
    state: AccountState, terms: CreditTerms, period: tuple[date, date], *, closes: bool
) -> Iterator[tuple[InterestKind, str, Stretch]]:
    """What an account's interest is reckoned from, with its percent: only what is not nothing."""
    day_count, (begins, ends) = DayCount(terms.day_count), period
    drawn, peak = (state.credit.drawn, state.credit.peak) if state.credit else (0, 0)
    found: list[tuple[InterestKind, str, int, date, int | None]] = [
        (InterestKind.DEPOSIT, terms.deposit_percent, state.net, ends, None),
        (InterestKind.OVERNIGHT, terms.overnight_percent, -drawn, ends, None),
    ]
    if closes:
        found.append((InterestKind.INTRADAY, terms.intraday_percent, -peak, begins + timedelta(days=1), 1))
    for kind, percent, base, until, days in found:
        if base and percent != "0":
            line = stretch(base, Fraction(percent), day_count, begins, until, days)
            if line.days:
                yield kind, percent, line


def _settlement_accounts(work: Work, currency: str) -> list[AccountState]:
    """A currency's settlement accounts, in the order of their holders' codes."""
    found = (
        state
        for state in work.memory.accounts.values()
        if state.account.kind is AccountKind.SETTLEMENT and state.account.currency.code == currency
    )
    return sorted(found, key=lambda state: state.account.owner)


def _keep(work: Work, account_id: int, kind: InterestKind) -> None:
    state = work.memory.interest.state(account_id, kind)
    row = InterestStateRow(account_id, kind, str(state.carried), state.owed)
    work.changes.interest_states[account_id, kind] = row


def _known_until(work: Work, currency: str, until: date | None) -> None:
    """Note until when a currency's interest has been accrued; None: it bears none."""
    book = work.memory.interest
    if until is None:
        if currency in book.until:
            del book.until[currency]
            work.changes.interest_until[currency] = ""
    else:
        book.until[currency] = until
        work.changes.interest_until[currency] = until.isoformat()
