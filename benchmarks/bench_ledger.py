"""What the ledger does in a second, next to its peers and to the floors, as figures and as ratios.

    python benchmarks/bench_ledger.py [--quick]

Peers take turns within each round and the median of the rounds is told, so that other work on the machine
slows all alike. 10,000 accounts, uniform pairs, amounts 1 to 999, ordered ids, batches of 8,189, unless said.
Before the first round, untimed, each ledger takes in 5,000,000 transfers (--quick: 1,000,000), because an
empty one is faster than one at work: TigerBeetle's file is not yet being compacted. The row stores are not
filled; that would only slow them. Python's collector stays on, but is spared the batches prepared beforehand,
as the application spares it what is loaded at start.
TigerBeetle takes part if TIGERBEETLE_ADDRESS names a server (one replica, not --development), PostgreSQL if
POSTGRES_DSN is set and psycopg is installed; without them two floors remain, which need nothing: plain SQLite
rows with an id index and two account indexes, and the compiled rules without any storage. "embedded" writes
its balance rows at the end; the line below it writes them in each commit, as the application does.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tasviya.adapters.sqlite_connection import connect
from tasviya.adapters.sqlite_ledger import SqliteLedger, create_tables
from tasviya.ledger.kernel import Kernel
from tasviya.ledger.ledger import BATCH_MAX, TransferFlags
from tasviya.ledger.records import RESULT, Words, unpack_transfers

ACCOUNTS = 10_000
CREATED, EXISTS = 0xFFFFFFFF, 46
LINKED, PENDING, POST = TransferFlags.LINKED, TransferFlags.PENDING, TransferFlags.POST_PENDING_TRANSFER
RUN = time.time_ns() // 1_000_000 << 16
"""The high half of all ids: a run's accounts and transfers are its own, also in a server used before."""


