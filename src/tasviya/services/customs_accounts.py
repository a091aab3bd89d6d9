"""The books of a member's customs: whose they are, and their accounts, opened when first needed."""

from __future__ import annotations

from datetime import date

from tasviya.core.errors import Refusal
from tasviya.core.money import Currency
from tasviya.membership.participant import ACTIVE, CUSTOMS, TREASURY, Participant
from tasviya.membership.register import Snapshot
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.routing import Leg, LegCode

KINDS = frozenset({CUSTOMS, TREASURY})


def authority(snapshot: Snapshot, member: str) -> Participant | Refusal:
    """Who is paid what goods pay in a member: its customs or treasury, with an account in its currency."""
    state = snapshot.members.get(member)
    if state is None:
        what = f"{member:.10} is no member on {snapshot.business_date}."
        return Refusal("CU03", what, f"One of {', '.join(snapshot.members)}.", "member")
    for kind in (CUSTOMS, TREASURY):
        for each in snapshot.participants.values():
            if each.member != member or each.kind != kind or snapshot.status(each.code) != ACTIVE:
                continue
            if snapshot.account(each.code, state.currency) is not None:
                return each
    what = f"{member} has no customs with an account in {state.currency}."
    return Refusal("CU03", what, "Add a [[member.customs]] with one to the union.", "member")


def is_authority(snapshot: Snapshot, participant: str) -> bool:
    """Whether a participant may be a member's customs authority."""
    found = snapshot.participants.get(participant)
    return found is not None and found.kind in KINDS


def money_of(snapshot: Snapshot, member: str) -> Currency:
    """A member's currency."""
    return snapshot.currencies[snapshot.members[member].currency]


def day_in(work: Work, member: str) -> date:
    """The day it is now in a member's own zone."""
    snapshot = work.memory.snapshot
    hours = snapshot.operating_hours(money_of(snapshot, member).code)
    if hours is None:
        raise LookupError(f"the currency of {member} does not settle here")
    return hours.local_date(work.now_ns)


def account(work: Work, kind: AccountKind, member: str, with_whom: str = "") -> LedgerAccount:
    """An account in the books of a member's customs; it is opened if it is not there."""
    wanted = named(work, kind, member, with_whom)
    if wanted.id not in work.memory.accounts:
        work.open_account(wanted)
    return wanted


def named(work: Work, kind: AccountKind, member: str, with_whom: str = "") -> LedgerAccount:
    """An account in the books of a member's customs, open or not. member: one that has an authority."""
    snapshot = work.memory.snapshot
    found = authority(snapshot, member)
    owner = "" if isinstance(found, Refusal) else found.code
    money = money_of(snapshot, member)
    number = ".".join(filter(None, (owner, money.code, kind.name, with_whom)))
    return ledger_account(kind, owner, money, with_whom, number)


def leg(name: str, code: LegCode, debit: LedgerAccount, credit: LedgerAccount, amount: int) -> Leg:
    """A leg between two accounts of one ledger."""
    return Leg(name, code, debit.id, credit.id, debit.partition, amount)
