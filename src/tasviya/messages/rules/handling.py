"""Rules on how a payment is to be handled: header, clearing, charges, payment type, and repeats."""

from __future__ import annotations

from collections.abc import Hashable

from tasviya.messages.model import CreditTransfer, Group, ParsedMessage
from tasviya.messages.rules.base import (
    CUSTOMER,
    RETURN,
    TRANSFERS,
    Broken,
    MessageRule,
    RepeatRule,
    TransactionRule,
)
from tasviya.messages.scheme import Scheme


class FF01MessageId(MessageRule):
    """The header's BizMsgIdr is the message's own id."""

    reason = "FF01"
    cure = "Write the message's id into BizMsgIdr."

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        header = message.header
        if header is None or not message.message_id or header.business_message_id == message.message_id:
            return None
        return Broken(
            f"BizMsgIdr is {header.business_message_id}, and the message is {message.message_id}.",
            "/AppHdr/BizMsgIdr",
        )


class FF01Definition(MessageRule):
    """The header's MsgDefIdr is the type and version of the Document."""

    reason = "FF01"
    cure = "Write the Document's full type and version into MsgDefIdr."

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        header = message.header
        if header is None or header.message_type == message.message_type:
            return None
        return Broken(
            f"MsgDefIdr is {header.message_type}, and the Document is {message.message_type}.",
            "/AppHdr/MsgDefIdr",
        )


class AG03Method(MessageRule):
    """The settlement method is CLRG: settlement in this system, not in an agent's books nor by cover."""

    reason = "AG03"
    cure = "Set SttlmMtd to CLRG."
    messages = (*TRANSFERS, RETURN)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        method = message.group.settlement_method
        if method == "CLRG":
            return None
        return Broken(f"The settlement method is {method}.", "GrpHdr/SttlmInf/SttlmMtd")


class AG03System(MessageRule):
    """The clearing system, where given, is this one."""

    reason = "AG03"
    cure = "Give this system's code under ClrSys/Prtry, or leave ClrSys out."
    messages = (*TRANSFERS, RETURN)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        named = message.group.clearing_system
        if named is None or named == scheme.clearing_system:
            return None
        return Broken(
            f"The clearing system is {named}; this is {scheme.clearing_system}.", "GrpHdr/SttlmInf/ClrSys"
        )


class CH17(MessageRule):
    """Settlement in this system takes no settlement account and no reimbursement agents: none are named."""

    reason = "CH17"
    cure = "Leave SttlmAcct and the reimbursement agents out of SttlmInf."
    messages = (*TRANSFERS, RETURN)

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        if not message.group.settles_elsewhere:
            return None
        return Broken("SttlmInf names an account or reimbursement agents.", "GrpHdr/SttlmInf")


class CH17Levels(TransactionRule):
    """Settlement date and agents stand in the group header or in the transaction; in both only if equal."""

    reason = "CH17"
    cure = "Leave the value out of the group header or of the transaction."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        if group.settlement_date and transaction.settlement_date != group.settlement_date:
            return self._both("IntrBkSttlmDt", transaction.settlement_date, group.settlement_date)
        if group.instructing_agent and transaction.instructing_agent != group.instructing_agent:
            return self._both("InstgAgt", transaction.instructing_agent, group.instructing_agent)
        if group.instructed_agent and transaction.instructed_agent != group.instructed_agent:
            return self._both("InstdAgt", transaction.instructed_agent, group.instructed_agent)
        return None

    def _both(self, name: str, own: str | None, common: str) -> Broken:
        return Broken(f"{name} is {own} here and {common} in the group header.", name)


class BE19(TransactionRule):
    """The charge bearer is one that the scheme allows."""

    reason = "BE19"
    cure = "Use a charge bearer of the scheme."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        allowed, bearer = scheme.charge_bearers, transaction.charge_bearer
        if allowed is None or bearer in allowed:
            return None
        return Broken(f"Charge bearer {bearer} is not allowed; {_list(allowed)} are.", "ChrgBr")


class CH21(TransactionRule):
    """Where the creditor bears the charges (CRED), it says which were taken."""

    reason = "CH21"
    cure = "Add ChrgsInf with amount and agent; an amount of zero will do."
    messages = (CUSTOMER,)

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        if transaction.charge_bearer != "CRED" or transaction.charges:
            return None
        return Broken("The creditor bears the charges, and ChrgsInf is missing.", "ChrgsInf")


class FF03(TransactionRule):
    """The service levels are ones that the scheme allows."""

    reason = "FF03"
    cure = "Use a service level of the scheme, or none."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        allowed = scheme.service_levels
        if allowed is None or allowed.issuperset(transaction.service_levels):
            return None
        given = ", ".join(transaction.service_levels)
        return Broken(f"Service level {given} is not allowed; {_list(allowed)} are.", "PmtTpInf/SvcLvl")


class FF05(TransactionRule):
    """The local instrument is one that the scheme allows."""

    reason = "FF05"
    cure = "Use a local instrument of the scheme, or none."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        allowed, given = scheme.local_instruments, transaction.local_instrument
        if allowed is None or given is None or given in allowed:
            return None
        return Broken(f"Local instrument {given} is not allowed; {_list(allowed)} are.", "PmtTpInf/LclInstrm")


class FF06(TransactionRule):
    """The category purpose is one that the scheme allows."""

    reason = "FF06"
    cure = "Use a category purpose of the scheme, or none."
    messages = TRANSFERS

    def check(self, transaction: CreditTransfer, group: Group, scheme: Scheme) -> Broken | None:
        allowed, given = scheme.category_purposes, transaction.category_purpose
        if allowed is None or given is None or given in allowed:
            return None
        return Broken(f"Category purpose {given} is not allowed; {_list(allowed)} are.", "PmtTpInf/CtgyPurp")


def _list(allowed: frozenset[str]) -> str:
    return ", ".join(sorted(allowed)) or "none"


class DU05(RepeatRule):
    """No two transactions of a message share an instruction id."""

    reason = "DU05"
    cure = "Give each transaction its own InstrId."
    messages = TRANSFERS
    where = "PmtId/InstrId"

    def key(self, transfer: CreditTransfer) -> Hashable | None:
        return transfer.instruction_id


class DU04(RepeatRule):
    """No two transactions of one debtor share an end-to-end id, except NOTPROVIDED."""

    reason = "DU04"
    cure = "Give each transaction its own EndToEndId, or NOTPROVIDED."
    messages = TRANSFERS
    where = "PmtId/EndToEndId"

    def key(self, transfer: CreditTransfer) -> Hashable | None:
        if transfer.end_to_end_id == "NOTPROVIDED":
            return None
        debtor = transfer.debtor_account or transfer.debtor_bic or transfer.debtor_name
        return (debtor, transfer.end_to_end_id)


class RF01Transaction(RepeatRule):
    """No two transactions of a message share a transaction id."""

    reason = "RF01"
    cure = "Give each transaction its own TxId."
    messages = TRANSFERS
    where = "PmtId/TxId"

    def key(self, transfer: CreditTransfer) -> Hashable | None:
        return transfer.transaction_id


class RF01Uetr(RepeatRule):
    """No two transactions of a message share a UETR."""

    reason = "RF01"
    cure = "Give each transaction its own UETR."
    messages = TRANSFERS
    where = "PmtId/UETR"

    def key(self, transfer: CreditTransfer) -> Hashable | None:
        return transfer.uetr
