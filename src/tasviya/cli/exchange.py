"""`tasviya exchange …`: orders, batches, and their proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output
from tasviya.cli.output import Format, details, screen, show
from tasviya.core.errors import OperatorError
from tasviya.exchange.order import Order
from tasviya.services.exchange_batch import run
from tasviya.services.order_forms import OrderForm, QuoteForm, forms_in, wanted, wanted_quote
from tasviya.services.orders import cancel_order, enter_orders
from tasviya.services.quotes import post_quote, withdraw_quote
from tasviya.services.trades import rescind

exchange_app = typer.Typer(help="The exchange: orders, batches, and their proof.", no_args_is_help=True)

NUMBER_DIGITS = 18
"""A longer number is no batch's; a file may be called so."""

Sender = Annotated[str, typer.Option("--as", help="The BIC of the participant that trades.")]
Reference = Annotated[str, typer.Argument(help="The participant's own reference, new for each order.")]
BatchNumber = Annotated[int | None, typer.Argument(help="A batch's number; the latest if left out.")]


@exchange_app.command()
def order(
    reference: Reference,
    sender: Sender,
    sell: Annotated[str, typer.Option(help="The currency it sells.")],
    buy: Annotated[str, typer.Option(help="The currency it buys.")],
    amount: Annotated[str, typer.Option(help="What it sells; with --fixed out, what it buys.")],
    limit: Annotated[str, typer.Option(help="At least so many units bought for one sold, such as 0.155.")],
    fixed: Annotated[str, typer.Option(help="Which amount is fixed: in (sold) or out (bought).")] = "in",
    whole: Annotated[bool, typer.Option(help="Fill in full or not at all.")] = False,
    until: Annotated[str | None, typer.Option(help="When it ends; with its day if left out.")] = None,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Enter an order for the next batch; what it may pay is held. Example: tasviya exchange order A1 --as
    ALDBKZ20XXX --sell KZT --buy UZS --amount 1000000 --limit 23.5"""
    form = OrderForm(reference, sell, buy, amount, limit, fixed, "yes" if whole else "no", until or "")
    (entered,) = _enter(home, now, sender, [form])
    typer.echo(f"{entered.order_id}: {entered.status}; the next batch decides.")


@exchange_app.command()
def orders(
    file: Annotated[Path, typer.Argument(help="CSV with the columns reference, sell, buy, amount, limit.")],
    sender: Sender,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Enter the orders of a file, all or none. Example: tasviya exchange orders orders.csv --as
    ALDBKZ20XXX"""
    from tasviya import app

    text = app.read_text(file, "Name a CSV file in UTF-8.")
    entered = _enter(home, now, sender, forms_in(text, str(file)))
    typer.echo(f"{len(entered)} orders stand; the next batch decides.")


@exchange_app.command()
def cancel(
    order_id: Annotated[str, typer.Argument(help="The order's id, O and 24 digits.")],
    sender: Sender,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Cancel an order; what was held for it is free again. Example: tasviya exchange cancel O3f52… --as
    ALDBKZ20XXX"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        owner = application.participant(sender)
        cancelled = application.do(lambda work: cancel_order(work, owner, order_id))
        application.tell()
    typer.echo(f"{cancelled.order_id}: {cancelled.status}")


@exchange_app.command()
def quote(
    reference: Reference,
    sender: Sender,
    pair: Annotated[str, typer.Option(help="Base and counter currency: KZT/UZS.")],
    bid: Annotated[str, typer.Option(help="What it pays for one of the base currency.")],
    ask: Annotated[str, typer.Option(help="What it wants for one.")],
    size: Annotated[str, typer.Option(help="How much of the base currency, each way.")],
    until: Annotated[str, typer.Option(help="When it expires: 2026-09-29T10:15:00Z.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Post a firm two-way quote that payments can take at once; what it promises is held. Example: tasviya
    exchange quote Q1 --as ALDBKZ20XXX --pair KZT/UZS --bid 23.6 --ask 23.7 --size 100000 --until
    2026-09-29T06:15:00Z"""
    from tasviya import app

    base, _, counter = pair.partition("/")
    form = QuoteForm(reference, base, counter, bid, ask, size, until)
    with app.by_hand(home, now) as application:
        application.system.advance()
        asked = wanted_quote(application.participant(sender), form, application.system.memory.snapshot)
        posted = application.do(lambda work: post_quote(work, asked))
        application.tell()
    typer.echo(f"{posted.quote_id}: quote {posted.seq} stands until {until}.")


@exchange_app.command()
def unquote(
    quote_id: Annotated[str, typer.Argument(help="The quote's id, Q and 24 digits.")],
    sender: Sender,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Withdraw what is left of a quote. Example: tasviya exchange unquote Q3f52… --as ALDBKZ20XXX"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        owner = application.participant(sender)
        application.do(lambda work: withdraw_quote(work, owner, quote_id))
        application.tell()
    typer.echo(f"{quote_id}: withdrawn")


@exchange_app.command()
def quotes(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """Firm quotes that stand now, for everyone to see. Example: tasviya exchange quotes"""
    from tasviya import app

    show(app.ask_exchange(app.Home(home)).quotes(), output, empty="Nobody quotes.")


@exchange_app.command()
def book(
    sender: Annotated[
        str | None,
        typer.Option("--as", help="This BIC's participant's orders; else only how many there are."),
    ] = None,
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """What waits for the next batch. Orders are sealed: each participant sees its own, all see how many there
    are. Example: tasviya exchange book --as ALDBKZ20XXX"""
    from tasviya import app

    asked = app.ask_exchange(app.Home(home))
    rows = asked.own_orders(sender) if sender else asked.sealed_book()
    show(rows, output, empty="No order waits.")


@exchange_app.command()
def trades(sender: Sender, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """What a participant instructed of trades with others, and what became of it. Example: tasviya exchange
    trades --as ALDBKZ20XXX"""
    from tasviya import app

    rows = app.ask_exchange(app.Home(home)).own_trades(sender)
    show(rows, output, empty="It has instructed no trade.")


@exchange_app.command("rescind")
def rescind_trade(
    trade_id: Annotated[str, typer.Argument(metavar="TRADE", help="The trade's id, T and 24 digits.")],
    sender: Sender,
    home: Home = DEFAULT_HOME,
    now: Now = None,
) -> None:
    """Take back an instruction of a trade that the other side has not instructed. Example: tasviya exchange
    rescind T3f52… --as ALDBKZ20XXX"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        owner = application.participant(sender)
        rescinded = application.do(lambda work: rescind(work, owner, trade_id))
        application.tell()
    typer.echo(f"{rescinded.trade_id}: {rescinded.status}")


@exchange_app.command()
def batch(home: Home = DEFAULT_HOME, now: Now = None, output: Output = Format.TABLE) -> None:
    """Clear the book now, without waiting for the hour. Example: tasviya exchange batch"""
    from tasviya import app

    with app.by_hand(home, now) as application:
        made = application.do(run)
        application.tell()
    if made is None:
        typer.echo("Nothing in the book can be cleared now.")
    else:
        _show_batch(home, made.seq, output)


@exchange_app.command()
def batches(home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """All batches, the latest first. Example: tasviya exchange batches"""
    from tasviya import app

    show(app.ask_exchange(app.Home(home)).batches(), output, empty="No batch has been run.")


@exchange_app.command()
def prices(number: BatchNumber = None, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """What a batch came to: one price a currency. Example: tasviya exchange prices 12"""
    _show_batch(home, number, output)


@exchange_app.command()
def record(
    number: Annotated[int, typer.Argument(help="A batch's number.")],
    target: Annotated[Path, typer.Argument(help="The file to make.")],
    home: Home = DEFAULT_HOME,
) -> None:
    """Write a batch's question and answer to a file that anyone can verify without the store. Example:
    tasviya exchange record 12 batch-12.bin"""
    from tasviya import app
    from tasviya.services.batch_proof import to_file

    app.write_file(target, to_file(*app.ask_exchange(app.Home(home)).record(number)))
    typer.echo(f"{target}: batch {number}.")


@exchange_app.command()
def verify(
    what: Annotated[str, typer.Argument(metavar="BATCH", help="A batch's number, or a file of `record`.")],
    home: Home = DEFAULT_HOME,
    output: Output = Format.TABLE,
) -> None:
    """Prove a batch again, from its orders, prices and fills alone. Exit status 4 if it does not hold.
    Example: tasviya exchange verify 12"""
    from tasviya import app
    from tasviya.services.batch_proof import from_file, prove

    if what.isdecimal() and len(what) <= NUMBER_DIGITS:
        question, answer = app.ask_exchange(app.Home(home)).record(int(what))
    else:
        question, answer = from_file(_read(Path(what)), what)
    proof = prove(question, answer, what)
    if output is Format.TABLE:
        screen.print(details(proof))
    else:
        show([proof], output)
    if proof["violations"]:
        raise typer.Exit(4)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        cure = "Name a batch's number, or a file that exists."
        raise OperatorError("file_unreadable", f"{error}.", cure, str(file)) from None


def _enter(home: Path, now: str | None, sender: str, forms: list[OrderForm]) -> list[Order]:
    """Enter orders, all of them or none."""
    from tasviya import app

    with app.by_hand(home, now) as application:
        application.system.advance()
        owner = application.participant(sender)
        asked = wanted(owner, forms, application.system.memory.snapshot)
        entered = application.do(lambda work: enter_orders(work, asked))
        application.tell()
    return entered


def _show_batch(home: Path, number: int | None, output: Format) -> None:
    from tasviya import app

    head, rows = app.ask_exchange(app.Home(home)).batch(number)
    if output is Format.TABLE:
        screen.print(details(head))
    show(rows, output, empty="No currency has a price.")
