"""The composition root: the one room that names concrete adapters and asks the machine for the time."""

from tasviya.adapters.outbox import write_file
from tasviya.adapters.result_folder import may_write, read_folder, write_folder
from tasviya.adapters.sqlite_clearing_queries import ClearingQueries
from tasviya.app.application import Application, by_hand, hand_in, hand_in_made, on_a_copy
from tasviya.app.asking import (
    ask,
    ask_clearing,
    ask_credit,
    ask_customs,
    ask_defaults,
    ask_exchange,
    ask_headlines,
    ask_lsm,
    ask_rates,
    export,
)
from tasviya.app.beginning import initialise
from tasviya.app.choices import random_secret, scheme_of, screening_of
from tasviya.core.money import format_minor as amount_text
from tasviya.home import Home, MachineClock, clock_at, read_bytes, read_text, union_file

__all__ = [
    "Application",
    "ClearingQueries",
    "Home",
    "MachineClock",
    "amount_text",
    "ask",
    "ask_clearing",
    "ask_credit",
    "ask_customs",
    "ask_defaults",
    "ask_exchange",
    "ask_headlines",
    "ask_lsm",
    "ask_rates",
    "by_hand",
    "clock_at",
    "export",
    "hand_in",
    "hand_in_made",
    "initialise",
    "may_write",
    "on_a_copy",
    "random_secret",
    "read_bytes",
    "read_folder",
    "read_text",
    "scheme_of",
    "screening_of",
    "union_file",
    "write_file",
    "write_folder",
]
