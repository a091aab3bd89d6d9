"""Products, materials and rules for the tests of this folder."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.nomenclature import GoodsCode, subheadings
from tasviya.customs.origin import (
    Change,
    Codes,
    Either,
    Every,
    ForeignValue,
    Material,
    Product,
    RegionalValue,
    Rule,
    Standing,
    WhollyObtained,
)
from tasviya.customs.origin_rule import read_rule

SUBHEADINGS = sorted(subheadings())


def made(price_minor: int, *materials: tuple[str, int, str], of: str = "620342") -> Product:
    """A product of materials as code, value in minor units, and no, yes or wholly."""
    bill = tuple(Material(GoodsCode(code), value, Standing(told)) for code, value, told in materials)
    return Product(GoodsCode(of), price_minor, bill)


def rule(text: str, tolerance: int = 0) -> Rule:
    found = read_rule(text, tolerance_percent=Fraction(tolerance))
    assert not isinstance(found, Refusal), found
    return found


goods_codes = st.builds(
    lambda code, national: GoodsCode(code + national),
    st.sampled_from(SUBHEADINGS[:60]) | st.sampled_from(SUBHEADINGS),
    st.sampled_from(["", "00", "1234"]),
)
materials = st.builds(Material, goods_codes, st.integers(0, 20_000), st.sampled_from(Standing))
products = st.builds(Product, goods_codes, st.integers(1, 30_000), st.lists(materials, max_size=6).map(tuple))
percents = st.integers(0, 1_000_000).map(lambda number: Fraction(number, 10_000))


def _codes(codes: list[str], digits: int) -> Codes:
    first, last = sorted(code[:digits] for code in codes)
    return Codes(first, last)


code_lists = st.lists(
    st.builds(
        _codes,
        st.lists(st.sampled_from(SUBHEADINGS), min_size=2, max_size=2),
        st.sampled_from((2, 4, 6)),
    ),
    max_size=3,
).map(tuple)
conditions: st.SearchStrategy[Rule] = (
    st.builds(WhollyObtained, code_lists)
    | st.builds(Change, st.sampled_from((0, 2, 4, 6)), code_lists, percents | st.just(Fraction(0)))
    | st.builds(RegionalValue, percents)
    | st.builds(ForeignValue, percents, code_lists)
)


def _groups(below: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    parts = st.lists(below, min_size=2, max_size=3).map(tuple)
    return st.builds(Every, parts) | st.builds(Either, parts)


rules = st.recursive(conditions, _groups, max_leaves=5)
