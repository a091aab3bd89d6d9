"""Reference numbers: those that customs gave out are right, and slips in them are found."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import InvariantBroken
from tasviya.customs.mrn import MRN_CODES, SECURITY, Procedure, check, check_digit, check_grn, grn, mrn

GIVEN_OUT = (
    "19GBCKKCQSXV2FGVA8",
    "20GB0NKQGSX2IX8PR5",
    "20GB1NA4Y2YSRFGVR6",
    "21GB5S3RI7TMMX8YR9",
    "23GB2FX4D70DG4LAR7",
    "23GB99T9N10DHRXAR8",
    "23GBD8NTK2I7OHMAR6",
    "23GBDIS3RQESJRTAR0",
    "24GB22WOA1EV2P6AR5",
    "24GB4MJQTAG3X8NAR8",
    "25GB59FN8Z0DASEAR0",
    "25GBCHJZV73ZK2QAR8",
    "26GB208P252DHU0AR5",
)
"""Of HMRC's published notifications, hmrc/customs-declarations (Apache License 2.0)."""
GUARANTEES = (
    "20GB0000010000H72",
    "22GB0000010000313",
    "23GB0000010000854",
    "24GB0000010000295",
    "09GB00000100000M0",
    "05DE3300BE0001067A001017",
)
"""Of HMRC's published examples of guarantees; the last is a certificate's."""
NUMBERS = st.text(string.digits + string.ascii_uppercase, min_size=12, max_size=12)
COUNTRIES = st.text(string.ascii_uppercase, min_size=2, max_size=2)


@pytest.mark.parametrize("number", GIVEN_OUT)
def test_numbers_that_customs_gave_out_end_in_their_check_digit(number: str) -> None:
    assert check_digit(number[:-1]) == int(number[-1])


@pytest.mark.parametrize("number", GIVEN_OUT[:8])
def test_numbers_from_before_procedures_had_letters_are_good(number: str) -> None:
    assert check(number) is None


@pytest.mark.parametrize("number", GIVEN_OUT[8:])
def test_numbers_of_imports_are_not_of_transit(number: str) -> None:
    refused = check(number)
    assert refused is not None and refused.reason == "MN02" and "R" in refused.what


@pytest.mark.parametrize("number", GUARANTEES)
def test_guarantees_that_customs_gave_out_are_good(number: str) -> None:
    assert check_grn(number) is None


def test_ten_counts_as_nought() -> None:
    """A body whose weighted sum leaves ten ends in 0, like one whose sum leaves nothing."""
    bodies = [f"26KZ{number:012d}J" for number in range(200)]
    left = {body: sum(_value(each) << place for place, each in enumerate(body)) % 11 for body in bodies}
    assert 10 in left.values()
    assert all(check_digit(body) == (0 if rest == 10 else rest) for body, rest in left.items())


def _value(character: str) -> int:
    """Letters as ISO 6346 lists them, written out."""
    listed = dict(zip("ABCDEFGHIJ", (10, 12, 13, 14, 15, 16, 17, 18, 19, 20), strict=True))
    listed |= dict(zip("KLMNOPQRSTU", (21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32), strict=True))
    listed |= dict(zip("VWXYZ", (34, 35, 36, 37, 38), strict=True))
    return listed[character] if character in listed else int(character)


@given(st.integers(2024, 2099), COUNTRIES, NUMBERS, st.sampled_from(Procedure))
def test_what_is_made_is_right(year: int, country: str, number: str, procedure: Procedure) -> None:
    made = mrn(year, country, number, procedure)
    assert len(made) == 18 and made[4:16] == number and check(made) is None
    assert check_grn(grn(year, country, number)) is None


@given(NUMBERS, st.integers(0, 16), st.sampled_from(string.digits))
def test_another_digit_in_place_of_a_digit_is_found(number: str, place: int, digit: str) -> None:
    """But for sums that leave ten, which pass for those that leave nought."""
    made = mrn(2026, "KZ", number)
    if not made[place].isdigit() or made[place] == digit:
        return
    wrong = made[:place] + digit + made[place + 1 :]
    rests = {sum(_value(each) << at for at, each in enumerate(text[:-1])) % 11 for text in (made, wrong)}
    assert (check(wrong) is None) == (rests == {0, 10})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MN01"),
        ("26KZ398001000417J", "MN01"),
        ("26kz398001000417J3", "MN01"),
        ("٢٦KZ398001000417J3", "MN01"),
        ("26KZ398001000417A3", "MN02"),
        ("26KZ398001000417J4", "MN03"),
        ("27WF9X1FQ9RCKN0TM3", "MN03"),
    ],
)
def test_what_is_no_number_is_refused(text: str, code: str) -> None:
    refused = check(text)
    assert refused is not None and refused.reason == code and code in MRN_CODES and refused.where == "mrn"


@pytest.mark.parametrize(
    ("text", "code"), [("26KZ0000000000318", "MN03"), ("26KZ31", "MN04"), ("26KZ0000000000319B1", "MN04")]
)
def test_what_is_no_guarantee_is_refused(text: str, code: str) -> None:
    refused = check_grn(text)
    assert refused is not None and refused.reason == code


def test_parts_of_another_form_are_our_mistake() -> None:
    for country, number in (("kz", "1"), ("KZ", "1234567890123"), ("KZ", "a"), ("K", "1")):
        with pytest.raises(InvariantBroken):
            mrn(2026, country, number)


def test_what_a_declaration_says_of_security_is_its_letter() -> None:
    """NCTS rule R0410."""
    assert {said: str(letter) for said, letter in SECURITY.items()} == {0: "J", 1: "L", 2: "K", 3: "M"}
