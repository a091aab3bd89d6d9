"""Tariffs in TARIC3 that cannot be taken in: the smallest change to one that can, for each rule."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "customs"))

from taric3_made import INSERT, UPDATE, Change, component, envelope, measure, priced

from tasviya.core.errors import Refusal
from tasviya.customs.formats.taric3 import TARIC3_CODES, Holdings, read
from tasviya.customs.formats.taric3_duty import DutyComponent
from tasviya.customs.formats.taric3_tariff import tariff_of
from tasviya.customs.tax_law import read_law
from tasviya.services.tariff_files import checked

LAW = """member = "XX"
currency = "KZT"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
[[taric]]
types = ["103"]
tax = "DUTY"
"""
LEVY = {"measure.condition.sid": "1", "duty.expression.id": "01", "duty.amount": "8.8"}
CONDITION = {
    "measure.condition.sid": "1",
    "measure.sid": "7",
    "condition.code": "V",
    "component.sequence.number": "1",
}


def refusal_of_taric(given: bytes | str, _: Path) -> Refusal:
    """The first thing wrong with an envelope, or with the rows of a tariff whose quotas are none."""
    law = read_law(LAW, "XX.toml")
    if isinstance(given, str):
        return checked(given, law, (), "XX.csv").faults[0]
    holdings = read([given])
    if not isinstance(holdings, Holdings):
        return holdings[0]
    return tariff_of(holdings, law, ()).left_out[0].refusal


def of(part: DutyComponent | None, **facts: str) -> bytes:
    """One measure with one component, or none."""
    goods = facts.pop("goods", "0702000000")
    changes: list[Change] = [(INSERT, "measure", measure(7, goods, **facts))]
    if part:
        changes.append((INSERT, "measure.component", component(7, part)))
    return envelope(changes)


FIVE = DutyComponent("01", "5")
TARIC_CASES: list[tuple[str, str, str, bytes | str]] = [
    (code, TARIC3_CODES[code][0].upper() + TARIC3_CODES[code][1:] + ".", how, given)
    for code, how, given in (
        ("TX01", "`<envelope/>` without its namespace", b"<envelope/>"),
        ("TX02", "An amount `five`", of(DutyComponent("01", "five"))),
        ("TX03", "Update a measure that was never inserted", envelope([(UPDATE, "measure", measure(7))])),
        ("TX04", "Duty expression `99`", of(DutyComponent("99", "5"))),
        ("TX05", "`5 EUR` for nothing", of(DutyComponent("01", "5", "EUR"))),
        ("TX06", "`5 EUR` for a `KAC`", of(DutyComponent("01", "5", "EUR", "KAC"))),
        ("TX07", "Type `277` in a law that takes in `103`", of(FIVE, type_="277")),
        ("TX08", "The group `2020` without members", of(FIVE, area="2020")),
        ("TX09", "No goods", of(FIVE, goods="")),
        (
            "TX10",
            "A rate for a condition `V`",
            envelope(
                priced(7),
                [(INSERT, "measure.condition", CONDITION), (INSERT, "measure.condition.component", LEVY)],
            ),
        ),
        ("TX11", "A stopped measure", of(FIVE, stopped="1")),
        ("TX12", "The same goods twice", envelope(priced(7), priced(8, "6"))),
        ("TX13", "A row with the quota `090101`, no quotas", "tax,goods,rate,quota\nDUTY,0702,5%,090101\n"),
    )
]
