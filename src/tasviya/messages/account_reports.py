"""camt.052 (so far today), camt.053 (the day's statement) and camt.054 (entries as they are booked).

All three hold reports on one account each, with entries of one shape. An entry names the payment it belongs
to: references, debtor and creditor, their agents, purpose, remittance.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tasviya.messages.amounts import amount_text, to_minor, whole_number
from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.statements import AccountReport, Balance, CounterValue, Entry
from tasviya.messages.writing import (
    account,
    account_number,
    agent,
    amount,
    code_or_proprietary,
    document,
    element,
    escape,
)
from tasviya.messages.xml import NAMESPACE, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

INTERIM, STATEMENT, NOTIFICATION = "camt.052.001.08", "camt.053.001.08", "camt.054.001.08"
INTERIM_ROOT, STATEMENT_ROOT = "BkToCstmrAcctRpt", "BkToCstmrStmt"
NOTIFICATION_ROOT = "BkToCstmrDbtCdtNtfctn"
ROOTS = {INTERIM: INTERIM_ROOT, STATEMENT: STATEMENT_ROOT, NOTIFICATION: NOTIFICATION_ROOT}
_REPORTS = {INTERIM: "Rpt", STATEMENT: "Stmt", NOTIFICATION: "Ntfctn"}

_BIC = "FinInstnId/BICFI"
_REFS, _PARTIES, _AGENTS = "NtryDtls/TxDtls/Refs", "NtryDtls/TxDtls/RltdPties", "NtryDtls/TxDtls/RltdAgts"
_ENTRY_PATHS = {
    "NtryRef": "reference",
    "Amt": "amount_minor",
    "Amt@Ccy": "currency",
    "CdtDbtInd": "is_credit",
    "Sts/*": "status",
    "BookgDt/Dt": "booked_at",
    "BookgDt/DtTm": "booked_at",
    "ValDt/Dt": "value_date",
    "ValDt/DtTm": "value_date",
    "AcctSvcrRef": "account_servicer_reference",
    "BkTxCd/Domn/Cd": "domain",
    "BkTxCd/Domn/Fmly/Cd": "family",
    "BkTxCd/Domn/Fmly/SubFmlyCd": "subfamily",
    f"{_REFS}/MsgId": "message_id",
    f"{_REFS}/InstrId": "instruction_id",
    f"{_REFS}/EndToEndId": "end_to_end_id",
    f"{_REFS}/UETR": "uetr",
    f"{_REFS}/TxId": "transaction_id",
    f"{_PARTIES}/Dbtr/Pty/Nm": "debtor_name",
    f"{_PARTIES}/Cdtr/Pty/Nm": "creditor_name",
    f"{_AGENTS}/DbtrAgt/{_BIC}": "debtor_agent",
    f"{_AGENTS}/CdtrAgt/{_BIC}": "creditor_agent",
    **{f"{_PARTIES}/DbtrAcct/Id/{kind}": "debtor_account" for kind in ("IBAN", "Othr/Id")},
    **{f"{_PARTIES}/CdtrAcct/Id/{kind}": "creditor_account" for kind in ("IBAN", "Othr/Id")},
    "NtryDtls/TxDtls/Purp/*": "purpose",
    "NtryDtls/TxDtls/RmtInf/Ustrd": "remittance",
}
_COUNTER_PATHS = {
    "Amt": "amount_minor",
    "Amt@Ccy": "currency",
    "CcyXchg/SrcCcy": "source_currency",
    "CcyXchg/TrgtCcy": "target_currency",
    "CcyXchg/UnitCcy": "unit_currency",
    "CcyXchg/XchgRate": "rate",
    "CcyXchg/CtrctId": "contract_id",
    "CcyXchg/QtnDt": "quoted_at",
}
_BALANCE_PATHS = {
    "Tp/CdOrPrtry/*": "code",
    "Amt": "amount_minor",
    "Amt@Ccy": "currency",
    "CdtDbtInd": "sign",
    "Dt/Dt": "date",
    "Dt/DtTm": "date",
}


class _EntryFields(Entry):
    """An entry with its bank transaction code still in parts."""

    domain: str | None = None
    family: str | None = None
    subfamily: str | None = None


class _BalanceFields(Balance):
    """A balance with its sign still beside its amount."""

    sign: str = ""


class _Readers(Struct):
    group: Reader
    report: Reader


def _readers(message_type: str) -> _Readers:
    namespace = NAMESPACE + message_type
    owner = "Acct/Ownr/Id/OrgId/AnyBIC"
    counter = Reader(namespace, CounterValue, _COUNTER_PATHS)
    entry: dict[str, str | tuple[str, Reader]] = {
        **_ENTRY_PATHS,
        "NtryDtls/TxDtls/AmtDtls/CntrValAmt": ("counter_value", counter),
    }
    paths: dict[str, str | tuple[str, Reader]] = {
        "Id": "report_id",
        "RptPgntn/PgNb": "page",
        "RptPgntn/LastPgInd": "last_page",
        "StmtPgntn/PgNb": "page",
        "StmtPgntn/LastPgInd": "last_page",
        "NtfctnPgntn/PgNb": "page",
        "NtfctnPgntn/LastPgInd": "last_page",
        "Acct/Svcr/FinInstnId/BICFI": "servicer",
        "ElctrncSeqNb": "sequence",
        "CreDtTm": "created_at",
        "FrToDt/FrDtTm": "from_time",
        "FrToDt/ToDtTm": "to_time",
        "Acct/Id/IBAN": "account",
        "Acct/Id/Othr/Id": "account",
        "Acct/Ccy": "currency",
        owner: "owner",
        "Bal": ("balances", Reader(namespace, _BalanceFields, _BALANCE_PATHS)),
        "Ntry": ("entries", Reader(namespace, _EntryFields, entry)),
    }
    group = Reader(namespace, Group, {"MsgId": "message_id", "CreDtTm": "created_at"})
    return _Readers(group, Reader(namespace, AccountReport, paths))


_OF = {ROOTS[message_type]: _readers(message_type) for message_type in ROOTS}


def parse(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked account report message: one `AccountReport` an account."""
    readers = _OF[local_name(business)]
    group = Group(*readers.group.read(business[0]))
    reports: list[Transaction] = [
        _report(readers.report.read(each), position, scheme)
        for position, each in enumerate(business.iterchildren("{*}Rpt", "{*}Stmt", "{*}Ntfctn"), start=1)
    ]
    group.number_of_transactions = str(len(reports))
    return group, reports


