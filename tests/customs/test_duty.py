"""Duties to the minor unit: official results, a second way of working them out, columns next to lines."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.core.rounding import Rounding, rounded
from tasviya.customs.duty import DUTY_CODES, Assessment, Line, Plan, assess, plan, total
from tasviya.customs.duty_columns import MISSING, DutyTable, State, assess_columns
from tasviya.customs.duty_expression import Bound, Expression, Kind, Unit, parse
from tasviya.customs.tariff import Claim, Tariff, read_tariff
from tasviya.customs.tax_law import TaxLaw, read_law
from tasviya.customs.valuation import Part, customs_value
from tasviya.services.duty import asked_quantities

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "customs"
EXAMPLE = Path(__file__).parents[2] / "examples" / "customs"
DAY = date(2026, 10, 1)
RATES = {"EUR": Fraction("512.34"), "GBP": Fraction("590.02")}


def law_of(*taxes: str, currency: str = "GBP", more: str = "") -> TaxLaw:
    """A law with taxes given as `code=rounding=what it is on` and whatever more."""
    text = f'member = "XX"\ncurrency = "{currency}"\ntariff = "XX.csv"\n'
    for each in taxes:
        code, rounding, on = each.split("=")
        listed = ", ".join(f'"{name}"' for name in on.split())
        text += f'[[tax]]\ncode = "{code}"\nrounding = "{rounding}"\non = [{listed}]\n'
    return read_law(text + more, "XX.toml")


def tariff_of(law: TaxLaw, *rows: str, head: str = "tax,goods,rate") -> Tariff:
    return read_tariff("\n".join((head, *rows)) + "\n", law, "XX.csv")


def planned(tariff: Tariff, goods: str = "0101", origin: str = "MD", day: date = DAY, **more: Any) -> Plan:
    made = plan(tariff, Claim(goods, origin, day, **more), RATES)
    assert isinstance(made, Plan), str(made)
    return made


def refused(tariff: Tariff, goods: str = "0101", origin: str = "MD", day: date = DAY, **more: Any) -> Refusal:
    made = plan(tariff, Claim(goods, origin, day, **more), RATES)
    assert isinstance(made, Refusal)
    assert made.reason in DUTY_CODES or made.reason == "TF06"
    assert made.cure and made.where
    return made


def paid(made: Plan, value: int, quantities: dict[Unit, int] | None = None) -> dict[str, int]:
    found = assess(made, Line(value, quantities or {}))
    assert isinstance(found, Assessment), str(found)
    return total([found])


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


ROUNDINGS = """
member  rounding  unit  base      rate    assessed
UK      down      0.01  296.24    20      59.24     TT_IM065a, half up would be 59.25
UK      down      0.01  141.88    20      28.37     TT_IM119a
UK      down      0.01  2365.53   20      473.10    TT_IM189a
US      half_up   0.01  14172.00  2.9     410.99    an entry summary of the US customs
US      half_up   0.01  14172.00  25      3543.00   the same
AL      half_up   1     10363     6       622       a declaration of Albania
AL      half_up   1     11012     20      2202      the same
AL      half_up   1     1089      20      218       the same
"""


@pytest.mark.parametrize("row", ROUNDINGS.strip().splitlines()[1:])
def test_rounding_is_the_members_law(row: str) -> None:
    _, rounding, unit, base, rate, assessed, *_ = row.split()
    money = f'rounding_unit = "{unit}"\n'
    tariff = tariff_of(law_of(f"A00={rounding}=value", more=money), f"A00,,{rate}%")
    assert paid(planned(tariff), minor(base)) == {"A00": minor(assessed)}


def test_official_tax_lines_recompute() -> None:
    """Every ad valorem line that HMRC publishes with its examples, but those marked as relieved or printed
    with a rounded rate."""
    file = SHARED / "vectors" / "hmrc_lines.json"
    if not file.is_file():
        pytest.skip("the official tax lines are not at hand")
    lines = json.loads(file.read_text(encoding="utf-8"))
    wrong = []
    for line in lines:
        tariff = tariff_of(law_of("A00=down=value"), f"A00,,{line['rate_percent']}%")
        net = paid(planned(tariff), minor(line["base"]))["A00"] - minor(line["deduct"])
        if (net == minor(line["assessed"])) != line["ok"]:
            wrong.append(line)
    assert not wrong and len(lines) >= 100


TAXES_IN_ORDER = """
case                     value    taxes in order, with rate or amount per item             VAT base  VAT
TT_IM031a, wine          2000.00  A00:4.50 GBP/item 333:387.60 GBP/item                    2392.10   478.42
TT_IM058a, steel         3000.00  A20:25% A21:35%                                          4800.00   960.00
TT_IM001a, brushes       1000.00  A00:2%                                                   1020.00   204.00
TT_IM065a, juice         1400.00  A00:5.2%                                                 1472.80   294.56
"""


@pytest.mark.parametrize("row", TAXES_IN_ORDER.strip().splitlines()[1:])
def test_vat_is_on_the_sum(row: str) -> None:
    """HMRC's published examples: VAT stands on value, duties and excise."""
    name, value, *middle, base, vat = row.replace(", ", "_").replace(" GBP", "_GBP").split()
    taxes = [each.replace("_", " ").split(":") for each in middle]
    codes = [code for code, _ in taxes]
    law = law_of(*(f"{code}=down=value" for code in codes), f"VAT=down=value {' '.join(codes)}")
    tariff = tariff_of(law, *(f"{code},,{rate}" for code, rate in taxes), "VAT,,20%")
    found = assess(planned(tariff), Line(minor(value), {Unit.ITEM: 1000}))
    assert isinstance(found, Assessment), name
    assert (found.charges[-1].base, found.charges[-1].amount) == (minor(base), minor(vat))


