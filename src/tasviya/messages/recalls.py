"""camt.056, a payer's bank asks for a payment back, and camt.029, the answer.

CNCL: cancelled, and the money comes back by pacs.004. RJCR: refused, with a reason. PDCR: the payee is being
asked. The codes of single transactions differ in one: ACCR for what the case calls CNCL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, Recall, RecallAnswer, Transaction
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import (
    agent,
    amount,
    code_or_proprietary,
    document,
    element,
    elements,
    escape,
    original_message,
    original_references,
)
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

RECALL, ANSWER = "camt.056.001.08", "camt.029.001.09"
RECALL_ROOT, ANSWER_ROOT = "FIToFIPmtCxlReq", "RsltnOfInvstgtn"

_BIC = "FinInstnId/BICFI"
_ASSIGNMENT = {
    "Assgnmt/Id": "message_id",
    "Assgnmt/CreDtTm": "created_at",
    f"Assgnmt/Assgnr/Agt/{_BIC}": "instructing_agent",
    f"Assgnmt/Assgne/Agt/{_BIC}": "instructed_agent",
}
_ORIGINAL = {
    "OrgnlInstrId": "original_instruction_id",
    "OrgnlEndToEndId": "original_end_to_end_id",
    "OrgnlTxId": "original_transaction_id",
    "OrgnlUETR": "original_uetr",
    "OrgnlGrpInf/OrgnlMsgId": "original_message_id",
    "OrgnlGrpInf/OrgnlMsgNmId": "original_message_type",
}
_MESSAGE = {"OrgnlMsgId": "original_message_id", "OrgnlMsgNmId": "original_message_type"}
_WHY = {"CxlRsnInf/Rsn/*": "reason", "CxlRsnInf/AddtlInf": "additional_info[]"}
_WHY_NOT = {"CxlStsRsnInf/Rsn/*": "reason", "CxlStsRsnInf/AddtlInf": "additional_info[]"}


class _RecallGroup(Group):
    """A recall's frame: the case it opens for all its transactions."""

    case_id: str | None = None


class _WholeRecall(Recall):
    """A recall that names a message: of all of it, or only of the transactions that follow."""

    whole: str | None = None


class _AnswerGroup(Group):
    """An answer's frame: the case it resolves, and how."""

    case_id: str | None = None
    status: str | None = None


_RECALL_GROUP = Reader(
    NAMESPACE + RECALL,
    _RecallGroup,
    {
        **_ASSIGNMENT,
        "CtrlData/NbOfTxs": "number_of_transactions",
        "CtrlData/CtrlSum": "control_sum",
        "Case/Id": "case_id",
    },
)
_RECALL_WHOLE = Reader(
    NAMESPACE + RECALL,
    _WholeRecall,
    {**_MESSAGE, **_WHY, "GrpCxlId": "cancellation_id", "Case/Id": "case_id", "GrpCxl": "whole"},
)
_RECALL_SINGLE = Reader(
    NAMESPACE + RECALL,
    Recall,
    {
        **_ORIGINAL,
        **_WHY,
        "CxlId": "cancellation_id",
        "Case/Id": "case_id",
        "OrgnlIntrBkSttlmAmt": "original_amount",
        "OrgnlIntrBkSttlmAmt@Ccy": "original_currency",
        "OrgnlIntrBkSttlmDt": "original_settlement_date",
    },
)
_ANSWER_GROUP = Reader(
    NAMESPACE + ANSWER, _AnswerGroup, {**_ASSIGNMENT, "RslvdCase/Id": "case_id", "Sts/Conf": "status"}
)
_ANSWER_WHOLE = Reader(
    NAMESPACE + ANSWER,
    RecallAnswer,
    {**_MESSAGE, **_WHY_NOT, "GrpCxlSts": "status", "RslvdCase/Id": "recall_id"},
)
_ANSWER_SINGLE = Reader(
    NAMESPACE + ANSWER,
    RecallAnswer,
    {
        **_ORIGINAL,
        **_WHY_NOT,
        "CxlStsId": "cancellation_status_id",
        "TxCxlSts": "status",
        "RslvdCase/Id": "recall_id",
    },
)


def _plain(found: Struct) -> Group:
    return Group(*(getattr(found, name) for name in Group.__struct_fields__))


