"""Every rule, broken by its smallest case and named by its code; each refusal has code, path and cure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from message_facts import (
    BANK_A,
    BANK_B,
    BANK_C,
    EXAMPLES,
    LIQUIDITY,
    NOON,
    RETURN,
    SCHEME,
    customer_message,
    fi_message,
    fi_transfer,
    full_transfer,
    header,
    transfer,
)
from msgspec.structs import replace

from tasviya.core.errors import Refusal
from tasviya.messages import builders
from tasviya.messages.identifiers import bic_holds, iban_holds, lei_holds, uetr_holds
from tasviya.messages.model import ParsedMessage
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.rules import RULES
from tasviya.messages.scheme import IBAN_LENGTHS, Scheme

ROOT = "/Document/FIToFICstmrCdtTrf"


def read(raw: bytes, scheme: Scheme = SCHEME) -> ParsedMessage:
    (message,) = parse_file(raw, scheme)
    assert isinstance(message, ParsedMessage), message
    return message


def of_transactions(raw: bytes, scheme: Scheme = SCHEME) -> list[tuple[str, str]]:
    """Code and path of every refusal of a single transaction; the message itself must be whole."""
    message = read(raw, scheme)
    assert message.refusals == []
    return [place(each) for transaction in message.transactions for each in transaction.refusals]


def of_message(raw: bytes, scheme: Scheme = SCHEME) -> list[tuple[str, str]]:
    """Code and path of every refusal of the message; none may concern a single transaction."""
    message = read(raw, scheme)
    assert [each.refusals for each in message.transactions if each.refusals] == []
    return [place(each) for each in message.refusals]


def place(refusal: Refusal) -> tuple[str, str]:
    assert refusal.what.endswith(".") and refusal.cure.endswith("."), refusal
    return refusal.reason, refusal.where


def tx(path: str, position: int | None = None) -> str:
    return f"{ROOT}/CdtTrfTxInf{f'[{position}]' if position else ''}/{path}"


def changed(raw: bytes, old: str, new: str) -> bytes:
    assert old.encode() in raw, old
    return raw.replace(old.encode(), new.encode(), 1)


def scheme(**changes: Any) -> Scheme:
    return replace(SCHEME, **changes)


def test_payments_that_break_no_rule_are_not_refused() -> None:
    assert of_transactions(customer_message(transfer(1), full_transfer(2))) == []
    assert of_transactions(fi_message(fi_transfer(1), fi_transfer(2))) == []


def test_AM01() -> None:
    raw = changed(customer_message(), ">1250.51</IntrBk", ">0.00</IntrBk")
    raw = raw.replace(b"1250.51", b"0")
    assert of_transactions(raw) == [("AM01", tx("IntrBkSttlmAmt"))]
    # A minus sign before nought is still nought, and passes the schema.
    assert of_transactions(raw.replace(b">0.00<", b">-0<")) == [("AM01", tx("IntrBkSttlmAmt"))]
    zero = builders.build_return(
        SCHEME, message_id="R", created_at=NOON, returns=[replace(RETURN, amount_minor=0)]
    )
    assert of_transactions(zero) == [("AM01", "/Document/PmtRtr/TxInf/RtrdIntrBkSttlmAmt")]
    none = builders.build_liquidity_transfer(
        SCHEME, message_id="L", created_at=NOON, transfer=replace(LIQUIDITY, amount_minor=0)
    )
    assert of_transactions(none) == [("AM01", "/Document/LqdtyCdtTrf/LqdtyCdtTrf/TrfdAmt/AmtWthCcy")]


def test_AM03() -> None:
    raw = customer_message(transfer(currency="USD"))
    assert of_transactions(raw) == [("AM03", tx("IntrBkSttlmAmt/@Ccy"))]


def test_AM11() -> None:
    raw = customer_message(transfer(currency="QQQ"))
    assert of_transactions(raw) == [("AM11", tx("IntrBkSttlmAmt/@Ccy"))]
    assert of_transactions(raw, scheme(currencies={"QQQ": 2})) == []


@pytest.mark.parametrize(
    ("currency", "amount", "fits"),
    [
        ("JPY", "100", True),
        ("JPY", "100.0", False),
        ("KWD", "1.234", True),
        ("KWD", "1.2345", False),
        ("IRR", "1.23", True),
        ("IRR", "1.234", False),
        ("BYN", "1.00000", False),
        ("BYN", "0.001", False),
    ],
)
def test_CH20(currency: str, amount: str, fits: bool) -> None:
    raw = customer_message(transfer(currency=currency, amount_minor=7))
    text = {"JPY": "7", "KWD": "0.007"}.get(currency, "0.07")
    raw = raw.replace(f">{text}<".encode(), f">{amount}<".encode())
    assert of_transactions(raw) == ([] if fits else [("CH20", tx("IntrBkSttlmAmt"))])


def test_AM12() -> None:
    # The schema limits the digits of the value, not of the text.
    raw = customer_message().replace(b">1250.51<", b">" + b"0" * 5_000 + b"1250.51<")
    message = read(raw)
    assert [place(each) for each in message.transactions[0].refusals] == [("AM12", tx("IntrBkSttlmAmt"))]
    assert message.refusals == []
    short = customer_message().replace(b">1250.51<", b"> +001250.51\n<")
    assert of_transactions(short) == []


def test_AM13() -> None:
    at_limit, above = transfer(amount_minor=10**12), transfer(amount_minor=10**12 + 1)
    assert of_transactions(customer_message(at_limit)) == []
    assert of_transactions(customer_message(above)) == [("AM13", tx("IntrBkSttlmAmt"))]


def test_AM13_holds_for_amounts_that_no_account_could_hold() -> None:
    # Eighteen digits pass the schema; with three decimals more they leave 63 bits.
    raw = customer_message(transfer(currency="KWD", amount_minor=1))
    raw = raw.replace(b">0.001<", b">999999999999999999<")
    message = read(raw)
    (payment,) = message.transactions
    assert [place(each) for each in payment.refusals] == [("AM13", tx("IntrBkSttlmAmt"))]
    assert getattr(payment, "amount_minor", None) == 0


def test_AM18() -> None:
    raw = customer_message(transfer(1), transfer(2))
    assert of_message(changed(raw, "<NbOfTxs>2<", "<NbOfTxs>3<")) == [("AM18", f"{ROOT}/GrpHdr/NbOfTxs")]
    assert of_message(changed(raw, "<NbOfTxs>2<", "<NbOfTxs>02<")) == []


def test_AM10() -> None:
    raw = customer_message(transfer(1), transfer(2))
    assert of_message(changed(raw, "<CtrlSum>2501.03<", "<CtrlSum>2501.02<")) == [
        ("AM10", f"{ROOT}/GrpHdr/CtrlSum")
    ]
    assert of_message(changed(raw, "<CtrlSum>2501.03<", "<CtrlSum>2501.0300<")) == []


def test_AM16() -> None:
    raw = customer_message(transfer(1), transfer(2))
    where = f"{ROOT}/GrpHdr/TtlIntrBkSttlmAmt"
    assert of_message(changed(raw, ">2501.03</Ttl", ">2501.04</Ttl")) == [("AM16", where)]
    assert of_message(changed(raw, 'Amt Ccy="BYN">1250.52', 'Amt Ccy="KZT">1250.52')) == [("AM16", where)]


def test_AC02() -> None:
    good = customer_message()
    assert of_transactions(changed(good, "BY13NBRB", "BY14NBRB")) == [("AC02", tx("DbtrAcct/Id/IBAN"))]
    assert of_transactions(changed(good, "2Z00AB00<", "2Z00AB0<")) == [("AC02", tx("DbtrAcct/Id/IBAN"))]
    assert of_transactions(customer_message(transfer(debtor_account="BY14NBRB-17"))) == []


def test_AC03() -> None:
    raw = changed(
        customer_message(full_transfer()),
        "KZ86125KZT5004100100</IBAN></Id></CdtrAcct>",
        "KZ8</IBAN></Id></CdtrAcct>",
    )
    message = read(raw)
    assert [each.reason for each in message.refusals] == ["FF01"]
    raw = customer_message(full_transfer(creditor_account="KZ86125KZT5004100100"))
    raw = raw.replace(b"KZ86125KZT5004100100", b"KZ86125KZT5004100101")
    assert of_transactions(raw) == [("AC03", tx("CdtrAcct/Id/IBAN"))]


def test_RC06() -> None:
    raw = customer_message(transfer(debtor_agent="ALFAQQ2XXXX"))
    assert of_transactions(raw) == [("RC06", tx("DbtrAgt/FinInstnId/BICFI"))]
    raw = changed(
        customer_message(),
        f"<DbtrAgt><FinInstnId><BICFI>{BANK_A}</BICFI>",
        "<DbtrAgt><FinInstnId><Nm>Alfa</Nm>",
    )
    assert of_transactions(raw) == [("RC06", tx("DbtrAgt/FinInstnId/BICFI"))]
    # A company's own BIC is no substitute for its bank's.
    raw = customer_message(transfer(debtor_agent="ALFAQQ2XXXX", debtor_bic="ACMEBY2XXXX"))
    assert of_transactions(raw) == [("RC06", tx("DbtrAgt/FinInstnId/BICFI"))]
    raw = fi_message(fi_transfer(debtor_bic="ALFAQQ2XXXX"))
    assert of_transactions(raw) == [("RC06", "/Document/FICdtTrf/CdtTrfTxInf/Dbtr/FinInstnId/BICFI")]


def test_RC07() -> None:
    raw = customer_message(transfer(creditor_agent="BETAQQ2XXXX"))
    assert of_transactions(raw) == [("RC07", tx("CdtrAgt/FinInstnId/BICFI"))]
    raw = fi_message(fi_transfer(creditor_agent=None, creditor_bic=None, creditor_name="Beta"))
    assert of_transactions(raw) == [("RC07", "/Document/FICdtTrf/CdtTrfTxInf/Cdtr/FinInstnId/BICFI")]


def test_BE16() -> None:
    raw = customer_message(transfer(debtor_lei="529900T8BM49AURSDO56"))
    assert of_transactions(raw) == [("BE16", tx("Dbtr"))]


def test_BE17() -> None:
    raw = customer_message(transfer(creditor_lei="529900T8BM49AURSDO56"))
    assert of_transactions(raw) == [("BE17", tx("Cdtr"))]


def test_CH16() -> None:
    raw = customer_message(transfer(uetr=None))
    assert of_transactions(raw) == [("CH16", tx("PmtId"))]
    assert of_transactions(raw, scheme(uetr_required=False)) == []
    # A UUID of another version breaks the schema already.
    raw = customer_message(transfer(uetr="7e570001-0000-1000-8000-000000000001"))
    assert [each.reason for each in read(raw).refusals] == ["FF01"]


def test_RR02() -> None:
    raw = customer_message(transfer(debtor_name=None))
    assert of_transactions(raw) == [("RR02", tx("Dbtr/Nm"))]
    bare = customer_message(transfer(debtor_country=None, debtor_town=None))
    assert of_transactions(bare) == []
    assert of_transactions(bare, scheme(address_required=True)) == [("RR02", tx("Dbtr/PstlAdr"))]
    lines = customer_message(transfer(debtor_country=None, debtor_town=None, debtor_address_lines=("Minsk",)))
    assert of_transactions(lines, scheme(address_required=True)) == []
    assert of_transactions(lines, scheme(structured_address=True)) == [("RR02", tx("Dbtr/PstlAdr"))]


def test_RR03() -> None:
    raw = customer_message(transfer(creditor_name=None))
    assert of_transactions(raw) == [("RR03", tx("Cdtr/Nm"))]
    bare = customer_message(transfer(creditor_country=None, creditor_town=None))
    assert of_transactions(bare) == []
    assert of_transactions(bare, scheme(address_required=True)) == [("RR03", tx("Cdtr/PstlAdr"))]


def test_BE04() -> None:
    raw = customer_message(transfer(creditor_town=None))
    assert of_transactions(raw) == []
    assert of_transactions(raw, scheme(structured_address=True)) == [("BE04", tx("Cdtr/PstlAdr"))]


def test_BE19() -> None:
    narrow = scheme(charge_bearers=frozenset({"SLEV"}))
    assert of_transactions(customer_message(), narrow) == [("BE19", tx("ChrgBr"))]
    assert of_transactions(customer_message(transfer(charge_bearer="SLEV")), narrow) == []


def test_CH21() -> None:
    assert of_transactions(customer_message(transfer(charge_bearer="CRED"))) == [("CH21", tx("ChrgsInf"))]
    assert of_transactions(customer_message(full_transfer(charge_bearer="CRED"))) == []


def test_FF03() -> None:
    narrow = scheme(service_levels=frozenset({"G004"}))
    assert of_transactions(customer_message(), narrow) == [("FF03", tx("PmtTpInf/SvcLvl"))]
    assert of_transactions(customer_message(transfer(service_levels=())), narrow) == []


def test_FF05() -> None:
    narrow = scheme(local_instruments=frozenset())
    raw = customer_message(transfer(local_instrument="CITR"))
    assert of_transactions(raw, narrow) == [("FF05", tx("PmtTpInf/LclInstrm"))]


def test_FF06() -> None:
    narrow = scheme(category_purposes=frozenset({"TRAD"}))
    assert of_transactions(customer_message(), narrow) == [("FF06", tx("PmtTpInf/CtgyPurp"))]


def test_AG03() -> None:
    raw = customer_message()
    other = changed(raw, "<Prtry>TASVIYA<", "<Prtry>ELSEWHERE<")
    assert of_message(other) == [("AG03", f"{ROOT}/GrpHdr/SttlmInf/ClrSys")]
    for method in ("INDA", "INGA", "COVE"):
        cover = changed(raw, "<SttlmMtd>CLRG<", f"<SttlmMtd>{method}<")
        assert of_message(cover) == [("AG03", f"{ROOT}/GrpHdr/SttlmInf/SttlmMtd")]


@pytest.mark.parametrize("date", ["2026-11-23Z", "2026-11-23+03:00", "12026-11-23"])
def test_DT01(date: str) -> None:
    written = f"<IntrBkSttlmDt>{date}<"
    raw = changed(customer_message(), "<IntrBkSttlmDt>2026-11-23<", written)
    assert of_transactions(raw) == [("DT01", tx("IntrBkSttlmDt"))]
    group = changed(customer_message(settlement_date="2026-11-24"), "<IntrBkSttlmDt>2026-11-24<", written)
    assert of_transactions(group) == [("DT01", tx("IntrBkSttlmDt"))]
    back = builders.build_return(SCHEME, message_id="R", created_at=NOON, returns=[RETURN])
    back = changed(back, "<IntrBkSttlmDt>2026-11-23<", written)
    assert of_transactions(back) == [("DT01", "/Document/PmtRtr/TxInf/IntrBkSttlmDt")]
    own = builders.build_liquidity_transfer(SCHEME, message_id="L", created_at=NOON, transfer=LIQUIDITY)
    own = changed(own, "<SttlmDt>2026-11-23<", f"<SttlmDt>{date}<")
    assert of_transactions(own) == [("DT01", "/Document/LqdtyCdtTrf/LqdtyCdtTrf/SttlmDt")]


def test_DT01_of_a_report_request() -> None:
    raw = EXAMPLES["camt.060.001.05"][0]()
    where = "/Document/AcctRptgReq/RptgReq/RptgPrd/FrToDt"
    assert of_transactions(changed(raw, ">2026-11-22<", ">2026-11-22Z<")) == [("DT01", f"{where}/FrDt")]
    assert of_transactions(changed(raw, ">2026-11-23<", ">2026-11-21<")) == [("DT01", where)]


@pytest.mark.parametrize(
    ("time", "fits"),
    [("10:30:00", True), ("10:30:00Z", True), ("10:30:00.123+05:30", True), ("24:00:00", False)],
)
def test_CH16_times(time: str, fits: bool) -> None:
    for name, field in (
        ("CLSTm", "settle_at"),
        ("TillTm", "settle_till"),
        ("FrTm", "settle_from"),
        ("RjctTm", "reject_after"),
    ):
        raw = customer_message(transfer(**{field: time}))
        assert of_transactions(raw) == ([] if fits else [("CH16", tx(f"SttlmTmReq/{name}"))])


def test_CH17_reimbursement_agents() -> None:
    agent = f"</ClrSys><InstgRmbrsmntAgt><FinInstnId><BICFI>{BANK_C}</BICFI></FinInstnId></InstgRmbrsmntAgt>"
    assert of_message(changed(customer_message(), "</ClrSys>", agent)) == [
        ("CH17", f"{ROOT}/GrpHdr/SttlmInf")
    ]


def test_CH17_group_and_transaction_disagree() -> None:
    raw = customer_message(settlement_date="2026-11-24")
    twice = changed(raw, "</IntrBkSttlmAmt>", "</IntrBkSttlmAmt><IntrBkSttlmDt>2026-11-25</IntrBkSttlmDt>")
    assert of_transactions(raw) == []
    assert of_transactions(twice) == [("CH17", tx("IntrBkSttlmDt"))]
    for tag, own in (("InstgAgt", BANK_A), ("InstdAgt", BANK_B)):
        for bic, refused in ((own, False), (BANK_C, True)):
            agent = f"</SttlmInf><{tag}><FinInstnId><BICFI>{bic}</BICFI></FinInstnId></{tag}>"
            found = of_transactions(changed(customer_message(), "</SttlmInf>", agent))
            assert found == ([("CH17", tx(tag))] if refused else [])


def test_FF01() -> None:
    document = customer_message()
    wrong_id = builders.envelope([(header("OTHER", "pacs.008.001.08"), document)])
    assert of_message(wrong_id) == [("FF01", "/AppHdr/BizMsgIdr")]
    wrong_type = builders.envelope([(header("MSG-1", "pacs.009.001.08"), document)])
    assert of_message(wrong_type) == [("FF01", "/AppHdr/MsgDefIdr")]


def test_DU05() -> None:
    raw = customer_message(
        transfer(1), transfer(2, instruction_id="INSTR-1"), transfer(3, instruction_id=None)
    )
    assert of_transactions(raw) == [("DU05", tx("PmtId/InstrId", 2))]


def test_DU04() -> None:
    raw = customer_message(transfer(1), transfer(2, end_to_end_id="INV-1"))
    assert of_transactions(raw) == [("DU04", tx("PmtId/EndToEndId", 2))]
    other = customer_message(transfer(1), transfer(2, end_to_end_id="INV-1", debtor_account="ANOTHER"))
    assert of_transactions(other) == []
    none = customer_message(*[transfer(n, end_to_end_id="NOTPROVIDED") for n in (1, 2)])
    assert of_transactions(none) == []


def test_RF01() -> None:
    raw = customer_message(transfer(1), transfer(2, transaction_id="TX-1"))
    assert of_transactions(raw) == [("RF01", tx("PmtId/TxId", 2))]
    raw = customer_message(transfer(1), transfer(2), transfer(3, uetr=transfer(1).uetr))
    assert of_transactions(raw) == [("RF01", tx("PmtId/UETR", 3))]


@pytest.mark.parametrize("text", ["شرکت", "نرخ‌ها", "Прибыль", "人民币", "Ünïcödé", "שלום", "मुद्रा", "Ω≈ç√"])
def test_RR10_accepts_every_script(text: str) -> None:
    assert of_transactions(customer_message(transfer(debtor_name=text, remittance=text))) == []


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x7f", "\x85", "\ufeff", "\ue000"])
def test_RR10(character: str) -> None:
    for written in (character, f"&#{ord(character)};"):
        raw = changed(
            customer_message(), "<77/2026>".replace("<", "&lt;").replace(">", "&gt;"), f"a{written}b"
        )
        assert of_transactions(raw) == [("RR10", tx("RmtInf/Ustrd"))]
    raw = customer_message(transfer(1), transfer(2, creditor_name=f"a{character}b"))
    assert of_transactions(raw) == [("RR10", tx("Cdtr/Nm", 2))]


def test_RR10_with_latin_characters_only() -> None:
    latin = scheme(character_rule="latin")
    plain = {
        "debtor_name": "A",
        "debtor_town": "B",
        "creditor_name": "C",
        "creditor_town": "D",
        "remittance": "E",
    }
    assert of_transactions(customer_message(transfer(**plain)), latin) == []
    assert of_transactions(customer_message(transfer(**(plain | {"debtor_name": "Ä"}))), latin) == [
        ("RR10", tx("Dbtr/Nm"))
    ]


def test_RR10_concerns_the_whole_message_outside_payments() -> None:
    raw = changed(customer_message(message_id="MSG-9"), "MSG-9", "MSG\u202e9")
    assert of_message(raw) == [("RR10", f"{ROOT}/GrpHdr/MsgId")]


def test_a_broken_transaction_leaves_its_neighbours_alone() -> None:
    message = read(customer_message(transfer(1), transfer(2, uetr=None), transfer(3)))
    assert [bool(each.refusals) for each in message.transactions] == [False, True, False]


def test_every_rule_has_a_test_of_its_code_and_is_told_apart() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    names = {name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.M)}
    for rule in RULES:
        assert any(name.split("_")[1] == rule.reason for name in names), rule.reason
        assert rule.text.endswith(".") and rule.cure.endswith(".")
        assert type(rule).__name__.startswith(rule.reason)
        assert set(rule.messages) <= set(MESSAGE_TYPES)
    assert len({type(rule) for rule in RULES}) == len(RULES)


CHECKED = """
IBAN  BY13NBRB3600900000002Z00AB00    yes
IBAN  IR580540105180021273113007      yes
IBAN  KZ86125KZT5004100100            yes
IBAN  GB82WEST12345698765432          yes
IBAN  TR330006100519786457841326      yes
IBAN  GB82WEST1234569876543           no
IBAN  GB28WEST12345698765432          no
IBAN  gb82west12345698765432          no
LEI   529900T8BM49AURSDO55            yes
LEI   529900T8BM49AURSDO5             no
LEI   529900T8BM49AURSDO54            no
BIC   TSVABYM1XXX                     yes
BIC   TSVABYM1                        yes
BIC   TSVAQQM1XXX                     no
BIC   TSVABYM1XX                      no
UETR  7e570001-0000-4000-8000-000000000001  yes
UETR  7e570001-0000-4000-c000-000000000001  no
UETR  7E570001-0000-4000-8000-00000000000A  no
"""


@pytest.mark.parametrize("line", CHECKED.strip().splitlines())
def test_identifiers_check_themselves(line: str) -> None:
    kind, text, holds = line.split()
    check = {"IBAN": lambda iban: iban_holds(iban, IBAN_LENGTHS), "LEI": lei_holds, "BIC": bic_holds}
    assert check.get(kind, uetr_holds)(text) is (holds == "yes")
