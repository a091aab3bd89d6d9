"""Swing credit: a scale divides each result into credit and money, the same way out and back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.settlement.swing import (
    ALL_CREDIT,
    HALF_AND_HALF,
    Band,
    Split,
    Standing,
    refuse_bands,
    settle,
    split,
)

SLIDING = tuple(
    Band(Fraction(n, 5), share) for n, share in enumerate(map(Fraction, ("0", "1/5", "2/5", "3/5", "4/5")), 1)
)
SCALES = {"credit": ALL_CREDIT, "half": HALF_AND_HALF, "sliding": SLIDING}

# Quota 100. sliding: fifths of the quota at 0, 20, 40, 60 and 80 % money.
TABLE = """
    scale    before  net    credit  money
    credit   0       -60    -60     0
    credit   0       -160   -100    -60
    credit   -100    -1     0       -1
    credit   -100    30     30      0
    credit   -30     80     80      0
    credit   -130    0      30      -30
    credit   -130    20     30      -10
    credit   -130    50     50      0
    credit   130     0      -30     30
    credit   90      25     10      15
    half     0       -60    -30     -30
    half     -30     60     30      30
    half     0       -200   -100    -100
    half     0       -230   -100    -130
    half     -20     100    50      50
    half     -130    30     30      0
    half     -130    50     40      10
    sliding  0       -20    -20     0
    sliding  0       -45    -40     -5
    sliding  -40     45     40      5
    sliding  20      25     20      5
    sliding  20      -40    -40     0
    sliding  0       -229   -100    -129
    sliding  -100    100    20      80
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_split(row: list[str]) -> None:
    scale, before, net, credit, money = row
    assert split(int(before), int(net), 100, SCALES[scale]) == Split(int(credit), int(money))


amounts = st.integers(-(10**15), 10**15)


@st.composite
def scales(draw: st.DrawFn) -> tuple[Band, ...]:
    ends = draw(st.sets(st.integers(1, 19), max_size=4))
    shares = [Fraction(draw(st.integers(0, 19)), 20) for _ in range(len(ends) + 1)]
    return tuple(
        Band(Fraction(end, 20), share) for end, share in zip([*sorted(ends), 20], shares, strict=True)
    )


@given(amounts, amounts, st.integers(0, 10**15), scales())
def test_credit_and_money_add_up_to_the_result_and_the_quota_bounds_credit(
    before: int, net: int, quota: int, bands: tuple[Band, ...]
) -> None:
    found = split(before, net, quota, bands)
    assert found.credit + found.money == net
    assert abs(before + found.credit) <= quota


@given(amounts, amounts, st.integers(0, 10**15), scales())
def test_the_two_sides_mirror_each_other(before: int, net: int, quota: int, bands: tuple[Band, ...]) -> None:
    there, mirrored = split(before, net, quota, bands), split(-before, -net, quota, bands)
    assert mirrored == Split(-there.credit, -there.money)


@given(amounts, amounts, st.integers(0, 10**6), st.integers(0, 10**15), scales())
def test_a_larger_result_never_means_a_lower_position_or_less_money(
    before: int, net: int, more: int, quota: int, bands: tuple[Band, ...]
) -> None:
    one, other = split(before, net, quota, bands), split(before, net + more, quota, bands)
    assert other.credit >= one.credit
    assert other.money >= one.money


def walked(position: int, net: int, quota: int, bands: tuple[Band, ...]) -> Fraction:
    """Where a result takes a position, in steps of one unit of the position: the plain twin."""
    at, rest = Fraction(position), Fraction(abs(net))
    way = 1 if net > 0 else -1
    while rest > 0 and -quota <= at + way <= quota:
        middle = abs(2 * at + way)  # twice the middle of the step, so that ends are never met
        part = next(1 - band.money_share for band in bands if middle <= 2 * band.upto * quota)
        step = min(1 / part, rest)
        at, rest = at + way * step * part, rest - step
    return at


@given(st.integers(-5, 5), st.integers(-400, 400), scales())
def test_the_scale_is_what_walking_along_it_unit_by_unit_says(
    start: int, net: int, bands: tuple[Band, ...]
) -> None:
    quota = 100  # every end of a band is a whole number of units
    exact = walked(20 * start, net, quota, bands)
    assert 20 * start + split(20 * start, net, quota, bands).credit == int(exact)


@given(st.integers(-100, 100), st.integers(-100, 100), scales())
def test_out_and_back_along_the_scale_is_neutral_to_the_unit_where_nothing_is_rounded(
    start: int, end: int, bands: tuple[Band, ...]
) -> None:
    # Quota and positions in units in which every step along the scale is whole.
    whole = 20 * 232_792_560  # a multiple of every denominator that a part of up to 20 twentieths brings
    quota, before = 100 * whole, start * whole
    for net in (whole * (end - start), -whole * (end - start)):
        out = split(before, net, quota, bands)
        if abs(before + out.credit) == quota:
            continue  # beyond the quota it is money for good
        back = split(before + out.credit, -net, quota, bands)
        assert (out.credit + back.credit, out.money + back.money) == (0, 0)


