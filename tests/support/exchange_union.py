"""A small union with an exchange at work: three currencies, payments between any two of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_union import SmallUnion, minor

from tasviya.app import ask

UNION = Path(__file__).parent / "exchange_union.toml"

A, B, SUSPENDED = "ALFAKZ20XXX", "BETAKZ20XXX", "SUSPKZ20XXX"
D, G = "DELTIN20XXX", "GAMAIN20XXX"
E, F = "EPSIOM20XXX", "PHIXOM20XXX"
CODE = {A: "KZ-A", B: "KZ-B", SUSPENDED: "KZ-S", D: "IN-D", G: "IN-G", E: "OM-E", F: "OM-F"}


class ExchangeUnion(SmallUnion):
    """As SmallUnion, with three members; it opens at 09:00, INR at 10:00, and clears at every half hour."""

    def __init__(self, root: Path, **options: Any) -> None:
        super().__init__(root, union=UNION, **options)

    def convert(
        self,
        payer: str,
        payee: str,
        amount: float | str,
        currency: str,
        debit: str,
        *,
        most: float | str | None = None,
        route: str | None = None,
        **changes: Any,
    ) -> str:
        """A payment of `amount` in one currency, debited in another. Returns its UETR.

        most: InstdAmt; None leaves it out and names the payer's bank's account instead. route: LclInstrm.
        """
        facts: dict[str, Any] = {"local_instrument": route}
        if most is None:
            facts["debtor_agent_account"] = f"ACC{payer[0] if payer != F else 'F'}{debit}"
        else:
            facts |= {"instructed_amount": str(most), "instructed_currency": debit}
        return self.pay(payer, payee, amount, currency, **(facts | changes))

    def balance(self, bic: str, currency: str = "KZT", with_whom: str = "") -> int:
        """A bank's settlement account, minor units; or its vostro account for a respondent."""
        for row in ask(self.home).liquidity(CODE[bic], currency):
            if row["participant"] == CODE[bic] and row["with_whom"] == (CODE[with_whom] if with_whom else ""):
                return minor(row["balance"], currency)
        raise LookupError(bic)