def parse_recall(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked camt.056: a recall of position 0 for each whole message, one for each single transaction."""
    frame = _RecallGroup(*_RECALL_GROUP.read(business))
    group = _plain(frame)
    recalls: list[Transaction] = []
    position = 0
    for underlying in business.iterchildren("{*}Undrlyg"):
        named = _WholeRecall(0)
        for each in underlying.iterchildren("{*}OrgnlGrpInfAndCxl"):
            named = _WholeRecall(*_RECALL_WHOLE.read(each))
        singles = list(underlying.iterchildren("{*}TxInf"))
        if (named.whole or "").strip() in ("true", "1") or (named.original_message_id and not singles):
            whole = Recall(*(getattr(named, name) for name in Recall.__struct_fields__))
            whole.position, whole.refusals = 0, []
            whole.case_id = whole.case_id or frame.case_id
            recalls.append(whole)
            # NbOfTxs then counts the other message's transactions, which are not here.
            group.number_of_transactions = None
        for each in singles:
            position += 1
            recall = Recall(*_RECALL_SINGLE.read(each))
            recall.position, recall.refusals = position, []
            recall.case_id = recall.case_id or frame.case_id
            recall.original_message_id = recall.original_message_id or named.original_message_id
            recall.original_message_type = recall.original_message_type or named.original_message_type
            recalls.append(recall)
    return group, recalls


def parse_answer(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked camt.029: first the answer to the whole case, then to single messages and transactions."""
    frame = _AnswerGroup(*_ANSWER_GROUP.read(business))
    answers: list[Transaction] = [RecallAnswer(0, frame.status, frame.case_id)]
    position = 0
    for details in business.iterchildren("{*}CxlDtls"):
        named = RecallAnswer(0)
        for each in details.iterchildren("{*}OrgnlGrpInfAndSts"):
            named = RecallAnswer(*_ANSWER_WHOLE.read(each))
            named.position, named.refusals = 0, []
            answers.append(named)
        for each in details.iterchildren("{*}TxInfAndSts"):
            position += 1
            answer = RecallAnswer(*_ANSWER_SINGLE.read(each))
            answer.position, answer.refusals = position, []
            answer.status = answer.status or frame.status
            answer.recall_id = answer.recall_id or frame.case_id
            answer.original_message_id = answer.original_message_id or named.original_message_id
            answer.original_message_type = answer.original_message_type or named.original_message_type
            answers.append(answer)
    return _plain(frame), answers


def _assignment(message_id: str, created_at: str, assigner: str, assignee: str) -> str:
    return (
        f"<Assgnmt>{element('Id', message_id)}<Assgnr>{agent('Agt', assigner)}</Assgnr>"
        f"<Assgne>{agent('Agt', assignee)}</Assgne><CreDtTm>{created_at}</CreDtTm></Assgnmt>"
    )


def _case(tag: str, case_id: str | None, creator: str) -> str:
    if not case_id:
        return ""
    return f"<{tag}>{element('Id', case_id)}<Cretr>{agent('Agt', creator)}</Cretr></{tag}>"


def build_recall(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    assigner: str,
    assignee: str,
    recalls: Sequence[Recall],
) -> bytes:
    """A camt.056.

    assigner, assignee: BICs of who sends this leg and who receives it.
    recalls: one of position 0 recalls the whole of the message it names.
    """
    singles = [each for each in recalls if each.position]
    wholes = [each for each in recalls if not each.position]
    count = f"<CtrlData><NbOfTxs>{len(singles)}</NbOfTxs></CtrlData>" if singles and not wholes else ""
    underlying = "".join(f"<Undrlyg>{_whole_recall(each, assigner)}</Undrlyg>" for each in wholes)
    if singles:
        underlying += f"<Undrlyg>{''.join(_recall(each, assigner) for each in singles)}</Undrlyg>"
    return document(
        RECALL, RECALL_ROOT, _assignment(message_id, created_at, assigner, assignee) + count + underlying
    )


def _why(facts: Recall) -> str:
    inside = code_or_proprietary("Rsn", facts.reason) + elements("AddtlInf", facts.additional_info)
    return f"<CxlRsnInf>{inside}</CxlRsnInf>" if inside else ""


def _whole_recall(facts: Recall, creator: str) -> str:
    return (
        f"<OrgnlGrpInfAndCxl>{element('GrpCxlId', facts.cancellation_id)}"
        f"{_case('Case', facts.case_id, creator)}{element('OrgnlMsgId', facts.original_message_id)}"
        f"{element('OrgnlMsgNmId', facts.original_message_type)}<GrpCxl>true</GrpCxl>{_why(facts)}"
        "</OrgnlGrpInfAndCxl>"
    )


def _recall(facts: Recall, creator: str) -> str:
    money = (
        amount("OrgnlIntrBkSttlmAmt", escape(facts.original_amount), facts.original_currency or "")
        if facts.original_amount
        else ""
    )
    return (
        f"<TxInf>{element('CxlId', facts.cancellation_id)}{_case('Case', facts.case_id, creator)}"
        f"{original_message('OrgnlGrpInf', facts.original_message_id, facts.original_message_type)}"
        f"{original_references(facts)}{money}"
        f"{element('OrgnlIntrBkSttlmDt', facts.original_settlement_date)}{_why(facts)}</TxInf>"
    )


def build_recall_answer(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    assigner: str,
    assignee: str,
    status: str,
    case_id: str | None = None,
    answers: Sequence[RecallAnswer] = (),
) -> bytes:
    """A camt.029.

    status: of the whole case: CNCL, RJCR or PDCR.
    case_id: the recall's, whose creator is the assignee of the answer.
    answers: for single transactions, in any of those codes; none of position 0.
    """
    case = _case("RslvdCase", case_id, assignee)
    details = "".join(_answer(each) for each in answers)
    return document(
        ANSWER,
        ANSWER_ROOT,
        f"{_assignment(message_id, created_at, assigner, assignee)}{case}"
        f"<Sts>{element('Conf', status, 4)}</Sts>"
        f"{f'<CxlDtls>{details}</CxlDtls>' if details else ''}",
    )


def _answer(facts: RecallAnswer) -> str:
    why = code_or_proprietary("Rsn", facts.reason) + elements("AddtlInf", facts.additional_info)
    status = "ACCR" if facts.status == "CNCL" else facts.status
    return (
        f"<TxInfAndSts>{element('CxlStsId', facts.cancellation_status_id)}"
        f"{original_message('OrgnlGrpInf', facts.original_message_id, facts.original_message_type)}"
        f"{original_references(facts)}{element('TxCxlSts', status)}"
        f"{f'<CxlStsRsnInf>{why}</CxlStsRsnInf>' if why else ''}</TxInfAndSts>"
    )
