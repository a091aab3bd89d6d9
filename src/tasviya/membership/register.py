"""The register: all dated records of a union, and the snapshot of them on a business date.

Nothing is ever looked up without a date: `register.on(date)` gives the snapshot, the snapshot gives answers
by dictionary. Both never change; a changed union is a new register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time

import msgspec

from tasviya.core.business_day import Calendar, OperatingHours
from tasviya.core.currencies import currency, union_currency
from tasviya.core.errors import invariant
from tasviya.core.money import Currency
from tasviya.membership.clearing_rules import (
    AcceptedMoney,
    BaseTrade,
    ClearingBand,
    ClearingRules,
    ClearingTerms,
    Contribution,
)
from tasviya.membership.credit_rules import Collateral, CollateralClass, CreditLine, CreditTerms
from tasviya.membership.customs_rules import CustomsRate
from tasviya.membership.exchange_rules import GROSS, CentralBankRate, ExchangeRoute, ExchangeRules
from tasviya.membership.fixing_rules import FixingRules
from tasviya.membership.liquidity_rules import LiquiditySavingRules
from tasviya.membership.participant import (
    BUSINESS_DAY,
    CLOSED,
    RECORD_TYPES,
    TABLE_OF,
    WEEKDAYS,
    BilateralLimit,
    CalendarOverride,
    Correspondent,
    Member,
    MemberLimit,
    MultilateralLimit,
    OpeningBalance,
    Participant,
    ParticipantBic,
    ParticipantStatus,
    Reservation,
    ScreeningPolicy,
    SettlementAccount,
    SettlementInstitutionHours,
    SystemLimit,
    Union,
    full_bic,
)
from tasviya.membership.records import R, Record, first_overlap
from tasviya.membership.roles import Role, RoleGrant
from tasviya.membership.transit_rules import TransitRules
from tasviya.membership.unit_rules import UnitInterest, UnitRules, UnitWeight

SNAPSHOTS_KEPT = 8
"""Dates whose snapshots a register keeps at hand: today, the warehoused ones, a statement's."""


class Register:
    """Every record a union has ever had.

    Raises (on construction): InvariantBroken if two records of a table hold for one key on one date; what
    comes from a file is checked for that by `load_union` first.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._tables: dict[str, list[Record]] = {table: [] for table in RECORD_TYPES}
        for record in records:
            self._tables[TABLE_OF[type(record)]].append(record)
        for table, rows in self._tables.items():
            overlap = first_overlap(rows)
            invariant(overlap is None, f"{table} holds one record a key and date, not {overlap}")
        self._snapshots: dict[str, Snapshot] = {}

    def on(self, business_date: date) -> Snapshot:
        """What holds on a business date."""
        day = business_date.isoformat()
        snapshot = self._snapshots.get(day)
        if snapshot is None:
            while len(self._snapshots) >= SNAPSHOTS_KEPT:
                del self._snapshots[next(iter(self._snapshots))]
            snapshot = self._snapshots[day] = Snapshot(self, business_date)
        return snapshot

    def records(self, record_type: type[R]) -> Sequence[R]:
        """All records of one type, past and future ones too."""
        return [row for row in self._tables[TABLE_OF[record_type]] if isinstance(row, record_type)]

    def tables(self) -> Mapping[str, Sequence[Record]]:
        """Every table's records, in the order of RECORD_TYPES: what a store keeps."""
        return self._tables

    def with_records(self, records: Iterable[Record]) -> Register:
        """This register and further records: a new one."""
        return Register([*(row for rows in self._tables.values() for row in rows), *records])

    def with_ended(self, record: Record, day: date) -> Register:
        """This register, in which one of its records no longer holds from a date on: a new one."""
        ended = msgspec.structs.replace(record, valid_to=day.isoformat())
        rows = (row for rows in self._tables.values() for row in rows)
        return Register(ended if row == record else row for row in rows)


