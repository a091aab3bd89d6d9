"""Files that cannot be read, and messages that break a rule by themselves."""

# ruff: noqa: E501 - the tables are wider than text
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from tasviya.core.errors import Refusal
from tasviya.messages import builders
from tasviya.messages.model import (
    CreditTransfer,
    Header,
    ParsedMessage,
    ReportRequest,
    UnreadableMessage,
)
from tasviya.messages.multilateral import NetMovement, Turnover
from tasviya.messages.registry import parse_file
from tasviya.messages.scheme import Scheme
from tasviya.messages.trades import TradeInstruction

SCHEME = Scheme(
    "TSVOKZ20XXX", {"KZT": 2, "JPY": 0}, {"KZT": 10**9}, charge_bearers=frozenset({"SHAR", "CRED"})
)
FRAME = {"message_id": "M1", "created_at": "2026-09-29T10:00:00Z"}
UETR = "5e771e00-0000-4000-8000-00000000000"


def transfer(position: int = 1, **changes: Any) -> CreditTransfer:
    facts: dict[str, Any] = {
        "currency": "KZT",
        "amount_minor": 1000,
        "instruction_id": f"I{position}",
        "end_to_end_id": f"E{position}",
        "transaction_id": f"T{position}",
        "uetr": f"{UETR}{position}",
        "charge_bearer": "SHAR",
        "debtor_agent": "ALFAKZ20XXX",
        "creditor_agent": "BETAKZ20XXX",
        "debtor_name": "Payer",
        "debtor_country": "KZ",
        "debtor_town": "Almaty",
        "debtor_account": "PAYER",
        "creditor_name": "Payee",
        "creditor_country": "OM",
        "creditor_town": "Muscat",
        "creditor_account": "PAYEE",
    }
    return CreditTransfer(position, **(facts | changes))


def customer(*transfers: CreditTransfer, date: str = "2026-09-29") -> bytes:
    return builders.build_credit_transfer(
        SCHEME, **FRAME, transfers=transfers or (transfer(),), settlement_date=date
    )


def institution(**changes: Any) -> bytes:
    facts = {"debtor_bic": "ALFAKZ20XXX", "creditor_bic": "BETAKZ20XXX", "debtor_name": None}
    facts |= {"creditor_name": None, "debtor_agent": None, "creditor_agent": None}
    transfers = [transfer(**(facts | changes))]
    return builders.build_fi_transfer(SCHEME, **FRAME, transfers=transfers, settlement_date="2026-09-29")


def report_request() -> bytes:
    request = ReportRequest(
        1, "camt.053.001.08", "R1", "ACCAKZT", from_date="2026-09-28", to_date="2026-09-29"
    )
    return builders.build_report_request(SCHEME, **FRAME, sender="ALFAKZ20XXX", requests=[request])


def trade(**changes: Any) -> bytes:
    facts: dict[str, Any] = {"trade_date": "2026-09-29", "settlement_date": "2026-09-30", "rate": "0.3"}
    facts |= {"submitter": "ALFAKZ20XXX", "counterparty_submitter": "BETAKZ20XXX", "buy_currency": "JPY"}
    facts |= {"buy_minor": 1000, "sell_currency": "KZT", "sell_minor": 300_000}
    return builders.build_trade_instruction(SCHEME, trade=TradeInstruction(1, "M1", **(facts | changes)))


def cycle_result(*, explained: bool = False) -> bytes:
    """What a clearing cycle of two comes to."""
    claim = NetMovement("KZT", 1000, "ALFAKZ20XXX", record_id="R1")
    debt = NetMovement("KZT", -1000, "BETAKZ20XXX", record_id="R2")
    if explained:
        claim.turnover, debt.turnover = Turnover(1000, 0, 1), Turnover(0, 1000, 1)
    cycle = {"cycle": "C1", "settlement_date": "2026-09-30", "movements": [claim, debt]}
    return builders.build_cycle_result(SCHEME, **FRAME, **cycle) or b""


def enveloped(message_id: str = "M1", message_type: str = "pacs.008.001.08") -> bytes:
    header = Header("ALFAKZ20XXX", "TSVOKZ20XXX", message_id, message_type, created_at=FRAME["created_at"])
    return builders.envelope([(header, customer())])


PAYMENT = customer()
TWO = customer(transfer(1), transfer(2))
RESULT, EXPLAINED = cycle_result(), cycle_result(explained=True)
UNSUMMED = RESULT.replace(b"<CtrlSum>20</CtrlSum>", b"")
REQUEST = RESULT[RESULT.index(b"<SttlmReq>") : RESULT.index(b"<SplmtryData>")]
TWICE = UNSUMMED.replace(b">1</NbOfSttlmReqs>", b">2</NbOfSttlmReqs>").replace(REQUEST, REQUEST + REQUEST)

