"""`tasviya netting`: what netting does with real trade, and what one more or one fewer member changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.dollars import BILLIONS, MILLIONS, Unit, percent, right_aligned, unit_of
from tasviya.cli.options import Output
from tasviya.cli.output import Format, Row, details, screen, show, stderr
from tasviya.core.errors import OperatorError

if TYPE_CHECKING:
    from tasviya.lab.regions import Chosen, Region
    from tasviya.lab.trade_files import TradeYears
    from tasviya.settlement.netting import Netting

netting_app = typer.Typer(help="Netting on real trade: by pairs, all together, over years.")

Data = Annotated[
    Path | None,
    typer.Option(help="A CSV file of trade, or a folder of such files; else the package's figures."),
]
OfRegion = Annotated[str | None, typer.Option("--region", help="A region, such as sco or epu-1955.")]
OfMembers = Annotated[str | None, typer.Option("--members", help="Own choice of states, KZ,UZ,KG.")]
OfYear = Annotated[
    int | None, typer.Option("--year", min=1, max=9999, help="The year of trade; the region's if left out.")
]

EACH = "all"
"""What `--leave` takes for each member in turn."""
MANY = 40
"""Names that a cure lists at the most."""


@netting_app.callback(invoke_without_command=True)
def netting(
    context: typer.Context,
    region: OfRegion = None,
    members: OfMembers = None,
    year: OfYear = None,
    every: Annotated[bool, typer.Option("--all", help="Every region with figures.")] = False,
    data: Data = None,
    leave: Annotated[
        str | None, typer.Option(help="Members gone, KZ,UZ; all: one after the other, each alone.")
    ] = None,
    join: Annotated[str | None, typer.Option(help="States that join, KZ,UZ.")] = None,
    positions: Annotated[bool, typer.Option("--positions", help="Positions, and payments for them.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Which regions there are.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Gross, bilateral, multilateral and what is left to settle of a year's trade. Example: tasviya netting
    --region sco --year 2015"""
    if context.invoked_subcommand:
        if region or members or every or listed:
            cure = f"Write `tasviya netting {context.invoked_subcommand} …`, and options behind it."
            raise OperatorError("LB11", "Options stand before the command.", cure, context.invoked_subcommand)
        return
    from tasviya.lab.regions import choose, regions

    _check(region, members, every, listed, {"leave": leave, "join": join, "positions": positions})
    wanted = regions(year) if every or listed else (asked_for(region, members, year),)
    trade = figures(data, {each.year for each in wanted})
    if listed:
        show([_listing(each, trade) for each in wanted], output)
        return
    chosen = _all_of(wanted, trade) if every else [(wanted[0], choose(trade, wanted[0]))]
    if leave or join or positions:
        ((of, one),) = chosen
        if positions:
            _show_positions(one, output)
        else:
            _show_drill(of, one, leave, join, output)
    elif output is Format.TABLE and not every:
        _show_one(*chosen[0])
    elif output is Format.TABLE:
        screen.print(right_aligned([_line(*each) for each in chosen]))
        screen.print(_PER_CENT, style="dim")
    else:
        show([_facts(*each) for each in chosen], output)
    tell_figures([one for _, one in chosen], output)


_PER_CENT = "Cleared and left: per cent of gross."


def asked_for(region: str | None, members: str | None, year: int | None) -> Region:
    """The region that was named, or a user's own.

    Raises: OperatorError.
    """
    from tasviya.lab.regions import Region
    from tasviya.lab.regions import region as named

    if members is None:
        return named(region or "", year)
    if year is None:
        raise OperatorError("LB12", "Members are named, and no year.", "Name one by --year.", "--year")
    return Region("members", year, "your own choice", _names(members, "--members"))


def figures(data: Path | None, years: Iterable[int] | None) -> Sequence[TradeYears]:
    """Trade from a user's files, or the package's."""
    from tasviya.lab.trade_files import read_trade, shipped

    return read_trade(data, None if years is None else set(years)) if data else shipped()


def tell_figures(chosen: Iterable[Chosen], output: Format) -> None:
    """Say below a table where its figures come from, and whose there are none of."""
    told = stderr if output is not Format.TABLE else screen
    sets = list(chosen)
    if len(sets) == 1 and sets[0].missing:
        told.print(f"No figures of {', '.join(sets[0].missing)} in {sets[0].matrix.name}.", style="dim")
    if output is Format.TABLE:
        for source in dict.fromkeys(each.matrix.source for each in sets):
            told.print(source, style="dim", highlight=False)


