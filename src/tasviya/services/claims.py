"""Payments meet claims: money for customs comes in, and in the same chain what it pays for is released.

    pacs.008 with /MRN/… ──admit──▶ counted as on its way ──▶ settles, by whatever route ──paying_legs──▶

        payer's bank ─▶ customs' settlement account                       the payment
        customs_cash ─▶ claim                                             what has come in for it
        claim ─▶ customs_due; customs_accrued ─▶ revenue or pool, by tax  only if it covers what is due

All of it is one linked chain: at once, in a pass over the queue, in a batch of the exchange or by the union
route. The ledger refuses a claim account to owe, so nothing is released that is not paid or pledged; and
`customs_due` to be paid twice, so nothing is paid twice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.core.money import Money
from tasviya.customs.claim import OUTGOING, Claim, ClaimKind, ClaimStatus, fits
from tasviya.customs.lodgement import Lodgement, LodgementEvent, LodgementStatus
from tasviya.customs.refund import OVER, Refund, RefundKind, RefundStatus, with_ending
from tasviya.customs.tax_law import TaxLaw
from tasviya.services.customs_accounts import account, authority, is_authority, leg, money_of, named
from tasviya.services.customs_controls import held
from tasviya.services.guarantee_holds import released_legs
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.conversion import IN
from tasviya.settlement.payment import Payment
from tasviya.settlement.routing import Leg, LegCode
from tasviya.settlement.rules import AM09, LEGL, RR07

QUOTED = re.compile(r"(?:^|[\s/])MRN/([A-Z0-9]{18}(?:-[A-Z0-9]{1,12})?)(?![A-Z0-9-])")
"""How a payment's remittance information quotes a claim."""
TOPPED_UP = re.compile(r"(?:^|[\s/])CASH/([A-Za-z0-9.-]{1,35})(?![A-Za-z0-9.-])")
"""How it names the trader whose cash account it fills."""
PLACE = "CdtTrfTxInf/RmtInf"
BESIDE_TAXES = 4
"""Legs of a claim that is paid and met, beside one a tax."""


def admit(work: Work, payment: Payment) -> Refusal | None:
    """Find the claim that a payment quotes, and count it as on its way; None if there is none, or it fits.

    payment: its creditor is known.
    """
    snapshot = work.memory.snapshot
    incoming = is_authority(snapshot, payment.creditor)
    if not incoming and not is_authority(snapshot, payment.debtor):
        return None
    quoted = QUOTED.search(payment.remittance)
    if quoted is None:
        return _admit_cash(work, payment) if incoming else None
    claim = work.memory.customs.claim(quoted[1])
    if claim is None:
        return RR07.refuse(f"No claim has the reference {quoted[1]}.")
    if claim.kind in OUTGOING:
        return _admit_outgoing(work, payment, claim)
    payee = authority(snapshot, claim.member)
    if isinstance(payee, Refusal) or payee.code != payment.creditor:
        owner = claim.member if isinstance(payee, Refusal) else payee.code
        return RR07.refuse(f"{claim.reference} is {owner}'s claim, not {payment.creditor}'s.")
    unfit = fits(claim, payment.amount_minor, snapshot.currencies[payment.currency], PLACE)
    if unfit is not None:
        return AM09.refuse(unfit.what, unfit.cure, "CdtTrfTxInf/IntrBkSttlmAmt")
    if payment.fixed == IN:
        what = f"{claim.reference} is paid with what arrives, and this payment fixes what is sent."
        return AM09.refuse(what, "Leave .IN out of LclInstrm: fix what the customs receive.", PLACE)
    _on_its_way(work, payment, claim)
    return None


def _admit_outgoing(work: Work, payment: Payment, claim: Claim) -> Refusal | None:
    """A payment by which customs pay what they owe: a trader's refund, or another member's share."""
    snapshot = work.memory.snapshot
    if payment.debtor != claim.debtor:
        return RR07.refuse(f"{claim.reference} is {claim.debtor}'s to pay, not {payment.debtor}'s.")
    if claim.kind is ClaimKind.SHARE:
        payee = authority(snapshot, claim.mrn)
        if isinstance(payee, Refusal) or payee.code != payment.creditor:
            return RR07.refuse(f"{claim.reference} is owed to {claim.mrn}, not to {payment.creditor}.")
    code = payment.debit_currency if payment.fixed == IN else payment.currency
    unfit = fits(claim, payment.claim_minor, snapshot.currencies[code], PLACE)
    if unfit is not None:
        return AM09.refuse(unfit.what, unfit.cure, "CdtTrfTxInf/IntrBkSttlmAmt")
    _on_its_way(work, payment, claim)
    return None


