"""Components of a measure in TARIC3 ↔ the text of its duty rate, as `duty_expression` reads it.

    [01 13.800, 15 13.000 GBP DTN, 17 15.000 GBP DTN]
        ──compose──▶  "13.8% MIN 13 GBP / 100 kg MAX 15 GBP / 100 kg"

A component is a duty expression, which says what it does to those before it, and an amount: per cent, or
money for a unit, which a qualifier narrows. Components stand in the order of their duty expressions'
numbers, which is the order of the text. What is not in the tables below is refused: no unit and no
expression is guessed.

Source: TARIC3 schemas, version 5.10; what duty expressions, units and qualifiers stand for, and that they are
read in the order of their numbers: uktrade/tamato (MIT licence), measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasviya.core.errors import Refusal
from tasviya.customs.duty_expression import parse
from tasviya.customs.duty_units import Unit, spelling

PREFIXES: Mapping[str, str] = {
    "01": "", "02": "-", "04": "+", "15": "MIN", "17": "MAX", "19": "+", "20": "+", "35": "MAX",
}  # fmt: skip
"""What stands before a component's amount, by duty expression. 36 is not among them: it is called a minus,
and shown as a minimum."""
TABLES: Mapping[str, str] = {"12": "EA", "21": "ADSZ", "27": "ADFM"}
"""Components that a table says: agricultural, additional duties on sugar and on flour."""
NOTHING = "37"
"""No duty at all."""
UNITS: Mapping[str, tuple[Unit, int]] = {
    "CEN": (Unit.ITEM, 100),
    "CTM": (Unit.CARAT, 1),
    "DTN": (Unit.KG, 100),
    "GRM": (Unit.GRAM, 1),
    "HLT": (Unit.HL, 1),
    "HMT": (Unit.M, 100),
    "KGM": (Unit.KG, 1),
    "KLT": (Unit.LITRE, 1000),
    "LPA": (Unit.LITRE_ALCOHOL, 1),
    "LTR": (Unit.LITRE, 1),
    "MIL": (Unit.ITEM, 1000),
    "MTK": (Unit.M2, 1),
    "MTQ": (Unit.M3, 1),
    "MTR": (Unit.M, 1),
    "MWH": (Unit.MWH, 1),
    "NAR": (Unit.ITEM, 1),
    "NPR": (Unit.PAIR, 1),
    "TJO": (Unit.TJ, 1),
    "TNE": (Unit.KG, 1000),
}
"""By code, the unit and how many of it the code's own is."""
QUALIFIED: Mapping[str, Unit] = {
    "A": Unit.KG_ALCOHOL,
    "E": Unit.KG_DRAINED,
    "G": Unit.KG_GROSS,
    "M": Unit.KG_DRY,
    "P": Unit.KG_LACTIC,
    "R": Unit.KG_STANDARD,
    "S": Unit.KG_RAW_SUGAR,
    "T": Unit.KG_LACTIC_DRY,
    "Z": Unit.KG_SACCHARIN,
}
"""Which mass, by the qualifier of a unit of mass."""
THOUSAND = "C"
"""The qualifier of a unit of which a thousand are meant."""
VOLUME, PER_HECTOLITRE = "ASV", "X"
"""Per cent by volume is a unit only with its qualifier: per cent by volume in a hectolitre."""


@dataclass(frozen=True, slots=True)
class DutyComponent:
    """One record of a measure's component, its texts as they are; "" where there is none."""

    expression: str
    amount: str = ""
    currency: str = ""
    unit: str = ""
    qualifier: str = ""


def compose(components: Sequence[DutyComponent]) -> str | Refusal:
    """The duty rate that components say, in the spelling of `duty_expression`.

    Refused with TX04 for a duty expression, TX05 for an amount or currency, TX06 for a unit, or with a code
    of duty_expression.CODES if they make no rate; `where` names the duty expression.
    """
    ordered = sorted(components, key=lambda each: each.expression)
    if [each.expression for each in ordered] == [NOTHING]:
        return "free"
    words: list[str] = []
    for each in ordered:
        part = _part(each)
        if isinstance(part, Refusal):
            return part
        prefix = "+" if each.expression in TABLES else PREFIXES[each.expression]
        words += [prefix, part] if words or prefix not in ("", "+") else [part]
    text = " ".join(word for word in words if word)
    read = parse(text)
    return Refusal(read.reason, read.what, read.cure, "its components") if isinstance(read, Refusal) else text


def unit_of(code: str, qualifier: str) -> tuple[Unit, int] | None:
    """The unit that a code and its qualifier say, and how many of it; None if it is not known here."""
    if (code, qualifier) == (VOLUME, PER_HECTOLITRE):
        return Unit.VOL_HL, 1
    found = UNITS.get(code)
    if found is None or not qualifier:
        return found
    unit, per = found
    if unit is Unit.KG and qualifier in QUALIFIED:
        return QUALIFIED[qualifier], per
    return (unit, per * 1000) if qualifier == THOUSAND and unit is not Unit.KG else None


def _part(component: DutyComponent) -> str | Refusal:
    where = f"duty expression {component.expression}"
    if component.expression in TABLES:
        return TABLES[component.expression]
    if component.expression not in PREFIXES:
        known = ", ".join(sorted((*PREFIXES, *TABLES, NOTHING)))
        what = f"Duty expression {component.expression} is not known here, or stands with others."
        return Refusal("TX04", what, f"Write the rate by hand; read are {known}.", where)
    if not component.amount:
        return Refusal("TX05", "A component has no amount.", "Ask the sender for its amount.", where)
    amount = Decimal(component.amount)
    if amount < 0:
        what = f"The amount {component.amount} is below zero."
        return Refusal("TX05", what, "Ask the sender for an expression that takes it off.", where)
    if not component.currency:
        if component.unit:
            what = f"An amount for {component.unit} has no currency."
            return Refusal("TX05", what, "Ask the sender for its monetary unit.", where)
        return f"{_plain(amount)}%"
    if not component.unit:
        what = f"{_plain(amount)} {component.currency} is owed for no unit."
        return Refusal("TX05", what, "Ask the sender for its measurement unit.", where)
    found = unit_of(component.unit, component.qualifier)
    if found is None:
        qualified = f"{component.unit} {component.qualifier}".strip()
        known = ", ".join((*sorted(UNITS), f"{VOLUME} {PER_HECTOLITRE}"))
        what = f"{qualified} is no unit known here."
        return Refusal("TX06", what, f"Write the rate by hand; read are {known}.", where)
    return f"{_plain(amount)} {component.currency} / {spelling(*found)}"


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
