"""`tasviya customs correct`, `drawback`, `refund …`: too little is demanded, too much is given back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.declarations import declaration_in, left_out_words
from tasviya.cli.lodging import As, Mrn, status
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, show
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, accepted
from tasviya.core.money import AmountError, parse_amount
from tasviya.customs.quantity import thousandths

if TYPE_CHECKING:
    from tasviya.customs.declaration import Declaration
    from tasviya.customs.refund import LineUse
    from tasviya.services.work import Work

commands = typer.Typer()
refund_app = typer.Typer(
    help="Refunds: asked for, granted by another person, and paid.", no_args_is_help=True
)

Reference = Annotated[str, typer.Argument(help="The refund's reference: the MRN and its ending.")]
Reason = Annotated[str, typer.Option(help="Why.")]
ToCash = Annotated[bool, typer.Option("--to-cash", help="Pay it to the trader's cash account with customs.")]
_USE = re.compile(r"([A-Z0-9]{18})/([0-9]{1,4})=([0-9]+(?:\.[0-9]{1,3})?)", re.ASCII)


@commands.command()
def correct(
    mrn: Mrn,
    file: Annotated[Path, typer.Argument(help="The whole declaration, as it should have been.")],
    actor: As,
    reason: Reason,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """An officer corrects what is released: more is demanded, less is a refund to grant. Example: tasviya
    customs correct 26KZ000000000001R0 import.json --as kz.officer.1 --reason "invoice found" """
    from tasviya import app
    from tasviya.services import corrections

    raw, declared = _read(file)
    with app.by_hand(home, now) as application:
        accepted(
            application.do(lambda work: _one(corrections.correct(work, mrn, declared, raw, actor, reason)))
        )
        application.finish_telling()
    status(mrn, home=home, output=output)


@commands.command()
def drawback(
    mrn: Annotated[str, typer.Argument(help="The export's MRN.")],
    use: Annotated[list[str], typer.Option(help="What it contains: MRN/ITEM=QUANTITY. May be repeated.")],
    actor: As,
    reason: Reason,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Ask for what was paid for imports that exported goods contain. Example: tasviya customs drawback
    26KZ000000000009A3 --use 26KZ000000000001R0/1=2.5 --as KZ990101300017 --reason "built into machines" """
    from tasviya import app
    from tasviya.services.drawbacks import draw_back

    uses = [_use(each) for each in use]
    with app.by_hand(home, now) as application:
        made = accepted(application.do(lambda work: draw_back(work, mrn, uses, actor, reason)))
        application.finish_telling()
    _show(home, output, made.reference)


@refund_app.command("ask")
def ask_(
    mrn: Mrn,
    actor: As,
    reason: Reason,
    file: Annotated[Path | None, typer.Argument(help="The declaration, as it should have been.")] = None,
    tax: Annotated[
        list[str] | None, typer.Option(help="Or what to give back: DUTY=50.00. May be repeated.")
    ] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Ask for what a released declaration has paid too much. Example: tasviya customs refund ask
    26KZ000000000001R0 --tax VAT=120.00 --as KZ990101300017 --reason "rate misread" """
    from tasviya import app
    from tasviya.services.corrections import request_refund

    if (file is None) == (not tax):
        what = "Both a file and amounts are given." if file else "Neither a file nor an amount is given."
        raise OperatorError("bad_refund", what, "Give the declaration as it should be, or --tax.", "--tax")
    read = _read(file) if file else None
    asked_for = app.ask_customs(app.Home(home)).found(mrn)
    money = app.ask_customs(app.Home(home)).money_of(asked_for.member)

    def act(work: Work) -> object:
        wanted = (read[1], read[0]) if read else dict(_tax(each, money) for each in tax or ())
        return _one(request_refund(work, mrn, wanted, actor, reason))

    with app.by_hand(home, now) as application:
        accepted(application.do(act))
        application.finish_telling()
    _show(home, output, mrn)


@refund_app.command()
def grant(
    reference: Reference,
    actor: As,
    to_cash: ToCash = False,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Grant a refund or a drawback; who asked for it may not. Example: tasviya customs refund grant
    26KZ000000000001R0-R1 --as kz.supervisor"""
    from tasviya import app
    from tasviya.services.refunds import grant_refund

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: grant_refund(work, reference, actor, to_cash=to_cash)))
        application.finish_telling()
    _show(home, output, reference)


