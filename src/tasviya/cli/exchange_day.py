"""`tasviya exchange day`: a day of orders on real trade and real rates, cleared and proven batch by batch."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tasviya.cli.options import Output
from tasviya.cli.output import Format, Row, screen, show, table
from tasviya.core.money import format_minor

if TYPE_CHECKING:
    from tasviya.lab.exchange_day import Day
    from tasviya.lab.exchange_replay import BatchOfDay, Netting, Outcome

MOST_ORDERS = 1_000_000
COLUMNS = 8
"""Batches that a table has room for; more are told in JSON and CSV."""

MILLION_DOLLARS = 1e8
"""US cents in a million US dollars, in which tables tell values."""


def day(
    rates: Annotated[
        Path | None, typer.Option(help="CSV: date, then units of each currency for one euro.")
    ] = None,
    flows: Annotated[
        Path | None, typer.Option(help="CSV: exporter, importer and usd, usd_thousand or usd_million.")
    ] = None,
    date: Annotated[str | None, typer.Option(help="Which day of --rates; its last if left out.")] = None,
    orders: Annotated[int, typer.Option(min=1, max=MOST_ORDERS, help="How many orders to draw.")] = 100_000,
    batches: Annotated[int, typer.Option(min=1, max=96, help="How many batches clear them.")] = 8,
    seed: Annotated[int, typer.Option(help="Another seed draws another day.")] = 1,
    market_makers: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of the expected imbalance they offer; 0 for none.")
    ] = 60,
    exact_out: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of orders that fix what is bought.")
    ] = 80,
    whole: Annotated[
        int, typer.Option(min=0, max=100, help="Percent of orders that fill in full or not at all.")
    ] = 50,
    tolerance: Annotated[
        int, typer.Option(min=0, max=500, help="Basis points that limits lie behind the rate on average.")
    ] = 50,
    output: Output = Format.TABLE,
) -> None:
    """Clear a day of orders drawn from real trade at real rates. Example: tasviya exchange day --batches 4"""
    from tasviya.lab import figures, given_figures
    from tasviya.lab.exchange_day import Wish, draw
    from tasviya.lab.exchange_replay import netting, replay

    trade = given_figures.read_flows(flows) if flows else figures.trade_matrix("trade_2015")
    day_rates = (
        given_figures.read_rates(rates, date) if rates else figures.rates(date or figures.RATE_DATES[-1])
    )
    wish = Wish(orders, batches, seed, exact_out, whole, tolerance, market_makers)
    drawn = draw(trade, day_rates, wish)
    if output is Format.TABLE:
        screen.print(f"Orders: {orders:,}; currencies: {len(drawn.market.currencies)}; batches: {batches}")
        if rates or flows:
            screen.print(
                f"Flows: {trade.name}; rates of {day_rates.day}: {rates or 'the package'}", style="dim"
            )
        else:
            screen.print(figures.label(trade, day_rates).partition(" Banks,")[0], style="dim")
        if drawn.left_out:
            screen.print(f"{drawn.left_out} flows within one currency need no exchange.", style="dim")
    done = list(replay(drawn, wish))
    possible = netting(drawn)
    if output is Format.TABLE:
        _print(drawn, done, possible)
    elif output is Format.CSV:
        show([_facts(each) | row for each in done for row in _by_currency(drawn, each)], output)
    else:
        batches_told = [_facts(each) | {"currencies": _by_currency(drawn, each)} for each in done]
        told = {"batches": batches_told, "day": _totals(done, possible)}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")


def _print(drawn: Day, done: Sequence[BatchOfDay], possible: Netting) -> None:
    many = len(done) > COLUMNS
    shown = [done[len(done) * (n + 1) // COLUMNS - 1] for n in range(COLUMNS)] if many else done
    title = "Batches: millions of US dollars, percent of all that came so far"
    prices = "Prices: basis points above the rate, in the geometric mean of all"
    left = "Imbalance left: still wanted less offered, millions of US dollars"
    moves = {each.number: _moves(drawn, each) for each in shown}
    for head, rows in (
        (title, _lines(done)),
        (prices, _by_batch(drawn, shown, lambda each, place: moves[each.number][place])),
        (left, _by_batch(drawn, shown, lambda each, place: _millions(_last(each).left[place]))),
        ("The day, without any vehicle currency", _shares(_totals(done, possible))),
    ):
        made = table(rows)
        for column in made.columns[1:]:
            column.justify = "right"
        screen.print()
        screen.print(head, style="italic")
        screen.print(made)
    outcomes = [each for batch in done for each in _outcomes(batch)]
    proven = sum(each.proven for each in outcomes)
    screen.print()
    screen.print(f"{proven} of {len(outcomes)} clearings certified: proven in whole numbers.")


def _lines(done: Sequence[BatchOfDay]) -> list[Row]:
    lines, came, alone, helped = [], 0, 0, 0
    for batch in done:
        came += batch.came_value
        alone += batch.alone.value
        line: Row = {
            "batch": batch.number,
            "orders": f"{_last(batch).waiting:,}",
            "came": _millions(batch.came_value),
            "executed alone": f"{_millions(batch.alone.value)}  {_percent(alone, came)} %",
        }
        if batch.helped:
            helped += batch.helped.value
            line["with makers"] = f"{_millions(batch.helped.value)}  {_percent(helped, came)} %"
            line["makers added"] = _millions(batch.helped.value - batch.alone.value)
        line["certified"] = "yes" if all(each.proven for each in _outcomes(batch)) else "no"
        lines.append(line)
    return lines


def _by_batch(drawn: Day, shown: Sequence[BatchOfDay], cell: Callable[[BatchOfDay, int], str]) -> list[Row]:
    """A line a currency, a column a batch."""
    return [
        {"currency": code, **{str(each.number): cell(each, place) for each in shown}}
        for place, code in enumerate(drawn.market.currencies)
    ]


def _shares(totals: Row) -> list[Row]:
    names = {
        "bilateral_percent": "each pair of currencies netted, if limits did not matter",
        "multilateral_percent": "all currencies together, if limits did not matter",
        "alone_percent": "executed in batches, payments alone",
        "percent": "executed in batches, with market makers",
    }
    return [{"how": text, "percent of value": totals[name]} for name, text in names.items() if name in totals]


def _totals(done: Sequence[BatchOfDay], possible: Netting) -> Row:
    """The whole day, for programs."""
    came = possible.total
    outcomes = [each for batch in done for each in _outcomes(batch)]
    totals: Row = {
        "orders": sum(each.came for each in done),
        "value": _dollars(came),
        "bilateral_percent": _percent(possible.bilateral, came),
        "multilateral_percent": _percent(possible.multilateral, came),
        "alone_percent": _percent(sum(each.alone.value for each in done), came),
    }
    if done[-1].helped:
        helped = [each.helped for each in done if each.helped]
        totals["percent"] = _percent(sum(each.value for each in helped), came)
        totals["makers_sold"] = _dollars(sum(each.makers_sold for each in helped))
    return totals | {"clearings": len(outcomes), "certified": sum(each.proven for each in outcomes)}


def _facts(batch: BatchOfDay) -> Row:
    """One batch, for programs; values in US dollars at the day's rates."""
    facts: Row = {"batch": batch.number, "came": batch.came, "came_value": _dollars(batch.came_value)}
    for prefix, outcome in (("alone_", batch.alone), ("", batch.helped)):
        if outcome:
            facts |= {
                f"{prefix}orders": outcome.waiting,
                f"{prefix}filled": outcome.filled,
                f"{prefix}set_aside": outcome.set_aside,
                f"{prefix}asked": _dollars(outcome.asked),
                f"{prefix}value": _dollars(outcome.value),
                f"{prefix}certified": outcome.proven,
            }
    if batch.helped:
        facts["makers_added"] = _dollars(batch.helped.value - batch.alone.value)
        facts["makers_sold"] = _dollars(batch.helped.makers_sold)
    return facts