def _on_its_way(work: Work, payment: Payment, claim: Claim) -> None:
    payment.claim = claim.reference
    claim.on_the_way += payment.claim_minor
    work.changes.claims[claim.reference] = claim


def _admit_cash(work: Work, payment: Payment) -> Refusal | None:
    named = TOPPED_UP.search(payment.remittance)
    if named is not None:
        payment.claim = f"CASH/{named[1]}"
    return None


def not_returned(work: Work, original: Payment) -> Refusal | None:
    """Why a settled payment is neither returned nor recalled: customs have booked it for a claim."""
    if not original.claim or not is_authority(work.memory.snapshot, original.creditor):
        return None
    return LEGL.refuse(f"{original.creditor} has booked the payment for {original.claim}.")


def comes_back(work: Work, payment: Payment, original: Payment) -> None:
    """A bank returns a refund that customs have paid: once that has settled, it is owed again."""
    claim = work.memory.customs.claim(original.claim) if original.claim else None
    if claim is not None and claim.kind is ClaimKind.REFUND and not original.debit_currency:
        _on_its_way(work, payment, claim)


def most_legs(work: Work, payment: Payment) -> int:
    """The most legs that a payment's claim adds to its chain."""
    claim = work.memory.customs.claim(payment.claim) if payment.claim else None
    return BESIDE_TAXES + len(claim.taxes) if claim else int(bool(payment.claim))


def paying_legs(work: Work, payment: Payment, amount: int) -> list[Leg]:
    """What settling a payment does in the books of customs, and the legs of it; none if it quotes no claim.

    amount: what customs receive, minor units. The legs go into the chain that moves it.
    """
    if not payment.claim:
        return []
    if payment.claim.startswith("CASH/"):
        return _paid_in(work, payment, amount)
    claim = work.memory.customs.claim(payment.claim)
    if claim is None:
        raise InvariantBroken(f"{payment.payment_id} was admitted for {payment.claim}")
    claim.on_the_way -= payment.claim_minor
    work.changes.claims[claim.reference] = claim
    if payment.original_seq:
        return _came_back(work, claim, amount)
    if claim.kind in OUTGOING:
        return _paid_out(work, payment, claim, amount)
    cash = account(work, AccountKind.CUSTOMS_CASH, claim.member)
    if claim.status is not ClaimStatus.OPEN:  # an amendment has met it since the payment was admitted
        owed = account(work, AccountKind.CUSTOMS_REFUND, claim.member, claim.mrn)
        owe_back(work, claim, amount, f"{payment.payment_id} came when nothing was due any more")
        return [leg("late", LegCode.REFUND, cash, owed, amount)]
    return pay(work, claim, amount, cash.id, LegCode.DUTY_PAID, payment.payment_id)


def _paid_out(work: Work, payment: Payment, claim: Claim, amount: int) -> list[Leg]:
    """Customs pay what they owe; another member's share comes in there as revenue."""
    cash = account(work, AccountKind.CUSTOMS_CASH, claim.member)
    is_share = claim.kind is ClaimKind.SHARE
    kind = AccountKind.CUSTOMS_SHARE if is_share else AccountKind.CUSTOMS_REFUND
    owed = account(work, kind, claim.member, claim.mrn)
    code = LegCode.SHARE_PAID if is_share else LegCode.REFUND_PAID
    paid = payment.claim_minor
    legs = [leg("paid_out", code, owed, cash, paid)]
    if is_share:
        came = account(work, AccountKind.CUSTOMS_CASH, claim.mrn)
        revenue = account(work, AccountKind.CUSTOMS_REVENUE, claim.mrn, f"SHARE-{claim.member}")
        legs.append(leg("share_in", LegCode.SHARE_PAID, came, revenue, amount))
    claim.paid, claim.met_by = claim.paid + paid, payment.payment_id
    if not claim.left:
        claim.status, claim.met_at = ClaimStatus.MET, work.now_ns
    work.changes.claims[claim.reference] = claim
    return legs


def _came_back(work: Work, claim: Claim, amount: int) -> list[Leg]:
    """A refund could not be paid where it went: customs owe it again."""
    cash = account(work, AccountKind.CUSTOMS_CASH, claim.member)
    owed = account(work, AccountKind.CUSTOMS_REFUND, claim.member, claim.mrn)
    claim.paid, claim.status, claim.met_at, claim.met_by = claim.paid - amount, ClaimStatus.OPEN, 0, ""
    work.changes.claims[claim.reference] = claim
    return [leg("came_back", LegCode.REFUND_PAID, cash, owed, amount)]


