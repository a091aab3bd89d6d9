"""Every code of declarations has its smallest case."""

from __future__ import annotations

from pathlib import Path

import pytest
from declaration_errors import DECLARATION_CASES, TEXTS, Act, refusal_of_declaration


@pytest.mark.parametrize(
    ("code", "where", "act"),
    [pytest.param(code, where, act, id=code) for code, _, _, where, act in DECLARATION_CASES],
)
def test_smallest_case(code: str, where: str, act: Act) -> None:
    refusal = refusal_of_declaration(act, Path())
    assert refusal.reason == code and refusal.where.endswith(where), refusal
    assert refusal.what.strip() and refusal.cure.strip().endswith((".", "?"))


def test_every_code_has_a_case() -> None:
    assert {code for code, *_ in DECLARATION_CASES} == set(TEXTS)
