"""What stops a command or a store: one small act each."""

# ruff: noqa: E501 - the tables are wider than text
from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from small_union import UNION, A, B, SmallUnion

from tasviya import app
from tasviya.adapters.outbox import write_file
from tasviya.adapters.sqlite_export import export
from tasviya.core.clock import ManualClock
from tasviya.core.errors import OperatorError, Refusal
from tasviya.lab import figures
from tasviya.ledger.ledger import Account
from tasviya.membership.participant import OpeningBalance
from tasviya.membership.union import load_union
from tasviya.services import holding, lsm, operating_day
from tasviya.services.payments import Undeclared
from tasviya.settlement.accounts import AccountKind, ledger_account

Act = Callable[[Path], object]


def union_in(directory: Path) -> SmallUnion:
    return SmallUnion(directory / "home").at("10:00").settle()


def at_work(union: SmallUnion) -> app.Application:
    return app.Application(union.home, ManualClock(union.now), worker_count=0)


def command(*words: str) -> Act:
    """A command line in a directory with a union in `home`."""

    def act(directory: Path) -> None:
        from tasviya.cli.main import app as commands

        union_in(directory)
        here = [word.replace("@", str(directory)) for word in words]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            commands(here, standalone_mode=False)

    return act


def a_pass(algorithm: str) -> Act:
    """A pass by an algorithm, in a union that has passes."""

    def act(directory: Path) -> None:
        text = UNION.read_text(encoding="utf-8")
        file = directory / "union.toml"
        file.write_text(text.replace("[operator]", "[liquidity_saving]\nminutes = 30\n[operator]"))
        with at_work(SmallUnion(directory / "home", union=file).at("10:00").settle()) as application:
            application.do(lambda work: lsm.run(work, "KZT", algorithm))

    return act


def why_settled(directory: Path) -> None:
    union = union_in(directory)
    paid = union.pay(A, B, 1)
    union.settle()
    app.ask_lsm(union.home).why(paid)


def live_union(directory: Path, *, screened: bool) -> Path:
    text = UNION.read_text(encoding="utf-8").replace('mode = "sandbox"', 'mode = "live"')
    if screened:
        text = text.replace('\nname = "Kazakhstan"', '\nname = "Kazakhstan"\nscreening = "participants"')
        text = text.replace('\nname = "Oman"', '\nname = "Oman"\nscreening = "participants"')
    lines = [line for line in text.splitlines() if not line.startswith("opening_balances")]
    file = directory / "live.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def live_with_balances(directory: Path) -> None:
    money = [OpeningBalance(participant="KZ-A", currency="KZT", amount_minor=1, valid_from="2026-01-01")]
    file = live_union(directory, screened=True)
    app.initialise(app.Home(directory / "live"), file, ManualClock(union_in(directory).now), money)


def live_at_work(directory: Path, clock: ManualClock | None) -> None:
    home = app.Home(directory / "live")
    app.initialise(home, live_union(directory, screened=True), app.MachineClock())
    app.Application(home, clock, worker_count=0)


def screening_undeclared(directory: Path) -> None:
    """A policy that ran out after the union was made."""
    text = live_union(directory, screened=True).read_text(encoding="utf-8")
    register = load_union(text, "union.toml")
    snapshot = register.on(date(2026, 9, 29))
    snapshot._policies.clear()
    app.screening_of(snapshot)


def second_writer(directory: Path) -> None:
    union = union_in(directory)
    with at_work(union):
        at_work(union)


def no_database(directory: Path) -> None:
    (directory / "tasviya.db").write_bytes(b"no database" * 1000)
    app.Application(app.Home(directory), ManualClock(0), worker_count=0)


