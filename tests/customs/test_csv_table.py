"""Files as tables: what holds of every one of them, whatever its columns."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import OperatorError
from tasviya.customs.csv_table import Columns, read_table, whole

COLUMNS = Columns(("goods", "rate"), ("note",), "H", "R")

WRONG_HEADINGS = {
    "nothing": "",
    "one missing": "goods,note\n",
    "one unknown": "goods,rate,colour\n",
    "one twice": "goods,rate,rate\n",
    "one twice, once in capitals": "goods,rate,GOODS\n",
}


@pytest.mark.parametrize("name", WRONG_HEADINGS)
def test_a_wrong_heading_stops_the_file_in_line_1(name: str) -> None:
    with pytest.raises(OperatorError) as stopped:
        read_table(WRONG_HEADINGS[name], COLUMNS, "f.csv")
    assert stopped.value.refusal.reason == "H" and stopped.value.refusal.where == "f.csv:1"


def test_names_and_cells_lose_their_blanks_and_names_their_capitals() -> None:
    table = read_table("\ufeff Rate , GOODS\r\n 5% , 01 \r\n\r\n6%,02\r\n", COLUMNS, "f.csv")
    assert table.heading == ("Rate", "GOODS")
    assert [(row.line, dict(row.cells)) for row in table.rows] == [
        (2, {"rate": "5%", "goods": "01"}),
        (4, {"rate": "6%", "goods": "02"}),
    ]


def test_a_row_that_does_not_fit_is_given_with_its_fault() -> None:
    long, short = read_table("goods,rate\n01,5%,6%\n02\n", COLUMNS, "f.csv").rows
    assert long.fault and not long.is_short and long.given == ("01", "5%", "6%")
    assert short.fault and short.is_short and dict(short.cells) == {"goods": "02"}
    with pytest.raises(OperatorError) as stopped:
        whole(long, COLUMNS, "f.csv")
    assert stopped.value.refusal.reason == "R" and stopped.value.refusal.where == "f.csv:2"


def test_an_open_quotation_mark_is_told_with_its_line() -> None:
    with pytest.raises(OperatorError) as stopped:
        read_table('goods,rate\n01,5%\n02,"6%\n', COLUMNS, "f.csv")
    assert stopped.value.refusal.reason == "R" and stopped.value.refusal.where.startswith("f.csv:")


CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_what_is_written_is_read(rows: list[tuple[str, str, str]]) -> None:
    out = StringIO()
    csv.writer(out).writerows([("goods", "rate", "note"), *rows])
    found = read_table(out.getvalue(), COLUMNS, "f.csv").rows
    assert [tuple(row.cells.values()) for row in found] == [tuple(map(str.strip, row)) for row in rows]
