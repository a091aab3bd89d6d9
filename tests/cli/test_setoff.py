"""`tasviya setoff`: what it writes, what proves it, and what it says of files that are wrong."""

from __future__ import annotations

import csv
import json
import resource
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError, Refusal, StoreError
from tasviya.lab.obligations import Network, names, network
from tasviya.settlement.setoff import TOTAL_MAX

HEAD = "debtor,creditor,amount"
RING = f"{HEAD}\nAqsu,Baraka,1200\nBaraka,Chorsu,900\nChorsu,Aqsu,1000\nBaraka,Aqsu,150\nDostlik,Baraka,70\n"
FILES = ["cancelled.csv", "certificate.json", "credit_map.csv", "prices.csv", "residual.csv", "summary.md"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "owed.csv"
    file.write_text(RING, encoding="utf-8")
    return file


def run(*words: object) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["setoff", *map(str, words)])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


def refusal(*words: object) -> Refusal:
    with pytest.raises(OperatorError) as stopped:
        run(*words)
    return stopped.value.refusal


def result_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def test_result_says_what_is_cancelled_and_what_is_left(source: Path, tmp_path: Path) -> None:
    status, told = run(source, "-o", tmp_path / "result")
    assert status == 0
    assert "cancelled: 3,000, 90.36 %\nproven: nothing more can be cancelled\n" in told
    assert sorted(result_of(tmp_path / "result")) == FILES
    heading = ["debtor", "creditor", "amount"]
    assert rows(tmp_path / "result" / "cancelled.csv") == [
        heading,
        ["Aqsu", "Baraka", "1050"],
        ["Baraka", "Aqsu", "150"],
        ["Baraka", "Chorsu", "900"],
        ["Chorsu", "Aqsu", "900"],
    ]
    assert rows(tmp_path / "result" / "residual.csv") == [
        [*heading, "unit_discharges"],
        ["Aqsu", "Baraka", "150", "1"],
        ["Chorsu", "Aqsu", "100", "2"],
        ["Dostlik", "Baraka", "70", "1"],
    ]
    assert rows(tmp_path / "result" / "credit_map.csv")[1] == ["Chorsu", "2", "100", "Aqsu", "Baraka", "2"]


def test_result_is_proven_with_and_without_the_file(source: Path, tmp_path: Path) -> None:
    run(source, "-o", tmp_path / "result")
    for more in ([], [source]):
        status, told = run("verify", tmp_path / "result", *more, "-o", "json")
        (facts,) = json.loads(told)
        assert (status, facts["holds"], facts["optimal"]) == (0, "yes", "proven")
    assert facts["file"] == "the same"


def test_rows_in_another_order_give_the_same_files(source: Path, tmp_path: Path) -> None:
    run(source, "-o", tmp_path / "one")
    head, *lines = RING.splitlines()
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "owed.csv"
    other.write_text("\r\n".join([head, *reversed(lines), "", ""]), encoding="utf-8-sig")
    run(other, "-o", tmp_path / "other")
    one, two = result_of(tmp_path / "one"), result_of(tmp_path / "other")
    facts = [json.loads(each.pop("certificate.json")) for each in (one, two)]
    assert one == two
    assert facts[0].pop("input_sha256") != facts[1].pop("input_sha256")
    assert facts[0] == facts[1]
    assert run("verify", tmp_path / "one", other)[0] == 0
    assert "written otherwise" in run("verify", tmp_path / "one", other)[1]


