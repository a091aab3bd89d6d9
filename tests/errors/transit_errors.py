"""The smallest thing that goes wrong with a guarantee, a movement, its number or a message of NCTS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from tasviya.core.currencies import currency
from tasviya.core.errors import Refusal, accepted
from tasviya.customs import guarantee as guarantees
from tasviya.customs import transit_acts as acts
from tasviya.customs.formats.ncts.amending import check as amend_check
from tasviya.customs.formats.ncts.answers import MrnAllocated
from tasviya.customs.formats.ncts.messages import Header, Trader, TransitDeclaration
from tasviya.customs.formats.ncts.reading import read
from tasviya.customs.formats.ncts.schema import NCTS_CODES
from tasviya.customs.formats.ncts.writing import write
from tasviya.customs.guarantee import GUARANTEE_CODES, Guarantee, Stake, Wanted
from tasviya.customs.mrn import MRN_CODES, check, check_grn, grn, mrn
from tasviya.customs.transit import DAY, TRANSIT_CODES, ControlResult, Movement, Terms, terms_on

Act = Callable[[], object]
EUR, KZT = currency("EUR"), currency("KZT")
TODAY = date(2026, 10, 1)
NUMBER = mrn(2026, "KZ", "398001000417")
T0 = 20_727 * DAY  # 2026-10-01T00:00:00Z
TERMS = Terms(date(2026, 1, 1), enquiry_after=7 * DAY, results_within=6 * DAY, enquiry_lasts=28 * DAY)
LINE = Guarantee(
    grn=grn(2026, "KZ", "31"),
    guarantor="KZ-ALTYN",
    principal="KZ-ORDA",
    currency=EUR,
    line_minor=1_000_000,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    members=frozenset(["KZ", "UZ", "TM"]),
)
WAY = Movement(
    mrn=NUMBER,
    grn=LINE.grn,
    holder="KZ-ORDA",
    itinerary=("KZ", "UZ", "TM"),
    departure_office="KZ398001",
    destination_office="TM000204",
    limit_at=T0 + 8 * DAY,
    declared_at=T0,
)
DECLARED = accepted(acts.declare(WAY))
SECURED = accepted(acts.secure(DECLARED, LINE, 300_000, TODAY, T0))
RELEASED = accepted(acts.release(SECURED.movement, T0 + DAY // 2, TERMS))
ASKED = accepted(acts.enquire(RELEASED, T0 + 60 * DAY))
ARRIVED = accepted(acts.arrive(RELEASED, "TM", "TM000204", T0 + 6 * DAY))
LACKING = accepted(acts.unload(ARRIVED, ControlResult(T0 + 6 * DAY, 1)))
ENDED = accepted(acts.cancel(DECLARED, LINE, T0, "withdrawn")).movement


def reserving(of: Guarantee = LINE, **change: object) -> Act:
    """A reservation of 3,000.00 EUR, changed."""
    wanted = Wanted(NUMBER, 300_000, TODAY, "KZ-ORDA", ("KZ", "UZ", "TM"))
    return lambda: guarantees.reserve(of, replace(wanted, **change))


def ncts(old: str, new: str) -> Act:
    """Read the published cancellation, changed."""
    return lambda: read(CANCELLATION.replace("<TransitOperation>", NAMED, 1).replace(old, new, 1).encode())


def amending() -> object:
    """Amend the published declaration by one with another office of departure."""
    raw = (DATA / "cc015c-valid.xml").read_bytes()
    declared, amended = read(raw), read(raw.replace(b"GB3KMA8M", b"GB3KMA8N"))
    assert isinstance(declared, TransitDeclaration) and isinstance(amended, TransitDeclaration)
    return amend_check(declared, replace(amended, declaration=declared.declaration))


def refusal_of_transit(act: Act, _: Path) -> Refusal:
    """The one refusal that an act leads to."""
    found = act()
    if isinstance(found, list):
        (found,) = found
    assert isinstance(found, Refusal), found
    return found


DATA = Path(__file__).parent.parent / "customs" / "data" / "ncts5"
CANCELLATION = (DATA / "cc014c-valid.xml").read_text(encoding="utf-8")
NAMED = f"<TransitOperation><MRN>{NUMBER}</MRN>"
ASKED_AT = "<Invalidation><requestDateAndTime>2026-10-01T24:00:00</requestDateAndTime>"
ANSWER = MrnAllocated(
    Header("NTA.KZ", "KZ-ORDA", T0, "R-1"), "ORDA-77", "26KZ", TODAY, "KZ398001", Trader("KZ-ORDA")
)
TEXTS = {
    code: f"{rule[0].upper()}{rule[1:]}."
    for codes in (MRN_CODES, GUARANTEE_CODES, TRANSIT_CODES, NCTS_CODES)
    for code, rule in codes.items()
}
TRANSIT_CASES: list[tuple[str, str, str, str, Act]] = [
    (code, TEXTS[code], how, where, act)
    for code, how, where, act in (
        ("MN01", "Leave the last digit out", "mrn", lambda: check(NUMBER[:-1])),
        ("MN02", "Take the MRN of an import", "mrn", lambda: check("24GB22WOA1EV2P6AR5")),
        ("MN03", "Write 418 for 417", "mrn", lambda: check(NUMBER.replace("417", "418"))),
        ("MN04", "Name the guarantee `31`", "grn", lambda: check_grn("31")),
        ("GU01", "A line of nothing", "line", lambda: guarantees.register(replace(LINE, line_minor=0))),
        ("GU02", "Reserve after it is revoked", "grn", reserving(guarantees.revoke(LINE, TODAY))),
        ("GU03", "Reserve after its last day", "grn", reserving(on=date(2027, 1, 1))),
        ("GU04", "Go through Azerbaijan", "members", reserving(members=("KZ", "AZ"))),
        ("GU05", "Reserve nothing", "amount", reserving(minor=0)),
        ("GU06", "Reserve a cent more than is free", "amount", reserving(minor=1_000_001)),
        ("GU07", "Reserve another amount", "mrn", reserving(SECURED.guarantee, minor=1)),
        ("GU08", "Discharge what is not reserved", "mrn", lambda: guarantees.discharge(LINE, NUMBER)),
        ("GU09", "Call a cent more than is reserved", "amount",
         lambda: guarantees.call(SECURED.guarantee, NUMBER, 300_001, "UZ")),
        ("GU10", "Use another's guarantee", "holder", reserving(holder="KZ-OTHER")),
        ("GU11", "Tenge without a rate", "item 1", lambda: guarantees.at_stake((Stake(1, 100, KZT),), EUR)),
        ("TN01", "Release what was cancelled", "status", lambda: acts.release(ENDED, T0, TERMS)),
        ("TN02", "Release before it is secured", "status", lambda: acts.release(DECLARED, T0, TERMS)),
        ("TN03", "Enter the member of departure", "member",
         lambda: acts.enter(RELEASED, "KZ", "KZ398002", T0 + DAY)),
        ("TN04", "Leave a member not entered", "member", lambda: acts.leave(RELEASED, "UZ", T0 + DAY)),
        ("TN05", "Enter before the release", "at", lambda: acts.enter(RELEASED, "UZ", "UZ000300", T0)),
        ("TN06", "Enquire before the limit", "at", lambda: acts.enquire(RELEASED, T0 + DAY)),
        ("TN07", "Call on the enquiry's first day", "at",
         lambda: acts.call(ASKED, SECURED.guarantee, T0 + 61 * DAY)),
        ("TN08", "More is lacking than is at stake", "lacking",
         lambda: acts.unload(ARRIVED, ControlResult(T0 + 6 * DAY, 300_001))),
        ("TN09", "Discharge though a cent is lacking", "result",
         lambda: acts.discharge(LACKING, SECURED.guarantee, T0 + 6 * DAY)),
        ("TN10", "No member", "itinerary", lambda: acts.declare(replace(WAY, itinerary=()))),
        ("TN11", "Ask for terms of 2025", "terms", lambda: terms_on((TERMS,), date(2025, 12, 31))),
        ("DN01", "Send an answer of customs", "/CC028C",
         lambda: read(b'<n:CC028C xmlns:n="http://ncts.dgtaxud.ec"/>')),
        ("DN02", "An office of six characters", "/CustomsOfficeOfDeparture/referenceNumber",
         ncts("GB123456", "GB1234")),
        ("DN03", "Cancel with the type of a declaration", "/messageType",
         ncts("<messageType>CC014C", "<messageType>CC015C")),
        ("DN04", "Ask at 24:00:00", "/Invalidation/requestDateAndTime", ncts("<Invalidation>", ASKED_AT)),
        ("DN05", "Cancel without MRN and LRN", "/TransitOperation", lambda: read(CANCELLATION.encode())),
        ("DN06", "Allocate half an MRN", "/TransitOperation/MRN", lambda: write(ANSWER)),
        ("DN07", "Amend the office of departure", "/CustomsOfficeOfDeparture", amending),
    )
]  # fmt: skip
