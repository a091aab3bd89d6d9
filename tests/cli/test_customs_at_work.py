"""`tasviya customs rules`, `licence`, `certificate`, `expected`, `hits` and `mirror` on a union."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from controlled import CONTROLS, SELECTIVITY
from customs_union import TRADER, CustomsUnion, declaration

EXAMPLES = Path(__file__).parents[2] / "examples" / "customs"
Shell = Callable[..., Any]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Commands on a union at 10:30 UTC: what they print, as JSON; a tuple is the file's name and its text."""
    union = CustomsUnion(tmp_path / "union")
    union.at("10:30").settle()
    env = {"TASVIYA_HOME": str(union.home.root), "TASVIYA_NOW": "2026-09-29T10:30:00Z"}

    def run(*words: str | tuple[str, str | bytes]) -> Any:
        told = []
        for word in words:
            if isinstance(word, tuple):
                file = tmp_path / word[0]
                file.write_bytes(word[1].encode() if isinstance(word[1], str) else word[1])
                told.append(str(file))
            else:
                told.append(word)
        found = CliRunner().invoke(app, ["customs", *told, "-o", "json"], env=env)
        if found.exception is not None:
            raise found.exception
        return json.loads(found.stdout)

    return run


def test_rules_come_into_force_by_two_persons(shell: Shell) -> None:
    about = ("--member", "KZ", "--kind", "selectivity")
    (draft,) = shell(
        "rules", "draft", ("s.toml", SELECTIVITY), *about, "--from", "2026-09-29", "--as", "KZ.tariff.1"
    )
    assert (draft["valid_from"], draft["published_at"]) == ("2026-09-29", "draft")
    with pytest.raises(OperatorError) as refused:
        shell("rules", "publish", draft["digest"], *about, "--as", "KZ.tariff.1")
    assert refused.value.refusal.reason == "RO02"
    shell("rules", "publish", draft["digest"], *about, "--as", "KZ.tariff.2")
    (row,) = shell("rules", "list", *about)
    assert row["published_by"] == "KZ.tariff.2"
    assert shell("rules", "list", "--member", "KZ", "--kind", "controls") == []
    assert [each["digest"] for each in shell("tariff", "list", "--member", "KZ")] != [row["digest"]]


def test_file_that_has_no_rules_is_refused_at_its_key(shell: Shell) -> None:
    about = ("--member", "KZ", "--kind", "controls", "--from", "2026-09-29", "--as", "KZ.tariff.1")
    with pytest.raises(OperatorError) as refused:
        shell("rules", "draft", ("c.toml", CONTROLS.replace('"licence"', '"wish"')), *about)
    assert refused.value.refusal.where == "KZ.controls.toml: control[COOL-IMPORT].kind"


def test_control_with_a_finding_counts_in_the_hit_rates(shell: Shell) -> None:
    about = ("--member", "KZ", "--kind", "selectivity")
    file = ("s.toml", SELECTIVITY)
    (draft,) = shell("rules", "draft", file, *about, "--from", "2026-09-29", "--as", "KZ.tariff.1")
    shell("rules", "publish", draft["digest"], *about, "--as", "KZ.tariff.2")
    cheap = declaration(price="400.00", importer={"id": TRADER})
    (lodged,) = shell("lodge", ("d.json", cheap), "--member", "KZ")
    assert lodged["channel"] == "red"
    lift = ("--hold", "RED", "--as", "KZ.officer.1", "--result", "worth 1,000", "--found")
    shell("release", lodged["mrn"], *lift)
    rows = {row["rule"]: (row["hits"], row["found"]) for row in shell("hits", "--member", "KZ")}
    assert rows["CHEAP-COOLERS"] == rows["NEW-TRADER"] == (1, 1)
    assert all(row["hits"] == 0 for row in shell("hits", "--member", "IN"))


def test_licence_is_issued_by_its_authority_and_listed(shell: Shell) -> None:
    words = ("licence", "issue", 'L-"1"', "--member", "KZ", "--holder", TRADER, "--goods", "8415")
    facts = ("--quantity", "120.5", "--from", "2026-09-01", "--until", "2026-12-31")
    with pytest.raises(OperatorError) as refused:
        shell(*words, *facts, "--as", "KZ.officer.1")
    assert refused.value.refusal.reason == "RO01"
    (row,) = shell(*words, *facts, "--as", "KZ.ministry")
    assert (row["number"], row["left"], row["uses"]) == ('L-"1"', "120.5", 0)
    assert shell("licence", "list", "--member", "IN") == []


def test_certificate_is_issued_verified_used_and_revoked(shell: Shell) -> None:
    words = (
        "certificate",
        "issue",
        str(EXAMPLES / "trousers.csv"),
        "--member",
        "IN",
        "--exporter",
        "IN-MAKER-1",
    )
    facts = ("--consignee", TRADER, "--goods", "620342", "--price", "100.00", "--quantity", "500")
    more = ("--until", "2026-12-31", "--as", "IN.officer.1")
    with pytest.raises(OperatorError) as refused:
        shell(*words, *facts, *more, "--rule", "CC except 5208-5212")
    assert refused.value.refusal.reason == "CO09"
    (made,) = shell(*words, *facts, *more, "--rule", "CTH or RVC 40")
    assert (made["origin"], made["quantity"], len(made["explained"])) == ("IN", "500 kg, 500 left", 3)
    (verified,) = shell("certificate", "verify", made["number"], "--as", "IN.officer.2")
    assert verified["status"] == "verified"
    reason = ("--as", "IN.chief", "--reason", "materials were not from there")
    shell("certificate", "revoke", made["number"], *reason)
    (shown,) = shell("certificate", "show", made["number"])
    assert (shown["status"], shown["revoked"]) == ("revoked", "2026-09-29: materials were not from there")
    with pytest.raises(OperatorError) as refused:
        shell("certificate", "show", "26IN000000000009O0")
    assert refused.value.refusal.reason == "CO14"


def test_exports_are_expected_and_mirrored(shell: Shell) -> None:
    out = {"destination_country": "KZ", "dispatch_country": "IN", "importer": {"id": TRADER}}
    export = declaration("E-1", "160.00", "INR", kind="export", declarant="IN-MAKER-1", **out)
    (sent,) = shell("lodge", ("e.json", export), "--member", "IN")
    (row,) = shell("expected", "--member", "KZ", "--as", "KZ.officer.1")
    assert (row["mrn"], row["price"], row["imports"]) == (sent["mrn"], "160.00 INR", "")
    previous = [{"type": "N830", "reference": sent["mrn"]}]
    into = declaration(goods="841821", previous=previous, importer={"id": TRADER}, dispatch_country="IN")
    (came,) = shell("lodge", ("i.json", into), "--member", "KZ")
    asked = ("mirror", "--member", "KZ", "--as", "KZ.officer.1", "--on", "2026-09-30")
    (gap,) = shell(*asked)
    assert (gap["from"], gap["reason"], gap["exports"], gap["imports"]) == (
        "IN", "goods", sent["mrn"], came["mrn"],
    )  # fmt: skip
    assert gap["duty"] == "0.00"
    assert shell(*asked, "--from", "OM") == []
    with pytest.raises(OperatorError) as refused:
        shell("mirror", "--member", "KZ", "--as", "OM.customs")
    assert refused.value.refusal.reason == "RO01"


def test_mirror_without_folders_or_a_union_is_a_mistake() -> None:
    assert CliRunner().invoke(app, ["customs", "mirror", "--member", "KZ"]).exit_code == 2
