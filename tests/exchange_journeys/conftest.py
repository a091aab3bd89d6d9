"""A small union with an exchange for every journey, restarted at each step."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from exchange_union import ExchangeUnion


@pytest.fixture
def union(tmp_path: Path) -> ExchangeUnion:
    """A union at 08:00, an hour before it opens."""
    return ExchangeUnion(tmp_path / "home")
