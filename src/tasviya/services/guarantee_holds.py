"""What the ledger holds of guarantees: the accounts of each, and legs that hold, free and use.

What is held for a reference is one pending transfer; its id follows from the reference.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasviya.core.errors import Refusal
from tasviya.core.ids import transfer_ids
from tasviya.customs import guarantee as guarantees
from tasviya.customs.guarantee import Guarantee
from tasviya.ledger.ledger import TransferFlags
from tasviya.services.work import Work
from tasviya.settlement.accounts import AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.routing import Leg, LegCode

LEGS_A_POST = 200


def keep(work: Work, guarantee: Guarantee) -> None:
    """Note that a guarantee has changed."""
    work.changes.guarantees[guarantee.grn] = work.memory.customs.keep_guarantee(guarantee)


def given_leg(work: Work, guarantee: Guarantee) -> Leg:
    """The leg by which a new guarantee's line stands on its account."""
    own, _, control = _accounts(work, guarantee)
    return Leg("line", LegCode.GUARANTEE_GIVEN, control.id, own.id, own.partition, guarantee.line_minor)


def hold(work: Work, guarantee: Guarantee, reference: str, minor: int, *, goes_on: bool = False) -> None:
    """Hold an amount for a reference. goes_on: the chain goes on with what is posted next."""
    own, called, _ = _accounts(work, guarantee)
    funds = work.memory.accounts[own.id].funds
    funds.balance -= minor
    funds.held += minor
    leg = Leg("held", LegCode.GUARANTEED, own.id, called.id, own.partition, minor, TransferFlags.PENDING)
    work.post(_subject(reference), 0, [leg], 0, goes_on=goes_on)


def freeing_leg(work: Work, guarantee: Guarantee, reference: str, minor: int) -> Leg:
    """The leg that ends what is held for a reference."""
    own, called, _ = _accounts(work, guarantee)
    work.memory.accounts[own.id].funds.use(minor, 0)
    void = TransferFlags.VOID_PENDING_TRANSFER
    held = _id(reference)
    return Leg(f"freed:{reference}", LegCode.GUARANTEED, own.id, called.id, own.partition, minor, void, held)


def calling_leg(work: Work, guarantee: Guarantee, reference: str, held: int, used: int) -> Leg:
    """The leg that uses a part of what is held for a reference, and ends the rest."""
    own, called, _ = _accounts(work, guarantee)
    work.memory.accounts[own.id].funds.use(held, used)
    code, post = LegCode.GUARANTEED, TransferFlags.POST_PENDING_TRANSFER
    return Leg("called", code, own.id, called.id, own.partition, used, post, _id(reference))


def merge(work: Work, grn: str, references: Sequence[str], into: str) -> Refusal | None:
    """Hold under one reference what several hold."""
    standing = work.memory.customs.guarantee(grn)
    if isinstance(standing, Refusal):
        return standing
    decided = guarantees.merge(standing, references, into)
    if isinstance(decided, Refusal):
        return decided
    legs = [freeing_leg(work, standing, each, standing.reservations[each]) for each in references]
    for start in range(0, len(legs), LEGS_A_POST):
        some = legs[start : start + LEGS_A_POST]
        work.post(f"{into}:merged:{start}", 0, some, 0, goes_on=True)
    hold(work, standing, into, decided.guarantee.reservations[into])
    keep(work, decided.guarantee)
    return None


def released_legs(work: Work, grn: str, reference: str) -> list[Leg]:
    """The legs that free what a guarantee still holds for a reference; none if it holds nothing."""
    standing = work.memory.customs.guarantee(grn)
    if isinstance(standing, Refusal) or reference not in standing.reservations:
        return []
    minor = standing.reservations[reference]
    decided = guarantees.discharge(standing, reference)
    if isinstance(decided, Refusal):
        return []
    keep(work, decided.guarantee)
    return [freeing_leg(work, standing, reference, minor)]


def _subject(reference: str) -> str:
    return f"{reference}:reserved"


def _id(reference: str) -> int:
    return transfer_ids(_subject(reference), 0, 1)[0]


def _accounts(work: Work, guarantee: Guarantee) -> tuple[LedgerAccount, LedgerAccount, LedgerAccount]:
    """What is left of a guarantee, what has been called of its guarantor's, and what promises stand against;
    opened when first needed."""
    money = guarantee.currency
    wanted = (
        (AccountKind.GUARANTEE, guarantee.guarantor, guarantee.grn),
        (AccountKind.GUARANTEE_CALLED, guarantee.guarantor, ""),
        (AccountKind.LIMIT_CONTROL, work.memory.snapshot.union.operator, ""),
    )
    found = []
    for kind, owner, other in wanted:
        number = ".".join(filter(None, (owner, money.code, kind.name, other)))
        made = ledger_account(kind, owner, money, other, number)
        if made.id not in work.memory.accounts:
            work.open_account(made)
        found.append(made)
    return found[0], found[1], found[2]
