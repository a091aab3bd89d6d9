"""`tasviya customs guarantee …`: promises of guarantors, and what goods take of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, show
from tasviya.cli.transit import amount, page
from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import OperatorError, Refusal, accepted
from tasviya.core.money import Currency, Money

if TYPE_CHECKING:
    from tasviya.customs.guarantee import Guarantee
    from tasviya.services.work import Work

guarantee_app = typer.Typer(help="Guarantees: take, list, show, revoke.", no_args_is_help=True)

Grn = Annotated[str, typer.Argument(help="The guarantee's reference number.")]


@guarantee_app.command()
def take(
    member: Member,
    guarantor: Annotated[str, typer.Option(help="The participant that promises to pay.")],
    principal: Annotated[str, typer.Option(help="The trader that it stands for: their id.")],
    line: Annotated[str, typer.Option(help="Up to how much, 100000.00.")],
    code: Annotated[str, typer.Option("--currency", help="The line's: a member's, or the union's unit.")],
    since: Annotated[str, typer.Option("--from", help="The first day, yyyy-mm-dd.")],
    until: Annotated[str, typer.Option("--until", help="The last day for new reservations, yyyy-mm-dd.")],
    valid_in: Annotated[str, typer.Option("--valid-in", help="Members, with commas: KZ,UZ.")],
    actor: As,
    access_code: Annotated[str, typer.Option(help="What its principal must give to use it.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Take a guarantor's promise. Example: tasviya customs guarantee take --member KZ --guarantor KZ-ALTYN
    --principal KZ-ORDA --line 500000.00 --currency KZT --from 2026-01-01 --until 2026-12-31 --valid-in KZ,UZ
    --as kz.chief"""
    from tasviya import app
    from tasviya.services import guarantees

    first, last = date_in(since), date_in(until)
    if first is None or last is None:
        raise OperatorError("bad_date", "A day is empty.", "Write it as yyyy-mm-dd.", "--from, --until")
    valid = (first, last)
    members = tuple(each.strip() for each in valid_in.split(",") if each.strip())

    def act(work: Work) -> Guarantee | Refusal:
        money = _currency(code, work.memory.snapshot.unit_money)
        promised = Money(amount(line, money, "--line"), money)
        return guarantees.take(
            work, member, guarantor, principal, promised, valid, members, actor, access_code
        )

    with app.by_hand(home, now) as application:
        application.system.advance()
        made = accepted(application.do(act))
        application.finish_telling()
    show_(made.grn, home, output)


@guarantee_app.command("list")
def list_(
    member: Annotated[str | None, typer.Option(help="Only those that this member's customs took.")] = None,
    principal: Annotated[str | None, typer.Option(help="Only this trader's.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Guarantees: their lines, and what of each is reserved, called and free. Example: tasviya customs
    guarantee list --member KZ"""
    from tasviya import app

    show(app.ask_customs(app.Home(home)).guarantees(member, principal), output, empty="No guarantees.")


@guarantee_app.command("show")
def show_(grn: Grn, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """One guarantee, what is reserved for what, and its calls. Example: tasviya customs guarantee show
    26KZ0000000000015"""
    from tasviya import app

    found = app.ask_customs(app.Home(home)).guarantee_told(grn)
    if output is not Format.TABLE:
        show([found], output)
        return
    page(found, {name: found.pop(name) for name in ("reservations", "calls")})


@guarantee_app.command()
def revoke(
    grn: Grn,
    actor: As,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """End a guarantee for what is to come; what is reserved stays. Example: tasviya customs guarantee revoke
    26KZ0000000000015 --as kz.chief"""
    from tasviya import app
    from tasviya.services import guarantees

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: guarantees.revoke(work, grn, actor)))
        application.finish_telling()
    show_(grn, home, output)


def _currency(code: str, unit: Currency | None) -> Currency:
    """The union's unit, or a currency of ISO 4217. Raises: OperatorError."""
    if unit is not None and unit.code == code:
        return unit
    try:
        return currency(code)
    except UnknownCurrency as error:
        cure = "Use a code of ISO 4217, or the union's unit."
        raise OperatorError("unknown_currency", f"{error}.", cure, "--currency") from None
