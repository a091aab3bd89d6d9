"""Fictitious facts that the tests of this folder share: banks, payments, and one example of every message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tasviya.messages import builders
from tasviya.messages.model import (
    Acknowledgement,
    Charge,
    CreditTransfer,
    Header,
    LiquidityTransfer,
    MessageReject,
    Recall,
    RecallAnswer,
    Receipt,
    ReportRequest,
    Return,
    StatusReport,
    StatusRequest,
)
from tasviya.messages.multilateral import (
    Counterparty,
    MultilateralSettlementRequest,
    NetMovement,
    Turnover,
)
from tasviya.messages.scheme import Scheme
from tasviya.messages.statements import AccountReport, Balance, CounterValue, Entry
from tasviya.messages.trades import TradeInstruction, TradeNotice

OPERATOR = "TSVABYM1XXX"
BANK_A = "ALFABY2XXXX"
BANK_B = "BETAKZ2XXXX"
BANK_C = "GAMAIR2XXXX"
NOON = "2026-11-23T09:00:00.000Z"
TODAY = "2026-11-23"
DEBTOR_IBAN = "BY13NBRB3600900000002Z00AB00"
CREDITOR_IBAN = "KZ86125KZT5004100100"

SCHEME = Scheme(
    operator_bic=OPERATOR,
    currencies={"BYN": 2, "KZT": 2, "IRR": 2, "KWD": 3, "JPY": 0},
    amount_limits={"BYN": 10**12},
    units={"SCU": 4},
)


def uetr(number: int) -> str:
    return f"7e57{number % 10**4:04d}-0000-4000-8000-{number:012d}"


def transfer(position: int = 1, **changes: Any) -> CreditTransfer:
    """A customer's payment that breaks no rule."""
    facts: dict[str, Any] = {
        "position": position,
        "currency": "BYN",
        "amount_minor": 125_050 + position,
        "instruction_id": f"INSTR-{position}",
        "end_to_end_id": f"INV-{position}",
        "transaction_id": f"TX-{position}",
        "uetr": uetr(position),
        "settlement_date": TODAY,
        "priority": "NORM",
        "service_levels": ("G001",),
        "category_purpose": "SUPP",
        "purpose": "GDDS",
        "charge_bearer": "SHAR",
        "instructing_agent": BANK_A,
        "instructed_agent": BANK_B,
        "debtor_agent": BANK_A,
        "creditor_agent": BANK_B,
        "debtor_name": "Тракторный завод & Сыновья",
        "debtor_country": "BY",
        "debtor_town": "Минск",
        "debtor_account": DEBTOR_IBAN,
        "debtor_account_is_iban": True,
        "creditor_name": "شرکت بازرگانی خلیج فارس",
        "creditor_country": "KZ",
        "creditor_town": "Алматы",
        "creditor_account": "ACC-7",
        "remittance": "Invoice <77/2026> 第三批",
    }
    return CreditTransfer(**(facts | changes))


def full_transfer(position: int = 1, **changes: Any) -> CreditTransfer:
    """A customer's payment with every field that a pacs.008 has."""
    everything: dict[str, Any] = {
        "local_instrument": "CITR",
        "charges": (Charge("12.50", "BYN", BANK_A), Charge("0", "KZT", BANK_C)),
        "instructed_amount": "100.00",
        "instructed_currency": "USD",
        "exchange_rate": "3.25",
        "intermediary_agents": (BANK_C,),
        "previous_instructing_agents": (BANK_A, BANK_C),
        "debtor_bic": "ACMEBY2XXXX",
        "debtor_address_lines": ("Line 1", "Line 2"),
        "debtor_lei": "529900T8BM49AURSDO55",
        "creditor_bic": "ACMEKZ2XXXX",
        "creditor_lei": "529900T8BM49AURSDO55",
        "creditor_address_lines": ("Line 1",),
        "creditor_account": CREDITOR_IBAN,
        "creditor_account_is_iban": True,
        "debtor_agent_account": "NOSTRO-1",
        "creditor_agent_account": CREDITOR_IBAN,
        "settle_at": "10:30:00+03:00",
        "settle_till": "11:00:00Z",
        "settle_from": "09:00:00Z",
        "reject_after": "12:00:00Z",
        "priority": "URGT",
        "regulatory_codes": ("HS8471", "26BY000001"),
    }
    return transfer(position, **(everything | changes))