class Payments:
    """Batches of transfers with fresh, ordered ids."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._next = seed << 40 | 1

    def batch(self, count: int, flags: int = 0) -> Words:
        words = np.zeros((count, 16), np.uint64)
        debit = self._chance.integers(0, ACCOUNTS, count, dtype=np.uint64)
        step = self._chance.integers(1, ACCOUNTS, count, dtype=np.uint64)
        words[:, 0] = np.arange(self._next, self._next + count, dtype=np.uint64)
        words[:, 2], words[:, 4] = debit + 1, (debit + step) % ACCOUNTS + 1
        words[:, 1] = words[:, 3] = words[:, 5] = RUN
        words[:, 6] = self._chance.integers(1, 1000, count, dtype=np.uint64)
        words[:, 14] = 1 | 1 << 32 | flags << 48
        self._next += count
        return words

    def linked_pairs(self) -> Words:
        words = self.batch(BATCH_MAX - 1)
        words[::2, 14] |= np.uint64(LINKED << 48)
        return words

    def posting(self, pending: Words) -> Words:
        words = self.batch(len(pending), POST)
        words[:, 2:6] = 0
        words[:, 6:8] = 0xFFFF_FFFF_FFFF_FFFF
        words[:, 8:10] = pending[:, 0:2]
        words[:, 14] = POST << 48
        return words


def accounts() -> Iterator[Words]:
    for start in range(0, ACCOUNTS, 5000):
        words = np.zeros((5000, 16), np.uint64)
        words[:, 0] = np.arange(start + 1, start + 5001)
        words[:, 1] = RUN
        words[:, 14] = 1 | 1 << 32
        yield words


def expect(results: Any, status: int) -> None:
    if not (results["status"] == status).all():
        raise SystemExit(f"not every event was answered {status}: the figures would mean nothing")


class Embedded:
    """The SQLite ledger: one call at a time, or submitted."""

    def __init__(self, folder: Path, name: str, prefault: int, **options: Any) -> None:
        self.path = folder / f"{name}.db"
        self.connection = connect(self.path)
        create_tables(self.connection)
        self.ledger = SqliteLedger(
            self.connection,
            time.time_ns,
            prefault_transfers=prefault,
            **{"balance_rows": "on_checkpoint"} | options,
        )
        for batch in accounts():
            expect(self.ledger.create_accounts(batch), CREATED)

    def send(self, batches: list[Words], status: int = CREATED) -> None:
        for batch in batches:
            expect(self.ledger.create_transfers(batch), status)

    def submit(self, batches: list[Words], status: int = CREATED) -> None:
        answers = [self.ledger.submit(batch) for batch in batches]
        for answer in answers:
            expect(answer.result(), status)

    def objects(self, batches: list[Any]) -> None:
        for batch in batches:
            self.ledger.create_transfers(batch)

    def close(self) -> None:
        self.ledger.close()
        self.connection.close()


class Bare:
    """The compiled rules without storage: the ceiling of everything above."""

    def __init__(self, prefault: int) -> None:
        self.kernel = Kernel(time.time_ns, RUN, prefault_transfers=prefault, read_batch=lambda _: b"")
        for batch in accounts():
            self.kernel.create_accounts(batch)

    def send(self, batches: list[Words], status: int = CREATED) -> None:
        for batch in batches:
            expect(self.kernel.create_transfers(batch), status)


class PlainRows:
    """The floor: transfers as plain SQLite rows, an id index and two account indexes, balances updated."""

    def __init__(self, folder: Path) -> None:
        self.db = connect(folder / "rows.db")
        self.db.execute("CREATE TABLE account (id INTEGER PRIMARY KEY, debits INTEGER, credits INTEGER)")
        self.db.execute(
            "CREATE TABLE transfer (row INTEGER PRIMARY KEY, id INTEGER UNIQUE,"
            " debit INTEGER, credit INTEGER, amount INTEGER)"
        )
        self.db.execute("CREATE INDEX by_debit ON transfer (debit)")
        self.db.execute("CREATE INDEX by_credit ON transfer (credit)")
        self.db.executemany("INSERT INTO account VALUES (?, 0, 0)", [(i + 1,) for i in range(ACCOUNTS)])

    def send(self, batches: list[Words], status: int = CREATED) -> None:
        for batch in batches:
            rows = batch[:, [0, 2, 4, 6]].tolist()
            self.db.execute("BEGIN")
            self.db.executemany("INSERT INTO transfer (id, debit, credit, amount) VALUES (?, ?, ?, ?)", rows)
            self.db.executemany("UPDATE account SET debits = debits + ?4 WHERE id = ?2", rows)
            self.db.executemany("UPDATE account SET credits = credits + ?4 WHERE id = ?3", rows)
            self.db.execute("COMMIT")


class TigerBeetle:
    """A TigerBeetle server: raw arrays, or objects through its official client."""

    def __init__(self, address: str) -> None:
        from tigerbeetle import Transfer, bindings

        from tasviya.adapters.tigerbeetle import TigerBeetleLedger

        self.ledger = TigerBeetleLedger(address)
        self._raw, self._operation = self.ledger._client, bindings.Operation.CREATE_TRANSFERS
        self._transfer = Transfer
        for batch in accounts():
            expect(self.ledger.create_accounts(batch), CREATED)

    def send(self, batches: list[Words], status: int = CREATED) -> None:
        for batch in batches:
            expect(self.ledger.create_transfers(batch), status)

    def submit(self, batches: list[Words], status: int = CREATED) -> None:
        sent = [
            self._raw.start_raw(self._operation, batch, RESULT.itemsize * len(batch)) for batch in batches
        ]
        for waiting in sent:
            expect(np.frombuffer(self._raw.finish_raw(waiting), RESULT), status)

    def objects(self, batches: list[Any]) -> None:
        for batch in batches:
            self._raw.create_transfers(batch)

    def as_objects(self, words: Words) -> list[Any]:
        names = self._transfer.__slots__
        return [self._transfer(*(getattr(t, name) for name in names)) for t in unpack_transfers(words)]


class PostgreSql:
    """A set-based posting in PostgreSQL: unnest, join, insert with three indexes, two grouped updates."""

    def __init__(self, dsn: str) -> None:
        import psycopg

        self.db = psycopg.connect(dsn, autocommit=True)
        for statement in (
            "DROP TABLE IF EXISTS bench_transfer, bench_account",
            "CREATE TABLE bench_account (id bigint PRIMARY KEY, debits bigint, credits bigint)",
            "CREATE TABLE bench_transfer (id bigint PRIMARY KEY, debit bigint, credit bigint, amount bigint)",
            "CREATE INDEX ON bench_transfer (debit)",
            "CREATE INDEX ON bench_transfer (credit)",
            f"INSERT INTO bench_account SELECT n, 0, 0 FROM generate_series(1, {ACCOUNTS}) n",
            """CREATE OR REPLACE FUNCTION bench_post(bigint[], bigint[], bigint[], bigint[]) RETURNS bigint
            LANGUAGE sql AS $$
                WITH made AS (
                    INSERT INTO bench_transfer
                    SELECT e.* FROM unnest($1, $2, $3, $4) AS e(id, debit, credit, amount)
                    JOIN bench_account d ON d.id = debit JOIN bench_account c ON c.id = credit
                    WHERE debit <> credit ON CONFLICT DO NOTHING RETURNING *
                ), moved AS (
                    UPDATE bench_account a SET debits = debits + m.d, credits = credits + m.c FROM (
                        SELECT id, sum(d)::bigint d, sum(c)::bigint c FROM (
                            SELECT debit id, amount d, 0 c FROM made
                            UNION ALL SELECT credit, 0, amount FROM made
                        ) both_sides GROUP BY id
                    ) m WHERE a.id = m.id RETURNING 1
                ) SELECT count(*) FROM made $$""",
        ):
            self.db.execute(statement)

    def send(self, batches: list[Words], status: int = CREATED) -> None:
        for batch in batches:
            columns = [batch[:, word].tolist() for word in (0, 2, 4, 6)]
            (made,) = self.db.execute("SELECT bench_post(%s, %s, %s, %s)", columns).fetchone()
            if made != len(batch):
                raise SystemExit("PostgreSQL refused transfers: the figures would mean nothing")


class Table:
    """Figures by line and peer, a value a round."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[str, list[float]]] = {}

    def time(self, line: str, peer: str, batches: list[Any], work: Callable[[list[Any]], object]) -> None:
        gc.collect()
        gc.freeze()
        begun = time.perf_counter()
        work(batches)
        took = time.perf_counter() - begun
        gc.unfreeze()
        self.lines.setdefault(line, {}).setdefault(peer, []).append(sum(map(len, batches)) / took)

    def show(self) -> None:
        print(f"\n{'transfers a second, median of the rounds':44} {'per second':>12} {'ratio':>7}")
        for line, peers in self.lines.items():
            medians = {peer: statistics.median(values) for peer, values in peers.items()}
            ours = medians.get("embedded")
            print(line)
            for peer, median in medians.items():
                ratio = f"{ours / median:6.1f}x" if ours and peer != "embedded" else ""
                print(f"    {peer:40} {median:12,.0f} {ratio:>7}")


