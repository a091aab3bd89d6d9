"""Duty rates are read as tariffs write them, and what is defective is refused with its place."""

from __future__ import annotations

import csv
import gzip
import os
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.currencies import iso_currencies
from tasviya.core.errors import Refusal
from tasviya.customs.duty_expression import (
    CODES,
    LENGTH_MAX,
    Bound,
    Clause,
    Component,
    Expression,
    Kind,
    Season,
    Unit,
    parse,
)
from tasviya.customs.duty_units import OTHERS, QUALIFIED, SPELLINGS

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data"
TARIFF = SHARED / "customs" / "tariff" / "uk_cet_ukgt_2020.csv.gz"


def readable(text: str) -> Expression:
    found = parse(text)
    assert isinstance(found, Expression), f"{text}: {found}"
    return found


def refused(text: str) -> Refusal:
    found = parse(text)
    assert isinstance(found, Refusal), f"{text!r} was read as {found}"
    return found


def told(expression: Expression) -> str:
    """An expression in short: sign, amount, currency, unit and count of each component."""
    if expression.entry_price:
        return "entry price"
    seasons = []
    for season in expression.seasons:
        words = [] if (season.first, season.last) == (101, 1231) else [f"{season.first:04}-{season.last:04}:"]
        for clause in season.clauses:
            if clause.bound is not Bound.START:
                words.append(clause.bound)
            for each in clause.components:
                sign = "-" if each.sign < 0 else "+"
                if each.kind is Kind.SPECIFIC:
                    words.append(f"{sign}{each.amount:f}_{each.currency}/{each.per}_{each.unit}")
                else:
                    words.append(sign + (each.table or f"{each.amount:f}%"))
        seasons.append(" ".join(words))
    return " ".join(seasons)


READ = """
    0%                                      | +0%
    free                                    | +0%
    FREE                                    | +0%
    11.5%                                   | +11.5%
    6.50 %                                  | +6.50%
    5% - 2%                                 | +5% -2%
    5% − 2%                                 | +5% -2%
    1,234.5%                                | +1234.5%
    41.20 EUR/100kg                         | +41.20_EUR/100_kg
    4 GBP / 1000 kg                         | +4_GBP/1000_kg
    2.60 EUR / tonne                        | +2.60_EUR/1000_kg
    3 CHF / 2 t                             | +3_CHF/2000_kg
    £13 / 100 kg                            | +13_GBP/100_kg
    1.1€/100kg/net                          | +1.1_EUR/100_kg
    EUR 5 / kg                              | +5_EUR/1_kg
    5 usd / KG                              | +5_USD/1_kg
    7 KZT/100 kg / gross                    | +7_KZT/100_kg_gross
    2€/100kg/br                             | +2_EUR/100_kg_gross
    8% + 3.10 GBP/100kg eda                 | +8% +3.10_GBP/100_kg_drained
    1 EUR / 100 kg / net drained wt         | +1_EUR/100_kg_drained
    35 GBP/100kg mas                        | +35_GBP/100_kg_dry
    42.70 EUR / 100 kg / net dry            | +42.70_EUR/100_kg_dry
    28 GBP/100kg std qual                   | +28_GBP/100_kg_standard
    0.30 GBP/100kg/net/%sacchar.            | +0.30_GBP/100_kg_saccharin
    0.40 EUR / 100 kg /net/ % sacchar.      | +0.40_EUR/100_kg_saccharin
    1.30 GBP/kg/lactic matter + 18 GBP/hl   | +1.30_GBP/1_kg_lactic +18_GBP/1_hl
    0.07 EUR / kg / dry lactic matter       | +0.07_EUR/1_kg_lactic_dry
    1.62 EUR / kg / tot alc                 | +1.62_EUR/1_kg_alcohol
    17 GBP / hl                             | +17_GBP/1_hl
    1.40 GBP / % vol / hl + 5.30 GBP/hl     | +1.40_GBP/1_vol_hl +5.30_GBP/1_hl
    0.20 GBP/ item                          | +0.20_GBP/1_item
    35 EUR / 1,000 items                    | +35_EUR/1000_item
    0.5 EUR / p/st                          | +0.5_EUR/1_item
    2 SAR / pair                            | +2_SAR/1_pair
    8% MAX 2.80 EUR / m2                    | +8% max +2.80_EUR/1_m2
    5.40% max 3.50 EUR / 100 m              | +5.40% max +3.50_EUR/100_m
    6 NOK / m³                              | +6_NOK/1_m3
    3 INR / litre                           | +3_INR/1_litre
    4.5% MIN 0.30 EUR/item MAX 0.80 EUR/item | +4.5% min +0.30_EUR/1_item max +0.80_EUR/1_item
    0.50 EUR / item min 2.70%Max4.60%       | +0.50_EUR/1_item min +2.70% max +4.60%
    9% +  EA MAX 24.20%  + ADSZ             | +9% +EA max +24.20% +ADSZ
    9% + ea MAX 20.70% + adfm               | +9% +EA max +20.70% +ADFM
    13.8% MIN 13.00 GBP / 100 kg MAX 15.00 GBP / 100 kg - 7.00 GBP / 100 kg | +13.8% min +13.00_GBP/100_kg max +15.00_GBP/100_kg -7.00_GBP/100_kg
    12% (16 JUL–15 JUN), 6% (16 JUN–15 JUL) | 0716-0615: +12% 0616-0715: +6%
    9% (1 JAN-14 FEB, 16 June - 31  DEC),free(15 FEB-15 june) | 0101-0214: +9% 0616-1231: +9% 0215-0615: +0%
    5% (01 SEPT - 31 AUG)                   | 0901-0831: +5%
    1% (1 Mar-29 Feb)                       | 0301-0229: +1%
    Entry Price                             | entry price
    entry  price                            | entry price
"""  # noqa: E501


