"""Envelopes of TARIC3 as a tariff: what is taken in, in which order, and what is refused or left out."""

from __future__ import annotations

import csv
import gzip
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from taric3_made import (
    DELETE,
    INSERT,
    UPDATE,
    Change,
    area,
    component,
    components,
    envelope,
    goods,
    measure,
    member,
    priced,
)

from tasviya.core.errors import Refusal
from tasviya.customs.duty_expression import Expression, parse
from tasviya.customs.formats.taric3 import Holdings, read, schema
from tasviya.customs.formats.taric3_duty import QUALIFIED, UNITS, DutyComponent, compose
from tasviya.customs.formats.taric3_goods import digits_of, lines_on
from tasviya.customs.formats.taric3_tariff import Made, tariff_of
from tasviya.customs.tax_law import TaxLaw, read_law

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data"
TARIFF = SHARED / "customs" / "tariff" / "uk_cet_ukgt_2020.csv.gz"
DAY = date(2026, 5, 1)
LAW = """member = "XX"
currency = "GBP"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
[[tax]]
code = "ADD"
on = ["value"]
rounding = "down"
every = true
[[taric]]
types = ["103", "122"]
tax = "DUTY"
[[taric]]
types = ["142"]
tax = "DUTY"
preference = "300"
[[taric]]
types = ["552"]
tax = "ADD"
[groups]
UNION = ["KG"]
"""


def law() -> TaxLaw:
    return read_law(LAW, "XX.toml")


def held(*transactions: Iterable[Change], before: Holdings | None = None) -> Holdings:
    raw = envelope(*transactions)
    tree = etree.fromstring(raw)
    assert schema().validate(tree), schema().error_log
    found = read([raw], before)
    assert isinstance(found, Holdings), found
    return found


def refused(raw: bytes, before: Holdings | None = None) -> Refusal:
    found = read([raw], before)
    assert isinstance(found, list)
    return found[0]


def made(*transactions: Iterable[Change]) -> Made:
    holdings = held(*transactions)
    return tariff_of(holdings, law(), lines_on(holdings, DAY))


def told(found: Made) -> list[str]:
    """Rows in short."""
    return [
        " ".join(
            filter(
                None,
                (
                    row.goods,
                    row.rate,
                    row.span.origin,
                    *(f"-{each}" for each in row.span.excluded),
                    f"{row.span.begins}..{'' if row.span.ends.year == 9999 else row.span.ends}",
                    row.preference,
                    row.additional,
                    row.quota,
                ),
            )
        )
        for row in found.rows
    ]


AREAS = [area(1, "1011", "1"), area(2, "MD"), area(3, "KG"), area(4, "2020", "1")]


# --- reading -----------------------------------------------------------------------------------------


def test_records_are_inserted_updated_and_deleted_in_their_order() -> None:
    holdings = held(
        priced(7, "5"),
        [(UPDATE, "measure.component", component(7, DutyComponent("01", "6")))],
        [(DELETE, "measure.component", component(7, DutyComponent("01", "6")))],
        [(INSERT, "measure.component", component(7, DutyComponent("01", "7")))],
    )
    assert [each["duty.amount"] for each in holdings.all("measure.component")] == ["7"]


def test_a_later_envelope_is_read_on_the_earlier_one_and_leaves_it_as_it_is() -> None:
    first = held(priced(7, "5"))
    change = [(UPDATE, "measure.component", component(7, DutyComponent("01", "6")))]
    second = held(change, before=first)
    assert told(tariff_of(first, law(), ())) == ["0702 5% * 2026-01-01.."]
    assert told(tariff_of(second, law(), ())) == ["0702 6% * 2026-01-01.."]


