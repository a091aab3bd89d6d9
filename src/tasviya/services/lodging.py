"""A declaration is lodged with a member's customs: kept, judged, accepted, assessed, released.

    save     a draft; lodged again under its number, it is replaced until it is accepted
    lodge    refused: kept as rejected, with every fault; accepted: an MRN, its tariff, rates and rounding are
             frozen, its taxes booked as due under a claim that payments quote
    amend    an accepted declaration is assessed anew, by what was frozen
    invalidate  nothing is due any more; what has come in is owed back

All of it is one unit of work, so goods that owe nothing are released in the commit that accepts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256

from tasviya.core.errors import Refusal
from tasviya.customs.claim import ClaimKind, ClaimStatus
from tasviya.customs.declaration import Declaration, Kind
from tasviya.customs.declaration_rules import check
from tasviya.customs.lodgement import UNDECIDED, WAITING, Fault, Lodgement, LodgementEvent
from tasviya.customs.mrn import mrn
from tasviya.customs.valuation import Rates
from tasviya.membership.roles import Act, Role, refused, same_person
from tasviya.services.claims import assessed_legs, end, keep, meet, new_claim, owe_back, release
from tasviya.services.customs_accounts import account, authority, day_in, leg, money_of
from tasviya.services.customs_controls import being_looked_at, faults, give_back, held, judge, lifted
from tasviya.services.declarations import Assessed, assess_declaration, assessed_rows
from tasviya.services.quota_claims import as_granted, claim_quotas, give_back_quotas, quota_faults
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.routing import LegCode

LODGING_CODES = {
    "CU01": "a command names a declaration that is there",
    "CU02": "a member has a tariff on the day",
    "CU03": "a member has a customs authority with an account in its currency",
    "CU04": "a declarant uses a number once; the same bytes again get the same answer again",
    "CU05": "what is asked of a declaration can happen to it where it stands",
    "CU06": "a declaration names its declarant and the member that it is lodged in, and is no transit's",
}
PROCEDURE = {Kind.IMPORT: "R", Kind.EXPORT: "A"}
"""The procedure's letter in an MRN. Source: Delegated Regulation (EU) 2015/2446, annex B, element 12 01."""


@dataclass(frozen=True, slots=True)
class Lodging:
    """What somebody lodges. actor: who does it. body: the bytes that came, which read as `declared`."""

    member: str
    declared: Declaration
    body: bytes
    actor: str

    @property
    def declarant(self) -> str:
        """Who answers for it."""
        parties = (self.declared.declarant, self.declared.importer, self.declared.exporter)
        return next((each.id for each in parties if each.id), "")


def save(work: Work, lodging: Lodging, refusals: list[Refusal] | None = None) -> Lodgement | Refusal:
    """Keep a draft; with refusals, as rejected. One that has been accepted stays."""
    found = _row(work, lodging)
    if isinstance(found, Refusal):
        return found
    if found.status not in UNDECIDED:
        return _stands(found, lodging)
    return _save(work, found, refusals or [])


def lodge(work: Work, lodging: Lodging) -> Lodgement | Refusal:
    """Lodge a declaration: the row says what became of it. Refused, with nothing kept, if its number or who
    lodges is."""
    found = _row(work, lodging)
    if isinstance(found, Refusal):
        return found
    if found.status not in UNDECIDED:
        return _stands(found, lodging)
    day = day_in(work, lodging.member)
    judged = judge_by_law(work, lodging, day)
    if not isinstance(judged, list):
        judged = faults(work, lodging.member, lodging.declared, judged.rates, day) or judged
    if isinstance(judged, list):
        return _save(work, found, judged)
    _accept(work, lodging, found, day, judged)
    return found


def amend(
    work: Work, reference: str, declared: Declaration, body: bytes, actor: str, reason: str = ""
) -> Lodgement | Refusal | list[Refusal]:
    """Change an accepted declaration before release, by what was frozen; every fault if it has one.

    reason: an officer that amends gives one.
    """
    lodged = waiting(work, reference, "amended")
    if isinstance(lodged, Refusal):
        return lodged
    own = actor == lodged.declarant
    unfit = allowed(work, actor, Act.AMEND if own else Act.AMEND_EX_OFFICIO, lodged.member, lodged.declarant)
    if unfit is None and not own and not reason:
        unfit = Refusal("CU05", "An officer's amendment has no reason.", "Give one: --reason.", "reason")
    if unfit is None and lodged.controlled_by:
        what = f"{reference} has been controlled by {lodged.controlled_by}."
        unfit = Refusal("CU05", what, "Ask for a correction after release.", "mrn")
    lodging = Lodging(lodged.member, declared, body, actor)
    unfit = unfit or another(lodged, lodging)
    if unfit is not None:
        return unfit
    day = date.fromisoformat(lodged.accepted_on)
    judged = judge_by_law(work, lodging, day, lodged)
    if not isinstance(judged, list):
        judged = faults(work, lodged.member, declared, judged.rates, day, lodged.mrn) or judged
    if isinstance(judged, list):
        return judged
    before = dict(lodged.taxes)
    _freeze(work, lodged, judged)
    lodged.body, lodged.digest, lodged.version = body, sha256(body).digest(), lodged.version + 1
    lodged.amended_by = actor
    judge(work, lodged, declared)
    lodged.holds += claim_quotas(work, lodged, declared)
    work.act("amend", lodged.mrn, f"version {lodged.version} {reason}".strip(), actor)
    reassess(work, lodged, before)
    return lodged