@pytest.mark.parametrize("line", READ.strip().splitlines(), ids=lambda line: line.partition("|")[0].strip())
def test_rate_is_read(line: str) -> None:
    text, _, expected = line.partition("|")
    found = readable(text.strip())
    assert told(found) == expected.strip()
    assert found.text == text.strip()
    assert readable(str(found)).seasons == found.seasons


def test_table_has_every_unit_and_kind() -> None:
    units = {
        each.unit for line in READ.strip().splitlines() for each in parts(readable(line.partition("|")[0]))
    }
    rarer = {"kg_raw_sugar", "gram", "carat", "litre_alcohol", "mwh", "tj"}
    assert {unit for unit in Unit if unit not in units} == rarer


def parts(expression: Expression) -> list[Component]:
    return [part for season in expression.seasons for clause in season.clauses for part in clause.components]


@pytest.mark.parametrize("blank", ["\u00a0", "\u2009", "\u202f", "\u2003", "\t", "  ", "\u200b \ufeff"])
def test_blanks_of_every_width_are_blanks(blank: str) -> None:
    text = "4.5% MIN 0.30 EUR / 100 kg / gross MAX 8%"
    assert readable(text.replace(" ", blank)).seasons == readable(text).seasons


def test_characters_without_width_mean_nothing_and_keep_places_right() -> None:
    assert readable("1\u200b1.5\ufeff%").seasons == readable("11.5%").seasons
    assert refused("\u200b\u200b5% + ?").where == "8"


REFUSED = """
    DE01 | 1  |
    DE03 | 1  | ?
    DE03 | 1  | duty free
    DE03 | 6  | 5% + x
    DE03 | 1  | )
    DE03 | 1  | ٥%
    DE04 | 1  | 13,8%
    DE04 | 1  | 1.2.3%
    DE04 | 1  | 5.%
    DE04 | 1  | 12,34,567%
    DE04 | 1  | 1234567890123%
    DE04 | 6  | 1% + 0.1234567%
    DE05 | 1  | 7.2 MIN 0.36 EUR/100 kg
    DE05 | 1  | 24 + 4.2 EUR/100 kg
    DE05 | 6  | 5% + 5
    DE05 | 1  | 5 per cent
    DE05 | 1  | 1 000 EUR / kg
    DE06 | 3  | 4 $ / kg
    DE06 | 1  | US$4 / kg
    DE07 | 3  | 4 XYZ / kg
    DE07 | 3  | 4 XAU / kg
    DE07 | 3  | 4 roubles / kg
    DE08 | 6  | 4 EUR
    DE08 | 7  | 4 EUR MIN 3%
    DE08 | 7  | 4 EUR / + 3%
    DE09 | 9  | 4 EUR / bushel
    DE09 | 9  | 4 EUR / 0 kg
    DE09 | 9  | 4 EUR / 100 kg 5%
    DE09 | 9  | 4 EUR / 12345678 kg
    DE10 | 6  | 5% + - 3%
    DE10 | 8  | 5% MIN MAX 3%
    DE10 | 5  | 5% +
    DE10 | 6  | 5% + (5%)
    DE10 | 7  | 5% MAX
    DE10 | 4  | 5% 3%
    DE10 | 3  | 5%, 3%
    DE10 | 1  | - 5%
    DE11 | 1  | MIN 4 EUR / kg
    DE11 | 1  | max 5%
    DE12 | 5  | 5% (31 APR - 30 APR)
    DE12 | 14 | 5% (01 JAN - 31 APR)
    DE12 | 5  | 5% (00 JAN - 31 DEC)
    DE12 | 5  | 5% (30 FEB - 31 DEC)
    DE12 | 5  | 5% (01 JAM - 31 DEC)
    DE12 | 5  | 5% (01-31 DEC)
    DE12 | 5  | 5% ()
    DE12 | 23 | 5% (01 JAN - 30 JUN , 01-31 DEC)
    DE13 | 24 | 5% (01 JAN - 30 JUN),  3%
    DE13 | 4  | 5% (01 JAN - 31 DEC
    DE13 | 1  | (01 JAN - 31 DEC)
    DE13 | 22 | 5% (01 JAN - 31 DEC),
    DE14 | 5  | 5% (01 JAN - 30 NOV)
    DE14 | 27 | 5% (01 JAN - 30 JUN), 3% (30 JUN - 31 DEC)
    DE14 | 27 | 5% (01 JAN - 30 JUN), 3% (01 AUG - 31 DEC)
    DE14 | 27 | 5% (01 JAN - 29 FEB), 3% (29 FEB - 31 DEC)
    DE14 | 5  | 5% (02 MAR - 28 FEB)
"""