def fi_transfer(position: int = 1, **changes: Any) -> CreditTransfer:
    """A bank's own payment."""
    facts: dict[str, Any] = {
        "position": position,
        "currency": "KZT",
        "amount_minor": 5_000_000,
        "instruction_id": f"FI-{position}",
        "end_to_end_id": f"FI-{position}",
        "transaction_id": f"FI-{position}",
        "uetr": uetr(9000 + position),
        "settlement_date": TODAY,
        "priority": "HIGH",
        "purpose": "CORT",
        "debtor_bic": BANK_A,
        "creditor_bic": BANK_B,
        "debtor_account": "SETTLE-A-KZT",
        "creditor_account": "SETTLE-B-KZT",
    }
    return CreditTransfer(**(facts | changes))


def customer_message(*transfers: CreditTransfer, message_id: str = "MSG-1", **kwargs: Any) -> bytes:
    return builders.build_credit_transfer(
        SCHEME, message_id=message_id, created_at=NOON, transfers=transfers or (transfer(),), **kwargs
    )


def fi_message(*transfers: CreditTransfer, message_id: str = "FIM-1") -> bytes:
    return builders.build_fi_transfer(
        SCHEME, message_id=message_id, created_at=NOON, transfers=transfers or (fi_transfer(),)
    )


def header(message_id: str, message_type: str, **changes: Any) -> Header:
    facts = {
        "sender_bic": BANK_A,
        "receiver_bic": OPERATOR,
        "business_message_id": message_id,
        "message_type": message_type,
        "created_at": NOON,
    }
    return Header(**(facts | changes))


ORIGINAL: dict[str, Any] = {
    "original_message_id": "MSG-1",
    "original_message_type": "pacs.008.001.08",
    "original_instruction_id": "INSTR-1",
    "original_end_to_end_id": "INV-1",
    "original_transaction_id": "TX-1",
    "original_uetr": uetr(1),
}

RETURN = Return(
    1,
    "BYN",
    "1250.51",
    125_051,
    "RET-1",
    **ORIGINAL,
    original_amount="1250.51",
    original_currency="BYN",
    original_settlement_date="2026-11-20",
    settlement_date=TODAY,
    priority="NORM",
    charge_bearer="SHAR",
    instructing_agent=BANK_B,
    instructed_agent=BANK_A,
    reason="AC04",
    additional_info=("account closed <since May>",),
)
STATUS = StatusReport(
    1,
    "RJCT",
    **ORIGINAL,
    status_id="STS-1",
    reason="AM04",
    additional_info=("A-17 lacks 3,200.00 BYN & waits",),
    settlement_date=TODAY,
    accepted_at=NOON,
    clearing_reference="batch 12",
    instructing_agent=BANK_A,
    instructed_agent=BANK_B,
)
STATUS_REQUEST = StatusRequest(
    1, **ORIGINAL, status_request_id="ASK-1", instructing_agent=BANK_A, instructed_agent=BANK_B
)
RECALL = Recall(
    1,
    **ORIGINAL,
    cancellation_id="CXL-1",
    case_id="CASE-1",
    original_amount="1250.51",
    original_currency="BYN",
    original_settlement_date=TODAY,
    reason="DUPL",
    additional_info=("sent twice",),
)
ANSWER = RecallAnswer(
    1,
    "RJCR",
    "CASE-1",
    "CXLSTS-1",
    **ORIGINAL,
    reason="CUST",
    additional_info=("the payee declines",),
)
REPORT_REQUEST = ReportRequest(
    1, "camt.053.001.08", "RQ-1", "SETTLE-A-BYN", "BYN", BANK_A, "2026-11-22", "2026-11-23"
)
LIQUIDITY = LiquidityTransfer(
    1,
    "BYN",
    "70000.00",
    7_000_000,
    "LT-1",
    "LT-E2E-1",
    "LT-TX-1",
    uetr(5),
    BANK_A,
    "SETTLE-A-BYN",
    BANK_A,
    "CLEAR-A-BYN",
    TODAY,
)
RECEIPT = Receipt(1, "LIQ-1", "RJCT", "camt.050.001.07", "AM04", "There is not enough money on SETTLE-A-BYN.")
ENTRY = Entry(
    125_051,
    "BYN",
    False,
    "1",
    "PABC",
    NOON,
    TODAY,
    message_id="MSG-1",
    instruction_id="INSTR-1",
    end_to_end_id="INV-1",
    transaction_id="TX-1",
    uetr=uetr(1),
    debtor_name="Тракторный завод & Сыновья",
    debtor_account=DEBTOR_IBAN,
    creditor_name="شرکت بازرگانی خلیج فارس",
    creditor_account="ACC-7",
    debtor_agent=BANK_A,
    creditor_agent=BANK_B,
    purpose="GDDS",
    remittance="Invoice <77/2026>",
)
CONVERTED = Entry(
    16_000,
    "KZT",
    False,
    counter_value=CounterValue(1_000, "BYN", "KZT", "BYN", "BYN", "16", "batch 12", NOON),
)
PRICELESS = Entry(1, "KZT", True, counter_value=CounterValue(10**17, "IRR"))
REPORT = AccountReport(
    1,
    "RPT-1",
    "SETTLE-A-BYN",
    "BYN",
    BANK_A,
    NOON,
    17,
    "2026-11-23T00:00:00Z",
    "2026-11-23T20:00:00Z",
    [Balance("OPBD", 500_000, "BYN", TODAY), Balance("CLBD", -374_949, "BYN", NOON)],
    [ENTRY, Entry(1, "BYN", True), CONVERTED, PRICELESS],
    page=2,
    last_page=False,
    servicer=BANK_C,
)
PLAIN_REPORT = AccountReport(1, "RPT-2", "SETTLE-B-BYN", created_at=NOON, servicer=OPERATOR)
REJECT = MessageReject(1, "MSG-1", "NOT-XML", NOON, "/Document", "The file is not well-formed XML.")
ACKNOWLEDGEMENT = Acknowledgement(1, "MSG-1", "RCVD", "pacs.008.001.08", NOON, "received")

