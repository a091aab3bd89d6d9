"""`union.toml` → the register that it seeds, or one error that says what is wrong, where, and how to cure it.

The file is written by people: amounts stand in whole units of the currency, or as text with its decimals
("1250.50"); times are local ("09:00"); most values may be given plainly, or as a table with the dates
between which they hold, or as a list of such tables:

    credit_lines.KZT = 400_000_000
    credit_lines.KZT = { limit = 400_000_000, valid_to = 2027-01-01 }
    credit_lines.KZT = [{ limit = 4, valid_to = 2027-01-01 }, { limit = 5, valid_from = 2027-01-01 }]

What has no dates of its own holds from the union's `valid_from` on. A key that is not known is refused: a
misspelt limit must not pass for no limit.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any

from tasviya.core.business_day import Calendar, UnknownHolidays, UnknownZone, time_zone
from tasviya.core.currencies import UnknownCurrency, currency
from tasviya.core.errors import ConfigurationError
from tasviya.core.money import AmountError, Currency, parse_amount
from tasviya.membership.clearing_rules import read_clearing
from tasviya.membership.coherence import check
from tasviya.membership.credit_rules import read_credit, read_lines
from tasviya.membership.customs_rules import read_customs
from tasviya.membership.exchange_rules import read_exchange
from tasviya.membership.fixing_rules import read_fixing
from tasviya.membership.liquidity_rules import read_liquidity_saving
from tasviya.membership.participant import (
    ACTIVE,
    BANK,
    BLOCKED,
    BUSINESS_DAY,
    CLOSED,
    CUSTOMS,
    HOLIDAY,
    LIVE,
    OPEN,
    OPERATOR,
    PRIORITIES,
    SANDBOX,
    SCREENING_POLICIES,
    SETTLEMENT_INSTITUTION,
    SUSPENDED,
    TREASURY,
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
from tasviya.membership.records import Record
from tasviya.membership.register import Register, operating_hours
from tasviya.membership.toml_table import Table
from tasviya.membership.transit_rules import read_transit
from tasviya.membership.unit_rules import read_unit

CODES: Mapping[str, str] = {
    "CF01": "the file is not TOML",
    "CF02": "a key that must be there is missing",
    "CF03": "a key is not known",
    "CF04": "a value is of the wrong kind or form",
    "CF05": "a code is not a currency of ISO 4217",
    "CF06": "a currency does not settle in this union",
    "CF07": "an amount is not one of its currency",
    "CF08": "a code, BIC, currency or account number is given twice",
    "CF09": "a participant is not of this union",
    "CF10": "dates overlap or are not in order",
    "CF11": "a time zone is not known",
    "CF12": "a day's times are not in order",
    "CF13": "a country's holidays are not known",
    "CF14": "a correspondent has no settlement account in the currency",
    "CF15": "a live union lacks a member's screening policy",
    "CF16": "a BIC is malformed",
    "CF17": "an account number has the wrong check digits",
    "CF18": "a limit, reservation or balance is for an account that is not there",
    "CF19": "the union has no member, or a member no participant",
    "CF20": "a calendar has no business day",
    "CF21": "a rate is not one",
    "CF22": "the unit's code is no code of its own",
    "CF23": "the unit's weights make no basket",
    "CF24": "a number of the unit is not one",
    "CF25": "a percent of interest, a haircut or a rounding unit is not one",
    "CF26": "collateral is of a class that is not taken",
    "CF27": "collateral counts before it was valued",
    "CF28": "a line is secured where no collateral is taken",
    "CF29": "a number of clearing is not one",
    "CF30": "the bands of the sliding scale are not in order",
    "CF31": "clearing names nobody, or lacks what it needs",
    "CF32": "passes in any order, which the members have not adopted",
}
"""What can be wrong with a union's configuration."""

