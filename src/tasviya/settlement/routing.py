"""The gross route: from which accounts a payment takes and to which it gives, in one currency.

A participant with a settlement account pays from it. One without pays through its correspondent: the
correspondent's settlement account pays, and its books turn the vostro of the respondent (and the respondent's
mirror, its nostro). Both ends may use a correspondent; where both use the same, nothing moves in
central-bank money: it is an entry in that correspondent's books.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tasviya.ledger.ledger import TransferFlags
from tasviya.settlement.accounts import AccountKind, LedgerAccount

BOTTOMLESS = frozenset({AccountKind.ISSUE, AccountKind.EXCHANGE, AccountKind.CLEARING})
"""Kinds that pay without being asked for funds: the first and the last make money, the exchange has just been
paid."""


class LegCode(IntEnum):
    """Why a transfer was posted: the ledger's transfer code."""

    SETTLEMENT = 1
    VOSTRO = 2
    NOSTRO = 3
    CREDIT_DRAWN = 4
    LIMIT_USED = 5
    CREDIT_REPAID = 6
    LIMIT_RESTORED = 7
    LIMIT_GRANTED = 8
    LIMIT_WITHDRAWN = 9
    OPENING_BALANCE = 10
    LIQUIDITY = 11
    FEE = 12
    SOLD = 13
    """What an order sells: held first, posted when it fills."""
    BOUGHT = 14
    ROUNDING = 15
    TRADED = 16
    """What one side of a trade pays the other."""
    UNION_PAID = 20
    """What a payer's bank pays its settlement institution, by the union route."""
    UNION_RECEIVED = 21
    """What a payee's bank, or its correspondent, gets from its settlement institution."""
    POSITION = 22
    """A position moves from one settlement institution to another."""
    ROOM = 23
    """With it, the room that is left for positions."""
    ROOM_GRANTED = 24
    ROOM_WITHDRAWN = 25
    POSITION_INTEREST = 26
    DISCHARGED = 27
    """Money that discharges a position."""
    CONTRIBUTION = 28
    """What goes into the default fund, or comes back from it."""
    DEFAULT_FUND = 29
    """What the default fund bears of a default."""
    LOSS = 30
    """What a survivor bears of a default."""
    DEPOSIT_INTEREST = 17
    OVERNIGHT_INTEREST = 18
    INTRADAY_INTEREST = 19
    OFFSET_LENT = 31
    """What an account lacks until the set that it settles in is posted."""
    OFFSET_REPAID = 32
    ASSESSED = 40
    """Taxes of a declaration, as assessed, taken back or corrected."""
    DUTY_PAID = 41
    """What comes in for a claim."""
    DUTY_DEFERRED = 42
    """What is to be paid later instead."""
    DUTY_SECURED = 43
    """A claim is met: what was paid or pledged for it covers what is due. Goods are released by it."""
    DUTY_COLLECTED = 44
    """Taxes become revenue, or go into the pool."""
    TRADER_PAID_IN = 45
    REFUND = 46
    REFUND_PAID = 47
    SHARED = 48
    """Of a pool, to the members that share it."""
    SHARE_PAID = 49
    GUARANTEE_GIVEN = 50
    GUARANTEE_WITHDRAWN = 51
    GUARANTEED = 52
    """What goods in transit, or deferred duty, take of a guarantee: held, freed, or called."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One transfer of a posting plan, without its amount: the payment's, unless `amount` fixes another."""

    name: str
    """Unique within the plan: part of the transfer's id."""
    code: LegCode
    debit: int
    credit: int
    partition: int
    amount: int = 0
    phase: TransferFlags = TransferFlags.NONE
    """PENDING: it only holds the amount. POST_PENDING_TRANSFER, VOID_PENDING_TRANSFER: a hold is used or
    ends."""
    hold: int = 0
    """The id of the hold that is used or ends."""


@dataclass(frozen=True, slots=True)
class Path:
    """Where the money of payments between two participants goes."""

    sources: tuple[int, ...]
    """Accounts that must hold the amount, in the order they are asked: a vostro before a settlement one."""
    legs: tuple[Leg, ...]
    receives: tuple[int, ...]
    """Accounts that gain the amount and may have payments waiting for it."""
    tells: tuple[tuple[str, str, bool], ...]
    """Who is told of which account's movement: (participant, account's id in hexadecimal, is a debit)."""
    between: tuple[str, str] = ("", "")
    """The owners of the paying and the receiving settlement account, whose limits bind; empty in one's own
    books."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a payment: a participant's own settlement account, or a correspondent's with the books."""

    participant: str
    settlement: LedgerAccount
    vostro: LedgerAccount | None = None
    vostro_control: LedgerAccount | None = None
    nostro: LedgerAccount | None = None
    nostro_control: LedgerAccount | None = None


def path(payer: End, payee: End) -> Path:
    """The path from one end to the other."""
    sources: list[int] = []
    legs: list[Leg] = []
    receives: list[int] = []
    tells: list[tuple[str, str, bool]] = []
    between = ("", "")
    if payer.vostro and payer.vostro_control and payer.nostro and payer.nostro_control:
        sources.append(payer.vostro.id)
        legs.append(_leg("payer_vostro", LegCode.VOSTRO, payer.vostro, payer.vostro_control))
        legs.append(_leg("payer_nostro", LegCode.NOSTRO, payer.nostro_control, payer.nostro))
        tells.append((payer.participant, payer.vostro.hex_id, True))
    if payer.settlement.id != payee.settlement.id:
        code = _PAID_BY.get(payer.settlement.kind, LegCode.SETTLEMENT)
        told = payer.settlement.kind not in _PAID_BY
        if payer.settlement.kind not in BOTTOMLESS:
            sources.append(payer.settlement.id)
        legs.append(_leg("settlement", code, payer.settlement, payee.settlement))
        receives.append(payee.settlement.id)
        if told:
            tells.append((payer.settlement.owner, payer.settlement.hex_id, True))
            between = (payer.settlement.owner, payee.settlement.owner)
        tells.append((payee.settlement.owner, payee.settlement.hex_id, False))
    if payee.vostro and payee.vostro_control and payee.nostro and payee.nostro_control:
        receives.append(payee.vostro.id)
        legs.append(_leg("payee_vostro", LegCode.VOSTRO, payee.vostro_control, payee.vostro))
        legs.append(_leg("payee_nostro", LegCode.NOSTRO, payee.nostro, payee.nostro_control))
        tells.append((payee.participant, payee.vostro.hex_id, False))
    return Path(tuple(sources), tuple(legs), tuple(receives), tuple(tells), between)


_PAID_BY = {AccountKind.EXCHANGE: LegCode.BOUGHT, AccountKind.CLEARING: LegCode.UNION_RECEIVED}
"""The system's own accounts that pay: nobody is told of these, and no limit binds them."""


def _leg(name: str, code: LegCode, debit: LedgerAccount, credit: LedgerAccount) -> Leg:
    return Leg(name, code, debit.id, credit.id, debit.partition)