def _report(out: list[Any], position: int, scheme: Scheme) -> AccountReport:
    report = AccountReport(*out)
    report.position = position
    report.sequence = whole_number(str(report.sequence)) if report.sequence else None
    report.page = int(report.page) if report.page else None
    report.last_page = str(report.last_page).strip().lower() in ("true", "1")
    report.balances = [_balance(_BalanceFields(*each), scheme) for each in report.balances or ()]  # type: ignore[misc]
    report.entries = [_entry(_EntryFields(*each), scheme) for each in report.entries or ()]  # type: ignore[misc]
    report.refusals = []
    return report


def _balance(read: _BalanceFields, scheme: Scheme) -> Balance:
    minor = to_minor(str(read.amount_minor).strip(), read.currency, scheme)
    return Balance(read.code, minor if read.sign == "CRDT" else -minor, read.currency, read.date)


def _entry(read: _EntryFields, scheme: Scheme) -> Entry:
    read.amount_minor = to_minor(str(read.amount_minor).strip(), read.currency, scheme)
    read.is_credit = str(read.is_credit) == "CRDT"
    if read.counter_value:
        read.counter_value = _counter_value(read.counter_value[0], scheme)  # type: ignore[index]
    else:
        read.counter_value = None
    if read.domain:
        read.transaction_code = f"{read.domain}/{read.family}/{read.subfamily}"
    return Entry(*(getattr(read, name) for name in Entry.__struct_fields__))


def _counter_value(out: list[Any], scheme: Scheme) -> CounterValue:
    text, currency, *rest = out
    return CounterValue(to_minor(str(text).strip(), currency, scheme), currency, *rest)


def build_notification(
    scheme: Scheme, *, message_id: str, created_at: str, reports: Sequence[AccountReport]
) -> bytes:
    """A camt.054: entries just booked, one report an account."""
    return _build(scheme, NOTIFICATION, message_id, created_at, reports)


def build_report(
    scheme: Scheme, *, message_id: str, created_at: str, reports: Sequence[AccountReport]
) -> bytes:
    """A camt.052: balances and entries so far."""
    return _build(scheme, INTERIM, message_id, created_at, reports)


