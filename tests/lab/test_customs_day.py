"""Customs of a drawn day: invented tariffs, shipments behind payments, duties that banks pay the same day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tasviya.app import Home, ask, ask_customs, ask_customs_day
from tasviya.cli.main import app
from tasviya.customs.declaration_rules import check
from tasviya.customs.lodgement import WAITING
from tasviya.customs.tariff import read_tariff
from tasviya.customs.tax_law import read_law
from tasviya.lab.customs_day import BY_UNION_EVERY
from tasviya.lab.customs_law import duty_money, made_up_tariff, with_customs
from tasviya.lab.desk import DrawnFile
from tasviya.lab.figures import goods, matrix_for, rates
from tasviya.lab.flows import CUSTOMER, plan_flows
from tasviya.lab.shipments import MISREAD_EVERY, Choice, Shipment
from tasviya.lab.trade_day import draw_day, opening_balances
from tasviya.membership.register import Register
from tasviya.membership.union import load_union

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = date(2026, 9, 29)
SCO = ["CN", "RU", "IN", "KZ", "KG", "TJ", "UZ", "PK", "IR", "BY"]


def union(name: str) -> Register:
    return load_union((EXAMPLES / name / "union.toml").read_text(encoding="utf-8"), name)


@pytest.fixture(scope="module")
def sco() -> Register:
    return union("sco")


@pytest.fixture(scope="module")
def drawn(sco: Register) -> list[DrawnFile]:
    return list(draw_day(sco, DAY, 3_000, seed=1))


def chosen(sco: Register, files: list[DrawnFile], wanted: int, members: list[str] = SCO) -> list[Shipment]:
    choice = Choice(sco.on(DAY), rates("2026-09-29"), members, wanted)
    for file in files:
        choice.look(file)
    return choice.made()


# Tariffs


@pytest.mark.parametrize(("name", "members"), [("sco", SCO), ("corridor", ["KZ", "UZ"]), ("asean", [])])
def test_every_member_with_customs_can_have_a_tariff(name: str, members: list[str]) -> None:
    assert with_customs(union(name).on(DAY)) == members


@pytest.mark.parametrize("member", [*SCO, "XX"])
def test_made_up_tariff_reads_and_says_that_it_is_invented(member: str) -> None:
    law_text, measures = made_up_tariff(member, "KZT")
    law = read_law(law_text, "law")
    tariff = read_tariff(measures, law, "measures")
    assert [tax.code for tax in tariff.law.taxes] == ["DUTY", "VAT"]
    assert "Invented" in law_text


def test_made_up_duties_are_a_members_share_of_those_of_the_table() -> None:
    assert "DUTY,87,11.25%," in made_up_tariff("CN", "CNY")[1]  # 12.5 % times 90 %
    assert "DUTY,27,0%," in made_up_tariff("IN", "INR")[1]
    assert "VAT,,20%," in made_up_tariff("RU", "RUB")[1]


# Shipments


@pytest.mark.parametrize("wanted", [0, 1, 50])
def test_as_many_shipments_as_wanted_are_chosen(sco: Register, drawn: list[DrawnFile], wanted: int) -> None:
    assert len(chosen(sco, drawn, wanted)) == wanted


def test_choice_does_not_depend_on_the_order_of_files(sco: Register, drawn: list[DrawnFile]) -> None:
    assert chosen(sco, drawn, 40) == chosen(sco, drawn[::-1], 40)
    assert chosen(sco, drawn, 40) != chosen(sco, list(draw_day(sco, DAY, 3_000, seed=2)), 40)


def test_shipments_are_between_members_with_customs(sco: Register, drawn: list[DrawnFile]) -> None:
    for each in chosen(sco, drawn, 40, ["CN", "RU"]):
        assert {each.importer_member, each.exporter_member} == {"CN", "RU"}


def test_shipment_is_of_what_its_payment_says(sco: Register, drawn: list[DrawnFile]) -> None:
    paid = {
        str(transfer.uetr).replace("-", "")[:12].upper(): transfer
        for file in drawn
        if file.message_type == CUSTOMER
        for transfer in file.transfers
    }
    names = dict(goods())
    for each in chosen(sco, drawn, 100):
        transfer = paid[each.number]
        assert (each.amount_minor, each.currency) == (transfer.amount_minor, transfer.currency)
        assert names[each.heading] == each.description
        assert (each.importer.name, each.exporter.name) == (transfer.debtor_name, transfer.creditor_name)
        assert check(each.export()) == []
        assert each.import_("26CN000000000001A3").previous[0].reference == "26CN000000000001A3"


def test_some_imports_are_declared_by_their_heading_alone(sco: Register, drawn: list[DrawnFile]) -> None:
    lengths = Counter(len(each.import_("").items[0].goods) for each in chosen(sco, drawn, 1_000))
    assert set(lengths) == {4, 6}
    assert 0.3 < lengths[4] * MISREAD_EVERY / 1_000 < 3


def test_what_is_true_of_some_shipments_says_nothing_of_what_else_is(
    sco: Register, drawn: list[DrawnFile]
) -> None:
    both = Counter((each.seller_pays, each.chance(BY_UNION_EVERY)) for each in chosen(sco, drawn, 1_000))
    assert len(both) == 4
    assert 0.5 < both[True, True] / both[True, False] < 2


# Money


def test_banks_begin_with_what_their_customers_are_expected_to_pay(sco: Register) -> None:
    snapshot, day_rates = sco.on(DAY), rates("2026-09-29")
    flows = plan_flows(snapshot, 5_000, matrix_for(snapshot.members), 40)
    more = duty_money(snapshot, flows, day_rates, 100)
    assert {code for _, code in more} == set(snapshot.currencies)
    with_duties = opening_balances(sco, DAY, 5_000, declarations=100)
    without = {
        (each.participant, each.currency, each.correspondent): each.amount_minor
        for each in opening_balances(sco, DAY, 5_000)
    }
    for each in with_duties:
        before = without[each.participant, each.currency, each.correspondent]
        extra = 0 if each.correspondent else more.get((each.participant, each.currency), 0)
        assert each.amount_minor >= before + extra
    assert duty_money(snapshot, flows, day_rates, 0) == {}


# The day


def demo(home: Path, *words: str) -> str:
    arguments = ["demo", "--payments", "500", "--union", str(EXAMPLES / "corridor"), "--home", str(home)]
    result = CliRunner().invoke(app, [*arguments, "--workers", "0", *words], env={"COLUMNS": "100"})
    if result.exception:
        raise result.exception
    return result.output


def came_to(home: Path) -> dict[str, Any]:
    """All that customs have come to, with the journal's last digest."""
    db = ask(Home(home)).db
    return {
        "declarations": ask_customs(Home(home)).declarations(),
        "claims": db.execute("SELECT * FROM customs_claim ORDER BY reference").fetchall(),
        "journal": db.execute("SELECT digest FROM journal ORDER BY commit_seq DESC LIMIT 1").fetchall(),
    }


