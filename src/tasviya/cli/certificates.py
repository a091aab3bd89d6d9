"""`tasviya customs certificate issue`, `verify`, `revoke`, `show`: certificates of origin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from tasviya.cli.declarations import plain
from tasviya.cli.lodging import As, Member
from tasviya.cli.options import DEFAULT_HOME, Home, Now, Output, date_in
from tasviya.cli.output import Format, details, screen, show
from tasviya.core.errors import OperatorError, accepted

certificate_app = typer.Typer(help="Certificates of origin.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="The certificate's number.")]


@certificate_app.command()
def issue(
    materials: Annotated[Path, typer.Argument(help="CSV with the columns goods_code, value, originating.")],
    member: Member,
    exporter: Annotated[str, typer.Option(help="Who exports: an id.")],
    consignee: Annotated[str, typer.Option(help="Who imports by it: an id.")],
    goods: Annotated[str, typer.Option(help="The product's code; covers all codes that begin with it.")],
    price: Annotated[str, typer.Option(help="The product's price ex works, with two decimals.")],
    rule: Annotated[str, typer.Option(help="The rule of origin, such as “CTH or RVC 40”.")],
    quantity: Annotated[int, typer.Option(help="How much it is good for, whole units.")],
    valid_until: Annotated[str, typer.Option("--until", help="Its last day, yyyy-mm-dd.")],
    actor: As,
    unit: Annotated[str, typer.Option(help="What it counts; kg if left out.")] = "kg",
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Issue a certificate, if the product originates by the rule. Example: tasviya customs certificate issue
    trousers.csv --member KZ --exporter KZ990101300017 --consignee UZ301234567 --goods 620342 --price 100.00
    --rule "CTH or RVC 40" --quantity 500 --until 2026-12-31 --as kz.officer.1"""
    from tasviya import app
    from tasviya.core.money import AmountError, Currency, parse_amount
    from tasviya.customs.bill_of_materials import read_bill
    from tasviya.customs.nomenclature import goods_code
    from tasviya.customs.origin import Rule, product
    from tasviya.customs.origin_rule import read_rule
    from tasviya.services import certificates

    code, until = accepted(goods_code(goods, where="--goods")), date_in(valid_until)
    if until is None:
        raise OperatorError("bad_date", "The day is empty.", "Write it as yyyy-mm-dd.", "--until")
    wanted = cast(Rule, accepted(read_rule(rule, where="--rule")))
    try:
        price_minor = parse_amount(price, Currency("", 0, 2))
    except AmountError:
        cure = "Write it with at most 2 decimals."
        raise OperatorError("bad_price", f"{price[:40]!r} is no price.", cure, "--price") from None
    bill = accepted(
        read_bill(app.read_bytes(materials, "Name a CSV file of materials."), where=str(materials))
    )
    made = accepted(product(code, price_minor, bill))
    applied = certificates.Application(exporter, consignee, code, quantity, unit, until)
    with app.by_hand(home, now) as application:
        row = accepted(
            application.do(lambda work: certificates.issue(work, member, applied, made, wanted, actor))
        )
        application.finish_telling()
    shown(row.number, home, output)


@certificate_app.command()
def verify(
    number: Number, actor: As, home: Home = DEFAULT_HOME, now: Now = None, output: Output = Format.TABLE
) -> None:
    """Confirm that a certificate is genuine; who issued it may not. Example: tasviya customs certificate
    verify 26KZ000000000001O4 --as kz.officer.2"""
    from tasviya import app
    from tasviya.services import certificates

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: certificates.verify(work, number, actor)))
        application.finish_telling()
    shown(number, home, output)


@certificate_app.command()
def revoke(
    number: Number,
    actor: As,
    reason: Annotated[str, typer.Option(help="Why.")],
    home: Home = DEFAULT_HOME,
    now: Now = None,
    output: Output = Format.TABLE,
) -> None:
    """Take a certificate back: goods that used it and are not released are held. Example: tasviya customs
    certificate revoke 26KZ000000000001O4 --as kz.chief --reason "materials were not from here" """
    from tasviya import app
    from tasviya.services import certificates

    with app.by_hand(home, now) as application:
        accepted(application.do(lambda work: certificates.revoke(work, number, actor, reason)))
        application.finish_telling()
    shown(number, home, output)


@certificate_app.command("show")
def shown(number: Number, home: Home = DEFAULT_HOME, output: Output = Format.TABLE) -> None:
    """A certificate, why the goods originate, and which declarations have used it. Example: tasviya customs
    certificate show 26KZ000000000001O4"""
    from tasviya import app

    found = app.ask_customs(app.Home(home)).certificate_row(number)
    uses, explained = found.pop("uses"), found.pop("explained")
    if output is not Format.TABLE:
        show([found | {"explained": explained, "uses": uses}], output)
        return
    screen.print(details({name: plain(str(value)) for name, value in found.items()}))
    screen.print()
    for line in explained:
        screen.print(plain(line), markup=False)
    if uses:
        screen.print()
        show(uses, output, title="Uses")
