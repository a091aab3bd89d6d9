"""What is declared out of one member is there for the other's customs, and is held against what comes in."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from controlled import CONTROLS, in_force
from customs_union import TRADER, CustomsUnion

from tasviya.app import ask_customs
from tasviya.core.errors import OperatorError
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.mirror import Gap, mirror
from tasviya.services.lodging import invalidate

MAKER = "IN-MAKER-1"
PARTIES = {"exporter": {"id": MAKER, "name": "Maker"}, "importer": {"id": TRADER, "name": "A trader"}}


def exported(union: CustomsUnion, number: str = "E-1", price: str = "160.00", **changes: Any) -> Lodgement:
    """Goods leave IN for KZ."""
    facts = PARTIES | {"destination_country": "KZ", "dispatch_country": "IN"} | changes
    return union.lodge(
        "IN", number=number, kind="export", declarant=MAKER, price=price, currency="INR", **facts
    )


def imported(union: CustomsUnion, after: str = "", number: str = "D-1", **changes: Any) -> Lodgement:
    """They come into KZ."""
    before = {"previous": [{"type": "N830", "reference": after}]} if after else {}
    return union.lodge(number=number, **(PARTIES | {"dispatch_country": "IN"} | before | changes))


def gaps(union: CustomsUnion, on: str = "2026-09-30", partner: str | None = None) -> list[tuple[str, Gap]]:
    found = []
    for other, sides in ask_customs(union.home).sides("KZ", "KZ.officer.1", partner).items():
        told = mirror(*sides, "KZT", {}, date.fromisoformat(on))
        assert not isinstance(told, list), told
        found += [(other, each) for each in told]
    return found


def test_export_is_there_for_the_importers_customs_once_it_is_accepted(union: CustomsUnion) -> None:
    export = exported(union)
    (row,) = ask_customs(union.home).expected("KZ", "KZ.officer.1")
    assert row == {
        "mrn": export.mrn,
        "from": "IN",
        "accepted_at": "2026-09-29T10:30:00.000Z",
        "status": "released",
        "exporter": MAKER,
        "consignee": TRADER,
        "goods": "841510",
        "kg": "10",
        "price": "160.00 INR",
        "imports": "",
    }


@pytest.mark.parametrize(
    ("actor", "price"),
    [
        ("KZ.officer.1", "160.00 INR"),
        ("IN.officer.1", "160.00 INR"),
        ("OM.customs", "-"),
    ],
)
def test_prices_and_parties_are_for_the_two_members_customs(
    union: CustomsUnion, actor: str, price: str
) -> None:
    exported(union)
    (row,) = ask_customs(union.home).expected("KZ", actor)
    assert (row["price"], row["exporter"] == "-", row["kg"]) == (price, price == "-", "10")


@pytest.mark.parametrize("actor", ["somebody", "KZ.tariff.1"])
def test_who_has_no_role_for_it_sees_nothing(union: CustomsUnion, actor: str) -> None:
    exported(union)
    with pytest.raises(OperatorError) as refused:
        ask_customs(union.home).expected("KZ", actor)
    assert refused.value.refusal.reason == "RO01"
    with pytest.raises(OperatorError) as refused:
        ask_customs(union.home).sides("KZ", "OM.customs")
    assert refused.value.refusal.reason == "RO01"


def test_exports_elsewhere_and_undone_ones_are_not_expected(union: CustomsUnion) -> None:
    exported(union, destination_country="OM")
    exported(union, number="E-2", goods="9")
    assert ask_customs(union.home).expected("KZ", "KZ.officer.1") == []


def test_export_that_is_held_is_expected_until_it_is_invalidated(union: CustomsUnion) -> None:
    in_force(union, CONTROLS.replace('direction = "import"', 'direction = "export"'), member="IN")
    export = exported(union)
    (row,) = ask_customs(union.home).expected("KZ", "KZ.officer.1")
    assert (export.holds[0].code, row["status"]) == ("COOL-IMPORT", "secured")
    assert [len(side) for side in ask_customs(union.home).sides("KZ", "KZ.officer.1")["IN"]] == [1, 0]
    union.ok(lambda work: invalidate(work, export.mrn, MAKER, "never left"))
    assert ask_customs(union.home).expected("KZ", "KZ.officer.1") == []
    assert ask_customs(union.home).sides("KZ", "KZ.officer.1") == {}


def test_import_that_names_the_export_is_linked_with_it(union: CustomsUnion) -> None:
    export = exported(union)
    into = imported(union, export.mrn)
    (row,) = ask_customs(union.home).expected("KZ", "KZ.officer.1")
    assert (into.ucr, row["imports"]) == (export.mrn, into.mrn)
    union.ok(lambda work: invalidate(work, into.mrn, TRADER, "a slip"))
    (row,) = ask_customs(union.home).expected("KZ", "KZ.officer.1")
    assert row["imports"] == ""


def test_sides_that_agree_have_no_gap(union: CustomsUnion) -> None:
    imported(union, exported(union).mrn)
    assert gaps(union) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": "700.00"}, "value"),
        ({"item": {"quantities": {"kg": "8"}}}, "quantity"),
        ({"goods": "841821"}, "goods"),
        ({"item": {"origin": "OM"}}, "origin"),
    ],
)
def test_gap_between_stored_declarations_is_found_with_its_reason(
    union: CustomsUnion, changes: dict[str, Any], reason: str
) -> None:
    export = exported(union)
    into = imported(union, export.mrn, **changes)
    assert [(other, str(gap.reason), gap.exports, gap.imports) for other, gap in gaps(union)] == [
        ("IN", reason, (export.mrn,), (into.mrn,))
    ]


def test_orphans_are_told_when_goods_have_had_time_to_arrive(union: CustomsUnion) -> None:
    export = exported(union)
    into = imported(union, number="D-9", exporter={"id": "IN-MAKER-2"})
    assert [str(gap.reason) for _, gap in gaps(union)] == ["orphan_import"]
    later = gaps(union, on="2026-12-31")
    assert [(str(gap.reason), gap.exports, gap.imports) for _, gap in later] == [
        ("orphan_export", (export.mrn,), ()),
        ("orphan_import", (), (into.mrn,)),
    ]
    assert gaps(union, on="2026-12-31", partner="OM") == []


def test_values_are_compared_at_the_rates_that_were_frozen_for_each(union: CustomsUnion) -> None:
    export = exported(union)
    into = imported(union, export.mrn)
    (sides,) = ask_customs(union.home).sides("KZ", "KZ.officer.1").values()
    rates = [side[0].rates for side in sides]
    assert rates[0] is not None and rates[1] is not None
    assert rates[0]["INR"] == rates[1]["INR"] > 6
    assert (sides[0][0].reference, sides[1][0].reference) == (export.mrn, into.mrn)
