"""Refunds are decided by two persons, and paid: through a bank, or to the trader's cash account.

    grant   D revenue, or the pool that members share, C what is owed to the trader; a claim on customs
    refuse  nothing is given back; the reason is kept
    pay     to the trader's cash account at once, or by a payment of customs that quotes the claim

What was never paid is not given back: it goes off what is due or deferred. A pool may go below zero by a
refund of what has been distributed: what comes in next fills it before the next distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.core.ids import uetr_of
from tasviya.core.money import Money
from tasviya.customs.claim import Claim, ClaimStatus
from tasviya.customs.formats.reading import read
from tasviya.customs.lodgement import Lodgement
from tasviya.customs.refund import Refund, RefundEvent, RefundKind, RefundStatus
from tasviya.membership.register import Snapshot
from tasviya.membership.roles import Act, same_person
from tasviya.messages.builders import build_credit_transfer
from tasviya.messages.model import CreditTransfer
from tasviya.messages.scheme import Scheme
from tasviya.services.claims import keep, keep_refund, owed_by_customs, shared_taxes
from tasviya.services.corrections import adjusted, assess_as_frozen, replace_body
from tasviya.services.customs_accounts import account, leg
from tasviya.services.drawbacks import grant_drawback
from tasviya.services.lodging import allowed
from tasviya.services.paid_taxes import post_refund, remissions, remit
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind
from tasviya.settlement.routing import LegCode

NS_A_SECOND = 10**9
REFUND_CODES = {
    "RD07": "a refund that is named is there",
    "RD08": "a refund is paid to a bank of the union that has the customs' currency",
}


def grant_refund(work: Work, reference: str, actor: str, *, to_cash: bool = False) -> Refund | Refusal:
    """Grant what was asked, as far as the law and what was paid let it; who asked may not.

    to_cash: pay it to the trader's cash account at once.
    """
    refund = _asked(work, reference, actor)
    if isinstance(refund, Refusal):
        return refund
    if refund.kind is RefundKind.DRAWBACK:
        granted = grant_drawback(work, refund)
    else:
        granted = _grant(work, refund)
    if isinstance(granted, Refusal):
        return granted
    decide(work, refund, RefundEvent.GRANT, actor)
    if refund.total:
        owed_by_customs(work, refund)
        if to_cash:
            _to_cash(work, refund)
    return refund


def refuse_refund(work: Work, reference: str, actor: str, reason: str) -> Refund | Refusal:
    """Give nothing back, and say why."""
    refund = _asked(work, reference, actor)
    if isinstance(refund, Refusal):
        return refund
    if not reason:
        return Refusal("RD02", f"No reason is given for {reference}.", "Give one: --reason.", "reason")
    refund.explanation = (*refund.explanation, f"refused: {reason}")
    decide(work, refund, RefundEvent.REFUSE, actor)
    return refund


def pay_to_cash(work: Work, reference: str, actor: str) -> Refund | Refusal:
    """Pay a granted refund to the trader's cash account with customs."""
    refund = payable(work, reference, actor)
    if isinstance(refund, Refusal):
        return refund
    _to_cash(work, refund)
    work.act("pay_refund", reference, f"to the cash account of {refund.trader}", actor)
    return refund


def payable(work: Work, reference: str, actor: str) -> Refund | Refusal:
    """A refund that is granted, that nothing has paid and nothing on its way pays."""
    refund = _found(work, reference)
    if isinstance(refund, Refusal):
        return refund
    unfit = allowed(work, actor, Act.GRANT_REFUND, refund.member)
    if unfit is not None:
        return unfit
    claim = work.memory.customs.claim(reference)
    if claim is None or claim.status is not ClaimStatus.OPEN or claim.on_the_way:
        state = refund.status if claim is None else claim.status
        way = f", {claim.on_the_way} minor units on their way" if claim and claim.on_the_way else ""
        return Refusal("RD04", f"{reference} is {state}{way}.", "Pay what is granted, once.", "reference")
    return refund


@dataclass(frozen=True, slots=True)
class Payee:
    """To whom a refund is paid: a bank of the union, and the trader's account there."""

    bic: str
    account: str
    name: str
    town: str = ""


def refund_payment(
    snapshot: Snapshot, scheme: Scheme, claim: Claim, to: Payee, day: date, message_id: str, created_at: str
) -> tuple[str, bytes] | Refusal:
    """The message by which customs pay a refund: their BIC, and a pacs.008 that quotes its claim."""
    payer, bank = snapshot.participants[claim.debtor], snapshot.participant_by_bic(to.bic)
    own = snapshot.account(payer.code, claim.currency)
    if bank is None or not (
        snapshot.account(bank.code, claim.currency)
        or snapshot.correspondent_routes(bank.code, claim.currency)
    ):
        what = f"{to.bic:.20} has no account in {claim.currency}."
        return Refusal("RD08", what, "Name the BIC of a participant that has, or pay --to-cash.", "bank")
    transfer = CreditTransfer(
        position=1,
        currency=claim.currency,
        amount_minor=claim.left,
        end_to_end_id=claim.reference,
        transaction_id=claim.reference,
        uetr=uetr_of(payer.code, message_id),
        settlement_date=day.isoformat(),
        charge_bearer="SHAR",
        debtor_agent=snapshot.bic(payer.code),
        creditor_agent=to.bic,
        debtor_name=payer.name,
        debtor_country=payer.member,
        debtor_town=payer.town or payer.member,
        debtor_account=own.number if own else "",
        creditor_name=to.name,
        creditor_country=bank.member,
        creditor_town=to.town or bank.town or bank.member,
        creditor_account=to.account,
        purpose="TAXR",
        remittance=f"Refund of customs /MRN/{claim.reference}",
    )
    raw = build_credit_transfer(scheme, message_id=message_id, created_at=created_at, transfers=[transfer])
    return str(snapshot.bic(payer.code)), raw


