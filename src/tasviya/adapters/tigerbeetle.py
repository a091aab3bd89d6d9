"""TigerBeetle as the ledger: its official client behind the same protocol, for those who outgrow one machine.

Objects go through the client as they are. Arrays go the short way: a batch's 128-byte records are handed to
the client's native library as they lie, which is several times faster than packing objects; that relies on
the client's inner names, so its version is pinned (0.17).
"""

from __future__ import annotations

import ctypes
import functools
import threading
from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from tasviya.core.errors import StoreError
from tasviya.ledger.filters import FILTER_FLAG_BITS, check_batch_size, check_integers, result_limit
from tasviya.ledger.ledger import (
    Account,
    AccountBalance,
    AccountFilter,
    CreateAccountResult,
    CreateAccountStatus,
    CreateTransferResult,
    CreateTransferStatus,
    QueryFilter,
    Records,
    Transfer,
)
from tasviya.ledger.records import (
    RECORD_BYTES,
    RESULT,
    WORDS,
    as_words,
    unpack_accounts,
    unpack_transfers,
)

ACCOUNT_FILTER_FIELDS = (
    "account_id", "user_data_128", "user_data_64", "user_data_32", "code", "timestamp_min", "timestamp_max",
)  # fmt: skip
QUERY_FILTER_FIELDS = (
    "user_data_128", "user_data_64", "user_data_32", "ledger", "code", "timestamp_min", "timestamp_max",
)  # fmt: skip


class TigerBeetleLedger:
    """A TigerBeetle cluster as a `Ledger`. Final when a call returns.

    addresses: of the replicas, such as "127.0.0.1:3000", separated by commas.
    patience_s: seconds after which a request counts as unanswered; the client itself would wait for ever.
    """

    def __init__(self, addresses: str, cluster_id: int = 0, *, patience_s: float = 60) -> None:
        try:
            from tigerbeetle import bindings, client
        except ImportError as error:
            raise StoreError(
                "LEDGER_UNAVAILABLE", "The tigerbeetle client is not installed.", "Install tigerbeetle 0.17."
            ) from error
        self._bindings: Any = bindings
        self._client: Any = _raw_client_class(bindings, client, patience_s)(cluster_id, addresses)

    def __enter__(self) -> TigerBeetleLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @overload
    def create_accounts(self, accounts: Records) -> Records: ...
    @overload
    def create_accounts(self, accounts: Sequence[Account]) -> list[CreateAccountResult]: ...
    def create_accounts(self, accounts: Any) -> Any:
        results = self._create(self._bindings.Operation.CREATE_ACCOUNTS, accounts)
        if isinstance(accounts, np.ndarray):
            return results
        return [CreateAccountResult(t, CreateAccountStatus(s)) for t, s, _ in results.tolist()]

    @overload
    def create_transfers(self, transfers: Records) -> Records: ...
    @overload
    def create_transfers(self, transfers: Sequence[Transfer]) -> list[CreateTransferResult]: ...
    def create_transfers(self, transfers: Any) -> Any:
        results = self._create(self._bindings.Operation.CREATE_TRANSFERS, transfers)
        if isinstance(transfers, np.ndarray):
            return results
        return [CreateTransferResult(t, CreateTransferStatus(s)) for t, s, _ in results.tolist()]

    def lookup_accounts(self, ids: Sequence[int]) -> list[Account]:
        return unpack_accounts(self._lookup(self._bindings.Operation.LOOKUP_ACCOUNTS, ids))

    def lookup_transfers(self, ids: Sequence[int]) -> list[Transfer]:
        return unpack_transfers(self._lookup(self._bindings.Operation.LOOKUP_TRANSFERS, ids))

    def get_account_transfers(self, filter: AccountFilter) -> list[Transfer]:
        return unpack_transfers(self._account_query(self._bindings.Operation.GET_ACCOUNT_TRANSFERS, filter))

    def get_account_balances(self, filter: AccountFilter) -> list[AccountBalance]:
        words = self._account_query(self._bindings.Operation.GET_ACCOUNT_BALANCES, filter).tolist()
        return [
            AccountBalance(w[0] | w[1] << 64, w[2] | w[3] << 64, w[4] | w[5] << 64, w[6] | w[7] << 64, w[8])
            for w in words
        ]

    def query_accounts(self, filter: QueryFilter) -> list[Account]:
        return unpack_accounts(self._query(self._bindings.Operation.QUERY_ACCOUNTS, filter))

    def query_transfers(self, filter: QueryFilter) -> list[Transfer]:
        return unpack_transfers(self._query(self._bindings.Operation.QUERY_TRANSFERS, filter))

    def _create(self, operation: Any, events: Any) -> Any:
        words = as_words(events)
        if not len(words):
            return np.empty(0, RESULT)
        return np.frombuffer(self._client.submit_raw(operation, words, RESULT.itemsize * len(words)), RESULT)

    def _lookup(self, operation: Any, ids: Sequence[int]) -> Any:
        check_batch_size(ids)
        octets = b"".join(id.to_bytes(16, "little") for id in ids if 0 <= id < 1 << 128)
        if not octets:
            return np.empty((0, WORDS), np.uint64)
        return self._records(operation, np.frombuffer(octets, np.uint8))

    def _account_query(self, operation: Any, filter: AccountFilter) -> Any:
        check_integers(filter, FILTER_FLAG_BITS)
        raw = self._bindings.CAccountFilter.from_param(_Filled(filter, ACCOUNT_FILTER_FIELDS))
        raw.reserved[0] = int(bool(filter.reserved))
        return self._records(operation, np.frombuffer(bytes(raw), np.uint8))

    def _query(self, operation: Any, filter: QueryFilter) -> Any:
        check_integers(filter, FILTER_FLAG_BITS)
        raw = self._bindings.CQueryFilter.from_param(_Filled(filter, QUERY_FILTER_FIELDS))
        raw.reserved[0] = int(bool(filter.reserved))
        return self._records(operation, np.frombuffer(bytes(raw), np.uint8))

    def _records(self, operation: Any, request: Any) -> Any:
        answer = self._client.submit_raw(operation, request, RECORD_BYTES)
        return np.frombuffer(answer, np.uint64).reshape(-1, WORDS)


