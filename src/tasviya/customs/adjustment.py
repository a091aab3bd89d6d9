"""What a correction comes to, and what is given back when goods leave again: sums only, nothing is posted.

    two assessments, what was paid ──adjust──▶ by tax: demanded, refunded, remitted, withheld, and why
    import lines, what exports contain of them ──drawback──▶ by line and tax: given back, and why

A correction after acceptance or release, and a supplementary declaration after a simplified one, are a second
assessment of the same goods: `duty.total` of both goes in. What is more is demanded; what is less is remitted
as far as it was never paid, and refunded else. Nothing is given back twice, and never more than was paid less
what was refunded or drawn back before. The law of the day of acceptance, or of import, counts.

Drawback follows quantities: of what was paid for an import line, the law's per cent of the share that
exported goods contain. It is worked out for all uses so far, rounded as the tax is, less what was drawn back
before: so the figures of many small exports add up to the figure of one.

Source: Regulation (EU) 952/2013, articles 103, 116 and 121; 19 U.S.C. 1313.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.core.rounding import rounded
from tasviya.customs.adjustment_law import DrawbackLaw
from tasviya.customs.quantity import THOUSAND
from tasviya.customs.tax_law import Tax, TaxLaw

ADJUSTMENT_CODES: Mapping[str, str] = {
    "AJ01": "amounts and quantities are not below zero, and no more is given back than was paid",
    "AJ02": "a correction or an export comes after what it is of",
    "AJ03": "the law has a rule for that day",
    "AJ04": "goods leave within the law's time",
    "AJ05": "no more of an import is used than is left",
    "AJ06": "a tax and an import that are named are known",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What has been paid of a tax, minor units. refunded: given back by corrections; drawn: as drawback."""

    paid: int
    refunded: int = 0
    drawn: int = 0

    @property
    def left(self) -> int:
        """What may still be given back."""
        return self.paid - self.refunded - self.drawn


