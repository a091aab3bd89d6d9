"""Drawback: goods leave again, and a part of what was paid for the imports in them is given back.

    trader: draw_back   an export that is released, import lines and how much of each it contains
    supervisor: grant   worked out by quantity; what is used of each line is kept, and is not used again

What was paid of a tax and not refunded is divided among an import's lines as they were assessed; of that, a
line gives back at most what the law says ([[drawback]] of the import's day), and all its drawbacks together
never more than was paid less what was refunded.

Source: 19 U.S.C. 1313; customs/adjustment.py has the sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tasviya.core.errors import Refusal
from tasviya.core.money import allocate
from tasviya.customs.adjustment import Account, Drawback, ImportLine, Use, drawback
from tasviya.customs.declaration import Item, Kind
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats.reading import read
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.refund import DrawbackRow, LineUse, Refund, RefundKind
from tasviya.membership.roles import Act
from tasviya.services.claims import law_of, shared_taxes
from tasviya.services.corrections import ask, assess_as_frozen, released
from tasviya.services.lodging import allowed
from tasviya.services.paid_taxes import paid_accounts, post_refund
from tasviya.services.quota_claims import item_of
from tasviya.services.work import Work

DRAWBACK_CODES = {
    "RD09": "a drawback names lines of the trader's own imports, lodged in the same member, each once",
    "RD10": "what a drawback gives back is above zero, and has been paid",
}

Figured = dict[str, Drawback]
"""What is given back, by the import's MRN."""


def draw_back(work: Work, mrn: str, uses: Sequence[LineUse], actor: str, reason: str) -> Refund | Refusal:
    """Ask for what was paid for imports that exported goods contain. mrn: of the export."""
    export = released(work, mrn, Kind.EXPORT)
    if isinstance(export, Refusal):
        return export
    unfit = allowed(work, actor, Act.CLAIM_REFUND, export.member, export.declarant)
    if unfit is None and not reason:
        unfit = Refusal("RD02", f"No reason is given for {mrn}.", "Give one: --reason.", "reason")
    if unfit is not None:
        return unfit
    figured = _figures(work, export, uses)
    if isinstance(figured, Refusal):
        return figured
    refund = ask(work, export, RefundKind.DRAWBACK, _sums(figured), actor, reason)
    refund.uses, refund.explanation = tuple(uses), _words(figured)
    return refund


def grant_drawback(work: Work, refund: Refund) -> Refusal | None:
    """Work a drawback out by what is paid and left of its imports now, and book it."""
    export = released(work, refund.mrn, Kind.EXPORT)
    figured = export if isinstance(export, Refusal) else _figures(work, export, refund.uses)
    if isinstance(figured, Refusal):
        return figured
    refund.taxes, refund.explanation = _sums(figured), _words(figured)
    given = []
    for mrn, drawn in figured.items():
        imported = work.memory.customs.of(mrn)
        if isinstance(imported, Refusal):
            return imported
        shared = shared_taxes(work, imported.member, imported.tariff)
        given.append((shared, _sums({mrn: drawn})))
    for use in refund.uses:
        figures = [each for each in figured[use.mrn].figures if each.line == _line(use)]
        taxes = {each.tax: each.amount for each in figures}
        row = DrawbackRow(refund.reference, use.mrn, use.item, use.quantity, taxes)
        work.memory.customs.keep_drawback(row)
        work.changes.drawbacks.append(row)
    post_refund(work, refund, given)
    return None


def counted_in(item: Item) -> tuple[Unit, int]:
    """What a line's uses are counted in, and how much of it was imported, thousandths: its net mass, or the
    first quantity that it states; nothing if it states none."""
    quantities = item.quantities
    unit = Unit.KG if Unit.KG in quantities else next(iter(quantities), Unit.KG)
    return unit, quantities.get(unit, 0)