def another(lodged: Lodgement, lodging: Lodging) -> Refusal | None:
    """Why what is lodged for a declaration that was accepted is another one: by number, kind or declarant."""
    for name, had, has in (
        ("lrn", lodged.lrn, lodging.declared.lrn),
        ("kind", lodged.kind, lodging.declared.kind),
        ("declarant.id", lodged.declarant, lodging.declarant),
    ):
        if had != has:
            what = f"{lodged.mrn} has the {name} {had}, not {has:.40}."
            return Refusal("CU05", what, "Keep it; lodge another declaration on its own.", name)
    return None


def invalidate(work: Work, reference: str, actor: str, reason: str) -> Lodgement | Refusal:
    """Undo an accepted declaration whose goods are not released: what has come in is owed back."""
    lodged = waiting(work, reference, "invalidated")
    if isinstance(lodged, Refusal):
        return lodged
    unfit = allowed(work, actor, Act.INVALIDATE, lodged.member, lodged.declarant) or being_looked_at(lodged)
    if unfit is not None:
        return unfit
    claim = work.memory.customs.claim(lodged.mrn)
    if claim is not None and claim.status is ClaimStatus.OPEN:
        if claim.on_the_way:
            what = f"A payment for {reference} is on its way."
            return Refusal("CU05", what, "Recall it first, or wait until it has settled.", "mrn", True)
        legs = assessed_legs(work, lodged.member, {tax: -minor for tax, minor in claim.taxes.items()})
        if claim.paid:
            own = account(work, AccountKind.CLAIM, claim.member, claim.reference)
            owed = account(work, AccountKind.CUSTOMS_REFUND, claim.member, claim.mrn)
            legs.append(leg("given_back", LegCode.REFUND, own, owed, claim.paid))
            owe_back(work, claim, claim.paid, f"{lodged.mrn} is invalidated: {reason}")
        work.post(f"{lodged.mrn}:invalidated", 0, legs, 0)
        end(work, claim, ClaimStatus.WITHDRAWN)
    give_back_quotas(work, lodged)
    lodged.happens(LodgementEvent.INVALIDATE)
    give_back(work, lodged)
    keep(work, lodged)
    work.act("invalidate", lodged.mrn, reason, actor)
    return lodged


def lift(
    work: Work, reference: str, code: str, actor: str, result: str, found: bool = False
) -> Lodgement | Refusal:
    """An officer's control is done: a hold goes, and the last one releases what is paid.

    code: of the hold. result: what the control has come to, in words; found: whether it found something.
    """
    lodged = waiting(work, reference, "controlled")
    if isinstance(lodged, Refusal):
        return lodged
    unfit = allowed(work, actor, Act.CONTROL, lodged.member)
    if unfit is None and lodged.amended_by:
        unfit = same_person(actor, lodged.amended_by, f"amended {reference}")
    if unfit is None and code not in (each.code for each in lodged.holds):
        there = ", ".join(each.code for each in lodged.holds) or "none"
        what = f"{reference} is not held by {code:.20}."
        unfit = Refusal("CU05", what, f"It is held by: {there}.", "hold")
    if unfit is not None:
        return unfit
    lifted(work, lodged, code, actor, result, found)
    keep(work, lodged)
    go_on(work, lodged, f"control:{work.changes.commit_seq}")
    return lodged


def waiting(work: Work, reference: str, verb: str) -> Lodgement | Refusal:
    """A declaration that is accepted and whose goods are not released."""
    lodged = work.memory.customs.of(reference)
    if isinstance(lodged, Lodgement) and lodged.status not in WAITING:
        what = f"{reference} is {lodged.status}: it cannot be {verb} any more."
        cure = "Ask for a correction or a refund." if lodged.released_at else "Lodge it anew."
        return Refusal("CU05", what, cure, "mrn")
    return lodged


