"""What a pacs.029 has no place for, in supplementary data: settlement date, and how movements came about.

    <SplmtryData><PlcAndNm>…</PlcAndNm><Envlp><ClearingCycle xmlns="urn:tasviya:clearing-cycle:01">…

Its schema is ours (`supplements/clearing-cycle.01.xsd`). It explains the movements and changes none of them,
so that whoever does not know it loses nothing that settles. Supplementary data of others is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lxml import etree
from msgspec import Struct

from tasviya.messages.amounts import amount_text, to_minor, trouble
from tasviya.messages.fields import Reader
from tasviya.messages.multilateral import (
    Counterparty,
    MultilateralSettlementRequest,
    NetMovement,
    Turnover,
)
from tasviya.messages.scheme import Scheme
from tasviya.messages.writing import element
from tasviya.messages.xml import findings, namespace_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CLEARING_CYCLE = "urn:tasviya:clearing-cycle:01"
SCHEMA_FILE = files("tasviya.messages").joinpath("supplements/clearing-cycle.01.xsd")
PLACE = "/Document/MulSttlmReq"
"""PlcAndNm: what the supplement belongs to."""


class _Counterparty(Struct):
    """A counterparty's texts."""

    bic: str
    received: str
    paid: str
    payments: str


class _Position(Struct):
    """An explanation's texts."""

    record_id: str
    received: str
    paid: str
    payments: str
    brought_forward: str = "0"
    charges: str = "0"
    carried_forward: str = "0"
    counterparties: tuple[list[str], ...] = ()


class _Request(Struct):
    """A request's texts."""

    instruction_id: str
    settlement_date: str | None = None
    positions: tuple[list[object], ...] = ()


_GROSS = {"Received": "received", "Paid": "paid", "Payments": "payments"}
_COUNTERPARTY = Reader(CLEARING_CYCLE, _Counterparty, {"BIC": "bic", **_GROSS})
_POSITION = Reader(
    CLEARING_CYCLE,
    _Position,
    {
        "Id": "record_id",
        **_GROSS,
        "BroughtForward": "brought_forward",
        "Charges": "charges",
        "CarriedForward": "carried_forward",
        "Counterparty": ("counterparties", _COUNTERPARTY),
    },
)
_REQUEST = Reader(
    CLEARING_CYCLE,
    _Request,
    {
        "InstrId": "instruction_id",
        "SettlementDate": "settlement_date",
        "Position": ("positions", _POSITION),
    },
)


class _MisreadError(ValueError):
    """A text of the supplement cannot be taken: (finding, path)."""


def explain(requests: Sequence[MultilateralSettlementRequest], business: Element, scheme: Scheme) -> None:
    """Fill in what a message's supplement says of its requests; what cannot be read is noted in `misread`."""
    found = business.find("{*}SplmtryData/{*}Envlp/*")
    if found is None or namespace_of(found) != CLEARING_CYCLE:
        return
    broken = findings(found, _schema())
    if broken:
        for request in requests:
            request.misread = (f"{broken[0].what}.", broken[0].where.removeprefix("/"))
        return
    by_id: dict[str, list[MultilateralSettlementRequest]] = {}
    for request in requests:
        by_id.setdefault(request.instruction_id, []).append(request)
    for place, each in enumerate(found, start=1):
        said = _Request(*_REQUEST.read(each))
        path = f"ClearingCycle/Request[{place}]"
        meant = by_id.pop(said.instruction_id, [])
        if len(meant) == 1:
            _explain(meant[0], said, path, scheme)
            continue
        # A request that is not there, is explained twice or shares its id: nobody can tell which is meant.
        for request in meant or requests:
            request.misread = (f"{said.instruction_id} names no single request.", f"{path}/InstrId")


def _explain(request: MultilateralSettlementRequest, said: _Request, path: str, scheme: Scheme) -> None:
    request.settlement_date = said.settlement_date
    movements = {movement.record_id: movement for movement in request.movements}
    try:
        for place, texts in enumerate(said.positions, start=1):
            where = f"{path}/Position[{place}]"
            position = _Position(*texts)  # type: ignore[arg-type]
            movement = movements.pop(position.record_id, None)
            if movement is None:
                raise _MisreadError(
                    f"{position.record_id} names no movement, or one explained before.", f"{where}/Id"
                )
            movement.turnover = _turnover(position, movement.currency, where, scheme)
    except _MisreadError as misread:
        request.misread = (str(misread.args[0]), str(misread.args[1]))


def _turnover(said: _Position, currency: str, where: str, scheme: Scheme) -> Turnover:
    def minor(text: str) -> int:
        size = text.removeprefix("-")
        if trouble(size, currency, scheme) not in (None, "AM01"):
            raise _MisreadError(f"{text[:40]} is no amount of {currency}.", where)
        value = to_minor(size, currency, scheme)
        return -value if size != text else value

    return Turnover(
        minor(said.received),
        minor(said.paid),
        int(said.payments),
        minor(said.brought_forward),
        minor(said.charges),
        minor(said.carried_forward),
        [
            Counterparty(each.bic, minor(each.received), minor(each.paid), int(each.payments))
            for each in (_Counterparty(*texts) for texts in said.counterparties)
        ],
    )


def supplement(requests: Sequence[MultilateralSettlementRequest], scheme: Scheme) -> str:
    """The `SplmtryData` element of a message; nothing if its requests have nothing to add."""
    inside = "".join(_request_element(request, scheme) for request in requests)
    if not inside:
        return ""
    cycle = f'<ClearingCycle xmlns="{CLEARING_CYCLE}">{inside}</ClearingCycle>'
    return f"<SplmtryData>{element('PlcAndNm', PLACE, 350)}<Envlp>{cycle}</Envlp></SplmtryData>"


def _request_element(request: MultilateralSettlementRequest, scheme: Scheme) -> str:
    inside = element("SettlementDate", request.settlement_date) + "".join(
        _position_element(movement, movement.turnover, scheme)
        for movement in request.movements
        if movement.turnover is not None
    )
    return f"<Request>{element('InstrId', request.instruction_id)}{inside}</Request>" if inside else ""


def _position_element(movement: NetMovement, turnover: Turnover, scheme: Scheme) -> str:
    def figure(tag: str, minor: int) -> str:
        return f"<{tag}>{amount_text(minor, movement.currency, scheme)}</{tag}>"

    def gross(of: Turnover | Counterparty) -> Iterator[str]:
        yield f"<Payments>{of.payments}</Payments>"
        yield figure("Received", of.received_minor)
        yield figure("Paid", of.paid_minor)

    signed = (
        ("BroughtForward", turnover.brought_forward_minor),
        ("Charges", turnover.charges_minor),
        ("CarriedForward", turnover.carried_forward_minor),
    )
    counterparties = "".join(
        f"<Counterparty>{element('BIC', other.bic)}{''.join(gross(other))}</Counterparty>"
        for other in turnover.counterparties
    )
    return (
        f"<Position>{element('Id', movement.record_id)}{''.join(gross(turnover))}"
        f"{''.join(figure(tag, minor) for tag, minor in signed if minor)}{counterparties}</Position>"
    )


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(SCHEMA_FILE.read_bytes()))
