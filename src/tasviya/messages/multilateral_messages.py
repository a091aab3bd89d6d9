"""pacs.029: the net result of a clearing cycle, told to settlement institutions and to those who settle.

A request is one currency's (`multilateral`). The standard names whose account is credited or debited with how
much, and the cycle; the settlement date and how movements came about stand in our supplement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tasviya.core.errors import invariant
from tasviya.messages.amounts import amount_text, scaled, to_minor, unscaled, whole_number
from tasviya.messages.cycle_supplement import explain, supplement
from tasviya.messages.fields import Reader
from tasviya.messages.model import Group, Transaction
from tasviya.messages.multilateral import (
    MultilateralSettlementRequest,
    NetMovement,
    imbalance,
    unexplained,
)
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import account, amount, document, element, escape
from tasviya.messages.xml import NAMESPACE

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

REQUEST = "pacs.029.001.02"
ROOT = "MulSttlmReq"
DIGITS = 18
"""An amount of the standard has no more, decimals included; nor has a control sum."""

_GROUP = Reader(
    NAMESPACE + REQUEST,
    Group,
    {
        "MsgId": "message_id",
        "CreDtTm": "created_at",
        "NbOfSttlmReqs": "number_of_transactions",
        "CtrlSum": "control_sum",
        "SttlmInf/SttlmMtd": "settlement_method",
        "SttlmInf/ClrSys/*": "clearing_system",
    },
)
_MOVEMENT = Reader(
    NAMESPACE + REQUEST,
    NetMovement,
    {
        "Id": "record_id",
        "Amt/Amt": "amount",
        "Amt/Amt@Ccy": "currency",
        "Amt/CdtDbt": "direction",
        "SttlmAgt/Id/OrgId/AnyBIC": "settlement_agent",
        "SttlmAgtAcct/Id/IBAN": "settlement_agent_account",
        "SttlmAgtAcct/Id/Othr/Id": "settlement_agent_account",
        "Ptcpt/Id/OrgId/AnyBIC": "participant",
        "PtcptAcct/Id/IBAN": "account",
        "PtcptAcct/Id/Othr/Id": "account",
        "Ref": "reference",
    },
)
_REQUEST = Reader(
    NAMESPACE + REQUEST,
    MultilateralSettlementRequest,
    {
        "InstrId": "instruction_id",
        "SttlmTmReq/FrTm": "settle_from",
        "SttlmTmReq/TillTm": "settle_till",
        "SttlmCycl": "cycle",
        "NbOfMvmntRcrds": "stated_movements",
        "MvmntRcrd": ("movements", _MOVEMENT),
    },
)


def parse(business: Element, scheme: Scheme) -> tuple[Group, list[Transaction]]:
    """A checked pacs.029: one `MultilateralSettlementRequest` a currency."""
    requests = [
        _read(each, position, scheme)
        for position, each in enumerate(business.iterchildren("{*}SttlmReq"), start=1)
    ]
    explain(requests, business, scheme)
    return Group(*_GROUP.read(business[0])), list(requests)


def _read(each: Element, position: int, scheme: Scheme) -> MultilateralSettlementRequest:
    request = MultilateralSettlementRequest(*_REQUEST.read(each))
    request.position, request.refusals = position, []
    if request.stated_movements is not None:
        request.stated_movements = whole_number(str(request.stated_movements))
    request.movements = [_movement(NetMovement(*texts), scheme) for texts in request.movements]  # type: ignore[misc]
    return request


def _movement(movement: NetMovement, scheme: Scheme) -> NetMovement:
    movement.amount = movement.amount.strip()
    minor = to_minor(movement.amount, movement.currency, scheme)
    movement.amount_minor = -minor if movement.direction == "DBIT" else minor
    return movement


def build_cycle_result(
    scheme: Scheme,
    *,
    message_id: str,
    created_at: str,
    cycle: str,
    settlement_date: str,
    movements: Iterable[NetMovement],
    settle_till: str | None = None,
) -> bytes | None:
    """A pacs.029 with all that a clearing cycle settles, one request a currency; None if nothing moves.

    movements: in any currencies and with any of nought, which are left out, as the standard has no movement
        of nothing. Of each only `currency`, `amount_minor` and `participant` are needed; ids are given here,
        and depend on the cycle and the movement's place alone. In each currency they come to nought.
    settle_till: a time with its zone, by when debts are to be funded.
    """
    by_currency: dict[str, list[NetMovement]] = {}
    for movement in movements:
        if movement.amount_minor:
            own = by_currency.setdefault(movement.currency, [])
            own.append(
                replace(
                    movement, record_id=movement.record_id or f"{movement.currency}-{len(own) + 1}-{cycle}"
                )
            )
    if not by_currency:
        return None
    requests = [
        MultilateralSettlementRequest(
            position,
            f"{currency}-{cycle}",
            cycle,
            settlement_date,
            settle_till=settle_till,
            movements=own,
        )
        for position, (currency, own) in enumerate(by_currency.items(), start=1)
    ]
    return build_settlement_request(scheme, message_id=message_id, created_at=created_at, requests=requests)


def build_settlement_request(
    scheme: Scheme, *, message_id: str, created_at: str, requests: Sequence[MultilateralSettlementRequest]
) -> bytes:
    """A pacs.029. A movement's `amount` and `direction` are not read, nor a request's `stated_movements`.

    Raises: InvariantBroken if a request is none that settles: fewer than two movements, one of nought or of
        more digits than the standard has, two currencies, an id twice, sums that do not come to nought, or
        a turnover that does not come to its movement.
    """
    invariant(bool(requests), "a settlement request asks for something")
    ids = [request.instruction_id[:35] for request in requests]
    invariant(len(set(ids)) == len(ids), "settlement requests of a message have ids of their own")
    amounts = [_checked_amount(each, scheme) for request in requests for each in _checked(request)]
    total = sum(map(scaled, amounts))
    inside = "".join(_request_element(request, scheme) for request in requests)
    return document(
        REQUEST,
        ROOT,
        f"<GrpHdr>{element('MsgId', message_id)}<CreDtTm>{created_at}</CreDtTm>"
        f"<NbOfSttlmReqs>{len(requests)}</NbOfSttlmReqs>{_control_sum(total)}"
        f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd><ClrSys><Prtry>{escape(scheme.clearing_system)}</Prtry></ClrSys>"
        f"</SttlmInf></GrpHdr>{inside}{supplement(requests, scheme)}",
    )


def _checked(request: MultilateralSettlementRequest) -> Sequence[NetMovement]:
    """A request's movements, which are such that it settles."""
    movements, name = request.movements, request.instruction_id
    invariant(len(movements) > 1, f"{name} moves more than one account")
    invariant(len({each.currency for each in movements}) == 1, f"{name} is in one currency")
    invariant(all(each.amount_minor for each in movements), f"{name} moves something on every account")
    invariant(imbalance(movements) == 0, f"claims and debts of {name} are equal")
    ids = {each.record_id[:35] for each in movements}
    invariant(len(ids) == len(movements), f"movements of {name} have ids of their own")
    wrong = next(unexplained(movements), None)
    invariant(wrong is None, f"movement {wrong} of {name} is explained")
    return movements


