"""`tasviya customs`: what it prints and writes, and what it says of files that are wrong."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError

EXAMPLES = Path(__file__).parents[2] / "examples" / "customs"
KEY = "[[key]]\nvalid_from = 2026-01-01\npercents = { Aqdala = 60, Boztau = 40 }\n"
QUOTAS = "order_number,unit,begin,end,volume\n090101,kg,2026-01-01,2026-12-31,1000\n"
REQUESTS = "order_number,day,id,quantity,unit\n"


def run(*words: str | Path) -> str:
    """What a command prints. Raises: OperatorError."""
    result = CliRunner().invoke(app, ["customs", *map(str, words)], env={"COLUMNS": "140"})
    if result.exception:
        raise result.exception
    return result.output


def divided(key: Path, pool: str, *words: str, on: str = "2026-10-01", code: str = "KZT") -> str:
    return run("share", "--key", key, "--pool", pool, "--currency", code, "--on", on, *words)


def allocated(folder: Path, requests: str, quotas: str = QUOTAS, *words: str) -> list[dict[str, str]]:
    """The rows that come of a file of requests."""
    (folder / "quotas.csv").write_text(quotas, encoding="utf-8")
    (folder / "requests.csv").write_text(REQUESTS + requests, encoding="utf-8")
    run("quota", folder / "quotas.csv", folder / "requests.csv", "-o", folder / "out.csv", *words)
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("pool", ["1000000.00", "-1000000.01", "0", "0.01"])
@pytest.mark.parametrize("on", ["2026-10-01", "2027-10-01"])
def test_shares_add_up_to_the_pool(pool: str, on: str) -> None:
    rows = json.loads(divided(EXAMPLES / "keys.toml", pool, "-o", "json", on=on))
    cents = [int(row["amount"].replace(".", "")) for row in rows]
    assert sum(cents) == round(float(pool) * 100)
    down = [int(row["rounded_down"].replace(".", "")) for row in rows]
    assert [d + row["spare_unit"] for d, row in zip(down, rows, strict=True)] == cents


def test_exact_share_says_where_its_decimals_go_on(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(KEY.replace("60", '"33.333"').replace("40", "66.667"), encoding="utf-8")
    rows = json.loads(divided(file, "-1", "-o", "json", code="JPY"))
    assert [row["exact_share"] for row in rows] == ["-0.3333…", "-0.6666…"]
    assert [row["amount"] for row in rows] == ["0", "-1"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("key = 1", "key"),
        ("[[key", ""),
        (KEY.replace("2026-01-01", "1"), "key 1, valid_from"),
        (KEY + KEY, "key 2, valid_from"),
        (KEY + "per_cents = 1", "key 1, per_cents"),
        (KEY.replace("40", "true"), "key 1, percents.Boztau"),
        (KEY.replace("40", '"4e1"'), "key 1, percents.Boztau"),
        (KEY.replace("40", "nan"), "key 1, percents.Boztau"),
        (KEY.replace("40", "39"), "key 1, percents"),
        (KEY.replace("{ Aqdala = 60, Boztau = 40 }", "100"), "key 1, percents"),
        (KEY + "members = 5", "key 1, members"),
        (KEY + "component = 5", "key 1, component"),
        (KEY + "[[key.component]]\nweight = 100", "key 1, component"),
        (KEY + '[[key.component]]\nof = "gdp"\nweight = 100\ninverse = 1', "key 1, component.inverse"),
        (KEY + "figures = 5", "key 1, figures"),
        (KEY + "[key.figures]\ngdp = 5", "key 1, figures.gdp"),
    ],
)
def test_mistake_in_a_key_is_named_with_its_path(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "keys.toml").write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError) as stopped:
        divided(tmp_path / "keys.toml", "1")
    assert stopped.value.refusal.reason == "bad_share_key"
    assert stopped.value.refusal.where == f"{tmp_path / 'keys.toml'}" + (where and f": {where}")


@pytest.mark.parametrize(
    ("pool", "code", "on", "reason"),
    [
        ("1.005", "KZT", "2026-10-01", "bad_amount"),
        ("1", "ABC", "2026-10-01", "unknown_currency"),
        ("1", "KZT", "1 October", "bad_date"),
        ("1", "KZT", "", "bad_date"),
        ("1", "KZT", "2025-10-01", "no_share_key"),
    ],
)
def test_wrong_words_are_named(pool: str, code: str, on: str, reason: str) -> None:
    with pytest.raises(OperatorError) as stopped:
        divided(EXAMPLES / "keys.toml", pool, on=on, code=code)
    assert stopped.value.refusal.reason == reason


def test_days_are_allocated_in_their_order_whatever_the_file_s(tmp_path: Path) -> None:
    rows = allocated(
        tmp_path,
        "090101,2026-10-02,B,300,kg\n090101,2026-10-02,C,300,kg\n090101,2026-10-02,D,200,kg\n"
        "090101,2026-10-01,A,600,kg\n",
    )
    assert [(row["id"], row["granted"]) for row in rows] == [
        ("B", "150.000"), ("C", "150.000"), ("D", "100.000"), ("A", "600.000"),
    ]  # fmt: skip


def test_what_comes_back_is_allocated_again_the_same_day(tmp_path: Path) -> None:
    text = (
        "090101,2026-10-01,A,1000,kg,\n090101,2026-10-02,B,50,kg,\n"
        "090101,2026-10-02,A,20.5,kg,return\n090101,2026-10-03,A,979.501,kg,return\n"
        "090101,2026-10-03,Z,1,kg,return\n090109,2026-10-03,A,1,kg,return\n"
        "090101,2026-10-03,A,0.5,t,return\n"
    )
    (tmp_path / "requests.csv").write_text(f"{REQUESTS.strip()},kind\n{text}", encoding="utf-8")
    (tmp_path / "quotas.csv").write_text(QUOTAS, encoding="utf-8")
    out = tmp_path / "out.csv"
    said = run("quota", tmp_path / "quotas.csv", tmp_path / "requests.csv", "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    granted = [row["granted"] for row in rows]
    assert granted == ["1000.000", "20.500", "-20.500", "0.000", "0.000", "0.000", "0.000"]
    assert [row["must_secure"] for row in rows] == ["no", "yes", "no", "no", "no", "no", "no"]
    reasons = [row["reason"].partition(":")[0] for row in rows]
    assert reasons == ["", "", "", "bad_return", "bad_return", "unknown_quota", "wrong_unit"]
    assert "4 refused" in said


def test_refused_request_may_come_again_and_an_allocated_one_not(tmp_path: Path) -> None:
    rows = allocated(
        tmp_path,
        "090101,2026-10-01,A,1,t\n090101,2026-10-02,A,1,kg\n090101,2026-10-03,A,1,kg\n",
    )
    assert [row["granted"] for row in rows] == ["0.000", "1.000", "0.000"]
    assert rows[2]["reason"].startswith("request_repeated")


@pytest.mark.parametrize(
    ("requests", "quotas", "reason", "where"),
    [
        ("090101,2026-10-01,A,1\n", QUOTAS, "bad_row", "requests.csv:2"),
        ("090101,2026-10-01,A,1.0005,kg\n", QUOTAS, "bad_amount", "requests.csv:2"),
        ("090101,2026-10-01,A,1e3,kg\n", QUOTAS, "bad_amount", "requests.csv:2"),
        ("\n090101,1.10.2026,A,1,kg\n", QUOTAS, "bad_date", "requests.csv:3"),
        ("090101,2026-10-01,,1,kg\n", QUOTAS, "bad_row", "requests.csv:2"),
        ('090101,2026-10-01,"A,1,kg\n', QUOTAS, "bad_row", "requests.csv:2"),
        ("", "order_number,unit,begin,end\n", "bad_columns", "quotas.csv:1"),
        ("", "", "bad_columns", "quotas.csv:1"),
        ("", QUOTAS + "090102,kg,2026-01-01,2026-12-31,0\n", "bad_quota", "quotas.csv:3"),
        ("", QUOTAS.replace("volume", "volume,critical_percent").replace("1000", "1000,x"),
         "bad_amount", "quotas.csv:2"),
    ],
)  # fmt: skip
def test_mistake_in_a_file_is_named_with_its_line_and_nothing_is_written(
    tmp_path: Path, requests: str, quotas: str, reason: str, where: str
) -> None:
    with pytest.raises(OperatorError) as stopped:
        allocated(tmp_path, requests, quotas)
    assert stopped.value.refusal.reason == reason
    assert stopped.value.refusal.where == str(tmp_path / where)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["quotas.csv", "requests.csv"]


def test_result_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    allocated(tmp_path, "")
    with pytest.raises(OperatorError) as stopped:
        allocated(tmp_path, "")
    assert stopped.value.refusal.reason == "target_exists"
    assert allocated(tmp_path, "090101,2026-10-01,A,1,kg\n", QUOTAS, "--force")[0]["granted"] == "1.000"
    with pytest.raises(OperatorError) as stopped:
        run("quota", tmp_path / "quotas.csv", tmp_path / "out.csv", "-o", tmp_path / "out.csv", "--force")
    assert stopped.value.refusal.reason == "target_exists"


def test_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "quotas.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(OperatorError) as stopped:
        run("quota", tmp_path / "quotas.csv", tmp_path / "quotas.csv", "-o", tmp_path / "out.csv")
    assert stopped.value.refusal.reason == "file_unreadable"
