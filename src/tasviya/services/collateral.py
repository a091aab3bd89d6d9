"""Collateral comes, is valued anew, and goes: dated records, and what they do to a line at once.

    pledge, new         counts at once
    pledge, known       its new value counts from the next business date on; a lower one lowers the line now
    release             refused if it secures drawn credit; else the line is lowered now, and the asset goes
                        free on the next business date

A line never goes further than what covers it today and on the next business date, for what is drawn may stay
drawn. A value that falls below what is drawn is a fact and is kept: nothing more can be drawn, and what is
uncovered is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.money import AmountError, parse_amount
from tasviya.membership.credit_rules import Collateral, is_name
from tasviya.services.credit import grant, holdings_of, line_of
from tasviya.services.memory import AccountState
from tasviya.services.payments import retry
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, ledger_account
from tasviya.settlement.credit import release as without

LARGEST_VALUE = 2**63 - 1


def pledge(
    work: Work,
    participant: str,
    currency: str,
    reference: str,
    asset_class: str,
    value: str,
    valued_on: date | None = None,
) -> Collateral:
    """Take an asset as collateral, or value one anew that is there.

    value: a decimal text, at the market. valued_on: None for today's business date.
    Raises: OperatorError, with nothing changed.
    """
    state, today, after = _place(work, participant, currency)
    snapshot = work.memory.register.on(today)
    classes = [name for code, name in snapshot.haircuts if code == currency]
    if asset_class not in classes:
        what = f"No collateral of class {asset_class!r:.40} is taken for {currency}."
        raise OperatorError("class_not_taken", what, f"One of {', '.join(classes) or 'none'}.")
    if not is_name(reference):
        what = f"{reference!r:.40} is not a reference."
        raise OperatorError("bad_reference", what, "Write at most 35 capitals, digits and hyphens.")
    day = valued_on or today
    if day > today:
        what = f"{reference} cannot have been valued on {day}: {currency} stands at {today}."
        raise OperatorError("valued_later", what, "Give the date of a valuation that has been made.")
    try:
        minor = parse_amount(value, state.account.currency)
        if not 0 <= minor <= LARGEST_VALUE:
            raise AmountError(f"{value:.40} {currency} is not from 0 to {LARGEST_VALUE} minor units")
    except AmountError as error:
        cure = "Write the amount with the decimals of its currency; 0 if it is worth nothing."
        raise OperatorError("bad_amount", f"{error}.", cure) from None
    held = _held(snapshot.collateral(participant, currency), reference)
    begins = after if held is not None else today
    _must_be_free(work, participant, currency, reference, begins)
    made = Collateral(
        participant=participant,
        currency=currency,
        reference=reference,
        asset_class=asset_class,
        value_minor=minor,
        valued_on=day.isoformat(),
        valid_from=begins.isoformat(),
        valid_to=None,
    )
    if held is not None:
        work.end_record(held, begins)
    work.add_record(made)
    facts = f"{asset_class} {value} {currency}, valued on {day}, from {begins}"
    work.act("pledge", f"{participant}/{currency} {reference}", facts, _institution(work, currency))
    _bring(work, state, today)
    return made


def release(work: Work, participant: str, currency: str, reference: str) -> Collateral:
    """Let collateral go from the next business date on.

    Raises: OperatorError, with nothing changed: it is not there, or it secures drawn credit.
    """
    state, today, after = _place(work, participant, currency)
    snapshot = work.memory.register.on(after)
    held = _held(snapshot.collateral(participant, currency), reference)
    if held is None:
        there = ", ".join(each.reference for each in snapshot.collateral(participant, currency))
        what = f"{participant} has no collateral {reference:.40} for {currency} from {after} on."
        raise OperatorError("unknown_collateral", what, f"One of {there or 'none'}.")
    drawn = state.credit.drawn if state.credit else 0
    if snapshot.is_secured(participant, currency):
        left = without(holdings_of(snapshot, participant, currency), reference, drawn, state.account.currency)
        if isinstance(left, Refusal):
            raise OperatorError(left.reason, left.what, left.cure, left.where)
    work.end_record(held, after)
    work.act(
        "release", f"{participant}/{currency} {reference}", f"from {after}", _institution(work, currency)
    )
    _bring(work, state, today)
    return held


def _place(work: Work, participant: str, currency: str) -> tuple[AccountState, date, date]:
    """The account that the credit is on, the business date that is open or next to open, and the next one."""
    memory = work.memory
    money = memory.snapshot.currencies.get(currency)
    account = ledger_account(AccountKind.SETTLEMENT, participant, money) if money else None
    state = memory.accounts.get(account.id) if account else None
    hours = memory.snapshot.operating_hours(currency)
    if state is None or hours is None:
        what = f"{participant} has no settlement account in {currency:.10}."
        raise OperatorError("no_account", what, "`tasviya liquidity` lists the accounts.")
    today = memory.day(currency, work.now_ns).business_date
    return state, today, hours.calendar.next_business_day(today)


def _held(pledged: Iterable[Collateral], reference: str) -> Collateral | None:
    return next((each for each in pledged if each.reference == reference), None)


def _must_be_free(work: Work, participant: str, currency: str, reference: str, begins: date) -> None:
    """A value that has been set for a date, or for a later one, stays."""
    for each in work.memory.register.records(Collateral):
        if (each.participant, each.currency, each.reference) != (participant, currency, reference):
            continue
        if each.valid_from >= begins.isoformat():
            what = f"{reference} has a value from {each.valid_from} on already."
            raise OperatorError("value_stands", what, "It stays; value it anew on its date.")


def _bring(work: Work, state: AccountState, today: date) -> None:
    """Bring a secured line to what its collateral covers, if the day is open; else its opening will."""
    account, memory = state.account, work.memory
    code = account.currency.code
    snapshot = memory.register.on(today)
    if not snapshot.is_secured(account.owner, code) or not memory.is_open(code):
        return
    line = line_of(memory.register, today, account.owner, code)
    promise = memory.accounts[ledger_account(AccountKind.CREDIT_LIMIT, account.owner, account.currency).id]
    grant(work, state, line, f"credit_line:{account.key}:{today}:{promise.entry_seq}")
    work.fresh[account.id] = None  # a longer line may pay what waits
    retry(work)


def _institution(work: Work, currency: str) -> str:
    found = work.memory.snapshot.settlement_institution(currency)
    return found.code if found else ""
