"""Every code of transit has its smallest case."""

from __future__ import annotations

from pathlib import Path

import pytest
from transit_errors import TEXTS, TRANSIT_CASES, Act, refusal_of_transit


@pytest.mark.parametrize(
    ("code", "where", "act"),
    [pytest.param(code, where, act, id=code) for code, _, _, where, act in TRANSIT_CASES],
)
def test_smallest_case(code: str, where: str, act: Act) -> None:
    refusal = refusal_of_transit(act, Path())
    assert refusal.reason == code and refusal.where.endswith(where), refusal
    assert refusal.what.strip() and refusal.cure.strip().endswith((".", "?"))


def test_every_code_has_a_case() -> None:
    assert {code for code, *_ in TRANSIT_CASES} == set(TEXTS)
