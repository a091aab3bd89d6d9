"""`tasviya goods` and `tasviya origin`: what they print, and what stops them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, Refusal

TROUSERS = Path(__file__).parents[2] / "examples" / "customs" / "trousers.csv"


def run(*words: object) -> tuple[int, str]:
    found = CliRunner().invoke(app, [*map(str, words)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


def refusal(*words: object) -> Refusal:
    with pytest.raises(OperatorError) as stopped:
        run(*words)
    return stopped.value.refusal


def origin(rule: str, *more: str) -> tuple[int, str]:
    return run("origin", TROUSERS, "--rule", rule, "--goods", "620342", "--price", "100.00", *more)


def test_heading_is_told_with_what_it_divides_into() -> None:
    status, told = run("goods", "09.01")
    assert status == 0
    codes = [line.split()[0] for line in told.splitlines()]
    assert codes == ["09", "0901", "090111", "090112", "090121", "090122", "090190"]


def test_chapter_and_code_of_a_state_are_told() -> None:
    assert "  0901 " in run("goods", "09")[1]
    rows = json.loads(run("goods", "0901 11 00", "-o", "json")[1])
    assert [row["level"] for row in rows] == ["chapter", "heading", "subheading", "national"]


def test_goods_that_nobody_has_specified_are_told_too() -> None:
    assert "not specified" in run("goods", "999999")[1]


@pytest.mark.parametrize(("code", "reason"), [("90111", "GC04"), ("77", "GC04"), ("9011100", "GC03")])
def test_what_is_no_code_is_refused_with_what_it_may_be(code: str, reason: str) -> None:
    assert refusal("goods", code).reason == reason


def test_product_originates_by_one_of_two() -> None:
    status, told = origin("CTH or RVC 40")
    assert status == 0
    assert "(100.00 - 55.00) / 100.00 = 45 %, at least 40 %." in told
    assert told.endswith("620342 originates.\n")


def test_product_that_does_not_originate_has_its_own_exit_status() -> None:
    status, told = origin("RVC 45.01")
    assert status == 4
    assert told.endswith("620342 does not originate.\n")


def test_tolerance_of_the_agreement_is_an_option() -> None:
    assert origin("CC except 9606")[0] == 4
    assert origin("CC except 9606", "--tolerance", "3")[0] == 0
    assert origin("CC except 9606 tolerance 2", "--tolerance", "3")[0] == 4


def test_judgement_for_programs_has_a_row_a_condition() -> None:
    rows = json.loads(origin("WO or CTH and RVC 40", "-o", "json")[1])
    assert [(row["depth"], row["rule"], row["met"]) for row in rows] == [
        (0, "WO or (CTH and RVC 40)", True),
        (1, "WO", False),
        (1, "CTH and RVC 40", True),
        (2, "CTH", True),
        (2, "RVC 40", True),
    ]


def test_file_that_is_not_there_is_told() -> None:
    words = ("--rule", "CTH", "--goods", "620342", "--price", "1")
    assert refusal("origin", "nowhere.csv", *words).reason == "file_unreadable"


def test_whole_units_are_read_without_decimals(tmp_path: Path) -> None:
    file = tmp_path / "rice.csv"
    file.write_text("goods_code,value,originating\n100610,70,no\n", encoding="utf-8")
    words = ("--rule", "MaxNOM 70", "--goods", "100630", "--price", "100", "--decimals", "0")
    assert run("origin", file, *words)[0] == 0
    assert refusal("origin", file, *words[:-3], "1.5", "--decimals", "0").reason == "bad_price"
