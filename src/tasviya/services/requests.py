"""Messages that are no credit transfers: returns, recalls, questions, liquidity transfers, reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

HANDLERS: dict[type, Callable[..., Any]] = {}
