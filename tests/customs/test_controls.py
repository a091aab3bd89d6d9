"""Controls: what a rule asks of goods, when it asks it, and that nothing left out slips by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tasviya.core.errors import ConfigurationError
from tasviya.customs.control_rules import read_controls, read_licences
from tasviya.customs.controls import ControlKind, ControlRule, Hold, Stop, check_controls, use_licences
from tasviya.customs.declaration import Amount, Declaration, Document, Item, Kind, Party
from tasviya.customs.duty_units import Unit
from tasviya.customs.licence import Licence

EXAMPLE = Path(__file__).parents[2] / "examples" / "customs"
DAY = date(2026, 10, 1)
WINE = Item(
    1,
    "220429",
    origin="MD",
    invoice=Amount(200_000, "EUR"),
    quantities={Unit.KG: 1_000_000},
    documents=(Document("L100", "W-1"),),
)
IMPORT = Declaration(
    "L-1", Kind.IMPORT, (WINE,), mrn="26KZ1", importer=Party("KZ-A"), destination_country="KZ", procedure="40"
)
RULE = ControlRule("WINE", ControlKind.LICENCE, Kind.IMPORT, "Finance", ("2204",), "Қаржы", document="L100")
LICENCE = Licence("W-1", "KZ-A", "2204", 1_000_000, Unit.KG, date(2026, 1, 1), date(2026, 10, 31))
ISSUED = {"W-1": LICENCE}


def outcome(
    declaration: Declaration = IMPORT,
    rule: ControlRule = RULE,
    licences: dict[str, Licence] = ISSUED,
    on: date = DAY,
    rates: dict[str, Fraction] | None = None,
) -> list[tuple[str, str, str]]:
    """Of every want: hold or stop, its code, its place."""
    found = check_controls(declaration, [rule], licences, on, rates)
    return [(type(each).__name__, each.refusal.reason, each.refusal.where) for each in found]


def of(**change: object) -> Declaration:
    """The import with its item changed."""
    return replace(IMPORT, items=(replace(WINE, **change),))  # type: ignore[arg-type]


def test_a_licence_that_serves_lets_goods_pass() -> None:
    assert outcome() == []


def test_a_missing_licence_holds_and_names_the_authority_in_both_languages() -> None:
    (found,) = check_controls(of(documents=()), [RULE], ISSUED, DAY)
    assert isinstance(found, Hold) and (found.rule, found.item) == (RULE, 1)
    assert found.refusal.what == "Item 1 needs a licence: WINE, Finance (Қаржы)."
    assert (found.refusal.reason, found.refusal.where) == ("CN02", "items[0].documents")


def test_a_licence_nobody_knows_and_one_of_another_type_hold() -> None:
    assert outcome(of(documents=(Document("L100", "W-9"),))) == [("Hold", "CN03", "items[0].documents")]
    assert outcome(of(documents=(Document("N380", "W-1"),))) == [("Hold", "CN02", "items[0].documents")]
    assert outcome(of(documents=(Document("L100", " "),))) == [("Hold", "CN02", "items[0].documents")]


def test_the_shipments_document_serves_its_items() -> None:
    whole = replace(of(documents=()), documents=(Document("L100", "W-1"),))
    assert outcome(whole) == []


def test_the_first_licence_that_serves_is_used() -> None:
    shown = (Document("L100", "W-9"), Document("L100", "W-0"), Document("L100", "W-1"))
    issued = {"W-0": replace(LICENCE, number="W-0", holder="KZ-B"), **ISSUED}
    assert outcome(of(documents=shown), licences=issued) == []


@pytest.mark.parametrize(
    ("licence", "reason", "where"),
    [
        ({"valid_until": date(2026, 9, 30)}, "LI01", "items[0].documents"),
        ({"holder": "KZ-B"}, "LI02", "items[0].documents"),
        ({"goods": "2205"}, "LI03", "items[0].goods"),
        ({"unit": Unit.LITRE}, "LI04", "items[0].quantities.litre"),
        ({"quantity": 999_999}, "LI05", "items[0].quantities.kg"),
    ],
)
def test_a_licence_that_does_not_serve_holds(licence: dict[str, object], reason: str, where: str) -> None:
    issued = {"W-1": replace(LICENCE, **licence)}  # type: ignore[arg-type]
    assert outcome(licences=issued) == [("Hold", reason, where)]


def test_two_items_share_what_a_licence_has_left() -> None:
    half = replace(WINE, quantities={Unit.KG: 500_000})
    both = replace(IMPORT, items=(half, replace(half, number=2)))
    assert outcome(both) == []
    more = replace(IMPORT, items=(half, replace(half, number=2, quantities={Unit.KG: 500_001})))
    assert outcome(more) == [("Hold", "LI05", "items[1].quantities.kg")]


def test_acceptance_uses_the_licence_and_release_asks_again_on_its_own_day() -> None:
    used = use_licences(IMPORT, [RULE], ISSUED, DAY)
    assert isinstance(used, dict) and used["W-1"].left == 0 and LICENCE.left == 1_000_000
    assert check_controls(IMPORT, [RULE], used, date(2026, 10, 31)) == ()
    assert use_licences(IMPORT, [RULE], used, DAY) == used
    (late,) = check_controls(IMPORT, [RULE], used, date(2026, 11, 1))
    assert late.refusal.reason == "LI01"
    other = replace(IMPORT, mrn="26KZ2")
    assert [each.refusal.reason for each in check_controls(other, [RULE], used, DAY)] == ["LI05"]


def test_what_is_held_uses_nothing() -> None:
    rest = replace(WINE, number=2, documents=())
    found = use_licences(replace(IMPORT, items=(WINE, rest)), [RULE], ISSUED, DAY)
    assert isinstance(found, tuple) and [each.item for each in found] == [2]
    assert ISSUED == {"W-1": LICENCE}


def test_a_prohibition_stops_whatever_is_shown() -> None:
    ban = replace(RULE, code="BAN", kind=ControlKind.PROHIBITION, document="", basis="a law, section 2")
    (found,) = check_controls(IMPORT, [ban], ISSUED, DAY)
    assert isinstance(found, Stop) and found.refusal.reason == "CN01"
    assert found.refusal.what == "Item 1, 220429, is prohibited by a law, section 2: BAN of Finance (Қаржы)."


def test_a_control_is_met_by_its_document() -> None:
    control = replace(RULE, kind=ControlKind.CONTROL)
    assert outcome(rule=control, licences={}) == []
    assert outcome(of(documents=()), control, {}) == [("Hold", "CN02", "items[0].documents")]


@pytest.mark.parametrize(
    "change",
    [
        {"direction": Kind.EXPORT},
        {"goods": ("2205", "01")},
        {"origins": frozenset(["TR"])},
        {"destinations": frozenset(["UZ"])},
        {"begins": date(2026, 10, 2)},
        {"ends": date(2026, 9, 30)},
        {"least_quantity": 1_000_001},
        {"least_value": Amount(200_001, "EUR")},
    ],
)
def test_a_rule_of_other_goods_places_days_and_sizes_asks_nothing(change: dict[str, object]) -> None:
    bare = of(documents=())
    assert outcome(bare) != []
    assert outcome(bare, replace(RULE, **change)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"goods": ()},
        {"origins": frozenset(["MD", "TR"])},
        {"destinations": frozenset(["KZ"])},
        {"begins": DAY, "ends": DAY},
        {"least_quantity": 1_000_000},
        {"least_value": Amount(200_000, "EUR")},
    ],
)
def test_a_rule_asks_up_to_its_very_edge(change: dict[str, object]) -> None:
    assert outcome(of(documents=()), replace(RULE, **change)) != []  # type: ignore[arg-type]


def test_dividing_goods_among_items_does_not_go_below_a_threshold() -> None:
    half = replace(WINE, documents=(), invoice=Amount(100_000, "EUR"))
    both = replace(IMPORT, items=(half, replace(half, number=2)))
    rule = replace(RULE, least_value=Amount(200_000, "EUR"))
    assert [place for _, _, place in outcome(both, rule)] == ["items[0].documents", "items[1].documents"]


def test_a_threshold_in_another_currency_needs_rates_and_counts_as_reached_without() -> None:
    rule, bare = replace(RULE, least_value=Amount(102_468_001, "KZT")), of(documents=())
    rates = {"EUR": Fraction("512.34"), "KZT": Fraction(1)}
    assert outcome(bare, rule, rates=rates) == []
    assert outcome(bare, replace(rule, least_value=Amount(102_468_000, "KZT")), rates=rates) != []
    assert outcome(bare, rule) != []
    assert outcome(of(documents=(), quantities={}), replace(RULE, least_quantity=10**12)) != []


def test_what_is_not_declared_holds() -> None:
    assert outcome(of(origin=""), replace(RULE, origins=frozenset(["TR"]))) == [
        ("Hold", "CN04", "items[0].origin")
    ]
    nowhere = replace(IMPORT, destination_country="")
    assert outcome(nowhere, replace(RULE, destinations=frozenset(["UZ"]))) == [
        ("Hold", "CN04", "destination_country")
    ]
    longer = replace(RULE, goods=("22042911", "01"))
    assert outcome(rule=longer) == [("Hold", "CN04", "items[0].goods")]
    assert outcome(of(goods="2204 29 11"), longer) == []
    assert outcome(of(goods="22042912"), longer) == []
    assert outcome(of(goods="22042911", documents=()), longer) == [("Hold", "CN02", "items[0].documents")]


def test_an_exports_licence_is_its_exporters() -> None:
    export = replace(IMPORT, kind=Kind.EXPORT, exporter=Party("KZ-A"), importer=Party("XX"))
    rule = replace(RULE, direction=Kind.EXPORT)
    assert outcome(export, rule) == []
    assert outcome(replace(export, exporter=Party("KZ-B")), rule)[0][1] == "LI02"


def test_the_examples_are_read() -> None:
    rules = read_controls((EXAMPLE / "controls.toml").read_text(encoding="utf-8"), "controls.toml")
    assert [rule.code for rule in rules] == [
        "WINE-IMPORT",
        "PLANT-HEALTH",
        "TEXTILE-VALUE",
        "ARMS",
        "REACTORS",
    ]
    assert rules[0].least_quantity == 50_000 and rules[2].least_value == Amount(700_000, "EUR")
    licences = read_licences((EXAMPLE / "licences.toml").read_text(encoding="utf-8"), "licences.toml")
    assert licences["WINE-2026-17"].left == 879_500


GOOD = 'code = "A"\nkind = "licence"\ndirection = "import"\nauthority = "X"\ndocument = "L1"\n'


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("[[control]\n", "CF01", "f"),
        ("[[control]]\n" + GOOD.replace("A", "a b"), "CF04", "f: control[a b].code"),
        ("[[control]]\n" + GOOD.replace('document = "L1"\n', ""), "CF04", "f: control[A].document"),
        ("[[control]]\n" + GOOD.replace("licence", "prohibition"), "CF04", "f: control[A].document"),
        ("[[control]]\n" + GOOD + 'goods = ["2"]\n', "CF04", "f: control[A].goods"),
        ("[[control]]\n" + GOOD + 'goods = "2204"\n', "CF04", "f: control[A].goods"),
        ("[[control]]\n" + GOOD + 'origins = ["md"]\n', "CF04", "f: control[A].origins"),
        ("[[control]]\n" + GOOD + 'least_value = "5"\n', "CF05", "f: control[A].currency"),
        ("[[control]]\n" + GOOD + 'least_value = "x"\ncurrency = "EUR"\n', "CF07",
         "f: control[A].least_value"),
        ("[[control]]\n" + GOOD + 'least_value = "0"\ncurrency = "EUR"\n', "CF07",
         "f: control[A].least_value"),
        ("[[control]]\n" + GOOD + 'least_quantity = "-1"\n', "CF04", "f: control[A].least_quantity"),
        ("[[control]]\n" + GOOD + "valid_from = 2026-02-01\nvalid_to = 2026-01-31\n", "CF10",
         "f: control[A].valid_to"),
        ("[[control]]\n" + GOOD + "[[control]]\n" + GOOD, "CF10", "f: control[A].code"),
        ("[[control]]\n" + GOOD + "colour = 1\n", "CF03", "f: control[A].colour"),
        ("[[controls]]\n" + GOOD, "CF03", "f: controls"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_has_its_place(text: str, code: str, where: str) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        read_controls(text, "f")
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == (code, where)


def test_the_same_code_may_follow_itself() -> None:
    later = "[[control]]\n" + GOOD + "valid_from = 2026-02-01\n"
    assert len(read_controls("[[control]]\n" + GOOD + "valid_to = 2026-01-31\n" + later, "f")) == 2


LICENCE_TEXT = '[[licence]]\nnumber = "A"\nholder = "H"\ngoods = "22"\nquantity = "5"\n'


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (LICENCE_TEXT + LICENCE_TEXT, "CF08", "f: licence[1].number"),
        (LICENCE_TEXT.replace('"5"', '""'), "CF04", "f: licence[0].quantity"),
        (LICENCE_TEXT.replace('quantity = "5"\n', ""), "CF02", "f: licence[0].quantity"),
        (LICENCE_TEXT + '[[licence.use]]\nreference = "R"\nitem = 1\nquantity = "5.001"\n', "CF04",
         "f: licence[0].use"),
        (LICENCE_TEXT + '[[licence.use]]\nreference = "R"\nitem = 0\nquantity = "5"\n', "CF04",
         "f: licence[0].use[0].item"),
    ],
)  # fmt: skip
def test_a_mistake_in_licences_has_its_place(text: str, code: str, where: str) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        read_licences(text, "f")
    assert (stopped.value.refusal.reason, stopped.value.refusal.where) == (code, where)
