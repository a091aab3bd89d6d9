"""What moved on an account, in words: notices as it moves, reports and statements of a day."""

from __future__ import annotations

from typing import Any

from tasviya.core.clock import iso_instant
from tasviya.messages.builders import build_notification, build_report, build_statement
from tasviya.messages.conversion import Conversion, counter_value
from tasviya.messages.statements import AccountReport, CounterValue, Entry
from tasviya.services.statements import (
    FOREIGN_EXCHANGE,
    AccountFacts,
    account_report,
    pages,
    payment_entry,
)
from tasviya.services.telling_facts import Documents, Facts, message_id
from tasviya.services.unit_of_work import OutboxRow


def notice(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [account id, [[payment number, is a debit] …]]: what moved on an account. Where no payment moved
    it, the number is 0, and behind it stand the amount, an id and words; and, of an exchange, amount and
    currency of its other side and what it was done by, or of anything else its bank transaction code."""
    account_id, items = row.refs
    account = facts.accounts[account_id]
    at = iso_instant(facts.committed_at[row.commit_seq])
    entries = [_noticed(item, account, str(place), facts, at) for place, item in enumerate(items, 1)]
    report = AccountReport(
        1,
        message_id(row),
        account.number,
        currency=account.currency,
        owner=account.owner,
        created_at=at,
        servicer=account.servicer,
        entries=entries,
    )
    document = build_notification(facts.scheme, message_id=message_id(row), created_at=at, reports=[report])
    return [("camt.054.001.08", document)]


def _noticed(item: list[Any], account: AccountFacts, reference: str, facts: Facts, at: str) -> Entry:
    seq, is_debit, *order = item
    if order:
        amount, identity, words, *other = order
        code = other.pop() if len(other) == 1 else FOREIGN_EXCHANGE
        return Entry(
            amount,
            account.currency,
            not is_debit,
            reference=reference,
            account_servicer_reference=identity,
            booked_at=at,
            transaction_code=code,
            remittance=words,
            counter_value=_against(account.currency, amount, is_debit, other, facts, at) if other else None,
        )
    payment = facts.payments[seq]
    debited = is_debit and payment.debit_currency
    amount = payment.debit_minor if debited else payment.amount_minor
    return payment_entry(payment, amount, account.currency, is_debit, reference, facts.bics, facts.scheme)


def _against(
    currency: str, amount: int, is_debit: bool, other: list[Any], facts: Facts, at: str
) -> CounterValue:
    """What stands against one side of an exchange. other: the other side's amount and currency, and what it
    was done by."""
    their_amount, their_currency, reference = other
    sold = Conversion(currency, amount, their_currency, their_amount, reference)
    return counter_value(sold if is_debit else sold.reversed, facts.scheme, is_debit=is_debit, quoted_at=at)


def report(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [account id, business date, first and last commit, balance if nothing moved]: a day so far;
    when asked for, the question's message number."""
    return _pages(row, facts, closed=False)


def statement(row: OutboxRow, facts: Facts) -> Documents:
    """refs: as `report`'s: a closed day."""
    return _pages(row, facts, closed=True)


def _pages(row: OutboxRow, facts: Facts, *, closed: bool) -> Documents:
    """One document a page of entries."""
    period = facts.periods[row.seq]
    at = iso_instant(facts.committed_at[row.commit_seq])
    build, message_type = (
        (build_statement, "camt.053.001.08") if closed else (build_report, "camt.052.001.08")
    )
    made = []
    for page, is_last, postings in pages(period):
        identity = message_id(row, page - 1)
        report = account_report(
            period,
            postings,
            facts.payments,
            facts.exchanges,
            facts.bics,
            facts.scheme,
            report_id=identity,
            created_at=at,
            page=(page, is_last),
            closed=closed,
        )
        made.append((message_type, build(facts.scheme, message_id=identity, created_at=at, reports=[report])))
    return made
