"""What customs answer to a declaration, before it is written in a format.

    Answer ──answer_json.write──▶ JSON        ──cusres.write──▶ CUSRES        ──wco_response.write──▶ WCO
    Response

Plain values: nothing is worked out here, and no answer decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tasviya.core.errors import Refusal


class AnswerStatus(StrEnum):
    """What has become of a declaration."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ASSESSED = "assessed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class AnswerTax:
    """A tax of an item. item: its number. tax: the law's code. base, amount: minor units of the currency, a
    code of ISO 4217; base: none where the tax is owed for a quantity alone. rate: as the tariff writes it,
    such as "12%"."""

    item: int
    tax: str
    base: int | None
    rate: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. lrn: the declarant's number. mrn: the customs', empty if it was never accepted. instant:
    when it was so, with a zone. refusals: why it was rejected. taxes: what was assessed."""

    lrn: str
    status: AnswerStatus
    instant: datetime
    mrn: str = ""
    refusals: tuple[Refusal, ...] = ()
    taxes: tuple[AnswerTax, ...] = ()