OTHERS = {
    "liquidity_saving": read_liquidity_saving,
    "unit": read_unit,
    "clearing": read_clearing,
    "transit": read_transit,
}
"""Tables of the whole union that may be left out, and their readers."""
CHARGE_BEARERS = ("DEBT", "CRED", "SHAR", "SLEV")
LARGEST_AMOUNT = 2**63 - 1

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,33}[A-Z0-9]")
_COUNTRY = re.compile(r"[A-Z]{2}")
_ACCOUNT_NUMBER = re.compile(r"[A-Z0-9]{1,34}")
_LIKE_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def load_union(text: str, where: str) -> Register:
    """The register that a `union.toml` seeds.

    where: the file's name, for error texts.
    Raises: ConfigurationError, its code one of CODES, its `where` the file's name and the key's path.
    """
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        cure = "Correct the line; strings need quotes, lists brackets."
        raise ConfigurationError("CF01", f"The file is not TOML: {error}.", cure, where) from None
    return _Reading(where).union(Table(tree, where, root=True))


def iban_check_digits_hold(number: str) -> bool:
    """Whether an IBAN's check digits fit (ISO 13616, ISO 7064 modulo 97-10)."""
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97 == 1


class _Reading:
    """One reading of a file: the records found so far and where each stood."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found: list[tuple[Record, str]] = []
        self.since = ""

    def union(self, root: Table) -> Register:
        facts = root.table("union")
        since = facts.day("valid_from")
        if since is None:
            cure = "Add valid_from = 2026-01-01: the first business date of the union."
            raise ConfigurationError("CF02", "'valid_from' is missing.", cure, facts.at("valid_from"))
        self.since = since
        operator = root.table("operator")
        record = Union(
            code=facts.matching("code", _CODE, "a code of capitals, digits and hyphens"),
            name=facts.text("name"),
            mode=facts.choice("mode", (SANDBOX, LIVE)),
            operator=operator.text("code"),
            clearing_system=facts.text("clearing_system"),
            warehousing_days=facts.number("warehousing_days", 0, 60),
            charge_bearers=facts.texts("charge_bearers", CHARGE_BEARERS),
            notice=facts.text("notice", ""),
            **self.dates(facts),
        )
        self.keep(record, facts.path)
        members = list(root.tables("member"))
        if not members:
            raise ConfigurationError(
                "CF19", "The union has no member.", "Add a [[member]] and its tables.", self.where
            )
        for member in members:
            self.member(member)
        for code, limit in facts.by_currency("payment_limits", "limit"):
            amount = self.amount(limit, "limit", code)
            self.keep(SystemLimit(currency=code, limit_minor=amount, **self.dates(limit)), limit.path)
            limit.done()
        if root.get("exchange") is not None:
            exchange = root.table("exchange")
            read_exchange(exchange, self.dates, self.keep)
            terms = exchange.get("fixing", {})
            fixing = exchange.table("fixing") if terms else Table({}, exchange.at("fixing"))
            read_fixing(fixing, self.dates, self.keep)
            exchange.done()
        for name, read in OTHERS.items():
            if root.get(name) is not None:
                read(root.table(name), self.dates, self.keep)
        facts.done()
        self.participant(operator, OPERATOR, operator.text("member"))
        operator.done()
        root.done()
        check(self.found, record.mode)
        return Register(each for each, _ in self.found)

    def member(self, table: Table) -> None:
        code = table.matching("code", _COUNTRY, "a country code of two capitals (ISO 3166)")
        money = self.currency(table.text("currency"), table.at("currency"))
        self.keep(
            Member(
                code=code,
                name=table.text("name"),
                currency=money.code,
                status=table.choice("status", (ACTIVE, SUSPENDED, CLOSED), ACTIVE),
                **self.dates(table),
            ),
            table.path,
        )
        for policy in table.dated("screening", "policy"):
            self.keep(
                ScreeningPolicy(
                    member=code,
                    policy=policy.choice("policy", SCREENING_POLICIES),
                    reference=policy.text("reference", ""),
                    **self.dates(policy),
                ),
                policy.path,
            )
            policy.done()
        for currency_code, limit in table.by_currency("payment_limits", "limit"):
            amount = self.amount(limit, "limit", currency_code)
            record = MemberLimit(member=code, currency=currency_code, limit_minor=amount, **self.dates(limit))
            self.keep(record, limit.path)
            limit.done()
        if table.get("settlement_institution") is not None:  # members of one currency share theirs
            institution = table.table("settlement_institution")
            self.settlement_institution(institution, code, money)
            institution.done()
        for kind in (BANK, TREASURY, CUSTOMS):
            for each in table.tables(kind):
                self.participant(each, kind, code)
                each.done()
        read_customs(table, code, self.dates, self.keep)
        table.done()

    def settlement_institution(self, table: Table, member: str, money: Currency) -> None:
        code = self.participant(table, SETTLEMENT_INSTITUTION, member)
        zone = table.text("zone")
        try:
            time_zone(zone)
        except UnknownZone as error:
            cure = 'Name a zone of the IANA database, such as "Asia/Tashkent".'
            raise ConfigurationError("CF11", f"{error}.", cure, table.at("zone")) from None
        hours = SettlementInstitutionHours(
            currency=money.code,
            institution=code,
            zone=zone,
            holidays=table.text("holidays"),
            weekend=table.texts("weekend", WEEKDAYS),
            opens_at=table.clock_time("opens_at"),
            customer_cutoff_at=table.clock_time("customer_cutoff_at"),
            interbank_cutoff_at=table.clock_time("interbank_cutoff_at"),
            closes_at=table.clock_time("closes_at"),
            **self.dates(table),
        )
        self.keep(hours, table.path)
        read_credit(table, money.code, self.amount, self.dates, self.keep)
        overrides: list[CalendarOverride] = []
        for entry in table.tables("calendar"):
            day = entry.day("date")
            if day is None:
                raise ConfigurationError(
                    "CF02", "'date' is missing.", "Add date = 2026-09-29.", entry.at("date")
                )
            override = CalendarOverride(
                institution=code,
                date=day,
                effect=entry.choice("is", (BUSINESS_DAY, HOLIDAY)),
                reason=entry.text("reason", ""),
                **self.dates(entry),
            )
            entry.done()
            overrides.append(override)
            self.keep(override, entry.path)
        if set(hours.weekend.split(",")) == set(WEEKDAYS):
            cure = "Leave at least one day of the week out of `weekend`."
            raise ConfigurationError("CF20", "The week has no business day.", cure, table.at("weekend"))
        try:
            operating_hours(hours, overrides, self.since)
            Calendar(hours.holidays).is_business_day(date.fromisoformat(self.since))
        except UnknownHolidays:
            what = f"No holidays are known for {hours.holidays!r}."
            cure = 'Give a country code of two capitals, or "" and list the holidays under `calendar`.'
            raise ConfigurationError("CF13", what, cure, table.at("holidays")) from None
        except ValueError as error:
            what = f"The day's times are wrong: {error}."
            cure = "Order them: opens_at < customer_cutoff_at ≤ interbank_cutoff_at ≤ closes_at."
            raise ConfigurationError("CF12", what, cure, table.path) from None

    def participant(self, table: Table, kind: str, member: str) -> str:
        code = table.matching("code", _CODE, "a code of capitals, digits and hyphens")
        self.keep(
            Participant(
                code=code,
                name=table.text("name"),
                kind=kind,
                member=member,
                town=table.text("town", ""),
                **self.dates(table),
            ),
            table.path,
        )
        for entry in table.dated("status", "status") if "status" in table.values else [Table({}, table.path)]:
            status = entry.choice("status", (ACTIVE, SUSPENDED, CLOSED), ACTIVE)
            self.keep(ParticipantStatus(participant=code, status=status, **self.dates(entry)), entry.path)
            entry.done()
        table.need("bic")
        for entry in table.dated("bic", "bic"):
            bic = entry.text("bic")
            if not _BIC.fullmatch(bic):
                raise ConfigurationError(
                    "CF16",
                    f"{bic!r} is not a BIC.",
                    "Write 8 or 11 capitals and digits; the fifth and sixth are the country's letters.",
                    entry.at("bic"),
                )
            record = ParticipantBic(bic=full_bic(bic), participant=code, **self.dates(entry))
            self.keep(record, entry.path)
            entry.done()
        self.accounts(table, code)
        return code

    def accounts(self, table: Table, code: str) -> None:
        """A participant's accounts, correspondents, lines and limits."""
        for money, entry in table.by_currency("accounts", "number"):
            account = SettlementAccount(
                participant=code,
                currency=self.currency(money, entry.path).code,
                number=self.account_number(entry, "number"),
                status=entry.choice("status", (OPEN, BLOCKED, CLOSED), OPEN),
                **self.dates(entry),
            )
            self.keep(account, entry.path)
            entry.done()
        for money, entry in table.by_currency("correspondents", "bank"):
            route = Correspondent(
                respondent=code,
                currency=self.currency(money, entry.path).code,
                correspondent=entry.text("bank"),
                vostro_number=self.account_number(entry, "account"),
                **self.dates(entry),
            )
            self.keep(route, entry.path)
            entry.done()
        self.limits(table, code)

    def limits(self, table: Table, code: str) -> None:
        """A participant's credit lines, limits, reservations and opening balances."""
        read_lines(table, code, self.amount, self.dates, self.keep)
        for money, entry in table.by_currency("multilateral_limits", "limit"):
            limit = self.amount(entry, "limit", money)
            record = MultilateralLimit(
                participant=code, currency=money, limit_minor=limit, **self.dates(entry)
            )
            self.keep(record, entry.path)
            entry.done()
        for entry in table.tables("bilateral_limits"):
            money = entry.text("currency")
            self.keep(
                BilateralLimit(
                    participant=code,
                    currency=money,
                    counterparty=entry.text("counterparty"),
                    limit_minor=self.amount(entry, "limit", money),
                    **self.dates(entry),
                ),
                entry.path,
            )
            entry.done()
        for entry in table.tables("reservations"):
            money = entry.text("currency")
            self.keep(
                Reservation(
                    participant=code,
                    currency=money,
                    priority=entry.choice("priority", PRIORITIES),
                    amount_minor=self.amount(entry, "amount", money),
                    **self.dates(entry),
                ),
                entry.path,
            )
            entry.done()
        for money, entry in table.by_currency("opening_balances", "amount"):
            self.keep(
                OpeningBalance(
                    participant=code,
                    currency=money,
                    amount_minor=self.amount(entry, "amount", money),
                    correspondent=entry.text("correspondent", ""),
                    **self.dates(entry),
                ),
                entry.path,
            )
            entry.done()

    def currency(self, code: str, where: str) -> Currency:
        try:
            return currency(code)
        except UnknownCurrency as error:
            cure = "Use the three capitals of ISO 4217, such as KZT."
            raise ConfigurationError("CF05", f"{error}.", cure, where) from None

    def amount(self, table: Table, key: str, currency_code: str) -> int:
        """An amount in minor units, from whole units or a text with decimals."""
        money = self.currency(currency_code, table.path)
        value = table.need(key)
        try:
            if isinstance(value, bool) or not isinstance(value, (int, str)):
                raise AmountError(f'{value!r} is not a whole number, nor a text such as "1250.50"')
            minor = parse_amount(str(value), money)
            if not 0 <= minor <= LARGEST_AMOUNT:
                raise AmountError(f"{value} {money} is not from 0 to {LARGEST_AMOUNT} minor units")
        except ValueError as error:
            cure = f"Write whole {money}, or a text with at most {money.decimals} decimals."
            raise ConfigurationError("CF07", f"{error}.", cure, table.at(key)) from None
        return minor

    def account_number(self, table: Table, key: str) -> str:
        number = table.matching(key, _ACCOUNT_NUMBER, "an account number of 1 to 34 capitals and digits")
        if _LIKE_IBAN.fullmatch(number) and not iban_check_digits_hold(number):
            raise ConfigurationError(
                "CF17",
                f"{number} looks like an IBAN, but its check digits are wrong.",
                "Correct the number; one that is no IBAN must not begin with two letters and two digits.",
                table.at(key),
            )
        return number

    def dates(self, table: Table) -> dict[str, Any]:
        """When a record holds, from its table or else from the union's beginning on."""
        since, until = table.day("valid_from") or self.since, table.day("valid_to")
        if until is not None and until <= since:
            raise ConfigurationError(
                "CF10",
                f"valid_to {until} is not after valid_from {since}.",
                "valid_to is the first date on which it no longer holds.",
                table.at("valid_to"),
            )
        return {"valid_from": since, "valid_to": until}

    def keep(self, record: Record, path: str) -> None:
        self.found.append((record, path))