@refund_app.command()
def refuse(
    reference: Reference,
    actor: As,
    reason: Reason,
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Refuse a refund or a drawback, and say why. Example: tasviya customs refund refuse
    26KZ000000000001R0-R1 --as kz.supervisor --reason "the invoice stands" """
    from tasviya import app
    from tasviya.services.refunds import refuse_refund

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: refuse_refund(work, reference, actor, reason)))
        application.finish_telling()
    _show(home, output, reference)


@refund_app.command("list")
def list_(
    member: Annotated[str | None, typer.Option(help="Only in this member.")] = None,
    state: Annotated[str | None, typer.Option("--status", help="Only those, such as asked.")] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Refunds, drawbacks and what came in beyond what was due. Example: tasviya customs refund list
    --member KZ --status asked"""
    _show(home, output, "", member, state)


@refund_app.command()
def pay(
    reference: Reference,
    actor: As,
    to_cash: ToCash = False,
    bank: Annotated[str, typer.Option(help="Or through a bank: its BIC.")] = "",
    account: Annotated[str, typer.Option(help="The trader's account there.")] = "",
    name: Annotated[str, typer.Option(help="The account's owner.")] = "",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Pay a refund that is granted: the customs' pacs.008 is handed in, or the cash account filled. Example:
    tasviya customs refund pay 26KZ000000000001R0-R1 --to-cash --as kz.supervisor"""
    from tasviya import app
    from tasviya.services.refunds import Payee, order_payment, pay_to_cash

    if to_cash == bool(bank) or bool(bank) != bool(account and name):
        what = "It is not said to which account it goes."
        cure = "Say --to-cash; or give --bank, --account and --name."
        raise OperatorError("bad_refund", what, cure, "--bank")
    with app.by_hand(home, now) as application:
        application.system.advance()
        if to_cash:
            accepted(application.do(lambda work: pay_to_cash(work, reference, actor)))
        else:
            to, scheme = Payee(bank, account, name), application.scheme
            sent = accepted(application.do(lambda work: order_payment(work, scheme, reference, to, actor)))
            app.hand_in_made(app.Home(home), [sent])
            typer.echo(f"{reference}: handed in as {sent[0]}; `tasviya run --once` settles it.", err=True)
        application.finish_telling()
    _show(home, output, reference)


def _show(
    home: Path, output: Format, about: str, member: str | None = None, state: str | None = None
) -> None:
    from tasviya import app

    rows = app.ask_customs(app.Home(home)).refunds(member, state)
    show([row for row in rows if row["reference"].startswith(about)], output, empty="No refunds.")


def _read(file: Path) -> tuple[bytes, Declaration]:
    from tasviya import app

    raw = app.read_bytes(file, "Name a declaration's file.")
    declared, left_out = declaration_in(file, raw)
    left_out_words(left_out)
    return raw, declared


def _one(found: object) -> object:
    """What was done, or the first of what keeps it from being done."""
    return found[0] if isinstance(found, list) else found


def _use(text: str) -> LineUse:
    from tasviya.customs.refund import LineUse

    found = _USE.fullmatch(text)
    if found is None:
        cure = "Write the import's MRN, /, the item, =, and how much: 26KZ000000000001R0/1=2.5."
        raise OperatorError("bad_use", f"{text:.60} is no use of an import.", cure, "--use")
    quantity = thousandths(found[3])
    return LineUse(found[1], int(found[2]), quantity or 0)


def _tax(text: str, code: str) -> tuple[str, int]:
    tax, _, amount = text.partition("=")
    try:
        return tax, parse_amount(amount, currency(code))
    except AmountError as error:
        raise OperatorError(
            "bad_amount", f"{error}.", "Write a tax and an amount: VAT=120.00.", "--tax"
        ) from None
