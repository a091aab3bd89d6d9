"""What customs answer to a declarant, from the declaration as they have it."""

from __future__ import annotations

from collections.abc import Mapping

from tasviya.core.clock import from_ns
from tasviya.core.errors import Refusal
from tasviya.core.money import Currency, parse_amount
from tasviya.customs.formats import answer_json, cusres, wco_response
from tasviya.customs.formats.answer import Answer, AnswerStatus, AnswerTax
from tasviya.customs.formats.edifact import Envelope
from tasviya.customs.lodgement import Lodgement, LodgementStatus

ANSWER_FORMATS = ("json", "wco", "cusres")
_STATUS = {
    LodgementStatus.REJECTED: AnswerStatus.REJECTED,
    LodgementStatus.INVALIDATED: AnswerStatus.REJECTED,
    LodgementStatus.RELEASED: AnswerStatus.RELEASED,
    LodgementStatus.CLOSED: AnswerStatus.RELEASED,
}


def answer_of(lodged: Lodgement, money: Currency) -> Answer:
    """The answer to a declaration where it stands now. money: the member's currency."""
    status = _STATUS.get(lodged.status, AnswerStatus.ASSESSED if lodged.taxes else AnswerStatus.ACCEPTED)
    at = lodged.released_at or lodged.accepted_at or lodged.saved_at
    faults = tuple(Refusal(each.code, each.what, each.cure, each.where) for each in lodged.faults)
    if lodged.status is LodgementStatus.INVALIDATED:
        faults = (Refusal("CU05", f"{lodged.mrn} is invalidated.", "Lodge the goods anew.", "mrn"),)
    taxes = tuple(_tax(line, money) for line in lodged.lines)
    return Answer(lodged.lrn, status, from_ns(at), lodged.mrn, faults, taxes)


def written(answer: Answer, form: str, sender: str, recipient: str) -> bytes:
    """An answer in one of ANSWER_FORMATS. sender, recipient: customs and declarant, as CUSRES names them."""
    if form == "wco":
        return wco_response.write(answer, answer.mrn or answer.lrn)
    if form == "cusres":
        envelope = Envelope(sender, recipient, (answer.mrn or answer.lrn)[-14:], answer.instant)
        return cusres.write(answer, envelope, "1")
    return answer_json.write(answer)


def _tax(line: Mapping[str, str | int], money: Currency) -> AnswerTax:
    base = str(line["base"]).replace(",", "")
    return AnswerTax(
        int(line["item"]),
        str(line["tax"]),
        parse_amount(base, money),
        str(line["rate"]),
        parse_amount(str(line["amount"]).replace(",", ""), money),
        money.code,
    )
