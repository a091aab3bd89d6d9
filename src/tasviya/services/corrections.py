"""What is released is corrected: more is demanded by a claim of its own, less comes back as a refund.

    officer: correct         assessed anew by what was frozen ─▶ more: a claim, due at once; less: a refund
                             that a supervisor grants
    declarant: request_refund  the same, or amounts ─▶ a refund that a supervisor grants; never a demand

How long, and from which amount on, the law of the declaration's day says ([[refund]]). Nothing is posted that
the difference does not explain: every figure's words are kept.

Source: Regulation (EU) 952/2013, articles 48 (control after release), 105 and 108 (a demand, ten days to pay
it), 116 to 121 (repayment and remission).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from tasviya.core.errors import Refusal
from tasviya.customs.adjustment import Adjustment, adjust
from tasviya.customs.claim import Claim, ClaimKind
from tasviya.customs.declaration import Declaration, Kind
from tasviya.customs.lodgement import Lodgement, LodgementStatus
from tasviya.customs.refund import Refund, RefundKind, RefundStatus, with_ending
from tasviya.membership.roles import Act, same_person
from tasviya.services import certificate_uses
from tasviya.services.claims import assessed_legs, keep, keep_refund, law_of, new_claim
from tasviya.services.customs_accounts import day_in
from tasviya.services.declarations import Assessed, assessed_rows
from tasviya.services.guarantees import next_reference
from tasviya.services.lodging import Lodging, allowed, judge_by_law
from tasviya.services.paid_taxes import paid_accounts
from tasviya.services.work import Work

CORRECTION_CODES = {
    "RD01": "what is corrected or given back is an import whose goods have been released",
    "RD02": "a correction is of the same declaration, and says why",
    "RD03": "something follows from a correction: within the law's time, and not below its least amount",
    "RD04": "a refund is decided, and paid, once; a declaration has one at a time",
    "RD05": "a refund is granted on the declaration as it was when it was asked for",
    "RD06": "what is remitted is not on its way",
}
DAYS_TO_PAY = 10
"""How long a demand may stay unpaid. Source: Regulation (EU) 952/2013, article 108."""
GONE_OUT = frozenset({LodgementStatus.RELEASED, LodgementStatus.CLOSED})


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction has come to. claim: on the trader for what is more; refund: of what is less."""

    lodged: Lodgement
    adjustment: Adjustment
    claim: Claim | None
    refund: Refund | None


def correct(
    work: Work, mrn: str, declared: Declaration, body: bytes, actor: str, reason: str
) -> Correction | Refusal | list[Refusal]:
    """Correct a declaration whose goods have been released, after a control of it; every fault if it would
    not be accepted."""
    lodged = released(work, mrn)
    if isinstance(lodged, Refusal):
        return lodged
    unfit = allowed(work, actor, Act.CORRECT, lodged.member)
    if unfit is None and lodged.controlled_by:
        unfit = same_person(actor, lodged.controlled_by, f"controlled {mrn}")
    unfit = unfit or _unlike(lodged, declared, reason)
    if unfit is not None:
        return unfit
    assessed = assess_as_frozen(work, lodged, declared, body, actor)
    if isinstance(assessed, list):
        return assessed
    made = adjusted(work, lodged, assessed.by_tax, day_in(work, lodged.member))
    if isinstance(made, Refusal):
        return made
    more = {each.tax: each.demand for each in made.changes if each.demand}
    replace_body(work, lodged, body, assessed)
    claim = demand(work, lodged, more) if more else None
    refund = None
    if less := _less(made):
        refund = ask(work, lodged, RefundKind.REFUND, less, actor, reason)
        refund.explanation = tuple(f"{each.tax}: {each.why}" for each in made.changes)
    work.act("correct", mrn, f"version {lodged.version}: {reason}", actor)
    return Correction(lodged, made, claim, refund)


def request_refund(
    work: Work,
    mrn: str,
    asked: tuple[Declaration, bytes] | Mapping[str, int],
    actor: str,
    reason: str,
) -> Refund | Refusal | list[Refusal]:
    """Ask for what a released declaration has paid too much.

    asked: the declaration as it should have been, with its bytes; or minor units by tax.
    """
    lodged = released(work, mrn)
    if isinstance(lodged, Refusal):
        return lodged
    unfit = allowed(work, actor, Act.CLAIM_REFUND, lodged.member, lodged.declarant)
    declared = asked[0] if isinstance(asked, tuple) else None
    unfit = unfit or _unlike(lodged, declared, reason) or _undecided(work, mrn)
    if unfit is not None:
        return unfit
    if isinstance(asked, tuple):
        assessed = assess_as_frozen(work, lodged, *asked, actor)
        if isinstance(assessed, list):
            return assessed
        after = dict(assessed.by_tax)
    else:
        after = dict(lodged.taxes)
        for tax, minor in asked.items():
            after[tax] = after.get(tax, 0) - minor
    made = adjusted(work, lodged, after, day_in(work, lodged.member))
    if isinstance(made, Refusal):
        return made
    if more := [each for each in made.changes if each.after > each.before]:
        what = f"{more[0].tax} would be more than before: {more[0].why}."
        return Refusal("RD02", what, "Have an officer correct it: customs correct.", more[0].tax)
    refund = ask(work, lodged, RefundKind.REFUND, _less(made), actor, reason)
    refund.explanation = tuple(f"{each.tax}: {each.why}" for each in made.changes)
    refund.body = asked[1] if isinstance(asked, tuple) else b""
    return refund