TRADE = TradeInstruction(
    1,
    "TRADE-1",
    "COMMON-1",
    TODAY,
    "2026-11-25",
    BANK_A,
    BANK_A,
    BANK_B,
    BANK_B,
    "KZT",
    "16000.00",
    1_600_000,
    "BYN",
    "1000.00",
    100_000,
    "16",
    "BYN",
    "KZT",
    "NEWT",
    "true",
)
TRADE_NOTICE = TradeNotice(
    1,
    "T1",
    "M1",
    "SMAP",
    "AM04",
    "ALFABY2XXXX lacks 3.00 BYN to pay it; it settles when funded.",
    NOON,
    "FMTC",
    True,
    OPERATOR,
    "TRADE-1",
    "COMMON-1",
    "TRADE-9",
    TODAY,
    "2026-11-25",
    BANK_A,
    BANK_B,
    "KZT",
    1_600_000,
    "BYN",
    100_000,
    "16",
    "BYN",
    "KZT",
)

CENTRAL_BANK_A, CENTRAL_BANK_B, CENTRAL_BANK_C = "CBAABYM1XXX", "CBBBKZ2XXXX", "CBCCIR2XXXX"
UNIT_RESULT = MultilateralSettlementRequest(
    1,
    "SCU-C-2026-11-23/1",
    "C-2026-11-23/1",
    TODAY,
    "14:00:00Z",
    "16:30:00+03:00",
    [
        NetMovement(
            "SCU", 1_250_000, CENTRAL_BANK_A, "POS-A-SCU", OPERATOR, "POS-SCU", "TRF-1",
            Turnover(
                3_000_000, 1_700_000, 7, -40_000, 1, 10_001,
                [
                    Counterparty(CENTRAL_BANK_B, 3_000_000, 1_000_000, 5),
                    Counterparty(CENTRAL_BANK_C, 0, 700_000, 2),
                ],
            ),
            "SCU-1", "125.0000", "CRDT",
        ),
        NetMovement(
            "SCU", -2_000_000, CENTRAL_BANK_B, DEBTOR_IBAN, turnover=Turnover(1_000_000, 3_000_000, 5),
            record_id="SCU-2", amount="200.0000", direction="DBIT",
        ),
        NetMovement("SCU", 750_000, CENTRAL_BANK_C, record_id="SCU & 3", amount="75.0000", direction="CRDT"),
    ],
    3,
)  # fmt: skip
MONEY_RESULT = MultilateralSettlementRequest(
    2,
    "KWD-C-2026-11-23/1",
    movements=[
        NetMovement("KWD", -1, BANK_A, record_id="K1", amount="0.001", direction="DBIT"),
        NetMovement("KWD", 1, BANK_B, record_id="K2", amount="0.001", direction="CRDT"),
    ],
    stated_movements=2,
)

