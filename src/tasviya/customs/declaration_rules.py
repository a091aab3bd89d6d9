"""What a declaration must say to be one, checked on the declaration alone.

    Declaration ──check──▶ every broken rule, each with the path of its field; none if all hold

A rule is a class named by its code; its docstring is what holds, its `check` yields what does not. Paths name
the fields of `Declaration`: items[0].goods is the first item's code. Rules that need a tariff, an official
rate or another declaration are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.declaration import Amount, Charge, Declaration, Item, Kind
from tasviya.customs.duty_units import Unit
from tasviya.customs.nomenclature import goods_code

COUNTRY_LETTERS = 2


class Broken(NamedTuple):
    """What does not hold, where, and what would cure it."""

    what: str
    where: str
    cure: str


class Rule:
    """A rule on a declaration by itself; its docstring says what holds."""

    @property
    def code(self) -> str:
        return type(self).__name__

    @property
    def text(self) -> str:
        return " ".join((type(self).__doc__ or "").split())

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        """What does not hold; nothing if the rule does."""
        raise NotImplementedError


class CR01(Rule):
    """A declaration has at least one item."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        if not declaration.items:
            yield Broken("There is no item.", "items", "Add the goods that are declared.")


class CR02(Rule):
    """Items are numbered from 1 upwards, each number once, in order."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        last, seen = 0, dict[int, int]()
        for place, item in enumerate(declaration.items):
            where = f"{path(place)}.number"
            if item.number in seen:
                what = f"Items {seen[item.number] + 1} and {place + 1} both have the number {item.number}."
                yield Broken(what, where, "Give every item a number of its own.")
            elif item.number <= last:
                after = f"follows {last}" if last else "is below 1"
                yield Broken(
                    f"The number {item.number} {after}.", where, "Number the items 1, 2, 3 in order."
                )
            seen.setdefault(item.number, place)
            last = max(last, item.number)


class CR03(Rule):
    """Every item has a goods code of the nomenclature, with all its digits; in transit it may have none."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        for place, item in enumerate(declaration.items):
            if declaration.kind is Kind.TRANSIT and not item.goods:
                continue
            where = f"{path(place)}.goods"
            found = goods_code(item.goods, where=where)
            if isinstance(found, Refusal):
                yield Broken(f"{named(item)}: {found.what}", where, found.cure)


class CR04(Rule):
    """Every imported item has an origin, and every country is written with two capital letters."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        cure = 'Give the country with two capital letters, such as "MD".'
        for place, item in enumerate(declaration.items):
            if declaration.kind is Kind.IMPORT and not item.claimed_origin:
                yield Broken(f"{named(item)} has no origin.", f"{path(place)}.origin", cure)
        for where, country in countries(declaration):
            if country and not is_country(country):
                yield Broken(f"{country!r:.40} is no country.", where, cure)


class CR05(Rule):
    """Every item has a price or a value, but in transit; amounts are above zero, charges may be zero."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        for place, item in enumerate(declaration.items):
            if item.price is None and declaration.kind is not Kind.TRANSIT:
                cure = "Give what was paid for the goods, or their value for statistics."
                yield Broken(f"{named(item)} has no amount.", f"{path(place)}.invoice", cure)
        for where, amount, least in amounts(declaration):
            if amount.minor < least:
                ought = "of 0 or more" if least == 0 else "above zero"
                yield Broken(
                    f"The amount is {written(amount)}.", f"{where}.amount", f"Give an amount {ought}."
                )


class CR06(Rule):
    """Currencies are of ISO 4217."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        for where, amount, _ in amounts(declaration):
            try:
                currency(amount.currency)
            except UnknownCurrency:
                yield unknown_currency(amount.currency, f"{where}.currency")


class CR07(Rule):
    """The items' prices are in one currency, and add up to the invoice's total if that is given."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        prices = [(place, item.price) for place, item in enumerate(declaration.items) if item.price]
        whole = declaration.invoice
        if not prices:
            return
        code = whole.currency if whole else prices[0][1].currency
        others = [(place, each) for place, each in prices if each.currency != code]
        for place, each in others:
            item = declaration.items[place]
            where = f"{path(place)}.{'invoice' if item.invoice else 'statistical'}.currency"
            what = f"{named(item)} is priced in {each.currency:.10}, the invoice in {code:.10}."
            yield Broken(what, where, "Declare goods of two invoices separately.")
        invoiced = [item.invoice.minor for item in declaration.items if item.invoice]
        if whole is None or others or len(invoiced) < len(declaration.items):
            return
        total = Amount(sum(invoiced), code)
        if total.minor != whole.minor:
            apart = Amount(abs(total.minor - whole.minor), code)
            sums = f"The items add up to {written(total)}, the invoice to {written(whole)}"
            yield Broken(
                f"{sums}: {written(apart)} apart.", "invoice.amount", "Correct an item's price or the total."
            )


