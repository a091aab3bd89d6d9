"""Kill -9 at any moment loses nothing that was acknowledged, settles nothing twice, and changes no outcome.

`TASVIYA_SOAK=100` tries that many seeds instead of a few.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from customs_books import customs_hold
from customs_union import CUSTOMS, CustomsUnion
from exchange_union import A
from killed_customs import customs_outcome, released_in, ways_paid, write_customs_day
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

REVENUE = "SELECT account_id FROM account WHERE kind = 'customs_revenue'"
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
@pytest.mark.parametrize("seed", SEEDS)
def test_killed_customs_lose_no_release_and_release_nothing_unpaid(tmp_path: Path, seed: int) -> None:
    day = write_customs_day(tmp_path / "day", seed)
    alive, killed = day.copy(tmp_path / "alive"), day.copy(tmp_path / "home")
    assert run(alive.union.home, morning=alive.lodge, evening=alive.act)
    customs_hold(alive.union)
    undisturbed = outcome(alive.union.home) | customs_outcome(alive.union.home)
    fates = Counter(row[3] for row in undisturbed["declarations"])  # type: ignore[attr-defined]
    assert set(fates) == {"released", "accepted", "rejected", "invalidated"}, "it was worth killing"
    reasons = {row[8] for row in undisturbed["declarations"]}  # type: ignore[attr-defined]
    assert {"cash account", day.grn, "nothing due"} < reasons
    assert ways_paid(alive.union.home) == {"gross", "waited", "batch", "cycle"}
    draw = random.Random(seed)
    kills, released = 0, set[str]()
    while not run(killed.union.home, draw.randrange(1, 600), morning=killed.lodge, evening=killed.act):
        kills += 1
        assert kills < 200, "it gets nowhere"
        assert lost(killed.union.home) == set()
        check_books(killed.union)
        customs_hold(killed.union)
        now = released_in(killed.union.home)
        assert released <= now, "no release is lost"
        released = now
    assert kills >= 2, "it was hardly killed"
    check_books(killed.union)
    customs_hold(killed.union)
    assert outcome(killed.union.home) | customs_outcome(killed.union.home) == undisturbed


@pytest.mark.slow
def test_system_that_acknowledges_before_its_commit_does_lose(day: SmallUnion, tmp_path: Path) -> None:
    """The control: the same kills and the same question find a loss where there must be one."""
    for seed in range(20):
        union = copy_of(day, tmp_path / str(seed))
        run(union.home, kill_at=random.Random(seed).randrange(1, 500), tamper=acknowledges_too_early)
        if lost(union.home):
            return
    pytest.fail("20 kills of a system that acknowledges too early lost nothing: the test proves nothing")


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE customs_declaration SET status = 'released', released_at = 1 WHERE status = 'accepted'",
        "UPDATE customs_declaration SET status = 'accepted', released_at = 0 WHERE released_at > 0",
        "UPDATE customs_claim SET paid = paid + 1 WHERE status = 'met'",
        "UPDATE customs_claim SET status = 'open' WHERE status = 'met'",
        "UPDATE customs_claim SET on_the_way = 1",
        "UPDATE payment SET claim = '' WHERE claim <> ''",
        f"UPDATE ledger_account SET credits_posted = '1' WHERE id IN ({REVENUE})",
    ],
)
def test_customs_that_do_not_hold_are_found(tmp_path: Path, wrong: str) -> None:
    """The control: the question that is asked after every kill sees what is wrong."""
    union = CustomsUnion(tmp_path)
    union.at("10:30").settle()
    for number in ("D-1", "D-2"):
        lodged = union.lodge(number=number)
    union.pay(A, CUSTOMS["KZ"], "232.00", remittance=f"/MRN/{lodged.mrn}")
    union.settle()
    customs_hold(union)
    db = sqlite3.connect(union.home.database)
    assert db.execute(wrong).rowcount > 0
    db.commit()
    db.close()
    with pytest.raises(AssertionError):
        customs_hold(union)
