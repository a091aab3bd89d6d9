"""A guarantee's line: exact to the minor unit, whatever is reserved, discharged and called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from transit_made_up import EUR, G31, GRN, KZT, TODAY

from tasviya.core.currencies import currency
from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Currency, Money
from tasviya.customs.guarantee import (
    GUARANTEE_CODES,
    Call,
    Decided,
    Discharge,
    Guarantee,
    Reserve,
    Stake,
    Wanted,
    access_digest,
    at_stake,
    call,
    demand,
    discharge,
    register,
    reserve,
    revoke,
)


def wanted(mrn: str, minor: int, **change: object) -> Wanted:
    asked = Wanted(mrn, minor, TODAY, "KZ-ORDA", ("KZ", "UZ", "TM"))
    return replace(asked, **change)


def done(answer: Decided | Refusal) -> Decided:
    assert isinstance(answer, Decided), answer
    return answer


def refused(answer: object, code: str) -> Refusal:
    assert isinstance(answer, Refusal), answer
    assert answer.reason == code and answer.what.endswith(".") and answer.cure.endswith("."), answer
    assert code in GUARANTEE_CODES or code.startswith("MN")
    return answer


def with_two() -> Guarantee:
    first = done(reserve(G31, wanted("A", 300_000))).guarantee
    return done(reserve(first, wanted("B", 120_000))).guarantee


def test_published_example_of_finnish_customs() -> None:
    """Of 10,000, 3,000 and 1,200 are reserved: 42 % is used, and 5,800 is free."""
    now = with_two()
    assert now.used_percent == 42
    assert Money(now.free_minor, EUR) == Money(580_000, EUR)


def test_one_minor_unit_short_is_refused_with_what_is_lacking() -> None:
    now = with_two()
    short = refused(reserve(now, wanted("C", 580_001)), "GU06")
    assert short.transient and short.what.startswith("0.01 EUR is lacking: 5,800.01 EUR is at stake in C,")
    assert done(reserve(now, wanted("C", 580_000))).guarantee.free_minor == 0


def test_each_act_says_what_the_ledger_posts() -> None:
    decided = done(reserve(G31, wanted("A", 300_000)))
    assert decided.act == Reserve("A", 300_000)
    assert done(discharge(decided.guarantee, "A")) == Decided(G31, Discharge("A", 300_000))
    called = done(call(decided.guarantee, "A", 299_999, "UZ"))
    assert called.act == Call("A", 299_999, 1, "UZ")
    assert (called.guarantee.called_minor, called.guarantee.free_minor) == (299_999, 700_001)


def test_the_same_reservation_again_changes_nothing() -> None:
    now = with_two()
    again = done(reserve(now, wanted("A", 300_000)))
    assert again.guarantee is now and again.act == Reserve("A", 300_000)
    refused(reserve(now, wanted("A", 299_999)), "GU07")


def test_a_movement_that_was_called_takes_no_new_reservation() -> None:
    called = done(call(with_two(), "A", 1, "UZ")).guarantee
    refused(reserve(called, wanted("A", 300_000)), "GU07")


def test_revoked_or_over_takes_nothing_new_and_what_stands_stands() -> None:
    ended = revoke(with_two(), TODAY)
    assert revoke(ended, date(2027, 1, 1)).revoked_on == TODAY
    refused(reserve(ended, wanted("C", 1)), "GU02")
    assert done(reserve(ended, wanted("A", 300_000))).guarantee is ended
    assert done(discharge(ended, "A")).guarantee.free_minor == 880_000
    assert done(call(ended, "B", 120_000, "TM")).guarantee.called_minor == 120_000
    assert isinstance(reserve(ended, wanted("C", 1, on=date(2026, 9, 30))), Decided)
    refused(reserve(G31, wanted("C", 1, on=date(2027, 1, 1))), "GU03")
    assert refused(reserve(G31, wanted("C", 1, on=date(2025, 12, 31))), "GU03").transient
    assert isinstance(reserve(G31, wanted("C", 1, on=date(2026, 12, 31))), Decided)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"members": ("KZ", "RU", "TM")}, "GU04"),
        ({"minor": 0}, "GU05"),
        ({"minor": -1}, "GU05"),
        ({"holder": "KZ-OTHER"}, "GU10"),
    ],
)
def test_what_is_asked_wrongly_is_refused(change: dict[str, object], code: str) -> None:
    refused(reserve(G31, replace(wanted("A", 1), **change)), code)


def test_only_the_digest_of_an_access_code_is_kept() -> None:
    guarded = replace(G31, access_digest=access_digest(GRN, "Q7x2"))
    assert "Q7x2" not in repr(guarded)
    assert access_digest("another", "Q7x2") != guarded.access_digest
    wrong = refused(reserve(guarded, wanted("A", 1, access_code="Q7x3")), "GU10")
    assert "Q7x" not in str(wrong)
    assert isinstance(reserve(guarded, wanted("A", 1, access_code="Q7x2")), Decided)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"line_minor": 0}, "GU01"),
        ({"valid_until": date(2025, 12, 31)}, "GU01"),
        ({"members": frozenset()}, "GU04"),
        ({"grn": "26KZ0000000000318"}, "MN03"),
        ({"grn": "31"}, "MN04"),
    ],
)
def test_a_guarantee_that_cannot_serve_is_not_registered(change: dict[str, object], code: str) -> None:
    refused(register(replace(G31, **change)), code)
    assert register(G31) is G31


def test_what_is_not_reserved_is_neither_discharged_nor_called() -> None:
    refused(discharge(G31, "A"), "GU08")
    refused(call(G31, "A", 1, "UZ"), "GU08")
    refused(call(with_two(), "A", 300_001, "UZ"), "GU09")
    refused(call(with_two(), "A", 0, "UZ"), "GU09")


def test_more_than_the_line_is_our_mistake() -> None:
    with pytest.raises(InvariantBroken):
        replace(G31, reservations={"A": 1_000_001})


# --- what is at stake -------------------------------------------------------------------------------


def test_what_is_at_stake_is_added_exactly_and_rounded_up_once() -> None:
    """Two thirds of a cent and two thirds of a cent are one and a third: two cents, not one each rounded."""
    third = Fraction(1, 3)
    stakes = (Stake(1, 2, EUR, third), Stake(2, 2, EUR, third))
    assert at_stake(stakes, EUR) == 2
    assert at_stake((*stakes, Stake(3, 2, EUR, third)), EUR) == 2
    assert at_stake((Stake(1, 113_560_335, KZT),), KZT) == 113_560_335


def test_what_is_at_stake_in_another_currency_is_converted_at_the_official_rate() -> None:
    """1,000,000.01 KZT at 1/512.34 EUR and 19 % of 500.05 EUR: 1,951.82… + 95.0095 EUR."""
    stakes = (Stake(1, 100_000_001, KZT), Stake(2, 50_005, EUR, Fraction(19, 100)))
    exact = 100_000_001 / Fraction("512.34") + Fraction("9500.95")
    found = at_stake(stakes, EUR, {"KZT": 1 / Fraction("512.34")})
    assert found == int(exact) + 1 == 204_684
    assert refused(at_stake(stakes, EUR), "GU11").where == "item 1"
    refused(at_stake((Stake(1, -1, EUR),), EUR), "GU05")


def test_decimals_of_currencies_differ() -> None:
    yen, dinar = currency("JPY"), currency("KWD")
    assert at_stake((Stake(1, 1, yen),), dinar, {"JPY": Fraction(2, 1000)}) == 2
    assert at_stake((Stake(1, 1, dinar),), yen, {"KWD": Fraction(500)}) == 1


CURRENCIES = st.sampled_from([EUR, KZT, currency("JPY"), currency("KWD"), Currency("KZU", 0, 4)])


@given(
    st.integers(1, 10**15),
    CURRENCIES,
    CURRENCIES,
    st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**6),
)
def test_a_demand_and_its_remainder_are_the_call_to_the_last_unit(
    minor: int, of: Currency, to: Currency, rate: Fraction
) -> None:
    found = demand(Money(minor, of), to, rate)
    assert 0 <= found.remainder < 1 and found.amount.currency == to
    back = (found.amount.minor + found.remainder) / rate
    assert back * of.minor_per_major / to.minor_per_major == minor


def test_a_call_covers_the_debt_that_it_was_made_for() -> None:
    """A debt of 12,345.67 KZT is called in euros, rounded up: what is demanded is no less than the debt."""
    rate = Fraction("512.34")
    minor = at_stake((Stake(1, 1_234_567, KZT),), EUR, {"KZT": 1 / rate})
    assert minor == 2410
    found = demand(Money(2410, EUR), KZT, rate)
    assert found.amount == Money(1_234_739, KZT) and found.remainder == Fraction(2, 5)


# --- whatever happens -------------------------------------------------------------------------------


class Line(RuleBasedStateMachine):
    """Random acts on one guarantee, beside plain sums."""

    def __init__(self) -> None:
        super().__init__()
        self.now = G31
        self.held: dict[str, int] = {}
        self.gone: dict[str, int] = {}

    @rule(mrn=st.sampled_from("ABCDE"), minor=st.integers(-1, 600_000))
    def reserve(self, mrn: str, minor: int) -> None:
        free = G31.line_minor - sum(self.held.values()) - sum(self.gone.values())
        answer = reserve(self.now, wanted(mrn, minor))
        fits = 0 < minor <= free and mrn not in self.held and mrn not in self.gone
        again = self.held.get(mrn) == minor
        open_ = self.now.revoked_on is None
        assert isinstance(answer, Decided) == ((fits and open_) or again)
        if isinstance(answer, Decided):
            self.now = answer.guarantee
            self.held[mrn] = minor

    @rule(mrn=st.sampled_from("ABCDE"))
    def discharge(self, mrn: str) -> None:
        answer = discharge(self.now, mrn)
        assert isinstance(answer, Decided) == (mrn in self.held)
        if isinstance(answer, Decided):
            assert answer.act == Discharge(mrn, self.held.pop(mrn))
            self.now = answer.guarantee

    @rule(mrn=st.sampled_from("ABCDE"), minor=st.integers(-1, 600_000))
    def call(self, mrn: str, minor: int) -> None:
        answer = call(self.now, mrn, minor, "UZ")
        assert isinstance(answer, Decided) == (0 < minor <= self.held.get(mrn, 0))
        if isinstance(answer, Decided):
            assert answer.act == Call(mrn, minor, self.held.pop(mrn) - minor, "UZ")
            self.gone[mrn] = minor
            self.now = answer.guarantee

    @rule()
    def revoke(self) -> None:
        self.now = revoke(self.now, TODAY)

    @invariant()
    def the_line_is_whole(self) -> None:
        now = self.now
        assert now.reserved_minor + now.free_minor + now.called_minor == G31.line_minor
        assert min(now.reserved_minor, now.free_minor, now.called_minor) >= 0
        assert now.reserved_minor == sum(self.held.values()) and now.called_minor == sum(self.gone.values())


TestLine = Line.TestCase
