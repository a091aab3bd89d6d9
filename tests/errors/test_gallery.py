"""Every error has its smallest case, every case its error; the page of errors is what they say."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gallery import Case, cases, outcome

from tasviya.core.rates import FxReason
from tasviya.customs.adjustment import ADJUSTMENT_CODES
from tasviya.customs.duty_expression import CODES as DUTY_CODES
from tasviya.customs.formats.taric3 import TARIC3_CODES
from tasviya.membership.union import CODES
from tasviya.messages.rules import RULES
from tasviya.messages.xml import FAILURES
from tasviya.settlement import rules as settlement

ROOT = Path(__file__).parent.parent.parent
SOURCE = ROOT / "src" / "tasviya"
ALL = list(cases())
RAISED = {"OperatorError", "StoreError", "WriterBusy", "Refusal"}


@pytest.mark.parametrize("case", ALL, ids=[f"{case.room}-{case.rule}" for case in ALL])
def test_smallest_case(case: Case) -> None:
    refusal = outcome(case)
    assert refusal.reason == case.code, refusal
    assert refusal.where.endswith(case.where), refusal
    assert refusal.what.strip() and refusal.cure.strip().endswith((".", "?")), refusal


def rules_of(room: str) -> set[str]:
    return {case.rule for case in ALL if case.room == room}


def test_every_reason_for_an_unreadable_file_has_a_case() -> None:
    assert rules_of("file") == set(FAILURES)


def test_every_rule_of_messages_has_a_case() -> None:
    assert rules_of("message") == {type(rule).__name__ for rule in RULES}


def test_every_rule_of_settlement_has_a_case() -> None:
    assert rules_of("payment") - {"DS0B"} == {rule.reason for rule in settlement.RULES}


def test_every_mistake_in_a_union_has_a_case() -> None:
    assert rules_of("union") == set(CODES)


def test_every_rule_of_duty_rates_has_a_case() -> None:
    assert rules_of("customs") >= set(DUTY_CODES)


def test_every_rule_of_taric3_has_a_case() -> None:
    assert rules_of("taric") == set(TARIC3_CODES)


def test_every_rule_of_corrections_has_a_case() -> None:
    assert rules_of("adjustment") == set(ADJUSTMENT_CODES)


def test_every_code_that_the_source_raises_has_a_case() -> None:
    known = {case.code for case in ALL}
    raised = set(codes_in_source())
    assert raised - known == set()
    assert {case.code for case in ALL if case.room == "operator"} <= raised | set(FxReason)


def codes_in_source() -> Iterator[str]:
    """The first argument of every error and refusal that the source makes with a code written out."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def test_page_of_errors_is_up_to_date() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import error_page

    cure = "run .venv/bin/python tools/error_page.py"
    assert error_page.PAGE.read_text(encoding="utf-8") == error_page.page(), cure
