"""Random batches that reach every rule: valid, contradictory, repeated and nearly repeated events.

Few accounts and few ids, so that events meet; amounts of all sizes, times on both sides of now.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tasviya.ledger.ledger import Account, AccountFilter, AccountFlags, QueryFilter, Transfer, TransferFlags

MAX = (1 << 128) - 1
ACCOUNT_IDS = [1, 2, 3, 4, 5, 6]
RARE_ID = 77

small = st.integers(0, 3)
amounts = st.one_of(
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([MAX, MAX - 1, 1 << 127, 1 << 64, (1 << 64) - 1, 1 << 63]),
)
account_ids = st.one_of(*[st.sampled_from(ACCOUNT_IDS)] * 15, st.sampled_from([0, MAX, RARE_ID]))
transfer_ids = st.one_of(
    *[st.integers(1, 60)] * 20, st.integers((1 << 100) + 1, (1 << 100) + 40), st.just(MAX)
)
timeouts = st.sampled_from([0, 0, 0, 0, 1, 2, 3])
account_flags = st.sampled_from([0, 0, 8, 8, 2, 4, 10, 12, 1, 9, 32, 6, 64]).map(AccountFlags)
P, POST, VOID = (
    TransferFlags.PENDING,
    TransferFlags.POST_PENDING_TRANSFER,
    TransferFlags.VOID_PENDING_TRANSFER,
)
transfer_flags = st.one_of(
    st.sampled_from([0, 0, 0, P, P, P, POST, VOID, 16, 32, 48, P | 64, P | 128, P | 16]),
    st.integers(0, 1023),
).map(TransferFlags)


@st.composite
def accounts(draw: Any, imported: bool, now: int) -> Account:
    account = Account(
        id=draw(account_ids),
        ledger=draw(st.sampled_from([1, 1, 1, 1, 2, 0])),
        code=draw(st.sampled_from([1, 1, 1, 2, 0])),
        user_data_128=draw(st.sampled_from([0, 0, 1, 1 << 70])),
        user_data_64=draw(st.sampled_from([0, 0, 1])),
        user_data_32=draw(st.sampled_from([0, 0, 1])),
        flags=draw(account_flags),
        debits_posted=draw(st.sampled_from([0] * 20 + [1])),
    )
    if imported:
        account.flags |= AccountFlags.IMPORTED
        account.timestamp = draw(st.integers(max(0, now - 40), now + 3))
    return account


@st.composite
def transfers(draw: Any, imported: bool, now: int) -> Transfer:
    flags = draw(transfer_flags)
    resolves = bool(flags & (POST | VOID))
    names_accounts = not resolves or draw(small) == 0
    transfer = Transfer(
        id=draw(transfer_ids),
        debit_account_id=draw(account_ids) if names_accounts else 0,
        credit_account_id=draw(account_ids) if names_accounts else 0,
        amount=draw(amounts),
        pending_id=draw(transfer_ids) if resolves else draw(st.sampled_from([0] * 30 + [1])),
        user_data_128=draw(st.sampled_from([0, 0, 0, 1, 1 << 100])),
        user_data_64=draw(st.sampled_from([0, 0, 0, 1])),
        user_data_32=draw(st.sampled_from([0, 0, 0, 1])),
        timeout=draw(timeouts) if flags & P else 0,
        ledger=draw(st.sampled_from([1] * 12 + [2, 0])) if names_accounts else 0,
        code=draw(st.sampled_from([1, 1, 1, 1, 2, 0])) if names_accounts else 0,
        flags=flags,
    )
    if draw(st.integers(0, 4)) == 0:
        transfer.flags |= TransferFlags.LINKED
    if imported:
        transfer.flags |= TransferFlags.IMPORTED
        transfer.timestamp = draw(st.integers(max(0, now - 20), now + 3))
    return transfer


def batches(event: Any, now: int) -> st.SearchStrategy[list[Any]]:
    """Batches of an event, one in six imported."""
    ordinary = st.lists(event(False, now), max_size=14)
    return st.integers(0, 5).flatmap(lambda n: st.lists(event(True, now), max_size=8) if n == 0 else ordinary)


times = st.sampled_from([0, 0, 0, 10, 60, 1 << 63])
limits = st.sampled_from([0, 1, 2, 100, 1 << 31])
optional = st.sampled_from([0, 0, 0, 1])
account_filters = st.builds(
    AccountFilter,
    account_id=account_ids,
    user_data_128=st.sampled_from([0, 0, 0, 1, 1 << 100]),
    user_data_64=optional,
    user_data_32=optional,
    code=optional,
    timestamp_min=times,
    timestamp_max=times,
    limit=limits,
    flags=st.sampled_from([1, 2, 3, 3, 5, 6, 7, 7, 0, 4, 8]),
)
query_filters = st.builds(
    QueryFilter,
    user_data_128=st.sampled_from([0, 0, 0, 1, 1 << 70]),
    user_data_64=optional,
    user_data_32=optional,
    ledger=st.sampled_from([0, 0, 1, 2]),
    code=optional,
    timestamp_min=times,
    timestamp_max=times,
    limit=limits,
    flags=st.sampled_from([0, 0, 1, 1, 2]),
)