@pytest.mark.parametrize("line", REFUSED.strip().splitlines(), ids=str.strip)
def test_what_is_defective_is_refused_with_its_place(line: str) -> None:
    code, where, text = (cell.strip() for cell in line.split("|"))
    refusal = refused(text)
    assert (refusal.reason, refusal.where) == (code, where), refusal
    assert refusal.what.endswith(".")
    assert refusal.cure.endswith(".")


def test_every_code_is_met() -> None:
    met = {line.split("|")[0].strip() for line in REFUSED.strip().splitlines()}
    assert met | {"DE02"} == set(CODES)


def test_refusal_says_the_day_and_what_was_found() -> None:
    assert refused("5% (01 JAN - 31 APR)").what == "31 APR is no date."
    assert refused("5% (01 JAN - 30 JUN), 3% (01 AUG - 31 DEC)").what == "01 JUL has no rate."
    assert refused("5% (01 JAN - 30 JUN), 3% (30 JUN - 31 DEC)").what == "30 JUN has two rates."
    assert refused("24 + 4.2 EUR/100 kg").cure.startswith("Write 24%")
    assert "USD" in refused("4 $ / kg").cure


HOSTILE = ("(", ")", "1", "1,", "1.", " ", "+", "5% ", "5%+", "MIN ", "5% MIN ", "/", "1 EUR / ",
           "1 EUR / kg+", "a", "$", "a$", "%", "5%(1 JAN-1 JAN),", "1 EUR / 1,000 ", "\u200b", "kg/", "% ",
           " /", "-")  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_little(piece: str) -> None:
    text = (piece * LENGTH_MAX)[:LENGTH_MAX]
    began = perf_counter()
    parse(text)
    assert perf_counter() - began < 0.5
    assert refused(text + "%").reason == "DE02"


@given(st.text(max_size=60))
def test_text_never_raises(text: str) -> None:
    assert isinstance(parse(text), Expression | Refusal)


PIECES = ("5%", "13.00", "GBP", "€", "$", "/", "100 kg", "hl", "MIN", "max", "+", "-", "(", ")", ",",
          "01 JAN", "31 APR", "31 DEC", "EA", "free", "% vol", "items", " ", "\u00a0", "\u200b", "1,0", "İ",
          "Entry Price")  # fmt: skip


@given(
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)
    | st.lists(st.sampled_from(PIECES)).map("".join)
)
def test_text_of_likely_pieces_never_raises_and_what_is_read_is_written_again(text: str) -> None:
    found = parse(text)
    if isinstance(found, Refusal):
        assert found.reason in CODES
        assert 1 <= int(found.where) <= len(text) + 1
    else:
        assert readable(str(found)).seasons == found.seasons


AMOUNTS = st.decimals(0, Decimal("999999999999"), places=6) | st.integers(0, 999).map(Decimal)
PERCENTS = st.builds(Component, st.just(1), st.just(Kind.PERCENT), AMOUNTS)
SPECIFICS = st.builds(
    Component,
    st.just(1),
    st.just(Kind.SPECIFIC),
    AMOUNTS,
    st.sampled_from(sorted(iso_currencies())),
    st.sampled_from(Unit),
    st.sampled_from((1, 2, 100, 1000)) | st.integers(1, 9_999_999),
)
TABLED = st.sampled_from(("EA", "ADSZ", "ADFM")).map(
    lambda name: Component(1, Kind.TABLE, Decimal(0), table=name)
)