class CR08(Rule):
    """Net mass is not above gross mass: of an item, and of all items against the shipment's."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        cure = "Correct the masses; gross is goods with their packaging."
        for place, item in enumerate(declaration.items):
            net, gross = item.quantities.get(Unit.KG), item.quantities.get(Unit.KG_GROSS)
            if net is not None and gross is not None and net > gross:
                what = f"{named(item)} has {kilograms(net)} kg net and {kilograms(gross)} kg gross."
                yield Broken(what, f"{path(place)}.quantities.kg", cure)
        total = sum(item.quantities.get(Unit.KG, 0) for item in declaration.items)
        if declaration.gross_mass is not None and total > declaration.gross_mass:
            gross_text = kilograms(declaration.gross_mass)
            what = f"The items have {kilograms(total)} kg net, the shipment {gross_text} kg gross."
            yield Broken(what, "gross_mass", cure)


class CR09(Rule):
    """Quantities are not below zero."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        cure = "Give a quantity of 0 or more, or leave it out."
        for place, item in enumerate(declaration.items):
            for unit, quantity in item.quantities.items():
                if quantity < 0:
                    what = f"{named(item)} has {kilograms(quantity)} {unit}."
                    yield Broken(what, f"{path(place)}.quantities.{unit}", cure)
            if item.supplementary is not None and item.supplementary < 0:
                what = f"{named(item)} has {kilograms(item.supplementary)} supplementary units."
                yield Broken(what, f"{path(place)}.supplementary", cure)
        if declaration.gross_mass is not None and declaration.gross_mass < 0:
            yield Broken(f"The gross mass is {kilograms(declaration.gross_mass)} kg.", "gross_mass", cure)
        if declaration.packages is not None and declaration.packages < 0:
            yield Broken(f"There are {declaration.packages} packages.", "packages", cure)


class CR10(Rule):
    """A declaration has its declarant's own number, and, but in transit, a procedure for every item."""

    def check(self, declaration: Declaration) -> Iterator[Broken]:
        amends = declaration.kind is Kind.TRANSIT and declaration.mrn
        if not declaration.lrn.strip() and not amends:
            yield Broken("The declaration has no number.", "lrn", "Give it a number of your own.")
        for place, item in enumerate(declaration.items):
            if not (item.procedure or declaration.procedure or declaration.kind is Kind.TRANSIT):
                cure = "Give the item's procedure, or one for the whole declaration."
                yield Broken(f"{named(item)} has no procedure.", f"{path(place)}.procedure", cure)


RULES: tuple[Rule, ...] = (CR01(), CR02(), CR03(), CR04(), CR05(), CR06(), CR07(), CR08(), CR09(), CR10())


def check(declaration: Declaration) -> list[Refusal]:
    """Every rule that the declaration breaks, everywhere it does; empty if it breaks none."""
    return [
        Refusal(rule.code, broken.what, broken.cure, broken.where)
        for rule in RULES
        for broken in rule.check(declaration)
    ]


def unknown_currency(code: str, where: str) -> Broken:
    """What CR06 says of a code: readers say it too, as nobody knows such a currency's minor unit."""
    return Broken(f"{code!r:.20} is no currency.", where, 'Give a code of ISO 4217, such as "EUR".')


def path(place: int) -> str:
    """The path of an item by its place, from 0."""
    return f"items[{place}]"


def named(item: Item) -> str:
    return f"Item {item.number}"


def is_country(text: str) -> bool:
    return len(text) == COUNTRY_LETTERS and text.isascii() and text.isalpha() and text.isupper()


def countries(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Every country with its path; also empty ones."""
    yield "dispatch_country", declaration.dispatch_country
    yield "destination_country", declaration.destination_country
    yield "declarant.country", declaration.declarant.country
    yield "importer.country", declaration.importer.country
    yield "exporter.country", declaration.exporter.country
    for place, item in enumerate(declaration.items):
        yield f"{path(place)}.origin", item.origin
        yield f"{path(place)}.preferential_origin", item.preferential_origin


def amounts(declaration: Declaration) -> Iterator[tuple[str, Amount, int]]:
    """Every amount with its path and the least that it may be, minor units."""
    if declaration.invoice:
        yield "invoice", declaration.invoice, 1
    yield from _charges("", declaration.charges)
    for place, item in enumerate(declaration.items):
        if item.invoice:
            yield f"{path(place)}.invoice", item.invoice, 1
        if item.statistical:
            yield f"{path(place)}.statistical", item.statistical, 1
        yield from _charges(f"{path(place)}.", item.charges)


def _charges(before: str, charges: tuple[Charge, ...]) -> Iterator[tuple[str, Amount, int]]:
    for place, charge in enumerate(charges):
        yield f"{before}charges[{place}]", charge.amount, 0


def written(amount: Amount) -> str:
    """An amount for people; of an unknown currency, its minor units."""
    try:
        decimals = currency(amount.currency).decimals
    except UnknownCurrency:
        return f"{amount.minor} minor units of {amount.currency:.10}"
    return f"{format_minor(amount.minor, decimals, grouping=',')} {amount.currency}"


def kilograms(thousandths: int) -> str:
    """A quantity without needless zeros: 120500 is 120.5."""
    return format_minor(thousandths, 3).rstrip("0").rstrip(".")
