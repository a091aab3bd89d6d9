"""Moving money: each rule, which of two broken rules is told, and what idempotency answers."""

from __future__ import annotations

from ledger_tables import Clock, Play

from tasviya.ledger.ledger import (
    AMOUNT_MAX,
    Account,
    CreateTransferStatus,
    Ledger,
    Transfer,
    TransferFlags,
)

FIVE_ACCOUNTS = """
    account A1                       -> created
    account A2                       -> created
    account A3 ledger=2              -> created
    account A4 flags=debits<=credits -> created
    account A5 flags=credits<=debits -> created
"""


def test_refusals_are_told_in_their_order_of_precedence(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T0 A0>A0 timestamp=1 flags=512         -> timestamp_must_be_zero
    transfer T0 A0>A0 flags=512                     -> reserved_flag
    transfer T0 A0>A0 pending_id=1                  -> id_must_not_be_zero
    transfer MAX A0>A0 pending_id=1                 -> id_must_not_be_int_max
    transfer T1 A0>A0 pending_id=1 timeout=1        -> debit_account_id_must_not_be_zero
    transfer T1 MAX>A0 pending_id=1 timeout=1       -> debit_account_id_must_not_be_int_max
    transfer T1 A8>A0 pending_id=1 timeout=1        -> credit_account_id_must_not_be_zero
    transfer T1 A8>MAX pending_id=1 timeout=1       -> credit_account_id_must_not_be_int_max
    transfer T1 A8>A8 pending_id=1 timeout=1        -> accounts_must_be_different
    transfer T1 A8>A9 pending_id=1 timeout=1        -> pending_id_must_be_zero
    transfer T1 A8>A9 timeout=1 flags=closing_debit -> timeout_reserved_for_pending_transfer
    transfer T1 A8>A9 flags=closing_debit ledger=0  -> closing_transfer_must_be_pending
    transfer T1 A8>A9 flags=closing_credit ledger=0 -> closing_transfer_must_be_pending
    transfer T1 A8>A9 ledger=0 code=0               -> ledger_must_not_be_zero
    transfer T1 A8>A9 code=0                        -> code_must_not_be_zero
    transfer T1 A8>A9                               -> debit_account_not_found
    transfer T2 A1>A9                               -> credit_account_not_found
    transfer T3 A1>A3 ledger=3                      -> accounts_must_have_the_same_ledger
    transfer T3 A1>A2 ledger=2                      -> transfer_must_have_the_same_ledger_as_accounts
    transfer T4 A4>A5 amount=1                      -> exceeds_credits
    transfer T5 A1>A5 amount=1                      -> exceeds_debits
    transfer T6 A1>A2 amount=0                      -> created
    """)


def test_an_id_refused_for_a_passing_reason_is_spent_for_ever(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A8>A1                   -> debit_account_not_found
    transfer T2 A1>A8                   -> credit_account_not_found
    transfer T3 pending_id=9 flags=post -> pending_transfer_not_found
    transfer T4 A4>A1 amount=1          -> exceeds_credits
    transfer T5 A1>A5 amount=1          -> exceeds_debits
    transfer T6 A1>A1                   -> accounts_must_be_different
    account A8                          -> created
    transfer T1 A8>A1                   -> id_already_failed
    transfer T2 A1>A8                   -> id_already_failed
    transfer T3 A1>A2                   -> id_already_failed
    transfer T4 A1>A2 flags=512         -> reserved_flag
    transfer T4 A0>A0 flags=post+void   -> id_already_failed
    transfer T5 A1>A2                   -> id_already_failed
    transfer T6 A1>A2 amount=1          -> created
    transfer T7 pending_id=4 flags=void -> pending_transfer_not_found
    unknown T1 T2 T3 T4 T5
    """)