@pytest.mark.parametrize(
    ("update", "sid"), [(INSERT, 7), (UPDATE, 8), (DELETE, 8)], ids=["insert", "update", "delete"]
)
def test_what_does_not_fit_what_is_held_refuses_the_file_with_its_place(update: str, sid: int) -> None:
    before = held(priced(7))
    found = refused(envelope(priced(9), [(update, "measure", measure(sid))]), before)
    assert found.reason == "TX03" and found.where.startswith("transaction 2, message 3, line ")
    assert str(sid) in found.what and before.count("measure") == 1


def test_records_of_other_kinds_are_counted() -> None:
    other = {"language.id": "EN", "validity.start.date": "1990-01-01"}
    holdings = held([(INSERT, "language", other)], priced(7))
    assert holdings.ignored == {"language": 1}


GOOD = envelope(priced(7), priced(8))


@pytest.mark.parametrize(
    ("raw", "code", "where"),
    [
        (b"", "CUT-OFF", ""),
        (GOOD[:-30], "CUT-OFF", "line"),
        (GOOD + b"<more/>", "NOT-XML", "line"),
        (GOOD.replace(b"</measure.sid>", b"</measure.side>", 1), "NOT-XML", "line 3"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + GOOD, "DOCTYPE", ""),
        (GOOD.replace(b"<duty.amount>5", b"<duty.amount>&b;", 1), "NOT-XML", "line"),
        (GOOD + b"\xff", "ENCODING", ""),
        (GOOD.replace(b"UTF-8", b"UTF-16"), "ENCODING", ""),
        ("<a/>".encode("utf-16"), "ENCODING", ""),
        (b"<a>" * 5000, "TOO-DEEP", "line"),
        (b"<a/>", "TX01", "line 1"),
        (GOOD.replace(b"GENERAL:ENVELOPE", b"GENERAL:LETTER"), "TX01", "line"),
        (GOOD.replace(b"env:app.message", b"env:message"), "TX01", "line"),
        (GOOD.replace(b"<duty.amount>5", b"<duty.amount>five", 1), "TX02", "transaction 1, message 2, line"),
        (GOOD.replace(b"<stopped.flag>0</stopped.flag>", b"", 1), "TX02", "transaction 1, message 1, line"),
        (GOOD.replace(b"<measure.sid>7", b"<measure.sid>0", 1), "TX02", "transaction 1, message 1, line"),
        (GOOD.replace(b"2026-01-01", b"2026-02-30", 1), "TX02", "transaction 1, message 1, line"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(raw: bytes, code: str, where: str) -> None:
    found = refused(raw)
    assert (found.reason, found.where[: len(where)]) == (code, where) and found.cure.endswith(".")


@given(st.integers(1, 400))
def test_a_file_says_the_same_in_pieces_of_any_size(size: int) -> None:
    parts = [GOOD[at : at + size] for at in range(0, len(GOOD), size)]
    assert read(parts) == read([GOOD])


@given(st.integers(0, len(GOOD) - 2))
def test_a_file_that_is_cut_off_anywhere_is_refused(size: int) -> None:
    assert isinstance(read([GOOD[:size]]), list)


def test_characters_that_are_written_as_references_arrive() -> None:
    holdings = held(goods(1, "0100000000", text="cats & dogs <live>"))
    assert lines_on(holdings, DAY)[0].text == "cats & dogs <live>"


# --- rates -------------------------------------------------------------------------------------------

RATES = """
5%                                            | 01 5
0%                                            | 01 0
free                                          | 37
41.2 EUR / 100 kg                             | 01 41.2 EUR DTN
0.9 EUR / % vol / hl                          | 01 0.9 EUR ASV X
10.2% + 93.1 EUR / 100 kg                     | 01 10.2 , 04 93.1 EUR DTN
4.5% MIN 0.3 EUR / item MAX 0.8 EUR / item    | 01 4.5 , 15 0.3 EUR NAR , 17 0.8 EUR NAR
13.8% MIN 13 GBP / kg MAX 15 GBP / kg + 7%    | 17 15 GBP KGM , 15 13 GBP KGM , 01 13.8 , 20 7
8.3% + EA MAX 18.7% + ADSZ                    | 01 8.3 , 12 , 17 18.7 , 21
8.3% + EA MAX 18.7% + ADFM                    | 01 8.3 , 12 , 17 18.7 , 27
EA MAX 5%                                     | 12 , 17 5
3% - 1 GBP / kg                               | 01 3 , 02 1 GBP KGM
6% MIN 9 GBP / kg / net drained wt + 1% MAX 2% | 01 6 , 15 9 GBP KGM E , 19 1 , 35 2
2 GBP / 1000 m3                               | 01 2 GBP MTQ C
"""


def records(text: str) -> list[DutyComponent]:
    return [DutyComponent(*each.split()) for each in text.split(" , ")]


@pytest.mark.parametrize("line", RATES.strip().splitlines(), ids=lambda line: line.partition("|")[0].strip())
def test_components_make_a_rate(line: str) -> None:
    rate, _, given_records = line.partition("|")
    assert compose(records(given_records.strip())) == rate.strip()


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("99", "TX04", "duty expression 99"),
        ("14", "TX04", "duty expression 14"),
        ("01 5 , 36 2", "TX04", "duty expression 36"),
        ("01 5 , 37", "TX04", "duty expression 37"),
        ("01", "TX05", "duty expression 01"),
        ("01 -5", "TX05", "duty expression 01"),
        ("01 5 GBP", "TX05", "duty expression 01"),
        ("01 5 GBP KAC", "TX06", "duty expression 01"),
        ("01 5 GBP ASV", "TX06", "duty expression 01"),
        ("01 5 GBP NAR E", "TX06", "duty expression 01"),
        ("01 5 XYZ KGM", "DE07", "its components"),
        ("01 5 EUC KGM", "DE07", "its components"),
        ("15 5", "DE11", "its components"),
    ],
)
def test_components_that_make_no_rate_are_refused(text: str, code: str, where: str) -> None:
    found = compose(records(text))
    assert isinstance(found, Refusal) and (found.reason, found.where) == (code, where)


def test_money_for_a_unit_without_a_currency_is_refused() -> None:
    found = compose([DutyComponent("01", "5", "", "KGM")])
    assert isinstance(found, Refusal) and found.reason == "TX05"


AMOUNTS = st.decimals(0, 999999, places=3).map(str)
MONEY = st.builds(
    DutyComponent,
    st.just(""),
    AMOUNTS,
    st.sampled_from(["EUR", "GBP"]),
    st.sampled_from(sorted(UNITS)),
    st.just(""),
) | st.builds(
    DutyComponent,
    st.just(""),
    AMOUNTS,
    st.just("EUR"),
    st.sampled_from(["DTN", "TNE", "KGM"]),
    st.sampled_from(sorted(QUALIFIED)),
)
PARTS = MONEY | AMOUNTS.map(lambda amount: DutyComponent("", amount))
NUMBERS = st.lists(st.sampled_from(["02", "04", "15", "17", "19", "20", "35"]), unique=True, max_size=5)


@given(PARTS, NUMBERS.flatmap(lambda numbers: st.tuples(st.just(numbers), *[PARTS] * len(numbers))))
def test_every_rate_of_known_components_is_read_as_what_they_say(
    first: DutyComponent, others: tuple[list[str], *tuple[DutyComponent, ...]]
) -> None:
    numbers, *parts = others
    given_records = [
        DutyComponent(number, part.amount, part.currency, part.unit, part.qualifier)
        for number, part in zip(["01", *numbers], [first, *parts], strict=True)
    ]
    text = compose(given_records)
    assert isinstance(text, str)
    read_back = parse(text)
    assert isinstance(read_back, Expression)
    amounts = [part.amount for clause in read_back.seasons[0].clauses for part in clause.components]
    in_order = sorted(given_records, key=lambda each: each.expression)
    assert amounts == [Decimal(each.amount) for each in in_order]


@pytest.mark.parametrize(("column", "written"), [("cet_duty_rate", 11_762), ("ukgt_duty_rate", 11_812)])
def test_published_rates_survive_an_envelope(column: str, written: int) -> None:
    """All but those by season or entry price, which TARIC3 says by dates and conditions."""
    if not TARIFF.exists():
        pytest.skip(f"{TARIFF} is not here: its licence allows no copy in this repository")
    with gzip.open(TARIFF, "rt", encoding="utf-8") as file:
        texts = [row[column] for row in csv.DictReader(file)]
    rates = [rate for rate in map(parse, texts) if isinstance(rate, Expression)]
    writable = [(rate, parts) for rate in rates if (parts := components(rate)) is not None]
    assert len(writable) == written
    assert all(each.entry_price or len(each.seasons) > 1 for each in rates if components(each) is None)
    holdings = read(
        [
            envelope(
                [
                    change
                    for sid, (_, parts) in enumerate(writable, 1)
                    for change in [
                        (INSERT, "measure", measure(sid, f"{sid:08}00", type_="552")),
                        *((INSERT, "measure.component", component(sid, each)) for each in parts),
                    ]
                ]
            )
        ]
    )
    assert isinstance(holdings, Holdings)
    rows = tariff_of(holdings, law(), ()).rows
    assert len(rows) == written
    for row in rows:
        read_back = parse(row.rate)
        assert isinstance(read_back, Expression)
        assert read_back.seasons == writable[int(row.measure) - 1][0].seasons


# --- areas and days ----------------------------------------------------------------------------------


def test_a_group_becomes_its_members_each_for_its_stay() -> None:
    stays = [member(2, 4), member(3, 4, "2026-03-01", "2026-06-30"), member(3, 4, "2026-09-01")]
    found = made(AREAS, stays, priced(7, type_="142", area="2020", ends="2026-12-31"))
    assert told(found) == [
        "0702 5% KG 2026-03-01..2026-06-30 300",
        "0702 5% KG 2026-09-01..2026-12-31 300",
        "0702 5% MD 2026-01-01..2026-12-31 300",
    ]


def test_what_is_said_of_a_country_goes_before_what_is_said_of_its_group() -> None:
    found = made(
        AREAS,
        [member(2, 4), member(3, 4)],
        priced(7, "5", type_="142", area="2020"),
        priced(8, "2", type_="142", area="MD", begins="2026-05-01", ends="2026-05-31"),
    )
    assert told(found) == [
        "0702 5% KG 2026-01-01.. 300",
        "0702 5% MD 2026-01-01..2026-04-30 300",
        "0702 2% MD 2026-05-01..2026-05-31 300",
        "0702 5% MD 2026-06-01.. 300",
    ]
    assert not found.left_out


def excluding(sid: int, name: str, of: int) -> Change:
    fields = {
        "measure.sid": str(sid),
        "excluded.geographical.area": name,
        "geographical.area.sid": str(of),
    }
    return INSERT, "measure.excluded.geographical.area", fields


def test_excluded_groups_are_excluded_for_their_members_stays() -> None:
    stays = [member(2, 4), member(3, 4, "1990-01-01", "2026-06-30")]
    found = made(AREAS, stays, [*priced(7), excluding(7, "2020", 4)])
    assert told(found) == [
        "0702 5% * -KG -MD 2026-01-01..2026-06-30",
        "0702 5% * -MD 2026-07-01..",
    ]
    found = made(AREAS, stays, [*priced(7, type_="142", area="2020"), excluding(7, "MD", 2)])
    assert told(found) == ["0702 5% KG 2026-01-01..2026-06-30 300"]


def test_a_group_of_the_law_stands_in_for_one_without_members() -> None:
    found = made(priced(7, area="1999"))
    assert [each.refusal.reason for each in found.left_out] == ["TX08"]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=4),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_a_member_has_a_groups_rate_on_the_days_of_both(
    stays: list[tuple[int, int]], begins: int, length: int
) -> None:
    def day(number: int) -> str:
        return f"2026-01-{number + 1:02}"

    joined = {first: first + size for first, size in stays}
    last = min(begins + length, 30)
    memberships = [member(3, 4, day(first), day(min(end, 30))) for first, end in joined.items()]
    found = made(
        [*AREAS, *memberships], priced(7, type_="142", area="2020", begins=day(begins), ends=day(last))
    )
    spans = [(row.span.begins, row.span.ends) for row in found.rows]
    for number in range(31):
        at = date.fromisoformat(day(number))
        wanted = begins <= number <= last and any(a <= number <= min(b, 30) for a, b in joined.items())
        assert sum(first <= at <= end for first, end in spans) == wanted


