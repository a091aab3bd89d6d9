"""Goods in transit at work: declared, secured, released, and what ends a movement.

    declare    a movement under an MRN, with what it asks of its guarantee
    secure     that amount is held in the ledger, in the commit that stores the movement as reserved
    release    the goods set out; the union's time limits of that day hold until they are there
    discharge  the hold ends in the same commit      cancel, reject  likewise, before they set out
    call       a part of the hold is used: a claim on the guarantor, where the goods went wrong

What happens on the way is in `transit_way`. A refusal changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from tasviya.core.business_day import local_instant
from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Money
from tasviya.customs import transit_acts as acts
from tasviya.customs.declaration import Amount, Declaration
from tasviya.customs.guarantee import Call, Guarantee
from tasviya.customs.movement import MovementRow, due
from tasviya.customs.mrn import NUMBER_LENGTH, SECURITY, mrn
from tasviya.customs.transit import DAY, Movement, Status, Terms, terms_on
from tasviya.customs.transit_acts import Settled
from tasviya.membership.roles import Act
from tasviya.services import guarantees
from tasviya.services.customs_accounts import authority, day_in, money_of
from tasviya.services.guarantee_holds import freeing_leg, hold
from tasviya.services.guarantee_holds import keep as keep_guarantee
from tasviya.services.lodging import allowed
from tasviya.services.transit_stakes import stake
from tasviya.services.work import Work

TRANSIT_AT_WORK_CODES = {
    "TW01": "a command names a movement that is there",
    "TW02": "a declaration for transit names its holder, number, one guarantee and its safety data",
    "TW03": "what is at stake is told by a tariff of a member that is passed, or by the declaration",
    "TW04": "goods are released for transit once they have been presented",
    "TW05": "what is reported has happened",
    "TW06": "what is called comes to a minor unit, at least, where the goods went wrong",
    "TW07": "where unloaded goods are not as declared, somebody says what is due on what is lacking",
}
SERIES = "T"
"""Numbers of movements begin with it, so that none is a declaration's."""
COUNTRY = 2
"""So many characters of an office's reference are its member."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared for transit.

    offices: of departure, of transit in their order, of destination; each begins with its member. security: 0
    none, 1 entry, 2 exit, 3 both. limit_on: the day on which the goods are to be there; None: as the union's
    terms say. goods: valued where a tariff is to say what is at stake. named: what is at stake, as declared.
    body: the declaration to keep, without access codes; digest: SHA-256 of it as it came. ahead: the goods
    are presented later.
    """

    lrn: str
    holder: str
    offices: tuple[str, ...]
    grn: str
    security: int = 0
    limit_on: date | None = None
    seals: tuple[str, ...] = ()
    goods: Declaration | None = None
    named: Amount | None = None
    body: bytes = b""
    digest: bytes = b""
    ahead: bool = False

    @property
    def departure(self) -> str:
        """The member that the goods set out from."""
        return self.offices[0][:COUNTRY] if self.offices else ""

    @property
    def itinerary(self) -> tuple[str, ...]:
        """Members from departure to destination; none twice in a row."""
        members = [office[:COUNTRY] for office in self.offices]
        return tuple(each for place, each in enumerate(members) if members[place - 1 : place] != [each])


