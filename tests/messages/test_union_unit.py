"""Messages in the union's own unit: a code of its own, with decimals of its own, told of and not paid in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from message_facts import (
    CENTRAL_BANK_A,
    NOON,
    OPERATOR,
    SCHEME,
    TODAY,
    customer_message,
    fi_message,
    fi_transfer,
    transfer,
)
from msgspec.structs import replace

from tasviya.core.currencies import UNIT_DECIMALS_MAX
from tasviya.messages import builders
from tasviya.messages.conversion import Conversion, counter_value
from tasviya.messages.model import ParsedMessage
from tasviya.messages.registry import parse_file
from tasviya.messages.scheme import Scheme
from tasviya.messages.statements import AccountReport, Balance, Entry
from tasviya.messages.xml import validate

BUILDERS = {
    "camt.052.001.08": builders.build_report,
    "camt.053.001.08": builders.build_statement,
    "camt.054.001.08": builders.build_notification,
}
DECIMALS = range(UNIT_DECIMALS_MAX + 1)


def report(*entries: Entry) -> AccountReport:
    """A report on a central bank's position account in the unit."""
    owed = sum(each.amount_minor if each.is_credit else -each.amount_minor for each in entries)
    balances = [Balance("OPBD", 0, "SCU", TODAY), Balance("CLBD", owed, "SCU", TODAY)]
    return AccountReport(
        1,
        "R-1",
        "POS-A",
        "SCU",
        CENTRAL_BANK_A,
        NOON,
        balances=balances,
        entries=list(entries),
        servicer=OPERATOR,
    )


def read(raw: bytes, scheme: Scheme) -> AccountReport:
    (message,) = parse_file(raw, scheme)
    assert isinstance(message, ParsedMessage) and message.refusals == [], message
    (found,) = message.transactions
    assert isinstance(found, AccountReport) and found.refusals == []
    return found


@pytest.mark.parametrize("message_type", BUILDERS)
@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(DECIMALS),
    st.lists(st.tuples(st.integers(1, 10**17), st.booleans()), min_size=1, max_size=4),
)
def test_entries_in_the_unit_are_read_back_to_its_last_digit(
    message_type: str, decimals: int, moved: list[tuple[int, bool]]
) -> None:
    scheme = replace(SCHEME, units={"SCU": decimals})
    told = report(*(Entry(minor, "SCU", is_credit, booked_at=NOON) for minor, is_credit in moved))
    raw = BUILDERS[message_type](scheme, message_id="OUT-1", created_at=NOON, reports=[told])
    assert validate(etree.fromstring(raw), message_type) == []
    found = read(raw, scheme)
    assert found.entries == told.entries
    assert found.balances == ([] if message_type == "camt.054.001.08" else told.balances)


def test_unit_bought_for_a_currency_tells_both_amounts_and_the_rate() -> None:
    bought = Conversion("KWD", 1_000, "SCU", 42_500, "C-1")
    entry = Entry(
        42_500, "SCU", True, counter_value=counter_value(bought, SCHEME, is_debit=False, quoted_at=NOON)
    )
    raw = builders.build_notification(SCHEME, message_id="OUT-1", created_at=NOON, reports=[report(entry)])
    assert b'<Amt Ccy="SCU">4.2500</Amt>' in raw and b'<Amt Ccy="KWD">1.000</Amt>' in raw
    (found,) = read(raw, SCHEME).entries
    assert found.counter_value == entry.counter_value
    assert found.counter_value is not None and found.counter_value.rate == "4.25"


def test_unit_is_a_currency_that_nobody_pays_in() -> None:
    for raw in (customer_message(transfer(currency="SCU")), fi_message(fi_transfer(currency="SCU"))):
        (message,) = parse_file(raw, SCHEME)
        codes = [refusal.reason for refusal in message.transactions[0].refusals]  # type: ignore[union-attr]
        assert codes == ["AM03"]
        (message,) = parse_file(raw, replace(SCHEME, units={}))
        codes = [refusal.reason for refusal in message.transactions[0].refusals]  # type: ignore[union-attr]
        assert codes == ["AM11"]