def _by_currency(drawn: Day, batch: BatchOfDay) -> list[Row]:
    """What a batch came to by currency. price: units of the first currency for one unit, at the batch's
    prices."""
    prices = _last(batch).prices
    first = prices[0] * drawn.minor_per_major[0]
    rows = []
    for place, (code, moved) in enumerate(zip(drawn.market.currencies, _moves(drawn, batch), strict=True)):
        price = Decimal(prices[place] * drawn.minor_per_major[place])
        row: Row = {
            "currency": code,
            "price": f"{Context(prec=10).divide(price, Decimal(first)):f}" if first and price else "",
            "basis_points": moved,
            "alone_left": _dollars(batch.alone.left[place]),
        }
        rows.append(row | ({"left": _dollars(batch.helped.left[place])} if batch.helped else {}))
    return rows


def _moves(drawn: Day, batch: BatchOfDay) -> list[str]:
    """How many basis points each currency's price lies above the day's rate, in the geometric mean of all
    that have a price."""
    logs = [
        math.log(price) - float(start) if price else None
        for price, start in zip(_last(batch).prices, drawn.market.reference, strict=True)
    ]
    known = [each for each in logs if each is not None]
    mean = sum(known) / len(known) if known else 0.0
    return ["" if each is None else f"{(each - mean) * 10_000:.1f}" for each in logs]


def _outcomes(batch: BatchOfDay) -> list[Outcome]:
    return [batch.alone, *([batch.helped] if batch.helped else [])]


def _last(batch: BatchOfDay) -> Outcome:
    """What it came to with market makers, if there are any."""
    return _outcomes(batch)[-1]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0:.1f}"


def _millions(cents: int) -> str:
    return f"{cents / MILLION_DOLLARS:,.1f}"


def _dollars(cents: int) -> str:
    return format_minor(cents, 2)
