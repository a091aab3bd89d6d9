"""A tariff in TARIC3, the form in which the EU and the United Kingdom send theirs: envelopes of records.

    chunks ──messages.xml_stream──▶ transmissions ──schema──▶ records ──in their order──▶ Holdings

An envelope says what changes: records that are inserted, updated or deleted, transaction after transaction.
What they come to is Holdings; a later envelope is read on the holdings of those before it. A file is taken
whole or not at all. It is read as it comes, a transmission at a time: memory holds what is kept, not the
file. Records of other kinds than KEPT, such as footnotes, are counted and left out.

Source: schemas of TARIC3-TMES version 5.10, from uktrade/tamato (MIT licence). Update types: the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.messages.xml import findings, local_name
from tasviya.messages.xml_stream import MISPLACED, elements

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MESSAGE = "urn:publicid:-:DGTAXUD:TARIC:MESSAGE:1.0"
ENVELOPE = "urn:publicid:-:DGTAXUD:GENERAL:ENVELOPE:1.0"
PATH = (
    f"{{{ENVELOPE}}}envelope",
    f"{{{ENVELOPE}}}transaction",
    f"{{{ENVELOPE}}}app.message",
    f"{{{MESSAGE}}}transmission",
)
_RECORD = f"{{{MESSAGE}}}record"
_NAME = len(f"{{{MESSAGE}}}")
_TECHNICAL = 5
"""Elements of a record before its content: transaction, codes, number, update type."""

TARIC3_CODES: Mapping[str, str] = {
    "TX01": "a file of TARIC3 is an envelope of transactions of transmissions",
    "TX02": "a record of TARIC3 keeps to its schema",
    "TX03": "what is inserted is not there yet, what is updated or deleted is",
    "TX04": "a component's duty expression is one that is known",
    "TX05": "a component has an amount, and money a currency and a unit",
    "TX06": "a component's unit is one that is known",
    "TX07": "a measure is of a type that the member's law takes in",
    "TX08": "a measure's area is every one, a country or a group with members",
    "TX09": "a measure is of goods that can be declared",
    "TX10": "a measure's rate does not hang on a condition",
    "TX11": "a measure is for imports, is not stopped, and begins before it ends",
    "TX12": "on one day one measure says what goods pay",
    "TX13": "a quota that measures name is known",
}
"""TX01 to TX03 refuse a file; TX04 to TX12 leave one measure out; TX13 is found by a check of a tariff."""

INSERT, UPDATE, DELETE = "3", "1", "2"
KEPT: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "goods.nomenclature": (
        1,
        ("goods.nomenclature.sid", "goods.nomenclature.item.id", "producline.suffix", "validity.start.date",
         "validity.end.date"),
    ),
    "goods.nomenclature.indents": (
        1,
        ("goods.nomenclature.indent.sid", "goods.nomenclature.sid", "validity.start.date", "number.indents"),
    ),
    "goods.nomenclature.description.period": (
        1,
        ("goods.nomenclature.description.period.sid", "goods.nomenclature.sid", "validity.start.date"),
    ),
    "goods.nomenclature.description": (
        2,
        ("goods.nomenclature.description.period.sid", "language.id", "goods.nomenclature.sid", "description"),
    ),
    "measure": (
        1,
        ("measure.sid", "measure.type", "geographical.area", "goods.nomenclature.item.id",
         "additional.code.type", "additional.code", "ordernumber", "validity.start.date", "validity.end.date",
         "measure.generating.regulation.role", "measure.generating.regulation.id", "stopped.flag",
         "geographical.area.sid", "goods.nomenclature.sid"),
    ),
    "measure.component": (
        2,
        ("measure.sid", "duty.expression.id", "duty.amount", "monetary.unit.code", "measurement.unit.code",
         "measurement.unit.qualifier.code"),
    ),
    "measure.condition": (
        1,
        ("measure.condition.sid", "measure.sid", "condition.code", "certificate.type.code",
         "certificate.code"),
    ),
    "measure.condition.component": (2, ("measure.condition.sid", "duty.expression.id")),
    "measure.excluded.geographical.area": (
        3,
        ("measure.sid", "geographical.area.sid", "excluded.geographical.area"),
    ),
    "measure.type": (1, ("measure.type.id", "trade.movement.code")),
    "geographical.area": (
        1,
        ("geographical.area.sid", "geographical.area.id", "geographical.code"),
    ),
    "geographical.area.membership": (
        3,
        ("geographical.area.sid", "geographical.area.group.sid", "validity.start.date", "validity.end.date"),
    ),
    "duty.expression": (1, ("duty.expression.id", "validity.start.date", "validity.end.date")),
    "base.regulation": (
        2,
        ("base.regulation.role", "base.regulation.id", "validity.end.date", "effective.end.date"),
    ),
    "modification.regulation": (
        2,
        ("modification.regulation.role", "modification.regulation.id", "validity.end.date",
         "effective.end.date"),
    ),
    "quota.order.number": (
        1,
        ("quota.order.number.sid", "quota.order.number.id", "validity.start.date", "validity.end.date"),
    ),
    "quota.definition": (
        1,
        ("quota.definition.sid", "quota.order.number.id", "validity.start.date", "validity.end.date",
         "initial.volume", "monetary.unit.code", "measurement.unit.code", "measurement.unit.qualifier.code",
         "critical.threshold"),
    ),
}  # fmt: skip
"""By kind of record, how many of its fields, from the first, are its key, and the fields that are kept."""

Key = tuple[str, ...]
Record = tuple[str, ...]
"""The texts of the kept fields, in their order; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What envelopes come to: by kind and key, the record; and how many of each other kind were left out."""

    records: Mapping[str, Mapping[Key, Record]] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)

    def all(self, kind: str) -> Iterator[dict[str, str]]:
        """The records of a kind by field, in the order in which they were inserted."""
        names = KEPT[kind][1]
        for record in self.records.get(kind, {}).values():
            yield dict(zip(names, record, strict=True))

    def count(self, kind: str) -> int:
        return len(self.records.get(kind, ()))


@cache
def schema() -> etree.XMLSchema:
    """The compiled schema; each process compiles it once."""
    with as_file(files("tasviya.customs.formats").joinpath("schemas/taric3")) as folder:
        return etree.XMLSchema(etree.parse(folder / "envelope.xsd", etree.XMLParser(no_network=True)))


def read(chunks: Iterable[bytes], holdings: Holdings | None = None) -> Holdings | list[Refusal]:
    """What a file's envelope makes of earlier holdings, or what keeps it from being read. Never raises.

    chunks: the file's bytes, in pieces of any size. The earlier holdings stay as they are. Refused with a
    reason of messages.xml.FAILURES, or TX01, TX02 or TX03; `where` has the transaction, the record's number
    in it, and the line.
    """
    before = holdings or Holdings()
    records = {kind: dict(before.records.get(kind, {})) for kind in KEPT}
    ignored = dict(before.ignored)
    same: dict[str, str] = {}
    for element in elements(chunks, PATH):
        if isinstance(element, Refusal):
            return [replace(element, reason="TX01") if element.reason == MISPLACED else element]
        if broken := findings(element, schema()):
            place = _place(element)
            return [replace(each, reason="TX02", where=f"{place}, {each.where}") for each in broken]
        record = element[0]
        content = record[_TECHNICAL]
        kind = str(content.tag)[_NAME:]
        if kind not in KEPT:
            ignored[kind] = ignored.get(kind, 0) + 1
            continue
        if refusal := _apply(records[kind], kind, content, record[_TECHNICAL - 1].text or "", same):
            return [replace(refusal, where=_place(element))]
    return Holdings(records, ignored)


def _apply(
    held: dict[Key, Record], kind: str, content: Element, update: str, same: dict[str, str]
) -> Refusal | None:
    """same: texts seen before, so that each is held once."""
    size, names = KEPT[kind]
    texts: dict[str, str] = {}
    for each in content:
        text = (each.text or "").strip()
        texts[str(each.tag)[_NAME:]] = same.setdefault(text, text)
    record = tuple(texts.get(name, "") for name in names)
    key = record[:size]
    if (key in held) == (update == INSERT):
        told = " ".join(each for each in key if each)
        if update == INSERT:
            cure = "Read each envelope once, in the order of their numbers."
            return Refusal("TX03", f"{kind} {told} is inserted, and is there already.", cure)
        done = "updated" if update == UPDATE else "deleted"
        cure = "Read the envelopes before this one first."
        return Refusal("TX03", f"{kind} {told} is {done}, and is not there.", cure)
    if update == DELETE:
        del held[key]
    else:
        held[key] = record
    return None


def _place(element: Element) -> str:
    """Of a transmission: its transaction, message and line."""
    message = element.getparent()
    transaction = message.getparent() if message is not None else None
    ids = [
        f"{local_name(each).removeprefix('app.')} {each.get('id', '')}".rstrip()
        for each in (transaction, message)
        if each is not None
    ]
    return ", ".join((*ids, f"line {element.sourceline}"))
