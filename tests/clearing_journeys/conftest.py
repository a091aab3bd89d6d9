"""A small union with an exchange and a clearing cycle for every journey, restarted at each step."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from clearing_union import ClearingUnion


@pytest.fixture
def union(tmp_path: Path) -> ClearingUnion:
    """At 10:30, all three currencies open."""
    union = ClearingUnion(tmp_path)
    union.at("10:30").settle()
    return union
