"""What an amount is worth in another currency, exactly, where thresholds and figures are compared.

Nothing is rounded, and no amount here is charged or paid: that is valuation's.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.customs.declaration import Amount

Rates = Mapping[str, Fraction]
"""What one of a currency is worth in one that all share, by code; the shared one may be left out."""


def worth(amount: Amount | None, code: str, rates: Rates, shared: str = "") -> Fraction | None:
    """An amount in minor units of another currency; None without an amount, or without a rate.

    shared: the currency that rates are in, worth one, if it is named.
    """
    if amount is None or amount.currency == code:
        return None if amount is None else Fraction(amount.minor)
    try:
        minors = Fraction(currency(code).minor_per_major, currency(amount.currency).minor_per_major)
    except UnknownCurrency:
        return None
    own, other = (Fraction(1) if each == shared else rates.get(each) for each in (amount.currency, code))
    return amount.minor * minors * own / other if own and other else None