def test_parquet_gives_what_csv_gives(source: Path, tmp_path: Path) -> None:
    run(source, "-o", tmp_path / "one")
    table = [line.split(",") for line in RING.splitlines()[1:]]
    columns = {"debtor": [r[0] for r in table], "creditor": [r[1] for r in table]}
    amounts = [int(row[2]) for row in table]
    file = tmp_path / "owed.parquet"
    pq.write_table(pa.table({**columns, "amount": pa.array(amounts, pa.int64())}), file)
    run(file, "-o", tmp_path / "two")
    assert (tmp_path / "one/cancelled.csv").read_bytes() == (tmp_path / "two/cancelled.csv").read_bytes()
    as_bytes = {name: pa.array([each.encode() for each in cells]) for name, cells in columns.items()}
    pq.write_table(pa.table({**as_bytes, "amount": pa.array(amounts, pa.decimal128(9, 0))}), file)
    run(file, "-o", tmp_path / "two", "--force")
    assert (tmp_path / "one/cancelled.csv").read_bytes() == (tmp_path / "two/cancelled.csv").read_bytes()
    pq.write_table(pa.table({**columns, "amount": pa.array(amounts, pa.float64())}), file)
    assert refusal(file, "-o", tmp_path / "three").reason == "bad_columns"
    pq.write_table(pa.table({**columns, "amount": pa.array([*amounts[:-1], -1], pa.int64())}), file)
    told = refusal(file, "-o", tmp_path / "three")
    assert (told.reason, told.where) == ("bad_amount", f"{file}, row 5")
    file.write_bytes(file.read_bytes()[:100])
    assert refusal(file, "-o", tmp_path / "three").reason == "file_unreadable"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "bad_columns", ":1"),
        ("\n\n", "bad_columns", ":1"),
        (HEAD, "no_obligations", ""),
        (RING.replace(",", ";"), "bad_columns", ":1"),
        ("debtor,debtor,creditor,amount\nA,A,B,1\n", "bad_columns", ":1"),
        ("from,to,amount\nA,B,1\n", "bad_columns", ":1"),
        (f"{HEAD}\nA,B,1\n\nA,B\n", "bad_row", ":4"),
        (f"{HEAD}\nA,B,1,2\n", "bad_row", ":2"),
        (f"{HEAD}\nA,B,1 200\n", "bad_amount", ":2"),
        (f'{HEAD}\nA,B,"1,200"\n', "bad_amount", ":2"),
        (f"{HEAD}\nA,B,5\nB,A,-5\n", "bad_amount", ":3"),
        (f"{HEAD}\nA,B,0\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,12.50\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,1e3\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,NaN\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,+5\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,٥\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,{'9' * 5000}\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,{TOTAL_MAX + 1}\n", "bad_amount", ":2"),
        (f"{HEAD}\nA,B,{TOTAL_MAX}\nB,A,1\n", "amounts_too_large", ":3"),
        (f"{HEAD}\n,B,1\n", "bad_name", ":2"),
        (f"{HEAD}\nA, ,1\n", "bad_name", ":2"),
        (f"{HEAD}\nA,{'B' * 300},1\n", "bad_name", ":2"),
        (f"{HEAD}\nA,B,1\nB, B ,1\n", "self_debt", ":3"),
        (f"{HEAD}\nA,B,1\nB,A,1\nA,C,2\n A,B ,1\n", "row_repeated", ":5"),
        (f"{HEAD},reference\nA,B,1,x\nB,A,1,x\nA,B,2,x\n", "reference_repeated", ":4"),
        (f"{HEAD},id\nA,B,1,x\nA,B,1,x\n", "reference_repeated", ":3"),
        (f"{HEAD},currency\nA,B,1,KZT\nB,A,1,\n", "two_currencies", ":3"),
        (f'{HEAD}\nA,"B,1\n', "bad_row", ":2"),
        (f'{HEAD}\n"A\nB",C,1\n"A\nB",D,0\n', "bad_amount", ":5"),
    ],
)  # fmt: skip
def test_file_that_is_wrong_is_told_with_its_line_and_nothing_is_written(
    tmp_path: Path, text: str, code: str, place: str
) -> None:
    file = tmp_path / "owed.csv"
    file.write_text(text, encoding="utf-8")
    told = refusal(file, "-o", tmp_path / "result")
    assert (told.reason, told.where) == (code, f"{file}{place}")
    assert told.cure and len(told.what) < 200
    assert list(tmp_path.iterdir()) == [file]


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "owed.csv"
    file.write_bytes(f"{HEAD}\nA,B,1\nÉ,B,2\n".encode("latin-1"))
    told = refusal(file, "-o", tmp_path / "result")
    assert (told.reason, told.where) == ("file_unreadable", f"{file}:3")
    for missing in (tmp_path / "none.csv", tmp_path):
        assert refusal(missing, "-o", tmp_path / "result").reason == "file_unreadable"


def test_the_same_row_twice_is_added_up_where_that_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "owed.csv"
    file.write_text(f"{HEAD}\nA,B,1\nA,B,1\nB,A,5\nA,B,2\n", encoding="utf-8")
    run(file, "-o", tmp_path / "result", "--add-repeats")
    assert rows(tmp_path / "result" / "cancelled.csv")[1:] == [["A", "B", "4"], ["B", "A", "4"]]
    assert run("verify", tmp_path / "result", file)[0] == 0


