"""The commands of docs/refunds.md, run in the page's order in a union at work: they print what it shows."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import pytest
from customs_acts import REFUND, guaranteed
from customs_union import CUSTOMS, LAW, MEASURES, TRADER, CustomsUnion, declaration
from exchange_union import A
from typer.testing import CliRunner

from tasviya.cli.main import app
from tasviya.core.errors import OperatorError
from tasviya.services.tariffs import draft, publish

PAGE = Path(__file__).parents[2] / "docs" / "refunds.md"
NOW = "2026-09-29T10:30:00Z"
QUOTAS = "order_number,unit,begin,end,volume\n090101,kg,2026-01-01,2026-12-31,100\n"
KEY = 'valid_from = 2026-01-01\npercents = { KZ = "60", IN = "40" }\n'


def prepare(root: Path) -> CustomsUnion:
    """The union and the files that the page speaks of."""
    union = CustomsUnion(root / "union")
    union.at("10:30").settle()
    law, day = LAW.replace("{member}", "KZ").replace("{currency}", "KZT") + REFUND, date(2026, 9, 1)
    rates = MEASURES + "DUTY,8415,0%,,,,,,,090101\n"
    made = union.ok(lambda work: draft(work, "KZ", law, rates, day, "KZ.tariff.1", quotas=QUOTAS))
    union.ok(lambda work: publish(work, "KZ", made.digest, "KZ.tariff.2"))
    guaranteed(union, 500_00)
    files = {
        "import.json": declaration(),
        "invoice.json": declaration(price="1500.00"),
        "second.json": declaration("D-2"),
        "export.json": declaration("X-1", kind="export"),
        "quota.json": declaration("D-3", item={"quota": "090101", "quantities": {"kg": "200"}}),
        "key.toml": f"[[key]]\n{KEY}".encode(),
        "duty.xml": payment(union, "232.00", "/MRN/26KZ000000000001R2"),
        "ahead.xml": payment(union, "300.00", f"/CASH/{TRADER}"),
    }
    for name, content in files.items():
        (root / name).write_bytes(content)
    return union


def payment(union: CustomsUnion, amount: str, quoted: str) -> bytes:
    return union.message(union.transfer(A, CUSTOMS["KZ"], amount, remittance=quoted))


def run(line: str) -> str:
    """What a command prints; an operator's error as `main` would."""
    words = [*shlex.split(line)[1:], *(["--workers", "0"] if "run --once" in line else [])]
    found = CliRunner().invoke(app, words)
    if isinstance(found.exception, OperatorError):
        told = found.exception.refusal
        return f"tasviya: {told.reason}: {told.what}\n  where: {told.where}\n  cure:  {told.cure}\n"
    assert found.exit_code == 0, (line, found.output, found.exception)
    return found.stdout


def test_commands_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    union = prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TASVIYA_HOME", str(union.home.root))
    monkeypatch.setenv("TASVIYA_NOW", NOW)
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.S | re.M)
    shown = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), flags=re.M)
    for line, told in shown:
        said = "".join(f"{each.rstrip()}\n" for each in run(line).splitlines())
        wanted = "".join(
            "(?:.*\n)*?" if each == "…" else re.escape(each.rstrip()) + "\n" for each in told.splitlines()
        )
        assert re.fullmatch(wanted, said), (line, said)
    assert len(shown) >= 20
    books = union.customs_books()
    assert books["IN/revenue/SHARE-KZ"] > 0 and "KZ/share/IN" not in books
