"""Licences: a quantity for one holder, used up by a thousandth, checked on the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.duty_units import Unit
from tasviya.customs.licence import Licence, LicenceUse, give_back, use

FROM, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
LICENCE = Licence("L-1", "KZ-A", "2204", 1_000_000, Unit.KG, FROM, UNTIL)
WANTED = LicenceUse("26KZ1", 1, date(2026, 5, 4), "KZ-A", "220429", 400_000, Unit.KG)


def done(answer: Licence | Refusal) -> Licence:
    assert isinstance(answer, Licence), answer
    return answer


def refused(answer: Licence | Refusal) -> str:
    assert isinstance(answer, Refusal), answer
    assert answer.cure.endswith(".")
    return answer.reason


USED = done(use(LICENCE, WANTED))


def test_what_is_used_is_not_left() -> None:
    assert (USED.used, USED.left, LICENCE.used) == (400_000, 600_000, 0)
    assert use(USED, WANTED) == USED
    assert use(USED, replace(WANTED, on=UNTIL)) == USED
    assert give_back(USED, "26KZ1") == LICENCE


def test_the_last_thousandth_is_used_and_one_more_is_refused() -> None:
    second = replace(WANTED, reference="26KZ2", quantity=600_000)
    assert done(use(USED, second)).left == 0
    found = use(USED, replace(second, quantity=600_001))
    assert isinstance(found, Refusal) and (found.reason, found.transient) == ("LI05", True)
    assert found.what == "600.001 kg is 0.001 kg more than licence L-1 has left."
    assert done(use(done(give_back(USED, "26KZ1")), replace(second, quantity=600_001))).left == 399_999


@pytest.mark.parametrize("day", [FROM, UNTIL])
def test_it_is_valid_on_its_first_and_its_last_day(day: date) -> None:
    assert done(use(LICENCE, replace(WANTED, on=day))).used == 400_000


@pytest.mark.parametrize(
    ("change", "reason", "transient"),
    [
        ({"on": UNTIL + timedelta(1)}, "LI01", False),
        ({"on": FROM - timedelta(1)}, "LI01", True),
        ({"holder": "KZ-B"}, "LI02", False),
        ({"holder": ""}, "LI02", False),
        ({"goods": "220510"}, "LI03", False),
        ({"goods": "22"}, "LI03", False),
        ({"quantity": None}, "LI04", False),
        ({"quantity": 0}, "LI04", False),
        ({"quantity": -1}, "LI04", False),
        ({"unit": Unit.LITRE}, "LI04", False),
    ],
)
def test_use_is_refused(change: dict[str, object], reason: str, transient: bool) -> None:
    found = use(LICENCE, replace(WANTED, **change))  # type: ignore[arg-type]
    assert refused(found) == reason
    assert isinstance(found, Refusal) and found.transient is transient


def test_an_item_uses_it_once_and_other_items_beside_it() -> None:
    assert refused(use(USED, replace(WANTED, quantity=1))) == "LI06"
    both = done(use(USED, replace(WANTED, item=2, quantity=1)))
    assert both.used == 400_001
    assert give_back(both, "26KZ1") == LICENCE


def test_what_was_not_used_is_not_given_back() -> None:
    assert refused(give_back(USED, "26KZ9")) == "LI07"


def test_no_licence_can_be_made_that_is_used_beyond_its_quantity() -> None:
    with pytest.raises(InvariantBroken):
        replace(LICENCE, uses=(replace(WANTED, quantity=1_000_001),))


@given(st.lists(st.integers(1, 700_000), max_size=8))
def test_used_and_left_make_the_quantity_whatever_is_asked(wanted: list[int]) -> None:
    now, taken = LICENCE, 0
    for number, quantity in enumerate(wanted):
        found = use(now, replace(WANTED, reference=str(number), quantity=quantity))
        fits = taken + quantity <= LICENCE.quantity
        assert isinstance(found, Licence) is fits
        if isinstance(found, Licence):
            now, taken = found, taken + quantity
        assert (now.used, now.used + now.left) == (taken, LICENCE.quantity)
