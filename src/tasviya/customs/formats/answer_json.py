"""An answer to a declaration as JSON: its fields by their names; what is empty is left out.

Amounts are decimal texts, as in declarations; the instant is of RFC 3339, in UTC.
"""

from __future__ import annotations

from datetime import UTC

import msgspec

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal
from tasviya.core.money import format_minor
from tasviya.customs.formats.answer import Answer, AnswerTax


def write(answer: Answer) -> bytes:
    """An answer as a file of JSON, indented.

    Raises: UnknownCurrency if a tax's currency is none, as its decimals are not known.
    """
    found: dict[str, object] = {
        "lrn": answer.lrn,
        "mrn": answer.mrn,
        "status": answer.status,
        "instant": answer.instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "refusals": [_refusal(each) for each in answer.refusals],
        "taxes": [_tax(each) for each in answer.taxes],
    }
    full = {name: value for name, value in found.items() if value}
    return msgspec.json.format(msgspec.json.encode(full), indent=2) + b"\n"


def _refusal(refusal: Refusal) -> dict[str, str]:
    found = {"code": refusal.reason, "what": refusal.what, "cure": refusal.cure, "where": refusal.where}
    return {name: text for name, text in found.items() if text}


def _tax(tax: AnswerTax) -> dict[str, object]:
    decimals = currency(tax.currency).decimals
    found: dict[str, object] = {"item": tax.item, "tax": tax.tax}
    if tax.base is not None:
        found["base"] = format_minor(tax.base, decimals)
    return found | {"rate": tax.rate, "amount": format_minor(tax.amount, decimals), "currency": tax.currency}