def _paid_in(work: Work, payment: Payment, amount: int) -> list[Leg]:
    """A trader pays in ahead."""
    member, trader = work.memory.snapshot.participants[payment.creditor].member, payment.claim[5:]
    cash = account(work, AccountKind.CUSTOMS_CASH, member)
    own = account(work, AccountKind.TRADER_CASH, member, trader)
    return [leg("paid_in", LegCode.TRADER_PAID_IN, cash, own, amount)]


def pay(work: Work, claim: Claim, amount: int, debit: int, code: LegCode, by: str) -> list[Leg]:
    """Pay or pledge an amount for a claim; returns the legs, those that meet it among them.

    debit: the account that it comes from. code: DUTY_PAID, or DUTY_DEFERRED if it is to be paid later.
    by: what pays: a payment's id, a cash account, a guarantee.
    """
    own = account(work, AccountKind.CLAIM, claim.member, claim.reference)
    claim.paid += amount
    claim.met_by = by
    work.changes.claims[claim.reference] = claim
    paid = Leg("claim_paid", code, debit, own.id, own.partition, amount)
    return [paid, *meet(work, claim)]


def meet(work: Work, claim: Claim) -> list[Leg]:
    """Meet a claim that is covered, unless something holds the goods: its legs, none if it is not met.

    Controls are made again with this day; what has come in for goods that they hold stays with the claim.
    What more came in than is due is owed back.
    """
    if claim.status is not ClaimStatus.OPEN or claim.left:
        return []
    lodged = _lodged(work, claim)
    if lodged is not None:
        if lodged.status is LodgementStatus.ACCEPTED:
            lodged.happens(LodgementEvent.SECURE)
            keep(work, lodged)
        if held(work, lodged):
            keep(work, lodged)
            return []
    legs = _meeting_legs(work, claim)
    end(work, claim, ClaimStatus.MET)
    if lodged is not None:
        release(work, lodged, claim.met_by)
    return legs


def end(work: Work, claim: Claim, status: ClaimStatus) -> None:
    """A claim is met, or withdrawn; nothing goes onto its account any more."""
    claim.status, claim.met_at = status, work.now_ns
    work.changes.claims[claim.reference] = claim
    work.memory.customs.ended.append(named(work, AccountKind.CLAIM, claim.member, claim.reference).id)


def release(work: Work, lodged: Lodgement, reason: str) -> None:
    """Release goods that are secured and that nothing holds. reason: what secured them."""
    lodged.happens(LodgementEvent.RELEASE)
    lodged.released_at, lodged.release_reason = work.now_ns, reason
    keep(work, lodged)
    work.act("release", lodged.mrn, reason, lodged.actor)


def keep(work: Work, lodged: Lodgement) -> None:
    """Note that a declaration has changed."""
    work.memory.customs.keep(lodged)
    work.changes.lodgements[lodged.seq] = lodged


def law_of(work: Work, member: str, digest: str) -> TaxLaw:
    """The law of taxes in a tariff."""
    return work.memory.customs.tariff(member, digest).law


def new_claim(
    work: Work, reference: str, kind: ClaimKind, mrn: str, member: str, debtor: str, taxes: Mapping[str, int]
) -> Claim:
    """Make a claim; what is due by it is booked by whoever makes it."""
    money = money_of(work.memory.snapshot, member)
    claim = Claim(reference, kind, mrn, member, debtor, money.code, dict(taxes), work.now_ns)
    work.memory.customs.keep_claim(claim)
    work.changes.claims[reference] = claim
    return claim


def owe_back(work: Work, claim: Claim, minor: int, why: str) -> None:
    """Note that customs owe what came in for a claim and is not due: nobody has to ask for it."""
    customs = work.memory.customs
    lodged = customs.of(claim.mrn) if claim.kind is ClaimKind.DECLARATION else None
    trader = lodged.declarant if isinstance(lodged, Lodgement) else claim.debtor
    reference = with_ending(claim.reference, OVER)
    over = customs.refund(reference) or Refund(
        reference, claim.mrn, claim.member, trader, RefundKind.OVERPAID, {OVER: 0}, "", "", why
    )
    over.taxes = {OVER: over.total + minor}
    over.status, over.decided_at = RefundStatus.GRANTED, work.now_ns
    over.explanation = (*over.explanation, why)
    keep_refund(work, over)
    owed = customs.claim(reference) or owed_by_customs(work, over)
    owed.taxes, owed.status, owed.met_at = over.taxes, ClaimStatus.OPEN, 0
    work.changes.claims[reference] = owed


