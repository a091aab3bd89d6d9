"""What a multilateral settlement request (pacs.029) says: who of a clearing cycle gets or gives how much.

Rule: a participant's movement is one net figure, its claim (+) or its debt (-). All movements of a request
are in one currency, none is nought, and together they come to nought. Where it is told how a movement came
about, that comes to the movement, and what one participant has received of another is what that has paid it.

`imbalance` and `unexplained` are these rules as sums: the builder holds our own messages to them, and
`rules.multilateral` those of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from tasviya.core.errors import Refusal


class Counterparty(Struct, array_like=True):
    """What a participant and one other paid each other in a cycle, gross."""

    bic: str
    received_minor: int
    paid_minor: int
    payments: int
    """How many, both ways together."""


class Turnover(Struct, array_like=True):
    """How a movement came about, in the movement's currency:

    brought forward + received - paid + charges - carried forward = the movement.
    """

    received_minor: int = 0
    paid_minor: int = 0
    payments: int = 0
    """How many were netted, both ways together."""
    brought_forward_minor: int = 0
    """The position before the cycle: a claim is positive, a debt negative; so too below."""
    charges_minor: int = 0
    """Interest and charges: positive is earned, negative owed."""
    carried_forward_minor: int = 0
    """The position that remains, because it is within credit."""
    counterparties: list[Counterparty] = field(default_factory=list)
    """With whom; empty: not told."""

    @property
    def movement_minor(self) -> int:
        """The movement that these figures come to."""
        netted = self.received_minor - self.paid_minor + self.charges_minor
        return self.brought_forward_minor + netted - self.carried_forward_minor


class NetMovement(Struct, array_like=True):
    """One `MvmntRcrd`: a participant's account is credited with its claim or debited with its debt."""

    currency: str = ""
    amount_minor: int = 0
    """Positive is a claim (CRDT), negative a debt (DBIT). 0 where the text is no amount of that currency."""
    participant: str | None = None
    """Ptcpt: whose movement it is, by BIC."""
    account: str | None = None
    """PtcptAcct."""
    settlement_agent: str | None = None
    """SttlmAgt: in whose books it moves, by BIC."""
    settlement_agent_account: str | None = None
    reference: str | None = None
    """Ref: what it was posted as, or is to be."""
    turnover: Turnover | None = None
    """How it came about; None: not told."""
    record_id: str = ""
    """Id: the movement's own, the same whoever is told of it."""
    amount: str = ""
    """Amt as written, without its direction."""
    direction: str | None = None
    """CdtDbt as written."""


class MultilateralSettlementRequest(Struct, array_like=True, tag="MultilateralSettlementRequest"):
    """One `SttlmReq` of a pacs.029: the net result of a clearing cycle in one currency."""

    position: int
    instruction_id: str = ""
    cycle: str | None = None
    """SttlmCycl: the clearing cycle's id."""
    settlement_date: str | None = None
    """Told in our supplement: the standard has no place for it."""
    settle_from: str | None = None
    """SttlmTmReq/FrTm: a time with its zone, such as 10:30:00+01:00; so too the next."""
    settle_till: str | None = None
    """SttlmTmReq/TillTm: by when debts are to be funded."""
    movements: list[NetMovement] = field(default_factory=list)
    stated_movements: int | None = None
    """NbOfMvmntRcrds as written."""
    misread: tuple[str, str] | None = None
    """What in our supplement could not be read: finding, and its path below SplmtryData/Envlp."""
    refusals: list[Refusal] = field(default_factory=list)


def imbalance(movements: Sequence[NetMovement]) -> int:
    """By how much claims exceed debts, minor units; 0 in every cycle that adds up."""
    return sum(each.amount_minor for each in movements)


def unexplained(movements: Sequence[NetMovement]) -> Iterator[tuple[int, str]]:
    """Each movement (its place, from 1) whose turnover does not come to it, with what is wrong.

    Two participants that both name their counterparties must say the same of each other.
    """
    between: dict[tuple[str | None, str | None], Counterparty] = {
        (each.participant, other.bic): other
        for each in movements
        if each.turnover is not None
        for other in each.turnover.counterparties
    }
    told = {each.participant for each in movements if each.turnover and each.turnover.counterparties}
    for place, each in enumerate(movements, start=1):
        turnover = each.turnover
        if turnover is None:
            continue
        if turnover.movement_minor != each.amount_minor:
            yield (
                place,
                "brought forward, received, paid, charges and carried forward do not come to its amount",
            )
        if not turnover.counterparties:
            continue
        for name, total in (
            ("received_minor", turnover.received_minor),
            ("paid_minor", turnover.paid_minor),
            ("payments", turnover.payments),
        ):
            if sum(getattr(other, name) for other in turnover.counterparties) != total:
                yield place, f"its counterparties do not add up to what it {_WORDS[name]}"
        for other in turnover.counterparties:
            mirror = between.get((other.bic, each.participant))
            same = mirror is not None and (mirror.paid_minor, mirror.received_minor, mirror.payments) == (
                other.received_minor,
                other.paid_minor,
                other.payments,
            )
            if other.bic in told and not same:
                yield place, f"{each.participant} and {other.bic} tell different payments between them"


_WORDS = {
    "received_minor": "has received",
    "paid_minor": "has paid",
    "payments": "counts as payments",
}
