"""Questions to a union's store, beside its writer: each door to one set of them."""

from __future__ import annotations

from pathlib import Path

from tasviya.adapters.migrations import must_be_current
from tasviya.adapters.sqlite_clearing_queries import ClearingQueries
from tasviya.adapters.sqlite_connection import Connection, connect
from tasviya.adapters.sqlite_credit_queries import CreditQueries
from tasviya.adapters.sqlite_customs_day import CustomsDay
from tasviya.adapters.sqlite_customs_queries import CustomsQueries
from tasviya.adapters.sqlite_default_queries import DefaultQueries
from tasviya.adapters.sqlite_exchange_queries import ExchangeQueries
from tasviya.adapters.sqlite_headlines import Headlines
from tasviya.adapters.sqlite_lsm_queries import LsmQueries
from tasviya.adapters.sqlite_queries import Queries
from tasviya.adapters.sqlite_rate_queries import RateQueries
from tasviya.home import Home


def export(home: Home, target: Path, *, as_csv: bool) -> dict[str, int]:
    """Unpack a store into plain tables; how many rows each has.

    Raises: OperatorError if there is no union, or the target exists.
    """
    from tasviya.adapters import sqlite_export

    return sqlite_export.export(_reader(home), target, as_csv=as_csv)


def ask(home: Home) -> Queries:
    """Questions to a union's store, beside its writer.

    Raises: OperatorError if there is none.
    """
    return Queries(_reader(home))


def ask_exchange(home: Home) -> ExchangeQueries:
    """Questions about a union's exchange, beside its writer.

    Raises: OperatorError if there is none.
    """
    return ExchangeQueries(_reader(home))


def ask_clearing(home: Home) -> ClearingQueries:
    """Questions about positions and clearing cycles, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return ClearingQueries(_reader(home))


def ask_credit(home: Home) -> CreditQueries:
    """Questions about interest and collateral, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return CreditQueries(_reader(home))


def ask_customs(home: Home) -> CustomsQueries:
    """Questions about declarations and what they pay, beside the union's writer.

    Raises: OperatorError if there is no union.
    """
    return CustomsQueries(_reader(home))


def ask_customs_day(home: Home) -> CustomsDay:
    """Questions about what customs come to, beside the union's writer.

    Raises: OperatorError if there is no union.
    """
    return CustomsDay(_reader(home))


def ask_defaults(home: Home) -> DefaultQueries:
    """Questions about defaults, beside the union's writer.

    Raises: OperatorError if there is no union.
    """
    return DefaultQueries(_reader(home))


def ask_headlines(home: Home) -> Headlines:
    """What a union's days and cycles have come to, beside its writer.

    Raises: OperatorError if there is no union.
    """
    return Headlines(_reader(home))


def ask_lsm(home: Home) -> LsmQueries:
    """Questions about passes over the queue and about what waits, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return LsmQueries(_reader(home))


def ask_rates(home: Home) -> RateQueries:
    """Questions about official rates and the unit, beside the union's writer.

    Raises: OperatorError if there is none.
    """
    return RateQueries(_reader(home))


def _reader(home: Home) -> Connection:
    """A connection beside the writer's.

    Raises: OperatorError if there is no store, or it has another version's layout.
    """
    home.must_exist()
    db = connect(home.database, read_only=True)
    must_be_current(db)
    return db
