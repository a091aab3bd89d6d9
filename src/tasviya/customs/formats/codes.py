"""Codes that several formats share: units of quantities, kinds of declarations, and how a code is cleaned.

Source: codes of units: UN/ECE recommendation 20, as tariffs use it. Types of declarations: the first two
letters that the single administrative document has for them.
"""

from __future__ import annotations

from tasviya.customs.declaration import Kind
from tasviya.customs.duty_text import INVISIBLE
from tasviya.customs.duty_units import Unit

KINDS = {"IM": Kind.IMPORT, "EX": Kind.EXPORT, "T1": Kind.TRANSIT, "T2": Kind.TRANSIT, "TR": Kind.TRANSIT}
"""By a type's first two letters."""
UNITS = {
    "KGM": (Unit.KG, 1),
    "TNE": (Unit.KG, 1000),
    "GRM": (Unit.GRAM, 1),
    "CTM": (Unit.CARAT, 1),
    "LTR": (Unit.LITRE, 1),
    "LPA": (Unit.LITRE_ALCOHOL, 1),
    "HLT": (Unit.HL, 1),
    "ASVX": (Unit.VOL_HL, 1),
    "MTR": (Unit.M, 1),
    "MTK": (Unit.M2, 1),
    "MTQ": (Unit.M3, 1),
    "NAR": (Unit.ITEM, 1),
    "NPR": (Unit.PAIR, 1),
    "MWH": (Unit.MWH, 1),
    "TJO": (Unit.TJ, 1),
}
"""By code, the unit and how many of it the code's own unit is."""
_UNSEEN = str.maketrans(dict.fromkeys(INVISIBLE))


def code(text: str) -> str:
    """A code without blanks around it and without characters that have no width; these mean nothing in a
    code. In a text they may: Persian parts words by one."""
    return text.translate(_UNSEEN).strip()
