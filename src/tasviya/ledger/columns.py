"""A batch of transfers as columns: about 10 bytes a transfer instead of 128, and any one still read in place.

Each of 17 fields becomes its smallest value and, for every transfer, the difference from it in 0, 1, 2, 4 or
8 bytes (a frame of reference). Accounts are written as their slots. Layout, little-endian: 17 smallest values
of 8 bytes; 17 widths of 1 byte, padded to 24; then the columns, each padded to 8 bytes. Smallest value and
width also bound what a batch can hold, so that queries pass over batches that cannot match.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tasviya.ledger.compiled import LOW_16, LOW_32, WORD_MAX, ZERO, compiled, inlined, u64
from tasviya.ledger.records import (
    AMOUNT,
    CREDIT_ID,
    DEBIT_ID,
    ID,
    LEDGER_CODE_FLAGS,
    TIMESTAMP,
    USER_DATA_32_TIMEOUT,
)

COLUMNS = 17
(
    C_ID_LOW, C_ID_HIGH, C_DEBIT, C_CREDIT, C_AMOUNT_LOW, C_AMOUNT_HIGH, C_PENDING_LOW, C_PENDING_HIGH,
    C_USER_128_LOW, C_USER_128_HIGH, C_USER_64, C_USER_32, C_TIMEOUT, C_LEDGER, C_CODE, C_FLAGS, C_TIMESTAMP,
) = range(COLUMNS)  # fmt: skip
WIDTHS_AT = COLUMNS * 8
HEADER = WIDTHS_AT + 24


def buffer_size(count: int) -> int:
    """Bytes that the encoding of `count` transfers takes at most."""
    return HEADER + COLUMNS * 8 * (count + 1)


def bounds(data: bytes, column: int) -> tuple[int, int]:
    """Between which values a column of an encoded batch lies."""
    smallest = int.from_bytes(data[column * 8 : column * 8 + 8], "little")
    return smallest, smallest + (1 << 8 * data[WIDTHS_AT + column]) - 1


@inlined
def transpose(transfers, slots, count, columns):
    """Fields of records into columns."""
    for i in range(count):
        columns[C_ID_LOW, i] = transfers[i, ID]
        columns[C_ID_HIGH, i] = transfers[i, ID + 1]
        columns[C_DEBIT, i] = slots[i, 0]
        columns[C_CREDIT, i] = slots[i, 1]
        for k in range(C_USER_32 - C_AMOUNT_LOW):
            columns[C_AMOUNT_LOW + k, i] = transfers[i, AMOUNT + k]
        columns[C_USER_32, i] = transfers[i, USER_DATA_32_TIMEOUT] & LOW_32
        columns[C_TIMEOUT, i] = transfers[i, USER_DATA_32_TIMEOUT] >> u64(32)
        columns[C_LEDGER, i] = transfers[i, LEDGER_CODE_FLAGS] & LOW_32
        columns[C_CODE, i] = (transfers[i, LEDGER_CODE_FLAGS] >> u64(32)) & LOW_16
        columns[C_FLAGS, i] = transfers[i, LEDGER_CODE_FLAGS] >> u64(48)
        columns[C_TIMESTAMP, i] = transfers[i, TIMESTAMP]


@inlined
def assemble(columns, count, accounts, transfers, slots):
    """The reverse: records out of columns."""
    for i in range(count):
        debit, credit = np.int64(columns[C_DEBIT, i]), np.int64(columns[C_CREDIT, i])
        slots[i, 0], slots[i, 1] = debit, credit
        for k in range(2):
            transfers[i, ID + k] = columns[C_ID_LOW + k, i]
            transfers[i, DEBIT_ID + k] = accounts[debit, ID + k]
            transfers[i, CREDIT_ID + k] = accounts[credit, ID + k]
        for k in range(C_USER_32 - C_AMOUNT_LOW):
            transfers[i, AMOUNT + k] = columns[C_AMOUNT_LOW + k, i]
        transfers[i, USER_DATA_32_TIMEOUT] = columns[C_USER_32, i] | (columns[C_TIMEOUT, i] << u64(32))
        ledger_and_code = columns[C_LEDGER, i] | (columns[C_CODE, i] << u64(32))
        transfers[i, LEDGER_CODE_FLAGS] = ledger_and_code | (columns[C_FLAGS, i] << u64(48))
        transfers[i, TIMESTAMP] = columns[C_TIMESTAMP, i]


@compiled
def encode(transfers, slots, count, columns, data):
    """Write the first `count` transfers into `data`; how many bytes. columns: scratch, (17, count)."""
    transpose(transfers, slots, count, columns)
    at = HEADER
    for k in range(WIDTHS_AT, HEADER):
        data[k] = 0
    for column in range(COLUMNS):
        values = columns[column]
        smallest, largest = WORD_MAX, ZERO
        for i in range(count):
            smallest = min(smallest, values[i])
            largest = max(largest, values[i])
        spread = largest - smallest
        data[column * 8 : column * 8 + 8].view(np.uint64)[0] = smallest
        if spread == ZERO:
            continue
        if spread < u64(1 << 8):
            width = 1
            for i in range(count):
                data[at + i] = values[i] - smallest
        elif spread < u64(1 << 16):
            width = 2
            words = data[at : at + 2 * count].view(np.uint16)
            for i in range(count):
                words[i] = values[i] - smallest
        elif spread <= LOW_32:
            width = 4
            doubles = data[at : at + 4 * count].view(np.uint32)
            for i in range(count):
                doubles[i] = values[i] - smallest
        else:
            width = 8
            quads = data[at : at + 8 * count].view(np.uint64)
            for i in range(count):
                quads[i] = values[i] - smallest
        data[WIDTHS_AT + column] = width
        end = at + width * count
        at = (end + 7) & ~7
        for k in range(end, at):
            data[k] = 0
    return at


@inlined
def little_endian(data, at, width):
    value = ZERO
    for k in range(width):
        value |= u64(data[at + k]) << u64(8 * k)
    return value


@compiled
def decode(data, count, accounts, columns, transfers, slots):
    """Rebuild the `count` records of a batch, and their debit and credit slots. columns: scratch."""
    at = HEADER
    for column in range(COLUMNS):
        values = columns[column]
        smallest = little_endian(data, column * 8, 8)
        width = np.int64(data[WIDTHS_AT + column])
        if width == 0:
            for i in range(count):
                values[i] = smallest
        elif width == 1:
            for i in range(count):
                values[i] = smallest + u64(data[at + i])
        elif width == 2:
            words = data[at : at + 2 * count].view(np.uint16)
            for i in range(count):
                values[i] = smallest + u64(words[i])
        elif width == 4:
            doubles = data[at : at + 4 * count].view(np.uint32)
            for i in range(count):
                values[i] = smallest + u64(doubles[i])
        else:
            quads = data[at : at + 8 * count].view(np.uint64)
            for i in range(count):
                values[i] = smallest + quads[i]
        at = (at + width * count + 7) & ~7
    assemble(columns, count, accounts, transfers, slots)


@compiled
def decode_rows(data, count, places, accounts, columns, transfers, slots):
    """Rebuild some records of a batch of `count`: those at `places`. columns: scratch."""
    at = HEADER
    for column in range(COLUMNS):
        smallest = little_endian(data, column * 8, 8)
        width = np.int64(data[WIDTHS_AT + column])
        for i in range(len(places)):
            columns[column, i] = smallest + little_endian(data, at + places[i] * width, width)
        at = (at + width * count + 7) & ~7
    assemble(columns, len(places), accounts, transfers, slots)


def as_bytes_array(data: bytes) -> npt.NDArray[np.uint8]:
    """Encoded bytes as compiled code reads them: read-only, whatever they came in."""
    return np.frombuffer(bytes(data), np.uint8)