def damaged(directory: Path) -> None:
    union = union_in(directory)
    raw = union.home.database.read_bytes()
    union.home.database.write_bytes(raw[: len(raw) // 2])
    at_work(union)


def full_for_the_ledger(directory: Path) -> None:
    with at_work(union_in(directory)) as application:
        db = application.store.connection
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall()
        accounts = [Account(id=number, ledger=1, code=1) for number in range(1, 2000)]
        application.store.ledger.create_accounts(accounts)


def full_for_a_row(directory: Path) -> None:
    union = union_in(directory)
    union.send(A, b"<a>" + b"x" * 100_000 + b"</a>")
    with at_work(union) as application:
        db = application.store.connection
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 1}").fetchall()
        application.drain()


def ledger_behind(directory: Path) -> None:
    union = union_in(directory)
    with at_work(union) as application:
        ledger, db = application.store.ledger, application.store.connection
        db.execute("BEGIN IMMEDIATE")
        ledger.create_accounts([Account(id=7, ledger=1, code=1)])
        db.execute("ROLLBACK")
        ledger.create_accounts([Account(id=8, ledger=1, code=1)])


def account_refused(directory: Path) -> None:
    union = union_in(directory)
    with at_work(union) as application:
        money = application.system.memory.snapshot.currencies["KZT"]
        account = ledger_account(AccountKind.SETTLEMENT, "NEW", money)
        application.store.ledger.create_accounts([Account(id=account.id, ledger=1, code=1)])
        application.do(lambda work: work.open_account(account))


def newer(directory: Path) -> None:
    union = union_in(directory)
    with sqlite3.connect(union.home.database) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    at_work(union)


def older(directory: Path) -> None:
    union = union_in(directory)
    with sqlite3.connect(union.home.database) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    app.ask(union.home)


def ledger_unavailable(directory: Path) -> None:
    from tasviya.adapters.tigerbeetle import TigerBeetleLedger

    kept = sys.modules.get("tigerbeetle")
    sys.modules["tigerbeetle"] = None  # type: ignore[assignment]  # as if it were not installed
    try:
        TigerBeetleLedger("3000")
    finally:
        sys.modules.pop("tigerbeetle")
        if kept is not None:
            sys.modules["tigerbeetle"] = kept


def on_a_payment(act: Callable[..., None], *words: str) -> Act:
    def decide(directory: Path) -> None:
        union = union_in(directory)
        paid = union.pay(A, B, 10)
        union.settle()
        with at_work(union) as application:
            (payment,) = application.store.uetrs_known([paid])[paid]
            application.do(lambda work: act(work, payment, *words))

    return decide


def one_person(directory: Path) -> None:
    union = union_in(directory)
    with at_work(union) as application:
        application.system.screening = Undeclared()
        paid = union.pay(A, B, 10)
        application.drain()
        (payment,) = application.store.uetrs_known([paid])[paid]
        application.do(lambda work: holding.release(work, payment, "aigerim", "aigerim"))


def on_a_day(act: Callable[..., None], day: str) -> Act:
    def move(directory: Path) -> None:
        with at_work(union_in(directory)) as application:
            application.do(lambda work: act(work, "KZT", date.fromisoformat(day)))

    return move


def folder_for_a_file(directory: Path) -> None:
    (directory / "outbox").write_bytes(b"")
    write_file(directory / "outbox" / "1.xml", b"")


def exported_twice(directory: Path) -> None:
    union = union_in(directory)
    (directory / "target").mkdir()
    export(app.ask(union.home).db, directory / "target", as_csv=True)


def flows(*lines: str, orders: int = 10) -> Act:
    """`tasviya exchange day` on a file of flows."""

    def act(directory: Path) -> None:
        from tasviya.cli.main import app as commands

        file = directory / "flows.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            words = ["exchange", "day", "--flows", str(file), "--orders", str(orders)]
            commands(words, standalone_mode=False)

    return act


HOME = ("--home", "@/home")
OPERATOR_CASES: list[tuple[str, str, str, Act]] = [
    ("no_union", "A command needs a union.", "Ask in an empty directory",
     lambda d: app.Home(d).must_exist()),
    ("union_exists", "A directory holds one union.", "`tasviya init` where one lives",
     command("init", "--union", str(UNION), *HOME)),
    ("file_unreadable", "A file that a command names must be there.", "`tasviya submit no-such-file`",
     command("submit", "no-such-file", "--as", A, *HOME)),
    ("unknown_sender", "Files are handed in as a participant's.", "`tasviya submit FILE --as STRGKZ20XXX`",
     command("submit", str(UNION), "--as", "STRGKZ20XXX", *HOME)),
    ("file_unwritable", "A file that is told must find its place.", "Put a file where a folder must be",
     folder_for_a_file),
    ("live_union", "A live union's money comes from its settlement institutions.",
     "Found a live union with opening balances", live_with_balances),
    ("screening_undeclared", "A live union does not run without every member's screening policy.",
     "Let a member's policy end", screening_undeclared),
    ("unsigned_live", "A live union does not run unsigned.", "Run a live union",
     lambda d: live_at_work(d, None)),
    ("pretended_time", "A live union runs on the machine's time.", "Run a live union with `--now`",
     lambda d: live_at_work(d, ManualClock(0))),
    ("bad_instant", "An instant is written with its offset.", "`tasviya run --once --now yesterday`",
     command("run", "--once", "--now", "yesterday", *HOME)),
    ("bad_date", "A date is written as yyyy-mm-dd.", "`tasviya day open KZT --date tomorrow`",
     command("day", "open", "KZT", "--date", "tomorrow", *HOME)),
    ("unknown_currency", "A day is opened and closed for a currency that settles here.",
     "`tasviya day open EUR`", command("day", "open", "EUR", *HOME)),
    ("no_business_day", "A day opens on business days only.", "Open KZT on a holiday",
     on_a_day(operating_day.open_day, "2026-10-01")),
    ("day_not_next", "A day that is open or closed does not open again.", "Open KZT twice",
     on_a_day(operating_day.open_day, "2026-09-29")),
    ("day_not_open", "Only the open day closes.", "Close the day after",
     on_a_day(operating_day.close_day, "2026-09-30")),
    ("not_held", "Only a held payment is released or rejected.", "Release a settled payment",
     on_a_payment(holding.release, "aigerim", "bolat")),
    ("two_people", "Two people decide about a held payment.", "Act and check alone", one_person),
    ("unknown_payment", "A payment is known by UETR, payment id, end-to-end id or instruction id.",
     "`tasviya status nothing`", command("status", "nothing", *HOME)),
    ("unknown_account", "A statement is of an account here.", "Ask for the statement of `NONE`",
     lambda d: app.ask(union_in(d).home).statement("NONE", None)),
    ("unknown_day", "A statement is of a day that has been.", "Ask for the statement of the year 2000",
     lambda d: app.ask(union_in(d).home).statement("ACCAKZT", "2000-01-01")),
    ("target_exists", "An export overwrites nothing.", "Export to a directory that is there", exported_twice),
    ("bad_number", "The demo draws between one and a million payments.", "`tasviya demo --payments 0`",
     command("demo", "--payments", "0", "--home", "@/demo")),
    ("not_a_demo", "The demo replaces nothing but a demo.", "`tasviya demo --home` where something lies",
     command("demo", *HOME)),
    ("no_liquidity_saving", "Passes over the queue are a rule of the union's.",
     "`tasviya lsm run` in a union without them", command("lsm", "run", *HOME)),
    ("unknown_algorithm", "A pass uses an algorithm that there is.", "`tasviya lsm run --algorithm magic`",
     a_pass("magic")),
    ("order_not_free", "Arrival counts unless the members have adopted that it does not.",
     "`tasviya lsm run --algorithm free`", a_pass("free")),
    ("rings_of_all", "A trade is in two currencies.", "`tasviya lsm run --algorithm rings --currency KZT`",
     a_pass("rings")),
    ("not_waiting", "Only of a payment that waits is asked why.", "Ask why a settled payment waits",
     why_settled),
    ("STORE_BUSY", "A store has one writer.", "Start a second one", second_writer),
    ("STORE_UNREADABLE", "A store is a SQLite file.", "Put another file in its place", no_database),
    ("store_damaged", "A store must be whole.", "Cut the file in half", damaged),
    ("store_newer", "A program does not touch the store of a later version.",
     "Raise the layout's number to 999", newer),
    ("store_older", "What only reads a store needs its layout up to date.",
     "Lower the layout's number to 1, and ask", older),
    ("STORE_FAILED", "The ledger's rows must find room on the disk.", "Let the disk fill under a batch", full_for_the_ledger),
    ("store_failed", "A unit of work must find room on the disk.", "Let the disk fill under a message",
     full_for_a_row),
    ("LEDGER_BEHIND", "After a failed commit the ledger is read again first.", "Roll back, and post on",
     ledger_behind),
    ("LEDGER_UNAVAILABLE", "TigerBeetle serves through its client.", "Uninstall the client",
     ledger_unavailable),
    ("LB01", "The lab draws from trade matrices that it has.", "Ask for the matrix of 1815",
     lambda d: figures.trade_matrix("trade_1815")),
    ("LB02", "The lab draws trade between members that a matrix knows.", "Draw trade of two other countries",
     lambda d: figures.matrix_for(["XX", "YY"])),
    ("LB03", "The lab has rates of certain dates.", "Ask for the rates of 1815-06-18",
     lambda d: figures.rates("1815-06-18")),
    ("LB04", "The lab's rates know the union's currencies.", "Ask for the rate of XXX",
     lambda d: figures.rates(figures.RATE_DATES[0]).of("XXX")),
    ("LB05", "A file of rates or flows must be there.", "`tasviya exchange day --rates no-such-file`",
     command("exchange", "day", "--rates", "no-such-file")),
    ("LB06", "A file of flows has exporter, importer and value.", "Leave the value out",
     flows("exporter,importer", "KZ,UZ")),
    ("LB07", "A figure is zero or more.", "Give a flow below zero", flows("exporter,importer,usd", "KZ,UZ,-5")),
    ("LB08", "The lab knows the currency of a state.", "Give a flow to Atlantis",
     flows("exporter,importer,usd", "KZ,ATLANTIS,5")),
    ("LB09", "A flow is given once.", "Give a flow twice",
     flows("exporter,importer,usd", "KZ,UZ,5", "KAZ,UZB,6")),
    ("LB10", "Amounts are within what a batch can carry.", "Draw a single order of a large year's trade",
     flows("exporter,importer,usd", "IR,CN,900000000000000", orders=1)),
    ("LB11", "One region is asked for, by a name that the lab has.", "`tasviya netting --region atlantis`",
     command("netting", "--region", "atlantis")),
    ("LB12", "A region has figures of certain years.", "`tasviya netting --region epu-1955` without `--data`",
     command("netting", "--region", "epu-1955")),
    ("LB13", "Members leave and others join.", "`tasviya netting --region sco --leave TR`",
     command("netting", "--region", "sco", "--leave", "TR")),
    ("LB14", "Quotas, charges and scales are percentages that make sense.",
     "`tasviya netting swing --region latam --scale 50:0`",
     command("netting", "swing", "--region", "latam", "--scale", "50:0")),
    ("account_refused", "The union's accounts and the ledger's are the same.",
     "Open an account whose id another has", account_refused),
]  # fmt: skip


def refusal_of_operator(act: Act, directory: Path) -> Refusal:
    """What an act is stopped with; the directory's own name is left out."""
    with pytest.raises(OperatorError) as stopped:
        act(directory)
    found = stopped.value.refusal
    what, where = (text.replace(str(directory), "…") for text in (found.what, found.where))
    return Refusal(found.reason, what, found.cure.replace(str(directory), "…"), where)
