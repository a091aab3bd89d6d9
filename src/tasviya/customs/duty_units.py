"""The units that duty is owed for, and the ways in which tariffs write them.

A mass may be qualified: of what is drained, dry, or pure. Each is a quantity of its own, that a declaration
states besides the net mass.

Source: TARIC's measurement units and their qualifiers; abbreviations (br, eda, mas, % sacchar.): the EU's
Combined Nomenclature, list of signs, abbreviations and symbols.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Unit(StrEnum):
    """What a specific duty is counted in."""

    __hash__ = str.__hash__

    KG = "kg"
    """Kilograms, net."""
    KG_GROSS = "kg_gross"
    KG_DRAINED = "kg_drained"
    """Net, without the liquid that it is put up in."""
    KG_DRY = "kg_dry"
    """Of dry matter."""
    KG_STANDARD = "kg_standard"
    """Brought to the standard quality."""
    KG_RAW_SUGAR = "kg_raw_sugar"
    """Brought to raw sugar."""
    KG_SACCHARIN = "kg_saccharin"
    """Kilograms net times per cent by weight of sucrose."""
    KG_LACTIC = "kg_lactic"
    """Of lactic matter."""
    KG_LACTIC_DRY = "kg_lactic_dry"
    """Of dry lactic matter."""
    KG_ALCOHOL = "kg_alcohol"
    """Of total alcohol."""
    GRAM = "gram"
    CARAT = "carat"
    LITRE = "litre"
    LITRE_ALCOHOL = "litre_alcohol"
    """Of pure alcohol."""
    HL = "hl"
    """Hectolitres."""
    VOL_HL = "vol_hl"
    """Hectolitres times per cent by volume of alcohol."""
    M = "m"
    M2 = "m2"
    M3 = "m3"
    ITEM = "item"
    PAIR = "pair"
    MWH = "mwh"
    TJ = "tj"


MASSES = {"kg": 1, "tonne": 1000, "tonnes": 1000, "t": 1000}
"""Kilograms, by the word that a mass begins with."""

QUALIFIED = {
    "": Unit.KG, "net": Unit.KG, "gross": Unit.KG_GROSS, "br": Unit.KG_GROSS,
    "net drained wt": Unit.KG_DRAINED, "net drained": Unit.KG_DRAINED, "net/drained wt": Unit.KG_DRAINED,
    "eda": Unit.KG_DRAINED, "net eda": Unit.KG_DRAINED, "net/eda": Unit.KG_DRAINED,
    "net dry": Unit.KG_DRY, "mas": Unit.KG_DRY, "net mas": Unit.KG_DRY, "net/mas": Unit.KG_DRY,
    "std qual": Unit.KG_STANDARD, "raw sugar": Unit.KG_RAW_SUGAR, "net/%sacchar": Unit.KG_SACCHARIN,
    "lactic matter": Unit.KG_LACTIC, "dry lactic matter": Unit.KG_LACTIC_DRY, "tot alc": Unit.KG_ALCOHOL,
}  # fmt: skip
"""Which mass, by the words behind it."""

OTHERS = {
    "g": Unit.GRAM, "gram": Unit.GRAM, "carat": Unit.CARAT, "carats": Unit.CARAT, "c/k": Unit.CARAT,
    "l": Unit.LITRE, "litre": Unit.LITRE, "litres": Unit.LITRE,
    "l alc. 100%": Unit.LITRE_ALCOHOL, "l alc.100%": Unit.LITRE_ALCOHOL, "litre alcohol": Unit.LITRE_ALCOHOL,
    "hl": Unit.HL, "%vol/hl": Unit.VOL_HL, "m": Unit.M, "m2": Unit.M2, "m²": Unit.M2, "m3": Unit.M3,
    "m³": Unit.M3, "item": Unit.ITEM, "items": Unit.ITEM, "p/st": Unit.ITEM, "pair": Unit.PAIR,
    "pairs": Unit.PAIR, "pa": Unit.PAIR, "mwh": Unit.MWH, "tj": Unit.TJ,
}  # fmt: skip

SPELLINGS = {
    Unit.KG: "kg", Unit.KG_GROSS: "kg / gross", Unit.KG_DRAINED: "kg / net drained wt",
    Unit.KG_DRY: "kg / net dry", Unit.KG_STANDARD: "kg / std qual", Unit.KG_RAW_SUGAR: "kg / raw sugar",
    Unit.KG_SACCHARIN: "kg / net / % sacchar.", Unit.KG_LACTIC: "kg / lactic matter",
    Unit.KG_LACTIC_DRY: "kg / dry lactic matter", Unit.KG_ALCOHOL: "kg / tot alc", Unit.GRAM: "g",
    Unit.CARAT: "carat", Unit.LITRE: "litre", Unit.LITRE_ALCOHOL: "litre alcohol", Unit.HL: "hl",
    Unit.VOL_HL: "% vol / hl", Unit.M: "m", Unit.M2: "m2", Unit.M3: "m3", Unit.ITEM: "item",
    Unit.PAIR: "pair", Unit.MWH: "MWh", Unit.TJ: "TJ",
}  # fmt: skip
PLURALS = frozenset({Unit.ITEM, Unit.PAIR, Unit.CARAT, Unit.LITRE})

PER_MAX = 9_999_999
"""Units that one amount may be owed for."""
COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,7}|")


def unit_of(name: str) -> tuple[Unit, int] | None:
    """The unit that a name says, and how many of it: "1,000 items", "tonne" (1,000 kg). None if unknown."""
    name = name.strip()
    count = COUNT.match(name)
    digits = count[0] if count else ""
    found = quantity(one_spelling(name[len(digits) :]))
    if not found:
        return None
    unit, size = found
    per = int(digits.replace(",", "") or 1) * size
    return (unit, per) if 1 <= per <= PER_MAX else None


def quantity(words: str) -> tuple[Unit, int] | None:
    """A unit in the one spelling, and how many of it one such is."""
    if words in OTHERS:
        return OTHERS[words], 1
    for mass, kilograms in MASSES.items():
        rest = words.removeprefix(mass)
        if rest != words and rest[:1] in ("", " ", "/") and rest[1:] in QUALIFIED:
            return QUALIFIED[rest[1:]], kilograms
    return None


def spelling(unit: Unit, per: int) -> str:
    """How so many of a unit are written here: "100 kg / gross", "1000 items", "hl"."""
    name = SPELLINGS[unit]
    if per == 1:
        return name
    return f"{per} {name}s" if unit in PLURALS and name.isalpha() else f"{per} {name}"


def one_spelling(words: str) -> str:
    """Lower case, one blank between words, none around / and %, no full stop at the end."""
    words = " ".join(words.lower().split())
    for mark in "/%":
        words = words.replace(f" {mark}", mark).replace(f"{mark} ", mark)
    return words.removesuffix(".")