EXPRESSIONS = """
duty      value    quantities              rate
800.00    1200.00  kg=10000                13.8% MIN 13 GBP / 100 kg MAX 15 GBP / 100 kg - 7 GBP / 100 kg
9.00      1.00     vol_hl=18               0.50 GBP / % vol / hl
288.20    1000.00  kg=200                  10.20% + 93.10 GBP / 100 kg
45.00     1000.00  item=100                4.50% MIN 0.30 GBP / item MAX 0.80 GBP / item
30.00     100.00   item=100                4.50% MIN 0.30 GBP / item MAX 0.80 GBP / item
80.00     5000.00  item=100                4.50% MIN 0.30 GBP / item MAX 0.80 GBP / item
22.00     100.00   kg=100                  18.40% MIN 22.00 GBP / 100 kg MAX 24.00 GBP / 100 kg
271.50    1000.00  kg=500                  9.10% + 45.10 GBP / 100 kg MAX 18.90% + 16.50 GBP / 100 kg
27.00     1000.00  item=10                 0.50 GBP / item MIN 2.70% MAX 4.60%
72.00     1000.00  vol_hl=45,hl=10         1.30 GBP / % vol / hl MIN 7.20 GBP / hl
194.50    1000.00  vol_hl=145,hl=10        0.90 GBP / % vol / hl + 6.40 GBP / hl
0.00      1000.00  kg=1000                 5% - 10 GBP / kg
"""


@pytest.mark.parametrize("row", EXPRESSIONS.strip().splitlines()[1:])
def test_rates_are_folded_from_the_left(row: str) -> None:
    """The first from the tests of HMRC's public duty calculator, the others after the EU's kinds of rates."""
    duty, value, quantities, rate = row.split(maxsplit=3)
    given = {Unit(name): int(text) * 1000 for name, text in (q.split("=") for q in quantities.split(","))}
    tariff = tariff_of(law_of("A00=down=value"), f"A00,,{rate}")
    assert paid(planned(tariff), minor(value), given) == {"A00": minor(duty)}


