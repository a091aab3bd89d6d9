"""The records of a union: flat, dated, one table each.

Every record holds from `valid_from` until the day before `valid_to` (None: for good), both ISO dates, and is
told apart from the others of its table by its `KEY` columns: at most one holds on any date. A change is a new
record, so what was true on a date stays known. Fields are texts and whole numbers only; a store can keep any
of these types as rows without knowing more than `RECORD_TYPES`.

Amounts are minor units of the record's currency. Participant codes never change; BICs do, and are dated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from tasviya.membership.clearing_rules import (
    AcceptedMoney,
    BaseTrade,
    ClearingBand,
    ClearingRules,
    Contribution,
)
from tasviya.membership.credit_rules import Collateral, CollateralClass, CreditLine, CreditTerms
from tasviya.membership.customs_rules import CustomsRate
from tasviya.membership.exchange_rules import CentralBankRate, ExchangeRoute, ExchangeRules
from tasviya.membership.fixing_rules import FixingRules
from tasviya.membership.liquidity_rules import LiquiditySavingRules
from tasviya.membership.records import Record
from tasviya.membership.roles import RoleGrant
from tasviya.membership.transit_rules import TransitRules
from tasviya.membership.unit_rules import UnitInterest, UnitRules, UnitWeight

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"
"""A participant's status. A suspended one neither sends nor receives."""

OPEN, BLOCKED = "open", "blocked"
"""A settlement account's status, beside CLOSED. A blocked one is neither debited nor credited."""

BANK, TREASURY, CUSTOMS, SETTLEMENT_INSTITUTION, OPERATOR = (
    "bank",
    "treasury",
    "customs",
    "settlement_institution",
    "operator",
)
PARTICIPANT_KINDS = (BANK, TREASURY, CUSTOMS, SETTLEMENT_INSTITUTION, OPERATOR)

SANDBOX, LIVE = "sandbox", "live"
"""A union's mode. Unsigned files and members without a screening policy are a sandbox's only."""

BUSINESS_DAY, HOLIDAY = "business_day", "holiday"
"""What a calendar override makes of its date."""

PRIORITIES = ("URGT", "HIGH", "NORM")
"""Priority classes of the queue, most urgent first."""

SCREENING_POLICIES = ("participants", "operator")
"""Who screens: each participant its own customers, or the operator against the lists the member names."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Union(Record, frozen=True, kw_only=True):
    """The union itself and its rules of the house."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    name: str
    mode: str
    operator: str
    """The operator's participant code."""
    clearing_system: str
    """What ClrSys/Prtry must say."""
    warehousing_days: int
    """How many business days ahead a payment may be sent."""
    charge_bearers: str
    """The ChrgBr codes accepted, comma-separated."""
    notice: str = ""
    """What reports and pages print at the foot; the examples say here that they are fictitious."""


class Member(Record, frozen=True, kw_only=True):
    """A state or other jurisdiction of the union, and its currency."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    """ISO 3166 alpha-2."""
    name: str
    currency: str
    status: str = ACTIVE


class ScreeningPolicy(Record, frozen=True, kw_only=True):
    """What a member's law has done about sanctions lists: declared, or the union does not go live."""

    KEY: ClassVar[tuple[str, ...]] = ("member",)

    member: str
    policy: str
    """One of SCREENING_POLICIES."""
    reference: str = ""
    """The law or rule that says so."""


class Participant(Record, frozen=True, kw_only=True):
    """An institution of a member, under its permanent code."""

    KEY: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    name: str
    kind: str
    """One of PARTICIPANT_KINDS."""
    member: str
    town: str = ""


class ParticipantStatus(Record, frozen=True, kw_only=True):
    """Whether a participant may take part."""

    KEY: ClassVar[tuple[str, ...]] = ("participant",)

    participant: str
    status: str
    """`active`, `suspended` or `closed`."""


class ParticipantBic(Record, frozen=True, kw_only=True):
    """The BIC a participant is addressed by, eleven characters."""

    KEY: ClassVar[tuple[str, ...]] = ("bic",)

    bic: str
    participant: str