@given(st.integers(-(10**6), 10**6), amounts, scales())
def test_out_and_back_is_neutral_but_for_rounding(before: int, net: int, bands: tuple[Band, ...]) -> None:
    quota = 10**6
    out = split(before, net, quota, bands)
    if abs(before + out.credit) == quota:
        return
    back = split(before + out.credit, -net, quota, bands)
    least = min(1 - band.money_share for band in bands)
    assert abs(out.credit + back.credit) <= 1 / least + 1
    assert out.credit + out.money + back.credit + back.money == 0


@pytest.mark.parametrize(
    "bands",
    [
        (),
        (Band(Fraction(1, 2), Fraction(0)),),
        (Band(Fraction(0), Fraction(0)), Band(Fraction(1), Fraction(0))),
        (Band(Fraction(1), Fraction(1)),),
        (Band(Fraction(1), Fraction(-1, 2)),),
        (
            Band(Fraction(1, 2), Fraction(0)),
            Band(Fraction(1, 2), Fraction(0)),
            Band(Fraction(1), Fraction(0)),
        ),
    ],
)
def test_bands_that_are_no_scale_are_refused(bands: tuple[Band, ...]) -> None:
    assert refuse_bands(bands).endswith(".")
    with pytest.raises(InvariantBroken):
        split(0, 1, 10, bands)
    with pytest.raises(InvariantBroken):
        settle({"A": Standing(0, 0, 1)}, bands)


def test_a_quota_below_zero_is_a_mistake_of_ours() -> None:
    with pytest.raises(InvariantBroken):
        split(0, 1, -1)


# A whole cycle


def test_debtors_money_goes_to_claims_in_proportion() -> None:
    members = {"A": Standing(0, -90, 50), "B": Standing(0, 60, 50), "C": Standing(0, 30, 50)}
    settled = settle(members)
    assert settled.splits == {"A": Split(-50, -40), "B": Split(33, 27), "C": Split(17, 13)}
    assert (settled.beyond_scale, settled.short) == (40, 0)


def test_a_creditor_with_a_right_to_money_comes_before_other_claims() -> None:
    members = {"A": Standing(0, -90, 50), "B": Standing(0, 60, 50, 30), "C": Standing(0, 30, 50)}
    settled = settle(members)
    assert settled.splits["B"].money >= 30
    assert settled.splits == {"A": Split(-50, -40), "B": Split(25, 35), "C": Split(25, 5)}


def test_money_that_no_debtor_pays_stays_a_claim() -> None:
    members = {"A": Standing(0, -90, 80), "B": Standing(0, 60, 50, 30), "C": Standing(0, 30, 50, 20)}
    settled = settle(members)
    assert (settled.beyond_scale, settled.short) == (0, 30)
    assert settled.splits == {"A": Split(-80, -10), "B": Split(52, 8), "C": Split(28, 2)}


@st.composite
def cycles(draw: st.DrawFn) -> dict[str, Standing]:
    count = draw(st.integers(2, 7))
    columns = []
    for _ in range(2):
        some = [draw(st.integers(-(10**9), 10**9)) for _ in range(count - 1)]
        columns.append([*some, -sum(some)])
    quotas = [(draw(st.integers(0, 10**9)), draw(st.none() | st.integers(0, 10**9))) for _ in range(count)]
    rows = zip("ABCDEFG", *columns, quotas, strict=False)
    return {code: Standing(position, net, *quota) for code, position, net, quota in rows}


@given(cycles(), scales())
def test_a_cycle_adds_up_and_keeps_debts_within_their_quotas(
    members: dict[str, Standing], bands: tuple[Band, ...]
) -> None:
    settled = settle(members, bands)
    assert sum(each.credit for each in settled.splits.values()) == 0
    assert sum(each.money for each in settled.splits.values()) == 0
    beyond = 0
    for code, member in members.items():
        found = settled.splits[code]
        after = member.position + found.credit
        assert found.credit + found.money == member.net
        assert after >= -member.debtor_quota
        if member.creditor_quota is not None:
            beyond += max(after - member.creditor_quota, 0)
        if after < 0:
            # Only a claim is paid what nobody had a right to.
            own = split(member.position, member.net, member.debtor_quota, bands)
            assert found.money <= max(own.money, 0)
    assert beyond <= settled.short
    assert settled.beyond_scale == 0 or settled.short == 0


@given(cycles(), scales())
def test_a_cycle_is_the_same_in_any_order(members: dict[str, Standing], bands: tuple[Band, ...]) -> None:
    assert settle(members, bands) == settle(dict(reversed(members.items())), bands)


@pytest.mark.parametrize(
    "members",
    [
        {"A": Standing(1, 0, 1), "B": Standing(0, 0, 1)},
        {"A": Standing(0, 1, 1), "B": Standing(0, -2, 1)},
    ],
)
def test_a_cycle_that_does_not_add_up_is_stopped(members: dict[str, Standing]) -> None:
    with pytest.raises(InvariantBroken, match="adds up to zero"):
        settle(members)
