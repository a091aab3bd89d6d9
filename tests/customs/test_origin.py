"""Rules of origin: vectors worked out by hand, and what holds of every product and rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from origin_made_up import conditions, made, materials, percents, products, rule, rules

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.nomenclature import GoodsCode
from tasviya.customs.origin import (
    Either,
    Every,
    ForeignValue,
    Judgement,
    Product,
    RegionalValue,
    Rule,
    Standing,
    WhollyObtained,
    judge,
    percent_text,
    product,
)

TROUSERS = made(10_000, ("520942", 5_000, "no"), ("960622", 500, "no"), ("550810", 120, "yes"))
PATCHED = made(10_000, ("620311", 1_000, "no"), ("520942", 4_500, "no"))
SHOES = made(9_000, ("640610", 3_000, "no"), ("410712", 1_500, "wholly"), of="640351")
HONEY = made(500, of="040900")
JAM = made(300, ("081010", 100, "wholly"), ("170199", 50, "yes"), of="200799")
TEA = made(300, ("09024000", 100, "no"), of="090210")
PRODUCTS = {
    "trousers": TROUSERS,
    "patched": PATCHED,
    "shoes": SHOES,
    "honey": HONEY,
    "jam": JAM,
    "tea": TEA,
}

# product   rule                                  holds  figure  why
VECTORS = """
  trousers  RVC 40                                yes    45      (100 - 55) / 100, the standard example
  trousers  RVC 45                                yes    45      at least
  trousers  RVC 45.0001                           no     45
  trousers  MaxNOM 55                             yes    55      at most
  trousers  MaxNOM 54.9999                        no     55
  trousers  CC                                    yes    0       52 and 96 are not 62
  trousers  CC except 52                          no     50
  trousers  CC except 5208-5212                   no     50      inside the range
  trousers  CC except 5201-5207                   yes    0       outside
  trousers  CC except 520942                      no     50
  trousers  CTH except 52 tolerance 50            yes    50      de minimis at the limit
  trousers  CTH except 52 tolerance 49.99         no     50
  trousers  MaxNOM 5 of 96                        yes    5
  trousers  MaxNOM 4 of 96                        no     5
  trousers  WO                                    no     .
  trousers  WO of 09                              yes    .       none of those is in it
  trousers  AH                                    yes    0
  trousers  AH except 9606                        no     5
  patched   CTH                                   no     10      trousers from suits, both 6203
  patched   CTSH                                  yes    0       620311 is not 620342
  patched   CTH tolerance 10                      yes    10
  patched   CTH or RVC 40                         yes    .       by value
  patched   CTH and RVC 40                        no     .
  patched   MaxNOM 50 and CTSH                    no     .       55 percent
  patched   MaxNOM 60 and CTSH                    yes    .
  patched   WO or CTH and RVC 40 or MaxNOM 55     yes    .       and binds tighter
  shoes     CTH                                   yes    0       uppers, 6406, to shoes, 6403
  shoes     CC                                    no     33.3+   a third of the price
  shoes     CC tolerance 33.3334                  yes    33.3+
  shoes     CC tolerance 33.3333                  no     33.3+   a third is more than that
  shoes     MaxNOM 33.3333                        no     33.3+
  shoes     RVC 66.6666                           yes    66.6+
  shoes     RVC 66.6667                           no     66.6+
  honey     WO                                    yes    .       no materials at all
  honey     CC and RVC 100 and MaxNOM 0           yes    .
  jam       WO                                    no     .       sugar originates, but is not wholly obtained
  jam       WO of 08                              yes    .
  jam       RVC 100                               yes    100
  tea       CTH                                   no     33.3+
  tea       CTSH                                  yes    0       eight digits are compared by six
