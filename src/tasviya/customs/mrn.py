"""Reference numbers of movements (MRN) and guarantees (GRN): made from their parts, and checked.

    MRN   26 KZ 398001000417 J 3         GRN   26 KZ 000000000031 5 [A001234]
          │  │  │            │ │               │  │  │            │  └ one certificate of several
          │  │  │            │ └ check digit   │  │  │            └ check digit
          │  │  │            └ procedure       │  │  └ twelve digits or letters of the guarantor's office
          │  │  └ twelve digits or letters     │  └ country
          │  └ country                         └ year
          └ year

The check digit finds most slips, not all: characters whose values are eleven apart, such as 1 and B, pass for
each other. A number is never put right: a wrong one is refused.

Source: European Commission, DGXXI/0879/99 rev. 1, Check character algorithm for the MRN and GRN (after ISO
6346: letters count 10 to 38 without the multiples of 11, characters weigh 1, 2, 4…, the sum is taken modulo
11, and ten counts as nought). Letters of the procedure: NCTS rule R0410. Forms: NCTS schemas 60.4.16,
MRNType and GRNType.
"""

from __future__ import annotations

import re
from enum import StrEnum

from tasviya.core.errors import Refusal, invariant

MRN_CODES = {
    "MN01": "a movement reference number is year, country, twelve digits or capitals, a letter and a digit",
    "MN02": "from the year 24 on the letter of a movement in transit is J, K, L or M",
    "MN03": "a reference number ends in its check digit",
    "MN04": "a guarantee reference number is year, country, twelve digits or capitals and a digit",
}

LETTERED_FROM = 24
"""The year, two digits, from which on an MRN names its procedure."""
NUMBER_LENGTH = 12


class Procedure(StrEnum):
    """The letter of a transit procedure: which safety data its declaration carries."""

    PLAIN = "J"
    EXIT = "K"
    ENTRY = "L"
    ENTRY_AND_EXIT = "M"


SECURITY = {0: Procedure.PLAIN, 1: Procedure.ENTRY, 2: Procedure.EXIT, 3: Procedure.ENTRY_AND_EXIT}
"""By what a declaration says of security, the procedure's letter."""

_MRN = re.compile(r"([0-9]{2})[A-Z]{2}[A-Z0-9]{12}([A-Z0-9])[0-9]")
_GRN = re.compile(r"([0-9]{2}[A-Z]{2}[A-Z0-9]{12}[0-9])([A-Z][0-9]{6})?")
_BODY = re.compile(r"[0-9]{2}[A-Z]{2}[A-Z0-9]{12}")


def _values() -> dict[str, int]:
    letters = (number for number in range(10, 39) if number % 11)
    digits = {str(number): number for number in range(10)}
    return digits | dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", letters, strict=True))


_VALUES = _values()


def check_digit(text: str) -> int:
    """The check digit of digits and capital letters."""
    return sum(_VALUES[each] << place for place, each in enumerate(text)) % 11 % 10


def mrn(year: int, country: str, number: str, procedure: Procedure = Procedure.PLAIN) -> str:
    """A movement reference number.

    year: in full; its last two digits count. country: two capitals. number: up to twelve digits or capitals,
    filled up with zeros on the left.
    Raises: InvariantBroken if a part has another form.
    """
    body = f"{_body(year, country, number)}{procedure}"
    return f"{body}{check_digit(body)}"


def grn(year: int, country: str, number: str) -> str:
    """A guarantee reference number, of the same parts but the letter.

    Raises: InvariantBroken as `mrn` does.
    """
    body = _body(year, country, number)
    return f"{body}{check_digit(body)}"


def check(text: str, where: str = "mrn") -> Refusal | None:
    """Why a text is no movement reference number of transit, if it is none: MN01, MN02, MN03."""
    found = _MRN.fullmatch(text)
    if found is None:
        what = f"{text!r:.60} has {len(text)} characters, or others than an MRN has."
        if len(text) == 18:
            what = f"{text!r} has not the form of an MRN."
        return Refusal("MN01", what, "Copy all 18 characters, such as 26KZ398001000417J3.", where)
    if int(found[1]) >= LETTERED_FROM and found[2] not in tuple(Procedure):
        what = f"The last letter of {text} is {found[2]}, which is no procedure of transit."
        return Refusal("MN02", what, f"Give the MRN of a transit: {', '.join(Procedure)}.", where)
    return _checked(text, text, where)


def check_grn(text: str, where: str = "grn") -> Refusal | None:
    """Why a text is no guarantee reference number, if it is none: MN04, MN03."""
    found = _GRN.fullmatch(text)
    if found is None:
        what = f"{text!r:.60} has not the form of a GRN."
        return Refusal("MN04", what, "Copy all 17 characters, or 24 of a certificate's.", where)
    return _checked(found[1], text, where)


def _body(year: int, country: str, number: str) -> str:
    body = f"{year % 100:02d}{country}{number.rjust(NUMBER_LENGTH, '0')}"
    invariant(_BODY.fullmatch(body) is not None, f"{body} are parts of a reference number")
    return body


def _checked(checked: str, text: str, where: str) -> Refusal | None:
    if check_digit(checked[:-1]) == int(checked[-1]):
        return None
    what = f"{text} does not end in the check digit of its other characters."
    return Refusal("MN03", what, "Look for a wrong or swapped character.", where)