def test_a_transfer_sent_again_exists_or_tells_the_first_difference(play: Play) -> None:
    first = "amount=5 user_data_128=1 user_data_64=2 user_data_32=3"
    play(FIVE_ACCOUNTS)
    for id, end in (("T8", ""), ("T9", "\n")):
        play(f"""
        transfer {id} A1>A2 {first} flags=pending timeout=7 -> created{end}
        """)
        again = f"transfer {id}"
        play(f"""
        {again} A2>A1 amount=6 pending_id=1 timeout=8 -> exists~flags
        {again} A2>A1 amount=6 pending_id=1 timeout=8 flags=pending -> exists~pending_id
        {again} A2>A1 amount=6 timeout=8 flags=pending -> exists~timeout
        {again} A2>A1 amount=6 timeout=7 flags=pending -> exists~debit_account_id
        {again} A1>A4 amount=6 timeout=7 flags=pending -> exists~credit_account_id
        {again} A1>A2 amount=6 timeout=7 flags=pending -> exists~amount
        {again} A1>A2 amount=5 timeout=7 flags=pending -> exists~user_data_128
        {again} A1>A2 amount=5 timeout=7 flags=pending user_data_128=1 -> exists~user_data_64
        {again} A1>A2 amount=5 timeout=7 flags=pending user_data_128=1 user_data_64=2 -> exists~user_data_32
        {again} A1>A2 {first} timeout=7 flags=pending ledger=2 code=2 -> exists~ledger
        {again} A1>A2 {first} timeout=7 flags=pending code=2 -> exists~code
        {again} A1>A2 {first} timeout=7 flags=pending -> exists
        """)


def test_a_posting_sent_again_may_leave_out_what_it_takes_from_the_pending(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=15 user_data_128=1 user_data_64=2 user_data_32=3 flags=pending -> created
    transfer T2 A1>A2 amount=15 user_data_128=1 flags=pending                               -> created
    transfer T3 pending_id=1 amount=MAX flags=post                                          -> created
    transfer T4 pending_id=2 amount=7 user_data_128=8 flags=post                            -> created
    """)
    play("""
    transfer T3 pending_id=1 amount=MAX flags=void                 -> exists~flags
    transfer T3 pending_id=2 amount=MAX flags=post                 -> exists~pending_id
    transfer T3 A2>A1 pending_id=1 amount=1 flags=post             -> exists~debit_account_id
    transfer T3 A1>A1 pending_id=1 amount=1 flags=post             -> exists~credit_account_id
    transfer T3 pending_id=1 amount=14 flags=post                  -> exists~amount
    transfer T3 pending_id=1 amount=15 user_data_128=9 flags=post  -> exists~user_data_128
    transfer T3 pending_id=1 amount=15 user_data_64=9 flags=post   -> exists~user_data_64
    transfer T3 pending_id=1 amount=15 user_data_32=9 flags=post   -> exists~user_data_32
    transfer T3 pending_id=1 amount=15 ledger=9 code=9 flags=post  -> exists~ledger
    transfer T3 pending_id=1 amount=15 code=9 flags=post           -> exists~code
    transfer T3 pending_id=1 amount=15 flags=post                  -> exists
    transfer T3 A1>A2 pending_id=1 amount=MAX flags=post           -> exists
    transfer T4 pending_id=2 amount=MAX user_data_128=8 flags=post -> exists~amount
    transfer T4 pending_id=2 amount=7 flags=post                   -> exists~user_data_128
    transfer T4 pending_id=2 amount=7 user_data_128=8 flags=post   -> exists
    """)


def test_a_balancing_transfer_sent_again_may_ask_for_more_than_it_moved(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A1>A4 amount=30                        -> created
    transfer T2 A4>A1 amount=MAX flags=balancing_debit -> created
    made T2 amount=30
    transfer T2 A4>A1 amount=29 flags=balancing_debit -> exists~amount
    transfer T2 A4>A1 amount=30 flags=balancing_debit -> exists
    transfer T2 A4>A1 amount=31 flags=balancing_debit -> exists
    """)


def test_balancing_moves_what_is_free_and_no_more(play: Play) -> None:
    play("""
    account A1 flags=debits<=credits -> created
    account A2 flags=credits<=debits -> created
    account A3                       -> created
    account A4                       -> created

    transfer T1 A3>A1 amount=50                                         -> created
    transfer T2 A2>A3 amount=20                                         -> created
    transfer T3 A1>A3 amount=5 flags=pending                            -> created
    transfer T4 A1>A2 amount=100 flags=balancing_debit+balancing_credit -> created
    transfer T5 A1>A4 amount=100 flags=balancing_debit                  -> created
    transfer T6 A1>A4 amount=100 flags=balancing_debit+pending          -> created
    transfer T7 A3>A2 amount=1 flags=balancing_credit                   -> created
    made T4 amount=20
    made T5 amount=25
    made T6 amount=0
    made T7 amount=0
    balances A1 debits_pending=5 debits_posted=45 credits_posted=50
    balances A2 debits_posted=20 credits_posted=20
    """)


