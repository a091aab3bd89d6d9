"""What the stateless rules must know of a union: its scheme. Facts only, from the configuration."""

from __future__ import annotations

from functools import cache

from msgspec import Struct, field

from tasviya.core.currencies import iso_currencies
from tasviya.core.money import Currency

MEBIBYTE = 1 << 20

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27,
    "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28,
    "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23,
    "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IR": 26,
    "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30,
    "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23,
    "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""Length of an IBAN by country, from SWIFT's IBAN registry; Iran's too, which some registries leave out."""


class Scheme(Struct, frozen=True):
    """A union's choices where the standard leaves one. Where a set is None, anything is allowed."""

    operator_bic: str
    """The BIC our own messages are sent from."""
    currencies: dict[str, int]
    """Settled currencies and their decimals."""
    amount_limits: dict[str, int] = field(default_factory=dict)
    """The largest amount of one payment, minor units, by currency; none means 63 bits."""
    units: dict[str, int] = field(default_factory=dict)
    """The union's own unit and its decimals: told of in positions and notices, not paid in."""
    clearing_system: str = "TASVIYA"
    """The proprietary code that SttlmInf/ClrSys carries."""
    charge_bearers: frozenset[str] | None = None
    service_levels: frozenset[str] | None = None
    local_instruments: frozenset[str] | None = None
    category_purposes: frozenset[str] | None = None
    uetr_required: bool = True
    """Whether a credit transfer must carry a UETR."""
    address_required: bool = False
    """Whether debtor and creditor need a postal address beside their name."""
    structured_address: bool = False
    """Whether an address needs its town and country in their own elements."""
    character_rule: str = "unicode"
    """`unicode`: every printable character of any script; `latin`: those of SWIFT's set x."""
    iban_lengths: dict[str, int] = field(default_factory=lambda: IBAN_LENGTHS)
    message_bytes: int = MEBIBYTE
    """The largest file that holds one message with at most one transaction."""
    file_bytes: int = 16 * MEBIBYTE
    """The largest file of all: batches."""
    file_elements: int = 1_000_000
    """The most elements one file may hold."""
    file_messages: int = 10_000
    """The most messages one file may hold: each is answered."""

    def currency(self, code: str) -> Currency | None:
        """A currency by code, as the scheme settles it or, its own unit, tells of it, else as ISO 4217 lists
        it; None if nobody knows it."""
        decimals = self.currencies.get(code, self.units.get(code))
        return _currency(code, -1 if decimals is None else decimals)

    def decimals(self, code: str) -> int:
        """A currency's decimals; 2 for a code that nobody knows, which the rules refuse."""
        found = self.currency(code)
        return 2 if found is None else found.decimals


@cache
def _currency(code: str, decimals: int) -> Currency | None:
    listed = iso_currencies().get(code)
    if decimals < 0:
        return listed
    return Currency(code, listed.number if listed else 0, decimals, listed.name if listed else "")
