"""A small union for every journey, restarted at each step; test_restarts.py shows that it changes nothing."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from small_union import SmallUnion


@pytest.fixture
def union(tmp_path: Path) -> SmallUnion:
    """A union at 08:00, an hour before it opens."""
    return SmallUnion(tmp_path / "home")


@pytest.fixture
def open_union(union: SmallUnion) -> SmallUnion:
    """The same at 10:00, open."""
    return union.at("10:00").settle()
