"""A clearing cycle's result in words: what everyone is to pay or receive, and how it came about."""

from __future__ import annotations

from typing import Any

from tasviya.core.clock import iso_instant
from tasviya.messages.builders import build_cycle_result
from tasviya.messages.multilateral import Counterparty, NetMovement, Turnover
from tasviya.services.telling_facts import Documents, Facts, message_id
from tasviya.services.unit_of_work import OutboxRow


def cycle_result(row: OutboxRow, facts: Facts) -> Documents:
    """refs: [cycle, settlement date, till when, unit, [[institution, its position's number, money, before,
    paid in, paid out, interest, [[other institution, received, paid, payments] …]] …]]; amounts in minor
    units of the unit, money + if it is received."""
    seq, settlement_date, settle_till, unit, items = row.refs
    document = build_cycle_result(
        facts.scheme,
        message_id=message_id(row),
        created_at=iso_instant(facts.committed_at[row.commit_seq]),
        cycle=f"CYCLE-{seq}",
        settlement_date=settlement_date,
        settle_till=settle_till,
        movements=[_movement(item, unit, facts) for item in items],
    )
    return [] if document is None else [("pacs.029.001.02", document)]


def _movement(item: list[Any], unit: str, facts: Facts) -> NetMovement:
    institution, number, money, before, paid_in, paid_out, interest, others = item
    counterparties = [Counterparty(facts.bics.get(other, other), *figures) for other, *figures in others]
    turnover = Turnover(
        paid_in,
        paid_out,
        sum(each.payments for each in counterparties),
        before,
        interest,
        before + paid_in - paid_out + interest - money,
        counterparties,
    )
    return NetMovement(
        unit,
        money,
        facts.bics.get(institution, institution),
        number,
        facts.scheme.operator_bic,
        turnover=turnover,
    )
