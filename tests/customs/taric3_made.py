"""Envelopes of TARIC3 made up for tests, and the components that write a duty rate: what `compose` reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape

from tasviya.customs.duty_expression import Bound, Clause, Component, Expression, Kind
from tasviya.customs.formats.taric3 import ENVELOPE, MESSAGE
from tasviya.customs.formats.taric3_duty import QUALIFIED, TABLES, UNITS, DutyComponent

INSERT, UPDATE, DELETE = "3", "1", "2"
CODES = {"measure": "43000", "measure.component": "43005", "goods.nomenclature": "40000"}
"""Record and subrecord codes; the reader goes by elements, so the others have any."""

Fields = Mapping[str, str]
Change = tuple[str, str, Fields]
"""An update type, a kind of record, and its fields in the schema's order."""


def envelope(*transactions: Iterable[Change], number: str = "26001") -> bytes:
    """An envelope of transactions."""
    return b"".join(pieces(transactions, number))


def pieces(transactions: Iterable[Iterable[Change]], number: str = "26001") -> Iterator[bytes]:
    """The same, transaction by transaction."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'{head}<env:envelope xmlns:env="{ENVELOPE}" id="{number}">\n'.encode()
    message = 0
    for place, changes in enumerate(transactions, 1):
        told = []
        for update, kind, fields in changes:
            message += 1
            told.append(record(update, kind, fields, place, message))
        yield f'<env:transaction id="{place}">{"".join(told)}</env:transaction>\n'.encode()
    yield b"</env:envelope>\n"


def record(update: str, kind: str, fields: Fields, transaction: int, number: int) -> str:
    code = CODES.get(kind, "99900")
    content = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items() if text)
    return (
        f'<env:app.message id="{number}"><transmission xmlns="{MESSAGE}"><record>'
        f"<transaction.id>{transaction}</transaction.id><record.code>{code[:3]}</record.code>"
        f"<subrecord.code>{code[3:]}</subrecord.code><record.sequence.number>{number}</record.sequence.number>"
        f"<update.type>{update}</update.type><{kind}>{content}</{kind}></record></transmission>"
        "</env:app.message>\n"
    )


def measure(
    sid: int | str,
    goods: str = "0702000000",
    *,
    type_: str = "103",
    area: str = "1011",
    additional: str = "",
    quota: str = "",
    begins: str = "2026-01-01",
    ends: str = "",
    stopped: str = "0",
    goods_sid: str = "",
    regulation: str = "R2600010",
) -> Fields:
    return {
        "measure.sid": str(sid),
        "measure.type": type_,
        "geographical.area": area,
        "goods.nomenclature.item.id": goods,
        "additional.code.type": additional[:1],
        "additional.code": additional[1:],
        "ordernumber": quota,
        "validity.start.date": begins,
        "measure.generating.regulation.role": "1",
        "measure.generating.regulation.id": regulation,
        "validity.end.date": ends,
        "stopped.flag": stopped,
        "goods.nomenclature.sid": goods_sid,
    }


def component(sid: int | str, each: DutyComponent) -> Fields:
    return {
        "measure.sid": str(sid),
        "duty.expression.id": each.expression,
        "duty.amount": each.amount,
        "monetary.unit.code": each.currency,
        "measurement.unit.code": each.unit,
        "measurement.unit.qualifier.code": each.qualifier,
    }


def priced(sid: int | str, rate: str = "5", **facts: str) -> list[Change]:
    """A measure with one component, per cent of the value."""
    goods = facts.pop("goods", "0702000000")
    return [
        (INSERT, "measure", measure(sid, goods, **facts)),
        (INSERT, "measure.component", component(sid, DutyComponent("01", rate))),
    ]


def area(sid: int, name: str, kind: str = "0") -> Change:
    fields = {
        "geographical.area.sid": str(sid),
        "geographical.area.id": name,
        "validity.start.date": "1990-01-01",
        "geographical.code": kind,
    }
    return INSERT, "geographical.area", fields


def member(country: int, group: int, begins: str = "1990-01-01", ends: str = "") -> Change:
    fields = {
        "geographical.area.sid": str(country),
        "geographical.area.group.sid": str(group),
        "validity.start.date": begins,
        "validity.end.date": ends,
    }
    return INSERT, "geographical.area.membership", fields


def goods(sid: int, code: str, indents: str = "00", suffix: str = "80", text: str = "goods") -> list[Change]:
    """A line of the nomenclature with its indents and its description."""
    of = {"goods.nomenclature.item.id": code, "productline.suffix": suffix}
    start = {"validity.start.date": "1990-01-01"}
    line = {
        "goods.nomenclature.sid": str(sid),
        "goods.nomenclature.item.id": code,
        "producline.suffix": suffix,
        **start,
        "statistical.indicator": "0",
    }
    number = {"goods.nomenclature.sid": str(sid)}
    indent = {"goods.nomenclature.indent.sid": str(sid), **number, **start, "number.indents": indents, **of}
    period_sid = {"goods.nomenclature.description.period.sid": str(sid)}
    period = {**period_sid, **number, **start, **of}
    words = {**period_sid, "language.id": "EN", **number, **of, "description": text}
    return [
        (INSERT, "goods.nomenclature", line),
        (INSERT, "goods.nomenclature.indents", indent),
        (INSERT, "goods.nomenclature.description.period", period),
        (INSERT, "goods.nomenclature.description", words),
    ]


def components(rate: Expression) -> list[DutyComponent] | None:
    """The components that write a rate, or None if TARIC3 has no duty expressions for it.

    Each duty expression stands once, and they stand in the order of their numbers.
    """
    if rate.entry_price or len(rate.seasons) != 1:
        return None
    found: list[DutyComponent] = []
    for clause in rate.seasons[0].clauses:
        for place, part in enumerate(_ordered(clause)):
            after = found[-1].expression if found else "00"
            fitting = [each for each in _expressions(clause.bound, part, place) if each > after]
            if not fitting:
                return None
            written = _written(fitting[0], part)
            if written is None:
                return None
            found.append(written)
    return found


def _ordered(clause: Clause) -> list[Component]:
    """What is taken off goes before what is added, as the numbers do."""
    first, *others = clause.components
    return [first, *sorted(others, key=lambda each: (each.kind is Kind.TABLE, each.sign))]


def _expressions(bound: Bound, part: Component, place: int) -> list[str]:
    if part.kind is Kind.TABLE:
        return [number for number, table in TABLES.items() if table == part.table and part.sign > 0]
    if not place:
        return {Bound.START: ["01"], Bound.MIN: ["15"], Bound.MAX: ["17", "35"]}[bound]
    return ["02"] if part.sign < 0 else ["04", "19", "20"]


def _written(expression: str, part: Component) -> DutyComponent | None:
    if part.kind is Kind.TABLE:
        return DutyComponent(expression)
    amount = f"{part.amount:.3f}"
    if float(amount) != float(part.amount):
        return None
    if part.kind is Kind.PERCENT:
        return DutyComponent(expression, amount)
    unit, per = part.unit, part.per
    if str(unit) == "vol_hl":
        return DutyComponent(expression, amount, part.currency, "ASV", "X") if per == 1 else None
    for code, (known, size) in UNITS.items():
        if (known, size) == (unit, per):
            return DutyComponent(expression, amount, part.currency, code)
        if str(known) == "kg" and size == per:
            for qualifier, mass in QUALIFIED.items():
                if mass == unit:
                    return DutyComponent(expression, amount, part.currency, code, qualifier)
    return None
