"""A declaration as JSON: its fields by their names, and nothing else.

    bytes ──read──▶ Declaration | refusals        Declaration ──write──▶ bytes

Amounts are {"amount": "1250.50", "currency": "EUR"} and quantities {"kg": "120.5"}: decimal texts, as a JSON
number would pass through a float in most programs. What is empty is left out. A key that is not known, is
there twice or holds another type is refused with its path, as a typing error in a key is otherwise a field
that silently goes missing.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from typing import NoReturn

import msgspec
from msgspec import Struct

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import Refusal
from tasviya.core.money import AmountError, format_minor, parse_amount
from tasviya.customs import declaration as made
from tasviya.customs.declaration import ChargeKind, Declaration, Kind
from tasviya.customs.declaration_rules import kilograms, unknown_currency
from tasviya.customs.duty_units import Unit
from tasviya.customs.quantity import thousandths

SIZE_MAX = 4 * 1024 * 1024
"""The largest file, bytes."""
SHOWN, TOLD = 40, 200

JSON_CODES = {
    "DJ01": "a declaration's file is JSON in UTF-8, of 4 MiB at the most",
    "DJ02": "a declaration has only keys that are known",
    "DJ03": "a key is there once",
    "DJ04": "a value is of its key's type, and what must be there is",
    "DJ05": "amounts are texts with no more decimals than their currency, quantities with three at the most",
}


class _Shape(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class _Amount(_Shape, frozen=True):
    amount: str
    currency: str


class _Charge(_Shape, frozen=True):
    kind: ChargeKind
    amount: str
    currency: str
    code: str = ""


class _Party(_Shape, frozen=True):
    id: str = ""
    name: str = ""
    address: str = ""
    country: str = ""


class _Document(_Shape, frozen=True):
    type: str
    reference: str
    status: str = ""
    line: int = 0


class _Delivery(_Shape, frozen=True):
    code: str = ""
    place: str = ""


class _Item(_Shape, frozen=True):
    number: int
    goods: str
    description: str = ""
    origin: str = ""
    preferential_origin: str = ""
    preference: str = ""
    additional_codes: tuple[str, ...] = ()
    quota: str = ""
    invoice: _Amount | None = None
    statistical: _Amount | None = None
    charges: tuple[_Charge, ...] = ()
    quantities: dict[Unit, str] = {}
    supplementary: str | None = None
    procedure: str = ""
    additional_procedures: tuple[str, ...] = ()
    documents: tuple[_Document, ...] = ()
    previous: tuple[_Document, ...] = ()


class _Declaration(_Shape, frozen=True):
    lrn: str
    kind: Kind
    items: tuple[_Item, ...]
    type: str = ""
    mrn: str = ""
    procedure: str = ""
    office: str = ""
    declarant: _Party = _Party()
    importer: _Party = _Party()
    exporter: _Party = _Party()
    dispatch_country: str = ""
    destination_country: str = ""
    delivery: _Delivery = _Delivery()
    invoice: _Amount | None = None
    charges: tuple[_Charge, ...] = ()
    gross_mass: str | None = None
    packages: int | None = None
    documents: tuple[_Document, ...] = ()
    previous: tuple[_Document, ...] = ()


_DECODER = msgspec.json.Decoder(_Declaration, strict=True)


def read(raw: bytes) -> Declaration | list[Refusal]:
    """The declaration in a file, or everything that keeps it from being read. Never raises.

    Amounts and quantities are all looked at; of unknown keys and wrong types the first is told.
    """
    if len(raw) > SIZE_MAX:
        what = f"The file has {len(raw):,} bytes; {SIZE_MAX:,} are read at once."
        return [Refusal("DJ01", what, "Declare the goods in several declarations.")]
    raw = raw.removeprefix(BOM_UTF8)
    twice = _unreadable(raw)
    if twice:
        return twice
    try:
        shape = _DECODER.decode(raw)
    except msgspec.ValidationError as error:
        return [_misshapen(str(error))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Refusal("DJ01", f"The file is no JSON: {error}.", "Mend it and send it again.")]
    reading = _Reading()
    declared = reading.declaration(shape)
    return reading.refusals or declared


def write(declared: Declaration) -> bytes:
    """A declaration as a file of JSON, indented; `read` gives it back.

    Raises: UnknownCurrency if an amount's currency is none, as its decimals are not known.
    """
    shape = _Declaration(
        declared.lrn,
        declared.kind,
        tuple(_item(each) for each in declared.items),
        declared.type,
        declared.mrn,
        declared.procedure,
        declared.office,
        _party(declared.declarant),
        _party(declared.importer),
        _party(declared.exporter),
        declared.dispatch_country,
        declared.destination_country,
        _Delivery(declared.delivery.code, declared.delivery.place),
        _amount(declared.invoice),
        tuple(_charge(each) for each in declared.charges),
        None if declared.gross_mass is None else kilograms(declared.gross_mass),
        declared.packages,
        tuple(_document(each) for each in declared.documents),
        tuple(_document(each) for each in declared.previous),
    )
    return msgspec.json.format(msgspec.json.encode(shape), indent=2) + b"\n"


def _item(item: made.Item) -> _Item:
    return _Item(
        item.number,
        item.goods,
        item.description,
        item.origin,
        item.preferential_origin,
        item.preference,
        item.additional_codes,
        item.quota,
        _amount(item.invoice),
        _amount(item.statistical),
        tuple(_charge(each) for each in item.charges),
        {unit: kilograms(quantity) for unit, quantity in item.quantities.items()},
        None if item.supplementary is None else kilograms(item.supplementary),
        item.procedure,
        item.additional_procedures,
        tuple(_document(each) for each in item.documents),
        tuple(_document(each) for each in item.previous),
    )


def _party(party: made.Party) -> _Party:
    return _Party(party.id, party.name, party.address, party.country)


def _document(document: made.Document) -> _Document:
    return _Document(document.type, document.reference, document.status, document.line)


def _text(amount: made.Amount) -> str:
    return format_minor(amount.minor, currency(amount.currency).decimals)


def _amount(amount: made.Amount | None) -> _Amount | None:
    return None if amount is None else _Amount(_text(amount), amount.currency)


def _charge(charge: made.Charge) -> _Charge:
    return _Charge(charge.kind, _text(charge.amount), charge.amount.currency, charge.code)


class _Reading:
    """From shapes to facts; what does not hold is kept with its path."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def declaration(self, shape: _Declaration) -> Declaration:
        return Declaration(
            shape.lrn,
            shape.kind,
            tuple(self.item(each, f"items[{place}]") for place, each in enumerate(shape.items)),
            shape.type,
            shape.mrn,
            shape.procedure,
            shape.office,
            self.party(shape.declarant),
            self.party(shape.importer),
            self.party(shape.exporter),
            shape.dispatch_country,
            shape.destination_country,
            made.DeliveryTerms(shape.delivery.code, shape.delivery.place),
            self.amount(shape.invoice, "invoice"),
            self.charges(shape.charges, ""),
            self.quantity(shape.gross_mass, "gross_mass"),
            shape.packages,
            self.documents(shape.documents),
            self.documents(shape.previous),
        )

    def item(self, shape: _Item, where: str) -> made.Item:
        quantities = {
            unit: self.quantity(text, f"{where}.quantities.{unit}") or 0
            for unit, text in shape.quantities.items()
        }
        return made.Item(
            shape.number,
            shape.goods,
            shape.description,
            shape.origin,
            shape.preferential_origin,
            shape.preference,
            shape.additional_codes,
            shape.quota,
            self.amount(shape.invoice, f"{where}.invoice"),
            self.amount(shape.statistical, f"{where}.statistical"),
            self.charges(shape.charges, f"{where}."),
            quantities,
            self.quantity(shape.supplementary, f"{where}.supplementary"),
            shape.procedure,
            shape.additional_procedures,
            self.documents(shape.documents),
            self.documents(shape.previous),
        )

    def party(self, shape: _Party) -> made.Party:
        return made.Party(shape.id, shape.name, shape.address, shape.country)

    def documents(self, shapes: tuple[_Document, ...]) -> tuple[made.Document, ...]:
        return tuple(made.Document(each.type, each.reference, each.status, each.line) for each in shapes)

    def charges(self, shapes: tuple[_Charge, ...], before: str) -> tuple[made.Charge, ...]:
        return tuple(
            made.Charge(
                each.kind, self.money(each.amount, each.currency, f"{before}charges[{place}]"), each.code
            )
            for place, each in enumerate(shapes)
        )

    def amount(self, shape: _Amount | None, where: str) -> made.Amount | None:
        return None if shape is None else self.money(shape.amount, shape.currency, where)

    def money(self, text: str, code: str, where: str) -> made.Amount:
        try:
            return made.Amount(parse_amount(text, currency(code)), code)
        except UnknownCurrency:
            broken = unknown_currency(code, f"{where}.currency")
            self.refusals.append(Refusal("CR06", broken.what, broken.cure, broken.where))
        except AmountError as error:
            cure = 'Write it such as "1250.50", with the decimals of its currency.'
            self.refusals.append(Refusal("DJ05", f"{error}.", cure, f"{where}.amount"))
        return made.Amount(0, code)

    def quantity(self, text: str | None, where: str) -> int | None:
        if text is None:
            return None
        found = thousandths(text)
        if found is None:
            cure = 'Write it such as "120.5", with three decimals at the most.'
            self.refusals.append(Refusal("DJ05", f"{text[:SHOWN]!r} is no quantity.", cure, where))
        return found


