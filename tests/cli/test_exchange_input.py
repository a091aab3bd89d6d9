"""What an operator and a bank may hand to `tasviya exchange` by mistake: each is told with code, place and
cure, and nothing of it stands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from exchange_union import A, D, ExchangeUnion

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, Refusal
from tasviya.services.batch_proof import from_file, prove, to_file

HEAD = "reference,sell,buy,amount,limit"
GOOD = "ONE,KZT,INR,10,0.16"
NOW = ("--now", "2026-09-29T10:10:00+05:00")


@pytest.fixture
def union(tmp_path: Path) -> ExchangeUnion:
    made = ExchangeUnion(tmp_path / "home")
    made.at("10:10").settle()
    return made


def told(union: ExchangeUnion, *words: str) -> Refusal:
    """What a command refuses with, in the words of `main`."""
    found = CliRunner().invoke(app, ["exchange", *words, "--home", str(union.home.root)])
    assert isinstance(found.exception, OperatorError), (found.output, found.exception)
    return found.exception.refusal


def entered(union: ExchangeUnion, file: Path) -> str:
    words = ["exchange", "orders", str(file), "--as", A, *NOW, "--home", str(union.home.root)]
    return CliRunner().invoke(app, words).output


def refused_file(union: ExchangeUnion, tmp_path: Path, raw: bytes) -> Refusal:
    file = tmp_path / "orders.csv"
    file.write_bytes(raw)
    refusal = told(union, "orders", str(file), "--as", A, *NOW)
    assert refusal.cure
    assert refusal.where.startswith(str(file))
    with union.application() as application:
        assert not application.system.memory.book.orders, "all or none"
    return refusal


@pytest.mark.parametrize(
    ("raw", "code", "line"),
    [
        (b"", "bad_columns", ":1"),
        (f"{HEAD};".replace(",", ";").encode(), "bad_columns", ":1"),
        (b"reference,sell,sell,buy,amount,limit\nONE,KZT,OMR,INR,1,1\n", "bad_columns", ":1"),
        (f"{HEAD}\nÉTÉ,KZT,INR,1,1\n".encode("latin-1"), "file_unreadable", ""),
        (f"{HEAD}\n\n{GOOD}\n\nTWO,KZT,INR,1\n".encode(), "bad_row", ":5"),
        (f"{HEAD}\nONE,KZT,INR,{'9' * 200_000},1\n".encode(), "bad_row", ":2"),
        (f"{HEAD}\n{GOOD}\nTWO,KZT,INR,1e2,0.16\n".encode(), "bad_amount", ":3"),
        (f"{HEAD}\n{GOOD}\nTWO,KZT,INR,{'9' * 5_000},0.16\n".encode(), "bad_amount", ":3"),
        (f"{HEAD}\n{GOOD}\nTWO,KZT,INR,-1,0.16\n".encode(), "not_an_order", ":3"),
        (f"{HEAD}\n{GOOD}\nTWO,KZT,INR,99999999999999999999,0.16\n".encode(), "not_an_order", ":3"),
        (f"{HEAD}\n{GOOD}\nTWO,KZT,INR,99999999999,0.16\n".encode(), "AM04", ":3"),
        (f"{HEAD}\n{GOOD}\nONE,KZT,INR,11,0.16\n".encode(), "order_repeated", ":3"),
        (f"{HEAD},until\n{GOOD},2026-09-29T09:00:00Z\nTWO,KZT,INR,1,1,9999-01-01T00:00:00Z\n".encode(),
         "bad_instant", ":3"),
    ],
)  # fmt: skip
def test_file_of_orders_that_is_wrong_is_told_with_its_line_and_none_of_it_stands(
    union: ExchangeUnion, tmp_path: Path, raw: bytes, code: str, line: str
) -> None:
    refusal = refused_file(union, tmp_path, raw)
    assert (refusal.reason, refusal.where) == (code, f"{tmp_path / 'orders.csv'}{line}")


@pytest.mark.parametrize("limit", ["1e1", "2_6", "٢٦", "NaN", "inf", "-1", "", "26,5", "0", "9" * 5_000])
def test_limit_that_is_no_plain_decimal_is_refused_and_not_echoed_at_length(
    union: ExchangeUnion, limit: str
) -> None:
    words = ("--sell", "KZT", "--buy", "INR", "--amount", "1", f"--limit={limit}")
    refusal = told(union, "order", "ONE", "--as", A, *NOW, *words)
    assert refusal.reason == "bad_rate"
    assert len(refusal.what) < 80


def test_file_with_a_byte_order_mark_is_read(union: ExchangeUnion, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEAD}\n{GOOD}\n", encoding="utf-8-sig")
    assert entered(union, file).startswith("1 orders stand")


def test_batch_number_beyond_any_is_unknown(union: ExchangeUnion) -> None:
    for number in ("0", "99999999999999999999"):
        assert told(union, "prices", number).reason == "unknown_batch"
    assert told(union, "verify", "9" * 18).reason == "unknown_batch"


def test_verify_needs_a_number_or_a_file(union: ExchangeUnion, tmp_path: Path) -> None:
    for what in (str(tmp_path), str(tmp_path / "nothing"), "9" * 5_000):
        refusal = told(union, "verify", what)
        assert (refusal.reason, refusal.where) == ("file_unreadable", what)


def test_record_that_is_cut_or_damaged_is_no_batch_or_does_not_hold(
    union: ExchangeUnion, tmp_path: Path
) -> None:
    union.order(A, "ONE", "KZT", "INR", 600, "0.1599")
    union.order(D, "ONE", "INR", "KZT", 96, "6.24")
    union.at("10:31").settle()
    file = tmp_path / "batch.bin"
    CliRunner().invoke(app, ["exchange", "record", "1", str(file), "--home", str(union.home.root)])
    raw = file.read_bytes()
    assert prove(*from_file(raw, ""), "")["holds"] == "yes"
    for end in range(len(raw)):
        file.write_bytes(raw[:end])
        with pytest.raises(OperatorError, match="record"):
            prove(*from_file(raw[:end], ""), "")
    question, answer = from_file(raw, "")
    too_large = (b"\xcf" + b"\xff" * 8, b"\xd3" + b"\x80" + b"\0" * 7)
    for place in range(len(question)):
        for number in too_large:
            damaged = to_file(question[:place] + number + question[place + 1 :], answer)
            try:
                assert prove(*from_file(damaged, ""), "")["holds"] in ("yes", "no")
            except OperatorError as error:
                assert error.refusal.reason == "not_a_batch"