def _check(
    region: str | None, members: str | None, every: bool, listed: bool, one: Mapping[str, object]
) -> None:
    """Refuse options that do not go together."""
    ways = [region is not None, members is not None, every, listed]
    if sum(ways) != 1:
        what = "One of --region, --members, --all and --list says what to net."
        cure = "Give one of them; `tasviya netting --list` shows the regions."
        raise OperatorError("LB11", what, cure, "--region")
    asked = [name for name, value in one.items() if value]
    if len(asked) > 1 or (asked and (every or listed)):
        what = f"--{asked[-1]} is of one region, and by itself."
        raise OperatorError("LB11", what, "Ask one thing at a time.", f"--{asked[-1]}")


def _all_of(wanted: Iterable[Region], trade: Sequence[TradeYears]) -> list[tuple[Region, Chosen]]:
    """Regions with figures in their year, and those figures.

    Raises: OperatorError if none has any.
    """
    from tasviya.lab.regions import choose

    found = []
    for each in wanted:
        try:
            found.append((each, choose(trade, each)))
        except OperatorError as error:
            stderr.print(error.refusal.what, style="dim")
    if not found:
        cure = "Name another year, or other figures by --data."
        raise OperatorError("LB12", "There are figures of none of the regions.", cure, "--all")
    return found


def _listing(region: Region, trade: Sequence[TradeYears]) -> Row:
    from tasviya.lab.regions import choose

    try:
        chosen = choose(trade, region)
        known, name = str(len(chosen.members)), chosen.matrix.name
    except OperatorError:
        known, name = "", "none: give --data"
    return {
        "region": region.name,
        "year": str(region.year),
        "members": "*" if region.everyone else str(len(region.members)),
        "with figures": known,
        "figures": name,
        "title": region.title,
    }


def _netted(chosen: Chosen, members: Iterable[str] | None = None) -> Netting:
    from tasviya.lab.regions import obligations
    from tasviya.settlement.netting import netting as net

    return net(obligations(chosen, members))


def _show_one(region: Region, chosen: Chosen) -> None:
    """A region for people, in full."""
    found = _netted(chosen)
    unit = unit_of(found.gross)
    pairs, left = unit.text(found.bilateral), unit.text(found.multilateral)
    rows: Row = {
        "region": f"{region.name}, {region.year}: {region.title}",
        "parties": str(len(chosen.members)),
        "gross": f"{unit.text(found.gross)} {unit.name} US dollars",
        "bilateral": f"clears {percent(found.bilateral_share)} %, leaves {pairs} {unit.name}",
        "multilateral": f"clears {percent(found.multilateral_share)} %, leaves {left} {unit.name}",
        "left to settle": f"{percent(found.left_share)} % of gross",
        "of what pairs leave": f"multilateral netting clears {percent(found.share_of_bilateral)} %",
    }
    screen.print(details(rows), highlight=False)


def _line(region: Region, chosen: Chosen) -> Row:
    """A region for people, beside others."""
    found = _netted(chosen)
    name = {"region": f"{region.name}-{region.year}"}
    return (
        name
        | _shares(len(chosen.members), found, BILLIONS)
        | {"of bilateral": percent(found.share_of_bilateral)}
    )


def _shares(parties: int, found: Netting, unit: Unit) -> Row:
    return {
        "parties": str(parties),
        f"gross {unit.name}": unit.text(found.gross),
        "bilateral": percent(found.bilateral_share),
        "multilateral": percent(found.multilateral_share),
        "left": percent(found.left_share),
    }


def _facts(region: Region, chosen: Chosen) -> Row:
    """A region for programs."""
    head = {"region": region.name, "year": region.year, "title": region.title}
    missing = {"figures": chosen.matrix.name, "missing": " ".join(chosen.missing)}
    return head | _figures(len(chosen.members), _netted(chosen)) | missing


def _figures(parties: int, found: Netting) -> Row:
    return {
        "parties": parties,
        "gross_usd": found.gross,
        "gross_bn": BILLIONS.text(found.gross, grouping=""),
        "bilateral_percent": percent(found.bilateral_share),
        "multilateral_percent": percent(found.multilateral_share),
        "left_percent": percent(found.left_share),
        "of_bilateral_percent": percent(found.share_of_bilateral),
        "bilateral_left_usd": found.bilateral,
        "left_usd": found.multilateral,
    }


