"""Matching of trades: a side finds its mirror, whatever else stands beside it; what differs is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tasviya.core.currencies import currency
from tasviya.core.errors import InvariantBroken
from tasviya.settlement.open_trades import OpenTrades
from tasviya.settlement.trade import (
    ISO_TRADE_STATUS,
    OPEN,
    TERMS,
    TRANSITIONS,
    Mismatch,
    Trade,
    TradeEvent,
    TradeStatus,
    differences,
    match,
    told,
    trade_words,
)

CURRENCIES = {code: currency(code) for code in ("KZT", "INR", "OMR")}


def trade(seq: int = 1, participant: str = "A", counterparty: str = "B", **changes: Any) -> Trade:
    facts: dict[str, Any] = {
        "trade_id": f"T{seq}",
        "message_seq": seq,
        "reference": f"{participant}-{seq}",
        "common_reference": "",
        "trade_date": "2026-09-29",
        "settlement_date": "2026-09-30",
        "buy_currency": "INR",
        "buy_minor": 16_000,
        "sell_currency": "KZT",
        "sell_minor": 100_000,
        "rate": "0.16",
        "unit_currency": "KZT",
        "quoted_currency": "INR",
        "received_at": 0,
        "status": TradeStatus.UNMATCHED,
    }
    return Trade(seq=seq, participant=participant, counterparty=counterparty, **(facts | changes))


def mirror(side: Trade, seq: int, **changes: Any) -> Trade:
    """The other side's instruction of the same trade."""
    facts = {mine: getattr(side, theirs) for mine, theirs in TERMS.values()}
    return trade(seq, side.counterparty, side.participant, **(facts | changes))


sides = st.builds(
    trade,
    participant=st.sampled_from("AB"),
    counterparty=st.just("C"),
    common_reference=st.sampled_from(["", "C-1", "C-2"]),
    trade_date=st.sampled_from(["2026-09-28", "2026-09-29"]),
    settlement_date=st.sampled_from(["2026-09-30", "2026-10-01"]),
    buy_currency=st.sampled_from(["INR", "OMR"]),
    buy_minor=st.integers(1, 3),
    sell_minor=st.integers(1, 3),
)


@settings(max_examples=300, deadline=None)
@given(sides, st.lists(sides, max_size=6), st.randoms(use_true_random=False))
def test_a_side_finds_the_earliest_that_mirrors_it_and_nothing_else(
    side: Trade, others: list[Trade], chance: Any
) -> None:
    theirs = [mirror(other, seq) for seq, other in enumerate(others, 2)]
    wanted = [each for each, other in zip(theirs, others, strict=True) if plain(other) == plain(side)]
    shuffled = list(theirs)
    chance.shuffle(shuffled)
    found = match(side, shuffled)
    if wanted:
        assert found is wanted[0]
    else:
        assert not isinstance(found, Trade)
        assert found == match(side, theirs), "order does not matter"


def plain(side: Trade) -> tuple[Any, ...]:
    """What two sides must agree in, spelt out once more."""
    return (
        side.participant, side.counterparty, side.trade_date, side.settlement_date, side.common_reference,
        side.buy_currency, side.buy_minor, side.sell_currency, side.sell_minor,
    )  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(sides, st.lists(st.tuples(sides, st.sampled_from(["open", "matched", "gone"])), max_size=8))
def test_open_trades_offer_whatever_could_match(side: Trade, others: list[tuple[Trade, str]]) -> None:
    theirs = [mirror(other, seq) for seq, (other, _) in enumerate(others, 2)]
    book = OpenTrades(theirs)
    for other, (_, became) in zip(theirs, others, strict=True):
        if became == "matched":
            other.happens(TradeEvent.MATCH)
            book.matched(other)
        elif became == "gone":
            book.remove(other)
    left = [each for each, (_, became) in zip(theirs, others, strict=True) if became != "gone"]
    assert match(side, book.against(side)) == match(side, left)
    assert [each.seq for each in book.due("2026-09-30")] == [
        each.seq for each in left if each.settlement_date == "2026-09-30"
    ]
    assert (len(book), all(each.seq in book for each in left)) == (len(left), True)


@given(sides)
def test_matching_is_mutual(side: Trade) -> None:
    other = mirror(side, 2)
    assert match(side, [other]) is other and match(other, [side]) is side
    assert differences(side, other) == differences(other, side) == ()


def test_only_what_still_waits_is_matched() -> None:
    side = trade()
    assert match(side, [mirror(side, 2, status=TradeStatus.MATCHED)]) is None
    assert match(side, [replace(mirror(side, 2), participant="X")]) is None
    assert match(side, [replace(mirror(side, 2), counterparty="X")]) is None


DIFFERENT = """
buy_minor        99_999   the amount sold is 1,000.00 KZT, there 999.99 KZT
sell_minor       1        the amount bought is 160.00 INR, there 0.01 INR
settlement_date  later    the settlement date is 2026-09-30, there later
"""


@pytest.mark.parametrize("line", DIFFERENT.strip().splitlines())
def test_what_differs_is_told_with_both_values(line: str) -> None:
    field, value, words = line.split(maxsplit=2)
    side = trade()
    other = mirror(side, 2, **{field: value if field.endswith("date") else int(value)})
    found = match(side, [other])
    assert isinstance(found, Mismatch)
    assert told(found, side, CURRENCIES) == f"It differs from B's B-2: {words}."


def test_nearest_of_several_is_told_of() -> None:
    side = trade(common_reference="C-1")
    far = mirror(side, 2, buy_minor=1, sell_minor=2, settlement_date="later")
    near = mirror(side, 3, settlement_date="later")
    found = match(side, [far, near])
    assert isinstance(found, Mismatch) and found.other is near


def test_a_trade_in_other_currencies_is_another_trade() -> None:
    side = trade()
    assert match(side, [mirror(side, 2, sell_currency="OMR")]) is None


def test_a_common_reference_means_the_same_trade_whatever_differs() -> None:
    side = trade(common_reference="C-1")
    found = match(side, [mirror(side, 2, sell_currency="OMR")])
    assert isinstance(found, Mismatch)
    assert found.differences == ("what is bought",)
    assert told(found, side, CURRENCIES) == "It differs from B's B-2: what is bought is INR, there OMR."


def test_both_sides_entries_say_the_same_words() -> None:
    side = trade()
    other = mirror(side, 2)
    words = "Trade of 2026-09-29, A A-1, B B-2"
    assert trade_words(side, other) == trade_words(other, side) == words


def test_every_status_has_a_code_and_what_is_final_has_no_way_out() -> None:
    assert set(ISO_TRADE_STATUS) == set(TRANSITIONS) == set(TradeStatus)
    final = {status for status, ways_out in TRANSITIONS.items() if not ways_out}
    assert final == {TradeStatus.SETTLED, TradeStatus.REFUSED, TradeStatus.EXPIRED, TradeStatus.RESCINDED}
    assert set(TradeStatus) - final - {TradeStatus.RECEIVED} == OPEN
    assert {event for ways_out in TRANSITIONS.values() for event in ways_out} == set(TradeEvent)


def test_what_is_settled_stays_so() -> None:
    side = replace(trade(), status=TradeStatus.SETTLED)
    for event in TradeEvent:
        with pytest.raises(InvariantBroken):
            side.happens(event)
