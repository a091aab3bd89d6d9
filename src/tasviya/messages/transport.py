"""Parsed messages between processes: MessagePack, about a microsecond a transaction."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tasviya.messages.model import Read

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Read])


def encode_parsed(messages: Sequence[Read]) -> bytes:
    """Messages as bytes for another process of the same version."""
    return _ENCODER.encode(messages)


def decode_parsed(raw: bytes) -> list[Read]:
    """What `encode_parsed` was given.

    Raises: msgspec.DecodeError on other bytes.
    """
    return _DECODER.decode(raw)
