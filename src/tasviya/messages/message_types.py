"""Which messages there are: a row each, with how it is read and written."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

from msgspec import Struct

from tasviya.messages import (
    account_reports,
    builders,
    credit_transfer,
    multilateral_messages,
    recalls,
    requests,
    returns,
    status,
    system_messages,
    trade_messages,
)
from tasviya.messages.model import Group, Transaction
from tasviya.messages.scheme import Scheme

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Parse = Callable[["Element", Scheme], tuple[Group, list[Transaction]]]


class MessageType(Struct, frozen=True):
    """One kind of message: how it is called, read, written, and which way it goes as the system sees it."""

    module: ModuleType
    root: str
    """The element inside Document."""
    parse: Parse
    build: Callable[..., bytes]
    direction: str
    """`in`, `out` or `both`."""
    purpose: str
    """What it is for, in a few words."""


MESSAGE_TYPES: dict[str, MessageType] = {
    credit_transfer.CUSTOMER: MessageType(
        credit_transfer,
        credit_transfer.CUSTOMER_ROOT,
        credit_transfer.parse,
        builders.build_credit_transfer,
        "both",
        "A customer's payment.",
    ),
    credit_transfer.INSTITUTION: MessageType(
        credit_transfer,
        credit_transfer.INSTITUTION_ROOT,
        credit_transfer.parse,
        builders.build_fi_transfer,
        "both",
        "A payment between institutions, of their own or as cover for a customer's.",
    ),
    status.REPORT: MessageType(
        status,
        status.REPORT_ROOT,
        status.parse,
        builders.build_status_report,
        "both",
        "What became of a message and of its payments.",
    ),
    returns.RETURN: MessageType(
        returns, returns.ROOT, returns.parse, builders.build_return, "both", "A settled payment comes back."
    ),
    status.REQUEST: MessageType(
        status,
        status.REQUEST_ROOT,
        status.parse,
        builders.build_status_request,
        "in",
        "Asks what became of a payment.",
    ),
    multilateral_messages.REQUEST: MessageType(
        multilateral_messages,
        multilateral_messages.ROOT,
        multilateral_messages.parse,
        builders.build_settlement_request,
        "out",
        "What a clearing cycle nets to: whose account gets and gives how much.",
    ),
    recalls.RECALL: MessageType(
        recalls,
        recalls.RECALL_ROOT,
        recalls.parse_recall,
        builders.build_recall,
        "both",
        "Asks for a payment back.",
    ),
    recalls.ANSWER: MessageType(
        recalls,
        recalls.ANSWER_ROOT,
        recalls.parse_answer,
        builders.build_recall_answer,
        "both",
        "Answers a recall.",
    ),
    account_reports.INTERIM: MessageType(
        account_reports,
        account_reports.INTERIM_ROOT,
        account_reports.parse,
        builders.build_report,
        "out",
        "An account's balances and entries so far.",
    ),
    account_reports.STATEMENT: MessageType(
        account_reports,
        account_reports.STATEMENT_ROOT,
        account_reports.parse,
        builders.build_statement,
        "out",
        "An account's statement of a day.",
    ),
    account_reports.NOTIFICATION: MessageType(
        account_reports,
        account_reports.NOTIFICATION_ROOT,
        account_reports.parse,
        builders.build_notification,
        "out",
        "Entries just booked on an account.",
    ),
    requests.REPORT_REQUEST: MessageType(
        requests,
        requests.REPORT_REQUEST_ROOT,
        requests.parse_report_request,
        builders.build_report_request,
        "in",
        "Asks for a report on an account.",
    ),
    requests.LIQUIDITY: MessageType(
        requests,
        requests.LIQUIDITY_ROOT,
        requests.parse_liquidity_transfer,
        builders.build_liquidity_transfer,
        "in",
        "Moves a participant's own money between two of its accounts.",
    ),
    requests.RECEIPT: MessageType(
        requests,
        requests.RECEIPT_ROOT,
        requests.parse_receipt,
        builders.build_receipt,
        "out",
        "How a request fared.",
    ),
    system_messages.REJECT: MessageType(
        system_messages,
        system_messages.REJECT_ROOT,
        system_messages.parse_reject,
        builders.build_message_reject,
        "out",
        "A message could not be read.",
    ),
    system_messages.ACKNOWLEDGEMENT: MessageType(
        system_messages,
        system_messages.ACKNOWLEDGEMENT_ROOT,
        system_messages.parse_acknowledgement,
        builders.build_acknowledgement,
        "out",
        "A message has arrived.",
    ),
    trade_messages.INSTRUCTION: MessageType(
        trade_messages,
        trade_messages.INSTRUCTION_ROOT,
        trade_messages.parse_instruction,
        builders.build_trade_instruction,
        "in",
        "One side's instruction to settle a trade of two currencies.",
    ),
    trade_messages.NOTICE: MessageType(
        trade_messages,
        trade_messages.NOTICE_ROOT,
        trade_messages.parse_notice,
        builders.build_trade_notice,
        "out",
        "Where a trade stands: matched, settled, or why not.",
    ),
}
"""Every message type, by its full identifier."""
