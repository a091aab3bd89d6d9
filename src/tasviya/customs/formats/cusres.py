"""An answer to a declaration in EDIFACT: the message CUSRES of directory D.99B.

    Answer ──write──▶ UNH BGM DTM GIS RFF, errors: ERP ERC FTX, sums: TAX MOA, items: DOC CST TAX MOA, UNT

| Answer   | BGM | GIS                                         |
| accepted | 961 | 1 content accepted                          |
| rejected | 963 | 2 content rejected with comment, 3 without  |
| assessed | 965 | 1 content accepted                          |
| released | 961 | 4 goods released                            |

Instants are in UTC. An error names the part of the declaration (10: an item, with its number; 1: the header)
and, where the refusal has it, the segment; texts give it whole, as a code has eight characters at the most.

Source: UN/EDIFACT code lists 1001, 1049, 1153, 2005, 4451, 5025, 5283, 7365; the segment table of CUSRES in
D.98B for head and errors, in D.07A (with GIS for GEI) for the parts behind them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.formats import edifact
from tasviya.customs.formats.answer import Answer, AnswerStatus, AnswerTax
from tasviya.customs.formats.edifact import Envelope

DOCUMENTS = {
    AnswerStatus.ACCEPTED: "961",
    AnswerStatus.REJECTED: "963",
    AnswerStatus.ASSESSED: "965",
    AnswerStatus.RELEASED: "961",
}
"""1001: general response, error response, tax calculation response."""
INDICATORS = {AnswerStatus.ACCEPTED: "1", AnswerStatus.ASSESSED: "1", AnswerStatus.RELEASED: "4"}
DATES = {AnswerStatus.ACCEPTED: "148", AnswerStatus.RELEASED: "204"}
"""2005: acceptance date, release date."""
ITEM_TAX, TAX_TOTAL, ALL_TOTAL = "1", "3", "4"
"""5283: one duty of an item, the sum of one duty, the sum of all."""
RESPONSE, DOCUMENT_DATE, SECOND = "11", "137", "204"
LINE, LINES, CODE_MAX, TAX_MAX, RATE_MAX, BASIS_MAX = 70, 5, 8, 3, 17, 15
_ITEM = re.compile(r"items\[(\d+)\]|(?:/Item|/GovernmentAgencyGoodsItem)\[(\d+)\]")
"""Of a declaration's field, counted from 0; of a path in XML, from 1."""
_SEGMENT = re.compile(r"([A-Z]{3}), segment (\d+)")
_Element = str | list[str]
_Segment = tuple[str, *tuple[_Element, ...]]


def write(answer: Answer, envelope: Envelope, reference: str) -> bytes:
    """An answer as an interchange of one CUSRES. reference: the message's own.

    Raises: UnknownCurrency if a tax's currency is none, as its decimals are not known.
    """
    segments: list[_Segment] = list(_head(answer))
    for refusal in answer.refusals:
        segments += _error(refusal)
    segments += _sums(answer.taxes)
    segments += _items(answer)
    return edifact.write(segments, reference, "CUSRES", envelope)


def _head(answer: Answer) -> Iterator[_Segment]:
    rejected = "2" if answer.refusals else "3"
    instant = f"{answer.instant.astimezone(UTC):%Y%m%d%H%M%S}"
    yield "BGM", DOCUMENTS[answer.status], answer.lrn, RESPONSE
    for qualifier in (DOCUMENT_DATE, DATES.get(answer.status)):
        if qualifier:
            yield "DTM", [qualifier, instant, SECOND]
    yield "GIS", INDICATORS.get(answer.status, rejected)
    if answer.lrn:
        yield "RFF", ["ABE", answer.lrn]
    if answer.mrn:
        yield "RFF", ["ABT", answer.mrn]


def _error(refusal: Refusal) -> Iterator[_Segment]:
    item, segment = _ITEM.search(refusal.where), _SEGMENT.search(refusal.where)
    section = ["1"]
    if item:
        section = ["10", str(int(item[1]) + 1) if item[1] else item[2]]
    yield "ERP", section, [segment[1], segment[2]] if segment else ""
    yield "ERC", refusal.reason[:CODE_MAX]
    place = f" ({refusal.where})" if refusal.where else ""
    text = f"{refusal.reason}: {refusal.what} {refusal.cure}{place}"
    lines = [text[start : start + LINE] for start in range(0, len(text), LINE)]
    for start in range(0, len(lines), LINES):
        yield "FTX", "AAO", "", "", lines[start : start + LINES]


def _sums(taxes: tuple[AnswerTax, ...]) -> Iterator[_Segment]:
    """Sums by tax and of all, each in each of its currencies."""
    by_tax: dict[tuple[str, str], int] = {}
    whole: dict[str, int] = {}
    for each in taxes:
        key = (each.tax, each.currency)
        by_tax[key] = by_tax.get(key, 0) + each.amount
        whole[each.currency] = whole.get(each.currency, 0) + each.amount
    for (tax, code), amount in by_tax.items():
        yield "TAX", TAX_TOTAL, _tax_name(tax)
        yield _money(amount, code)
    for code, amount in whole.items():
        yield "TAX", ALL_TOTAL
        yield _money(amount, code)


def _items(answer: Answer) -> Iterator[_Segment]:
    if answer.taxes:
        yield "DOC", "960", answer.lrn
    for number in sorted({each.item for each in answer.taxes}):
        yield "CST", str(number)
        for tax in answer.taxes:
            if tax.item == number:
                base = "" if tax.base is None else _text(tax.base, tax.currency)
                rate = tax.rate if len(tax.rate) <= RATE_MAX else ""
                fits = base if len(base) <= BASIS_MAX else ""
                yield "TAX", ITEM_TAX, _tax_name(tax.tax), "", fits, ["", "", "", rate]
                yield _money(tax.amount, tax.currency)


def _tax_name(tax: str) -> list[str]:
    """A code, or a name where it has more than a code's three characters."""
    return [tax] if len(tax) <= TAX_MAX else ["", "", "", tax]


def _money(amount: int, code: str) -> _Segment:
    return "MOA", ["161", _text(amount, code), code]


def _text(minor: int, code: str) -> str:
    return format_minor(minor, currency(code).decimals)