_FRAME: dict[str, Any] = {"message_id": "OUT-1", "created_at": NOON}
_BETWEEN: dict[str, Any] = {"assigner": BANK_A, "assignee": OPERATOR}

EXAMPLES: dict[str, tuple[Callable[[], bytes], list[Any]]] = {
    "pacs.008.001.08": (
        lambda: customer_message(full_transfer(1), transfer(2)),
        [full_transfer(1), transfer(2)],
    ),
    "pacs.009.001.08": (fi_message, [fi_transfer()]),
    "pacs.002.001.10": (
        lambda: builders.build_status_report(
            SCHEME,
            **_FRAME,
            original_message_id="MSG-1",
            original_message_type="pacs.008.001.08",
            original_created_at=NOON,
            transactions=[STATUS],
        ),
        [STATUS],
    ),
    "pacs.004.001.09": (lambda: builders.build_return(SCHEME, **_FRAME, returns=[RETURN]), [RETURN]),
    "pacs.028.001.03": (
        lambda: builders.build_status_request(SCHEME, **_FRAME, requests=[STATUS_REQUEST]),
        [STATUS_REQUEST],
    ),
    "pacs.029.001.02": (
        lambda: builders.build_settlement_request(SCHEME, **_FRAME, requests=[UNIT_RESULT, MONEY_RESULT]),
        [UNIT_RESULT, MONEY_RESULT],
    ),
    "camt.056.001.08": (
        lambda: builders.build_recall(SCHEME, **_FRAME, **_BETWEEN, recalls=[RECALL]),
        [RECALL],
    ),
    "camt.029.001.09": (
        lambda: builders.build_recall_answer(
            SCHEME, **_FRAME, **_BETWEEN, status="RJCR", case_id="CASE-1", answers=[ANSWER]
        ),
        [RecallAnswer(0, "RJCR", "CASE-1"), ANSWER],
    ),
    "camt.052.001.08": (lambda: builders.build_report(SCHEME, **_FRAME, reports=[REPORT]), [REPORT]),
    "camt.053.001.08": (lambda: builders.build_statement(SCHEME, **_FRAME, reports=[REPORT]), [REPORT]),
    "camt.054.001.08": (
        lambda: builders.build_notification(SCHEME, **_FRAME, reports=[REPORT, PLAIN_REPORT]),
        [replace(REPORT, balances=[]), replace(PLAIN_REPORT, position=2)],
    ),
    "camt.060.001.05": (
        lambda: builders.build_report_request(SCHEME, **_FRAME, sender=BANK_A, requests=[REPORT_REQUEST]),
        [REPORT_REQUEST],
    ),
    "camt.050.001.07": (
        lambda: builders.build_liquidity_transfer(SCHEME, **_FRAME, transfer=LIQUIDITY),
        [LIQUIDITY],
    ),
    "camt.025.001.08": (lambda: builders.build_receipt(SCHEME, **_FRAME, receipts=[RECEIPT]), [RECEIPT]),
    "admi.002.001.01": (
        lambda: builders.build_message_reject(
            SCHEME,
            reference="MSG-1",
            reason="NOT-XML",
            rejected_at=NOON,
            location="/Document",
            description="The file is not well-formed XML.",
        ),
        [REJECT],
    ),
    "admi.007.001.01": (
        lambda: builders.build_acknowledgement(
            SCHEME,
            **_FRAME,
            reference="MSG-1",
            reference_type="pacs.008.001.08",
            received_at=NOON,
            description="received",
        ),
        [ACKNOWLEDGEMENT],
    ),
    "fxtr.014.001.05": (lambda: builders.build_trade_instruction(SCHEME, trade=TRADE), [TRADE]),
    "fxtr.017.001.05": (
        lambda: builders.build_trade_notice(SCHEME, **_FRAME, notice=TRADE_NOTICE),
        [TRADE_NOTICE],
    ),
}
"""Each message type: how an example is written, and the transactions it must be read back as."""
