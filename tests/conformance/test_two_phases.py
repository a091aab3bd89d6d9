"""Reserving, posting, voiding, expiring, and the accounts that such transfers close."""

from __future__ import annotations

from ledger_tables import Play

TWO_ACCOUNTS = """
    account A1          -> created
    account A2          -> created
    account A3 ledger=2 -> created
"""


def test_refusals_are_told_in_their_order_of_precedence(play: Play) -> None:
    play(TWO_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=15 flags=pending -> created
    transfer T2 A1>A2 amount=15 -> created
    transfer T3 A1>A2 amount=15 flags=pending -> created
    transfer T4 A1>A2 amount=15 flags=pending -> created
    transfer T5 pending_id=3 amount=MAX flags=post -> created
    transfer T6 pending_id=4 flags=void -> created
    transfer T9 timeout=1 flags=post+void -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=post+pending -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=post+balancing_debit -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=void+balancing_credit -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=void+closing_debit -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=void+closing_credit -> flags_are_mutually_exclusive
    transfer T9 timeout=1 flags=post -> pending_id_must_not_be_zero
    transfer T9 pending_id=MAX timeout=1 flags=post -> pending_id_must_not_be_int_max
    transfer T9 pending_id=9 timeout=1 flags=post -> pending_id_must_be_different
    transfer T9 pending_id=8 timeout=1 flags=post -> timeout_reserved_for_pending_transfer
    transfer T10 pending_id=8 flags=post -> pending_transfer_not_found
    transfer T9 A2>A1 pending_id=2 flags=post -> pending_transfer_not_pending
    transfer T9 A2>A1 pending_id=1 amount=16 ledger=2 code=2 flags=post -> pending~debit_account_id
    transfer T9 A1>A1 pending_id=1 amount=16 ledger=2 code=2 flags=post -> pending~credit_account_id
    transfer T9 pending_id=1 amount=16 ledger=2 code=2 flags=post -> pending~ledger
    transfer T9 pending_id=1 amount=16 code=2 flags=post -> pending~code
    transfer T9 pending_id=1 amount=16 flags=post -> exceeds_pending_transfer_amount
    transfer T9 pending_id=1 amount=16 flags=void -> exceeds_pending_transfer_amount
    transfer T9 pending_id=1 amount=MAX flags=void -> exceeds_pending_transfer_amount
    transfer T9 pending_id=1 amount=14 flags=void -> pending~amount
    transfer T9 pending_id=3 amount=16 flags=post -> exceeds_pending_transfer_amount
    transfer T9 pending_id=3 amount=0 flags=void -> pending_transfer_already_posted
    transfer T9 pending_id=4 amount=15 flags=post -> pending_transfer_already_voided
    transfer T9 pending_id=1 amount=15 flags=void -> created
    """)


def test_posting_moves_all_or_part_and_frees_the_rest(play: Play) -> None:
    play(TWO_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=15 user_data_64=6 flags=pending -> created
    transfer T2 A1>A2 amount=15 flags=pending                -> created
    transfer T3 A1>A2 amount=15 flags=pending                -> created
    balances A1 debits_pending=45
    transfer T4 pending_id=1 amount=MAX flags=post -> created
    transfer T5 pending_id=2 amount=6 flags=post   -> created
    transfer T6 pending_id=3 amount=0 flags=post   -> created
    balances A1 debits_posted=21
    balances A2 credits_posted=21
    made T4 amount=15 debit_account_id=1 credit_account_id=2 ledger=1 code=1 user_data_64=6 pending_id=1
    made T5 amount=6
    made T6 amount=0
    """)


def test_what_is_pending_expires_at_its_time(play: Play) -> None:
    play(TWO_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=10 flags=pending           -> created
    transfer T2 A1>A2 amount=11 flags=pending timeout=1 -> created
    transfer T3 A1>A2 amount=12 flags=pending timeout=2 -> created
    transfer T4 A1>A2 amount=13 flags=pending timeout=2 -> created
    transfer T5 pending_id=4 amount=MAX flags=post      -> created
    balances A1 debits_pending=33 debits_posted=13
    clock +1s
    clock +100ns
    balances A1 debits_pending=22 debits_posted=13
    balances A2 credits_pending=22 credits_posted=13
    transfer T6 pending_id=2 amount=MAX flags=post -> pending_transfer_expired
    transfer T6 pending_id=3 amount=MAX flags=post -> created
    clock +9s
    balances A1 debits_pending=10 debits_posted=25
    transfer T7 pending_id=2 flags=void -> pending_transfer_expired
    transfer T7 pending_id=1 flags=void -> created
    balances A1 debits_posted=25
    """)


def test_expiry_makes_no_transfer_and_no_history(play: Play) -> None:
    play("""
    account A1 flags=history -> created
    account A2               -> created

    transfer T1 A1>A2 amount=5 flags=pending timeout=1 -> created
    clock +2s
    transfer T2 A1>A2 amount=7 -> created
    statement A1               -> T1 T2
    history A1                 -> 5/0/0/0 0/7/0/0
    """)


def test_a_closed_account_takes_nothing_but_the_voiding_of_what_is_pending(play: Play) -> None:
    play(TWO_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=4 flags=pending               -> created
    transfer T2 A1>A2 amount=3 flags=pending               -> created
    transfer T3 A1>A2 amount=0 flags=pending+closing_debit -> created
    balances A1 debits_pending=7 flags=closed
    balances A2 credits_pending=7
    account A1                                     -> exists~flags
    account A1 flags=closed                        -> exists
    transfer T4 A1>A2 amount=1                     -> debit_account_already_closed
    transfer T5 A2>A1 amount=1                     -> credit_account_already_closed
    transfer T6 pending_id=1 amount=MAX flags=post -> debit_account_already_closed
    transfer T7 pending_id=1 flags=void            -> created
    transfer T8 pending_id=3 amount=MAX flags=post -> debit_account_already_closed
    transfer T9 pending_id=3 flags=void            -> created
    balances A1 debits_pending=3
    transfer T10 pending_id=2 amount=MAX flags=post -> created
    balances A1 debits_posted=3
    """)


def test_closing_ends_with_its_timeout(play: Play) -> None:
    play(TWO_ACCOUNTS)
    play("""
    transfer T1 A1>A2 amount=4 flags=pending timeout=1                     -> created
    transfer T2 A1>A2 flags=pending+closing_credit+closing_debit timeout=2 -> created
    balances A1 debits_pending=4 flags=closed
    clock +1s
    clock +100ns
    balances A1 flags=closed
    balances A2 flags=closed
    clock +1s
    balances A1
    balances A2
    """)


def test_an_account_may_be_born_closed(play: Play) -> None:
    play("""
    account A1 flags=closed -> created
    account A2              -> created

    balances A1 flags=closed
    transfer T1 A1>A2 amount=1 -> debit_account_already_closed
    """)
