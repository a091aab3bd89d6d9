"""A small union with an exchange and a clearing cycle at work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exchange_union import UNION, ExchangeUnion

from tasviya import app as _app

CLEARING = """
[clearing]
days = 1
zone = "UTC"
cutoff_at = "14:00"
settles_at = "15:00"
quota_percent = "10"
ceiling_percent = "500"
bands = [{ upto = "0.2", money = "0" }, { upto = "1", money = "0.5" }]
own_share = "0.25"
limit_basis_points = 300
charge_percent = "2"
charge_from = "0.5"
base_trade = { KZ = "1000", IN = "1000", OM = "1000" }
accepts = { KZ = ["own", "debtor"], IN = ["own", "debtor"], OM = ["own"] }
"""


class ClearingUnion(ExchangeUnion):
    """As ExchangeUnion; the cycle is cut off at 14:00 and settles at 15:00. A unit is 10 INR, 62.5 KZT, and
    1/22 OMR; a quota is 100 units, a position may go to -500."""

    def __init__(
        self, root: Path, *changes: tuple[str, str], clearing: str = CLEARING, **options: Any
    ) -> None:
        text = UNION.read_text(encoding="utf-8") + clearing
        for good, bad in changes:
            assert good in text, good
            text = text.replace(good, bad)
        file = root / "union.toml"
        root.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        super().__init__(root / "home", union=file, **options)

    def through(
        self, payer: str, payee: str, amount: float | str, currency: str, debit: str, **changes: Any
    ) -> str:
        """A payment by the union route. Returns its UETR."""
        return self.convert(payer, payee, amount, currency, debit, route="UNION", **changes)

    def positions(self) -> dict[str, int]:
        """Every position by currency, minor units of the unit: ten thousandths."""
        found = {}
        for name, balance in self.books().items():
            _, _, kind, other = name.split("/")
            if kind == "position":
                found[other] = balance
        return found

    def cycle(self, number: int | None = None) -> dict[str, Any]:
        """A cycle as `tasviya cycle show` tells it; the latest if none is named."""
        return _app.ask_clearing(self.home).cycle(number)[0]
