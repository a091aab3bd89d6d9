"""Where goods are from: rules of origin, and what a product's materials say to them.

    "CTH or RVC 40" ──origin_rule.read_rule──▶ Rule ─┐
    bill of materials ──────────────────▶ Product ───┴─judge──▶ Judgement, every figure explained

A product originates where it was made if its materials are from there too, or were changed enough: by the
chapter, heading or subheading that they came out of, or by how much value was added. The same rules serve
preferential origin, which an agreement sets, and non-preferential origin, which a state's own law sets: they
differ in the rule, not in how it is judged.

Every share is an exact fraction, and no rounding decides anything. Shares are shown with two decimals, cut
off on the side of the reader's doubt: content downwards, foreign value upwards.

Source: Revised Kyoto Convention, specific annex K, chapter 1 (wholly obtained; substantial transformation by
change of heading, ad valorem percentage); WTO Agreement on Rules of Origin, article 3 (b); the classes WO,
CC, CTH, CTSH, RVC, MaxNOM as agreements such as the EU-Japan EPA, chapter 3 and annex 3-A, define them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from tasviya.core.errors import Refusal, invariant
from tasviya.core.money import format_minor
from tasviya.customs.nomenclature import GoodsCode

DEPTH_MAX = 20
"""How deep groups in a rule may stand inside each other."""
CHANGES = {"AH": 0, "CC": 2, "CTH": 4, "CTSH": 6}
"""The digits that must change, by the change's name; AH, materials of any heading, asks for none."""
_LEVELS = {2: "chapter", 4: "heading", 6: "subheading"}


class Standing(StrEnum):
    """What is known of a material's own origin."""

    FOREIGN = "no"
    """It does not originate, or nobody can show that it does."""
    ORIGINATING = "yes"
    WHOLLY = "wholly"
    """It originates and was wholly obtained: grown, mined, caught, or made of nothing else."""


@dataclass(frozen=True, slots=True)
class Material:
    """One line of a bill of materials. value_minor: what was paid for it, minor units, 0 or more."""

    code: GoodsCode
    value_minor: int
    standing: Standing = Standing.FOREIGN
    name: str = ""

    def __post_init__(self) -> None:
        invariant(self.value_minor >= 0, "a material's value is not below zero")

    @property
    def is_foreign(self) -> bool:
        """Whether it does not originate."""
        return self.standing is Standing.FOREIGN


@dataclass(frozen=True, slots=True)
class Product:
    """What was made of what. Made by `product`, which refuses what is none.

    price_minor: its price ex works (or free on board, as the rule has it), minor units, above zero.
    decimals: of the currency that all values are in, for explanations.
    """

    code: GoodsCode
    price_minor: int
    materials: tuple[Material, ...]
    decimals: int = 2

    def __post_init__(self) -> None:
        invariant(self.price_minor > 0, "a product's price is above zero")


