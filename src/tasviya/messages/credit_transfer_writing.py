"""pacs.008 and pacs.009 written: onward with the payers' own elements inside, or from facts."""

from __future__ import annotations

from collections.abc import Sequence

from tasviya.messages.amounts import amount_text
from tasviya.messages.credit_transfer import CUSTOMER, INSTITUTION, ROOTS
from tasviya.messages.model import CreditTransfer, Group
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import (
    account,
    agent,
    amount,
    code_or_proprietary,
    document,
    element,
    elements,
    escape,
    institution,
)
from tasviya.messages.xml import NAMESPACE


def build_onward(
    scheme: Scheme,
    message_type: str,
    *,
    message_id: str,
    created_at: str,
    currency: str,
    total_minor: int,
    transactions: Sequence[bytes],
    group: Group,
    settlement_date: str | None = None,
) -> bytes:
    """A message on its way to the payee's bank: a new group header, the payers' elements as sent.

    message_type: pacs.008.001.08 or pacs.009.001.08.
    transactions: the bytes of each CdtTrfTxInf (`body[start:end]`), all of one currency and from messages
        whose `group.carried` is the same; payment type and agents of that group header travel with them.
    total_minor: what they add up to.
    settlement_date: the group's date; left out where an element brings its own.
    """
    total = amount_text(total_minor, currency, scheme)
    own_date = any(b"<IntrBkSttlmDt>" in each for each in transactions)
    date = "" if own_date else element("IntrBkSttlmDt", settlement_date or group.settlement_date)
    head = _group_header(
        scheme, message_id, created_at, len(transactions), total, currency, date, group.carried
    )
    root = ROOTS[message_type]
    return (
        f'<Document xmlns="{NAMESPACE}{message_type}"><{root}>{head}'.encode()
        + b"".join(transactions)
        + f"</{root}></Document>".encode()
    )


def _group_header(
    scheme: Scheme,
    message_id: str,
    created_at: str,
    count: int,
    total: str,
    currency: str,
    date: str,
    carried: str,
) -> str:
    return (
        f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm><NbOfTxs>{count}</NbOfTxs>"
        f"<CtrlSum>{total}</CtrlSum>{amount('TtlIntrBkSttlmAmt', total, currency)}{date}"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Prtry>{escape(scheme.clearing_system)}</Prtry></ClrSys>"
        f"</SttlmInf>{carried}</GrpHdr>"
    )


def build_credit_transfer(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    transfers: Sequence[CreditTransfer],
    settlement_date: str | None = None,
) -> bytes:
    """A pacs.008 from facts, all transfers in one currency.

    transfers: `amount_minor` counts, `amount`, `position` and offsets do not. Debtor and creditor need a
        name, an agent and a charge bearer.
    settlement_date: for the group; without it each transfer's own is written.
    """
    return _build(scheme, CUSTOMER, message_id, created_at, transfers, settlement_date)


def build_fi_transfer(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    transfers: Sequence[CreditTransfer],
    settlement_date: str | None = None,
) -> bytes:
    """A pacs.009 from facts, as `build_credit_transfer`; `debtor_bic` and `creditor_bic` name the parties."""
    return _build(scheme, INSTITUTION, message_id, created_at, transfers, settlement_date)


def _build(
    scheme: Scheme,
    message_type: str,
    message_id: str,
    created_at: str,
    transfers: Sequence[CreditTransfer],
    settlement_date: str | None,
) -> bytes:
    currency = transfers[0].currency
    total = amount_text(sum(each.amount_minor for each in transfers), currency, scheme)
    date = element("IntrBkSttlmDt", settlement_date)
    head = _group_header(scheme, message_id, created_at, len(transfers), total, currency, date, "")
    is_customer = message_type == CUSTOMER
    body = "".join(
        _transfer_element(each, scheme, is_customer, settlement_date is None) for each in transfers
    )
    return document(message_type, ROOTS[message_type], head + body)