def test_a_measure_without_an_end_goes_on_as_long_as_its_regulation() -> None:
    regulation = {
        "base.regulation.role": "1",
        "base.regulation.id": "R2600010",
        "validity.start.date": "2026-01-01",
        "validity.end.date": "2027-12-31",
        "effective.end.date": "2026-12-31",
        "community.code": "1",
        "regulation.group.id": "DUM",
        "replacement.indicator": "0",
        "stopped.flag": "0",
        "approved.flag": "1",
    }
    later = priced(8, goods="0703000000", ends="2028-01-01")
    found = made([(INSERT, "base.regulation", regulation)], priced(7), later)
    assert told(found) == ["0702 5% * 2026-01-01..2026-12-31", "0703 5% * 2026-01-01..2028-01-01"]


# --- goods and measures ------------------------------------------------------------------------------


def test_a_line_can_be_declared_if_nothing_is_below_it() -> None:
    lines = [
        *goods(1, "0100000000"),
        *goods(2, "0101000000"),
        *goods(3, "0101210000", "01", "10"),
        *goods(4, "0101210000", "02"),
        *goods(5, "0101290000", "02"),
        *goods(6, "0101291000", "03"),
    ]
    found = lines_on(held(lines), DAY)
    assert [(each.code, each.suffix, each.is_declarable) for each in found] == [
        ("0100000000", "80", False),
        ("0101000000", "80", False),
        ("0101210000", "10", False),
        ("0101210000", "80", True),
        ("0101290000", "80", False),
        ("0101291000", "80", True),
    ]
    assert [each.code for each in found if each.is_odd] == ["0101210000"]


