"""The union route and its clearing cycle as a union sets them up: dated records, and the `[clearing]` table.

    [clearing]
    days = 20                          # joint business days in a cycle
    zone = "Asia/Tashkent"             # of the two times; both are of the cycle's last day
    cutoff_at = "13:00"                # positions are netted
    settles_at = "14:00"               # what is due is bought and paid, in a batch of the exchange
    quota_percent = "15"               # a position quota's part of the member's base trade
    ceiling_percent = "300"            # of the quota: how far into debt a position may go within a cycle
    bands = [{ upto = "0.2", money = "0" }, { upto = "1", money = "0.5" }]   # the sliding scale
    own_share = "0.25"                 # of what is due, at the most paid in the debtor's own currency
    limit_basis_points = 300           # how far from the official rate a purchase may go
    charge_percent = "1"               # yearly, on claims beyond `charge_from` of the quota
    charge_from = "0.5"
    haircut_percent = "10"             # off money that a member holds abroad, if it fails
    loss_cap_percent = "50"            # of its quota: the most that a member bears of another's default
    contributions = { KZ = "20000", UZ = "15000" }      # to the default fund, by member, in units
    base_trade = { KZ = "1200000", UZ = "900000" }      # by member, in the union's unit
    accepts = { KZ = ["own", "debtor"], UZ = ["CNY"] }  # what a creditor takes, its first choice first

A union without that table has no union route. It needs a unit, to count positions in, and an exchange, to buy
what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from tasviya.core.business_day import UnknownZone, time_zone
from tasviya.core.errors import ConfigurationError
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

OWN, DEBTOR = "own", "debtor"
"""What a creditor accepts, beside currencies by code: its own currency; the debtor's."""


class ClearingRules(Record, frozen=True, kw_only=True):
    """How positions between settlement institutions are cleared. Shares and percents are decimals."""

    KEY: ClassVar[tuple[str, ...]] = ("scope",)

    scope: str = "union"
    days: int
    zone: str
    cutoff_at: str
    settles_at: str
    quota_percent: str
    ceiling_percent: str
    own_share: str
    limit_basis_points: int
    charge_percent: str
    charge_from: str
    haircut_percent: str
    loss_cap_percent: str


class ClearingBand(Record, frozen=True, kw_only=True):
    """A step of the sliding scale: of a position up to this share of the quota, so much is due in money."""

    KEY: ClassVar[tuple[str, ...]] = ("upto",)

    upto: str
    money: str


class BaseTrade(Record, frozen=True, kw_only=True):
    """A member's trade in the base period, in the union's unit; its position quota is a part of it."""

    KEY: ClassVar[tuple[str, ...]] = ("member",)

    member: str
    units: str


class Contribution(Record, frozen=True, kw_only=True):
    """What a member has to have in the default fund, in the union's unit."""

    KEY: ClassVar[tuple[str, ...]] = ("member",)

    member: str
    units: str


class AcceptedMoney(Record, frozen=True, kw_only=True):
    """In what a member that is owed takes payment, its first choice first, with commas."""

    KEY: ClassVar[tuple[str, ...]] = ("member",)

    member: str
    choices: str


def read_clearing(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The records of a `[clearing]` table.

    Raises: ConfigurationError.
    """
    zone = table.text("zone")
    try:
        time_zone(zone)
    except UnknownZone as error:
        cure = 'Name a zone of the IANA database, such as "Asia/Tashkent".'
        raise ConfigurationError("CF11", f"{error}.", cure, table.at("zone")) from None
    rules = ClearingRules(
        days=table.number("days", 1, 260),
        zone=zone,
        cutoff_at=table.clock_time("cutoff_at"),
        settles_at=table.clock_time("settles_at"),
        quota_percent=table.decimal("quota_percent", 0, 1_000, code="CF29"),
        ceiling_percent=table.decimal("ceiling_percent", 100, 100_000, "300", code="CF29"),
        own_share=table.decimal("own_share", 0, 1, "0", code="CF29"),
        limit_basis_points=table.number("limit_basis_points", 0, 5_000, 300),
        charge_percent=table.decimal("charge_percent", 0, 1_000, "0", code="CF29"),
        charge_from=table.decimal("charge_from", 0, 1, "1", code="CF29"),
        haircut_percent=table.decimal("haircut_percent", 0, 100, "0", code="CF29"),
        loss_cap_percent=table.decimal("loss_cap_percent", 0, 10_000, "100", code="CF29"),
        **dates(table),
    )
    if rules.settles_at < rules.cutoff_at:
        what = f"The cycle settles at {rules.settles_at}, before its cut-off at {rules.cutoff_at}."
        raise ConfigurationError("CF12", what, "Let settles_at follow cutoff_at.", table.at("settles_at"))
    keep(rules, table.path)
    _bands(table, dates, keep)
    for key, kind in (("base_trade", BaseTrade), ("contributions", Contribution)):
        for member, entry in table.by_currency(key, "units"):
            units = entry.decimal("units", 0, 10**15, code="CF29")
            keep(kind(member=member, units=units, **dates(entry)), entry.path)
            entry.done()
    if table.get("accepts") is not None:
        accepts = table.table("accepts")
        for member in accepts.values:
            choices = _choices(accepts, member)
            record = AcceptedMoney(member=member, choices=",".join(choices), **dates(table))
            keep(record, accepts.at(member))
    table.done()


def _choices(table: Table, member: str) -> list[str]:
    value = table.get(member)
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        cure = 'Write it as ["own", "debtor"], or name currencies.'
        what = f"{value!r:.60} is no list of what {member} accepts."
        raise ConfigurationError("CF04", what, cure, table.at(member))
    return value


def _bands(
    table: Table, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The sliding scale: its steps ascend, and the last ends at the quota."""
    reached = Decimal(0)
    for entry in table.tables("bands"):
        upto = entry.decimal("upto", 0, 1, code="CF29")
        money = entry.decimal("money", 0, 1, code="CF29")
        if Decimal(upto) <= reached:
            what = f"The band up to {upto} does not lie above the one up to {reached}."
            raise ConfigurationError("CF30", what, "Let the bands ascend.", entry.path)
        if Decimal(money) == 1:
            what = f"The band up to {upto} is all money."
            cure = "Let some of it be credit: lower the quota if there is to be less."
            raise ConfigurationError("CF30", what, cure, entry.at("money"))
        reached = Decimal(upto)
        keep(ClearingBand(upto=upto, money=money, **dates(table)), entry.path)
        entry.done()
    if reached != 1:
        what = f"The bands end at {reached} of the quota."
        cure = 'Let the last end at the quota: { upto = "1", money = "0.5" }.'
        raise ConfigurationError("CF30", what, cure, table.at("bands"))


class ClearingTerms:
    """What holds of clearing on a date: the rules, and each member's part."""

    def __init__(
        self,
        rules: ClearingRules,
        bands: list[ClearingBand],
        base_trade: Mapping[str, str],
        contributions: Mapping[str, str],
        accepts: Mapping[str, str],
    ) -> None:
        self.rules = rules
        self.bands = sorted(bands, key=lambda each: Decimal(each.upto))
        self.base_trade = base_trade
        """By member, units; so is"""
        self.contributions = contributions
        self._accepts = accepts

    def accepted(self, member: str) -> list[str]:
        """In what a member takes payment, its first choice first; its own currency if it has not said."""
        return self._accepts.get(member, OWN).split(",")