def declare(work: Work, declared: Declared, actor: str) -> MovementRow | Refusal:
    """Accept a declaration for transit: it gets an MRN, and nothing is held for it yet.

    The very same again gets the same answer. Refused: TW02; RO01; CU03 a member without customs; CU04 the
    number is another declaration's; CU09; TN10, TN11; TW03, GU11 nobody can say what is at stake.
    """
    unfit = _unfit(work, declared, actor)
    if unfit is not None:
        return unfit
    digest = declared.digest or sha256(repr(declared).encode()).digest()
    known = work.memory.customs.movement_of(declared.holder, declared.lrn)
    if known is not None:
        if known.digest == digest:
            return known
        what = f"{declared.holder} has used the number {declared.lrn} for {known.mrn}."
        return Refusal("CU04", what, f"Give it a number of its own, or amend {known.mrn}.", "lrn")
    numbers, day = work.memory.numbers, day_in(work, declared.departure)
    number = f"{SERIES}{numbers.movement:0{NUMBER_LENGTH - 1}d}"
    reference = mrn(day.year, declared.departure, number, SECURITY[declared.security])
    found = _movement(work, declared, reference)
    if isinstance(found, Refusal):
        return found
    movement, minor = found
    made = acts.declare(movement)
    if isinstance(made, Refusal):
        return made
    numbers.movement += 1
    row = MovementRow(
        *(reference, declared.lrn, declared.holder, declared.departure, made.itinerary[-1], declared.grn),
        *(str(made.status), minor, 0, actor, day.isoformat(), 0 if declared.ahead else work.now_ns),
        *(digest, declared.body, "", made),
    )
    work.act("declare_transit", reference, f"{' '.join(made.itinerary)} under {declared.grn}", actor)
    return keep(work, row, made)


def amend(work: Work, reference: str, declared: Declared, actor: str) -> MovementRow | Refusal:
    """Change a declaration for which nothing is held yet; holder, number and departure stay.

    Refused: as by `declare`; TN01, TN02 too late for that.
    """
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    offices = (row.body.departure_office, *declared.offices[1:])
    declared = replace(declared, lrn=row.lrn, holder=row.holder, offices=offices)
    unfit = allowed(work, actor, Act.AMEND, row.departure, row.holder) or _unfit(work, declared, actor)
    found = unfit or _movement(work, declared, reference)
    if isinstance(found, Refusal):
        return found
    movement, minor = found
    made = acts.amend(row.body, movement, work.now_ns)
    if isinstance(made, Refusal):
        return made
    work.act("amend_transit", reference, f"{' '.join(made.itinerary)} under {declared.grn}", actor)
    body = declared.body or row.declared
    return keep(work, row, made, grn=declared.grn, stake=minor, declared=body, destination=made.itinerary[-1])


def secure(work: Work, reference: str, actor: str, access_code: str = "") -> MovementRow | Refusal:
    """Hold what is at stake of the guarantee. Refused: TN01, TN02; GU02 to GU06, GU10, and the movement stays
    declared."""
    found = _theirs(work, reference, actor, Act.MOVE_TRANSIT, by_holder=True)
    if isinstance(found, Refusal):
        return found
    row, standing = found
    day = day_in(work, row.departure)
    settled = acts.secure(row.body, standing, row.stake, day, work.now_ns, access_code)
    if isinstance(settled, Refusal):
        return settled
    keep_guarantee(work, settled.guarantee)
    hold(work, standing, reference, row.stake)
    work.act("secure_transit", reference, f"{Money(row.stake, standing.currency)} of {row.grn}", actor)
    return keep(work, row, settled.movement)


def present(work: Work, reference: str, actor: str) -> MovementRow | Refusal:
    """Goods that were declared ahead are there; told again, it changes nothing."""
    row = work.memory.customs.movement(reference)
    unfit = row if isinstance(row, Refusal) else allowed(work, actor, Act.LODGE, row.departure, row.holder)
    if isinstance(row, Refusal) or unfit is not None:
        return unfit or row
    if row.body.status not in (Status.DECLARED, Status.RESERVED):
        what = f"{reference} is {row.status}: its goods cannot be presented at departure now."
        return Refusal("TN02", what, "Ask for its status.", "status")
    if row.presented_at:
        return row
    work.act("present_transit", reference, "goods are there", actor)
    return keep(work, row, row.body, presented_at=work.now_ns)


