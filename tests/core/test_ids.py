"""Ids follow from what they name."""

from __future__ import annotations

import re
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.ids import account_id, derive, payment_id, transfer_ids

parts = st.lists(st.text(max_size=8) | st.integers(), max_size=4)


def test_ids_are_the_same_on_every_machine() -> None:
    digest = sha256(b"payment:11:ALDBKZ20XXX3:M-11:1").hexdigest()
    assert derive("payment", "ALDBKZ20XXX", "M-1", 1) == int(digest[:32], 16)
    assert payment_id("ALDBKZ20XXX", "M-1", 1) == f"P{digest[:24]}" == "P1866a4f50fc61d05c5ccecfb"


def test_parts_do_not_run_into_each_other() -> None:
    assert derive("kind", "ab", "c") != derive("kind", "a", "bc")
    assert derive("kind", "ab") != derive("kind", "a", "b")
    assert derive("kinda", "b") != derive("kind", "ab")
    assert derive("kind", "", "a") != derive("kind", "a", "")


@given(st.text(max_size=8), parts)
def test_id_is_never_one_that_the_ledger_reserves(kind: str, what: list[str | int]) -> None:
    assert 0 < derive(kind, *what) < (1 << 128) - 1


def test_payments_of_a_message_differ_by_position() -> None:
    ids = {payment_id("ALDBKZ20XXX", "M-1", position) for position in range(1, 201)}
    assert len(ids) == 200
    assert all(re.fullmatch("P[0-9a-f]{24}", each) for each in ids)


def test_legs_of_a_posting_are_neighbours_and_attempts_are_far_apart() -> None:
    first, second, other = transfer_ids("P1", 1, 3), transfer_ids("P1", 2, 3), transfer_ids("P2", 1, 3)
    assert len(first) == 3
    assert first == transfer_ids("P1", 1, 3)
    assert first[:2] == transfer_ids("P1", 1, 2), "a leg's id does not depend on how many follow"
    assert len({*first, *second, *other}) == 9


@given(st.text(max_size=8), st.integers(1, 9))
def test_largest_postings_do_not_run_into_each_other(subject: str, attempt: int) -> None:
    one, next_one = transfer_ids(subject, attempt, 256), transfer_ids(subject, attempt + 1, 256)
    assert not set(one) & set(next_one)


def test_accounts_differ_by_owner_kind_currency_and_other_side() -> None:
    ids = {
        account_id("KZ-ALTYN", "settlement", "KZT"),
        account_id("KZ-TORGAI", "settlement", "KZT"),
        account_id("KZ-ALTYN", "vostro", "KZT"),
        account_id("KZ-ALTYN", "settlement", "CNY"),
        account_id("KZ-ALTYN", "vostro", "KZT", "UZ-LAYLAK"),
    }
    assert len(ids) == 5