class _Filled:
    """A filter as the client's C structures take it, its limit cut to one message."""

    def __init__(self, filter: AccountFilter | QueryFilter, names: Sequence[str]) -> None:
        for name in names:
            setattr(self, name, getattr(filter, name))
        self.limit, self.flags = result_limit(filter), int(filter.flags)


def _raw_client_class(bindings: Any, client: Any, patience_s: float) -> Any:
    """The official synchronous client, able to send an array's bytes as they lie."""

    class RawClient(client.ClientSync):  # type: ignore[misc, name-defined, unused-ignore]
        def submit_raw(self, operation: Any, request: Any, result_bytes: int) -> bytes:
            """Send bytes and wait; the reply consists of results of so many bytes."""
            return self.finish_raw(self.start_raw(operation, request, result_bytes))

        def start_raw(self, operation: Any, request: Any, result_bytes: int) -> Any:
            """Send bytes and do not wait."""
            packet = bindings.CPacket()
            packet.user_data = client.Client._counter.increment()
            packet.operation = operation
            packet.status = bindings.PacketStatus.OK
            packet.data_size = request.nbytes
            packet.data = request.ctypes.data
            waiting = client.InflightPacket(
                packet=packet,
                response=None,
                on_completion=self._on_completion,
                on_completion_context=client.CompletionContextSync(event=threading.Event()),
                operation=operation,
                c_event_type=None,
                c_result_type=_octets(result_bytes),
            )
            waiting.request = request  # the native library reads it until it answers
            self._inflight_packets[packet.user_data] = waiting
            state = bindings.tb_client_submit(ctypes.byref(self._client), ctypes.byref(packet))
            if state != bindings.ClientStatus.OK:
                waiting.response = client.ClientClosedError()
                waiting.on_completion_context.event.set()
            return waiting

        def finish_raw(self, waiting: Any) -> bytes:
            """Wait for the reply to what was sent."""
            answered = waiting.on_completion_context.event.wait(patience_s)
            if answered:
                del self._inflight_packets[waiting.packet.user_data]
            if not answered or isinstance(waiting.response, Exception):
                raise StoreError(
                    "LEDGER_UNAVAILABLE",
                    f"TigerBeetle did not answer: {waiting.response or f'{patience_s:g} seconds are over'}.",
                    "Check its address and that it runs; the outcome is unknown until the ids are looked up.",
                )
            return b"".join(waiting.response)

        def close(self) -> None:
            """Let go of the server, and of what it never answered, which the client's own close refuses."""
            bindings.tb_client_deinit(ctypes.byref(self._client))
            self._inflight_packets.clear()
            del client.Client._clients[self._client_key]

    return RawClient


@functools.lru_cache(maxsize=64)
def _octets(size: int) -> Any:
    """A result type that the client's completion turns into bytes, whatever it holds."""

    class Octets(ctypes.Structure):
        _fields_ = (("octets", ctypes.c_uint8 * size),)

        def to_python(self) -> bytes:
            return bytes(self)

    return Octets
