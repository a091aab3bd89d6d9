"""Rules beyond the schema that need only the message and the scheme: one table, checked in its order."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.messages.model import CreditTransfer, ParsedMessage
from tasviya.messages.multilateral import MultilateralSettlementRequest
from tasviya.messages.rules import amounts, dates, handling, multilateral, parties, trades
from tasviya.messages.rules.base import (
    AMOUNT,
    AMOUNT_PATHS,
    TRANSACTION_PATHS,
    Broken,
    MessageRule,
    RepeatRule,
    Rule,
    TransactionRule,
)
from tasviya.messages.scheme import Scheme
from tasviya.messages.xml import REPORTED_ERRORS, local_name, path_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CHARACTERS = parties.RR10()

RULES: tuple[Rule, ...] = (
    handling.FF01MessageId(),
    handling.FF01Definition(),
    amounts.AM18(),
    amounts.AM10(),
    amounts.AM16(),
    handling.AG03Method(),
    handling.AG03System(),
    handling.CH17(),
    handling.CH17Levels(),
    amounts.AM11(),
    amounts.AM03(),
    amounts.CH20(),
    amounts.AM01(),
    amounts.AM12(),
    amounts.AM13(),
    dates.DT01(),
    dates.DT01Period(),
    dates.CH16Times(),
    parties.RC06(),
    parties.RC06Institution(),
    parties.RC07(),
    parties.RC07Institution(),
    parties.AC02(),
    parties.AC03(),
    parties.BE16(),
    parties.BE17(),
    parties.CH16(),
    parties.RR02(),
    parties.RR03(),
    parties.BE04(),
    handling.BE19(),
    handling.CH21(),
    handling.FF03(),
    handling.FF05(),
    handling.FF06(),
    handling.DU05(),
    handling.DU04(),
    handling.RF01Transaction(),
    handling.RF01Uetr(),
    trades.AG03Trade(),
    trades.AM03Trade(),
    trades.AM12Trade(),
    trades.DT01Trade(),
    multilateral.AM19(),
    multilateral.AM10Movements(),
    multilateral.DU05Requests(),
    multilateral.AM20(),
    multilateral.AM11Movements(),
    multilateral.AM12Movements(),
    multilateral.CH21Direction(),
    multilateral.RC05(),
    multilateral.RF01Movements(),
    multilateral.AM17(),
    multilateral.CH16Supplement(),
    multilateral.AM09(),
    CHARACTERS,
)
"""Every rule of this room. A transaction's refusals come in this order."""


def rules_for(message_type: str) -> list[Rule]:
    """The rules that apply to a message type, in order."""
    return [rule for rule in RULES if not rule.messages or message_type in rule.messages]


@cache
def _checks(message_type: str) -> tuple[list[MessageRule], list[TransactionRule], list[RepeatRule]]:
    rules = rules_for(message_type)
    return (
        [rule for rule in rules if isinstance(rule, MessageRule)],
        [rule for rule in rules if isinstance(rule, TransactionRule)],
        [rule for rule in rules if isinstance(rule, RepeatRule)],
    )


def check(message: ParsedMessage, root: str, scheme: Scheme) -> None:
    """Add to a message and to its transactions what breaks a rule.

    root: the name of the element inside Document.
    """
    of_message, of_transaction, of_repeats = _checks(message.message_type)
    for rule in of_message:
        broken = rule.check(message, scheme)
        if broken is not None:
            where = broken.where if broken.where[0] == "/" else f"/Document/{root}/{broken.where}"
            message.refusals.append(Refusal(rule.reason, broken.what, rule.cure, where))
    group = message.group
    for transaction in message.transactions:
        for each in of_transaction:
            found = each.check(transaction, group, scheme)
            if found is not None:
                where = _place(message, root, transaction.position, found)
                transaction.refusals.append(Refusal(each.reason, found.what, each.cure, where))
    if len(message.transactions) > 1:
        for repeat in of_repeats:
            _check_repeats(message, root, repeat)


def _check_repeats(message: ParsedMessage, root: str, rule: RepeatRule) -> None:
    first: dict[Hashable, int] = {}
    for transfer in message.transactions:
        if not isinstance(transfer, CreditTransfer | MultilateralSettlementRequest):
            continue
        key = rule.key(transfer)
        if key is None:
            continue
        earlier = first.setdefault(key, transfer.position)
        if earlier != transfer.position:
            what = f"It repeats transaction {earlier}."
            where = _place(message, root, transfer.position, Broken(what, rule.where))
            transfer.refusals.append(Refusal(rule.reason, what, rule.cure, where))


def _place(message: ParsedMessage, root: str, position: int, broken: Broken) -> str:
    """A finding's full path in the document."""
    kind = message.message_type
    name = TRANSACTION_PATHS.get(kind, "")
    index = f"[{position}]" if message.count > 1 and name else ""
    below = broken.where
    if below.startswith("/"):
        return below
    if below.startswith(AMOUNT):
        below = AMOUNT_PATHS[kind] + below[len(AMOUNT) :]
    return "/".join(part for part in ("/Document", root, name + index, below) if part)


def check_characters(message: ParsedMessage, document: Element, scheme: Scheme) -> None:
    """Add to a message, or to the transfer concerned, each text with a character that is not accepted; one
    a transfer, and a few at most that concern the whole message."""
    whole = etree.tostring(document, method="text", encoding="unicode")
    if CHARACTERS.check_text(whole, scheme) is None:
        return
    transfers = {each.position: each for each in message.transactions if isinstance(each, CreditTransfer)}
    business = document[0]
    position = 0
    for part in business:
        is_transfer = bool(transfers) and local_name(part) == "CdtTrfTxInf"
        position += is_transfer
        found = _unaccepted(part, scheme)
        if found is None:
            continue
        what, element = found
        if is_transfer:
            # Spelt out, because counting siblings for each of thousands would take their square.
            index = f"[{position}]" if message.count > 1 else ""
            below = path_of(element, part).removeprefix("/CdtTrfTxInf")
            where = f"/Document/{local_name(business)}/CdtTrfTxInf{index}{below}"
            transfers[position].refusals.append(Refusal(CHARACTERS.reason, what, CHARACTERS.cure, where))
        elif len(message.refusals) < REPORTED_ERRORS:
            where = path_of(element, document)
            message.refusals.append(Refusal(CHARACTERS.reason, what, CHARACTERS.cure, where))


def _unaccepted(part: Element, scheme: Scheme) -> tuple[str, Element] | None:
    """The first text in an element with a character that is not accepted: the finding, and where."""
    if CHARACTERS.check_text("".join(map(str, part.itertext())), scheme) is None:
        return None
    for element in part.iter():
        what = CHARACTERS.check_text(element.text or "", scheme) or CHARACTERS.check_text(
            element.tail or "", scheme
        )
        if what is not None:
            return what, element
    return None
