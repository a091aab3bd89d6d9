"""Every code of controls, selectivity, risk scores and the mirror has its smallest case."""

from __future__ import annotations

from control_errors import CONTROL_CASES

from tasviya.customs.controls import CONTROL_CODES
from tasviya.customs.hit_rates import HIT_RATE_CODES
from tasviya.customs.licence import LICENCE_CODES
from tasviya.customs.mirror import MIRROR_CODES
from tasviya.customs.risk_history import RISK_HISTORY_CODES
from tasviya.customs.risk_score import RISK_MODEL_CODES
from tasviya.customs.selectivity import SELECTIVITY_CODES


def test_every_code_has_a_case() -> None:
    families = (
        CONTROL_CODES,
        LICENCE_CODES,
        SELECTIVITY_CODES,
        HIT_RATE_CODES,
        RISK_HISTORY_CODES,
        RISK_MODEL_CODES,
        MIRROR_CODES,
    )
    codes = [code for family in families for code in family]
    assert sorted(code for code, *_ in CONTROL_CASES) == sorted(codes)
