"""Goods are controlled by a member's rules: prohibited ones are refused, others wait for what they lack."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from controlled import CONTROLS, IMPORTER, LICENCE, SECRET, SELECTIVITY, in_force, left, licensed, shows
from customs_union import CUSTOMS, TRADER, CustomsUnion, declaration
from exchange_union import A
from small_union import TODAY, TOMORROW

from tasviya.app import ask_customs, export
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError, Refusal
from tasviya.core.money import Money
from tasviya.customs.duty_units import Unit
from tasviya.customs.formats import declaration_json
from tasviya.customs.licence import Licence
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.selectivity import drawn
from tasviya.services.customs_book import VersionKind
from tasviya.services.guarantees import take
from tasviya.services.licences import issue
from tasviya.services.lodging import Lodging, amend, invalidate, lift, lodge
from tasviya.services.securing import defer
from tasviya.services.work import Work

KZ = CUSTOMS["KZ"]
DUE = 232_00
OFFICER, OTHER_OFFICER = "KZ.officer.1", "KZ.officer.2"


def amended(union: CustomsUnion, mrn: str, actor: str = TRADER, **changes: Any) -> Lodgement:
    body = declaration(**changes)
    declared = declaration_json.read(body)
    assert not isinstance(declared, list)

    def act(work: Any) -> Lodgement | Refusal:
        found = amend(work, mrn, declared, body, actor, "as found")
        return found[0] if isinstance(found, list) else found

    return union.ok(act)


def pay(union: CustomsUnion, mrn: str, amount: str = "232.00") -> None:
    union.pay(A, KZ, amount, remittance=f"/MRN/{mrn}")
    union.settle()


# --- controls ---------------------------------------------------------------------------------------


def test_prohibited_goods_are_not_accepted(union: CustomsUnion) -> None:
    in_force(union)
    lodged = union.lodge(goods="280110", price="10.00")
    assert (lodged.status, lodged.mrn) == ("rejected", "")
    (fault,) = lodged.faults
    assert (fault.code, fault.where) == ("CN01", "items[0].goods")
    assert "Air Act, section 3" in fault.what
    assert union.customs_books() == {}


def test_goods_without_their_licence_are_accepted_and_held_though_paid_for(union: CustomsUnion) -> None:
    in_force(union)
    lodged = union.lodge()
    (hold,) = lodged.holds
    assert (hold.code, hold.authority) == ("COOL-IMPORT", "Ministry of Cooling")
    pay(union, lodged.mrn)
    found = union.lodged(lodged.mrn)
    assert found["status"] == "secured"
    assert found["waits_for"].startswith("COOL-IMPORT: CN02: Item 1 needs a licence")
    assert union.customs_books()[f"KZ/claim/{lodged.mrn}"] == DUE


def test_amending_with_the_licence_releases_what_is_paid(union: CustomsUnion) -> None:
    in_force(union)
    licensed(union)
    mrn = union.lodge(importer=IMPORTER).mrn
    pay(union, mrn)
    amended(union, mrn, **LICENCE)
    assert union.lodged(mrn)["status"] == "released"
    assert left(union) == 90
    assert union.customs_books() == {"KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}


def test_officer_lifts_a_hold_with_what_was_found_and_goods_are_released(union: CustomsUnion) -> None:
    in_force(union)
    mrn = union.lodge().mrn
    pay(union, mrn)
    union.ok(lambda work: lift(work, mrn, "COOL-IMPORT", OFFICER, "exempt by letter 17"))
    assert union.lodged(mrn)["status"] == "released"


def test_hold_that_was_lifted_before_payment_does_not_come_back(union: CustomsUnion) -> None:
    in_force(union)
    mrn = union.lodge().mrn
    union.ok(lambda work: lift(work, mrn, "COOL-IMPORT", OFFICER, "exempt by letter 17"))
    union.at("10:30", TOMORROW).settle()
    pay(union, mrn)
    assert union.lodged(mrn)["status"] == "released"


def test_document_of_a_control_is_enough(union: CustomsUnion) -> None:
    in_force(union)
    assert union.lodge(goods="490110").status == "secured"
    assert union.lodge(goods="490110", number="D-2", **shows(("C900", "77"))).status == "released"


def test_rules_do_not_reach_back_and_hold_from_their_day(union: CustomsUnion) -> None:
    union.lodge(goods="280110", number="D-0", price="10.00")
    with pytest.raises(OperatorError) as refused:
        in_force(union, since=TODAY)
    assert refused.value.refusal.reason == "CU08"
    in_force(union, since=TOMORROW)
    assert union.lodge(goods="280110", number="D-1").status == "accepted"
    union.at("10:30", TOMORROW).settle()
    assert union.lodge(goods="280110", number="D-2").status == "rejected"


def test_prohibition_that_begins_before_release_holds_goods_that_are_paid_for(union: CustomsUnion) -> None:
    mrn = union.lodge(goods="280110").mrn
    in_force(union, since=TOMORROW)
    union.at("10:30", TOMORROW).settle()
    pay(union, mrn)
    found = union.lodged(mrn)
    assert (found["status"], found["waits_for"][:18]) == ("secured", "NO-CHLORINE: CN01:")


def test_controls_of_one_member_are_not_anothers(union: CustomsUnion) -> None:
    in_force(union)
    assert union.lodge("IN", goods="280110", currency="INR").status == "accepted"


# --- licences ---------------------------------------------------------------------------------------


def test_licence_is_used_when_accepted_and_given_back_when_invalidated(union: CustomsUnion) -> None:
    in_force(union)
    licensed(union)
    lodged = union.lodge(**LICENCE)
    assert (lodged.holds, lodged.licences, left(union)) == ((), ("L-1",), 90)
    union.ok(lambda work: invalidate(work, lodged.mrn, TRADER, "goods never left"))
    assert left(union) == 100


@pytest.mark.parametrize(
    ("changes", "used"),
    [
        ({"item": {"quantities": {"kg": "25"}}, **LICENCE}, 25),
        ({"item": {"quantities": {"kg": "4"}}, **LICENCE}, 4),
        ({"goods": "841810", **LICENCE}, 0),
    ],
)
def test_amendment_uses_what_it_declares_and_gives_back_the_rest(
    union: CustomsUnion, changes: dict[str, Any], used: int
) -> None:
    in_force(union)
    licensed(union)
    mrn = union.lodge(**LICENCE).mrn
    amended(union, mrn, **changes)
    assert left(union) == 100 - used


def test_licence_is_not_used_beyond_its_quantity(union: CustomsUnion) -> None:
    in_force(union)
    licensed(union, kg=15)
    assert union.lodge(**LICENCE).holds == ()
    second = union.lodge(number="D-2", **LICENCE)
    assert second.holds[0].why.startswith("LI05")
    assert left(union) == 5
    assert second.licences == ()


def test_licence_is_kept_for_goods_that_wait_for_something_else(union: CustomsUnion) -> None:
    in_force(union, CONTROLS.replace('goods = ["4901"]', 'goods = ["8415"]'))
    licensed(union, kg=15)
    first = union.lodge(**LICENCE)
    assert [each.code for each in first.holds] == ["BOOK-CHECK"]
    assert left(union) == 5
    pay(union, first.mrn)
    union.ok(lambda work: lift(work, first.mrn, "BOOK-CHECK", OFFICER, "no books inside"))
    assert union.lodged(first.mrn)["status"] == "released"
    assert left(union) == 5


def test_licence_that_has_ended_before_release_holds_goods_and_money_is_kept(union: CustomsUnion) -> None:
    in_force(union)
    licensed(union, until=TODAY)
    mrn = union.lodge(**LICENCE).mrn
    union.at("10:30", TOMORROW).settle()
    pay(union, mrn)
    found = union.lodged(mrn)
    assert found["status"] == "secured"
    assert "LI01" in found["waits_for"] and "this is 2026-09-30" in found["waits_for"]
    (claim,) = ask_customs(union.home).claims(mrn)
    assert (claim["status"], claim["paid"]) == ("open", "232.00")
    assert union.customs_books()[f"KZ/claim/{mrn}"] == DUE
    union.ok(lambda work: lift(work, mrn, "COOL-IMPORT", OFFICER, "extended by the ministry"))
    assert union.lodged(mrn)["status"] == "released"
    assert union.customs_books() == {"KZ/cash": DUE, "KZ/pool/DUTY": 100_00, "KZ/revenue/VAT": 132_00}


def test_ended_licence_that_an_officer_has_let_pass_holds_no_more_on_later_days(union: CustomsUnion) -> None:
    in_force(union)
    licensed(union, until="2026-09-28")
    mrn = union.lodge(**LICENCE).mrn
    assert union.lodged(mrn)["waits_for"].count("LI01") == 1
    union.ok(lambda work: lift(work, mrn, "COOL-IMPORT", OFFICER, "extended by the ministry"))
    union.at("10:30", TOMORROW).settle()
    pay(union, mrn)
    assert union.lodged(mrn)["status"] == "released"


def test_deferred_goods_whose_licence_has_ended_are_held_and_released_with_their_deferral(
    union: CustomsUnion,
) -> None:
    in_force(union)
    licensed(union, until=TODAY)
    mrn = union.lodge(**LICENCE).mrn
    union.at("10:30", TOMORROW).settle()
    line, valid = Money(500_00, currency("KZT")), (date(2026, 1, 1), date(2026, 12, 31))
    given = union.ok(lambda work: take(work, "KZ", "KZ-A", TRADER, line, valid, ("KZ",), "KZ.chief"))
    union.ok(lambda work: defer(work, mrn, given.grn, TRADER))
    assert union.lodged(mrn)["status"] == "secured"
    union.ok(lambda work: lift(work, mrn, "COOL-IMPORT", OFFICER, "extended by the ministry"))
    assert union.lodged(mrn)["status"] == "released"
    assert union.customs_books()[f"KZ/deferred/{TRADER}"] == DUE


@pytest.mark.parametrize("seed", range(5))
def test_licence_is_used_by_exactly_what_stands(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    union = CustomsUnion(tmp_path, stays_up=True)
    union.at("10:30").settle()
    in_force(union)
    licensed(union, kg=40)
    standing: dict[str, tuple[str, int]] = {}
    for number in range(30):
        kg = chance.randint(1, 15)
        facts = {"item": {"quantities": {"kg": str(kg)}}, **LICENCE}
        if not standing or chance.random() < 0.5:
            made = union.lodge(number=f"D-{number}", **facts)
            standing[made.mrn] = (made.lrn, kg if made.licences else 0)
        elif chance.random() < 0.5:
            mrn = chance.choice(sorted(standing))
            changed = amended(union, mrn, number=standing[mrn][0], **facts)
            standing[mrn] = (changed.lrn, kg if changed.licences else 0)
        else:
            mrn = chance.choice(sorted(standing))
            del standing[mrn]
            union.ok(lambda work, mrn=mrn: invalidate(work, mrn, TRADER, "chance"))
        assert left(union) == 40 - sum(used for _, used in standing.values()) >= 0
    assert union.lodge(number="D-last", **LICENCE).status == "accepted"
    union.close()


def test_goods_that_owe_nothing_are_controlled_before_release_too(union: CustomsUnion) -> None:
    in_force(union, CONTROLS.replace('goods = ["8415"]', 'goods = ["4901"]'))
    made = Licence("L-1", TRADER, "4901", 100_000, Unit.KG, date(2026, 1, 1), date.fromisoformat(TODAY))
    union.ok(lambda work: issue(work, "KZ", made, "KZ.ministry"))
    mrn = union.lodge(goods="490110", **LICENCE).mrn
    assert union.lodged(mrn)["waits_for"].startswith("BOOK-CHECK: CN02")
    union.at("10:30", TOMORROW).settle()
    union.ok(lambda work: lift(work, mrn, "BOOK-CHECK", OFFICER, "read"))
    assert union.lodged(mrn)["waits_for"].startswith("COOL-IMPORT: LI01")


def test_same_licence_again_changes_nothing_and_another_under_its_number_is_refused(
    union: CustomsUnion,
) -> None:
    in_force(union)
    licensed(union)
    union.lodge(**LICENCE)
    licensed(union)
    assert left(union) == 90
    with pytest.raises(OperatorError) as refused:
        licensed(union, kg=101)
    assert refused.value.refusal.reason == "LI09"


# --- selectivity ------------------------------------------------------------------------------------


def selective(union: CustomsUnion, text: str = SELECTIVITY, **more: Any) -> None:
    in_force(union, text, VersionKind.SELECTIVITY, **more)


def test_red_channel_holds_goods_until_an_officer_has_looked(union: CustomsUnion) -> None:
    selective(union)
    lodged = union.lodge(price="400.00", importer=IMPORTER)
    assert lodged.channel == "red"
    (hold,) = lodged.holds
    assert hold.code == "RED"
    assert "red by CHEAP-COOLERS, item 1" in hold.why and "yellow by NEW-TRADER" in hold.why
    pay(union, lodged.mrn, "92.80")
    assert union.lodged(lodged.mrn)["status"] == "secured"
    union.ok(lambda work: lift(work, lodged.mrn, "RED", OFFICER, "as declared"))
    assert union.lodged(lodged.mrn)["status"] == "released"


def test_trader_is_new_once(union: CustomsUnion) -> None:
    selective(union)
    first = union.lodge(importer=IMPORTER)
    second = union.lodge(number="D-2", importer=IMPORTER)
    other = union.lodge(number="D-3", importer={"id": "KZ-TRADER-8"})
    assert [each.channel for each in (first, second, other)] == ["yellow", "green", "yellow"]


def test_trader_is_new_once_in_a_unit_of_work_too(union: CustomsUnion) -> None:
    selective(union)

    def both(work: Work) -> list[str]:
        channels = []
        for number in ("D-1", "D-2"):
            body = declaration(number=number, importer=IMPORTER)
            declared = declaration_json.read(body)
            assert not isinstance(declared, list)
            made = lodge(work, Lodging("KZ", declared, body, TRADER))
            assert isinstance(made, Lodgement)
            channels.append(made.channel)
        return channels

    assert union.ok(both) == ["yellow", "green"]


def test_amendment_never_makes_a_channel_greener(union: CustomsUnion) -> None:
    selective(union)
    lodged = union.lodge(price="400.00", importer=IMPORTER)
    changed = amended(union, lodged.mrn, price="1000.00", importer=IMPORTER)
    assert (changed.channel, [each.code for each in changed.holds]) == ("red", ["RED"])


def test_declaration_that_is_looked_at_is_not_invalidated_before(union: CustomsUnion) -> None:
    selective(union)
    mrn = union.lodge(price="400.00", importer=IMPORTER).mrn
    for actor in (TRADER, OFFICER):
        with pytest.raises(OperatorError) as refused:
            union.ok(lambda work, actor=actor: invalidate(work, mrn, actor, "a slip"))
        assert refused.value.refusal.reason == "CU05"
    union.ok(lambda work: lift(work, mrn, "RED", OFFICER, "as declared"))
    union.ok(lambda work: invalidate(work, mrn, TRADER, "a slip"))
    assert union.lodged(mrn)["status"] == "invalidated"


def test_who_amends_a_declaration_does_not_lift_its_holds(union: CustomsUnion) -> None:
    selective(union)
    mrn = union.lodge(price="400.00", importer=IMPORTER).mrn
    amended(union, mrn, OFFICER, price="500.00", importer=IMPORTER)
    with pytest.raises(OperatorError) as refused:
        union.ok(lambda work: lift(work, mrn, "RED", OFFICER, "as found"))
    assert refused.value.refusal.reason == "RO02"
    union.ok(lambda work: lift(work, mrn, "RED", OTHER_OFFICER, "as found"))


def test_draws_are_those_of_the_secret_and_nobody_exports_it(union: CustomsUnion) -> None:
    text = 'random_share = "0.5"\n'
    selective(union, text)
    lodged = [union.lodge(number=f"D-{number}", importer=IMPORTER) for number in range(12)]
    looked_at = [each.channel == "yellow" for each in lodged]
    assert looked_at == [drawn(each.mrn, SECRET, Fraction(1, 2)) for each in lodged]
    assert len(set(looked_at)) == 2
    target = union.home.root / "plain"
    tables = export(union.home, target, as_csv=True)
    assert tables["customs_selection"] == sum(looked_at) and "customs_draw_secret" not in tables
    written = b"".join(file.read_bytes() for file in target.iterdir())
    assert SECRET.hex().encode() not in written


def test_secret_is_drawn_once_and_later_rules_leave_it(union: CustomsUnion) -> None:
    selective(union)
    selective(union, SELECTIVITY + "\n# later\n", since=TOMORROW, secret=bytes(16))
    found = ask_customs(union.home).draw("KZ")
    assert found is not None and found.secret == SECRET


def test_results_of_controls_are_the_hit_rates_of_rules(union: CustomsUnion) -> None:
    selective(union)
    cheap = union.lodge(price="400.00", importer=IMPORTER).mrn
    again = union.lodge(number="D-2", price="300.00", importer=IMPORTER).mrn
    new = union.lodge(number="D-3", importer={"id": "KZ-TRADER-8"}).mrn
    union.ok(lambda work: lift(work, cheap, "RED", OFFICER, "worth 1,000", found=True))
    union.ok(lambda work: lift(work, again, "RED", OFFICER, "as declared"))
    union.ok(lambda work: lift(work, new, "YELLOW", OFFICER, "as declared"))
    rates = {each.rule: (each.hits, each.found) for each in ask_customs(union.home).hit_rates("KZ")}
    assert rates == {"CHEAP-COOLERS": (2, 1), "NEW-TRADER": (2, 1), "RANDOM": (0, 0)}