def released(work: Work, mrn: str, kind: Kind = Kind.IMPORT) -> Lodgement | Refusal:
    """A declaration whose goods have been released."""
    lodged = work.memory.customs.of(mrn)
    if isinstance(lodged, Lodgement) and (lodged.status not in GONE_OUT or lodged.kind is not kind):
        what = f"{mrn} is of kind {lodged.kind}, and {lodged.status}."
        return Refusal("RD01", what, "Amend or invalidate what is not released.", "mrn")
    return lodged


def assess_as_frozen(
    work: Work, lodged: Lodgement, declared: Declaration, body: bytes, actor: str
) -> Assessed | list[Refusal]:
    """What a declaration comes to by the tariff, rates and rounding that were frozen. Read otherwise than it
    was, its certificates of origin must prove what it claims."""
    day = date.fromisoformat(lodged.accepted_on)
    found = judge_by_law(work, Lodging(lodged.member, declared, body, actor), day, lodged)
    if not isinstance(found, list) and body != lodged.body:
        proven = certificate_uses.uses(work, replace(declared, mrn=lodged.mrn), day)
        found = proven if isinstance(proven, list) else found
    if isinstance(found, list):
        return found
    if found.assessed is None:
        what = f"{lodged.mrn} is of kind {lodged.kind}."
        return [Refusal("RD01", what, "Correct an import.", "kind")]
    return found.assessed


def adjusted(work: Work, lodged: Lodgement, after: Mapping[str, int], on: date) -> Adjustment | Refusal:
    """What follows from taxes being others than they stand, on a day. Refused if nothing does."""
    law = law_of(work, lodged.member, lodged.tariff)
    accepted = date.fromisoformat(lodged.accepted_on)
    made = adjust(law, lodged.taxes, after, paid_accounts(work, lodged), accepted=accepted, on=on)
    if isinstance(made, Refusal):
        return made
    if not any(each.demand or each.refund or each.remitted for each in made.changes):
        why = "; ".join(f"{each.tax}: {each.why}" for each in made.changes) or "the taxes stay the same"
        return Refusal("RD03", f"Nothing follows from it: {why}.", "Nothing remains to be done.", "mrn")
    return made


def demand(work: Work, lodged: Lodgement, taxes: Mapping[str, int], reference: str = "") -> Claim:
    """Claim more of a trader than was assessed; it is booked as due."""
    day = day_in(work, lodged.member)
    reference = reference or next_reference(work, lodged.member)
    kind = ClaimKind.CORRECTION
    claim = new_claim(work, reference, kind, lodged.mrn, lodged.member, lodged.declarant, taxes)
    claim.due_on = (day + timedelta(days=DAYS_TO_PAY)).isoformat()
    work.post(f"{reference}:assessed", 0, assessed_legs(work, lodged.member, taxes), 0)
    for tax, minor in taxes.items():
        lodged.taxes = {**lodged.taxes, tax: lodged.taxes.get(tax, 0) + minor}
    keep(work, lodged)
    return claim


def replace_body(work: Work, lodged: Lodgement, body: bytes, assessed: Assessed) -> None:
    """A declaration reads otherwise from now on; what it pays follows by its own steps."""
    law = law_of(work, lodged.member, lodged.tariff)
    lodged.body, lodged.digest, lodged.version = body, sha256(body).digest(), lodged.version + 1
    lodged.lines = tuple(assessed_rows(assessed, law.tariff_file))
    certificate_uses.give_back(work, lodged)
    certificate_uses.take(work, lodged, replace(assessed.declaration, mrn=lodged.mrn))
    keep(work, lodged)


def ask(
    work: Work, lodged: Lodgement, kind: RefundKind, taxes: Mapping[str, int], actor: str, reason: str
) -> Refund:
    """Keep what is asked for, until it is decided."""
    number = len(work.memory.customs.refunds_about(lodged.mrn)) + 1
    refund = Refund(
        with_ending(lodged.mrn, f"R{number}"),
        lodged.mrn,
        lodged.member,
        lodged.declarant,
        kind,
        taxes,
        actor,
        day_in(work, lodged.member).isoformat(),
        reason,
        version=lodged.version,
    )
    keep_refund(work, refund)
    work.act("ask_refund", refund.reference, f"{kind}: {reason}", actor)
    return refund


def _less(made: Adjustment) -> dict[str, int]:
    return {each.tax: each.refund + each.remitted for each in made.changes if each.refund + each.remitted}


def _unlike(lodged: Lodgement, declared: Declaration | None, reason: str) -> Refusal | None:
    if not reason:
        return Refusal("RD02", f"No reason is given for {lodged.mrn}.", "Give one: --reason.", "reason")
    if declared is not None and (declared.lrn, declared.kind) != (lodged.lrn, lodged.kind):
        what = f"{lodged.mrn} is the {lodged.kind} {lodged.lrn}, not the {declared.kind} {declared.lrn}."
        return Refusal("RD02", what, "Keep the number and the kind.", "lrn")
    return None


def _undecided(work: Work, mrn: str) -> Refusal | None:
    for each in work.memory.customs.refunds_about(mrn):
        if each.status is RefundStatus.ASKED:
            return Refusal("RD04", f"{each.reference} is asked and not decided.", "Wait for it.", "mrn")
    return None