def _checked_amount(movement: NetMovement, scheme: Scheme) -> str:
    size = abs(movement.amount_minor)
    invariant(size < 10**DIGITS, f"{size} {movement.currency} has at most {DIGITS} digits")
    return amount_text(size, movement.currency, scheme)


def _control_sum(total: int) -> str:
    """All amounts as numbers, whatever their currencies; left out where the standard has too few digits.

    total: times 10^17.
    """
    text = unscaled(total)
    return f"<CtrlSum>{text}</CtrlSum>" if len(text.replace(".", "")) <= DIGITS else ""


def _request_element(request: MultilateralSettlementRequest, scheme: Scheme) -> str:
    times = element("TillTm", request.settle_till) + element("FrTm", request.settle_from)
    movements = "".join(
        _movement_element(movement, place, scheme)
        for place, movement in enumerate(request.movements, start=1)
    )
    return (
        f"<SttlmReq>{element('InstrId', request.instruction_id)}"
        f"{f'<SttlmTmReq>{times}</SttlmTmReq>' if times else ''}{element('SttlmCycl', request.cycle)}"
        f"<NbOfMvmntRcrds>{len(request.movements)}</NbOfMvmntRcrds>{movements}</SttlmReq>"
    )


def _movement_element(facts: NetMovement, place: int, scheme: Scheme) -> str:
    text = amount_text(abs(facts.amount_minor), facts.currency, scheme)
    direction = "CRDT" if facts.amount_minor > 0 else "DBIT"
    return (
        f"<MvmntRcrd>{element('Id', facts.record_id)}<SeqNb>{place}</SeqNb>"
        f"<Amt>{amount('Amt', text, facts.currency)}<CdtDbt>{direction}</CdtDbt></Amt>"
        f"{_party('SttlmAgt', facts.settlement_agent)}"
        f"{account('SttlmAgtAcct', facts.settlement_agent_account)}"
        f"{_party('Ptcpt', facts.participant)}{account('PtcptAcct', facts.account)}"
        f"{element('Ref', facts.reference)}</MvmntRcrd>"
    )


def _party(tag: str, bic: str | None) -> str:
    return f"<{tag}><Id><OrgId>{element('AnyBIC', bic)}</OrgId></Id></{tag}>" if bic else ""
