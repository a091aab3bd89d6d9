"""What is refused about goods in transit in a union at work: one small act each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from transit_union import HOLDER, OFFICES, TransitUnion

from tasviya.core.errors import OperatorError, Refusal
from tasviya.services.transit import release, secure
from tasviya.services.transit_messages import receive
from tasviya.services.transit_way import arrive, enter, unload

sys.path.insert(0, str(Path(__file__).parents[1] / "customs"))

from transit_made_up import MRN, REMARKS, message

Act = Callable[[TransitUnion], object]


def unknown(union: TransitUnion) -> None:
    union.ok(lambda work: release(work, "26KZT00000000099J0", "KZ.officer.1"))


def unguaranteed(union: TransitUnion) -> None:
    union.declared("")


def unvalued(union: TransitUnion) -> None:
    union.declared(union.guaranteed().grn, named=None)


def ahead(union: TransitUnion) -> None:
    mrn = union.declared(union.guaranteed().grn, ahead=True).mrn
    union.ok(lambda work: secure(work, mrn, HOLDER))
    union.ok(lambda work: release(work, mrn, "KZ.officer.1"))


def foreseen(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    union.ok(lambda work: enter(work, mrn, OFFICES[1], "OM.officer.1", union.now + 1))


def too_little(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    union.ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    union.ok(lambda work: unload(work, mrn, "IN.officer.1", 0, 1))


def silent(union: TransitUnion) -> None:
    mrn = union.released(union.guaranteed().grn)
    union.ok(lambda work: arrive(work, mrn, OFFICES[2], "IN.officer.1"))
    raw = message("CC044C", REMARKS.replace(MRN, mrn))
    union.ok(lambda work: receive(work, raw, "IN.officer.1").refusals[0])


TRANSIT_AT_WORK_CASES: list[tuple[str, str, str, Act]] = [
    ("TW01", "Release a movement that was never declared", "mrn", unknown),
    ("TW02", "Declare for transit without a guarantee", "grn", unguaranteed),
    ("TW03", "Declare goods without value, and name no amount to be covered", "amount", unvalued),
    ("TW04", "Release goods that were declared ahead and are not there yet", "mrn", ahead),
    ("TW05", "Report a crossing of the border before it happens", "at", foreseen),
    ("TW06", "Report as lacking what is worth less than a paisa", "amount", too_little),
    ("TW07", "Say in message 044 that goods are lacking, and not what is due on them", "conform", silent),
]  # fmt: skip


def refusal_of_transit_at_work(act: Act, directory: Path) -> Refusal:
    """What stopped an act in a union whose three members have customs."""
    union = TransitUnion(directory)
    union.at("10:30").settle()
    try:
        act(union)
    except OperatorError as error:
        return error.refusal
    raise AssertionError("nothing was refused")
