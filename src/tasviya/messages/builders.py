"""Every message that Tasviya writes, by the function that writes it."""

from tasviya.messages.account_reports import build_notification, build_report, build_statement
from tasviya.messages.credit_transfer_writing import build_credit_transfer, build_fi_transfer, build_onward
from tasviya.messages.envelope import bare, envelope
from tasviya.messages.header import build_header
from tasviya.messages.status import build_status_report, build_status_request

__all__ = [
    "bare",
    "build_credit_transfer",
    "build_fi_transfer",
    "build_header",
    "build_notification",
    "build_onward",
    "build_report",
    "build_statement",
    "build_status_report",
    "build_status_request",
    "envelope",
]