@pytest.mark.parametrize(("day", "duty"), [((6, 15), 120), ((6, 16), 60), ((7, 15), 60), ((7, 16), 120)])
def test_a_season_may_wrap_the_years_end(day: tuple[int, int], duty: int) -> None:
    tariff = tariff_of(law_of("A00=down=value"), 'A00,,"12% (16 JUL - 15 JUN), 6% (16 JUN - 15 JUL)"')
    assert paid(planned(tariff, day=date(2026, *day)), 1000) == {"A00": duty}


def test_expressions_of_the_reference_recompute() -> None:
    file = SHARED / "vectors" / "vectors_expr.json"
    if not file.is_file():
        pytest.skip("the reference's expressions are not at hand")
    law = law_of("A00=down=value", currency="EUR")
    for case in json.loads(file.read_text(encoding="utf-8")):
        parts = divmod(case["mmdd"] or 1001, 100)
        names = {"pvol_hl": "vol_hl"}
        given = {
            Unit(names.get(n, n)): int(Decimal(q) * 1000) for n, q in case["qty"].items() if q is not None
        }
        rates = {"GBP": Fraction(1)}
        made = plan(tariff_of(law, f'A00,,"{case["expr"]}"'), Claim("0101", "MD", date(2026, *parts)), rates)
        assert isinstance(made, Plan)
        assert paid(made, minor(case["customs_value"]), given) == {"A00": minor(case["duty"])}, case


HEAD = "tax,goods,rate,origin,excluded,valid_from,valid_to,preference,additional,quota"
SELECTING = law_of(
    "A00=down=value",
    "A30=down=value",
    more='every = true\n[groups]\nALL = ["MD", "TN"]\n[[preference]]\ncode = "GSP"\norigin = "TN"\n'
    'tax = "A00"\npercent = "75"\n',
)
MEASURES = (
    "A00,01,10%,,,,,,,",
    "A00,0101,9%,,,,2026-12-31,,,",
    "A00,0101,8%,,,2027-01-01,,,,",
    "A00,0101,7%,ALL,TN,,,,,",
    "A00,0101,6%,MD,,,,300,,",
    "A00,0101,5%,,,,,,,Q1",
    "A30,0101,30%,CN,,,,,C1,",
    "A30,0101,40%,CN,,,,,C9,",
    "A30,01,2%,CN,,,,,,",
)
CHOICES = """
goods     origin  more                      day         pays A00, A30
0199      MD      -                         2026-10-01  100 -
0101      US      -                         2026-12-31  90 -
0101      US      -                         2027-01-01  80 -
010121    MD      -                         2026-10-01  70 -
0101      TN      -                         2026-10-01  90 -
0101      MD      preference=300            2026-10-01  60 -
0101      TN      preference=GSP            2026-10-01  67 -
0101      MD      quota=Q1                  2026-10-01  50 -
0101      CN      additional=C1             2026-10-01  90 320
0101      CN      additional=C9             2026-10-01  90 420
"""


@pytest.mark.parametrize("row", CHOICES.strip().splitlines()[1:])
def test_the_nearest_measure_is_charged(row: str) -> None:
    goods, origin, more, day, duty, stacked = row.split()
    claimed: dict[str, Any] = dict([more.split("=")]) if "=" in more else {}
    if "additional" in claimed:
        claimed["additional"] = frozenset([claimed["additional"]])
    tariff = tariff_of(SELECTING, *MEASURES, head=HEAD)
    found = paid(planned(tariff, goods, origin, date.fromisoformat(day), **claimed), 1000)
    assert found == {"A00": int(duty)} | ({} if stacked == "-" else {"A30": int(stacked)})


def example() -> Tariff:
    law = read_law((EXAMPLE / "KZ.toml").read_text(encoding="utf-8"), "KZ.toml")
    return read_tariff((EXAMPLE / "KZ.csv").read_text(encoding="utf-8"), law, "KZ.csv")


