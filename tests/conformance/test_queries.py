"""Finding accounts, transfers and balances again: by id, by account, by field, by time."""

from __future__ import annotations

import pytest
from ledger_tables import Clock, Play

from tasviya.ledger.filters import IntegerOverflowError
from tasviya.ledger.ledger import (
    BATCH_MAX,
    Account,
    AccountFilter,
    Ledger,
    QueryFilter,
    Transfer,
)

SOME_TRANSFERS = """
    account A1 user_data_64=7 flags=history -> created
    account A2 user_data_64=7               -> created
    account A3 ledger=2 code=9              -> created
    account A4 user_data_128=MAX            -> created

    transfer T1 A1>A2 amount=1 user_data_128=5       -> created
    transfer T2 A2>A1 amount=2 user_data_64=6 code=2 -> created
    transfer T3 A1>A4 amount=3 user_data_32=7        -> created
    transfer T4 A4>A2 amount=4 user_data_128=5       -> created

    transfer T5 A2>A1 amount=5 user_data_128=5 user_data_64=6 -> created
    transfer T6 A1>A2 amount=6 flags=pending code=2           -> created
    transfer T7 pending_id=6 amount=2 flags=post              -> created
"""


def test_an_accounts_transfers_by_side_order_field_and_number(play: Play) -> None:
    play(SOME_TRANSFERS)
    play("""
    statement A1                                       -> T1 T2 T3 T5 T6 T7
    statement A1 flags=debits                          -> T1 T3 T6 T7
    statement A1 flags=credits                         -> T2 T5
    statement A1 flags=debits+credits+reversed         -> T7 T6 T5 T3 T2 T1
    statement A1 limit=2                               -> T1 T2
    statement A1 flags=debits+credits+reversed limit=2 -> T7 T6
    statement A1 user_data_128=5                       -> T1 T5
    statement A1 user_data_128=5 user_data_64=6        -> T5
    statement A1 user_data_32=7                        -> T3
    statement A1 code=2                                -> T2 T6 T7
    statement A1 code=2 limit=1                        -> T2
    statement A1 code=9                       ->
    statement A3                              ->
    statement A9                              ->
    """)


def test_balances_after_each_transfer_of_an_account_with_history(play: Play) -> None:
    play(SOME_TRANSFERS)
    play("""
    history A1                                       -> 0/1/0/0 0/1/0/2 0/4/0/2 0/4/0/7 6/4/0/7 0/6/0/7
    history A1 flags=credits                         -> 0/1/0/2 0/4/0/7
    history A1 code=2 limit=2                        -> 0/1/0/2 6/4/0/7
    history A1 flags=debits+credits+reversed limit=1 -> 0/6/0/7
    history A2                ->
    history A9                ->
    """)


def test_queries_by_field_order_and_number(play: Play) -> None:
    play(SOME_TRANSFERS)
    play("""
    query_transfers                                        -> T1 T2 T3 T4 T5 T6 T7
    query_transfers flags=reversed limit=3                 -> T7 T6 T5
    query_transfers user_data_128=5                        -> T1 T4 T5
    query_transfers user_data_128=5 flags=reversed limit=2 -> T5 T4
    query_transfers user_data_64=6 code=1                  -> T5
    query_transfers ledger=1 code=2                        -> T2 T6 T7
    query_transfers ledger=2                   ->
    query_accounts                               -> A1 A2 A3 A4
    query_accounts user_data_64=7 flags=reversed -> A2 A1
    query_accounts user_data_128=MAX             -> A4
    query_accounts ledger=2 code=9               -> A3
    query_accounts ledger=1 limit=2              -> A1 A2
    """)


def test_a_filter_that_breaks_a_rule_finds_nothing(play: Play) -> None:
    play(SOME_TRANSFERS)
    play("""
    statement A0                                   ->
    statement MAX                                  ->
    statement A1 limit=0                           ->
    statement A1 flags=reversed                    ->
    statement A1 flags=none                        ->
    statement A1 flags=11                          ->
    statement A1 reserved=1                        ->
    statement A1 timestamp_min=0x8000000000000000  ->
    statement A1 timestamp_max=0x8000000000000000  ->
    statement A1 timestamp_min=2 timestamp_max=1   ->
    history A1 limit=0                             ->
    query_transfers limit=0                        ->
    query_transfers flags=2                        ->
    query_transfers reserved=1                     ->
    query_transfers timestamp_min=2 timestamp_max=1 ->
    query_accounts limit=0                         ->
    query_accounts timestamp_max=0xFFFFFFFFFFFFFFFF ->
    """)


def test_both_ends_of_a_span_of_time_belong_to_it(play: Play, ledger: Ledger) -> None:
    play(SOME_TRANSFERS)
    second, fifth = (t.timestamp for t in ledger.lookup_transfers([2, 5]))
    span = f"timestamp_min={second} timestamp_max={fifth}"
    play(f"""
    statement A1 {span}                                                 -> T2 T3 T5
    statement A1 timestamp_min={fifth}                                  -> T5 T6 T7
    statement A1 timestamp_max={second}                                 -> T1 T2
    statement A1 {span} flags=debits+reversed                           -> T3
    history A1 {span} limit=2                                           -> 0/1/0/2 0/4/0/2
    query_transfers {span}                                              -> T2 T3 T4 T5
    query_transfers timestamp_min={fifth + 1} timestamp_max={fifth + 1} -> T6
    """)


def test_lookups_answer_in_the_order_asked_and_leave_out_what_is_not_there(
    play: Play, ledger: Ledger
) -> None:
    play(SOME_TRANSFERS)
    assert [a.id for a in ledger.lookup_accounts([4, 9, 1, 1, 0, (1 << 128) - 1])] == [4, 1, 1]
    assert [t.id for t in ledger.lookup_transfers([5, 9, 1, 1, 7, 0])] == [5, 1, 1, 7]
    assert ledger.lookup_transfers([]) == []


def test_no_query_returns_more_than_a_message_holds(ledger: Ledger, clock: Clock) -> None:
    ledger.create_accounts([Account(id, ledger=1, code=1) for id in (1, 2)])
    for start in (1, 6001):
        ledger.create_transfers([Transfer(start + i, 1, 2, 1, ledger=1, code=1) for i in range(6000)])
    assert len(ledger.query_transfers(QueryFilter(limit=1 << 31))) == BATCH_MAX
    found = ledger.get_account_transfers(AccountFilter(1, limit=1 << 31, flags=7))
    assert [found[0].id, found[-1].id, len(found)] == [12000, 12000 - BATCH_MAX + 1, BATCH_MAX]


def test_a_filters_field_that_does_not_fit_is_the_callers_mistake(ledger: Ledger) -> None:
    for wrong in (
        AccountFilter(1 << 128),
        AccountFilter(1, limit=1 << 32),
        AccountFilter(1, user_data_64=-1),
    ):
        with pytest.raises(IntegerOverflowError):
            ledger.get_account_transfers(wrong)
    with pytest.raises(IntegerOverflowError):
        ledger.query_accounts(QueryFilter(code=1 << 16))
