"""What members collect together is divided and paid out, in their own currencies, through the clearing.

    pools of a member, by tax ──share key──▶ own revenue + what is owed to each other member, as claims
    claim ──pay_share──▶ a payment of its customs to the other's, by the union route ──▶ revenue there

A pool that refunds have taken below zero waits until more comes in. What is owed is paid exactly, in the
currency in which it was collected; the clearing turns it into the other member's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tasviya.core.clock import iso_instant
from tasviya.core.errors import Refusal
from tasviya.core.ids import uetr_of
from tasviya.core.money import Money, format_minor
from tasviya.customs.claim import Claim, ClaimKind, ClaimStatus
from tasviya.customs.revenue import Figures, ShareKey, share
from tasviya.membership.exchange_rules import EXCHANGE, UNION
from tasviya.membership.register import Snapshot
from tasviya.membership.roles import Act
from tasviya.messages.builders import build_credit_transfer
from tasviya.messages.model import CreditTransfer
from tasviya.messages.scheme import Scheme
from tasviya.services.claims import new_claim
from tasviya.services.customs_accounts import account, authority, leg
from tasviya.services.guarantees import next_reference
from tasviya.services.lodging import allowed
from tasviya.services.refunds import message_id
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount
from tasviya.settlement.routing import LegCode

SHARING_CODES = {
    "CU14": "a share key divides among members of the union, the one that collects among them",
}


def distribute(work: Work, member: str, key: ShareKey, figures: Figures, actor: str) -> list[Claim] | Refusal:
    """Divide what a member has collected for all: its own part becomes revenue, the others' are claims."""
    snapshot = work.memory.snapshot
    payer = authority(snapshot, member)
    if isinstance(payer, Refusal):
        return payer
    unfit = allowed(work, actor, Act.SHARE_REVENUE, member)
    if unfit is not None:
        return unfit
    strangers = [each for each in key.members if each not in snapshot.members]
    if strangers or member not in key.members:
        what = f"The key names {', '.join(strangers) or 'others'}, and {member} collects."
        return Refusal("CU14", what, f"Use the codes of members, {member}'s too.", "key")
    owed: dict[str, dict[str, int]] = {}
    legs = []
    for tax, pool, minor in _pools(work, payer.code):
        shares = share(minor, key, figures)
        if isinstance(shares, Refusal):
            return shares
        for other, part in shares.items():
            if not part:
                continue
            if other == member:
                to = account(work, AccountKind.CUSTOMS_REVENUE, member, tax)
            else:
                to = account(work, AccountKind.CUSTOMS_SHARE, member, other)
                owed.setdefault(other, {})[tax] = part
            legs.append(leg(f"{tax}:{other}", LegCode.SHARED, pool, to, part))
    made = []
    for other, taxes in owed.items():
        reference = next_reference(work, member)
        claim = new_claim(work, reference, ClaimKind.SHARE, other, member, payer.code, taxes)
        made.append(claim)
        money = snapshot.currencies[claim.currency]
        work.act("share", reference, f"{Money(claim.total, money)} of {member}'s pool to {other}", actor)
    if legs:
        work.post(f"{member}:shared:{work.changes.commit_seq}", 0, legs, 0)
    return made


def _pools(work: Work, owner: str) -> list[tuple[str, LedgerAccount, int]]:
    """A member's pools that have something to share: tax, account, minor units."""
    found = [
        (state.account.with_whom, state.account, state.net)
        for state in work.memory.accounts.values()
        if state.account.kind is AccountKind.CUSTOMS_POOL and state.account.owner == owner
    ]
    return sorted((each for each in found if each[2] > 0), key=lambda each: each[0])


def share_payment(
    snapshot: Snapshot, scheme: Scheme, claim: Claim, day: date, message_id: str, created_at: str
) -> tuple[str, bytes]:
    """The message by which a member's customs pay what they owe another member: the sender's BIC, and a
    pacs.008 by the union route, or through the exchange where there is none."""
    payer, payee = snapshot.participants[claim.debtor], authority(snapshot, claim.mrn)
    if isinstance(payee, Refusal):
        raise LookupError(payee.what)
    owed = snapshot.currencies[claim.currency]
    code = snapshot.members[claim.mrn].currency
    accounts = [snapshot.account(each.code, of) for each, of in ((payer, owed.code), (payee, code))]
    debit, credit = (each.number if each else "" for each in accounts)
    crossing = code != owed.code
    transfer = CreditTransfer(
        position=1,
        currency=code,
        amount_minor=1 if crossing else claim.left,
        end_to_end_id=claim.reference,
        transaction_id=claim.reference,
        uetr=uetr_of(payer.code, message_id),
        settlement_date=day.isoformat(),
        local_instrument=f"{(UNION if snapshot.clearing else EXCHANGE).upper()}.IN" if crossing else None,
        instructed_amount=format_minor(claim.left, owed.decimals) if crossing else None,
        instructed_currency=owed.code if crossing else None,
        charge_bearer="SHAR",
        debtor_agent=snapshot.bic(payer.code),
        creditor_agent=snapshot.bic(payee.code),
        debtor_name=payer.name,
        debtor_country=payer.member,
        debtor_town=payer.town or payer.member,
        debtor_account=debit,
        creditor_name=payee.name,
        creditor_country=payee.member,
        creditor_town=payee.town or payee.member,
        creditor_account=credit,
        purpose="TAXS",
        remittance=f"Share of common revenue /MRN/{claim.reference}",
    )
    raw = build_credit_transfer(scheme, message_id=message_id, created_at=created_at, transfers=[transfer])
    return str(snapshot.bic(payer.code)), raw


def order_shares(work: Work, scheme: Scheme, member: str, actor: str) -> list[tuple[str, bytes]] | Refusal:
    """Have customs pay the shares that nothing pays yet: of each, the sender's BIC and the message."""
    unfit = allowed(work, actor, Act.SHARE_REVENUE, member)
    if unfit is not None:
        return unfit
    made = []
    for stored in unpaid(work.memory.store.claims_open(member)):
        claim = work.memory.customs.claim(stored.reference) or stored
        snapshot, day = work.memory.snapshot, work.memory.day(claim.currency, work.now_ns).business_date
        identity, at = message_id(claim.reference, work.now_ns), iso_instant(work.now_ns)
        made.append(share_payment(snapshot, scheme, claim, day, identity, at))
        work.act("pay_share", claim.reference, f"to {claim.mrn}", actor)
    return made


def unpaid(claims: Iterable[Claim]) -> list[Claim]:
    """Shares that nothing on its way pays."""
    return [
        each
        for each in claims
        if each.kind is ClaimKind.SHARE and each.status is ClaimStatus.OPEN and not each.on_the_way
    ]
