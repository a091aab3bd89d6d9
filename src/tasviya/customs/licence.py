"""Licences for goods: a quantity that a holder may move, used up declaration by declaration.

    Licence ──use──▶ Licence with the use ──give_back──▶ Licence as before

A licence is good for one holder, for goods whose code begins with its own, in one unit, from one day to
another. A use takes some of its quantity and is given back when the declaration comes to nothing. Nothing is
stored here: each act answers with the licence as it is afterwards, or with a refusal.

    quantity = used + left,   used = the sum of its uses

Source: Revised Kyoto Convention, general annex, chapter 3, on supporting documents; WTO Agreement on Import
Licensing Procedures, articles 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tasviya.core.errors import Refusal, invariant
from tasviya.customs.declaration_rules import kilograms
from tasviya.customs.duty_units import Unit

LICENCE_CODES = {
    "LI01": "a licence is used on a day of its validity",
    "LI02": "a licence is used by its holder",
    "LI03": "a licence is used for the goods that it is for",
    "LI04": "a use takes a quantity above zero, in the licence's unit",
    "LI05": "a licence is used within its quantity",
    "LI06": "an item of a declaration uses a licence once",
    "LI07": "only a use that was made is given back",
}


@dataclass(frozen=True, slots=True)
class LicenceUse:
    """What one item of a declaration takes of a licence.

    reference: the declaration's. item: its number there. quantity: thousandths of `unit`, None if the
    declaration does not state it. on: the day of the use.
    """

    reference: str
    item: int
    on: date
    holder: str
    goods: str
    quantity: int | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as it stands.

    holder: the trader's identifier, compared as it is. goods: 2 to 12 digits; covers codes that begin with
    them. quantity: thousandths of `unit`. valid_from, valid_until: the first and the last day.
    """

    number: str
    holder: str
    goods: str
    quantity: int
    unit: Unit
    valid_from: date
    valid_until: date
    uses: tuple[LicenceUse, ...] = ()

    def __post_init__(self) -> None:
        invariant(0 <= self.used <= self.quantity, f"licence {self.number} is used within its quantity")

    @property
    def used(self) -> int:
        """What its uses have taken, thousandths of `unit`."""
        return sum(each.quantity or 0 for each in self.uses)

    @property
    def left(self) -> int:
        """What may still be used, thousandths of `unit`."""
        return self.quantity - self.used


def use(licence: Licence, wanted: LicenceUse) -> Licence | Refusal:
    """The licence with a use taken from it; the same use again changes nothing.

    A use is the same if it is the same item's, of the same quantity: the day on which it was made stays.
    Refused, in this order: LI01 not valid that day; LI02 other holder; LI03 other goods; LI04 no quantity, or
    in another unit; LI06 the item has used another quantity; LI05 more than is left, which may succeed later,
    when a use is given back.
    """
    if refused := _not_for(licence, wanted):
        return refused
    quantity = wanted.quantity or 0
    for earlier in licence.uses:
        if (earlier.reference, earlier.item) == (wanted.reference, wanted.item):
            if earlier.quantity == quantity:
                return licence
            what = (
                f"Item {wanted.item} of {wanted.reference} has used {_text(earlier.quantity, licence.unit)}."
            )
            return Refusal("LI06", what, "Give that use back first.", "reference")
    if quantity > licence.left:
        over, unit = quantity - licence.left, licence.unit
        what = f"{_text(quantity, unit)} is {_text(over, unit)} more than licence {licence.number} has left."
        cure = (
            f"Declare at most {_text(licence.left, unit)} by it; the rest needs an item and a licence more."
        )
        return Refusal("LI05", what, cure, "quantity", transient=True)
    return replace(licence, uses=(*licence.uses, wanted))


def give_back(licence: Licence, reference: str) -> Licence | Refusal:
    """The licence without a declaration's uses, as if these had never been.

    Refused: LI07 if it has none of that declaration.
    """
    kept = tuple(each for each in licence.uses if each.reference != reference)
    if len(kept) == len(licence.uses):
        what = f"Licence {licence.number} has no use by {reference[:40]!r}."
        return Refusal("LI07", what, "Name the declaration that used it, or do nothing.", "reference")
    return replace(licence, uses=kept)


def _not_for(licence: Licence, wanted: LicenceUse) -> Refusal | None:
    """Why the licence is not for this use, whatever is left of it."""
    named = f"Licence {licence.number}"
    if not licence.valid_from <= wanted.on <= licence.valid_until:
        what = (
            f"{named} is valid from {licence.valid_from} to {licence.valid_until}, and this is {wanted.on}."
        )
        early = wanted.on < licence.valid_from
        cure = f"Wait until {licence.valid_from}." if early else "Have it extended, or show another one."
        return Refusal("LI01", what, cure, "date", transient=early)
    if wanted.holder != licence.holder:
        what = f"{named} is for {licence.holder}, and {wanted.holder or 'nobody who is named'} declares."
        return Refusal("LI02", what, "Let its holder declare, or show a licence of your own.", "holder")
    if not wanted.goods.startswith(licence.goods):
        what = f"{named} is for goods of {licence.goods}, and {wanted.goods} is declared."
        return Refusal("LI03", what, "Show a licence for these goods.", "goods")
    if wanted.quantity is None or wanted.quantity <= 0 or wanted.unit != licence.unit:
        stated = "nothing" if wanted.quantity is None else _text(wanted.quantity, wanted.unit)
        what = f"{named} counts {licence.unit}, and {stated} is stated."
        return Refusal("LI04", what, f"State the quantity in {licence.unit}.", f"quantities.{licence.unit}")
    return None


def _text(quantity: int | None, unit: Unit) -> str:
    return f"{kilograms(quantity or 0)} {unit}"
