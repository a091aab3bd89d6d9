"""Every message that Tasviya writes, by the function that writes it."""

from tasviya.messages.account_reports import build_notification, build_report, build_statement
from tasviya.messages.credit_transfer_writing import build_credit_transfer, build_fi_transfer, build_onward
from tasviya.messages.envelope import bare, envelope
from tasviya.messages.header import build_header
from tasviya.messages.multilateral_messages import build_cycle_result, build_settlement_request
from tasviya.messages.recalls import build_recall, build_recall_answer
from tasviya.messages.requests import build_liquidity_transfer, build_receipt, build_report_request
from tasviya.messages.returns import build_return
from tasviya.messages.status import build_status_report, build_status_request
from tasviya.messages.system_messages import build_acknowledgement, build_message_reject
from tasviya.messages.trade_messages import build_trade_instruction, build_trade_notice

__all__ = [
    "bare",
    "build_acknowledgement",
    "build_credit_transfer",
    "build_cycle_result",
    "build_fi_transfer",
    "build_header",
    "build_liquidity_transfer",
    "build_message_reject",
    "build_notification",
    "build_onward",
    "build_recall",
    "build_recall_answer",
    "build_receipt",
    "build_report",
    "build_report_request",
    "build_return",
    "build_settlement_request",
    "build_statement",
    "build_status_report",
    "build_status_request",
    "build_trade_instruction",
    "build_trade_notice",
    "envelope",
]
