"""Laws, tariffs and goods that a duty cannot be worked out for: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

Act = Callable[[Path], object]
LAW = """member = "XX"
currency = "KZT"
tariff = "XX.csv"
[[tax]]
code = "DUTY"
on = ["value"]
rounding = "down"
required = true
"""
RULES = {
    "TF01": "A file has the columns that it must have, and no others.",
    "TF02": "A measure's tax is one of the member's law.",
    "TF03": "A measure's goods are 2 to 12 digits, or none for all goods.",
    "TF04": "A measure's origin is a country, a group of the law, or every one.",
    "TF05": "A measure's dates are dates, and in order.",
    "TF06": "On one day one measure says what goods pay.",
    "CD01": "Goods are in the tariff.",
    "CD02": "What a rate counts is declared.",
    "CD03": "A currency has an official rate on the day.",
    "CD04": "Goods whose rate depends on an additional code have one.",
    "CD05": "What is claimed is open to these goods.",
    "CD06": "Values are above zero, quantities not below, neither absurd.",
    "CD07": "Countries, dates and units are those that there are.",
}
HEAD = "tax,goods,rate,origin,valid_from,valid_to,additional\n"


def asked(*words: str, rows: str = "DUTY,2204,5%,,,,", head: str = HEAD, member: str = "XX") -> Act:
    """Ask what goods pay under a law and a tariff of these rows."""

    def act(directory: Path) -> None:
        from tasviya.cli.main import app

        (directory / "XX.toml").write_text(LAW, encoding="utf-8")
        if rows:
            (directory / "XX.csv").write_text(head + rows + "\n", encoding="utf-8")
        known = {"--member": member, "--hs": "220429", "--origin": "MD", "--value": "100"}
        given = known | {"--on": "2026-10-01"} | dict(zip(words[::2], words[1::2], strict=True))
        flat = [each for pair in given.items() for each in pair]
        with redirect_stdout(StringIO()):
            app(["duty", "--customs", str(directory), *flat], standalone_mode=False)

    return act


def file(*words: str) -> Act:
    """Ask a file of one question."""

    def act(directory: Path) -> None:
        (directory / "q.csv").write_text("goods,origin,value\n220429,MD,100\n", encoding="utf-8")
        (directory / "a.csv").write_text("", encoding="utf-8")
        named = [str(directory / each) if each.endswith(".csv") else each for each in words]
        asked(*named)(directory)

    return act


def tariff_case(code: str, how: str, act: Act) -> tuple[str, str, str, Act]:
    return code, RULES[code], how, act


TARIFF_CASES: list[tuple[str, str, str, Act]] = [
    tariff_case("TF01", "Leave the column `rate` out", asked(head="tax,goods\n", rows="DUTY,01")),
    tariff_case("TF02", "`VAT` where the law has only `DUTY`", asked(rows="VAT,2204,5%,,,,")),
    tariff_case("TF03", "One digit", asked(rows="DUTY,2,5%,,,,")),
    tariff_case("TF04", "Origin `Mars`", asked(rows="DUTY,2204,5%,Mars,,,")),
    tariff_case("TF05", "`valid_from` `soon`", asked(rows="DUTY,2204,5%,,soon,,")),
    tariff_case("TF06", "The same goods twice", asked(rows="DUTY,2204,5%,,,,\nDUTY,2204,6%,,,,")),
    tariff_case("CD01", "Goods of another chapter", asked("--hs", "090111")),
    tariff_case("CD02", "A rate per kilogram, no weight", asked(rows="DUTY,2204,5 KZT / kg,,,,")),
    tariff_case("CD03", "A price in euros, no rate", asked("--currency", "EUR")),
    tariff_case("CD04", "Only rates by additional code", asked(rows="DUTY,2204,5%,,,,C1")),
    tariff_case("CD05", "`--preference GSP` in a tariff without", asked("--preference", "GSP")),
    tariff_case("CD06", "`--value 0`", asked("--value", "0")),
    tariff_case("CD07", "`--origin Moldova`", asked("--origin", "Moldova")),
    ("unreadable", "A law's tariff is there, in UTF-8.", "A law without its tariff", asked(rows="")),
    ("no_law", "Every member has a law of its own.", "`--member ZZ`", asked(member="ZZ")),
    ("no_result", "A file's answers go into a file.", "`--file` alone", file("--file", "q.csv")),
]
