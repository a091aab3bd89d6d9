"""Reading pacs.008 (for customers) and pacs.009 (between institutions).

Both carry `CdtTrfTxInf`, read into one `CreditTransfer`. What the group header says for all transactions is
filled into each: settlement date, payment type, agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tasviya.messages.amounts import to_minor
from tasviya.messages.fields import Reader
from tasviya.messages.model import Charge, CreditTransfer, Group, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.shapes import ShapedReader
from tasviya.messages.slices import default_form
from tasviya.messages.xml import NAMESPACE, local_name

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CUSTOMER = "pacs.008.001.08"
INSTITUTION = "pacs.009.001.08"
CUSTOMER_ROOT = "FIToFICstmrCdtTrf"
INSTITUTION_ROOT = "FICdtTrf"
ROOTS = {CUSTOMER: CUSTOMER_ROOT, INSTITUTION: INSTITUTION_ROOT}

_BIC = "FinInstnId/BICFI"
_FIELDS = CreditTransfer.__struct_fields__
_TYPE = {
    "PmtTpInf/InstrPrty": "priority",
    "PmtTpInf/SvcLvl/*": "service_levels[]",
    "PmtTpInf/LclInstrm/*": "local_instrument",
    "PmtTpInf/CtgyPurp/*": "category_purpose",
}
_AGENTS = {f"InstgAgt/{_BIC}": "instructing_agent", f"InstdAgt/{_BIC}": "instructed_agent"}
_BOTH = {
    **_TYPE,
    **_AGENTS,
    "PmtId/InstrId": "instruction_id",
    "PmtId/EndToEndId": "end_to_end_id",
    "PmtId/TxId": "transaction_id",
    "PmtId/UETR": "uetr",
    "IntrBkSttlmAmt": "amount",
    "IntrBkSttlmAmt@Ccy": "currency",
    "IntrBkSttlmDt": "settlement_date",
    # Read after PmtTpInf, so it prevails over InstrPrty.
    "SttlmPrty": "priority",
    "SttlmTmReq/CLSTm": "settle_at",
    "SttlmTmReq/TillTm": "settle_till",
    "SttlmTmReq/FrTm": "settle_from",
    "SttlmTmReq/RjctTm": "reject_after",
    **{f"PrvsInstgAgt{n}/{_BIC}": "previous_instructing_agents[]" for n in (1, 2, 3)},
    **{f"IntrmyAgt{n}/{_BIC}": "intermediary_agents[]" for n in (1, 2, 3)},
    f"DbtrAgt/{_BIC}": "debtor_agent",
    f"CdtrAgt/{_BIC}": "creditor_agent",
    "DbtrAcct/Id/Othr/Id": "debtor_account",
    "CdtrAcct/Id/Othr/Id": "creditor_account",
    # An IBAN is read into the flag's place and moved from there.
    "DbtrAcct/Id/IBAN": "debtor_account_is_iban",
    "CdtrAcct/Id/IBAN": "creditor_account_is_iban",
    **{f"DbtrAgtAcct/Id/{kind}": "debtor_agent_account" for kind in ("IBAN", "Othr/Id")},
    **{f"CdtrAgtAcct/Id/{kind}": "creditor_agent_account" for kind in ("IBAN", "Othr/Id")},
    "Purp/*": "purpose",
    "RmtInf/Ustrd": "remittance[]",
}


def _party(tag: str, name: str, inside: str) -> dict[str, str]:
    """Where a debtor's or creditor's own facts lie."""
    return {
        f"{tag}/{inside}Nm": f"{name}_name",
        f"{tag}/{inside}PstlAdr/Ctry": f"{name}_country",
        f"{tag}/{inside}PstlAdr/TwnNm": f"{name}_town",
        f"{tag}/{inside}PstlAdr/AdrLine": f"{name}_address_lines[]",
    }


def _readers(namespace: str, own: dict[str, str | tuple[str, Reader]]) -> Reader:
    return Reader(namespace, CreditTransfer, {**_BOTH, **own})


_CHARGE = Reader(
    NAMESPACE + CUSTOMER,
    Charge,
    {"Amt": "amount", "Amt@Ccy": "currency", f"Agt/{_BIC}": "agent"},
)
_TRANSACTION = {
    CUSTOMER_ROOT: _readers(
        NAMESPACE + CUSTOMER,
        {
            **_party("Dbtr", "debtor", ""),
            **_party("Cdtr", "creditor", ""),
            "Dbtr/Id/OrgId/AnyBIC": "debtor_bic",
            "Dbtr/Id/OrgId/LEI": "debtor_lei",
            "Cdtr/Id/OrgId/AnyBIC": "creditor_bic",
            "Cdtr/Id/OrgId/LEI": "creditor_lei",
            "InstdAmt": "instructed_amount",
            "InstdAmt@Ccy": "instructed_currency",
            "XchgRate": "exchange_rate",
            "ChrgBr": "charge_bearer",
            "ChrgsInf": ("charges", _CHARGE),
            "RgltryRptg/Dtls/Cd": "regulatory_codes[]",
        },
    ),
    INSTITUTION_ROOT: _readers(
        NAMESPACE + INSTITUTION,
        {
            **_party("Dbtr", "debtor", "FinInstnId/"),
            **_party("Cdtr", "creditor", "FinInstnId/"),
            f"Dbtr/{_BIC}": "debtor_bic",
            "Dbtr/FinInstnId/LEI": "debtor_lei",
            f"Cdtr/{_BIC}": "creditor_bic",
            "Cdtr/FinInstnId/LEI": "creditor_lei",
            "UndrlygCstmrCdtTrf": "cover?",
        },
    ),
}
_SHAPED = {
    CUSTOMER_ROOT: ShapedReader(_TRANSACTION[CUSTOMER_ROOT], NAMESPACE + CUSTOMER),
    INSTITUTION_ROOT: ShapedReader(_TRANSACTION[INSTITUTION_ROOT], NAMESPACE + INSTITUTION),
}


class _TransferGroup(Group):
    """A group header with what it may say for all its transfers."""

    priority: str | None = None
    service_levels: tuple[str, ...] = ()
    local_instrument: str | None = None
    category_purpose: str | None = None


_GROUP_PATHS = {
    **_TYPE,
    **_AGENTS,
    "MsgId": "message_id",
    "CreDtTm": "created_at",
    "NbOfTxs": "number_of_transactions",
    "CtrlSum": "control_sum",
    "TtlIntrBkSttlmAmt": "total_amount",
    "TtlIntrBkSttlmAmt@Ccy": "total_currency",
    "IntrBkSttlmDt": "settlement_date",
    "SttlmInf/SttlmMtd": "settlement_method",
    "SttlmInf/ClrSys/*": "clearing_system",
    **{
        f"SttlmInf/{name}": "settles_elsewhere?"
        for name in ("SttlmAcct", "InstgRmbrsmntAgt", "InstdRmbrsmntAgt", "ThrdRmbrsmntAgt")
    },
}
_GROUP = {ROOTS[each]: Reader(NAMESPACE + each, _TransferGroup, _GROUP_PATHS) for each in ROOTS}

_CARRIED = ("PmtTpInf", "InstgAgt", "InstdAgt")
_AMOUNT, _CURRENCY, _MINOR = (_FIELDS.index(name) for name in ("amount", "currency", "amount_minor"))
_DEBTOR_IBAN, _DEBTOR_ACCOUNT = (_FIELDS.index(name) for name in ("debtor_account_is_iban", "debtor_account"))
_CREDITOR_IBAN, _CREDITOR_ACCOUNT = (
    _FIELDS.index(name) for name in ("creditor_account_is_iban", "creditor_account")
)
_CHARGES, _REMITTANCE = _FIELDS.index("charges"), _FIELDS.index("remittance")
_PRIORITY, _REFUSALS = _FIELDS.index("priority"), _FIELDS.index("refusals")
_GROUP_FIELDS = _TransferGroup.__struct_fields__
_GROUP_LENGTH = len(Group.__struct_fields__)
_FROM_GROUP = [
    (_FIELDS.index(name), _GROUP_FIELDS.index(name))
    for name in (
        "settlement_date",
        "instructing_agent",
        "instructed_agent",
        "priority",
        "service_levels",
        "local_instrument",
        "category_purpose",
    )
]


def parse(business: Element, scheme: Scheme, cuts: Sequence[bytes] = ()) -> tuple[Group, list[Transaction]]:
    """A checked pacs.008's or pacs.009's group header and transactions.

    cuts: each transaction's own bytes, if known: reading is quicker then.
    """
    name = local_name(business)
    header = business[0]
    found = _GROUP[name].read(header)
    group = Group(*found[:_GROUP_LENGTH])
    given = []
    # SttlmInf is the last that every group header has; after it comes what may concern all transactions.
    if local_name(header[-1]) != "SttlmInf" or group.settlement_date:
        group.carried = _carried(header)
        given = [(place, found[common]) for place, common in _FROM_GROUP if found[common]]
    reader, shaped = _TRANSACTION[name], _SHAPED[name]
    transactions: list[Transaction] = []
    for position, element_ in enumerate(business.iterchildren("{*}CdtTrfTxInf"), start=1):
        out = shaped.read(element_, cuts[position - 1]) if cuts else reader.read(element_)
        out[0] = position
        for place, value in given:
            out[place] = out[place] or value
        transactions.append(_transfer(out, scheme))
    return group, transactions


def _transfer(out: list[Any], scheme: Scheme) -> CreditTransfer:
    """Fields as read → a transfer: what the reader leaves as text or None becomes what the struct says."""
    out[_AMOUNT] = out[_AMOUNT].strip()
    out[_MINOR] = to_minor(out[_AMOUNT], out[_CURRENCY], scheme)
    out[_PRIORITY] = out[_PRIORITY] or "NORM"
    for iban, number in ((_DEBTOR_IBAN, _DEBTOR_ACCOUNT), (_CREDITOR_IBAN, _CREDITOR_ACCOUNT)):
        if out[iban]:
            out[number], out[iban] = out[iban], True
    if out[_CHARGES]:
        out[_CHARGES] = tuple(Charge(*charge) for charge in out[_CHARGES])
    if out[_REMITTANCE]:
        out[_REMITTANCE] = " ".join(out[_REMITTANCE])[:140]
    else:
        out[_REMITTANCE] = None
    out[_REFUSALS] = []
    return CreditTransfer(*out)


def _carried(header: Element) -> str:
    """The parts of a group header that say something of every transaction, for the onward message."""
    return "".join(default_form(child) for child in header if local_name(child) in _CARRIED)
