"""Interest and charge on positions: what one pays the others get, and days add up to a year."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.settlement.position_interest import Accrual, PositionTerms, accrue

CODES = ("CNY", "INR", "KZT", "RUB")
POSITIONS = st.lists(st.integers(-(10**15), 10**15), min_size=3, max_size=3).map(
    lambda found: dict(zip(CODES, [*found, -sum(found)], strict=True))
)
PERCENTS = st.fractions(-20, 40, max_denominator=1000)
CHARGES = st.fractions(0, 10, max_denominator=100)


def terms(percent: str | Fraction, charge: str | Fraction = "0", above: str = "1") -> PositionTerms:
    return PositionTerms(Fraction(percent), Fraction(charge), Fraction(above))


@settings(max_examples=50, deadline=None)
@given(POSITIONS, PERCENTS, CHARGES, st.lists(st.integers(0, 9), min_size=1, max_size=5))
def test_what_is_paid_is_received(
    positions: dict[str, int], percent: Fraction, charge: Fraction, spans: list[int]
) -> None:
    quotas = dict.fromkeys(CODES, 10**9)
    carried: dict[str, Fraction] = {}
    for days in spans:
        accrued = accrue(positions, quotas, terms(percent, charge, "0.5"), days, carried)
        assert sum(each.interest for each in accrued.values()) == 0
        assert sum(each.charge for each in accrued.values()) == 0
        carried = {code: each.carried for code, each in accrued.items()}
        assert all(0 <= left < 1 for left in carried.values())
        positions = {code: each.position + each.net for code, each in accrued.items()}


@settings(max_examples=50, deadline=None)
@given(POSITIONS, PERCENTS, CHARGES, st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_days_add_up_to_their_sum_within_what_is_carried(
    positions: dict[str, int], percent: Fraction, charge: Fraction, spans: list[int]
) -> None:
    """However a time is cut into days, who pays has paid the exact amount less what it still carries."""
    quotas = dict.fromkeys(CODES, 10**6)
    holds = terms(percent, charge, "0.25")
    carried: dict[str, Fraction] = {}
    paid = dict.fromkeys(CODES, 0)
    for days in spans:
        accrued = accrue(positions, quotas, holds, days, carried)
        carried = {code: each.carried for code, each in accrued.items()}
        for code, each in accrued.items():
            paid[code] -= min(each.interest, 0) + min(each.charge, 0)
    for code, owed in plainly(positions, quotas, holds, sum(spans)).items():
        assert paid[code] + carried[code] == owed, code


def plainly(
    positions: dict[str, int], quotas: dict[str, int], holds: PositionTerms, days: int
) -> dict[str, Fraction]:
    """What each owes for so many days, exactly: its debt's interest, or its claim's at a negative rate, and
    the charge on what of a claim lies beyond a part of its quota."""
    owed = {}
    for code, position in positions.items():
        base = max(-position if holds.percent >= 0 else position, 0)
        beyond = max(position - holds.charge_from * quotas[code], 0)
        owed[code] = (base * abs(holds.percent) + beyond * holds.charge_percent) * Fraction(days, 36_000)
    return owed if any(positions.values()) else dict.fromkeys(positions, Fraction(0))


def test_a_year_of_days_is_the_yearly_rate() -> None:
    """12 percent of 1,000,003 for 360 days: 120,000.36 minor units."""
    carried: dict[str, Fraction] = {}
    paid = got = 0
    for _ in range(360):
        accrued = accrue({"KZT": -1_000_003, "INR": 1_000_003}, {}, terms("12"), 1, carried)
        carried = {code: each.carried for code, each in accrued.items()}
        paid, got = paid - accrued["KZT"].interest, got + accrued["INR"].interest
    assert paid == got == 120_000
    assert carried["KZT"] == Fraction(36, 100)


def test_a_negative_rate_turns_interest_round() -> None:
    accrued = accrue({"KZT": -3_600_000, "INR": 3_600_000}, {}, terms("-1"), 1, {})
    assert (accrued["KZT"].interest, accrued["INR"].interest) == (100, -100)


def test_claims_beyond_a_part_of_the_quota_are_charged_for_the_debtors() -> None:
    """Beyond half of 1,000,000: 3,100,000 bears one percent, 86.1 a day, shared by debt."""
    positions = {"CNY": 3_600_000, "KZT": -2_400_000, "RUB": -1_200_000}
    quotas = dict.fromkeys(positions, 1_000_000)
    accrued = accrue(positions, quotas, terms("0", "1", "0.5"), 1, {})
    assert [accrued[code].charge for code in positions] == [-86, 57, 29]
    assert accrued["CNY"].carried == Fraction(1, 9)


def test_no_position_bears_nothing() -> None:
    accrued = accrue({"KZT": 0, "INR": 0}, {}, terms("12", "1", "0"), 3, {"KZT": Fraction(1, 2)})
    assert accrued == {"KZT": Accrual(0, 0, 0, Fraction(1, 2)), "INR": Accrual(0, 0, 0, Fraction(0))}
