"""Tariffs of the lab: invented duties and taxes, so that goods of a drawn day pay something in every member.

duties by chapter × how high a member's are ─▶ measures ┐
value added tax ─────────────────────────────▶ law      ┴▶ drafted by one person, published by another
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction

from tasviya.core.errors import Refusal, accepted
from tasviya.lab.figures import Rates, data_rows
from tasviya.lab.flows import CUSTOMER, MICRO, Flow
from tasviya.membership.register import Snapshot
from tasviya.membership.roles import Act, Role, may
from tasviya.services.customs_accounts import authority
from tasviya.services.tariffs import draft, publish
from tasviya.services.work import Work

LAW = """member = "{member}"
currency = "{currency}"
tariff = "{member}.csv"
value_rounding = "half_up"
notice = "Invented by the lab: no country's law or tariff."

[[tax]]
code = "DUTY"
name = "Customs duty"
on = ["value"]
rounding = "down"
required = true

[[tax]]
code = "VAT"
name = "Value added tax"
on = ["value", "DUTY"]
rounding = "half_up"
"""
EXPECTED_PERCENT = 25
"""What goods pay on average, of their value: duty, and value added tax on value and duty."""
COLUMNS = "tax,goods,rate,origin,excluded,valid_from,valid_to,preference,additional,quota"


def made_up_tariff(member: str, currency: str) -> tuple[str, str]:
    """An invented law and its measures: the texts of a TOML and of a CSV file."""
    taxes = {row["member"]: row for row in data_rows("taxes_made_up.csv")}
    own = taxes.get(member, taxes[""])
    measures = [COLUMNS]
    for row in data_rows("duties_made_up.csv"):
        percent = Fraction(row["percent"]) * int(own["duties"]) / 100
        measures.append(f"DUTY,{row['chapter']},{_decimal(percent)}%,,,,,,,")
    measures.append(f"VAT,,{own['vat']}%,,,,,,,")
    return LAW.format(member=member, currency=currency), "\n".join(measures) + "\n"


def with_customs(snapshot: Snapshot) -> list[str]:
    """The members that can have a tariff: they have customs, and two persons who draft and publish it."""
    return [
        member
        for member in snapshot.members
        if not isinstance(authority(snapshot, member), Refusal) and len(_managers(snapshot, member)) > 1
    ]


def publish_tariffs(work: Work, members: Sequence[str], since: date) -> None:
    """Put the lab's tariffs into force from a day on. members: some of `with_customs`."""
    snapshot = work.memory.snapshot
    for member in members:
        first, second = _managers(snapshot, member)[:2]
        law, measures = made_up_tariff(member, snapshot.members[member].currency)
        made = accepted(draft(work, member, law, measures, since, first))
        accepted(publish(work, member, made.digest, second))


def duty_money(
    snapshot: Snapshot, flows: Iterable[Flow], day_rates: Rates, declarations: int
) -> dict[tuple[str, str], int]:
    """What importers' banks are expected to pay in duties, minor units by bank and its member's currency.

    declarations: how many of the flows' payments are declared.
    """
    able = frozenset(with_customs(snapshot)) if declarations else frozenset()
    trade = [
        flow
        for flow in flows
        if flow.message_type == CUSTOMER and flow.count and {flow.payer_member, flow.payee_member} <= able
    ]
    payments = sum(flow.count for flow in trade)
    found: dict[tuple[str, str], Fraction] = {}
    for flow in trade:
        money = snapshot.currencies[snapshot.members[flow.payer_member].currency]
        declared = Fraction(flow.value * min(declarations, payments), payments * MICRO)
        duties = declared * EXPECTED_PERCENT / 100 * day_rates.of(money.code) * money.minor_per_major
        weights = sum(lane.weight for lane in flow.lanes)
        for lane in flow.lanes:
            key = (lane.payer, money.code)
            found[key] = found.get(key, Fraction(0)) + duties * lane.weight / weights
    return {key: int(minor) for key, minor in sorted(found.items()) if minor >= 1}


def _managers(snapshot: Snapshot, member: str) -> list[str]:
    """Who may draft and publish a member's tariff."""
    return [each for each in snapshot.officials(member) if _may_manage(snapshot.roles(member, each))]


def _may_manage(roles: tuple[Role, ...]) -> bool:
    return may(roles, Act.DRAFT_TARIFF) and may(roles, Act.PUBLISH_TARIFF)


def _decimal(percent: Fraction) -> str:
    """A percentage with as many decimals as it has, of four at the most."""
    return f"{percent.numerator * 10**4 // percent.denominator / 10**4:.4f}".rstrip("0").rstrip(".")