@pytest.mark.parametrize(("price", "specific"), [(7770, 2980), (7780, 680), (8459, 680), (8460, 0)])
def test_entry_price_chooses_the_rate(price: int, specific: int) -> None:
    """A hundred kilograms at so many cents of the euro, at 512.34 tenge."""
    value = round(price * Fraction("512.34"))
    value += value < price * Fraction("512.34")  # not below the price that it stands for
    found = paid(planned(example(), "070200"), value, {Unit.KG: 100_000})
    exact = value * Fraction("0.088") + specific * Fraction("512.34")
    assert found["DUTY"] == rounded(exact, Rounding.DOWN)


def test_agricultural_component_is_looked_up() -> None:
    made = planned(example(), "1806", "CH", additional=frozenset(["7002"]))
    found = paid(made, 100_000_000, {Unit.KG: 100_000})
    assert found["DUTY"] == 8_300_000 + int(2175 * Fraction("512.34"))
    assert "7001, 7002" in refused(example(), "1806", "CH").cure


def test_rounding_of_a_total() -> None:
    """Three lines of 0.4 make 1.2 together: rounded to whole ones 1, not nothing."""
    level = 'rounding_unit = "1"\nlevel = "total"\n'
    made = planned(tariff_of(law_of("FEE=half_up=value", more=level), "FEE,,10%"))
    lines = [assess(made, Line(400, {}))] * 3
    assert total([each for each in lines if isinstance(each, Assessment)]) == {"FEE": 100}


REFUSED: dict[str, Callable[[], Refusal]] = {
    "CD01": lambda: refused(example(), "9901"),
    "CD03": lambda: refused(tariff_of(law_of("A00=down=value"), "A00,,1 CHF / kg")),
    "CD04": lambda: refused(example(), "7210", "CN"),
    "CD05": lambda: refused(example(), "5209", "CN", preference="FTA"),
}


@pytest.mark.parametrize("code", REFUSED)
def test_refusals(code: str) -> None:
    assert REFUSED[code]().reason == code


def test_a_lost_zero_is_suggested_and_never_put_in() -> None:
    assert "0201" in refused(example(), "201").cure


def test_a_missing_quantity_names_its_unit() -> None:
    made = assess(planned(example(), "0201"), Line(1000, {}))
    assert isinstance(made, Refusal) and made.reason == "CD02" and "kg=" in made.cure


def test_a_value_is_added_exactly_and_rounded_once() -> None:
    law = example().law
    euro, tenge = law_of("A00=down=value", currency="EUR").currency, law.currency
    parts = [Part("price", 1, euro), Part("freight", 1, euro), Part("discount", -3, tenge)]
    made = customs_value(parts, RATES, law)
    assert not isinstance(made, Refusal) and made.minor == 1022  # 512.34 + 512.34 - 3, half up
    assert isinstance(nothing := customs_value([], RATES, law), Refusal) and nothing.reason == "CD06"
    dear = customs_value([Part("price", 10**16, tenge)], RATES, law)
    assert isinstance(dear, Refusal) and dear.reason == "CD06"
    far = customs_value(parts, {}, law)
    assert isinstance(far, Refusal) and far.reason == "CD03" and far.transient


RATE_TEXTS = (
    "0%",
    "12.5%",
    "3.3333% MIN 0.17 EUR / 100 kg",
    "10.20% + 93.10 EUR / 100 kg",
    "4.50% MIN 0.30 EUR / item MAX 0.80 EUR / item",
    "9.10% + 45.10 EUR / 100 kg MAX 18.90% + 16.50 EUR / 100 kg",
    "1.30 EUR / % vol / hl MIN 7.20 EUR / hl",
    "13.8% MIN 13.00 GBP / 100 kg MAX 15.00 GBP / 100 kg - 7.00 GBP / 100 kg",
)


