"""Opening accounts: each rule, and which of two broken rules is told."""

from __future__ import annotations

import numpy as np
import pytest
from ledger_tables import Clock, Play

from tasviya.ledger.filters import IntegerOverflowError
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import BATCH_MAX, Account, BatchTooLarge, CreateAccountStatus, Ledger
from tasviya.ledger.records import pack_accounts


def test_refusals_are_told_in_their_order_of_precedence(play: Play) -> None:
    play("""
    account A1 timestamp=1 reserved=1 flags=64                        -> timestamp_must_be_zero
    account A0 reserved=1 flags=64                                    -> reserved_field
    account A0 flags=64                                               -> reserved_flag
    account A0 ledger=0 code=0 flags=debits<=credits+credits<=debits  -> id_must_not_be_zero
    account MAX ledger=0 code=0 flags=debits<=credits+credits<=debits -> id_must_not_be_int_max
    account A1 debits_pending=1 flags=debits<=credits+credits<=debits -> flags_are_mutually_exclusive
    account A1 debits_pending=1 debits_posted=1 ledger=0              -> debits_pending_must_be_zero
    account A1 debits_posted=1 credits_pending=1 ledger=0             -> debits_posted_must_be_zero
    account A1 credits_pending=1 credits_posted=1 ledger=0            -> credits_pending_must_be_zero
    account A1 credits_posted=1 ledger=0 code=0                       -> credits_posted_must_be_zero
    account A1 ledger=0 code=0                                        -> ledger_must_not_be_zero
    account A1 code=0                                                 -> code_must_not_be_zero
    account A1                                                        -> created
    """)


def test_an_account_sent_again_exists_or_tells_the_first_difference(play: Play) -> None:
    play("""
    account A1 user_data_128=1 user_data_64=2 user_data_32=3 flags=history -> created

    account A1 user_data_128=9 user_data_64=9 user_data_32=9 ledger=9 code=9 -> exists~flags
    account A1 user_data_128=9 user_data_64=9 user_data_32=9 ledger=9 flags=history -> exists~user_data_128
    account A1 user_data_128=1 user_data_64=9 user_data_32=9 ledger=9 flags=history -> exists~user_data_64
    account A1 user_data_128=1 user_data_64=2 user_data_32=9 ledger=9 flags=history -> exists~user_data_32
    account A1 user_data_128=1 user_data_64=2 user_data_32=3 ledger=9 code=9 flags=history -> exists~ledger
    account A1 user_data_128=1 user_data_64=2 user_data_32=3 code=9 flags=history -> exists~code
    account A1 user_data_128=1 user_data_64=2 user_data_32=3 flags=history debits_posted=5 -> exists
    """)


def test_linked_accounts_open_together_or_not_at_all(play: Play) -> None:
    play("""
    account A1 flags=linked             -> linked_event_failed
    account A2 flags=linked             -> linked_event_failed
    account A1                          -> exists~flags
    account A3                          -> created
    account A4 flags=linked             -> linked_event_failed
    account A5 flags=linked timestamp=1 -> timestamp_must_be_zero
    account A6 flags=linked             -> linked_event_failed
    account A7                          -> linked_event_failed
    account A8 flags=linked             -> linked_event_failed
    account A9 flags=linked             -> linked_event_chain_open

    unknown A1 A2 A4 A5 A6 A7 A8 A9
    account A1 flags=linked -> created
    account A2              -> created

    query_accounts -> A3 A1 A2
    """)


def test_a_batch_is_imported_as_a_whole_or_not_at_all(play: Play) -> None:
    play("""
    account A1 flags=imported timestamp=0                  -> imported~out_of_range
    account A1 flags=imported timestamp=0x8000000000000000 -> imported~out_of_range
    account A1 flags=imported timestamp=9000000            -> imported~must_not_advance
    account A1 flags=imported timestamp=10                 -> created
    account A2                                             -> imported_event_expected
    account A2 flags=imported timestamp=10                 -> imported~must_not_regress
    account A2 flags=imported timestamp=11                 -> created
    account A1 flags=imported timestamp=5                  -> exists

    account A3                             -> created
    account A4 flags=imported timestamp=12 -> imported_event_not_expected

    account A5 flags=imported timestamp=999999 -> imported~must_not_regress
    """)


def test_an_imported_account_cannot_take_a_transfers_time(play: Play) -> None:
    play("""
    account A1 flags=imported timestamp=10 -> created
    account A2 flags=imported timestamp=11 -> created

    transfer T1 A1>A2 amount=1 flags=imported timestamp=20 -> created

    account A3 flags=imported timestamp=20 -> imported~must_not_regress
    account A3 flags=imported timestamp=21 -> created
    """)


def test_an_undone_imported_chain_leaves_the_time_free_and_tells_the_times_asked(
    play: Play, ledger: Ledger
) -> None:
    play("""
    account A1 flags=imported+linked timestamp=10 -> linked_event_failed
    account A2 flags=imported timestamp=0         -> imported~out_of_range

    account A1 flags=imported+linked timestamp=10 -> created
    account A2 flags=imported timestamp=11        -> created
    """)
    assert [account.timestamp for account in ledger.lookup_accounts([1, 2])] == [10, 11]


def test_results_carry_the_accounts_time_or_the_time_of_refusal(ledger: Ledger, clock: Clock) -> None:
    (first, refused) = ledger.create_accounts([Account(1, ledger=1, code=1), Account(0)])
    assert (first.timestamp, refused.timestamp) == (clock.now + 1, clock.now + 2)
    clock.now += 50
    (again,) = ledger.create_accounts([Account(1, ledger=1, code=1)])
    assert (again.status, again.timestamp) == (CreateAccountStatus.EXISTS, first.timestamp)


def test_timestamps_rise_though_the_clock_goes_back(ledger: Ledger, clock: Clock) -> None:
    (first,) = ledger.create_accounts([Account(1, ledger=1, code=1)])
    clock.now -= 1000
    (second,) = ledger.create_accounts([Account(2, ledger=1, code=1)])
    assert second.timestamp > first.timestamp


def test_a_field_that_does_not_fit_is_the_callers_mistake(ledger: Ledger) -> None:
    for wrong in (Account(-1), Account(1 << 128), Account(1, code=1 << 16), Account(1, user_data_64=1 << 64)):
        with pytest.raises(IntegerOverflowError):
            ledger.create_accounts([wrong])


def test_a_batch_too_large_is_refused_whole(ledger: Ledger) -> None:
    with pytest.raises(BatchTooLarge):
        ledger.create_accounts([Account(id + 1, ledger=1, code=1) for id in range(BATCH_MAX + 1)])
    assert ledger.lookup_accounts([1]) == []
    assert ledger.create_accounts([]) == []


def test_an_array_of_records_is_answered_by_an_array(clock: Clock) -> None:
    kernel = Kernel(clock)
    records = pack_accounts([Account(1, ledger=1, code=1), Account(0)])
    results = kernel.create_accounts(records)
    assert results["status"].tolist() == [
        CreateAccountStatus.CREATED,
        CreateAccountStatus.ID_MUST_NOT_BE_ZERO,
    ]
    assert isinstance(results, np.ndarray)