class SettlementInstitutionHours(Record, frozen=True, kw_only=True):
    """In whose books a currency settles, and when."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    institution: str
    zone: str
    holidays: str
    """The country whose public holidays apply; empty for none."""
    weekend: str
    """Days of the week, comma-separated."""
    opens_at: str
    customer_cutoff_at: str
    interbank_cutoff_at: str
    closes_at: str


class CalendarOverride(Record, frozen=True, kw_only=True):
    """A date the union has settled itself, against or beside the national holidays."""

    KEY: ClassVar[tuple[str, ...]] = ("institution", "date")

    institution: str
    date: str
    effect: str
    """`business_day` or `holiday`."""
    reason: str = ""


class SettlementAccount(Record, frozen=True, kw_only=True):
    """A participant's money in one currency, held at that currency's settlement institution."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency")

    participant: str
    currency: str
    number: str
    """Its number to the world: an IBAN where the country uses IBANs, else as the institution numbers them."""
    status: str = OPEN


class Correspondent(Record, frozen=True, kw_only=True):
    """Through whom a participant without an account in a currency pays and is paid."""

    KEY: ClassVar[tuple[str, ...]] = ("respondent", "currency", "correspondent")

    respondent: str
    currency: str
    correspondent: str
    vostro_number: str
    """The respondent's account in the correspondent's books."""


class BilateralLimit(Record, frozen=True, kw_only=True):
    """How much more a participant will pay one counterparty than it has had from it today."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency", "counterparty")

    participant: str
    currency: str
    counterparty: str
    limit_minor: int


class MultilateralLimit(Record, frozen=True, kw_only=True):
    """How much more a participant will pay all others together than it has had from them today."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency")

    participant: str
    currency: str
    limit_minor: int


class Reservation(Record, frozen=True, kw_only=True):
    """Money a participant keeps for payments of a priority class and above."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency", "priority")

    participant: str
    currency: str
    priority: str
    """One of PRIORITIES."""
    amount_minor: int


class SystemLimit(Record, frozen=True, kw_only=True):
    """The largest single payment in a currency (refusal AM13)."""

    KEY: ClassVar[tuple[str, ...]] = ("currency",)

    currency: str
    limit_minor: int


class MemberLimit(Record, frozen=True, kw_only=True):
    """The largest single payment in a currency by one member's participants (refusal AM23)."""

    KEY: ClassVar[tuple[str, ...]] = ("member", "currency")

    member: str
    currency: str
    limit_minor: int


class OpeningBalance(Record, frozen=True, kw_only=True):
    """Money a sandbox's account starts with; used once, when the store is made."""

    KEY: ClassVar[tuple[str, ...]] = ("participant", "currency", "correspondent")

    participant: str
    currency: str
    amount_minor: int
    correspondent: str = ""
    """Empty: it lies on the participant's settlement account. Else on its vostro in this one's books."""


RECORD_TYPES: Mapping[str, type[Record]] = {
    "union_facts": Union,
    "members": Member,
    "screening_policies": ScreeningPolicy,
    "participants": Participant,
    "participant_statuses": ParticipantStatus,
    "participant_bics": ParticipantBic,
    "settlement_institution_hours": SettlementInstitutionHours,
    "calendar_overrides": CalendarOverride,
    "settlement_accounts": SettlementAccount,
    "correspondents": Correspondent,
    "credit_lines": CreditLine,
    "bilateral_limits": BilateralLimit,
    "multilateral_limits": MultilateralLimit,
    "reservations": Reservation,
    "system_limits": SystemLimit,
    "member_limits": MemberLimit,
    "opening_balances": OpeningBalance,
    "exchange_rules": ExchangeRules,
    "exchange_routes": ExchangeRoute,
    "central_bank_rates": CentralBankRate,
    "fixing_rules": FixingRules,
    "unit_rules": UnitRules,
    "unit_weights": UnitWeight,
    "unit_interest": UnitInterest,
    "clearing_rules": ClearingRules,
    "clearing_bands": ClearingBand,
    "base_trade": BaseTrade,
    "contributions": Contribution,
    "accepted_money": AcceptedMoney,
    "credit_terms": CreditTerms,
    "collateral_classes": CollateralClass,
    "collateral": Collateral,
    "liquidity_saving_rules": LiquiditySavingRules,
    "role_grants": RoleGrant,
    "customs_rates": CustomsRate,
    "transit_rules": TransitRules,
}
"""The record type of each table. A table's primary key is the type's KEY and `valid_from`."""

TABLE_OF: Mapping[type[Record], str] = {record_type: table for table, record_type in RECORD_TYPES.items()}


def full_bic(bic: str) -> str:
    """A BIC in eleven characters: the head office's branch code XXX may be left out in messages."""
    return bic + "XXX" if len(bic) == 8 else bic