def test_decimals_references_and_any_ids_survive(tmp_path: Path) -> None:
    file = tmp_path / "owed.csv"
    ids = ["نور للتجارة", 'Quote "Q", Ltd', "=1+1|*x*", "株式会社"]
    table = [
        ["Reference", "AMOUNT", "debtor", "creditor", "currency", "note"],
        ["b", "10.5", ids[0], ids[1], "KWD", ""],
        ["a", "0.125", ids[0], ids[1], "KWD", "first"],
        ["", "7.001", ids[1], ids[2], "KWD", ""],
        ["", "9", ids[2], ids[0], "KWD", ""],
        ["", "3", ids[3], ids[0], "KWD", ""],
    ]
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(table)
    status, told = run(file, "-o", tmp_path / "result", "--decimals", 3)
    assert status == 0 and "cancelled: 21.003 KWD" in told
    cancelled = rows(tmp_path / "result" / "cancelled.csv")
    assert cancelled[0] == ["debtor", "creditor", "reference", "amount"]
    assert [ids[0], ids[1], "a", "0.125"] in cancelled
    assert [ids[0], ids[1], "b", "6.876"] in cancelled
    assert run("verify", tmp_path / "result", file)[0] == 0
    page = (tmp_path / "result" / "summary.md").read_text(encoding="utf-8")
    assert "| =1+1\\|\\*x\\* | 9.000 | 7.001 |" in page
    again, _ = run(tmp_path / "result" / "residual.csv", "-o", tmp_path / "again", "--decimals", 3)
    assert again == 0
    assert rows(tmp_path / "again" / "cancelled.csv")[1:] == [], "what is left has no ring"


@pytest.mark.parametrize(
    ("name", "old", "new", "rule"),
    [
        ("cancelled.csv", "Aqsu,Baraka,1050", "Aqsu,Baraka,1060", "S2"),
        ("residual.csv", "Dostlik,Baraka,70", "Dostlik,Baraka,60", "F1"),
        ("residual.csv", "Chorsu,Aqsu,100,2\n", "", "F2"),
        ("prices.csv", "Chorsu,2", "Chorsu,9", "S5"),
        ("certificate.json", '"bound": 3000', '"bound": 3001', "F2"),
        ("certificate.json", '"cancelled": 3000', '"cancelled": 3320', "F2"),
        ("certificate.json", '"total": 3320', '"total": 3321', "F2"),
        ("certificate.json", '"lent": 0', '"lent": 1', "F2"),
    ],
)
def test_result_that_was_changed_does_not_hold(
    source: Path, tmp_path: Path, name: str, old: str, new: str, rule: str
) -> None:
    run(source, "-o", tmp_path / "result")
    file = tmp_path / "result" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    status, told = run("verify", tmp_path / "result", "-o", "json")
    (facts,) = json.loads(told)
    assert (status, facts["holds"]) == (4, "no")
    assert any(each.startswith(rule) for each in facts["violated"]), facts["violated"]


def test_result_of_another_file_does_not_hold_for_this_one(source: Path, tmp_path: Path) -> None:
    run(source, "-o", tmp_path / "result")
    source.write_text(RING.replace("1200", "1201"), encoding="utf-8")
    status, told = run("verify", tmp_path / "result", source)
    assert status == 4
    assert "F3: Aqsu to Baraka: the file has 1201, the result 1200, in minor units." in told


@pytest.mark.parametrize(
    ("old", "new"), [('"rows": 5', '"rows": 6'), ('"currency": ""', '"currency": "KZT"')]
)
def test_certificate_of_another_file_does_not_hold_for_this_one(
    source: Path, tmp_path: Path, old: str, new: str
) -> None:
    run(source, "-o", tmp_path / "result")
    file = tmp_path / "result" / "certificate.json"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    status, told = run("verify", tmp_path / "result", source)
    assert status == 4 and "\nF3: " in told


