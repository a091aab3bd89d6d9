"""A batch is whole or not at all, and the same however often it has to be begun."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from exchange_union import A, B, D, ExchangeUnion
from typer.testing import CliRunner

from tasviya.adapters.sqlite_store import SqliteStore
from tasviya.app import ask_exchange
from tasviya.cli.main import app
from tasviya.core.errors import StoreError
from tasviya.services.unit_of_work import Changes


@pytest.fixture
def filled(union: ExchangeUnion) -> ExchangeUnion:
    """A book with markets and five payments, a minute before its batch."""
    union.at("10:10").settle()
    union.make_markets()
    for amount in (100, 200, 300):
        union.convert(B, D, amount, "INR", "KZT", most=amount * 6.5)
    union.convert(D, A, 2_000, "KZT", "INR", most=340)
    union.convert(A, B, 500, "KZT", "OMR", most=1, route="EXCHANGE.IN")
    union.settle()
    return union.at("10:31")


def digest(union: ExchangeUnion) -> str:
    head, _ = ask_exchange(union.home).batch(1)
    return str(head["digest"])


def test_batch_that_could_not_be_committed_has_not_happened_and_comes_out_the_same(
    filled: ExchangeUnion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = ExchangeUnion(tmp_path / "twin")
    shutil.rmtree(twin.home.root)
    shutil.copytree(filled.home.root, twin.home.root)
    twin.at("10:31").settle()
    before, commit = filled.books(), SqliteStore.commit

    def disk_is_full(store: SqliteStore, changes: Changes) -> None:
        if changes.batches:
            raise StoreError("disk_full", "The disk is full.", "Free space.")
        commit(store, changes)

    monkeypatch.setattr(SqliteStore, "commit", disk_is_full)
    with pytest.raises(StoreError):
        filled.settle()
    assert filled.books() == before
    monkeypatch.undo()
    filled.settle()
    assert digest(filled) == digest(twin)
    assert filled.books() == twin.books()


def test_batch_is_proven_from_its_record_alone(filled: ExchangeUnion, tmp_path: Path) -> None:
    filled.settle()
    home, record = ["--home", str(filled.home.root)], tmp_path / "batch.bin"
    run = CliRunner().invoke
    assert run(app, ["exchange", "record", "1", str(record), *home]).exit_code == 0
    shown = run(app, ["exchange", "verify", str(record), "-o", "json"])
    assert shown.exit_code == 0, shown.output
    assert digest(filled) in shown.output
    assert '"holds": "yes"' in shown.output
    assert run(app, ["exchange", "verify", "1", *home]).exit_code == 0


def test_changed_record_is_no_proof(filled: ExchangeUnion, tmp_path: Path) -> None:
    """One minor unit less sold than was, and it does not hold."""
    from tasviya.exchange.batch_record import Batch, pack, unpack
    from tasviya.services.batch_proof import to_file

    filled.settle()
    question, answer = ask_exchange(filled.home).record(1)
    batch = unpack(question, answer)
    sold = batch.clearing.sold.copy()
    place = int(sold.argmax())
    sold[place] -= 1
    clearing = type(batch.clearing)(
        batch.clearing.prices,
        sold,
        batch.clearing.bought,
        batch.clearing.set_aside,
        batch.clearing.dust,
        batch.clearing.certified,
    )
    record = tmp_path / "batch.bin"
    record.write_bytes(to_file(*pack(Batch(batch.market, batch.numbers, batch.orders, clearing))))
    shown = CliRunner().invoke(app, ["exchange", "verify", str(record), "-o", "json"])
    assert shown.exit_code == 4
    assert '"holds": "no"' in shown.output


def test_orders_are_sealed(filled: ExchangeUnion) -> None:
    run = CliRunner().invoke
    home = ["--home", str(filled.home.root), "-o", "json"]
    everyone = run(app, ["exchange", "book", *home]).output
    assert '"orders"' in everyone
    assert "limit" not in everyone
    own = run(app, ["exchange", "book", "--as", B, *home]).output
    assert own.count('"limit"') == 3
    assert run(app, ["exchange", "book", "--as", "NOBODY20XXX", *home]).exit_code == 1
