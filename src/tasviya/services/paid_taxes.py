"""What has been paid of a declaration's taxes, what has been given back of it, and what was never paid.

    taxes of a declaration = claims about it − refunds that were granted

A claim that is met has been paid; one whose taxes are deferred, once the claim of its month is met. What is
remitted goes off the claims that are not paid: from those of a correction first, then from what is deferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tasviya.core.errors import Refusal, invariant
from tasviya.customs.adjustment import Account
from tasviya.customs.claim import Claim, ClaimKind, ClaimStatus
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.refund import Refund, RefundKind, RefundStatus
from tasviya.services.claims import law_of, meet
from tasviya.services.customs_accounts import account, leg
from tasviya.services.guarantee_holds import released_legs
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.routing import Leg, LegCode

OF_TAXES = (ClaimKind.CORRECTION, ClaimKind.CALL, ClaimKind.DECLARATION)
"""Claims about a declaration that are made of its taxes, in the order in which they are remitted."""


def paid_accounts(work: Work, lodged: Lodgement) -> dict[str, Account]:
    """By tax of the law: what has been paid, refunded and drawn back of a declaration's taxes."""
    customs = work.memory.customs
    taxes = dict.fromkeys(tax.code for tax in law_of(work, lodged.member, lodged.tariff).taxes)
    paid, refunded, drawn = (dict.fromkeys(taxes, 0) for _ in range(3))
    for claim in _claims(work, lodged):
        if _is_paid(work, claim):
            _add(paid, claim.taxes)
    for refund in customs.refunds_about(lodged.mrn):
        if refund.kind is RefundKind.REFUND and refund.status is RefundStatus.GRANTED:
            _add(refunded, refund.taxes)
    for row in customs.drawbacks_from(lodged.mrn):
        _add(drawn, row.taxes)
    return {tax: Account(paid[tax], refunded[tax], drawn[tax]) for tax in taxes}


@dataclass(frozen=True, slots=True)
class Remission:
    """A part of a tax that is owed no more. of: the claim that it goes off. payable: the claim by which it is
    to be paid: the same, or that of the month."""

    of: Claim
    payable: Claim
    tax: str
    minor: int


def remissions(work: Work, lodged: Lodgement, taxes: Mapping[str, int]) -> list[Remission] | Refusal:
    """From which claims taxes that were never paid are taken off.

    taxes: minor units by tax, no more than is unpaid. Refused while a payment for one of them is on its way.
    """
    found: list[Remission] = []
    for tax, minor in taxes.items():
        left = minor
        for claim, payable in _unpaid(work, lodged):
            part = min(left, claim.taxes.get(tax, 0))
            if part and payable.on_the_way:
                what = f"A payment for {payable.reference} is on its way."
                return Refusal("RD06", what, "Recall it, or wait until it has settled.", "mrn", True)
            if part:
                found.append(Remission(claim, payable, tax, part))
                left -= part
        invariant(not left, "what was assessed and not paid is claimed")
    return found


def remit(work: Work, reference: str, parts: list[Remission]) -> None:
    """Take taxes off the claims that are not paid. reference: of the refund, for what is posted."""
    for payable in {each.payable.reference: each.payable for each in parts}.values():
        legs: list[Leg] = []
        for each in parts:
            if each.payable is not payable:
                continue
            for claim in {each.of.reference: each.of, payable.reference: payable}.values():
                claim.taxes = {**claim.taxes, each.tax: claim.taxes[each.tax] - each.minor}
                work.changes.claims[claim.reference] = claim
            accrued = account(work, AccountKind.CUSTOMS_ACCRUED, payable.member, each.tax)
            legs.append(
                leg(f"remitted:{each.tax}", LegCode.ASSESSED, accrued, _owed(work, payable), each.minor)
            )
        legs += _freed(work, payable, [each.of for each in parts if each.payable is payable])
        legs += meet(work, payable)
        work.post(f"{reference}:remitted:{payable.reference}", 0, legs, 0)
        for claim in (payable, *(each.of for each in parts if each.payable is payable)):
            if not claim.total:
                claim.status = ClaimStatus.WITHDRAWN


def post_refund(
    work: Work, refund: Refund, taxes: Iterable[tuple[frozenset[str], Mapping[str, int]]]
) -> None:
    """Book what is given back as owed to the trader.

    taxes: minor units by tax, each with the taxes that members share by the law it was collected under.
    """
    owed = account(work, AccountKind.CUSTOMS_REFUND, refund.member, refund.mrn)
    legs = []
    for place, (shared, by_tax) in enumerate(taxes):
        for tax, minor in by_tax.items():
            kind = AccountKind.CUSTOMS_POOL if tax in shared else AccountKind.CUSTOMS_REVENUE
            come_from = account(work, kind, refund.member, tax)
            legs.append(leg(f"refund:{place}:{tax}", LegCode.REFUND, come_from, owed, minor))
    if legs:
        work.post(f"{refund.reference}:granted", 0, legs, 0)


def _freed(work: Work, payable: Claim, claims: list[Claim]) -> list[Leg]:
    """What a guarantee need not stand for any more; a part of a claim stays secured as the whole was."""
    legs: list[Leg] = []
    for claim in {each.reference: each for each in (*claims, payable)}.values():
        if claim.deferred:
            claim.paid = claim.total
            legs += released_legs(work, claim.guarantee, claim.reference) if not claim.total else []
    return legs


def _owed(work: Work, claim: Claim) -> LedgerAccount:
    """Where it stands that a claim is owed: as due, or as deferred by its debtor."""
    if claim.deferred or claim.kind in (ClaimKind.DEFERRED, ClaimKind.CALL):
        return account(work, AccountKind.CUSTOMS_DEFERRED, claim.member, claim.debtor)
    return account(work, AccountKind.CUSTOMS_DUE, claim.member)


def _unpaid(work: Work, lodged: Lodgement) -> Iterator[tuple[Claim, Claim]]:
    for kind in OF_TAXES:
        for claim in _claims(work, lodged):
            if claim.kind is kind and not _is_paid(work, claim):
                yield claim, _payable(work, claim)


def _claims(work: Work, lodged: Lodgement) -> list[Claim]:
    return [each for each in work.memory.customs.claims_about(lodged.mrn) if each.kind in OF_TAXES]


def _is_paid(work: Work, claim: Claim) -> bool:
    """Whether money has come in for a claim's taxes."""
    if claim.deferred and claim.status is ClaimStatus.MET:
        payable = _payable(work, claim)
        return payable is not claim and payable.status is ClaimStatus.MET
    return claim.status is ClaimStatus.MET


def _payable(work: Work, claim: Claim) -> Claim:
    month = work.memory.customs.claim(claim.charged_by) if claim.charged_by else None
    return month or claim


def _add(sums: dict[str, int], taxes: Mapping[str, int]) -> None:
    for tax, minor in taxes.items():
        if tax in sums:
            sums[tax] += minor