def measure(rounds: int, per_round: int, filling: int, folder: Path) -> None:
    """Everything that has a peer. filling: transfers that each ledger holds before the first round."""
    table, prefault = Table(), filling + rounds * per_round * BATCH_MAX * 6
    embedded, rows = Embedded(folder, "embedded", prefault), PlainRows(folder)
    current = Embedded(folder, "current", prefault, balance_rows="each_commit")
    bare = Bare(prefault)
    address, dsn = os.environ.get("TIGERBEETLE_ADDRESS"), os.environ.get("POSTGRES_DSN")
    tiger = TigerBeetle(address) if address else None
    postgres = PostgreSql(dsn) if dsn else None
    payments = Payments(1)
    stores = {"embedded": embedded} | ({"TigerBeetle, raw arrays": tiger} if tiger else {})
    everyone = stores | {"embedded, balance rows in each commit": current, "rules without storage": bare}
    everyone |= {"plain SQLite rows": rows} | ({"PostgreSQL, set-based": postgres} if postgres else {})
    for store in (*stores.values(), current, bare):
        for _ in range(-(-filling // BATCH_MAX)):
            store.send([payments.batch(BATCH_MAX)])
    for number in range(rounds + 1):  # round 0 warms up
        told = table if number else Table()
        for name, store in everyone.items():
            slow = name in ("plain SQLite rows", "PostgreSQL, set-based")
            batches = [
                payments.batch(BATCH_MAX) for _ in range(max(1, per_round // 6 if slow else per_round))
            ]
            told.time("batches of 8,189", name, batches, store.send)
            if name in stores:
                told.time(
                    "the same batches again (all exist)", name, batches, partial(store.send, status=EXISTS)
                )
        for name, store in stores.items():
            measure_kinds(told, name, store, payments, per_round)
        embedded.ledger.drain()
    table.show()
    embedded.close()
    current.close()


def measure_kinds(table: Table, name: str, store: Any, payments: Payments, per_round: int) -> None:
    """The other shapes of work, on one store."""
    plain = [payments.batch(BATCH_MAX) for _ in range(per_round)]
    table.time("batches of 8,189, submitted", name, plain, store.submit)
    pending = [payments.batch(BATCH_MAX, PENDING) for _ in range(per_round // 2)]
    both = [batch for first in pending for batch in (first, payments.posting(first))]
    table.time("pending and posted, each counted", name, both, store.send)
    table.time("linked pairs", name, [payments.linked_pairs() for _ in range(per_round)], store.send)
    table.time("batches of 100", name, [payments.batch(100) for _ in range(100)], store.send)
    table.time("batches of 1", name, [payments.batch(1) for _ in range(200)], store.send)
    singles = [payments.batch(1) for _ in range(2048)]
    table.time("256 single transfers in flight", name, singles, partial(in_flights, store))
    official = isinstance(store, TigerBeetle)
    listing = store.as_objects if official else unpack_transfers
    for _ in range(max(1, per_round // 4)):  # made just before they are sent, as a client makes them
        table.time(
            "batches of 8,189 as objects",
            "TigerBeetle, official client" if official else name,
            [listing(payments.batch(BATCH_MAX))],
            store.objects,
        )


def in_flights(store: Any, singles: list[Words]) -> None:
    """256 at a time, the next when all are answered."""
    for start in range(0, len(singles), 256):
        store.submit(singles[start : start + 256])


def endurance(transfers: int, folder: Path) -> None:
    """Pauses, memory, size and restart of a ledger that has taken in many transfers."""
    payments, prefault = Payments(2), transfers
    store = Embedded(folder, "long", prefault)
    prepared = [payments.batch(BATCH_MAX) for _ in range(40)]
    store.send(prepared)
    pauses = []
    count = transfers // BATCH_MAX
    for number in range(count):
        batch = prepared[number % 40]
        batch[:, 0] += np.uint64(40 * BATCH_MAX)
        begun = time.perf_counter()
        result = store.ledger.create_transfers(batch)
        pauses.append(time.perf_counter() - begun)
        expect(result, CREATED)
    made = (count + 40) * BATCH_MAX
    pauses.sort()
    print(f"\n{made:,} transfers in batches of 8,189")
    for name, place in (("median", 0.5), ("p99", 0.99), ("p99.99", 0.9999)):
        print(f"    batch, {name:8} {pauses[min(count - 1, int(count * place))] * 1000:29.1f} ms")
    head, path = store.ledger.head, store.path
    store.close()
    del store
    print(f"    file {path.stat().st_size / made:36.1f} bytes a transfer")
    before = resident()
    connection = connect(path)
    begun = time.perf_counter()
    again = SqliteLedger(connection, time.time_ns)
    took = time.perf_counter() - begun
    if again.head != head:
        raise SystemExit("the reopened ledger differs")
    print(f"    reopening, digests verified {took:15.2f} s ({took * 5_000_000 / made:.2f} s for 5,000,000)")
    print(f"    memory {(resident() - before) / made:34.1f} bytes a transfer")
    again.close()
    connection.close()


def resident() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    quick = parser.parse_args().quick
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"SQLite {sqlite3.sqlite_version}, NumPy {np.__version__}, {machine}")
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        filling = 1_000_000 if quick else 5_000_000
        measure(3 if quick else 7, 12 if quick else 40, filling, Path(folder))
    with tempfile.TemporaryDirectory(prefix="bench-ledger-", dir=os.environ.get("BENCH_FOLDER")) as folder:
        endurance(1_000_000 if quick else 10_000_000, Path(folder))


if __name__ == "__main__":
    main()