@pytest.mark.parametrize(
    ("code", "digits"),
    [("0100000000", "01"), ("1000000000", "10"), ("0702000000", "0702"), ("0702000007", "0702000007"),
     ("2204210600", "22042106")],
)  # fmt: skip
def test_digits_of_a_code(code: str, digits: str) -> None:
    assert digits_of(code) == digits


def condition(sid: int, of: int, code: str, certificate: str = "") -> Change:
    fields = {
        "measure.condition.sid": str(sid),
        "measure.sid": str(of),
        "condition.code": code,
        "component.sequence.number": "1",
        "action.code": "01",
        "certificate.type.code": certificate[:1],
        "certificate.code": certificate[1:],
    }
    return INSERT, "measure.condition", fields


LEVY = {"measure.condition.sid": "1", "duty.expression.id": "01", "duty.amount": "8.8"}
EXPORTS = {
    "measure.type.id": "103",
    "validity.start.date": "1990-01-01",
    "trade.movement.code": "1",
    "priority.code": "5",
    "measure.component.applicable.code": "1",
    "origin.dest.code": "0",
    "order.number.capture.code": "2",
    "measure.explosion.level": "10",
    "measure.type.series.id": "C",
}
LEFT_OUT: dict[str, tuple[str, list[Change]]] = {
    "a type that the law does not take in": ("TX07", priced(7, type_="999")),
    "exports": ("TX11", [(INSERT, "measure.type", EXPORTS), *priced(7)]),
    "stopped": ("TX11", priced(7, stopped="1")),
    "over before it begins": ("TX11", priced(7, ends="2025-12-31")),
    "no goods": ("TX09", [(INSERT, "measure", measure(7, ""))]),
    "a heading between goods": ("TX09", [*goods(1, "0702000000", suffix="10"), *priced(7, goods_sid="1")]),
    "goods that are not there": ("TX09", [*goods(1, "0702000000"), *priced(7, goods_sid="2")]),
    "lines below with other digits": (
        "TX09",
        [*goods(1, "0702000010", "01"), *goods(2, "0702000020", "02"), *priced(7, goods_sid="1")],
    ),
    "no component": ("TX05", [(INSERT, "measure", measure(7))]),
    "a rate by condition": (
        "TX10",
        [*priced(7), condition(1, 7, "V"), (INSERT, "measure.condition.component", LEVY)],
    ),
    "a group without members": ("TX08", priced(7, area="2020")),
    "an expression that is not known": (
        "TX04",
        [
            (INSERT, "measure", measure(7)),
            (INSERT, "measure.component", component(7, DutyComponent("99", "", "", "KGM"))),
        ],
    ),
    "a unit that is not known": (
        "TX06",
        [
            (INSERT, "measure", measure(7)),
            (INSERT, "measure.component", component(7, DutyComponent("01", "5", "EUR", "KAC"))),
        ],
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_measure_that_cannot_be_said_in_full_is_left_out_with_its_reason(name: str) -> None:
    code, changes = LEFT_OUT[name]
    found = made(changes, priced(1, goods="0801000000", type_="552"))
    assert ("7", code) in [(each.measure, each.refusal.reason) for each in found.left_out]
    assert "7" not in {row.measure for row in found.rows}


def test_two_measures_of_one_day_leave_the_later_one_out() -> None:
    found = made(priced(7, "5"), priced(8, "6"), priced(9, "1", type_="552"), priced(10, "2", type_="552"))
    assert told(found) == ["0702 5% * 2026-01-01..", "0702 1% * 2026-01-01..", "0702 2% * 2026-01-01.."]
    assert [(each.measure, each.refusal.reason) for each in found.left_out] == [("8", "TX12")]


def test_conditions_without_rates_are_told() -> None:
    found = made([*priced(7), condition(1, 7, "B", "N990"), condition(2, 7, "B")])
    assert told(found) == ["0702 5% * 2026-01-01.."] and found.conditions == {"7": "B N990, B"}


def test_additional_codes_and_quotas_stand_in_their_columns() -> None:
    found = made(priced(7, additional="C999", type_="552"), priced(8, type_="122", quota="090101"))
    assert told(found) == ["0702 5% * 2026-01-01.. 090101", "0702 5% * 2026-01-01.. C999"]


def test_the_example_keeps_to_the_schema() -> None:
    example = Path(__file__).parents[2] / "examples" / "customs" / "taric3.xml"
    assert schema().validate(etree.parse(example)), schema().error_log


GROWTH = """
import resource, sys
from taric3_made import INSERT, pieces
from tasviya.customs.formats.taric3 import read, schema

def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

other = {"language.id": "EN", "validity.start.date": "1990-01-01"}
schema()
read(pieces([[(INSERT, "language", other)]] * 200))
before = used()
found = read(pieces([(INSERT, "language", other) for _ in range(1000)] for _ in range(60)))
print(found.ignored["language"], used() - before)
"""


def test_memory_does_not_grow_with_the_file() -> None:
    """26 million bytes; a tree of them would take several times as many."""
    paths = [Path(__file__).parent, *map(Path, sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", GROWTH],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=True,
    )
    records, kilobytes = map(int, done.stdout.split())
    assert records == 60_000 and kilobytes < 12_000