def allowed(work: Work, actor: str, act: Act, member: str, declarant: str = "") -> Refusal | None:
    """Why somebody may not act; None if they may. Who answers for a declaration is its declarant."""
    roles = work.memory.snapshot.roles(member, actor)
    if declarant and actor == declarant:
        roles = (*roles, Role.DECLARANT)
    return refused(actor, roles, act, member)


def official_rates(work: Work, member: str) -> tuple[str, dict[str, Fraction]]:
    """The date of the last fixing, and what one of each other currency is worth in a member's: those that
    settle in the union by that fixing (before the first, by what central banks have given), others by the
    member's own official rates of the day."""
    store, snapshot = work.memory.store, work.memory.snapshot
    fixed = work.memory.book.latest_fixing
    values = {row.currency: Fraction(row.value) for row in store.latest_rates()}
    if not values:
        told = ((code, snapshot.central_bank_rate(code)) for code in snapshot.currencies)
        values = {code: Fraction(text) for code, text in told if text}
    own = values.get(money_of(snapshot, member).code)
    rates = {code: each / own for code, each in values.items()} if own else {}
    given = {each.outside: Fraction(each.value) for each in snapshot.customs_rates if each.member == member}
    return fixed, given | rates


@dataclass(frozen=True, slots=True)
class Judged:
    """What a declaration comes to by the law that holds for it. Only imports have a tariff and taxes."""

    digest: str
    rates_on: str
    rates: Rates
    assessed: Assessed | None = None
    tariff_file: str = ""


def judge_by_law(
    work: Work, lodging: Lodging, day: date, frozen: Lodgement | None = None
) -> Judged | list[Refusal]:
    """Judge a declaration by a day's tariff and rates, or by those that were frozen; every fault if it
    breaks a rule of its own."""
    declared, member = lodging.declared, lodging.member
    if declared.kind is Kind.TRANSIT:
        what = "Goods in transit move under a guarantee."
        return [Refusal("CU06", what, "Declare them by `tasviya customs transit declare`.", "kind")]
    if declared.kind is Kind.IMPORT and declared.destination_country not in ("", member):
        what = f"The goods go to {declared.destination_country}."
        return [Refusal("CU06", what, "Lodge it where they are imported.", "destination_country")]
    if frozen is None:
        rates_on, rates = official_rates(work, member)
    else:
        rates_on, rates = frozen.rates_on, frozen.frozen_rates
    if declared.kind is not Kind.IMPORT:
        return check(declared) or Judged("", rates_on, rates)
    return _assessed(work, lodging, day, frozen, (rates_on, rates))


def _assessed(
    work: Work, lodging: Lodging, day: date, frozen: Lodgement | None, rates: tuple[str, Rates]
) -> Judged | list[Refusal]:
    """An import assessed by a day's tariff, or by the one that was frozen."""
    member, book, declared = lodging.member, work.memory.customs, lodging.declared
    found = (frozen.tariff, book.tariff(member, frozen.tariff)) if frozen else book.in_force(member, day)
    if isinstance(found, Refusal):
        return [found]
    digest, tariff = found
    may_claim = frozen is None or frozen.status in WAITING
    if may_claim and (asked := quota_faults(work, digest, declared, tariff, rates[1], day)):
        return asked
    declared = as_granted(work, frozen, declared) if frozen else declared
    assessed = assess_declaration(declared, tariff, rates[1], day)
    if isinstance(assessed, list):
        return assessed
    return Judged(digest, *rates, assessed, tariff.law.tariff_file)


def _accept(work: Work, lodging: Lodging, lodged: Lodgement, day: date, judged: Judged) -> None:
    declared = lodging.declared
    lodged.happens(LodgementEvent.ACCEPT)
    lodged.mrn = mrn(day.year, lodging.member, str(lodged.seq), PROCEDURE[declared.kind])
    lodged.kind, lodged.faults = declared.kind, ()
    lodged.accepted_on, lodged.accepted_at = day.isoformat(), work.now_ns
    lodged.rates_on = judged.rates_on
    lodged.rates = {code: str(rate) for code, rate in judged.rates.items()}
    lodged.tariff = judged.digest
    previous = (*declared.previous, *(each for item in declared.items for each in item.previous))
    lodged.ucr = next((each.reference for each in previous), "")
    _freeze(work, lodged, judged)
    work.memory.customs.accepted_on(lodging.member, lodged.accepted_on)
    judge(work, lodged, declared)
    lodged.holds += claim_quotas(work, lodged, declared)
    work.act("accept", lodged.mrn, f"{_named(lodged)} {judged.digest[:12]}".strip(), lodging.actor)
    if lodged.taxes:
        new_claim(
            work, lodged.mrn, ClaimKind.DECLARATION, lodged.mrn, lodged.member, lodged.declarant, lodged.taxes
        )
        work.post(f"{lodged.mrn}:assessed", 0, assessed_legs(work, lodged.member, lodged.taxes), 0)
    go_on(work, lodged, "accepted")