@dataclass(frozen=True, slots=True)
class Change:
    """What the difference of a tax comes to; the four figures add up to its size. All in minor units.

    before, after: assessed. demand: to be paid in addition. refund: to be paid back. remitted: was owed and
    never paid, and is owed no more. withheld: what the law does not let follow from the difference.
    """

    tax: str
    before: int
    after: int
    demand: int
    refund: int
    remitted: int
    withheld: int
    why: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction, tax by tax in the law's order."""

    changes: tuple[Change, ...]

    @property
    def demand(self) -> int:
        """Minor units of the member's currency, as is `refund`; the two are not set against each other."""
        return sum(each.demand for each in self.changes)

    @property
    def refund(self) -> int:
        return sum(each.refund for each in self.changes)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """A line that was imported. quantity, used: thousandths of its unit. accounts: by tax."""

    imported: date
    quantity: int
    accounts: Mapping[str, Account]
    used: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """What exported goods contain of an import line. quantity: thousandths of the line's unit."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class DrawbackFigure:
    """What is given back of a tax of an import line, minor units. exact: for all uses so far, not rounded."""

    line: str
    tax: str
    exact: Fraction
    amount: int
    why: str


@dataclass(frozen=True, slots=True)
class Drawback:
    """What an export gives back, and the import lines after it."""

    figures: tuple[DrawbackFigure, ...] = ()
    lines: Mapping[str, ImportLine] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        return sum(each.amount for each in self.figures)


def adjust(
    law: TaxLaw,
    before: Mapping[str, int],
    after: Mapping[str, int],
    accounts: Mapping[str, Account],
    *,
    accepted: date,
    on: date,
) -> Adjustment | Refusal:
    """What a correction on a day comes to.

    before, after: assessed by tax, minor units, as `duty.total` has them; a tax that is not there is zero.
    accounts: what was paid by tax. accepted: the declaration's day. Refused with a code of ADJUSTMENT_CODES.
    """
    if fault := _fault(law, before, after, accounts):
        return fault
    if on < accepted:
        what = f"It is corrected on {on}, before it is accepted on {accepted}."
        return Refusal("AJ02", what, "Give the day of the correction.", "on")
    rule = next((each for each in law.refunds if each.begins <= accepted <= each.ends), None)
    if rule is None:
        what = f"The law of {law.member} has no [[refund]] for declarations accepted on {accepted}."
        return Refusal("AJ03", what, "Add it to the law, with its dates.", "refund")
    codes = dict.fromkeys(tax.code for tax in law.taxes)
    differences = {code: after.get(code, 0) - before.get(code, 0) for code in codes}
    less = sum(-each for each in differences.values() if each < 0)
    more = sum(each for each in differences.values() if each > 0)
    no_demand = _bar("demanded", more, rule.demand_minimum, last_day(accepted, rule.demand_years), on, law)
    no_refund = _bar("given back", less, rule.minimum, last_day(accepted, rule.years), on, law)
    changes = []
    for code, difference in differences.items():
        if difference:
            account = accounts.get(code, Account(0))
            bar = no_demand if difference > 0 else no_refund
            changes.append(_change(law, code, before.get(code, 0), difference, account, bar))
    return Adjustment(tuple(changes))


def drawback(
    law: TaxLaw, lines: Mapping[str, ImportLine], uses: Sequence[Use], exported: date
) -> Drawback | Refusal:
    """What an export gives back of the imports that its goods contain.

    lines: by their id; all of them come back, with what is used and drawn. Refused with a code of
    ADJUSTMENT_CODES, all or nothing.
    """
    state = dict(lines)
    figures: list[DrawbackFigure] = []
    for use in uses:
        line = state.get(use.line)
        if line is None:
            return Refusal("AJ06", f"{use.line!r} is no import line here.", "Name a known one.", use.line)
        if fault := _use_fault(law, line, use, exported):
            return fault
        used = line.used + use.quantity
        accounts = dict(line.accounts)
        for tax, rule in _drawn_taxes(law, line):
            figure = _figure(law, line, use, tax, rule)
            figures.append(figure)
            account = accounts[tax.code]
            accounts[tax.code] = replace(account, drawn=account.drawn + figure.amount)
        state[use.line] = replace(line, used=used, accounts=accounts)
    return Drawback(tuple(figures), state)


def last_day(begins: date, years: int) -> date:
    """The same day so many years later, and 28 February for the 29th where there is none."""
    year = min(begins.year + years, date.max.year)
    try:
        return begins.replace(year=year)
    except ValueError:
        return begins.replace(year=year, day=28)


def _fault(
    law: TaxLaw, before: Mapping[str, int], after: Mapping[str, int], accounts: Mapping[str, Account]
) -> Refusal | None:
    known = {tax.code for tax in law.taxes}
    for where, amounts in (("before", before), ("after", after), ("accounts", accounts)):
        if unknown := [code for code in amounts if code not in known]:
            what = f"{unknown[0]!r} is no tax of {law.member}."
            return Refusal("AJ06", what, f"Name one of {', '.join(sorted(known))}.", where)
    for where, amounts in (("before", before), ("after", after)):
        if below := [code for code, minor in amounts.items() if minor < 0]:
            return Refusal("AJ01", f"{below[0]} is below zero.", "Give what was assessed.", where)
    return _account_fault(accounts)


def _account_fault(accounts: Mapping[str, Account]) -> Refusal | None:
    for code, each in accounts.items():
        if min(each.paid, each.refunded, each.drawn, each.left) < 0:
            what = f"Of {code}, {each.paid} are paid, {each.refunded + each.drawn} given back: minor units."
            return Refusal("AJ01", what, "Give amounts that were paid, and given back of them.", code)
    return None


def _bar(done: str, total: int, minimum: int, last: date, on: date, law: TaxLaw) -> str:
    """Why the law lets nothing follow from a difference; "" if it does."""
    if on > last:
        return f"nothing is {done} after {last}"
    if total < minimum:
        return f"less than {_text(minimum, law)} in all is not {done}"
    return ""


def _change(law: TaxLaw, code: str, before: int, difference: int, account: Account, bar: str) -> Change:
    size = abs(difference)
    after = before + difference
    words = [f"{_text(after, law)} after, {_text(before, law)} before"]
    if bar:
        words.append(f"{_text(size, law)} withheld: {bar}")
        return Change(code, before, after, 0, 0, 0, size, "; ".join(words))
    if difference > 0:
        words.append(f"{_text(size, law)} demanded")
        return Change(code, before, after, size, 0, 0, 0, "; ".join(words))
    owed = max(before - (account.paid - account.refunded), 0)
    remitted = min(size, owed)
    refund = min(size - remitted, account.left)
    withheld = size - remitted - refund
    if remitted:
        words.append(f"{_text(owed, law)} never paid, of which {_text(remitted, law)} remitted")
    words.append(
        f"{_text(account.left, law)} paid and not given back, of which {_text(refund, law)} refunded"
    )
    if withheld:
        words.append(f"{_text(withheld, law)} withheld: given back as drawback")
    return Change(code, before, after, 0, refund, remitted, withheld, "; ".join(words))


def _use_fault(law: TaxLaw, line: ImportLine, use: Use, exported: date) -> Refusal | None:
    if fault := _account_fault(line.accounts):
        return fault
    if use.quantity <= 0 or line.quantity <= 0 or not 0 <= line.used <= line.quantity:
        what = f"{use.line} has a quantity that is not above zero, or more used than imported."
        return Refusal("AJ01", what, "Give quantities above zero.", use.line)
    if exported < line.imported:
        what = f"It leaves on {exported}, before {use.line} is imported on {line.imported}."
        return Refusal("AJ02", what, "Name an import from before.", use.line)
    left = line.quantity - line.used
    if use.quantity > left:
        what = f"{_count(use.quantity)} of {use.line} are used; {_count(left)} are left."
        return Refusal("AJ05", what, "Use no more of it; name other imports for the rest.", use.line)
    rules = _drawn_taxes(law, line)
    if not rules:
        what = f"The law of {law.member} has no [[drawback]] for a tax of imports of {line.imported}."
        return Refusal("AJ03", what, "Add it to the law, with its dates.", use.line)
    for tax, rule in rules:
        if exported > (last := last_day(line.imported, rule.years)):
            what = f"{tax.code} of {use.line} is given back for goods that leave until {last}."
            return Refusal("AJ04", what, "Nothing can be done; use imports of later days.", use.line)
    return None


def _drawn_taxes(law: TaxLaw, line: ImportLine) -> list[tuple[Tax, DrawbackLaw]]:
    """The taxes of a line that are given back, and by which rule: those of its day."""
    rules = {each.tax: each for each in law.drawbacks if each.begins <= line.imported <= each.ends}
    return [
        (tax, rules[tax.code])
        for tax in law.taxes
        if tax.in_force(line.imported) and tax.code in rules and tax.code in line.accounts
    ]


def _figure(law: TaxLaw, line: ImportLine, use: Use, tax: Tax, rule: DrawbackLaw) -> DrawbackFigure:
    account = line.accounts[tax.code]
    kept, used = account.paid - account.refunded, line.used + use.quantity
    exact = kept * Fraction(rule.percent) / 100 * Fraction(used, line.quantity)
    due = min(rounded(exact, tax.rounding, tax.unit), kept)
    amount = max(due - account.drawn, 0)
    why = (
        f"{_text(kept, law)} paid and not refunded; {rule.percent:f} % of {_count(used)} of "
        f"{_count(line.quantity)} = {_text(due, law)}, {tax.rounding} to {_text(tax.unit, law)}; "
        f"less {_text(account.drawn, law)} drawn before"
    )
    return DrawbackFigure(use.line, tax.code, exact, amount, why)


def _text(minor: int, law: TaxLaw) -> str:
    return format_minor(minor, law.currency.decimals, grouping=",")


def _count(quantity: int) -> str:
    whole, rest = divmod(quantity, THOUSAND)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")