@pytest.mark.slow
def test_demo_declares_pays_and_releases_and_does_so_again_the_same(tmp_path: Path) -> None:
    told = demo(tmp_path / "one", "--declarations", "60")
    assert "Customs: declared, assessed, released by member" in told
    assert "goods released, in the same commit" in told
    home = Home(tmp_path / "one")
    totals = ask_customs_day(home).totals()
    assert {row["member"] for row in totals} == {"KZ", "UZ"}
    assert sum(row["declared"] for row in totals) == 120
    for row in totals:
        fates = ("rejected", "at_once", "paid", "otherwise", "waiting")
        assert sum(row[name] for name in fates) == row["declared"]
        assert row["paid"] > 0 and row["otherwise"] == 0
    db = ask(home).db
    claims = {row[0]: row[1:] for row in db.execute("SELECT reference, status, member FROM customs_claim")}
    for row in ask_customs(home).declarations():
        if row["mrn"] in claims:
            assert (claims[row["mrn"]][0] == "met") is (row["status"] == "released")
            assert (row["status"] in WAITING) is (claims[row["mrn"]][0] == "open")
    trace = ask_customs_day(home).trace(ask_customs_day(home).shipments()[0])
    assert [row["at"] for row in trace] == sorted(row["at"] for row in trace)
    assert trace[-1]["at"] == trace[-2]["at"], "the payment's commit releases"
    demo(tmp_path / "two", "--declarations", "60")
    assert came_to(tmp_path / "one") == came_to(tmp_path / "two")


@pytest.mark.slow
def test_demo_without_declarations_says_nothing_of_customs(tmp_path: Path) -> None:
    assert "Customs:" not in demo(tmp_path / "none", "--declarations", "0")