def owed_by_customs(work: Work, refund: Refund) -> Claim:
    """The claim on customs that a granted refund is."""
    payer = authority(work.memory.snapshot, refund.member)
    owner = "" if isinstance(payer, Refusal) else payer.code
    kind = ClaimKind.REFUND
    return new_claim(work, refund.reference, kind, refund.mrn, refund.member, owner, refund.taxes)


def keep_refund(work: Work, refund: Refund) -> None:
    """Note that a refund has changed."""
    work.memory.customs.keep_refund(refund)
    work.changes.refunds[refund.reference] = refund


def assessed_legs(work: Work, member: str, changes: Mapping[str, int]) -> list[Leg]:
    """The legs that book taxes as assessed and due; those below zero take back what was.

    changes: minor units by tax.
    """
    due = account(work, AccountKind.CUSTOMS_DUE, member)
    legs = []
    for tax, minor in changes.items():
        accrued = account(work, AccountKind.CUSTOMS_ACCRUED, member, tax)
        if minor > 0:
            legs.append(leg(f"assessed:{tax}", LegCode.ASSESSED, due, accrued, minor))
        elif minor < 0:
            legs.append(leg(f"taken_back:{tax}", LegCode.ASSESSED, accrued, due, -minor))
    return legs


def collected_legs(work: Work, member: str, taxes: Mapping[str, int], shared: frozenset[str]) -> list[Leg]:
    """The legs by which taxes that have been paid become revenue, or go into the pool that members share."""
    legs = []
    for tax, minor in taxes.items():
        if minor:
            kind = AccountKind.CUSTOMS_POOL if tax in shared else AccountKind.CUSTOMS_REVENUE
            accrued = account(work, AccountKind.CUSTOMS_ACCRUED, member, tax)
            to = account(work, kind, member, tax)
            legs.append(leg(f"collected:{tax}", LegCode.DUTY_COLLECTED, accrued, to, minor))
    return legs


def shared_taxes(work: Work, member: str, digest: str) -> frozenset[str]:
    """Which taxes members share."""
    return frozenset(tax.code for tax in law_of(work, member, digest).taxes if tax.shared)


def words(work: Work, claim: Claim) -> str:
    """What a claim lacks, in words."""
    money = work.memory.snapshot.currencies[claim.currency]
    return f"{Money(claim.left, money)} of {Money(claim.total, money)}"


def _meeting_legs(work: Work, claim: Claim) -> list[Leg]:
    own = account(work, AccountKind.CLAIM, claim.member, claim.reference)
    from_kind = {
        ClaimKind.DEFERRED: AccountKind.CUSTOMS_DEFERRED,
        ClaimKind.CALL: AccountKind.CUSTOMS_DEFERRED,
    }.get(claim.kind, AccountKind.CUSTOMS_DUE)
    whose = claim.debtor if from_kind is AccountKind.CUSTOMS_DEFERRED else ""
    due = account(work, from_kind, claim.member, whose)
    legs = [leg("met", LegCode.DUTY_SECURED, own, due, claim.total)] if claim.total else []
    if not claim.deferred:
        legs += collected_legs(work, claim.member, claim.taxes, _shared(work, claim))
    if claim.kind in (ClaimKind.DEFERRED, ClaimKind.CORRECTION):
        legs += released_legs(work, claim.guarantee, claim.reference)
    over = claim.paid - claim.total
    if over:
        refund = account(work, AccountKind.CUSTOMS_REFUND, claim.member, claim.mrn)
        legs.append(leg("over", LegCode.REFUND, own, refund, over))
        owe_back(work, claim, over, "more came in than is due")
    return legs


def _shared(work: Work, claim: Claim) -> frozenset[str]:
    customs = work.memory.customs
    lodged = customs.of(claim.mrn)
    if not isinstance(lodged, Refusal):
        return shared_taxes(work, claim.member, lodged.tariff)
    published = [each for each in customs.versions(claim.member) if each.published_at]
    return shared_taxes(work, claim.member, published[-1].digest) if published else frozenset()


def _lodged(work: Work, claim: Claim) -> Lodgement | None:
    """The declaration whose goods a claim holds back; None if it holds none."""
    if claim.kind is not ClaimKind.DECLARATION:
        return None
    lodged = work.memory.customs.of(claim.mrn)
    if isinstance(lodged, Refusal):
        raise InvariantBroken(f"{claim.reference} has its declaration")
    return lodged