def order_payment(
    work: Work, scheme: Scheme, reference: str, to: Payee, actor: str
) -> tuple[str, bytes] | Refusal:
    """Have customs pay a refund through a bank: the sender's BIC, and the message to hand in."""
    refund = payable(work, reference, actor)
    claim = work.memory.customs.claim(reference)
    if isinstance(refund, Refusal) or claim is None:
        return refund if isinstance(refund, Refusal) else _unknown(reference)
    day = work.memory.day(claim.currency, work.now_ns).business_date
    made = refund_payment(
        work.memory.snapshot,
        scheme,
        claim,
        to,
        day,
        message_id(reference, work.now_ns),
        iso_instant(work.now_ns),
    )
    if not isinstance(made, Refusal):
        work.act("pay_refund", reference, f"to {to.account} at {to.bic}", actor)
    return made


def message_id(reference: str, at_ns: int) -> str:
    """An id for a message that pays a claim now; sent again later, it has another."""
    return f"{reference}-{at_ns // NS_A_SECOND:x}"


def decide(work: Work, refund: Refund, event: RefundEvent, actor: str) -> None:
    """A refund is decided."""
    refund.happens(event)
    refund.granted_by, refund.decided_at = actor, work.now_ns
    keep_refund(work, refund)
    work.act(f"{event}_refund", refund.reference, "; ".join(refund.explanation), actor)


def _grant(work: Work, refund: Refund) -> Refusal | None:
    """Work a refund out anew, by what is paid now, and book it."""
    lodged = work.memory.customs.of(refund.mrn)
    if isinstance(lodged, Refusal):
        return lodged
    if refund.body and lodged.version != refund.version:
        what = f"{refund.mrn} is of version {lodged.version}, and was of {refund.version} when it was asked."
        return Refusal("RD05", what, "Refuse it, and have it asked for again.", "reference")
    after = {
        tax: lodged.taxes.get(tax, 0) - refund.taxes.get(tax, 0) for tax in {**lodged.taxes, **refund.taxes}
    }
    made = adjusted(work, lodged, after, date.fromisoformat(refund.asked_on))
    if isinstance(made, Refusal):
        return made
    given = {each.tax: each.refund for each in made.changes if each.refund}
    remitted = {each.tax: each.remitted for each in made.changes if each.remitted}
    parts = remissions(work, lodged, remitted)
    if isinstance(parts, Refusal):
        return parts
    refund.taxes, refund.remitted = given, remitted
    refund.explanation = tuple(f"{each.tax}: {each.why}" for each in made.changes)
    remit(work, refund.reference, parts)
    post_refund(work, refund, [(shared_taxes(work, lodged.member, lodged.tariff), given)])
    _less(lodged, given, remitted)
    if refund.body:
        _now_reads(work, lodged, refund)
    keep(work, lodged)
    return None


def _less(lodged: Lodgement, *parts: Mapping[str, int]) -> None:
    taxes = dict(lodged.taxes)
    for part in parts:
        for tax, minor in part.items():
            taxes[tax] -= minor
    lodged.taxes = {tax: minor for tax, minor in taxes.items() if minor}


def _now_reads(work: Work, lodged: Lodgement, refund: Refund) -> None:
    """The declaration is from now on as its refund was asked for."""
    found = read(refund.body)
    if isinstance(found, list):
        return
    assessed = assess_as_frozen(work, lodged, found.declaration, refund.body, refund.asked_by)
    if not isinstance(assessed, list):
        replace_body(work, lodged, refund.body, assessed)


def _to_cash(work: Work, refund: Refund) -> None:
    claim = work.memory.customs.claim(refund.reference)
    if claim is None:
        return
    owed = account(work, AccountKind.CUSTOMS_REFUND, refund.member, refund.mrn)
    cash = account(work, AccountKind.TRADER_CASH, refund.member, refund.trader)
    minor = claim.left
    work.post(f"{refund.reference}:to_cash", 0, [leg("to_cash", LegCode.REFUND_PAID, owed, cash, minor)], 0)
    claim.paid, claim.status, claim.met_at = claim.total, ClaimStatus.MET, work.now_ns
    claim.met_by = "cash account"
    work.changes.claims[claim.reference] = claim
    money = work.memory.snapshot.currencies[claim.currency]
    work.act("refund_to_cash", refund.reference, f"{Money(minor, money)} to {refund.trader}")


def _found(work: Work, reference: str) -> Refund | Refusal:
    refund = work.memory.customs.refund(reference)
    return refund or _unknown(reference)


def _unknown(reference: str) -> Refusal:
    what = f"No refund has the reference {reference:.40}."
    return Refusal("RD07", what, "Check it; `customs refund list` lists them.", "reference")


def _asked(work: Work, reference: str, actor: str) -> Refund | Refusal:
    """A refund that somebody may decide now."""
    refund = _found(work, reference)
    if isinstance(refund, Refusal):
        return refund
    unfit = allowed(work, actor, Act.GRANT_REFUND, refund.member)
    unfit = unfit or same_person(actor, refund.asked_by, f"asked for {reference}")
    if unfit is None and refund.status is not RefundStatus.ASKED:
        unfit = Refusal(
            "RD04", f"{reference} is {refund.status}.", "Nothing remains to be done.", "reference"
        )
    return unfit or refund
