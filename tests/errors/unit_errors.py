"""What stops a fixing, a question about rates, or a revision of the unit: one small act each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from exchange_union import UNION, A, ExchangeUnion
from small_union import SmallUnion

from tasviya.app import ask_rates
from tasviya.services.fixing import fix_date
from tasviya.services.unit import weights_in

Act = Callable[[Path], object]
DAY = date(2026, 9, 29)


def union_in(directory: Path) -> ExchangeUnion:
    return ExchangeUnion(directory / "home").at("10:10").settle()  # type: ignore[return-value]


def fixed(directory: Path) -> ExchangeUnion:
    union = union_in(directory)
    union.fix(DAY)
    return union


def with_unit(directory: Path, kind: str) -> ExchangeUnion:
    """The union with a unit of another kind."""
    text = UNION.read_text(encoding="utf-8").replace("[unit]", f'[unit]\nkind = "{kind}"')
    if kind == "currency":
        text = text.replace('weights = { KZT = "0.6", INR = "0.4" }\n', "")
    file = directory / "union.toml"
    file.write_text(text, encoding="utf-8")
    union = ExchangeUnion(directory / "home", union=file).at("10:10").settle()
    union.fix(DAY)  # type: ignore[attr-defined]
    return union  # type: ignore[return-value]


def without_exchange(directory: Path) -> None:
    union = SmallUnion(directory / "home").at("10:00").settle()
    with union.application() as application:
        application.do(lambda work: fix_date(work, DAY))


def trade_suspended(directory: Path) -> None:
    """After the dates on which the central bank of Oman is silent."""
    union = union_in(directory)
    for ahead in range(9):
        union.at("19:00", (DAY + timedelta(days=ahead)).isoformat()).settle()
    union.at("10:10", "2026-10-08").settle()
    union.order(A, "ONE", "KZT", "OMR", 10, "0.0007")


def revised_twice(directory: Path) -> None:
    union = fixed(directory)
    union.revise()
    union.revise()


UNIT_CASES: list[tuple[str, str, str, Act]] = [
    ("no_exchange", "A fixing needs an exchange.", "Fix a date of a union without", without_exchange),
    ("fixed_already", "A date is fixed once.", "Fix it again", lambda d: fixed(d).fix(DAY)),
    ("fixing_passed", "Fixings go forward.", "Fix the day before", lambda d: fixed(d).fix(date(2026, 9, 28))),
    ("fixing_ahead", "A date is fixed once it has begun.", "Fix tomorrow",
     lambda d: union_in(d).fix(date(2026, 9, 30))),
    ("no_fixing", "Rates are asked for of a date that has been fixed.", "Ask before the first fixing",
     lambda d: ask_rates(union_in(d).home).rates(None)),
    ("no_rate", "Rates are asked for of currencies that have one.", "`tasviya rates --currency USD`",
     lambda d: ask_rates(fixed(d).home).rates(None, "USD")),
    ("suspended_currency", "A currency without a fresh rate is not traded.",
     "Buy OMR while its rate is too old", trade_suspended),
    ("no_unit", "Only a union with a unit can revise it.", "Revise where there is none",
     lambda d: with_unit(d, "none").revise()),
    ("unit_without_basket", "A basket is revised.", "Revise a unit of one currency",
     lambda d: with_unit(d, "currency").revise()),
    ("no_basket", "The first fixing makes the first basket.", "Revise before it",
     lambda d: union_in(d).revise()),
    ("not_revised_then", "A basket changes the day after a fixing.", "Let it change in December",
     lambda d: fixed(d).revise(valid_from=date(2026, 12, 1))),
    ("basket_stands", "A basket stays until the next fixing.", "Revise it twice", revised_twice),
    ("bad_weights", "Weights add up to 1.", "Give `KZT=0.5` alone", lambda d: weights_in(["KZT=0.5"])),
]  # fmt: skip
