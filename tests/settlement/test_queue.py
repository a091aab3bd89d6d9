"""The queue: first in, first out within a priority; what waits for a limit stops nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payments_made_up import payment

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.queueing import PaymentQueue

ACCOUNT, OTHER = 7, 8


def queue_of(text: str, account: int = ACCOUNT) -> PaymentQueue:
    """A queue from words such as "3n 1u 2n*": number and priority, * for waiting by a limit."""
    queue = PaymentQueue()
    for word in text.split():
        queue.add(account, payment(int(word[0]), word[1]), by_limit=word.endswith("*"))
    return queue


def told(queue: PaymentQueue, account: int = ACCOUNT) -> str:
    """A queue in words, first first."""
    return " ".join(
        f"{each.seq}{each.payment.priority.value[0].lower()}{'*' if each.by_limit else ''}"
        for each in queue.line(account)
    )


@pytest.mark.parametrize(
    ("added", "order"),
    [
        ("1n 2n 3n", "1n 2n 3n"),
        ("3n 2n 1n", "1n 2n 3n"),
        ("1n 2h 3u", "3u 2h 1n"),
        ("1u 2n 3u 4h", "1u 3u 4h 2n"),
        ("1n* 2u 3n", "2u 1n* 3n"),
    ],
)
def test_order_is_by_priority_and_then_by_arrival(added: str, order: str) -> None:
    assert told(queue_of(added)) == order


@pytest.mark.parametrize(
    ("waiting", "stops"),
    [
        ("", ""),
        ("1n", "n"),
        ("1h", "hn"),
        ("1u", "uhn"),
        ("1n*", ""),
        ("1u* 2n", "n"),
        ("1u* 2h*", ""),
    ],
)
def test_who_waits_for_money_stops_the_same_and_lower_priorities(waiting: str, stops: str) -> None:
    queue = queue_of(waiting)
    assert "".join(p for p in "uhn" if queue.blocks(ACCOUNT, "uhn".index(p))) == stops
    assert not any(queue.blocks(OTHER, rank) for rank in (0, 1, 2))


def test_payment_that_waits_elsewhere_keeps_its_place_in_time() -> None:
    queue = queue_of("1n 3n")
    queue.add(OTHER, payment(4), by_limit=False)
    queue.add(OTHER, payment(2), by_limit=False)
    moved = queue.get(1)
    assert moved is not None
    queue.add(OTHER, moved, by_limit=True)
    assert (told(queue), told(queue, OTHER)) == ("3n", "1n* 2n 4n")
    assert len(queue) == 4


def test_payment_that_does_not_wait_is_not_taken_out() -> None:
    with pytest.raises(InvariantBroken):
        queue_of("1n").remove(2)


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from("uhn"), st.booleans()), max_size=40))
def test_queue_is_a_sorted_list(steps: list[tuple[int, str, bool]]) -> None:
    queue = PaymentQueue()
    plain: dict[int, tuple[int, int]] = {}
    for seq, priority, leaves in steps:
        if seq in plain:
            assert queue.remove(seq).seq == seq
            del plain[seq]
        if not leaves:
            queue.add(ACCOUNT, payment(seq, priority), by_limit=False)
            plain[seq] = ("uhn".index(priority), seq)
    assert [(each.rank, each.seq) for each in queue.line(ACCOUNT)] == sorted(plain.values())
    assert len(queue) == len(plain) and [each.seq for each in queue] == [s for _, s in sorted(plain.values())]