def _show_positions(chosen: Chosen, output: Format) -> None:
    from tasviya.lab.regions import obligations
    from tasviya.settlement.netting import multilateral, who_owes_whom

    owed = obligations(chosen)
    found = multilateral(owed)
    unit = MILLIONS.text if output is Format.TABLE else str
    rows: list[Row] = [
        {
            "member": member,
            "sells": unit(sum(usd for (_, creditor), usd in owed.items() if creditor == member)),
            "buys": unit(sum(usd for (debtor, _), usd in owed.items() if debtor == member)),
            "position": unit(found[member]),
        }
        for member in sorted(found, key=lambda member: (-found[member], member))
    ]
    if output is not Format.TABLE:
        show(rows, output)
        return
    if not rows:
        screen.print("They owe each other nothing.")
        return
    screen.print("Positions, millions of US dollars", style="italic")
    screen.print(right_aligned(rows))
    payments: list[Row] = [
        {"who pays": each.debtor, "whom": each.creditor, "amount": MILLIONS.text(each.amount)}
        for each in who_owes_whom(found)
    ]
    if payments:
        screen.print()
        screen.print("Payments that would discharge them", style="italic")
        screen.print(right_aligned(payments, text=2))
    screen.print()


def _show_drill(region: Region, chosen: Chosen, leave: str | None, join: str | None, output: Format) -> None:
    """Netting without members that leave, or with states that join, beside the region as it is."""
    from tasviya.lab.regions import obligations
    from tasviya.settlement.netting import drill

    inside = frozenset(chosen.members)
    others = _others(chosen, leave, join)
    now = _netted(chosen)
    rows: list[tuple[Row, int, Netting, int]] = [({"union": region.name}, len(inside), now, 0)]
    for codes in others:
        changed = inside - codes if leave else inside | codes
        large, small = (inside, changed) if leave else (changed, inside)
        found = drill(obligations(chosen, large), obligations(chosen, small))
        through = -found.cleared_through_it if leave else found.cleared_through_it
        name = f"{'without' if leave else 'with'} {', '.join(sorted(codes))}"
        rows.append(({"union": name}, len(changed), found.without_it if leave else found.with_it, through))
    rows[1:] = sorted(rows[1:], key=lambda row: (row[3], row[0]["union"]))
    if output is not Format.TABLE:
        show(
            [name | _figures(parties, found) | {"clears_usd": usd} for name, parties, found, usd in rows],
            output,
        )
        return
    unit = unit_of(max(found.gross for _, _, found, _ in rows))
    change = f"clears {unit.name}"
    lines = [
        name
        | _shares(parties, found, unit)
        | {change: f"{'+' if usd > 0 else ''}{unit.text(usd)}" if usd else ""}
        for name, parties, found, usd in rows
    ]
    screen.print(right_aligned(lines))
    screen.print(f"{_PER_CENT} {change}: how much more, or less, than now.", style="dim", highlight=False)


def _others(chosen: Chosen, leave: str | None, join: str | None) -> list[frozenset[str]]:
    """Who leaves or joins: a set of states a drill.

    Raises: OperatorError.
    """
    if leave == EACH:
        return [frozenset([member]) for member in chosen.members]
    option = "--leave" if leave else "--join"
    codes = set()
    for text in _names(leave or join or "", option):
        code = chosen.names.of(text)
        if code is None:
            what = f"There are no figures of {text} in {chosen.matrix.name}."
            cure = f"Use one of {', '.join(sorted(chosen.matrix.states)[:MANY])}."
            raise OperatorError("LB13", what, cure, option)
        if (code in chosen.members) != bool(leave):
            what = f"{code} is {'no member' if leave else 'a member already'}."
            cure = f"The members with figures are {', '.join(chosen.members[:MANY])}."
            raise OperatorError("LB13", what, cure, option)
        codes.add(code)
    if leave and len(chosen.members) - len(codes) < 2:
        raise OperatorError("LB13", "Fewer than two members would be left.", "Let fewer leave.", option)
    return [frozenset(codes)]


def _names(text: str, option: str) -> tuple[str, ...]:
    """A list of states, as it was typed; each once.

    Raises: OperatorError.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if not all(names):
        raise OperatorError("LB13", f"{text!r} names no states.", "Write KZ,UZ,KG.", option)
    return names