class _Twice(dict[str, object]):
    """An object of JSON, and its keys that are there twice."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def _unreadable(raw: bytes) -> list[Refusal]:
    """Why a file is no JSON, or which of its keys are there twice."""
    try:
        root = json.loads(raw.decode("utf-8"), object_pairs_hook=_Twice, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        what = f"Byte {error.start:,} is not UTF-8 ({error.reason})."
        return [Refusal("DJ01", what, "Save the file as UTF-8.")]
    except json.JSONDecodeError as error:
        what = f"The file is no JSON: {error.msg}, line {error.lineno}, column {error.colno}."
        return [Refusal("DJ01", what, "Mend that place.", f"line {error.lineno}")]
    except (ValueError, RecursionError) as error:
        return [Refusal("DJ01", f"The file is no JSON: {error}.", "Mend it and send it again.")]
    return _twice(root)


def _twice(root: object) -> list[Refusal]:
    found: list[Refusal] = []
    waiting: list[tuple[str, object]] = [("", root)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, _Twice):
            for key in dict.fromkeys(value.twice):
                place = f"{where}.{key}".lstrip(".")
                found.append(
                    Refusal("DJ03", f"{key[:SHOWN]!r} is there twice.", "Leave one of them out.", place)
                )
            waiting += [(f"{where}.{key}".lstrip("."), each) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{where}[{place}]", each) for place, each in enumerate(value)]
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


_PLACE = re.compile(r" - at `(?:key` in `)?\$?\.?(.*)`$")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")


def _misshapen(told: str) -> Refusal:
    """A decoder's complaint with a path, and what to do."""
    place = _PLACE.search(told)
    where = place[1] if place else ""
    text = _PLACE.sub("", told)[:TOLD]
    if unknown := _UNKNOWN.match(text):
        key = f"{where}.{unknown[1]}".lstrip(".")
        what = f"{unknown[1][:SHOWN]!r} is no key here."
        return Refusal("DJ02", what, "Leave it out, or spell it as docs/declarations.md does.", key)
    if missing := _MISSING.match(text):
        key = f"{where}.{missing[1]}".lstrip(".")
        return Refusal("DJ04", f"The key {missing[1]!r} is missing.", "Add it.", key)
    cure = "Give what docs/declarations.md says of that key; amounts and quantities are texts."
    return Refusal("DJ04", f"{text.replace('`', '')}.", cure, where)