class Snapshot:
    """The union as it stands on one business date. A question about what is not there answers None, zero or
    an empty sequence; refusing is the asker's business."""

    def __init__(self, register: Register, business_date: date) -> None:
        day = business_date.isoformat()

        def holding(record_type: type[R]) -> list[R]:
            return [record for record in register.records(record_type) if record.holds_on(day)]

        self.business_date = business_date
        self.unions: Sequence[Union] = holding(Union)
        self.members: Mapping[str, Member] = {each.code: each for each in holding(Member)}
        self.participants: Mapping[str, Participant] = {each.code: each for each in holding(Participant)}
        self.currencies: Mapping[str, Currency] = {}
        """The currencies that settle here, by code, in the order of the file."""

        self._statuses = {each.participant: each.status for each in holding(ParticipantStatus)}
        self._bics: dict[str, str] = {}
        self._by_bic: dict[str, Participant] = {}
        for bic in holding(ParticipantBic):
            if bic.participant in self.participants:
                self._by_bic[bic.bic] = self.participants[bic.participant]
                self._bics.setdefault(bic.participant, bic.bic)

        self._hours: dict[str, SettlementInstitutionHours] = {}
        self._operating_hours: dict[str, OperatingHours] = {}
        overrides = register.records(CalendarOverride)
        for hours in holding(SettlementInstitutionHours):
            self._hours[hours.currency] = hours
            self._operating_hours[hours.currency] = operating_hours(hours, overrides, day)
        self.currencies = {code: currency(code) for code in self._hours}

        self._accounts: dict[tuple[str, str], SettlementAccount] = {}
        self._accounts_of: dict[str, list[SettlementAccount]] = {}
        self._by_number: dict[str, SettlementAccount] = {}
        for account in holding(SettlementAccount):
            self._accounts[account.participant, account.currency] = account
            self._accounts_of.setdefault(account.participant, []).append(account)
            self._by_number[account.number] = account
        self._routes: dict[tuple[str, str], list[Correspondent]] = {}
        for route in holding(Correspondent):
            self._routes.setdefault((route.respondent, route.currency), []).append(route)

        self._credit_lines = {(each.participant, each.currency): each for each in holding(CreditLine)}
        self.credit_terms: Mapping[str, CreditTerms] = {each.currency: each for each in holding(CreditTerms)}
        """What interest is paid and asked for in each currency that has any."""
        self.haircuts: Mapping[tuple[str, str], str] = {
            (each.currency, each.asset_class): each.haircut_percent for each in holding(CollateralClass)
        }
        """Percent off the value of collateral, by currency and class."""
        self._collateral: dict[tuple[str, str], list[Collateral]] = {}
        for pledge in holding(Collateral):
            self._collateral.setdefault((pledge.participant, pledge.currency), []).append(pledge)
        self._multilateral = {(each.participant, each.currency): each for each in holding(MultilateralLimit)}
        self._bilateral: dict[tuple[str, str], dict[str, BilateralLimit]] = {}
        for limit in holding(BilateralLimit):
            self._bilateral.setdefault((limit.participant, limit.currency), {})[limit.counterparty] = limit
        self._reservations: dict[tuple[str, str], list[Reservation]] = {}
        for reservation in holding(Reservation):
            key = (reservation.participant, reservation.currency)
            self._reservations.setdefault(key, []).append(reservation)
        self._system_limits = {each.currency: each.limit_minor for each in holding(SystemLimit)}
        self._member_limits = {
            (each.member, each.currency): each.limit_minor for each in holding(MemberLimit)
        }
        self._policies = {each.member: each for each in holding(ScreeningPolicy)}
        self.opening_balances: Sequence[OpeningBalance] = holding(OpeningBalance)
        rules = holding(ExchangeRules)
        self.exchange_rules: ExchangeRules | None = rules[0] if rules else None
        """How its exchange works; None: the union has none."""
        self._exchange_routes = {(each.sell, each.buy): each.route for each in holding(ExchangeRoute)}
        self._central_bank_rates = {each.currency: each.value for each in holding(CentralBankRate)}
        self.fixing_rules: FixingRules | None = next(iter(holding(FixingRules)), None)
        self.unit: UnitRules | None = next(iter(holding(UnitRules)), None)
        """Its own unit of account; None: it has none."""
        self.liquidity_saving: LiquiditySavingRules | None = next(iter(holding(LiquiditySavingRules)), None)
        """How queued payments settle together; None: each settles by itself."""
        self._roles: dict[tuple[str, str], list[Role]] = {}
        for grant in holding(RoleGrant):
            self._roles.setdefault((grant.member, grant.person), []).append(Role(grant.role))
        self.customs_rates: Sequence[CustomsRate] = holding(CustomsRate)
        """What members' customs value other currencies at."""
        self.transit: TransitRules | None = next(iter(holding(TransitRules)), None)
        """How long each step of transit may take; None: the union has no transit."""
        self.unit_weights: Sequence[UnitWeight] = holding(UnitWeight)
        self.unit_interest: Mapping[str, str] = {
            each.currency: each.percent for each in holding(UnitInterest)
        }
        """Yearly percent of each currency's reference instrument, decimals."""
        clearing = holding(ClearingRules)
        self.clearing: ClearingTerms | None = None
        """How positions between settlement institutions are cleared; None: the union has no union route."""
        if clearing:
            self.clearing = ClearingTerms(
                clearing[0],
                holding(ClearingBand),
                {each.member: each.units for each in holding(BaseTrade)},
                {each.member: each.units for each in holding(Contribution)},
                {each.member: each.choices for each in holding(AcceptedMoney)},
            )

    @property
    def unit_money(self) -> Currency | None:
        """The union's unit as a currency; None without."""
        rules = self.unit
        return union_currency(rules.code, rules.decimals, rules.name) if rules else None

    @property
    def union(self) -> Union:
        """The union's facts. Raises: InvariantBroken before it was founded."""
        invariant(len(self.unions) == 1, f"one union stands on {self.business_date}")
        return self.unions[0]

    def participant(self, code: str) -> Participant | None:
        """The participant of a permanent code."""
        return self.participants.get(code)

    def participant_by_bic(self, bic: str) -> Participant | None:
        """Whom a BIC of eight or eleven characters means on this date."""
        return self._by_bic.get(full_bic(bic))

    def bic(self, participant: str) -> str | None:
        """A participant's BIC on this date, eleven characters; the first of several."""
        return self._bics.get(participant)

    def status(self, participant: str) -> str:
        """`active`, `suspended` or `closed`; closed too if nothing is known of it."""
        return self._statuses.get(participant, CLOSED)

    def participants_of(self, member: str, kind: str | None = None) -> Sequence[Participant]:
        """A member's participants, of one kind if asked."""
        return [
            each
            for each in self.participants.values()
            if each.member == member and (kind is None or each.kind == kind)
        ]

    def settlement_institution(self, currency_code: str) -> Participant | None:
        """In whose books a currency settles; None if it does not settle here."""
        hours = self._hours.get(currency_code)
        return self.participants.get(hours.institution) if hours else None

    def operating_hours(self, currency_code: str) -> OperatingHours | None:
        """The day of a currency's settlement institution."""
        return self._operating_hours.get(currency_code)

    def account(self, participant: str, currency_code: str) -> SettlementAccount | None:
        """A participant's settlement account in a currency, whatever its status."""
        return self._accounts.get((participant, currency_code))

    def account_by_number(self, number: str) -> SettlementAccount | None:
        """The settlement account of an external number."""
        return self._by_number.get(number)

    def accounts_of(self, participant: str) -> Sequence[SettlementAccount]:
        """All settlement accounts of a participant."""
        return self._accounts_of.get(participant, ())

    def accounts(self) -> Sequence[SettlementAccount]:
        """All settlement accounts."""
        return list(self._accounts.values())

    def correspondent_routes(self, respondent: str, currency_code: str) -> Sequence[Correspondent]:
        """Through whom a participant pays and is paid in a currency, its first choice first."""
        return self._routes.get((respondent, currency_code), ())

    def correspondents(self) -> Sequence[Correspondent]:
        """All correspondent relations."""
        return [route for routes in self._routes.values() for route in routes]

    def credit_line(self, participant: str, currency_code: str) -> int:
        """The limit of a credit line, minor units; 0 without."""
        line = self._credit_lines.get((participant, currency_code))
        return line.limit_minor if line else 0

    def is_secured(self, participant: str, currency_code: str) -> bool:
        """Whether a credit line is granted only as far as collateral covers it."""
        line = self._credit_lines.get((participant, currency_code))
        return line is not None and bool(line.secured)

    def collateral(self, participant: str, currency_code: str) -> Sequence[Collateral]:
        """What a participant has pledged for its credit in a currency."""
        return self._collateral.get((participant, currency_code), ())

    def bilateral_limit(self, participant: str, counterparty: str, currency_code: str) -> int | None:
        """A limit towards one counterparty, minor units; None without."""
        limit = self._bilateral.get((participant, currency_code), {}).get(counterparty)
        return limit.limit_minor if limit else None

    def bilateral_limits(self, participant: str, currency_code: str) -> Mapping[str, int]:
        """All bilateral limits of an account, minor units by counterparty."""
        limits = self._bilateral.get((participant, currency_code), {})
        return {counterparty: limit.limit_minor for counterparty, limit in limits.items()}

    def multilateral_limit(self, participant: str, currency_code: str) -> int | None:
        """A limit towards all others together, minor units; None without."""
        limit = self._multilateral.get((participant, currency_code))
        return limit.limit_minor if limit else None

    def reservations(self, participant: str, currency_code: str) -> Mapping[str, int]:
        """Money kept for each priority class, minor units."""
        kept = self._reservations.get((participant, currency_code), ())
        return {each.priority: each.amount_minor for each in kept}

    def system_limit(self, currency_code: str) -> int | None:
        """The largest single payment in a currency, minor units; None without."""
        return self._system_limits.get(currency_code)

    def member_limit(self, member: str, currency_code: str) -> int | None:
        """The largest single payment in a currency by a member's participants, minor units; None without."""
        return self._member_limits.get((member, currency_code))

    def screening_policy(self, member: str) -> ScreeningPolicy | None:
        """What a member has declared about screening; None if nothing."""
        return self._policies.get(member)

    def exchange_route(self, sell: str, buy: str) -> str:
        """How payments debited in one currency and paid in another go whose senders do not say."""
        rules = self.exchange_rules
        return self._exchange_routes.get((sell, buy), rules.default_route) if rules else GROSS

    def roles(self, member: str, person: str) -> tuple[Role, ...]:
        """What a person is to a member's customs."""
        return tuple(self._roles.get((member, person), ()))

    def central_bank_rate(self, currency_code: str) -> str | None:
        """What its settlement institution says a unit is worth in the union's common measure, a decimal."""
        return self._central_bank_rates.get(currency_code)


def operating_hours(
    hours: SettlementInstitutionHours, overrides: Iterable[CalendarOverride], day: str
) -> OperatingHours:
    """A settlement institution's hours and calendar, with the overrides in force on an ISO date.

    Raises: as OperatingHours does.
    """
    weekend = frozenset(WEEKDAYS.index(name) for name in hours.weekend.split(",") if name)
    settled = {
        date.fromisoformat(each.date): each.effect == BUSINESS_DAY
        for each in overrides
        if each.institution == hours.institution and each.holds_on(day)
    }
    return OperatingHours(
        zone=hours.zone,
        calendar=Calendar(hours.holidays, weekend, settled),
        opens_at=time.fromisoformat(hours.opens_at),
        customer_cutoff_at=time.fromisoformat(hours.customer_cutoff_at),
        interbank_cutoff_at=time.fromisoformat(hours.interbank_cutoff_at),
        closes_at=time.fromisoformat(hours.closes_at),
    )