@dataclass(frozen=True, slots=True, order=True)
class Codes:
    """Codes of chapters, headings or subheadings from the first to the last, of the same length."""

    first: str
    last: str

    def __contains__(self, code: GoodsCode) -> bool:
        return self.first <= code.digits[: len(self.first)] <= self.last

    def __str__(self) -> str:
        return self.first if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class WhollyObtained:
    """WO: all materials are wholly obtained; with `of`, all materials of those codes."""

    of: tuple[Codes, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """AH, CC, CTH, CTSH: every foreign material is of another chapter, heading or subheading.

    digits: 0, 2, 4 or 6, how many are compared. excepted: materials of these never count as changed.
    tolerance_percent: what may fail all the same, de minimis, percent of the price.
    """

    digits: int
    excepted: tuple[Codes, ...] = ()
    tolerance_percent: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        invariant(self.digits in CHANGES.values(), "0, 2, 4 or 6 digits change")
        invariant(0 <= self.tolerance_percent <= 100, "a tolerance is 0 to 100 percent")


@dataclass(frozen=True, slots=True)
class RegionalValue:
    """RVC: the price less foreign materials is at least so many percent of the price (build-down)."""

    least_percent: Fraction


@dataclass(frozen=True, slots=True)
class ForeignValue:
    """MaxNOM: foreign materials, or those of the codes `of`, are at most so many percent of the price."""

    most_percent: Fraction
    of: tuple[Codes, ...] = ()


@dataclass(frozen=True, slots=True)
class Every:
    """All of its parts are met."""

    parts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of its parts is met."""

    parts: tuple[Rule, ...]


Rule = WhollyObtained | Change | RegionalValue | ForeignValue | Every | Either


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a rule is met, and why.

    rule: its text. figure_percent, limit_percent: what was found and what it was held against, exact; None
    where nothing is measured. against: places in the bill of materials, from 0, of the materials that speak
    against it. parts: judgements on the parts of a group; all of them, also where one has decided.
    """

    rule: str
    holds: bool
    what: str
    figure_percent: Fraction | None = None
    limit_percent: Fraction | None = None
    against: tuple[int, ...] = ()
    parts: tuple[Judgement, ...] = ()

    def explained(self, depth: int = 0) -> Iterator[str]:
        """A line a condition, those of a group indented below it."""
        yield f"{'  ' * depth}{'met    ' if self.holds else 'not met'}  {self.rule}: {self.what}"
        for part in self.parts:
            yield from part.explained(depth + 1)


def product(
    code: GoodsCode, price_minor: int, materials: tuple[Material, ...], *, decimals: int = 2
) -> Product | Refusal:
    """A product to judge. Refused: BM01 if its price is not above zero: shares of it would mean nothing."""
    if price_minor <= 0:
        what = f"The price is {format_minor(price_minor, decimals)}, and shares are shares of it."
        return Refusal("BM01", what, "Give the price ex works of the product, above zero.", "price")
    return Product(code, price_minor, materials, decimals)


def judge(rule: Rule, of: Product) -> Judgement:
    """Whether a product originates by a rule, with every condition's figure.

    Changes nothing; the same arguments give the same judgement. A product of no materials meets every
    condition: nothing foreign is in it.
    Raises: InvariantBroken if groups stand deeper than DEPTH_MAX, or one is empty.
    """
    return _judge(rule, of, 0)


def text_of_rule(rule: Rule) -> str:
    """The rule as `read_rule` reads it."""
    if isinstance(rule, WhollyObtained):
        return "WO" + _listed(" of", rule.of)
    if isinstance(rule, Change):
        tolerance = f" tolerance {percent_text(rule.tolerance_percent)}" if rule.tolerance_percent else ""
        return name_of(rule) + _listed(" except", rule.excepted) + tolerance
    if isinstance(rule, RegionalValue):
        return f"RVC {percent_text(rule.least_percent)}"
    if isinstance(rule, ForeignValue):
        return f"MaxNOM {percent_text(rule.most_percent)}" + _listed(" of", rule.of)
    word = " and " if isinstance(rule, Every) else " or "
    return word.join(
        f"({text_of_rule(part)})" if isinstance(part, Every | Either) else text_of_rule(part)
        for part in rule.parts
    )


def name_of(rule: Change) -> str:
    """AH, CC, CTH or CTSH."""
    return next(name for name, digits in CHANGES.items() if digits == rule.digits)


def percent_text(percent: Fraction, *, decimals: int = 4, up: bool = False) -> str:
    """Percent with at most so many decimals; what has more is cut downwards, or upwards, and marked by ~."""
    scaled = percent * 10**decimals
    cut = ceil(scaled) if up else floor(scaled)
    text = format_minor(cut, decimals).rstrip("0").rstrip(".")
    return text if cut == scaled else f"~{text}"


# --- conditions -----------------------------------------------------------------------------------------


def _judge(rule: Rule, of: Product, depth: int) -> Judgement:
    invariant(depth <= DEPTH_MAX, f"groups in a rule stand at most {DEPTH_MAX} deep")
    if isinstance(rule, WhollyObtained):
        return _wholly(rule, of)
    if isinstance(rule, Change):
        return _changed(rule, of)
    if isinstance(rule, RegionalValue):
        return _regional(rule, of)
    if isinstance(rule, ForeignValue):
        return _foreign(rule, of)
    invariant(bool(rule.parts), "a group has parts")
    parts = tuple(_judge(part, of, depth + 1) for part in rule.parts)
    met = sum(part.holds for part in parts)
    holds = met == len(parts) if isinstance(rule, Every) else met > 0
    wanted = "all are" if isinstance(rule, Every) else "one is"
    told = f"{met} of {len(parts)} met, and {wanted} asked for."
    return Judgement(text_of_rule(rule), holds, told, parts=parts)


def _wholly(rule: WhollyObtained, of: Product) -> Judgement:
    concerned = _places(of, rule.of)
    against = tuple(place for place in concerned if of.materials[place].standing is not Standing.WHOLLY)
    told = f"all of {_count(len(concerned))} are wholly obtained." if concerned else "no materials."
    if against:
        told = f"{_count(len(against))} of {len(concerned)} not wholly obtained: {_named(of, against)}."
    return Judgement(text_of_rule(rule), not against, told, against=against)


def _changed(rule: Change, of: Product) -> Judgement:
    foreign = [place for place, each in enumerate(of.materials) if each.is_foreign]
    against = tuple(place for place in foreign if not _has_changed(rule, of, place))
    figure = _share(_value(of, against), of)
    holds = figure <= rule.tolerance_percent and (not against or rule.tolerance_percent > 0)
    if not foreign:
        told = "no foreign materials."
    elif not against:
        level = _LEVELS.get(rule.digits)
        than = f" are of another {level} than {of.code.digits[: rule.digits]}" if level else " may be used"
        told = f"all of {_count(len(foreign), 'foreign material')}{than}."
    else:
        share = percent_text(figure, decimals=2, up=True)
        word = "within" if holds else "above"
        told = f"{len(against)} of {_count(len(foreign), 'foreign material')} unchanged or excepted"
        told = f"{told}, {share} % of the price: {_named(of, against)}"
        allowed = percent_text(rule.tolerance_percent)
        told += f"; {word} the {allowed} % allowed." if rule.tolerance_percent else "."
    return Judgement(text_of_rule(rule), holds, told, figure, rule.tolerance_percent, against)


def _has_changed(rule: Change, of: Product, place: int) -> bool:
    code = of.materials[place].code
    same = rule.digits and code.digits[: rule.digits] == of.code.digits[: rule.digits]
    return not same and not any(code in codes for codes in rule.excepted)


def _regional(rule: RegionalValue, of: Product) -> Judgement:
    foreign = tuple(place for place, each in enumerate(of.materials) if each.is_foreign)
    figure = 100 - _share(_value(of, foreign), of)
    holds = figure >= rule.least_percent
    price = _money(of, of.price_minor)
    sum_text = f"({price} - {_money(of, _value(of, foreign))}) / {price}"
    relation = "at least" if holds else "below"
    told = (
        f"{sum_text} = {percent_text(figure, decimals=2)} %, {relation} {percent_text(rule.least_percent)} %."
    )
    against = () if holds else foreign
    return Judgement(text_of_rule(rule), holds, told, figure, rule.least_percent, against)


def _foreign(rule: ForeignValue, of: Product) -> Judgement:
    foreign = tuple(place for place in _places(of, rule.of) if of.materials[place].is_foreign)
    figure = _share(_value(of, foreign), of)
    holds = figure <= rule.most_percent
    sum_text = f"{_money(of, _value(of, foreign))} / {_money(of, of.price_minor)}"
    relation = "at most" if holds else "above"
    found, most = percent_text(figure, decimals=2, up=True), percent_text(rule.most_percent)
    told = f"{sum_text} = {found} %, {relation} {most} %."
    return Judgement(text_of_rule(rule), holds, told, figure, rule.most_percent, () if holds else foreign)


def _places(of: Product, codes: tuple[Codes, ...]) -> tuple[int, ...]:
    """The materials of some codes; all of them if none are named."""
    return tuple(
        place
        for place, each in enumerate(of.materials)
        if not codes or any(each.code in some for some in codes)
    )


def _value(of: Product, places: tuple[int, ...]) -> int:
    return sum(of.materials[place].value_minor for place in places)


def _share(value_minor: int, of: Product) -> Fraction:
    return Fraction(100 * value_minor, of.price_minor)


def _money(of: Product, minor: int) -> str:
    return format_minor(minor, of.decimals)


def _count(count: int, noun: str = "material") -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _named(of: Product, places: tuple[int, ...], most: int = 3) -> str:
    """Materials with their values, the first few."""
    chosen = [of.materials[place] for place in places[:most]]
    named = ", ".join(f"{each.name or each.code} {_money(of, each.value_minor)}" for each in chosen)
    return f"{named} and {len(places) - most} more" if len(places) > most else named


def _listed(word: str, codes: tuple[Codes, ...]) -> str:
    return f"{word} {', '.join(map(str, codes))}" if codes else ""