def _figures(work: Work, export: Lodgement, uses: Sequence[LineUse]) -> Figured | Refusal:
    """What an export gives back, by import; all or nothing."""
    if not uses or len({(each.mrn, each.item) for each in uses}) < len(uses):
        what = "A line is named twice." if uses else "No import is named."
        return Refusal("RD09", what, "Name each import line once, with its quantity.", "uses")
    figured: Figured = {}
    for mrn in dict.fromkeys(each.mrn for each in uses):
        imported = released(work, mrn)
        if isinstance(imported, Refusal):
            return imported
        if (imported.member, imported.declarant) != (export.member, export.declarant):
            what = f"{mrn} was lodged by {imported.declarant} in {imported.member}."
            return Refusal("RD09", what, f"Name imports of {export.declarant} in {export.member}.", mrn)
        accounts = paid_accounts(work, imported)
        lines = _lines(work, imported, accounts)
        if isinstance(lines, Refusal):
            return lines
        named = [Use(_line(each), each.quantity) for each in uses if each.mrn == mrn]
        law = law_of(work, imported.member, imported.tariff)
        drawn = drawback(law, lines, named, date.fromisoformat(export.accepted_on))
        if isinstance(drawn, Refusal):
            return drawn
        for tax, minor in _sums({mrn: drawn}).items():
            if minor > accounts[tax].left:
                what = f"{minor} minor units of {tax} are drawn of {mrn}, and {accounts[tax].left} are left."
                return Refusal("RD10", what, "Use less of it: the rest has been refunded.", tax)
        figured[mrn] = drawn
    if not any(each.amount for each in figured.values()):
        what = "; ".join(_words(figured)) or "nothing was paid"
        return Refusal("RD10", f"Nothing is given back: {what}.", "Nothing remains to be done.", "uses")
    return figured


def _lines(
    work: Work, imported: Lodgement, accounts: Mapping[str, Account]
) -> dict[str, ImportLine] | Refusal:
    """An import's lines: how much of each came in and is used, what was paid for it and drawn back."""
    found = read(imported.body)
    if isinstance(found, list):
        return found[0]
    assessed = assess_as_frozen(work, imported, found.declaration, imported.body, imported.actor)
    if isinstance(assessed, list):
        return assessed[0]
    declared = found.declaration
    part_of = item_of(declared, assessed.declaration)
    numbers = [item.number for item in declared.items]
    by_line: dict[int, dict[str, Account]] = {number: {} for number in numbers}
    rows = work.memory.customs.drawbacks_from(imported.mrn)
    for tax, standing in accounts.items():
        weights = dict.fromkeys(numbers, 0)
        for each in assessed.items:
            charges = (made.amount for made in each.assessment.charges if made.step.tax.code == tax)
            weights[part_of[each.item.number]] += sum(charges)
        if not sum(weights.values()):
            continue
        kept = allocate(standing.paid - standing.refunded, list(weights.values()))
        for number, minor in zip(numbers, kept, strict=True):
            drawn = sum(row.taxes.get(tax, 0) for row in rows if row.item == number)
            by_line[number][tax] = Account(minor, 0, min(drawn, minor))
    return {
        f"{imported.mrn}/{item.number}": ImportLine(
            date.fromisoformat(imported.accepted_on),
            counted_in(item)[1],
            by_line[item.number],
            sum(row.quantity for row in rows if row.item == item.number),
        )
        for item in declared.items
    }


def _line(use: LineUse) -> str:
    return f"{use.mrn}/{use.item}"


def _sums(figured: Figured) -> dict[str, int]:
    sums: dict[str, int] = {}
    for drawn in figured.values():
        for each in drawn.figures:
            if each.amount:
                sums[each.tax] = sums.get(each.tax, 0) + each.amount
    return sums


def _words(figured: Figured) -> tuple[str, ...]:
    return tuple(
        f"{each.line} {each.tax}: {each.why}" for drawn in figured.values() for each in drawn.figures
    )
