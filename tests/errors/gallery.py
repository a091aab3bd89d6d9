"""The gallery of errors: the smallest case of each. docs/errors.md is written from it (tools/error_page.py).

A case says what to do and does it: `provoke` returns the refusal that it leads to. `rule` names the class, or
the code, that it is the case of; tests/errors/test_gallery.py holds that none is without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adjustment_errors import ADJUSTMENT_CASES, refusal_of_adjustment
from broken_messages import MESSAGE_CASES, UNREADABLE_CASES, refusal_of_message, refusal_of_unreadable
from clearing_errors import CLEARING_CASES
from control_errors import CONTROL_CASES
from credit_errors import CREDIT_CASES
from customs_errors import CUSTOMS_CASES
from declaration_errors import DECLARATION_CASES, refusal_of_declaration
from default_errors import DEFAULT_CASES
from duty_errors import DUTY_CASES, refusal_of_duty
from exchange_errors import EXCHANGE_CASES
from goods_errors import GOODS_CASES
from lodging_errors import LODGING_CASES, LODGING_COMMANDS, refusal_of_claim, refusal_of_lodging
from lodging_errors import RULES as LODGING_RULES
from operator_errors import OPERATOR_CASES, refusal_of_operator
from refund_errors import REFUND_CASES, REFUND_COMMANDS, refusal_of_refund, refusal_of_return
from refund_errors import RULES as REFUND_RULES
from refused_conversions import CONVERSION_CASES, refusal_of_conversion
from refused_payments import PAYMENT_CASES, refusal_of_payment
from refused_trades import TRADE_CASES, refusal_of_trade
from setoff_errors import SETOFF_CASES
from taric_errors import TARIC_CASES, refusal_of_taric
from tariff_errors import TARIFF_CASES
from transit_at_work_errors import TRANSIT_AT_WORK_CASES, refusal_of_transit_at_work
from transit_errors import TRANSIT_CASES, refusal_of_transit
from unit_errors import UNIT_CASES
from wrong_unions import UNION_CASES, refusal_of_union

from tasviya.core.errors import Refusal
from tasviya.membership.union import CODES
from tasviya.messages.rules import RULES
from tasviya.messages.xml import FAILURES
from tasviya.services.transit import TRANSIT_AT_WORK_CODES
from tasviya.settlement import rules as settlement


@dataclass(frozen=True, slots=True)
class Case:
    """The smallest case of one error."""

    room: str
    code: str
    rule: str
    """The rule's class, or the code again."""
    text: str
    """The rule in words."""
    how: str
    """What to do to break it."""
    where: str
    """The path that the refusal must name; its end is enough."""
    provoke: Callable[[Path], Refusal]


def cases() -> Iterator[Case]:
    """All of them, by room, in the order in which they can strike a file."""
    for code, how, raw in UNREADABLE_CASES:
        yield Case("file", code, code, FAILURES[code], how, "", bind(refusal_of_unreadable, raw))
    message_rules = {type(rule).__name__: rule for rule in RULES}
    for each in MESSAGE_CASES:
        rule = message_rules[each.rule]
        yield Case(
            "message", rule.reason, each.rule, rule.text, each.how, each.where, bind(refusal_of_message, each)
        )
    for name, how, where, act in PAYMENT_CASES:
        kind = getattr(settlement, name, None)
        text = one_line(kind.__doc__) if kind else "A message must not be signed where nobody checks it."
        yield Case("payment", name, name, text, how, where, bind(refusal_of_payment, act))
    for name, how, where, act in CONVERSION_CASES:
        text = one_line(getattr(settlement, name).__doc__)
        yield Case("payment", name, name, text, how, where, bind(refusal_of_conversion, act))
    for code, text, how, where, act in TRADE_CASES:
        yield Case("trade", code, code, text, how, where, bind(refusal_of_trade, act))
    for code, how, good, bad, where in UNION_CASES:
        yield Case("union", code, code, sentence(CODES[code]), how, where, bind(refusal_of_union, good, bad))
    for code, rule, how, written in DUTY_CASES:
        yield Case("customs", code, code, rule, how, "", bind(refusal_of_duty, written))
    for code, text, how, where, made in DECLARATION_CASES:
        yield Case("declaration", code, code, text, how, where, bind(refusal_of_declaration, made))
    rule_text = one_line(settlement.RR07.__doc__)
    quoted = "Quote an MRN that was never given"
    yield Case("payment", "RR07", "RR07", rule_text, quoted, settlement.RR07.where, refusal_of_claim)
    for code, how, where, act in LODGING_CASES:
        rule = sentence(LODGING_RULES[code])
        yield Case("lodging", code, code, rule, how, where, bind(refusal_of_lodging, act))
    yield Case(
        "payment",
        "LEGL",
        "LEGL",
        one_line(settlement.LEGL.__doc__),
        "As customs, return a payment that has met a claim",
        settlement.LEGL.where,
        refusal_of_return,
    )
    for code, how, where, act in REFUND_CASES:
        yield Case(
            "lodging", code, code, sentence(REFUND_RULES[code]), how, where, bind(refusal_of_refund, act)
        )
    for code, how, where, done in TRANSIT_AT_WORK_CASES:
        rule = sentence(TRANSIT_AT_WORK_CODES[code])
        yield Case("lodging", code, code, rule, how, where, bind(refusal_of_transit_at_work, done))
    for code, text, how, where, made in TRANSIT_CASES:
        yield Case("transit", code, code, text, how, where, bind(refusal_of_transit, made))
    for code, text, how, given in TARIC_CASES:
        yield Case("taric", code, code, text, how, "", bind(refusal_of_taric, given))
    for code, text, how, made in ADJUSTMENT_CASES:
        yield Case("adjustment", code, code, text, how, "", bind(refusal_of_adjustment, made))
    for code, text, how, act in (
        *OPERATOR_CASES,
        *EXCHANGE_CASES,
        *UNIT_CASES,
        *CREDIT_CASES,
        *SETOFF_CASES,
        *CLEARING_CASES,
        *DEFAULT_CASES,
        *GOODS_CASES,
        *TARIFF_CASES,
        *CUSTOMS_CASES,
        *LODGING_COMMANDS,
        *REFUND_COMMANDS,
        *CONTROL_CASES,
    ):
        yield Case("operator", code, code, text, how, "", bind(refusal_of_operator, act))


@cache
def outcome(case: Case) -> Refusal:
    """What a case really leads to, in a directory of its own; done once a process."""
    with TemporaryDirectory() as directory:
        return case.provoke(Path(directory))


def bind(function: Callable[..., Refusal], *first: Any) -> Callable[[Path], Refusal]:
    """A case's function with its facts; the path is a directory to work in."""
    return lambda directory: function(*first, directory)


def one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
