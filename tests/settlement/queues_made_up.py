"""Queues drawn at random: small enough that every set of a queue can be tried."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from tasviya.settlement.offsetting import (
    NONE,
    Item,
    Liquidity,
    Queued,
    queued,
    violations,
)

ACCOUNTS = 4


@st.composite
def plain_items(draw: st.DrawFn, most: int = 9) -> list[Item]:
    """Payments from one account to another, in order of arrival."""
    items = []
    for arrival in range(draw(st.integers(0, most))):
        payer = draw(st.integers(0, ACCOUNTS - 1))
        payee = draw(st.integers(0, ACCOUNTS - 1).filter(lambda place, own=payer: place != own))
        amount = draw(st.integers(1, 12))
        rank = draw(st.sampled_from((2, 2, 2, 1, 0)))
        items.append(Item(amount, rank, arrival, payer, ((payer, amount),), ((payee, amount),)))
    return items


@st.composite
def funds(draw: st.DrawFn, *, kept: bool = True) -> Liquidity:
    """What four accounts have, some of it kept for urgent payments."""
    has = draw(st.lists(st.integers(0, 15), min_size=ACCOUNTS, max_size=ACCOUNTS))
    keeps = st.lists(st.sampled_from((0, 0, 0, 3, 6)), min_size=ACCOUNTS, max_size=ACCOUNTS)
    nothing = [0] * ACCOUNTS
    urgent, high = (draw(keeps), draw(keeps)) if kept else (nothing, nothing)
    return Liquidity(np.array(has, np.int64), np.array(urgent, np.int64), np.array(high, np.int64))


@st.composite
def mixed(draw: st.DrawFn) -> tuple[Queued, Liquidity]:
    """A queue with all there is: priorities, reservations, limits, correspondents, trades."""
    items = draw(plain_items())
    liquidity = draw(funds())
    owners = draw(st.lists(st.integers(0, ACCOUNTS - 1), max_size=2, unique=True))
    free = draw(st.lists(st.integers(0, 25), min_size=len(owners), max_size=len(owners)))
    made = []
    for item in items:
        (payer, amount), (payee, _) = item.takes[0], item.gives[0]
        if item.rank == 2:
            used = owners.index(payer) if payer in owners else NONE
            freed = owners.index(payee) if payee in owners else NONE
            item = item._replace(limit_used=used, limit_freed=freed)
        if draw(st.integers(0, 5)) == 0:  # through the books of another account's holder
            books = draw(st.integers(ACCOUNTS, ACCOUNTS + 1))
            item = item._replace(takes=((books, amount), *item.takes), home=books)
        made.append(item)
    for arrival in range(draw(st.integers(0, 2))):
        one, other = draw(st.permutations(range(ACCOUNTS)))[:2]
        there, back = draw(st.integers(1, 9)), draw(st.integers(1, 9))
        takes, gives = ((one, there), (other, back)), ((other, there), (one, back))
        made.append(Item(0, 1, 100 + arrival, NONE, takes, gives))
    more = np.array(draw(st.lists(st.integers(0, 9), min_size=2, max_size=2)), np.int64)
    nothing = np.zeros(2, np.int64)
    whole = Liquidity(
        np.concatenate((liquidity.spendable, more)),
        np.concatenate((liquidity.kept_urgent, nothing)),
        np.concatenate((liquidity.kept_high, nothing)),
        np.array(free, np.int64),
        np.array(owners, np.int32),
    )
    return queued(made, ACCOUNTS + 2), whole


def every_set(queue: Queued, liquidity: Liquidity, *, in_order: bool) -> list[np.ndarray]:
    """Every set of a small queue that may settle."""
    sets = (np.array(chosen, np.bool_) for chosen in product((False, True), repeat=len(queue)))
    return [each for each in sets if not violations(queue, liquidity, each, in_order=in_order)]
