"""Bills of materials as files: what is read, and what refuses a file, with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasviya.core.errors import Refusal
from tasviya.customs.bill_of_materials import read_bill
from tasviya.customs.nomenclature import GoodsCode
from tasviya.customs.origin import Material, Standing

HEAD = "goods_code,value,originating,name"


def test_rows_are_read_in_order() -> None:
    raw = f"\ufeff{HEAD}\n5209.42,38.50,no,denim\n\n960711,1.2,YES,\n01051100,0,wholly,chicks\n".encode()
    assert read_bill(raw) == (
        Material(GoodsCode("520942"), 3850, Standing.FOREIGN, "denim"),
        Material(GoodsCode("960711"), 120, Standing.ORIGINATING),
        Material(GoodsCode("01051100"), 0, Standing.WHOLLY, "chicks"),
    )


def test_columns_come_in_any_order_and_name_may_be_left_out() -> None:
    raw = b"value,originating,goods_code\r\n100,no,520942\r\n"
    assert read_bill(raw, decimals=0) == (Material(GoodsCode("520942"), 100),)


def test_nothing_but_a_heading_is_a_product_of_no_materials() -> None:
    assert read_bill(HEAD.encode()) == ()


@pytest.mark.parametrize(
    ("lines", "reason", "where"),
    [
        ("", "BM02", "m.csv, line 1"),
        ("goods_code,value\n520942,1", "BM02", "m.csv, line 1"),
        (f"{HEAD}\n520942,1,no", "BM03", "m.csv, line 2"),
        (f"{HEAD}\n520942,1,no,a\n520942,1.234,no,a", "BM04", "m.csv, line 3, value"),
        (f"{HEAD}\n520942,-1,no,a", "BM04", "m.csv, line 2, value"),
        (f"{HEAD}\n520942,,no,a", "BM04", "m.csv, line 2, value"),
        (f"{HEAD}\n520942,1,perhaps,a", "BM05", "m.csv, line 2, originating"),
        (f"{HEAD}\n9011100,1,no,a", "GC03", "m.csv, line 2, goods_code"),
        (f"{HEAD}\n999999,1,no,a", "GC07", "m.csv, line 2, goods_code"),
        (f'{HEAD}\n520942,1,no,"a', "BM02", "m.csv"),
    ],
)
def test_file_is_refused_with_its_line(lines: str, reason: str, where: str) -> None:
    found = read_bill(lines.encode(), where="m.csv")
    assert isinstance(found, Refusal)
    assert (found.reason, found.where) == (reason, where), found


@given(st.binary() | st.text().map(lambda text: f"{HEAD}\n{text}".encode("utf-8", "replace")))
def test_junk_never_raises(raw: bytes) -> None:
    found = read_bill(raw)
    assert isinstance(found, (Refusal, tuple))
