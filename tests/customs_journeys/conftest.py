"""Facts that the tests of this folder share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from customs_union import CustomsUnion


@pytest.fixture
def union(tmp_path: Path) -> CustomsUnion:
    """A union at 10:30 UTC, all its currencies open."""
    made = CustomsUnion(tmp_path)
    made.at("10:30").settle()
    return made