@pytest.mark.parametrize("name", ["cancelled.csv", "residual.csv", "certificate.json", "prices.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"{}", b"firm,price\nAqsu,-1\n", b"firm,price\nAqsu\n"]
)
def test_result_that_is_damaged_is_told_and_never_holds(
    source: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    run(source, "-o", tmp_path / "result")
    (tmp_path / "result" / name).write_bytes(content)
    told = refusal("verify", tmp_path / "result")
    assert told.where.startswith(str(tmp_path / "result" / name)) and told.cure


def test_folder_that_is_no_result_is_told(source: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none", source):
        assert refusal("verify", folder).reason in ("not_a_result", "file_unreadable")


def test_credit_is_lent_where_it_discharges_most(source: Path, tmp_path: Path) -> None:
    status, told = run(source, "-o", tmp_path / "result", "--credit", 100)
    assert status == 0 and "of it with 100 of credit: 200" in told
    assert rows(tmp_path / "result" / "credit.csv") == [
        ["firm", "credit", "held"],
        ["Baraka", "0", "100"],
        ["Chorsu", "100", "0"],
    ]
    status, told = run("verify", tmp_path / "result", source, "-o", "json")
    assert (status, json.loads(told)[0]["lent"]) == (0, "100")
    (tmp_path / "result" / "credit.csv").unlink()
    assert run("verify", tmp_path / "result")[0] == 4


@pytest.mark.parametrize("credit", ["0", "-1", "1.5", "x", "", "9" * 40, str(TOTAL_MAX + 1)])
def test_credit_that_is_no_amount_is_refused(source: Path, tmp_path: Path, credit: str) -> None:
    told = refusal(source, "-o", tmp_path / "result", f"--credit={credit}")
    assert told.reason == "bad_credit" and not (tmp_path / "result").exists()


def test_credit_counts_towards_what_fits_and_wants_the_exact_answer(source: Path, tmp_path: Path) -> None:
    told = refusal(source, "-o", tmp_path / "result", "--credit", TOTAL_MAX)
    assert told.reason == "amounts_too_large"
    told = refusal(source, "-o", tmp_path / "result", "--credit", 1, "--anytime", 1)
    assert told.reason == "bad_credit"


def test_first_answer_of_a_small_file_is_the_most(source: Path, tmp_path: Path) -> None:
    for seconds in (0, 10):
        status, told = run(source, "-o", tmp_path / str(seconds), "--anytime", seconds)
        assert status == 0 and "proven: nothing more" in told
    assert result_of(tmp_path / "0") == result_of(tmp_path / "10")


def test_earlier_result_is_replaced_only_when_asked(source: Path, tmp_path: Path) -> None:
    result = tmp_path / "result"
    result.mkdir()
    run(source, "-o", result)
    before = result_of(result)
    source.write_text(RING.replace("1200", "1100"), encoding="utf-8")
    assert refusal(source, "-o", result).reason == "target_exists"
    assert result_of(result) == before
    run(source, "-o", result, "--force")
    assert result_of(result) != before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["owed.csv", "result"]


def test_what_is_no_earlier_result_is_never_replaced(source: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "diary.txt").write_text("mine", encoding="utf-8")
    for target in (notes, source):
        assert refusal(source, "-o", target, "--force").reason == "target_exists"
    assert (notes / "diary.txt").read_text(encoding="utf-8") == "mine"
    assert source.read_text(encoding="utf-8") == RING


def test_target_that_cannot_be_written_leaves_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError) as stopped:
        run(source, "-o", source / "below" / "result")
    assert stopped.value.refusal.reason == "file_unwritable"
    assert [each.name for each in tmp_path.iterdir()] == ["owed.csv"]


def test_disk_that_refuses_midway_leaves_nothing_and_keeps_the_earlier_result(
    source: Path, tmp_path: Path
) -> None:
    run(source, "-o", tmp_path / "earlier")
    before = result_of(tmp_path / "earlier")
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (150, kept[1]))  # some files fit, the certificate does not
    try:
        for folder, more in (("new", []), ("earlier", ["--force"])):
            with pytest.raises(StoreError) as stopped:
                run(source, "-o", tmp_path / folder, *more)
            assert stopped.value.refusal.reason == "file_unwritable"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
    assert result_of(tmp_path / "earlier") == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["earlier", "owed.csv"]


def test_network_of_thousands_goes_through_files_and_back(tmp_path: Path) -> None:
    drawn = network(Network.DENSE, 300, 5000, 1)
    named = names(300)
    pairs = zip(drawn.debtor.tolist(), drawn.creditor.tolist(), drawn.amount.tolist(), strict=True)
    file = tmp_path / "owed.csv"
    file.write_text("\n".join([HEAD, *(f"{named[d]},{named[c]},{a}" for d, c, a in pairs)]), encoding="utf-8")
    run(file, "-o", tmp_path / "result")
    status, told = run("verify", tmp_path / "result", file, "-o", "json")
    (facts,) = json.loads(told)
    assert (status, facts["optimal"], facts["total"]) == (0, "proven", str(drawn.total))
    residual = {(d, c): int(a) for d, c, a, _ in rows(tmp_path / "result" / "residual.csv")[1:]}
    cancelled = {(d, c): int(a) for d, c, a in rows(tmp_path / "result" / "cancelled.csv")[1:]}
    for d, c, a in zip(drawn.debtor.tolist(), drawn.creditor.tolist(), drawn.amount.tolist(), strict=True):
        pair = named[d], named[c]
        assert residual.get(pair, 0) + cancelled.get(pair, 0) == a
