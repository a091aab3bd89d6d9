"""Kill -9 at any moment loses nothing that was acknowledged, settles nothing twice, and changes no outcome.

`TASVIYA_SOAK=100` tries that many seeds instead of a few.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from killed_days import (
    acknowledged,
    acknowledges_too_early,
    check_books,
    copy_of,
    lost,
    outcome,
    run,
    write_clearing_day,
    write_day,
    write_exchange_day,
)
from small_union import SmallUnion

SEEDS = range(int(os.environ.get("TASVIYA_SOAK", "4")))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> SmallUnion:
    """A union whose inbox is full, before anything has happened."""
    return write_day(tmp_path_factory.mktemp("day") / "home", seed=2015)


@pytest.fixture(scope="module")
def undisturbed(day: SmallUnion, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the day comes to if nobody is killed."""
    union = copy_of(day, tmp_path_factory.mktemp("undisturbed") / "home")
    assert run(union.home)
    check_books(union)
    return outcome(union.home)


def test_day_is_worth_killing(undisturbed: dict[str, object]) -> None:
    statuses = [row[1] for row in undisturbed["payments"]]  # type: ignore[attr-defined]
    assert statuses.count("settled") > 20
    assert "expired" in statuses
    assert undisturbed["inbox"] == [] and undisturbed["untold"] == (0,)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_day_loses_nothing_that_was_acknowledged(
    day: SmallUnion, undisturbed: dict[str, object], tmp_path: Path, seed: int
) -> None:
    union = copy_of(day, tmp_path / "home")
    draw = random.Random(seed)
    kills = 0
    told: set[str] = set()
    while not run(union.home, kill_at=draw.randrange(1, 400)):
        kills += 1
        assert kills < 200, "it gets nowhere"
        assert lost(union.home) == set()
        assert told <= acknowledged(union.home)
        told = acknowledged(union.home)
        check_books(union)
    assert kills >= 2, "it was hardly killed"
    check_books(union)
    assert outcome(union.home) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_killed_batches_come_out_the_same(tmp_path: Path, seed: int) -> None:
    day = write_exchange_day(tmp_path / "day", seed)
    alive, union = copy_of(day, tmp_path / "alive"), copy_of(day, tmp_path / "home")
    assert run(alive.home)
    check_books(alive)
    undisturbed = outcome(alive.home)
    assert len(undisturbed["fills"]) > 10  # type: ignore[arg-type]
    draw = random.Random(seed)
    while not run(union.home, kill_at=draw.randrange(1, 600)):
        assert lost(union.home) == set()
        check_books(union)
    assert outcome(union.home) == undisturbed


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS[:2])
def test_killed_clearing_cycle_comes_out_the_same(tmp_path: Path, seed: int) -> None:
    day = write_clearing_day(tmp_path / "day", seed)
    alive, union = copy_of(day, tmp_path / "alive"), copy_of(day, tmp_path / "home")
    assert run(alive.home)
    check_books(alive)
    undisturbed = outcome(alive.home)
    cycles: Any = undisturbed["cycles"]
    assert [row[:2] for row in cycles[:1] + cycles[-1:]] == [(1, "closed"), (2, "open")]
    assert any(discharged for *_, discharged in cycles if discharged), "it was worth killing"
    draw = random.Random(seed)
    kills = 0
    while not run(union.home, kill_at=draw.randrange(1, 500)):
        kills += 1
        assert kills < 200, "it gets nowhere"
        assert lost(union.home) == set()
        check_books(union)
    assert kills >= 2, "it was hardly killed"
    check_books(union)
    assert outcome(union.home) == undisturbed


@pytest.mark.slow
def test_system_that_acknowledges_before_its_commit_does_lose(day: SmallUnion, tmp_path: Path) -> None:
    """The control: the same kills and the same question find a loss where there must be one."""
    for seed in range(20):
        union = copy_of(day, tmp_path / str(seed))
        run(union.home, kill_at=random.Random(seed).randrange(1, 500), tamper=acknowledges_too_early)
        if lost(union.home):
            return
    pytest.fail("20 kills of a system that acknowledges too early lost nothing: the test proves nothing")
