"""What stops a share run or a quota's allocation, and why a request gets nothing: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np

from tasviya.core.errors import Refusal, accepted
from tasviya.customs.quota_columns import allocate_columns
from tasviya.customs.tariff_quota import QuotaRequest, TariffQuota, allocate, returned, tariff_quotas

Act = Callable[[Path], object]
DAY = date(2026, 10, 1)
QUOTA = TariffQuota("090101", "kg", date(2026, 1, 1), date(2026, 12, 31), 1_000_000)
GOOD = QuotaRequest("090101", DAY, "AQ-0001", 600_000, "kg")
QUOTAS = "order_number,unit,begin,end,volume,parent"
PERCENTS = "[[key]]\nvalid_from = 2026-01-01\npercents = { Aqdala = 60, Boztau = %s }\n"
FORMULA = (
    '[[key]]\nvalid_from = 2026-01-01\nmembers = ["Aqdala", "Boztau"]\n'
    '[[key.component]]\nname = "excise"\nweight = 100\nof = "gdp"\n[key.figures.gdp]\nAqdala = 5\n'
)


def command(*words: str) -> None:
    from tasviya.cli.main import app

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        app(["customs", *words], standalone_mode=False)


def key(text: str, on: str = "2026-10-01") -> Act:
    """Divide a pool by a key."""

    def act(directory: Path) -> None:
        (directory / "keys.toml").write_text(text, encoding="utf-8")
        words = ("--pool", "1000000.00", "--currency", "KZT", "--on", on)
        command("share", "--key", str(directory / "keys.toml"), *words)

    return act


def request(asked: QuotaRequest, *earlier: str) -> Act:
    """Claim a quota."""

    def act(_: Path) -> None:
        quotas = accepted(tariff_quotas([QUOTA]))
        (outcome,) = allocate(quotas, quotas.full(), DAY, [asked], earlier).outcomes
        accepted(outcome)

    return act


def quotas(*lines: str) -> Act:
    """Allocate with a file of these quotas."""

    def act(directory: Path) -> None:
        (directory / "quotas.csv").write_text("\n".join((QUOTAS, *lines)) + "\n", encoding="utf-8")
        (directory / "requests.csv").write_text("order_number,day,id,quantity,unit\n", encoding="utf-8")
        files = (str(directory / "quotas.csv"), str(directory / "requests.csv"))
        command("quota", *files, "-o", str(directory / "allocated.csv"))

    return act


def give_back(_: Path) -> None:
    known = accepted(tariff_quotas([QUOTA]))
    accepted(returned(known, known.full(), "090101", 1))


def too_many(_: Path) -> None:
    """More than any file's quantities come to."""
    known = accepted(tariff_quotas([QUOTA]))
    huge, none = np.full(2, 1 << 61, np.int64), np.zeros(2, np.int64)
    day: object | Refusal = allocate_columns(known, known.full(), DAY, ["090101"], none, huge, np.arange(2))
    accepted(day)


CUSTOMS_CASES: list[tuple[str, str, str, Act]] = [
    ("bad_share_key", "A key divides a pool whole.", "Give per cents that add up to 99", key(PERCENTS % 39)),
    ("no_share_key", "A pool is divided by the key of the day.", "Ask for the day before the first key",
     key(PERCENTS % 40, on="2025-12-31")),
    ("bad_figure", "Each component has a figure of each member.", "Leave Boztau's GDP out", key(FORMULA)),
    ("bad_quota", "A sub-quota has its parent beside it.", "Name a parent that is not there",
     quotas("090201,t,2026-07-01,2026-12-31,60,090200")),
    ("unknown_quota", "A request names a quota that there is.", "Claim 090109",
     request(replace(GOOD, order_number="090109"))),
    ("outside_period", "A quota is claimed on a day of its period.", "Claim that of another day",
     request(replace(GOOD, day=date(2027, 1, 1)))),
    ("bad_quantity", "A request is above zero.", "Claim 0", request(replace(GOOD, quantity=0))),
    ("wrong_unit", "A quota is claimed in its own unit.", "Claim tonnes of one in kg",
     request(replace(GOOD, unit="t"))),
    ("request_repeated", "A request counts once.", "Hand it in on two days", request(GOOD, GOOD.id)),
    ("bad_return", "No more comes back than was used.", "Give back what nobody had", give_back),
    ("quantities_too_large", "A day's requests fit 61 bits.", "Claim 4,611,686,018,427,387.904", too_many),
]  # fmt: skip