def by_hand(text: str, value: int, quantities: dict[Unit, int], share: Fraction) -> Fraction:
    """The duty in minor units, in fractions throughout."""
    read = parse(text)
    assert isinstance(read, Expression)
    folded = Fraction(0)
    for clause in read.on(DAY):
        amount = Fraction(0)
        for each in clause.components:
            if each.kind is Kind.PERCENT:
                amount += each.sign * value * Fraction(each.amount) / 100
            else:
                assert each.unit
                rate = RATES[each.currency] * 100
                amount += (
                    each.sign
                    * Fraction(quantities[each.unit], 1000)
                    / each.per
                    * Fraction(each.amount)
                    * rate
                )
        limit = {Bound.START: lambda _, new: new, Bound.MIN: max, Bound.MAX: min}[clause.bound]
        folded = limit(folded, amount)
    return max(folded, Fraction(0)) * share


@given(
    texts=st.lists(st.sampled_from(RATE_TEXTS), min_size=2, max_size=4),
    value=st.integers(1, 10**15),
    quantity=st.integers(0, 10**15),
    roundings=st.lists(st.sampled_from(tuple(Rounding)), min_size=4, max_size=4),
    share=st.sampled_from(["100", "75", "33.3"]),
)
@settings(max_examples=200, deadline=None)
def test_lines_columns_and_fractions_agree(
    texts: list[str], value: int, quantity: int, roundings: list[Rounding], share: str
) -> None:
    """Exact rates here fit in millionths, so all three give the same unit, whatever its size."""
    codes = [f"T{number}" for number in range(len(texts))]
    taxes = (f"{code}={roundings[n]}=value {' '.join(codes[:n])}" for n, code in enumerate(codes))
    preference = f'[[preference]]\ncode = "P"\norigin = "MD"\ntax = "T0"\npercent = "{share}"\n'
    tariff = tariff_of(
        law_of(*taxes, currency="KZT", more=preference), *map(",,".join, zip(codes, texts, strict=True))
    )
    made = planned(tariff, preference="P")
    quantities = dict.fromkeys((Unit.KG, Unit.HL, Unit.VOL_HL, Unit.ITEM), quantity)
    found = assess(made, Line(value, quantities))
    assert isinstance(found, Assessment)
    base = value
    for number, charge in enumerate(found.charges):
        exact = by_hand(
            texts[number], base, quantities, Fraction(share) / 100 if number == 0 else Fraction(1)
        )
        assert abs(exact * 10**6 - charge.exact) < 10
        assert charge.amount == rounded(Fraction(charge.exact, 10**6), roundings[number])
        base += charge.amount
    table = DutyTable.of([made])
    columns = assess_columns(
        table,
        np.zeros(2, np.int64),
        np.array([value, 1]),
        np.full((2, len(table.units)), quantity, np.int64),
    )
    assert columns.amounts[0].tolist() == [charge.amount for charge in found.charges]


def test_columns_leave_to_lines_what_they_cannot_do() -> None:
    plans = [planned(example(), "070200"), planned(example(), "0201"), planned(example(), "1001", "RU")]
    table = DutyTable.of(plans)
    kg = [MISSING] * len(table.units)
    kg[table.units.index(Unit.KG)] = 100_000
    quantities = np.array([kg, [MISSING] * len(table.units), kg, kg], np.int64)
    made = assess_columns(table, np.array([0, 1, 2, 1]), np.array([8_000_000, 5, 7, 1 << 62]), quantities)
    assert made.state.tolist() == [State.ASSESSED, State.REFUSED, State.ASSESSED, State.ASSESSED]
    alone = assess(plans[1], Line(1 << 62, {Unit.KG: 100_000}))
    assert isinstance(alone, Assessment)
    assert made.amounts[3].tolist() == [charge.amount for charge in alone.charges]
    assert made.amounts[1].tolist() == [0] * table.width


@pytest.mark.parametrize("text", ["1e99999999", "-1", "0.0001", "1" * 40, "", "1,5", "٥", "nan", "1e3"])
def test_a_quantity_is_plain_digits(text: str) -> None:
    found = asked_quantities({"kg": text})
    assert isinstance(found, Refusal) and found.reason == "CD06" and found.where == "quantity kg"
    assert asked_quantities({"kg": "12.500"}) == {Unit.KG: 12_500}