"""
ROWS = [
    (line[2:12].strip(), line[12:50].strip(), *line[50:].split(maxsplit=2)[:2])
    for line in VECTORS.strip("\n").splitlines()
]


@pytest.mark.parametrize(("name", "text", "told", "figure"), ROWS)
def test_product_by_rule(name: str, text: str, told: str, figure: str) -> None:
    found = judge(rule(text), PRODUCTS[name])
    assert found.holds is (told == "yes"), "\n".join(found.explained())
    if figure == ".":
        assert found.figure_percent is None
    elif figure.endswith("+"):
        third = {"33.3+": Fraction(100, 3), "66.6+": Fraction(200, 3)}
        assert found.figure_percent == third[figure]
    else:
        assert found.figure_percent == int(figure)


def test_every_condition_is_explained_with_its_figure() -> None:
    told = list(judge(rule("CTH or RVC 40"), PATCHED).explained())
    assert told == [
        "met      CTH or RVC 40: 1 of 2 met, and one is asked for.",
        "  not met  CTH: 1 of 2 foreign materials unchanged or excepted, 10 % of the price: 620311 10.00.",
        "  met      RVC 40: (100.00 - 55.00) / 100.00 = 45 %, at least 40 %.",
    ]


def test_shown_shares_are_cut_on_the_side_of_doubt() -> None:
    almost = made(100_000, ("520942", 60_001, "no"))
    assert "= ~39.99 %, below 40 %" in judge(rule("RVC 40"), almost).what
    assert "= ~60.01 %, above 60 %" in judge(rule("MaxNOM 60"), almost).what
    assert percent_text(Fraction(1, 3)) == "~0.3333"
    assert percent_text(Fraction(-1, 3), decimals=2) == "~-0.34"


def test_materials_that_speak_against_it_are_named_by_place() -> None:
    assert judge(rule("CTH"), PATCHED).against == (0,)
    assert judge(rule("RVC 90"), PATCHED).against == (0, 1)
    assert judge(rule("WO"), JAM).against == (1,)


def test_foreign_materials_dearer_than_the_product_leave_content_below_zero() -> None:
    assert judge(rule("RVC 0"), made(100, ("520942", 150, "no"))).figure_percent == -50
    assert not judge(rule("RVC 0"), made(100, ("520942", 150, "no"))).holds


def test_materials_worth_nothing_still_must_change() -> None:
    given_away = made(100, ("620311", 0, "no"))
    assert not judge(rule("CTH"), given_away).holds
    assert judge(rule("CTH tolerance 1"), given_away).holds


def test_price_of_nothing_is_refused() -> None:
    found = product(GoodsCode("620342"), 0, ())
    assert isinstance(found, Refusal) and found.reason == "BM01"
    assert isinstance(product(GoodsCode("620342"), 1, ()), Product)


def test_amounts_beyond_64_bits_are_exact() -> None:
    huge = 10**30
    assert judge(rule("RVC 40"), made(huge, ("520942", huge * 6 // 10, "no"))).holds
    assert not judge(rule("RVC 40"), made(huge, ("520942", huge * 6 // 10 + 1, "no"))).holds


def test_groups_too_deep_are_our_mistake() -> None:
    deep: Rule = WhollyObtained()
    for _ in range(30):
        deep = Every((deep,))
    with pytest.raises(InvariantBroken):
        judge(deep, HONEY)


# --- what holds always ----------------------------------------------------------------------------------


@given(products, percents, percents)
def test_judging_is_monotone_in_the_percentage(of: Product, one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    assert judge(RegionalValue(low), of).holds >= judge(RegionalValue(high), of).holds
    assert judge(ForeignValue(high), of).holds >= judge(ForeignValue(low), of).holds


@given(products, rules, st.integers(0, 5))
def test_a_better_material_never_harms(of: Product, by: Rule, place: int) -> None:
    """Every rule is monotone: a material that becomes wholly obtained loses nobody the origin."""
    if place < len(of.materials):
        better = list(of.materials)
        better[place] = replace(better[place], standing=Standing.WHOLLY)
        assert judge(by, replace(of, materials=tuple(better))).holds >= judge(by, of).holds


@given(products, materials, rules)
def test_one_material_more_never_helps(of: Product, more: object, by: Rule) -> None:
    fuller = replace(of, materials=(*of.materials, more))  # type: ignore[arg-type]
    assert judge(by, of).holds >= judge(by, fuller).holds


@given(products, percents)
def test_content_and_foreign_value_are_two_sides(of: Product, percent: Fraction) -> None:
    assert judge(RegionalValue(percent), of).holds is judge(ForeignValue(100 - percent), of).holds


@given(products, st.lists(conditions, min_size=1, max_size=4))
def test_groups_are_and_and_or(of: Product, parts: list[Rule]) -> None:
    each = [judge(part, of).holds for part in parts]
    assert judge(Every(tuple(parts)), of).holds is all(each)
    assert judge(Either(tuple(parts)), of).holds is any(each)


@given(products)
def test_changes_are_nested(of: Product) -> None:
    """Another chapter is another heading, and another heading another subheading."""
    holds = [judge(rule(text), of).holds for text in ("CC", "CTH", "CTSH", "AH")]
    assert holds == sorted(holds)


@given(products, rules, st.integers(2, 1000))
def test_scale_does_not_matter(of: Product, by: Rule, times: int) -> None:
    scaled = tuple(replace(each, value_minor=each.value_minor * times) for each in of.materials)
    larger = replace(of, price_minor=of.price_minor * times, materials=scaled)
    assert _figures(judge(by, larger)) == _figures(judge(by, of))


def _figures(found: Judgement) -> list[object]:
    below = [figure for part in found.parts for figure in _figures(part)]
    return [found.holds, found.figure_percent, found.against, *below]
