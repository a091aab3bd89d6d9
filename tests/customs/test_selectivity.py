"""Selectivity: rules with reasons, a draw that nobody foresees and everybody can check, hit rates."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import date
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import pytest

from tasviya.core.errors import ConfigurationError, OperatorError, Refusal
from tasviya.customs.declaration import Amount, Declaration, Document, Item, Kind, Party
from tasviya.customs.duty_units import Unit
from tasviya.customs.hit_rates import ControlResult, HitRate, hit_rates, read_results
from tasviya.customs.selectivity import (
    RANDOM,
    Channel,
    Facts,
    Selection,
    SelectionRule,
    Selectivity,
    codes_of,
    drawn,
    select,
)
from tasviya.customs.selectivity_rules import read_selectivity

EXAMPLE = Path(__file__).parents[2] / "examples" / "customs"
SECRET = b"sixteen bytes or more"
DAY = date(2026, 10, 1)
SHARE = Fraction(3, 100)
DENIM = Item(1, "520942", origin="TR", invoice=Amount(450_000, "EUR"), quantities={Unit.KG: 1_500_000})
IMPORT = Declaration(
    "L-1", Kind.IMPORT, (DENIM,), mrn="26KZ0", importer=Party("KZ-A"), declarant=Party("KZ-D"), office="O-1",
    dispatch_country="TR", procedure="4000",
)  # fmt: skip
RULE = SelectionRule("R", Channel.RED, "Because")
NOTHING = Facts()


def undrawn() -> str:
    """An MRN that the draw passes by."""
    return next(mrn for mrn in map("26KZ{}".format, range(100)) if drawn(mrn, SECRET, SHARE) is False)


def selected(declaration: Declaration, *rules: SelectionRule, facts: Facts = NOTHING) -> Selection:
    found = select(replace(declaration, mrn=undrawn()), Selectivity(rules, SHARE), SECRET, DAY, facts)
    assert isinstance(found, Selection), found
    return found


def hits(rule: SelectionRule, declaration: Declaration = IMPORT, facts: Facts = NOTHING) -> bool:
    return bool(selected(declaration, rule, facts=facts).reasons)


EURO = Fraction("512.34")


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ({"direction": Kind.IMPORT}, {"direction": Kind.EXPORT}),
        ({"goods": ("01", "5209")}, {"goods": ("5208",)}),
        ({"origins": frozenset(["TR"])}, {"origins": frozenset(["MD"])}),
        ({"dispatched_from": frozenset(["TR"])}, {"dispatched_from": frozenset(["MD"])}),
        ({"traders": frozenset(["KZ-A"])}, {"traders": frozenset(["KZ-B"])}),
        ({"declarants": frozenset(["KZ-D"])}, {"declarants": frozenset(["KZ-A"])}),
        ({"offices": frozenset(["O-1"])}, {"offices": frozenset(["O-2"])}),
        ({"procedures": frozenset(["4000"])}, {"procedures": frozenset(["4200"])}),
        ({"price_under": Amount(301, "EUR")}, {"price_under": Amount(300, "EUR")}),
        ({"price_over": Amount(299, "EUR")}, {"price_over": Amount(300, "EUR")}),
        ({"value_over": Amount(449_999, "EUR")}, {"value_over": Amount(450_000, "EUR")}),
        ({"begins": DAY, "ends": DAY, "goods": ("52",)}, {"ends": date(2026, 9, 30), "goods": ("52",)}),
        ({"price_under": Amount(153_703, "KZT")}, {"price_under": Amount(153_702, "KZT")}),
    ],
)
def test_a_rule_hits_where_its_condition_holds_and_only_there(
    condition: dict[str, object], other: dict[str, object]
) -> None:
    facts = Facts(rates={"EUR": EURO, "KZT": Fraction(1)})
    assert hits(replace(RULE, **condition), facts=facts)  # type: ignore[arg-type]
    assert not hits(replace(RULE, **other), facts=facts)  # type: ignore[arg-type]


def test_documents_first_traders_and_preferences() -> None:
    missing = replace(RULE, missing=("N380", "N954"))
    assert hits(missing)
    one = replace(IMPORT, documents=(Document("N380", "1"),))
    assert hits(missing, one)
    assert not hits(missing, replace(one, items=(replace(DENIM, documents=(Document("N954", "2"),)),)))
    first = replace(RULE, first_time=True)
    assert hits(first) and not hits(first, facts=Facts(frozenset(["KZ-A"])))
    assert hits(first, replace(IMPORT, importer=Party()), Facts(frozenset([""])))
    preference = replace(RULE, preference=True)
    claims = replace(IMPORT, items=(replace(DENIM, preference="FTA"),))
    assert hits(preference, claims) and not hits(preference)
    assert not hits(preference, replace(IMPORT, items=(replace(DENIM, preference="100"),)))


def test_all_conditions_of_a_rule_must_hold_of_one_item() -> None:
    rule = replace(RULE, goods=("5209",), origins=frozenset(["MD"]))
    wine = replace(DENIM, number=2, goods="220429", origin="MD")
    assert not hits(rule, replace(IMPORT, items=(DENIM, wine)))


def test_what_is_left_out_turns_no_rule_off() -> None:
    cheap = replace(RULE, price_under=Amount(1, "EUR"))
    assert not hits(cheap)
    assert hits(cheap, replace(IMPORT, items=(replace(DENIM, quantities={}),)))
    assert hits(cheap, replace(IMPORT, items=(replace(DENIM, quantities={Unit.KG: 0}),)))
    assert hits(replace(RULE, price_under=Amount(1, "KZT")))
    assert hits(replace(RULE, goods=("52094200",)))


def test_the_reddest_rule_decides_and_all_are_told() -> None:
    yellow = replace(RULE, code="Y", channel=Channel.YELLOW, goods=("52",))
    red = replace(RULE, code="Z", price_under=Amount(350, "EUR"), reason="Cheap")
    found = selected(IMPORT, yellow, red)
    assert (found.channel, found.drawn, codes_of(found.reasons)) == (Channel.RED, False, ("Y", "Z"))
    assert found.reasons[1].text == "Cheap: 3.00 EUR a kilogram, under 3.50 EUR."
    assert selected(IMPORT, yellow).channel is Channel.YELLOW
    assert selected(IMPORT) == Selection(Channel.GREEN, (), False)


def test_an_exports_trader_is_its_exporter() -> None:
    export = replace(IMPORT, kind=Kind.EXPORT, exporter=Party("KZ-X"))
    rule = replace(RULE, traders=frozenset(["KZ-X"]))
    assert hits(rule, export) and not hits(rule, replace(export, kind=Kind.IMPORT))


# --- the draw -----------------------------------------------------------------------------------------


def test_the_draw_is_hmac_of_the_mrn_below_the_share() -> None:
    """By hand, as an auditor would who has the secret."""
    for number in range(300):
        mrn = f"26KZ{number}"
        digest = hmac.new(SECRET, b"tasviya selectivity draw 1\0" + mrn.encode(), sha256).hexdigest()
        assert drawn(mrn, SECRET, SHARE) is (Fraction(int(digest, 16), 2**256) < SHARE)


def test_the_draw_takes_its_share_and_other_secrets_draw_others() -> None:
    """30,000 of a share of 3 %: 900 with a standard deviation of 30; four of these either way."""
    mrns = [f"26KZ{number:014}" for number in range(30_000)]
    ours = {mrn for mrn in mrns if drawn(mrn, SECRET, SHARE)}
    theirs = {mrn for mrn in mrns if drawn(mrn, SECRET + b"!", SHARE)}
    assert 780 <= len(ours) <= 1020 and 780 <= len(theirs) <= 1020
    assert len(ours & theirs) <= 60
    assert {mrn for mrn in mrns if drawn(mrn, SECRET, Fraction(1, 50))} <= ours


def test_the_edges_of_the_share() -> None:
    assert drawn("26KZ1", SECRET, Fraction(1)) is True
    assert drawn("26KZ1", SECRET, Fraction(0)) is False
    assert drawn(" 26KZ1 ", SECRET, SHARE) == drawn("26KZ1", SECRET, SHARE)


def test_a_drawn_declaration_is_looked_at_whatever_rules_say() -> None:
    chance = Selectivity((), Fraction(1), Channel.RED)
    found = select(IMPORT, chance, SECRET, DAY)
    assert isinstance(found, Selection) and found.drawn
    assert (found.channel, codes_of(found.reasons)) == (Channel.RED, (RANDOM,))
    both = select(IMPORT, replace(chance, rules=(RULE,), random_channel=Channel.YELLOW), SECRET, DAY)
    assert isinstance(both, Selection) and both.drawn and both.channel is Channel.RED
    assert select(IMPORT, chance, SECRET, DAY) == found


@pytest.mark.parametrize(("mrn", "secret", "reason"), [("", SECRET, "SL01"), ("26KZ1", b"x" * 15, "SL02")])
def test_no_draw_without_number_and_secret(mrn: str, secret: bytes, reason: str) -> None:
    found = select(replace(IMPORT, mrn=mrn), Selectivity((), SHARE), secret, DAY)
    assert isinstance(found, Refusal) and found.reason == reason


# --- files and hit rates ----------------------------------------------------------------------------------


def test_the_example_is_read() -> None:
    by = read_selectivity((EXAMPLE / "selectivity.toml").read_text(encoding="utf-8"), "s.toml")
    assert (by.share, by.random_channel, len(by.rules)) == (SHARE, Channel.YELLOW, 4)
    assert by.rules[0].price_under == Amount(350, "EUR") and by.rules[1].missing == ("N954",)


GOOD = 'random_share = "0.02"\n[[rule]]\ncode = "A"\nchannel = "red"\nreason = "X"\n'


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (GOOD, "CF02", "f: rule[A]"),
        (GOOD.replace("0.02", "0.019") + 'goods = ["01"]\n', "CF25", "f: random_share"),
        (GOOD.replace("0.02", "1.1") + 'goods = ["01"]\n', "CF25", "f: random_share"),
        (GOOD.replace("red", "green") + 'goods = ["01"]\n', "CF04", "f: rule[A].channel"),
        (GOOD.replace('"A"', '"RANDOM"') + 'goods = ["01"]\n', "CF04", "f: rule[RANDOM].code"),
        (GOOD + 'goods = ["01"]\nprice_per_kg_under = "1"\n', "CF05", "f: rule[A].currency"),
        (GOOD + 'goods = ["01"]\ntrader = "X"\n', "CF03", "f: rule[A].trader"),
        (GOOD + "first_time = 1\n", "CF04", "f: rule[A].first_time"),
    ],
)
def test_a_mistake_in_a_file_has_its_place(text: str, code: str, where: str) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        read_selectivity(text, "f")
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == (code, where)


def test_hit_rates_count_every_rule_that_a_control_names_once() -> None:
    results = [
        ControlResult("1", ("A", "A", RANDOM), True),
        ControlResult("2", ("A",), False),
        ControlResult("3", ("B",), False),
    ]
    assert hit_rates(results, ["C"]) == (
        HitRate("A", 2, 1), HitRate("B", 1, 0), HitRate("C", 0, 0), HitRate(RANDOM, 1, 1),
    )  # fmt: skip
    assert [each.rate for each in hit_rates(results, ["C"])] == [Fraction(1, 2), 0, None, 1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("mrn,rules\n1,A\n", ":1"),
        ("mrn,rules,found\n1,A,yes\n1,B,no\n", ":3"),
        ("mrn,rules,found\n1,A,maybe\n", ":2"),
        ("mrn,rules,found\n1,,yes\n", ":2"),
        ("mrn,rules,found\n,A,yes\n", ":2"),
        ("mrn,rules,found\n1,A\n", ":2"),
        ('mrn,rules,found\n1,"A,yes\n', ":2"),
    ],
)
def test_a_mistake_in_results_has_its_line(text: str, line: str) -> None:
    with pytest.raises(OperatorError) as stopped:
        read_results(text.encode(), "f")
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == ("SL03", f"f{line}")
