"""Netting on real trade: the reference table to the digit, the package's own figures, anybody's files."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tasviya.cli.main import main
from tasviya.core.errors import OperatorError, Refusal
from tasviya.lab.regions import StateNames, choose, obligations, region, regions
from tasviya.lab.trade_files import read_trade, shipped
from tasviya.settlement.netting import Netting, netting

SHARED = Path(os.environ.get("TASVIYA_SHARED") or Path(__file__).parents[3] / "shared") / "data" / "trade"
TARGETS = {
    "EPU replay: OEEC-17 1955": "epu-1955",
    "ACU 2009": "acu-2009",
    "ASEAN 2009": "asean-2009",
    "MERCOSUR+ 2009": "mercosur-2009",
    "ALADI 2009": "aladi-2009",
    "EAEU 2009": "eaeu-2009",
    "ECO 2009": "eco-2009",
    "GCC+Arab 2009": "arab-2009",
    "BRICS 2009": "brics-2009",
    "BRICS+10 2009": "brics-plus-2009",
    "SADC 2009": "sadc-2009",
    "EU15 2009": "eu15-2009",
    "EU27 proxy 1980 EEC9": "eec9-1980",
    "World 2009": "world-2009",
    "World 1955": "world-1955",
}
"""Rows of regional_netting_targets.csv, and what the lab calls them."""


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command that succeeds prints on standard output."""
    monkeypatch.setattr(sys, "argv", ["tasviya", "netting", *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert not ended.value.code, err
    return out


def refused(act: object) -> Refusal:
    with pytest.raises(OperatorError) as stopped:
        act()  # type: ignore[operator]
    return stopped.value.refusal


@pytest.mark.slow
def test_reference_table_of_regions_is_reproduced_to_its_digits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not SHARED.exists():
        pytest.skip("the published trade matrices are not at hand")
    with (SHARED / "regional_netting_targets.csv").open(encoding="utf-8") as file:
        wanted = list(csv.DictReader(file))
    assert {row["group"] for row in wanted} == set(TARGETS)
    printed = told(monkeypatch, capsys, "--all", "--data", str(SHARED), "-o", "json")
    rows = {f"{row['region']}-{row['year']}": row for row in json.loads(printed)}
    columns = {
        "n": "parties",
        "gross $bn": "gross_bn",
        "bilateral netting %": "bilateral_percent",
        "multilateral netting %": "multilateral_percent",
        "net to settle %": "left_percent",
        "multilat % of bilateral positions": "of_bilateral_percent",
    }
    for row in wanted:
        found = rows[TARGETS[row["group"]]]
        # The reference table drops zeros at the end: 53.0 is 53.00.
        assert {name: float(row[name]) for name in columns} == {
            name: float(found[ours]) for name, ours in columns.items()
        }, row["group"]


PACKAGE = """
    region     year  parties  gross      bilateral  left
    sco        2015  10       292.4      62.13      32.18
    eurasia    2015  16       536.7      57.28      25.60
    acu        2009  8        14.2       48.82      42.77
    aladi      2009  12       104.2      59.40      22.23
    latam      2006  10       55.0       56.78      24.11
"""
"""Computed with NumPy in floating point from the published files that the extracts are of."""


@pytest.mark.parametrize("line", PACKAGE.strip().splitlines()[1:])
def test_figures_of_the_package(line: str) -> None:
    name, year, parties, gross, pairs, left = line.split()
    chosen = choose(shipped(), region(name))
    found = netting(obligations(chosen))
    assert (chosen.matrix.period, len(chosen.members)) == (year, int(parties))
    assert f"{found.gross / 1e9:.1f}" == gross
    assert f"{float(100 * found.bilateral_share):.2f}" == pairs
    assert f"{float(100 * found.left_share):.2f}" == left


def test_extracts_say_what_the_published_files_say() -> None:
    if not SHARED.exists():
        pytest.skip("the published trade matrices are not at hand")
    for name, year in (("latam", 1999), ("mena", 1986)):
        of = region(name, year)
        (whole,) = read_trade(SHARED / "trade_agtpa_1986_2006.csv.gz", [year])
        published, extract = choose([whole], of), choose(shipped(), of)
        assert published.members == extract.members
        pairs = obligations(published)
        assert len(pairs) > 50
        for pair, usd in pairs.items():
            assert abs(obligations(extract).get(pair, 0) - usd) <= 500


def test_cross_section_says_what_the_published_file_says() -> None:
    if not SHARED.exists():
        pytest.skip("the published trade matrices are not at hand")
    (whole,) = read_trade(SHARED / "trade_gravity_2006.csv.gz")
    published = obligations(choose([whole], region("aladi", 2006)))
    extract = obligations(choose(shipped(), region("aladi", 2009)))
    assert len(published) > 100
    assert all(abs(extract.get(pair, 0) - usd) <= 500 for pair, usd in published.items())


def test_region_is_named_with_its_year_or_without() -> None:
    assert region("epu-1955") == region("epu")
    assert region("ACU-2000").year == region("acu", 2000).year == 2000
    assert region("world", 1955).title == region("world").title
    assert refused(lambda: region("sco-2015", 2014)).reason == "LB12"
    assert refused(lambda: region("")).reason == "LB11"


def test_regions_have_distinct_names_and_members_that_can_be_spelled() -> None:
    names = [(each.name, each.year) for each in regions()]
    assert len(set(names)) == len(names)
    for each in regions():
        assert each.everyone or (len(each.members) >= 2 and all(len(code) == 3 for code in each.members))
        assert len(set(each.members)) == len(each.members)


def test_state_is_known_by_code_or_name_whatever_the_figures_use() -> None:
    of_2015 = StateNames(choose(shipped(), region("sco")).matrix)
    assert {of_2015.of(text) for text in ("KZ", "kaz", "Kazakhstan", " KZ ")} == {"KZ"}
    assert of_2015.of("Atlantis") is None


def test_years_without_figures_are_told_with_those_that_have_them() -> None:
    found = refused(lambda: choose(shipped(), region("latam", 1955)))
    assert (found.reason, "1986 to 2006, 2009" in found.cure) == ("LB12", True)


def test_a_region_of_the_panel_is_not_mixed_with_another() -> None:
    # Brazil, India and China have panels, but none with each other.
    assert refused(lambda: choose(shipped(), region("brics", 2000))).reason == "LB12"


# A user's own file


def file_of(directory: Path, *lines: str, name: str = "mine.csv") -> Path:
    file = directory / name
    raw = ("\n".join(lines) + "\n").encode("utf-8-sig")
    file.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return file


LINES = (
    "exporter,importer,year,usd_million",
    "KZ,UZ,2020,5",
    "UZ,KZ,2020,2.5",
    "KZ,KZ,2020,9",
    "KZ,UZ,2021,1",
)


def net_of(file: Path, year: int) -> Netting:
    from tasviya.lab.regions import Region

    chosen = choose(read_trade(file, [year]), Region("members", year, "", ("KAZ", "Uzbekistan")))
    return netting(obligations(chosen))


@pytest.mark.parametrize("name", ["mine.csv", "mine.csv.gz"])
def test_own_file_with_a_byte_order_mark_is_read_packed_or_not(tmp_path: Path, name: str) -> None:
    file = file_of(tmp_path, *LINES, name=name)
    assert (net_of(file, 2020).gross, net_of(file, 2020).multilateral) == (7_500_000, 2_500_000)
    assert net_of(file, 2021).gross == 1_000_000


@pytest.mark.parametrize(
    ("lines", "reason", "where"),
    [
        ((), "LB06", "line 1"),
        (("exporter,importer,year", "KZ,UZ,2020"), "LB06", "line 1"),
        (("exporter,usd", "KZ,5"), "LB06", "line 1"),
        ((*LINES, "KZ,UZ,2020"), "LB06", "line 6"),
        ((*LINES, "UZ,KG,2020,-1"), "LB07", "line 6, usd_million"),
        ((*LINES, "UZ,KG,2020,"), "LB07", "line 6, usd_million"),
        ((*LINES, "UZ,KG,2020,1e40"), "LB07", "line 6, usd_million"),
        ((*LINES, "UZ,KG,last,1"), "LB07", "line 6, year"),
        ((*LINES, ",KG,2020,1"), "LB08", "line 6, exporter"),
        ((*LINES, "KZ,UZ,2020,1"), "LB09", "line 6"),
    ],
)
def test_own_file_that_does_not_hold_is_refused_with_its_line(
    tmp_path: Path, lines: tuple[str, ...], reason: str, where: str
) -> None:
    found = refused(lambda: net_of(file_of(tmp_path, *lines), 2020))
    assert (found.reason, found.where.partition("mine.csv, ")[2]) == (reason, where)
    assert found.cure


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    file = file_of(tmp_path, *LINES, name="mine.csv.gz")
    file.write_bytes(file.read_bytes()[:-9])
    assert refused(lambda: read_trade(file)).reason == "LB05"


def test_a_folder_gives_the_file_that_knows_most_members(tmp_path: Path) -> None:
    file_of(tmp_path, "exporter,importer,usd", "KZ,UZ,5", name="a_2020.csv")
    file_of(tmp_path, "exporter,importer,usd", "KZ,UZ,5", "UZ,KG,5", name="b_2020.csv")
    file_of(tmp_path, "note,text", "1,2", name="notes.csv")
    (tmp_path / "read.me").write_bytes(b"\xff")
    from tasviya.lab.regions import Region

    wanted = Region("members", 2020, "", ("KZ", "UZ", "KG"))
    assert choose(read_trade(tmp_path), wanted).matrix.name == "b_2020.csv"
    assert refused(lambda: choose(read_trade(tmp_path), region("sco", 2019))).reason == "LB12"


def test_a_folder_without_trade_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: read_trade(tmp_path)).reason == "LB05"
    assert refused(lambda: read_trade(tmp_path / "none")).reason == "LB05"


# The drills


def test_exit_and_accession_undo_each_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = json.loads(told(monkeypatch, capsys, "--region", "sco", "--leave", "KZ", "-o", "json"))
    nine = "BY,CN,IN,IR,KG,PK,RU,TJ,UZ"
    words = ("--members", nine, "--year", "2015", "--join", "Kazakhstan", "-o", "json")
    joined = json.loads(told(monkeypatch, capsys, *words))
    assert (left[1]["union"], joined[1]["union"]) == ("without KZ", "with KZ")
    assert left[0]["left_usd"] == joined[1]["left_usd"]
    assert left[1]["left_usd"] == joined[0]["left_usd"]
    assert left[1]["clears_usd"] == -joined[1]["clears_usd"] < 0


def test_every_member_leaves_in_turn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(told(monkeypatch, capsys, "--region", "sco", "--leave", "all", "-o", "json"))
    assert len(rows) == 11
    assert [row["clears_usd"] for row in rows[1:]] == sorted(row["clears_usd"] for row in rows[1:])
    assert "without CN" in told(monkeypatch, capsys, "--region", "sco", "--leave", "all")


def test_positions_add_up_to_zero(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = json.loads(told(monkeypatch, capsys, "--region", "eurasia", "--positions", "-o", "json"))
    assert sum(int(row["position"]) for row in rows) == 0
    assert all(int(row["sells"]) - int(row["buys"]) == int(row["position"]) for row in rows)
    assert "Payments that would discharge them" in told(monkeypatch, capsys, "--region", "sco", "--positions")


@pytest.mark.parametrize(
    ("words", "reason", "where"),
    [
        ("", "LB11", "--region"),
        ("--region sco --all", "LB11", "--region"),
        ("--all --positions", "LB11", "--positions"),
        ("--region sco swing", "LB11", "swing"),
        ("--all --year 1700", "LB12", "--all"),
        ("--region sco --leave KZ --join TR", "LB11", "--join"),
        ("--members KZ,UZ", "LB12", "--year"),
        ("--members KZ,Atlantis --year 2015", "LB12", ""),
        ("--members KZ,,UZ --year 2015", "LB13", "--members"),
        ("--region sco --leave TR", "LB13", "--leave"),
        ("--region sco --leave Atlantis", "LB13", "--leave"),
        ("--region sco --join KAZ", "LB13", "--join"),
        ("--members KZ,UZ --year 2015 --leave KZ", "LB13", "--leave"),
        ("--region sco --data /none", "LB05", "/none"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_option(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    reason: str,
    where: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["tasviya", "netting", *words.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (1, "")
    assert f"tasviya: {reason}: " in err
    assert (f"where: {where}\n" in err) == bool(where)
    assert "cure:" in err


@pytest.mark.parametrize(
    ("usd", "gross"), [("0", "0 USD"), ("1234567", "1,234,567 USD"), ("5e7", "50.0 mn"), ("5e10", "50.0 bn")]
)
def test_amounts_are_told_in_a_unit_that_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], usd: str, gross: str
) -> None:
    file = file_of(tmp_path, "exporter,importer,usd", f"KZ,UZ,{usd}", "UZ,KZ,0")
    words = ("--members", "KZ,UZ", "--year", "2020", "--data", str(file))
    assert f"gross                {gross} US dollars" in told(monkeypatch, capsys, *words)
    positions = told(monkeypatch, capsys, *words, "--positions")
    assert ("They owe each other nothing." in positions) == (usd == "0")


def test_list_says_which_regions_have_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = list(csv.DictReader(told(monkeypatch, capsys, "--list", "-o", "csv").splitlines()))
    assert len(rows) == len(regions())
    known = {row["region"] + row["year"]: row["with figures"] for row in rows}
    assert (known["sco2015"], known["epu1955"]) == ("10", "")


def blocks_of_the_page() -> list[tuple[str, str]]:
    """What docs/netting.md says that commands print."""
    page = (Path(__file__).parents[2] / "docs" / "netting.md").read_text(encoding="utf-8")
    return re.findall(r"^    tasviya netting ([^\n]*)\n\n```text\n(.*?)```", page, flags=re.S | re.M)


def test_page_shows_what_commands_print(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tasviya.cli.output.screen.width", 100)
    blocks = blocks_of_the_page()
    assert len(blocks) >= 6
    for words, shown in blocks:
        printed = told(monkeypatch, capsys, *words.split())
        lines = [line.rstrip() for line in printed.splitlines()]
        assert lines[: len(shown.splitlines())] == shown.splitlines(), words