@st.composite
def clauses(draw: st.DrawFn) -> tuple[Clause, ...]:
    made = []
    for place in range(draw(st.integers(1, 3))):
        bound = draw(st.sampled_from((Bound.MIN, Bound.MAX))) if place else Bound.START
        components = draw(st.lists(PERCENTS | SPECIFICS | TABLED, min_size=1, max_size=3))
        signs = [1, *(draw(st.sampled_from((1, -1))) for _ in components[1:])]
        signed = (replace(each, sign=sign) for each, sign in zip(components, signs, strict=True))
        made.append(Clause(bound, tuple(signed)))
    return tuple(made)


YEAR = [date(2024, 1, 1) + timedelta(days) for days in range(366)]


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    """The year cut at up to four days, the pieces in any order; or all of it."""
    cuts = sorted(draw(st.lists(st.sampled_from(range(366)), max_size=4, unique=True)))
    if not cuts:
        return Expression("", (Season(101, 1231, draw(clauses())),))
    seasons = []
    for first, after in zip(cuts, [*cuts[1:], cuts[0]], strict=True):
        begins, ends = YEAR[first], YEAR[after - 1]
        seasons.append(Season(begins.month * 100 + begins.day, ends.month * 100 + ends.day, draw(clauses())))
    return Expression("", tuple(draw(st.permutations(seasons))))


@given(expressions())
def test_expression_that_is_written_is_read_as_the_same(expression: Expression) -> None:
    again = readable(str(expression))
    assert again.seasons == expression.seasons
    assert str(again) == str(expression)


@given(expressions(), st.sampled_from(YEAR))
def test_each_day_has_the_clauses_of_its_season(expression: Expression, day: date) -> None:
    number = day.month * 100 + day.day
    (season,) = (each for each in expression.seasons if number in each)
    assert expression.on(day) == season.clauses


@pytest.mark.parametrize(
    ("text", "day", "percent"),
    [
        ("1% (01 JAN - 28 FEB), 2% (01 MAR - 31 DEC)", "2024-02-29", 1),
        ("1% (01 JAN - 28 FEB), 2% (01 MAR - 31 DEC)", "2024-02-28", 1),
        ("1% (01 JAN - 28 FEB), 2% (01 MAR - 31 DEC)", "2024-03-01", 2),
        ("2% (01 MAR - 28 FEB)", "2024-02-29", 2),
        ("1% (01 JAN - 28 FEB), 2% (29 FEB - 31 DEC)", "2024-02-29", 2),
        ("1% (01 JAN - 29 FEB), 2% (01 MAR - 31 DEC)", "2024-02-29", 1),
        ("1% (16 JUL - 15 JUN), 2% (16 JUN - 15 JUL)", "2024-12-31", 1),
        ("1% (16 JUL - 15 JUN), 2% (16 JUN - 15 JUL)", "2024-01-01", 1),
        ("1% (16 JUL - 15 JUN), 2% (16 JUN - 15 JUL)", "2024-06-16", 2),
        ("1%", "2024-02-29", 1),
    ],
)
def test_rate_on_a_day(text: str, day: str, percent: int) -> None:
    (clause,) = readable(text).on(date.fromisoformat(day))
    assert clause.components[0].amount == percent


def test_entry_price_has_no_clauses() -> None:
    found = readable("Entry Price")
    assert found.entry_price
    assert found.seasons == found.on(date(2026, 1, 1)) == ()
    assert str(found) == "Entry Price"


def test_every_spelling_is_of_a_unit_and_every_unit_has_one() -> None:
    assert set(SPELLINGS) == set(Unit) == {*QUALIFIED.values(), *OTHERS.values()}
    for words, unit in [
        *OTHERS.items(),
        *((f"kg/{words}", unit) for words, unit in QUALIFIED.items() if words),
    ]:
        (part,) = parts(readable(f"1 EUR / 7 {words}"))
        assert (part.unit, part.per) == (unit, 7)


# The tariffs of the UK and the EU in 2020, where they are at hand.


def rates_of(column: str) -> list[str]:
    if not TARIFF.exists():
        pytest.skip(f"{TARIFF.name} is not here: duty rates of the UK and the EU in 2020")
    with gzip.open(TARIFF, "rt", encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def test_all_rates_of_the_uk_are_read() -> None:
    rates = rates_of("ukgt_duty_rate")
    assert len(rates) == 11_830
    for text in rates:
        found = readable(text)
        assert readable(str(found)).seasons == found.seasons


def test_rates_of_the_eu_are_read_but_for_the_defective_ones() -> None:
    rates = rates_of("cet_duty_rate")
    defects: dict[str, int] = {}
    read = 0
    for text in rates:
        found = parse(text)
        if isinstance(found, Refusal):
            defects[found.reason] = defects.get(found.reason, 0) + 1
        else:
            read += 1
            assert readable(str(found)).seasons == found.seasons
    assert (read, len(rates)) == (11_816, 11_830)
    assert defects == {"DE05": 10, "DE12": 2, "DE13": 1, "DE14": 1}