def _freeze(work: Work, lodged: Lodgement, judged: Judged) -> None:
    """Keep what a declaration pays, and why."""
    assessed = judged.assessed
    if assessed is None:
        lodged.taxes, lodged.lines = {}, ()
        return
    lodged.taxes = {tax: minor for tax, minor in assessed.by_tax.items() if minor}
    lodged.lines = tuple(assessed_rows(assessed, judged.tariff_file))


def reassess(work: Work, lodged: Lodgement, before: dict[str, int]) -> None:
    """An amendment asks for more or less than before."""
    changes = {
        tax: lodged.taxes.get(tax, 0) - before.get(tax, 0) for tax in dict.fromkeys((*before, *lodged.taxes))
    }
    changes = {tax: minor for tax, minor in changes.items() if minor}
    claim = work.memory.customs.claim(lodged.mrn)
    if changes:
        work.post(f"{lodged.mrn}:v{lodged.version}", 0, assessed_legs(work, lodged.member, changes), 0)
        if claim is None:
            mrn_ = lodged.mrn
            claim = new_claim(
                work, mrn_, ClaimKind.DECLARATION, mrn_, lodged.member, lodged.declarant, lodged.taxes
            )
        claim.taxes = dict(lodged.taxes)
        work.changes.claims[claim.reference] = claim
    if claim is not None and claim.left and lodged.status == "secured":
        lodged.happens(LodgementEvent.UNSECURE)
    keep(work, lodged)
    go_on(work, lodged, f"v{lodged.version}")


def go_on(work: Work, lodged: Lodgement, cause: str) -> None:
    """Release what is secured and not held."""
    claim = work.memory.customs.claim(lodged.mrn)
    if claim is not None:
        legs = meet(work, claim)
        if legs:
            work.post(f"{lodged.mrn}:met:{cause}", 0, legs, 0)
        keep(work, lodged)
        return
    if lodged.status == "accepted":
        lodged.happens(LodgementEvent.SECURE)
    keep(work, lodged)
    if not held(work, lodged):
        release(work, lodged, "nothing due")


def _save(work: Work, lodged: Lodgement, refusals: list[Refusal]) -> Lodgement:
    """Keep what is not accepted, with all that is wrong with it."""
    lodged.faults = tuple(Fault(each.reason, each.what, each.cure, each.where) for each in refusals)
    lodged.happens(LodgementEvent.REJECT if refusals else LodgementEvent.SAVE)
    keep(work, lodged)
    work.act("reject" if refusals else "save", _named(lodged), f"{len(refusals)} faults", lodged.actor)
    return lodged


def _row(work: Work, lodging: Lodging) -> Lodgement | Refusal:
    """The declaration's row: the one that its number has, or a new one."""
    payee = authority(work.memory.snapshot, lodging.member)
    if isinstance(payee, Refusal):
        return payee
    if not lodging.declarant or not lodging.declared.lrn:
        what = "The declaration names no declarant." if lodging.declared.lrn else "It has no number."
        return Refusal("CU06", what, "Give the declarant's id and its own number.", "declarant.id")
    unfit = allowed(work, lodging.actor, Act.LODGE, lodging.member, lodging.declarant)
    if unfit is not None:
        return unfit
    digest = sha256(lodging.body).digest()
    found = work.memory.customs.lodged(lodging.member, lodging.declarant, lodging.declared.lrn)
    if found is None:
        numbers = work.memory.numbers
        found = Lodgement(
            numbers.lodgement,
            lodging.member,
            lodging.declarant,
            lodging.declared.lrn,
            lodging.declared.kind,
            digest,
            lodging.body,
            lodging.actor,
            work.now_ns,
        )
        numbers.lodgement += 1
    elif found.status in UNDECIDED:
        found.kind, found.digest, found.body = lodging.declared.kind, digest, lodging.body
        found.actor, found.saved_at = lodging.actor, work.now_ns
    return found


def _stands(lodged: Lodgement, lodging: Lodging) -> Lodgement | Refusal:
    """The same bytes get the same answer; others under a used number are refused."""
    if lodged.digest == sha256(lodging.body).digest():
        return lodged
    what = f"{lodged.declarant} has used the number {lodged.lrn} for {lodged.mrn}."
    return Refusal("CU04", what, f"Give it a number of its own, or amend {lodged.mrn}.", "lrn")


def _named(lodged: Lodgement) -> str:
    """What a declaration is called in the journal before it has an MRN."""
    return f"{lodged.member}/{lodged.declarant}/{lodged.lrn}"