UNREADABLE_CASES: list[tuple[str, str, bytes]] = [
    ("TOO-LARGE", "17 MiB of spaces behind the message", PAYMENT + b" " * (17 << 20)),
    ("ENCODING", 'Begin the file with `<?xml version="1.0" encoding="ISO-8859-1"?>`',
     b'<?xml version="1.0" encoding="ISO-8859-1"?>' + PAYMENT),
    ("DOCTYPE", "Begin the file with `<!DOCTYPE Document>`", b"<!DOCTYPE Document>" + PAYMENT),
    ("CUT-OFF", "Send the first half of the file", PAYMENT[: len(PAYMENT) // 2]),
    ("TOO-DEEP", "Nest 300 elements", b"<a>" * 300 + b"</a>" * 300),
    ("ATTRIBUTES", "Give an element 500 attributes",
     b"<a " + b" ".join(b'a%d="1"' % n for n in range(500)) + b"/>"),
    ("NOT-XML", "Send `<a></b>`", b"<a></b>"),
    ("NO-MESSAGE", "Send `<a/>`", b"<a/>"),
    ("NO-DOCUMENT", "Send an `AppHdr` alone",
     b'<AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"/>'),
    ("UNKNOWN-MESSAGE", "Send `pacs.008.001.99`", PAYMENT.replace(b"pacs.008.001.08", b"pacs.008.001.99")),
    ("FF01", "Leave `MsgId` empty", PAYMENT.replace(b"<MsgId>M1</MsgId>", b"<MsgId></MsgId>")),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class MessageCase:
    """How a message breaks a rule: what stands in it, or what is changed in it."""

    rule: str
    where: str
    old: str
    new: str
    raw: bytes = PAYMENT
    scheme: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    """How to break it, where old and new do not say it."""

    @property
    def how(self) -> str:
        if self.said:
            return self.said
        chosen = ", ".join(f"{name.replace('_', ' ')}" for name in self.scheme)
        where = f" where the scheme sets {chosen}" if chosen else ""
        return f"Write `{self.new}` for `{self.old}`{where}"


TX = "CdtTrfTxInf/"
AMOUNT = "CdtTrfTxInf/IntrBkSttlmAmt"
FI = institution()
NEXT_DATE = "<IntrBkSttlmDt>2026-09-30</IntrBkSttlmDt>"

MESSAGE_CASES: list[MessageCase] = [
    MessageCase("FF01MessageId", "/AppHdr/BizMsgIdr", "", "", enveloped("OTHER"),
                said="Let the header say `BizMsgIdr` OTHER and the message `MsgId` M1"),
    MessageCase("FF01Definition", "/AppHdr/MsgDefIdr", "", "", enveloped(message_type="pacs.009.001.08"),
                said="Let the header say pacs.009 over a pacs.008"),
    MessageCase("AM18", "GrpHdr/NbOfTxs", "<NbOfTxs>1<", "<NbOfTxs>2<"),
    MessageCase("AM10", "GrpHdr/CtrlSum", "<CtrlSum>10.00<", "<CtrlSum>10.01<"),
    MessageCase("AM16", "GrpHdr/TtlIntrBkSttlmAmt", '"KZT">10.00</Ttl', '"KZT">10.01</Ttl'),
    MessageCase("AG03Method", "GrpHdr/SttlmInf/SttlmMtd", "<SttlmMtd>CLRG<", "<SttlmMtd>INDA<"),
    MessageCase("AG03System", "GrpHdr/SttlmInf/ClrSys", "<Prtry>TASVIYA<", "<Prtry>OTHER<"),
    MessageCase("CH17", "GrpHdr/SttlmInf", "</ClrSys>",
                "</ClrSys><InstgRmbrsmntAgt><FinInstnId><BICFI>GAMAKZ20XXX</BICFI></FinInstnId></InstgRmbrsmntAgt>"),
    MessageCase("CH17Levels", TX + "IntrBkSttlmDt", "</IntrBkSttlmAmt>", "</IntrBkSttlmAmt>" + NEXT_DATE),
    MessageCase("AM11", AMOUNT + "/@Ccy", "", "", customer(transfer(currency="QQQ")), said="Pay in QQQ"),
    MessageCase("AM03", AMOUNT + "/@Ccy", "", "", customer(transfer(currency="USD")), said="Pay in USD"),
    MessageCase("CH20", AMOUNT, "", "", PAYMENT.replace(b">10.00<", b">10.001<"), said="Pay 10.001 KZT"),
    MessageCase("AM01", AMOUNT, "", "", PAYMENT.replace(b">10.00<", b">0<"), said="Pay 0 KZT"),
    MessageCase("AM12", AMOUNT, "", "", PAYMENT.replace(b">10.00</Intr", b">" + b"0" * 5000 + b"10.00</Intr"),
                said="Write 5,000 zeros before the amount"),
    MessageCase("AM13", AMOUNT, "", "", customer(transfer(amount_minor=10**9 + 1)),
                said="Pay 10,000,000.01 KZT where 10,000,000.00 are the most"),
    MessageCase("DT01", TX + "IntrBkSttlmDt", "", "", customer(date="2026-09-29Z"),
                said="Write the settlement date as `2026-09-29Z`"),
    MessageCase("DT01Period", "RptgPrd/FrToDt", "<FrDt>2026-09-28<", "<FrDt>2026-09-30<", report_request()),
    MessageCase("CH16Times", TX + "SttlmTmReq/TillTm", "</IntrBkSttlmAmt>",
                "</IntrBkSttlmAmt><SttlmTmReq><TillTm>24:00:00</TillTm></SttlmTmReq>"),
    MessageCase("RC06", TX + "DbtrAgt/FinInstnId/BICFI", "ALFAKZ20XXX", "ALFAQQ20XXX"),
    MessageCase("RC06Institution", TX + "Dbtr/FinInstnId/BICFI", "ALFAKZ20XXX", "ALFAQQ20XXX", FI),
    MessageCase("RC07", TX + "CdtrAgt/FinInstnId/BICFI", "BETAKZ20XXX", "BETAQQ20XXX"),
    MessageCase("RC07Institution", TX + "Cdtr/FinInstnId/BICFI", "BETAKZ20XXX", "BETAQQ20XXX", FI),
    MessageCase("AC02", TX + "DbtrAcct/Id/IBAN", "<Othr><Id>PAYER</Id></Othr>", "<IBAN>KZ979000006449279055</IBAN>"),
    MessageCase("AC03", TX + "CdtrAcct/Id/IBAN", "<Othr><Id>PAYEE</Id></Othr>", "<IBAN>KZ979000006449279055</IBAN>"),
    MessageCase("BE16", TX + "Dbtr", "", "", customer(transfer(debtor_lei="529900T8BM49AURSDO56")),
                said="Give the debtor the LEI `529900T8BM49AURSDO56`, whose check digits are 55"),
    MessageCase("BE17", TX + "Cdtr", "", "", customer(transfer(creditor_lei="529900T8BM49AURSDO56")),
                said="Give the creditor the LEI `529900T8BM49AURSDO56`, whose check digits are 55"),
    MessageCase("CH16", TX + "PmtId", f"<UETR>{UETR}1</UETR>", ""),
    MessageCase("RR02", TX + "Dbtr/Nm", "<Nm>Payer</Nm>", ""),
    MessageCase("RR03", TX + "Cdtr/Nm", "<Nm>Payee</Nm>", ""),
    MessageCase("BE04", TX + "Cdtr/PstlAdr", "<TwnNm>Muscat</TwnNm>", "", scheme={"structured_address": True}),
    MessageCase("BE19", TX + "ChrgBr", "<ChrgBr>SHAR<", "<ChrgBr>SLEV<"),
    MessageCase("CH21", TX + "ChrgsInf", "<ChrgBr>SHAR<", "<ChrgBr>CRED<"),
    MessageCase("FF03", TX + "PmtTpInf/SvcLvl", "", "", customer(transfer(service_levels=("G001",))),
                {"service_levels": frozenset({"G004"})}, "Ask for service level G001 where only G004 is allowed"),
    MessageCase("FF05", TX + "PmtTpInf/LclInstrm", "", "", customer(transfer(local_instrument="CITR")),
                {"local_instruments": frozenset()}, "Name local instrument CITR where none is allowed"),
    MessageCase("FF06", TX + "PmtTpInf/CtgyPurp", "", "", customer(transfer(category_purpose="SUPP")),
                {"category_purposes": frozenset({"TRAD"})}, "Give category purpose SUPP where only TRAD is allowed"),
    MessageCase("DU05", "CdtTrfTxInf[2]/PmtId/InstrId", "<InstrId>I2<", "<InstrId>I1<", TWO),
    MessageCase("DU04", "CdtTrfTxInf[2]/PmtId/EndToEndId", "<EndToEndId>E2<", "<EndToEndId>E1<", TWO),
    MessageCase("RF01Transaction", "CdtTrfTxInf[2]/PmtId/TxId", "<TxId>T2<", "<TxId>T1<", TWO),
    MessageCase("RF01Uetr", "CdtTrfTxInf[2]/PmtId/UETR", f"{UETR}2", f"{UETR}1", TWO),
    MessageCase("AG03Trade", "TradInf/OprTp", "", "", trade(operation="CANC"), said="Cancel a trade by `OprTp` CANC"),
    MessageCase("AM03Trade", "TradAmts/TradgSdBuyAmt/Amt/@Ccy", 'Ccy="JPY"', 'Ccy="USD"', trade()),
    MessageCase("AM12Trade", "TradAmts/TradgSdBuyAmt/Amt", ">1000<", ">1000.5<", trade()),
    MessageCase("DT01Trade", "TradAmts/SttlmDt", "<SttlmDt>2026-09-30<", "<SttlmDt>2026-09-28<", trade()),
    MessageCase("AM19", "GrpHdr/NbOfSttlmReqs", "<NbOfSttlmReqs>1<", "<NbOfSttlmReqs>2<", RESULT),
    MessageCase("AM10Movements", "GrpHdr/CtrlSum", "<CtrlSum>20<", "<CtrlSum>21<", RESULT),
    MessageCase("DU05Requests", "SttlmReq[2]/InstrId", "", "", TWICE[: TWICE.index(b"<SplmtryData>")] +
                b"</MulSttlmReq></Document>", said="Ask for the same `SttlmReq` twice"),
    MessageCase("AM20", "SttlmReq/NbOfMvmntRcrds", "<NbOfMvmntRcrds>2<", "<NbOfMvmntRcrds>3<", RESULT),
    MessageCase("AM11Movements", "MvmntRcrd[2]/Amt/Amt/@Ccy", "", "",
                RESULT.replace(b'"KZT">10.00</Amt><CdtDbt>DBIT', b'"USD">10.00</Amt><CdtDbt>DBIT'),
                said="Let one participant get 10.00 KZT and the other give 10.00 USD"),
    MessageCase("AM12Movements", "MvmntRcrd[2]/Amt/Amt", "", "",
                UNSUMMED.replace(b">10.00</Amt><CdtDbt>DBIT", b">0</Amt><CdtDbt>DBIT"),
                said="Let a participant's movement be 0 KZT"),
    MessageCase("CH21Direction", "MvmntRcrd[2]/Amt", "<CdtDbt>DBIT</CdtDbt>", "", RESULT,
                said="Leave `CdtDbt` out"),
    MessageCase("RC05", "MvmntRcrd[2]/Ptcpt/Id/OrgId/AnyBIC", "BETAKZ20XXX", "BETAQQ20XXX", RESULT),
    MessageCase("RF01Movements", "MvmntRcrd[2]/Id", "<Id>R2<", "<Id>R1<", RESULT),
    MessageCase("AM17", "SttlmReq/MvmntRcrd", "", "",
                UNSUMMED.replace(b">10.00</Amt><CdtDbt>DBIT", b">9.00</Amt><CdtDbt>DBIT"),
                said="Let one participant get 10.00 KZT and the other give 9.00 KZT"),
    MessageCase("CH16Supplement", "SplmtryData/Envlp/ClearingCycle/Request[1]/InstrId", "", "",
                RESULT.replace(b"KZT-C1</InstrId><SettlementDate>", b"OTHER</InstrId><SettlementDate>"),
                said="Explain a request that is not there"),
    MessageCase("AM09", "MvmntRcrd[2]/Amt", "<Paid>10.00<", "<Paid>9.00<", EXPLAINED),
    MessageCase("RR10", TX + "Dbtr/Nm", "", "", customer(transfer(debtor_name="Pay\u202eer")),
                said="Put the character U+202E, which turns the text round, into the debtor's name"),
]  # fmt: skip


def refusal_of_unreadable(raw: bytes, directory: Path) -> Refusal:
    """Why a file is not read."""
    (read,) = parse_file(raw, SCHEME)
    assert isinstance(read, UnreadableMessage), read
    return read.refusals[0]


def refusal_of_message(case: MessageCase, directory: Path) -> Refusal:
    """The refusal that a case leads to: the only one, and none without the change."""
    raw = case.raw
    if case.old:
        assert case.old.encode() in raw, case
        raw = raw.replace(case.old.encode(), case.new.encode(), 1)
    (read,) = parse_file(raw, replace(SCHEME, **case.scheme))
    assert isinstance(read, ParsedMessage), read
    refusals = read.refusals + [each for tx in read.transactions for each in tx.refusals]
    assert len(refusals) == 1, refusals
    return refusals[0]
