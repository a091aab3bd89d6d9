"""A process killed at any point loses nothing that it acknowledged; one that acknowledges too early does."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import IO

import pytest

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.ledger.ledger import Account, Transfer
from tasviya.ledger.proof import differences, trial_balance

FORK = multiprocessing.get_context("fork")
BATCH = 5


def batch(start: int) -> list[Transfer]:
    return [Transfer(start + i, 1 + i % 2, 2 - i % 2, 1 + i, ledger=1, code=1) for i in range(BATCH)]


def pay_until_killed(path: Path, mode: str, first: int, tell: IO[str]) -> None:
    """Pay batch after batch, telling the first id of each one that is final."""
    connection = connect(path)
    ledger = SqliteLedger(connection, time.time_ns)
    waiting = []
    for start in range(first, 1 << 60, BATCH):
        if mode == "one by one":
            ledger.create_transfers(batch(start))
            print(start, file=tell, flush=True)
        elif mode == "grouped":
            waiting.append((start, ledger.submit(batch(start))))
            if len(waiting) > 30:
                answered, answer = waiting.pop(0)
                answer.result()
                print(answered, file=tell, flush=True)
        else:
            if not connection.in_transaction:
                connection.execute("BEGIN")
            ledger.create_transfers(batch(start))
            print(start, file=tell, flush=True)  # too early: the control
            if start % 40 == 1:
                time.sleep(0.001)
                connection.execute("COMMIT")


def lost_after_kills(path: Path, mode: str, kills: int) -> int:
    """How many acknowledged transfers are gone after killing the payer again and again."""
    connection = connect(path)
    create_tables(connection)
    SqliteLedger(connection, time.time_ns).create_accounts([Account(id, ledger=1, code=1) for id in (1, 2)])
    connection.close()
    chance, lost, first = random.Random(mode), 0, 1
    for _ in range(kills):
        hear_end, tell_end = os.pipe()
        with os.fdopen(hear_end) as hear, os.fdopen(tell_end, "w") as tell:
            payer = FORK.Process(target=pay_until_killed, args=(path, mode, first, tell))
            payer.start()
            tell.close()
            told = [hear.readline()]
            time.sleep(chance.random() * 0.1)
            os.kill(payer.pid or 0, signal.SIGKILL)
            told += hear.readlines()
            payer.join()
        acknowledged = [int(line) for line in told if line.endswith("\n")]
        connection = connect(path)
        ledger = SqliteLedger(connection, time.time_ns)
        asked = [start + i for start in acknowledged for i in range(BATCH)]
        found = [t for k in range(0, len(asked), 8000) for t in ledger.lookup_transfers(asked[k : k + 8000])]
        lost += len(asked) - len(found)
        accounts, transfers = ledger.all_accounts(), list(ledger.iterate_transfers())
        assert trial_balance(accounts).holds
        assert not differences(accounts, transfers, ledger.is_expired)
        rows_say = connection.execute("SELECT sum(debits_posted) FROM ledger_account").fetchone()[0]
        assert rows_say == sum(transfer.amount for transfer in transfers)
        first = max([first, *(start + BATCH for start in acknowledged)]) + 10_000
        connection.close()
    return lost


@pytest.mark.parametrize("mode", ["one by one", "grouped"])
def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path, mode: str) -> None:
    assert lost_after_kills(tmp_path / "ledger.db", mode, kills=8) == 0


def test_the_kill_finds_a_ledger_that_answers_before_it_commits(tmp_path: Path) -> None:
    assert lost_after_kills(tmp_path / "ledger.db", "too early", kills=8) > 0


def test_transfers_recomputed_differently_are_told() -> None:
    accounts = [Account(1, debits_posted=3, ledger=1), Account(2, credits_posted=4, ledger=1)]
    transfers = [Transfer(1, 1, 2, 3), Transfer(2, 9, 2, 1)]
    told = differences(accounts, transfers, lambda _: False)
    assert [sentence.split(",")[0] for sentence in told] == [f"Transfers move account {9:032x}"]
    assert not trial_balance(accounts).holds