def _transfer_element(facts: CreditTransfer, scheme: Scheme, is_customer: bool, dated: bool) -> str:
    """One CdtTrfTxInf, in the order of the schema."""
    times = (
        element("CLSTm", facts.settle_at)
        + element("TillTm", facts.settle_till)
        + element("FrTm", facts.settle_from)
        + element("RjctTm", facts.reject_after)
    )
    party = _customer if is_customer else _institution
    previous, intermediary = facts.previous_instructing_agents, facts.intermediary_agents
    return (
        f"<CdtTrfTxInf><PmtId>{element('InstrId', facts.instruction_id)}"
        f"{element('EndToEndId', facts.end_to_end_id or 'NOTPROVIDED')}"
        f"{element('TxId', facts.transaction_id)}"
        f"{element('UETR', facts.uetr, 36)}</PmtId>{_payment_type(facts)}"
        f"{amount('IntrBkSttlmAmt', amount_text(facts.amount_minor, facts.currency, scheme), facts.currency)}"
        f"{element('IntrBkSttlmDt', facts.settlement_date) if dated else ''}"
        f"{element('SttlmPrty', facts.priority)}{f'<SttlmTmReq>{times}</SttlmTmReq>' if times else ''}"
        f"{_amounts_of_customer(facts) if is_customer else ''}"
        f"{''.join(agent(f'PrvsInstgAgt{n}', bic) for n, bic in enumerate(previous[:3], start=1))}"
        f"{agent('InstgAgt', facts.instructing_agent)}{agent('InstdAgt', facts.instructed_agent)}"
        f"{''.join(agent(f'IntrmyAgt{n}', bic) for n, bic in enumerate(intermediary[:3], start=1))}"
        f"{party('Dbtr', facts, 'debtor')}{account('DbtrAcct', facts.debtor_account)}"
        f"{agent('DbtrAgt', facts.debtor_agent)}{account('DbtrAgtAcct', facts.debtor_agent_account)}"
        f"{agent('CdtrAgt', facts.creditor_agent)}{account('CdtrAgtAcct', facts.creditor_agent_account)}"
        f"{party('Cdtr', facts, 'creditor')}{account('CdtrAcct', facts.creditor_account)}"
        f"{code_or_proprietary('Purp', facts.purpose)}{_regulatory(facts) if is_customer else ''}"
        f"{_remittance(facts.remittance)}</CdtTrfTxInf>"
    )


def _payment_type(facts: CreditTransfer) -> str:
    inside = (
        "".join(code_or_proprietary("SvcLvl", level) for level in facts.service_levels)
        + code_or_proprietary("LclInstrm", facts.local_instrument)
        + code_or_proprietary("CtgyPurp", facts.category_purpose)
    )
    return f"<PmtTpInf>{inside}</PmtTpInf>" if inside else ""


def _amounts_of_customer(facts: CreditTransfer) -> str:
    instructed = (
        amount("InstdAmt", escape(facts.instructed_amount), facts.instructed_currency or facts.currency)
        if facts.instructed_amount
        else ""
    )
    charges = "".join(
        f"<ChrgsInf>{amount('Amt', escape(charge.amount), charge.currency)}"
        f"{agent('Agt', charge.agent)}</ChrgsInf>"
        for charge in facts.charges
    )
    bearer = element("ChrgBr", facts.charge_bearer or "SHAR")
    return f"{instructed}{element('XchgRate', facts.exchange_rate)}{bearer}{charges}"


def _address(country: str | None, town: str | None, address_lines: tuple[str, ...]) -> str:
    inside = element("TwnNm", town) + element("Ctry", country) + elements("AdrLine", address_lines[:7], 70)
    return f"<PstlAdr>{inside}</PstlAdr>" if inside else ""


def _facts_of(facts: CreditTransfer, who: str) -> tuple[str | None, str, str | None, str | None]:
    """Name, address element, BIC and LEI of a debtor or creditor."""
    if who == "debtor":
        address = _address(facts.debtor_country, facts.debtor_town, facts.debtor_address_lines)
        return facts.debtor_name, address, facts.debtor_bic, facts.debtor_lei
    address = _address(facts.creditor_country, facts.creditor_town, facts.creditor_address_lines)
    return facts.creditor_name, address, facts.creditor_bic, facts.creditor_lei


def _customer(tag: str, facts: CreditTransfer, who: str) -> str:
    name, address, bic, lei = _facts_of(facts, who)
    numbers = element("AnyBIC", bic) + element("LEI", lei)
    identity = f"<Id><OrgId>{numbers}</OrgId></Id>" if numbers else ""
    return f"<{tag}>{element('Nm', name, 140)}{address}{identity}</{tag}>"


def _institution(tag: str, facts: CreditTransfer, who: str) -> str:
    name, address, bic, lei = _facts_of(facts, who)
    if bic and not (name or address or lei):
        return f"<{tag}>{institution(bic)}</{tag}>"
    inside = f"{element('BICFI', bic)}{element('LEI', lei)}{element('Nm', name, 140)}{address}"
    return f"<{tag}><FinInstnId>{inside}</FinInstnId></{tag}>"


def _regulatory(facts: CreditTransfer) -> str:
    details = "".join(f"<Dtls>{element('Cd', code, 10)}</Dtls>" for code in facts.regulatory_codes)
    return f"<RgltryRptg>{details}</RgltryRptg>" if details else ""


def _remittance(text: str | None) -> str:
    return f"<RmtInf>{element('Ustrd', text, 140)}</RmtInf>" if text else ""
