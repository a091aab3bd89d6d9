"""A batch as bytes: the question that was asked, the answer that was given, and their digest.

Whoever has these bytes can check the batch again without the store, the solver or a rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np

from tasviya.exchange.market import Clearing, Int64s, Market, Orders

VERSION = 1


class Question(msgspec.Struct, frozen=True, array_like=True):
    """What was asked. Columns as in `Market` and `Orders`, an item an order, the earliest first."""

    version: int
    currencies: list[str]
    exponents: list[list[int]]
    """By currency sold and currency bought."""
    numbers: list[int]
    """The orders' numbers in the store."""
    sell: list[int]
    buy: list[int]
    kind: list[int]
    quantity: list[int]
    tick: list[int]
    whole: list[bool]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What was answered. Columns as in `Clearing`."""

    version: int
    prices: list[int]
    dust: list[int]
    sold: list[int]
    bought: list[int]
    set_aside: list[bool]
    certified: bool
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch unpacked."""

    market: Market
    numbers: Sequence[int]
    orders: Orders
    clearing: Clearing


def pack(batch: Batch) -> tuple[bytes, bytes]:
    """Question and answer; the same batch gives the same bytes."""
    market, orders, clearing = batch.market, batch.orders, batch.clearing
    question = Question(
        VERSION,
        list(market.currencies),
        market.exponents.tolist(),
        list(batch.numbers),
        orders.sell.tolist(),
        orders.buy.tolist(),
        orders.kind.tolist(),
        orders.quantity.tolist(),
        orders.tick.tolist(),
        orders.whole.tolist(),
    )
    answer = Answer(
        VERSION,
        clearing.prices.tolist(),
        clearing.dust.tolist(),
        clearing.sold.tolist(),
        clearing.bought.tolist(),
        clearing.set_aside.tolist(),
        clearing.certified,
        clearing.why,
    )
    return msgspec.msgpack.encode(question), msgspec.msgpack.encode(answer)


def digest(question: bytes, answer: bytes) -> bytes:
    """What a batch is known by: SHA-256 over the question's length, the question and the answer."""
    return sha256(len(question).to_bytes(8, "big") + question + answer).digest()


def unpack(question: bytes, answer: bytes) -> Batch:
    """The batch that these bytes are. Its market has no reference: only a search needs one.

    Raises: ValueError if they are none.
    """
    try:
        return _unpacked(question, answer)
    except OverflowError as error:
        raise ValueError(f"a number is too large: {error}") from None


def _unpacked(question: bytes, answer: bytes) -> Batch:
    asked = msgspec.msgpack.decode(question, type=Question)
    given = msgspec.msgpack.decode(answer, type=Answer)
    if (asked.version, given.version) != (VERSION, VERSION):
        raise ValueError(f"batches of version {asked.version} and {given.version} are not known")
    orders = Orders(
        np.array(asked.sell, np.int16),
        np.array(asked.buy, np.int16),
        np.array(asked.kind, np.int8),
        _int64s(asked.quantity),
        _int64s(asked.tick),
        np.array(asked.whole, np.bool_),
    )
    clearing = Clearing(
        _int64s(given.prices),
        _int64s(given.sold),
        _int64s(given.bought),
        np.array(given.set_aside, np.bool_),
        _int64s(given.dust),
        given.certified,
        given.why,
    )
    count = len(asked.currencies)
    market = Market(tuple(asked.currencies), _int64s(asked.exponents).reshape(count, count), np.zeros(count))
    return Batch(market, asked.numbers, orders, clearing)


def _int64s(values: Sequence[Any]) -> Int64s:
    return np.array(values, np.int64)
