"""A small union for every journey: `union` comes twice, one that restarts at each step and one that stays."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from small_union import SmallUnion


@pytest.fixture(params=["restarts at each step", "stays up"])
def union(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallUnion]:
    """A union at 08:00, an hour before it opens."""
    made = SmallUnion(tmp_path / "home", stays_up=request.param == "stays up")
    yield made
    made.close()


@pytest.fixture
def open_union(union: SmallUnion) -> SmallUnion:
    """The same at 10:00, open."""
    return union.at("10:00").settle()