def release(
    work: Work, reference: str, actor: str, seals: tuple[str, ...] | None = None
) -> MovementRow | Refusal:
    """The goods set out. seals: those on them; None: as declared. Refused: TN01, TN02 nothing is held for
    them; TN11; TW04."""
    found = _theirs(work, reference, actor, Act.RELEASE)
    if isinstance(found, Refusal):
        return found
    row, _ = found
    if not row.presented_at:
        what = f"The goods of {reference} were declared ahead, and have not been presented."
        return Refusal("TW04", what, "Wait for message 170, or present them.", "mrn", transient=True)
    terms = terms_of(work, row.departure)
    if isinstance(terms, Refusal):
        return terms
    on_them = row.body.seals if seals is None else seals
    made = acts.release(row.body, work.now_ns, terms, on_them)
    if isinstance(made, Refusal):
        return made
    work.act("release_transit", reference, f"seals {' '.join(on_them) or 'none'}", actor)
    return keep(work, row, made)


def reject(work: Work, reference: str, actor: str, reason: str) -> MovementRow | Refusal:
    """The goods are not released for transit; what is held for them is free."""
    found = _theirs(work, reference, actor, Act.RELEASE)
    if isinstance(found, Refusal):
        return found
    return _ends(work, *found, acts.reject(found[0].body, found[1], work.now_ns, reason), actor)


def cancel(work: Work, reference: str, actor: str, reason: str) -> MovementRow | Refusal:
    """The holder, or an officer, withdraws the declaration before the goods set out."""
    found = _theirs(work, reference, actor, Act.INVALIDATE, by_holder=True)
    if isinstance(found, Refusal):
        return found
    return _ends(work, *found, acts.cancel(found[0].body, found[1], work.now_ns, reason), actor)


def discharge(work: Work, reference: str, actor: str, proof: str = "") -> MovementRow | Refusal:
    """The procedure has ended well: what is held is free. proof: as `transit_acts.discharge` has it."""
    found = _theirs(work, reference, actor, Act.RELEASE)
    if isinstance(found, Refusal):
        return found
    return _ends(work, *found, acts.discharge(found[0].body, found[1], work.now_ns, proof), actor)


def call(work: Work, reference: str, actor: str, proved_minor: int = 0) -> MovementRow | Refusal:
    """Demand of the guarantor what is due where the goods went wrong; the row names the claim.

    proved_minor: for how much another proof was given, of the guarantee's currency. Refused: TN01, TN02,
    TN07, TN08; CU03, TW06.
    """
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    where = row.body.went_wrong_in
    unfit = allowed(work, actor, Act.CALL_GUARANTEE, where)
    payee = unfit or authority(work.memory.snapshot, where)
    standing = work.memory.customs.guarantee(row.grn)
    if isinstance(payee, Refusal):
        return payee
    if isinstance(standing, Refusal):
        return standing
    settled = acts.call(row.body, standing, work.now_ns, proved_minor)
    if isinstance(settled, Refusal):
        return settled
    asked = settled.act
    if not isinstance(asked, Call):
        raise InvariantBroken(f"a call on {row.grn} is one")
    if refused := comes_to_nothing(work, standing, asked.minor, where):
        return refused
    claim = guarantees.call(work, settled.guarantee, asked, reference, reference)
    work.act("call_transit", reference, f"{claim.reference} in {where}", actor)
    return keep(work, row, settled.movement, claim=claim.reference)


def comes_to_nothing(work: Work, guarantee: Guarantee, minor: int, member: str) -> Refusal | None:
    """Why an amount cannot be called: it is less than a minor unit of the member's currency."""
    money = money_of(work.memory.snapshot, member)
    if guarantees.demand(work, guarantee, minor, member, money):
        return None
    what = f"{Money(minor, guarantee.currency)} comes to less than a minor unit of {money}."
    return Refusal("TW06", what, "Leave it, and discharge the movement.", "amount")


def terms_of(work: Work, member: str) -> Terms | Refusal:
    """The union's time limits of today. Refused: TN11 it has none."""
    rules, day = work.memory.snapshot.transit, day_in(work, member)
    if rules is None:
        return terms_on((), day)
    enquiry_after, results, enquiry = rules.enquiry_after_days, rules.results_days, rules.enquiry_days
    return Terms(date.fromisoformat(rules.valid_from), enquiry_after * DAY, results * DAY, enquiry * DAY)