def build_statement(
    scheme: Scheme, *, message_id: str, created_at: str, reports: Sequence[AccountReport]
) -> bytes:
    """A camt.053: opening and closing balances, all entries, and their totals.

    reports: each needs at least one balance.
    """
    return _build(scheme, STATEMENT, message_id, created_at, reports)


def _build(
    scheme: Scheme, message_type: str, message_id: str, created_at: str, reports: Sequence[AccountReport]
) -> bytes:
    head = f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm></GrpHdr>"
    body = "".join(_report_element(each, message_type, created_at, scheme) for each in reports)
    return document(message_type, ROOTS[message_type], head + body)


def _report_element(facts: AccountReport, message_type: str, created_at: str, scheme: Scheme) -> str:
    tag = _REPORTS[message_type]
    owner = element("AnyBIC", facts.owner)
    page = (
        f"<{tag}Pgntn><PgNb>{facts.page}</PgNb><LastPgInd>{str(facts.last_page).lower()}</LastPgInd></{tag}Pgntn>"
        if facts.page is not None
        else ""
    )
    sequence = f"<ElctrncSeqNb>{facts.sequence}</ElctrncSeqNb>" if facts.sequence is not None else ""
    period = (
        f"<FrToDt><FrDtTm>{facts.from_time}</FrDtTm><ToDtTm>{facts.to_time}</ToDtTm></FrToDt>"
        if facts.from_time and facts.to_time
        else ""
    )
    balances = (
        "" if message_type == NOTIFICATION else "".join(_balance_element(b, scheme) for b in facts.balances)
    )
    totals = _totals(facts, scheme) if message_type == STATEMENT else ""
    return (
        f"<{tag}>{element('Id', facts.report_id)}{page}{sequence}"
        f"<CreDtTm>{facts.created_at or created_at}</CreDtTm>{period}"
        f"<Acct>{account_number(facts.account)}{element('Ccy', facts.currency)}"
        f"{f'<Ownr><Id><OrgId>{owner}</OrgId></Id></Ownr>' if owner else ''}"
        f"{agent('Svcr', facts.servicer or scheme.operator_bic)}</Acct>"
        f"{balances}{totals}{''.join(_entry_element(entry, scheme) for entry in facts.entries)}</{tag}>"
    )


def _date(tag: str, text: str | None) -> str:
    """A date, or an instant where the text has a time."""
    if not text:
        return ""
    kind = "DtTm" if "T" in text else "Dt"
    return f"<{tag}><{kind}>{text}</{kind}></{tag}>"


def _direction(minor: int) -> str:
    return "CRDT" if minor >= 0 else "DBIT"


def _balance_element(facts: Balance, scheme: Scheme) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{facts.code}</Cd></CdOrPrtry></Tp>"
        f"{amount('Amt', amount_text(abs(facts.amount_minor), facts.currency, scheme), facts.currency)}"
        f"<CdtDbtInd>{_direction(facts.amount_minor)}</CdtDbtInd>{_date('Dt', facts.date)}</Bal>"
    )


def _totals(facts: AccountReport, scheme: Scheme) -> str:
    """How many entries there are, each way and together. Sums are in the account's currency."""
    credits_ = [entry.amount_minor for entry in facts.entries if entry.is_credit]
    debits = [entry.amount_minor for entry in facts.entries if not entry.is_credit]
    currency = facts.currency or (facts.balances[0].currency if facts.balances else "")
    net = sum(credits_) - sum(debits)

    def count_and_sum(minors: list[int]) -> str:
        total = amount_text(sum(minors), currency, scheme)
        return f"<NbOfNtries>{len(minors)}</NbOfNtries><Sum>{total}</Sum>"

    return (
        f"<TxsSummry><TtlNtries>{count_and_sum(credits_ + debits)}"
        f"<TtlNetNtry><Amt>{amount_text(abs(net), currency, scheme)}</Amt>"
        f"<CdtDbtInd>{_direction(net)}</CdtDbtInd></TtlNetNtry></TtlNtries><TtlCdtNtries>{count_and_sum(credits_)}</TtlCdtNtries>"
        f"<TtlDbtNtries>{count_and_sum(debits)}</TtlDbtNtries></TxsSummry>"
    )