def test_balances_cannot_overflow(play: Play) -> None:
    play("""
    account A1 -> created
    account A2 -> created
    account A3 -> created
    account A4 -> created

    transfer T1 A1>A3 amount=100 flags=pending  -> created
    transfer T2 A4>A2 amount=110 flags=pending  -> created
    transfer T3 A1>A3 amount=200                -> created
    transfer T4 A4>A2 amount=210                -> created
    transfer T5 A1>A2 amount=-99 flags=pending  -> overflows_debits_pending
    transfer T5 A1>A2 amount=-100 flags=pending -> overflows_credits_pending
    transfer T5 A1>A2 amount=-199               -> overflows_debits_posted
    transfer T5 A1>A2 amount=-200               -> overflows_credits_posted
    transfer T5 A1>A2 amount=-299               -> overflows_debits
    transfer T5 A1>A2 amount=-300               -> overflows_credits
    transfer T5 A1>A2 amount=-320               -> created
    balances A2 credits_pending=110 credits_posted=-110
    """)


def test_a_timeout_that_ends_after_the_last_timestamp_is_refused(play: Play, clock: Clock) -> None:
    play(FIVE_ACCOUNTS)
    clock.now = (1 << 63) - 5_000_000_000
    play("""
    transfer T1 A4>A5 amount=1 flags=pending timeout=5 -> overflows_timeout
    transfer T1 A1>A2 amount=1 flags=pending timeout=4 -> created
    """)


def test_linked_transfers_stand_or_fall_together(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=1 flags=linked               -> linked_event_failed
    transfer T2 A1>A2 amount=2 flags=linked+pending       -> linked_event_failed
    transfer T3 pending_id=2 amount=MAX flags=linked+post -> linked_event_failed
    transfer T4 A4>A1 amount=1 flags=linked               -> exceeds_credits
    transfer T5 A1>A2 amount=1                            -> linked_event_failed
    transfer T6 A1>A2 amount=6                            -> created
    transfer T7 A1>A4 amount=7 flags=linked               -> created
    transfer T8 A4>A1 amount=7                            -> created
    transfer T9 A1>A2 amount=1 flags=linked               -> linked_event_failed
    transfer T10 A1>A2 amount=1 flags=linked              -> linked_event_chain_open
    balances A1 debits_posted=13 credits_posted=7
    balances A4 debits_posted=7 credits_posted=7
    statement A1               -> T6 T7 T8
    transfer T4 A1>A2 amount=1 -> id_already_failed
    transfer T1 A1>A2 amount=1 -> created
    transfer T2 A1>A2 amount=1 -> created
    transfer T3 A1>A2 amount=1 -> created
    """)


def test_a_chain_that_breaks_gives_back_what_it_resolved_and_closed(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=9 flags=pending timeout=1             -> created
    transfer T2 pending_id=1 amount=4 flags=linked+post            -> linked_event_failed
    transfer T3 A1>A2 flags=linked+pending+closing_debit timeout=2 -> linked_event_failed
    transfer T4 A1>A2 amount=1                                     -> debit_account_already_closed
    balances A1 debits_pending=9
    transfer T5 A1>A2 amount=3 flags=pending timeout=2 -> created
    clock +3s
    balances A1
    balances A2
    """)