def keep(work: Work, row: MovementRow, movement: Movement, **facts: Any) -> MovementRow:
    """Note that a movement has changed."""
    status, due_at = str(movement.status), due(movement)[1]
    kept = msgspec.structs.replace(row, status=status, due_at=due_at, body=movement, **facts)
    work.memory.customs.keep_movement(kept)
    work.changes.movements[kept.mrn] = kept
    return kept


def _unfit(work: Work, declared: Declared, actor: str) -> Refusal | None:
    """Why a declaration is none that can be accepted, whatever its goods."""
    lacking = [name for name in ("holder", "lrn", "grn") if not getattr(declared, name)]
    if lacking:
        what = f"The declaration names no {lacking[0]}."
        return Refusal("TW02", what, "Give holder, number and guarantee (GRN).", lacking[0])
    if declared.security not in SECURITY:
        what = f"Safety data of the kind {declared.security} are none."
        return Refusal("TW02", what, "Give 0 none, 1 entry, 2 exit or 3 both.", "security")
    unfit = allowed(work, actor, Act.LODGE, declared.departure, declared.holder)
    if unfit is not None:
        return unfit
    for member in declared.itinerary:
        found = authority(work.memory.snapshot, member)
        if isinstance(found, Refusal):
            return found
    return None


def _movement(work: Work, declared: Declared, reference: str) -> tuple[Movement, int] | Refusal:
    """The movement that is declared, and what it asks of its guarantee."""
    terms = terms_of(work, declared.departure)
    standing = terms if isinstance(terms, Refusal) else work.memory.customs.guarantee(declared.grn)
    if isinstance(standing, Refusal):
        return standing
    minor = stake(work, declared.goods, declared.named, declared.itinerary, standing)
    if isinstance(minor, Refusal):
        return minor
    made = Movement(
        mrn=reference,
        grn=declared.grn,
        holder=declared.holder,
        itinerary=declared.itinerary,
        departure_office=declared.offices[0],
        destination_office=declared.offices[-1],
        limit_at=_limit_at(work, declared),
        declared_at=work.now_ns,
        lrn=declared.lrn,
        seals=declared.seals,
    )
    return made, minor


def _limit_at(work: Work, declared: Declared) -> int:
    """By when the goods are to arrive: the end of that day in the member of departure."""
    snapshot, day = work.memory.snapshot, day_in(work, declared.departure)
    days = snapshot.transit.arrival_days if snapshot.transit else 0
    limit_on = declared.limit_on or day + timedelta(days=days)
    hours = snapshot.operating_hours(money_of(snapshot, declared.departure).code)
    return local_instant(hours.zone, limit_on + timedelta(days=1), time.min) if hours else 0


def _theirs(
    work: Work, reference: str, actor: str, act: Act, *, by_holder: bool = False
) -> tuple[MovementRow, Guarantee] | Refusal:
    """A movement and its guarantee, if somebody may do something about it in the member of departure."""
    row = work.memory.customs.movement(reference)
    if isinstance(row, Refusal):
        return row
    unfit = allowed(work, actor, act, row.departure, row.holder if by_holder else "")
    standing = work.memory.customs.guarantee(row.grn)
    if unfit is not None:
        return unfit
    return standing if isinstance(standing, Refusal) else (row, standing)


def _ends(
    work: Work, row: MovementRow, before: Guarantee, settled: Settled | Refusal, actor: str
) -> MovementRow | Refusal:
    """A movement has ended: what was held for it, if anything, is free in the same commit."""
    if isinstance(settled, Refusal):
        return settled
    movement = settled.movement
    if settled.act is not None:
        keep_guarantee(work, settled.guarantee)
        freed = freeing_leg(work, before, row.mrn, movement.minor)
        work.post(f"{row.mrn}:freed", 0, [freed], 0)
    work.act(f"{movement.status}_transit", row.mrn, movement.ended_for, actor)
    return keep(work, row, movement)