def _entry_element(facts: Entry, scheme: Scheme) -> str:
    money = amount("Amt", amount_text(facts.amount_minor, facts.currency, scheme), facts.currency)
    direction = f"<CdtDbtInd>{'CRDT' if facts.is_credit else 'DBIT'}</CdtDbtInd>"
    servicer_reference = element("AcctSvcrRef", facts.account_servicer_reference)
    references = _references(
        facts.message_id,
        servicer_reference,
        facts.instruction_id,
        facts.end_to_end_id,
        facts.uetr,
        facts.transaction_id,
    )
    related = _related(
        facts.debtor_name,
        facts.debtor_account,
        facts.creditor_name,
        facts.creditor_account,
        facts.debtor_agent,
        facts.creditor_agent,
        facts.purpose,
        facts.remittance,
    )
    return (
        f"<Ntry>{element('NtryRef', facts.reference)}{money}{direction}<Sts><Cd>{facts.status}</Cd></Sts>"
        f"{_date('BookgDt', facts.booked_at)}{_date('ValDt', facts.value_date)}"
        f"{servicer_reference}{_transaction_code(facts.transaction_code)}"
        f"<NtryDtls><TxDtls>{references}{money}{direction}{_amount_details(facts.counter_value, scheme)}"
        f"{related}</TxDtls></NtryDtls></Ntry>"
    )


def _amount_details(facts: CounterValue | None, scheme: Scheme) -> str:
    """What stands against the entry, in another currency."""
    if facts is None:
        return ""
    rate = (
        f"<CcyXchg>{element('SrcCcy', facts.source_currency)}{element('TrgtCcy', facts.target_currency)}"
        f"{element('UnitCcy', facts.unit_currency)}{element('XchgRate', facts.rate)}"
        f"{element('CtrctId', facts.contract_id)}{element('QtnDt', facts.quoted_at)}</CcyXchg>"
        if facts.rate
        else ""
    )
    text = amount_text(facts.amount_minor, facts.currency, scheme)
    return f"<AmtDtls><CntrValAmt>{amount('Amt', text, facts.currency)}{rate}</CntrValAmt></AmtDtls>"


@lru_cache(maxsize=8192)
def _references(
    message_id: str | None,
    servicer_reference: str,
    instruction_id: str | None,
    end_to_end_id: str | None,
    uetr: str | None,
    transaction_id: str | None,
) -> str:
    """A payment's ids. Kept: payer's and payee's bank are told of the same payment one after the other."""
    references = (
        element("MsgId", message_id)
        + servicer_reference
        + element("InstrId", instruction_id)
        + element("EndToEndId", end_to_end_id)
        + element("UETR", uetr, 36)
        + element("TxId", transaction_id)
    )
    return f"<Refs>{references}</Refs>" if references else ""


@lru_cache(maxsize=8192)
def _related(
    debtor_name: str | None,
    debtor_account: str | None,
    creditor_name: str | None,
    creditor_account: str | None,
    debtor_agent: str | None,
    creditor_agent: str | None,
    purpose: str | None,
    remittance: str | None,
) -> str:
    """Who paid whom, through whom and what for. Kept as the ids are."""
    parties = (
        _party("Dbtr", debtor_name)
        + account("DbtrAcct", debtor_account)
        + _party("Cdtr", creditor_name)
        + account("CdtrAcct", creditor_account)
    )
    agents = agent("DbtrAgt", debtor_agent) + agent("CdtrAgt", creditor_agent)
    told = f"<RmtInf>{element('Ustrd', remittance, 140)}</RmtInf>" if remittance else ""
    return (
        f"{f'<RltdPties>{parties}</RltdPties>' if parties else ''}"
        f"{f'<RltdAgts>{agents}</RltdAgts>' if agents else ''}"
        f"{code_or_proprietary('Purp', purpose)}{told}"
    )


@lru_cache(maxsize=64)
def _transaction_code(code: str) -> str:
    domain, family, subfamily = map(escape, code.split("/"))
    return (
        f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{subfamily}</SubFmlyCd></Fmly></Domn>"
        "</BkTxCd>"
    )


def _party(tag: str, name: str | None) -> str:
    return f"<{tag}><Pty><Nm>{escape(name[:140])}</Nm></Pty></{tag}>" if name else ""
