"""A store that version 0.1.0 wrote goes on where it stood: nothing of it is lost, and the day ends."""

from __future__ import annotations

import gzip
from pathlib import Path

from small_union import A, B, C, SmallUnion, minor

STORE = Path(__file__).parent / "store_0_1_0.db.gz"
"""KZ-A has paid KZ-B 300, KZ-B waits to pay KZ-C 1,000, KZ-A pays KZ-C 50 tomorrow, KZ-C has paid OM-E 10."""


def test_store_of_the_previous_version_goes_on(union: SmallUnion) -> None:
    before = gzip.decompress(STORE.read_bytes())
    union.home.database.write_bytes(before)
    for beside in ("-wal", "-shm"):
        union.home.database.with_name(union.home.database.name + beside).unlink(missing_ok=True)
    union._numbers = iter(range(500, 600))  # ids that the store has not seen
    union.at("11:00").settle()
    assert (union.balance(A), union.balance(B)) == (minor(700), minor(400))
    assert len(union.waiting()) == 1
    union.pay(A, B, 200)
    union.settle()
    assert union.waiting() == [], "its 1,000 went out with the credit line of 500 behind it"
    union.at("18:30").settle()
    union.at("10:00", "2026-09-30").settle()
    assert union.balance(C) >= minor(1_000) - minor(10) + minor(50)