def test_statements_that_are_equal_in_name_but_not_in_batch_do_not_mix(play: Play) -> None:
    play(FIVE_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=1                            -> created
    transfer T2 A1>A2 amount=1 flags=imported timestamp=5 -> imported_event_not_expected
    transfer T1 A1>A2 amount=1                            -> exists

    transfer T3 A1>A2 amount=1 flags=imported timestamp=5 -> imported~must_not_regress
    transfer T4 A1>A2 amount=1                            -> imported_event_expected
    """)


def test_imported_transfers_keep_their_own_rising_times(play: Play, ledger: Ledger) -> None:
    play("""
    account A1 flags=imported timestamp=10 -> created
    account A2 flags=imported timestamp=20 -> created
    account A3 flags=imported timestamp=30 -> created

    transfer T1 A1>A2 amount=1 flags=imported timestamp=0 -> imported~out_of_range
    transfer T1 A1>A2 amount=1 flags=imported timestamp=9999999 -> imported~must_not_advance
    transfer T1 A1>A2 amount=1 flags=imported timestamp=20 -> imported~must_not_regress
    transfer T1 A3>A2 amount=1 flags=imported timestamp=25 -> imported~must_postdate_debit_account
    transfer T1 A2>A3 amount=1 flags=imported timestamp=25 -> imported~must_postdate_credit_account
    transfer T1 A1>A2 timeout=1 flags=imported+pending timestamp=25 -> imported_event_timeout_must_be_zero
    transfer T1 A1>A2 amount=1 flags=imported+pending timestamp=25 -> created
    transfer T1 A1>A2 amount=1 flags=imported+pending timestamp=26 -> exists
    transfer T2 A1>A2 amount=1 flags=imported timestamp=25 -> imported~must_not_regress
    transfer T3 pending_id=1 amount=MAX flags=imported+post timestamp=25 -> imported~must_not_regress
    transfer T3 pending_id=1 amount=MAX flags=imported+post timestamp=40 -> created
    transfer T4 A1>A2 amount=1 flags=imported+linked timestamp=41 -> linked_event_failed
    transfer T5 A1>A2 amount=1 flags=imported timestamp=40 -> imported~must_not_regress
    transfer T6 A1>A2 amount=1 flags=imported timestamp=41 -> created
    """)
    assert [transfer.timestamp for transfer in ledger.lookup_transfers([1, 3, 6])] == [25, 40, 41]


def test_results_carry_the_transfers_time_or_the_time_of_refusal(ledger: Ledger, clock: Clock) -> None:
    ledger.create_accounts([Account(id, ledger=1, code=1) for id in (1, 2)])
    clock.now += 100
    made = Transfer(1, 1, 2, 5, ledger=1, code=1)
    first, refused, again = ledger.create_transfers([made, Transfer(2, 1, 1), made])
    assert (first.timestamp, refused.timestamp) == (clock.now + 1, clock.now + 2)
    assert (again.status, again.timestamp) == (CreateTransferStatus.EXISTS, first.timestamp)
    clock.now += 100
    (later,) = ledger.create_transfers([made])
    assert (later.status, later.timestamp) == (CreateTransferStatus.EXISTS, first.timestamp)


def test_an_undone_imported_transfer_is_answered_with_the_time_it_asked_for(
    ledger: Ledger, clock: Clock
) -> None:
    flags = TransferFlags.IMPORTED
    accounts = [Account(id, ledger=1, code=1, flags=16, timestamp=id) for id in (1, 2)]
    ledger.create_accounts(accounts)
    undone = Transfer(1, 1, 2, 5, ledger=1, code=1, flags=flags | TransferFlags.LINKED, timestamp=77)
    broken = Transfer(2, 1, 1, 5, ledger=1, code=1, flags=flags, timestamp=78)
    first, second = ledger.create_transfers([undone, broken])
    assert (first.status, first.timestamp) == (CreateTransferStatus.LINKED_EVENT_FAILED, 77)
    assert (second.status, second.timestamp) == (
        CreateTransferStatus.ACCOUNTS_MUST_BE_DIFFERENT,
        clock.now + 5,
    )


def test_amounts_of_all_128_bits_are_kept(ledger: Ledger) -> None:
    ledger.create_accounts([Account(id, ledger=1, code=1) for id in (1, (1 << 128) - 2)])
    ledger.create_transfers([Transfer((1 << 127) + 1, 1, (1 << 128) - 2, AMOUNT_MAX, ledger=1, code=1)])
    (account,) = ledger.lookup_accounts([(1 << 128) - 2])
    (transfer,) = ledger.lookup_transfers([(1 << 127) + 1])
    assert account.credits_posted == transfer.amount == AMOUNT_MAX
