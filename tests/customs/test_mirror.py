"""The mirror finds every planted gap with its reason, and lists nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from mirror_made_up import AS_OF, RATES, world

from tasviya.core.errors import Refusal
from tasviya.customs.declaration import (
    Amount,
    Charge,
    ChargeKind,
    Declaration,
    DeliveryTerms,
    Document,
    Item,
    Kind,
    Party,
)
from tasviya.customs.declaration_rules import check
from tasviya.customs.duty_units import Unit
from tasviya.customs.mirror import Gap, GapReason, RateOf, Tolerance, mirror
from tasviya.customs.mirror_lines import MirrorLine
from tasviya.customs.mirror_match import Accepted, match

OUT, IN = date(2026, 8, 3), date(2026, 8, 20)
WINE = Item(1, "220429", origin="MD", invoice=Amount(200_000, "EUR"), quantities={Unit.KG: 1_000_000})
BEFORE = (Document("N821", "26MD1"),)
EXPORT = Accepted(
    Declaration(
        "E-1", Kind.EXPORT, (WINE,), mrn="26MD1", exporter=Party("", "Codru"), importer=Party("", "Dala")
    ),
    OUT,
)
IMPORT = Accepted(
    Declaration(
        "I-1", Kind.IMPORT, (WINE,), mrn="26KZ1", exporter=Party("", "CODRU"), importer=Party("K", "Dala"),
        previous=BEFORE,
    ),
    IN,
)  # fmt: skip


def of(side: Accepted, *items: Item, **change: object) -> Accepted:
    """A side with other items, or other fields of its declaration."""
    given = {"items": items} if items else {}
    return replace(side, declaration=replace(side.declaration, **given, **change))  # type: ignore[arg-type]


def gaps(
    exports: list[Accepted],
    imports: list[Accepted],
    tolerance: Tolerance = Tolerance(),  # noqa: B008
    rate_of: RateOf | None = None,
) -> list[Gap]:
    found = mirror(exports, imports, "EUR", RATES, AS_OF, tolerance, rate_of)
    assert isinstance(found, tuple), found
    return list(found)


def reasons(exports: list[Accepted], imports: list[Accepted]) -> list[str]:
    return [str(each.reason) for each in gaps(exports, imports)]


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_planted_gap_is_found_with_its_reason_and_no_other_pair_is_listed(seed: int) -> None:
    made = world(pairs=240, each=6, seed=seed)
    assert len(made.planted) == 42
    for each in (*made.exports, *made.imports):
        assert check(each.declaration) == []
    found = mirror(made.exports, made.imports, "EUR", RATES, AS_OF)
    assert isinstance(found, tuple), found
    listed = {(gap.reason, "".join(gap.exports), "".join(gap.imports)) for gap in found}
    assert listed == made.planted
    assert len(found) == len(made.planted)
    again = mirror(made.exports[::-1], made.imports[::-1], "EUR", RATES, AS_OF)
    assert again == found


def test_what_agrees_has_no_gap() -> None:
    assert gaps([EXPORT], [IMPORT]) == []


# --- which belong together --------------------------------------------------------------------------------


def test_a_shipment_in_two_imports_and_one_of_two_exports_add_up() -> None:
    half = replace(WINE, invoice=Amount(100_000, "EUR"), quantities={Unit.KG: 500_000})
    parts = [of(IMPORT, half), of(IMPORT, half, mrn="26KZ2")]
    assert gaps([EXPORT], parts) == []
    both = (*BEFORE, Document("N821", "26MD2"))
    assert gaps([of(EXPORT, half), of(EXPORT, half, mrn="26MD2")], [of(IMPORT, previous=both)]) == []
    (missing,) = gaps([EXPORT], parts[:1])[:1]
    assert missing.reason is GapReason.QUANTITY and missing.what == "500 kg are missing on arrival."


def test_a_reference_may_stand_at_an_item_or_be_a_ucr() -> None:
    at_item = of(IMPORT, replace(WINE, previous=BEFORE), previous=(), exporter=Party())
    assert gaps([EXPORT], [at_item]) == []
    ucr = (Document("DCR", "6MD-77"),)
    assert gaps([of(EXPORT, previous=ucr)], [of(IMPORT, previous=ucr, exporter=Party())]) == []
    other = (Document("DCR", "6MD-78"),)
    assert reasons([of(EXPORT, previous=ucr, importer=Party())], [of(IMPORT, previous=other)]) == [
        "orphan_export", "orphan_import",
    ]  # fmt: skip


def test_other_previous_documents_tie_nothing() -> None:
    """Two shipments that were in one warehouse, and whose UCR is blank, stay two."""
    store, blank = Document("N337", "WAREHOUSE-1"), Document("DCR", " ")
    exports = [of(EXPORT, previous=(blank,)), of(EXPORT, mrn="26MD2", previous=(blank,))]
    imports = [
        of(IMPORT, previous=(*BEFORE, store, blank)),
        of(IMPORT, mrn="26KZ2", previous=(Document("N821", "26MD2"), store, blank)),
    ]
    found = match(exports, imports).shipments
    assert [(len(each.exports), len(each.imports)) for each in found] == [(1, 1), (1, 1)]


@pytest.mark.parametrize(
    ("change", "after", "together"),
    [
        ({}, 17, True),
        ({}, -3, True),
        ({}, -4, False),
        ({}, 60, True),
        ({}, 61, False),
        ({"exporter": Party("", "codru ")}, 17, True),
        ({"exporter": Party("", "Cricova")}, 17, False),
        ({"importer": Party("K", "")}, 17, False),
        ({"items": (replace(WINE, goods="220421"),)}, 17, False),
    ],
)
def test_without_a_reference_parties_goods_and_days_tell(
    change: dict[str, object], after: int, together: bool
) -> None:
    alone = replace(of(IMPORT, previous=(), **change), on=OUT + timedelta(after))
    found = match([EXPORT], [alone])
    assert bool(found.shipments) is together
    assert together or (found.orphan_exports, found.orphan_imports) == ((EXPORT,), (alone,))


def test_of_several_candidates_the_nearest_in_mass_is_taken_then_in_days() -> None:
    light = replace(WINE, quantities={Unit.KG: 400_000})
    exports = [EXPORT, of(EXPORT, light, mrn="26MD2")]
    imports = [of(IMPORT, light, previous=(), mrn="26KZ2"), of(IMPORT, previous=())]
    found = match(exports, imports).shipments
    assert [(each.exports[0].reference, each.imports[0].reference) for each in found] == [
        ("26MD1", "26KZ1"), ("26MD2", "26KZ2"),
    ]  # fmt: skip
    later = replace(of(EXPORT, mrn="26MD3"), on=OUT + timedelta(10))
    (near,) = match([EXPORT, later], [of(IMPORT, previous=())]).shipments
    assert near.exports == (later,)


def test_an_export_is_an_orphan_only_when_it_has_had_its_time() -> None:
    still = replace(EXPORT, on=AS_OF - timedelta(60))
    assert gaps([still], []) == []
    assert reasons([replace(EXPORT, on=AS_OF - timedelta(61))], []) == ["orphan_export"]


def test_goods_that_one_side_alone_has_are_told_by_subheading() -> None:
    denim = replace(WINE, number=2, goods="520942")
    (found,) = gaps([of(EXPORT, WINE, denim)], [IMPORT])
    assert (found.reason, found.goods, found.imports) == (GapReason.ORPHAN_EXPORT, "520942", ("26KZ1",))
    (found,) = gaps([EXPORT], [of(IMPORT, WINE, denim)])
    assert (found.reason, found.goods) == (GapReason.ORPHAN_IMPORT, "520942")


# --- what does not agree --------------------------------------------------------------------------------


def test_the_edge_of_each_tolerance() -> None:
    """Five per cent of 2,000.00 and two per cent of 1,000 kg are no gap; a cent and a gram more are one."""

    def imported(cents: int, grams: int) -> list[str]:
        item = replace(WINE, invoice=Amount(cents, "EUR"), quantities={Unit.KG: grams})
        return reasons([EXPORT], [of(IMPORT, item)])

    assert imported(210_000, 1_020_000) == imported(190_000, 980_000) == []
    assert imported(210_001, 1_000_000) == imported(189_999, 1_000_000) == ["value"]
    assert imported(200_000, 1_020_001) == imported(200_000, 979_999) == ["quantity"]


def test_carriage_is_no_gap_on_whichever_side_it_stands() -> None:
    freight = (Charge(ChargeKind.FREIGHT, Amount(30_000, "EUR")),)
    dear = replace(WINE, invoice=Amount(230_000, "EUR"))
    assert gaps([EXPORT], [of(IMPORT, charges=freight)]) == []
    assert gaps([EXPORT], [of(IMPORT, replace(WINE, charges=freight))]) == []
    cif = DeliveryTerms("CIF", "KZALA")
    assert gaps([of(EXPORT, dear, charges=freight, delivery=cif)], [of(IMPORT, dear)]) == []
    at_border = replace(dear, statistical=Amount(200_000, "EUR"))
    assert gaps([of(EXPORT, at_border, charges=freight)], [of(IMPORT, dear)]) == []
    assert reasons([of(EXPORT, at_border)], [of(IMPORT, dear)]) == ["value"]
    other = (Charge(ChargeKind.ADDITION, Amount(30_000, "EUR")),)
    assert reasons([EXPORT], [of(IMPORT, charges=other)]) == ["value"]
    less = (Charge(ChargeKind.DEDUCTION, Amount(30_000, "EUR")),)
    assert gaps([EXPORT], [of(IMPORT, charges=(*other, *less))]) == []


def test_a_value_in_another_currency_is_compared_exactly() -> None:
    tenge = replace(WINE, invoice=Amount(190_000 * 512, "KZT"))
    assert gaps([EXPORT], [of(IMPORT, tenge)]) == []
    (found,) = gaps([EXPORT], [of(IMPORT, replace(tenge, invoice=Amount(190_000 * 512 - 1, "KZT")))])
    assert (found.exported, found.imported) == ("2,000.00 EUR", "1,900.00 EUR")
    assert found.what == "The importer's value without carriage is 100.00 EUR below the exporter's."


def test_other_units_than_mass_are_compared_where_both_state_them() -> None:
    hundred = {Unit.KG: 1_000_000, Unit.LITRE: 100_000}
    exported = of(EXPORT, replace(WINE, quantities=hundred))
    assert gaps([exported], [IMPORT]) == []
    fewer = replace(WINE, quantities=hundred | {Unit.LITRE: 90_000})
    assert reasons([exported], [of(IMPORT, fewer)]) == ["quantity"]


def test_an_origin_that_one_side_does_not_say_is_no_gap() -> None:
    assert gaps([of(EXPORT, replace(WINE, origin=""))], [IMPORT]) == []
    (found,) = gaps([EXPORT], [of(IMPORT, replace(WINE, preferential_origin="TR"))])
    assert (found.reason, found.exported, found.imported) == (GapReason.ORIGIN, "MD", "TR")


DUTIES = {"220429": Fraction(20, 100), "220421": Fraction(5, 100)}


def by_table(goods: str, origin: str, day: date, line: MirrorLine) -> Fraction | None:
    assert (origin, day, line.goods) == ("MD", IN, "220421")
    return DUTIES.get(goods)


def test_goods_under_another_code_are_told_with_what_duty_that_saves() -> None:
    (found,) = gaps([EXPORT], [of(IMPORT, replace(WINE, goods="220421"))], rate_of=by_table)
    assert (found.reason, found.goods, found.imported, found.duty) == (
        GapReason.GOODS,
        "220429",
        "220421",
        30_000,
    )
    assert found.what == "220429 came in as 220421, at a lower duty: 5 % instead of 20 %, 300.00 EUR."
    (plain,) = gaps([EXPORT], [of(IMPORT, replace(WINE, goods="220421"))])
    assert (plain.duty, plain.what) == (None, "220429 came in as 220421.")


def test_goods_of_quite_another_mass_are_not_taken_for_the_same() -> None:
    def imported(grams: int) -> list[str]:
        item = replace(WINE, goods="220421", quantities={Unit.KG: grams})
        return reasons([EXPORT], [of(IMPORT, item)])

    assert imported(750_000) == ["goods", "quantity"]
    assert imported(749_999) == ["orphan_export", "orphan_import"]


def test_a_price_far_from_the_others_is_told_also_where_both_sides_agree() -> None:
    def pair(number: int, cents: int) -> tuple[Accepted, Accepted]:
        item = replace(WINE, invoice=Amount(cents, "EUR"))
        before = (Document("N821", f"26MD{number}"),)
        return of(EXPORT, item, mrn=f"26MD{number}"), of(IMPORT, item, mrn=f"26KZ{number}", previous=before)

    usual = [pair(number, 200_000) for number in range(19)]
    for odd, told in ((99_999, 1), (100_000, 0), (400_000, 0), (400_001, 1)):
        pairs = [*usual, pair(99, odd)]
        found = gaps([out for out, _ in pairs], [into for _, into in pairs])
        assert [(each.reason, each.imports) for each in found] == [(GapReason.UNIT_PRICE, ("26KZ99",))] * told
    few = [*usual[1:], pair(99, 1)]
    assert gaps([out for out, _ in few], [into for _, into in few]) == []


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exports", "imports", "told"),
    [
        ([IMPORT], [IMPORT], [("MR01", "26KZ1")]),
        ([EXPORT], [EXPORT], [("MR01", "26MD1")]),
        ([EXPORT, EXPORT], [IMPORT, IMPORT], [("MR02", "26MD1"), ("MR02", "26KZ1")]),
        ([of(EXPORT, replace(WINE, invoice=Amount(1, "USD")))], [], [("MR03", "USD")]),
        ([of(EXPORT, charges=(Charge(ChargeKind.FREIGHT, Amount(1, "JPY")),))], [], [("MR03", "JPY")]),
        ([of(EXPORT, replace(WINE, statistical=Amount(1, "EUX")))], [], [("MR03", "EUX")]),
    ],
)
def test_what_is_refused_is_all_told(
    exports: list[Accepted], imports: list[Accepted], told: list[tuple[str, str]]
) -> None:
    found = mirror(exports, imports, "EUR", RATES, AS_OF)
    assert isinstance(found, list) and all(isinstance(each, Refusal) for each in found)
    assert [(each.reason, each.where) for each in found] == told
