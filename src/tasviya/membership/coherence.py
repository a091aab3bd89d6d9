"""Whether a union's records hold together: what can be seen only once all of a file is read."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from tasviya.core.errors import ConfigurationError
from tasviya.membership.clearing_rules import (
    DEBTOR,
    OWN,
    AcceptedMoney,
    BaseTrade,
    ClearingRules,
    Contribution,
)
from tasviya.membership.credit_rules import Collateral, CollateralClass, CreditLine
from tasviya.membership.exchange_rules import ExchangeRules
from tasviya.membership.participant import (
    BANK,
    LIVE,
    SCREENING_POLICIES,
    TABLE_OF,
    BilateralLimit,
    Correspondent,
    Member,
    MultilateralLimit,
    OpeningBalance,
    Participant,
    Reservation,
    ScreeningPolicy,
    SettlementAccount,
    SettlementInstitutionHours,
)
from tasviya.membership.records import Record, first_overlap
from tasviya.membership.unit_rules import UnitRules

Found = tuple[Record, str]
"""A record and the path of the key it stood at."""


def check(found: Sequence[Found], mode: str) -> None:
    """Refuse records that contradict each other or lack each other.

    found: in the order of the file.
    Raises: ConfigurationError.
    """
    _overlaps(found)
    _participants(found)
    _currencies(found)
    _account_numbers(found)
    _access(found)
    _clearing(found)
    _collateral(found)
    if mode == LIVE:
        _screening(found)


def _overlaps(found: Sequence[Found]) -> None:
    for record_type in TABLE_OF:
        places = [(record, path) for record, path in found if type(record) is record_type]
        overlap = first_overlap(record for record, _ in places)
        if overlap is None:
            continue
        first, second = overlap
        at_first, at_second = (next(p for r, p in places if r is each) for each in (first, second))
        name = " ".join(part for part in second.key() if part)
        if first.valid_from == second.valid_from:
            what, cure = f"{name} is given twice, first at {at_first}.", "Keep one of the two."
            raise ConfigurationError("CF08", what, cure, at_second)
        what = f"{name} holds from {second.valid_from}, when that of {at_first} still does."
        cure = f"End the earlier one: valid_to = {second.valid_from}."
        raise ConfigurationError("CF10", what, cure, at_second)


def _participants(found: Sequence[Found]) -> None:
    """Everyone named is there, and everyone who is there belongs to a member."""
    members = {each.code for each, _ in found if isinstance(each, Member)}
    codes = {each.code for each, _ in found if isinstance(each, Participant)}
    banks = {each.member for each, _ in found if isinstance(each, Participant) and each.kind == BANK}
    for record, path in found:
        if isinstance(record, Participant) and record.member not in members:
            cure = f"Use the code of a [[member]]: {', '.join(sorted(members))}."
            raise ConfigurationError("CF09", f"{record.member!r} is not a member.", cure, path)
        if isinstance(record, Member) and record.code not in banks:
            cure = "Add a [[member.bank]] under it."
            raise ConfigurationError("CF19", f"{record.name} has no bank.", cure, path)
        for column in ("counterparty", "correspondent"):
            named = getattr(record, column, "")
            if named and named not in codes:
                near = get_close_matches(named, sorted(codes), n=1)
                cure = f"Did you mean {near[0]!r}?" if near else "Add it, or name another."
                what = f"{named!r} is not a participant of this union."
                raise ConfigurationError("CF09", what, cure, path)


def _currencies(found: Sequence[Found]) -> None:
    """What is dealt in settles here."""
    settled = {each.currency for each, _ in found if isinstance(each, SettlementInstitutionHours)}
    for record, path in found:
        named = [getattr(record, column, None) for column in ("currency", "sell", "buy")]
        for code in (each for each in named if each is not None and each not in settled):
            what = f"{code} does not settle in this union: no member's settlement institution keeps it."
            raise ConfigurationError("CF06", what, f"Use one of {', '.join(sorted(settled))}.", path)


def _account_numbers(found: Sequence[Found]) -> None:
    holders: dict[str, str] = {}
    for record, path in found:
        if isinstance(record, SettlementAccount):
            holder = f"{record.participant} {record.currency}"
            if holders.setdefault(record.number, holder) != holder:
                what = f"{record.number} is already the number of {holders[record.number]}."
                raise ConfigurationError("CF08", what, "Give every account its own number.", path)


def _access(found: Sequence[Found]) -> None:
    """Correspondents can reach the currency; lines, limits and balances are for accounts that exist."""
    accounts = {(each.participant, each.currency) for each, _ in found if isinstance(each, SettlementAccount)}
    vostros = {
        (each.respondent, each.currency, each.correspondent)
        for each, _ in found
        if isinstance(each, Correspondent)
    }
    on_account = (CreditLine, Collateral, BilateralLimit, MultilateralLimit, Reservation, OpeningBalance)
    for record, path in found:
        if isinstance(record, Correspondent) and (record.correspondent, record.currency) not in accounts:
            what = f"{record.correspondent} has no settlement account in {record.currency}."
            cure = f"Give it accounts.{record.currency}, or name another correspondent."
            raise ConfigurationError("CF14", what, cure, path)
        if not isinstance(record, on_account):
            continue
        if isinstance(record, OpeningBalance) and record.correspondent:
            there = (record.participant, record.currency, record.correspondent) in vostros
        else:
            there = (record.participant, record.currency) in accounts
        if not there:
            what = f"{record.participant} has no such account in {record.currency}."
            cure = f"Give it accounts.{record.currency} first, or remove this."
            raise ConfigurationError("CF18", what, cure, path)


def _clearing(found: Sequence[Found]) -> None:
    """Clearing knows its members, and has a unit to count in and an exchange to buy on."""
    first = next(((each, path) for each, path in found if isinstance(each, ClearingRules)), None)
    if first is None:
        return
    rules, where = first
    for needed, key, why in ((UnitRules, "unit", "positions count"), (ExchangeRules, "exchange", "it buys")):
        there = [each for each, _ in found if isinstance(each, needed)]
        if not there:
            cure = f"Add [{key}], or remove [clearing]."
            raise ConfigurationError("CF31", f"Clearing needs the {key} in which {why}.", cure, where)
        if not any(_holds_throughout(each, rules) for each in there):
            what = f"Clearing holds on dates on which the {key} in which {why} does not."
            cure = f"Give [clearing] dates within those of [{key}]."
            raise ConfigurationError("CF31", what, cure, where)
    _keeps_institutions(found, rules)
    members = {each.code for each, _ in found if isinstance(each, Member)}
    settled = {each.currency for each, _ in found if isinstance(each, SettlementInstitutionHours)}
    for record, path in found:
        if isinstance(record, BaseTrade | Contribution | AcceptedMoney) and record.member not in members:
            cure = f"Use the code of a [[member]]: {', '.join(sorted(members))}."
            raise ConfigurationError("CF31", f"{record.member!r} is not a member.", cure, path)
        if isinstance(record, AcceptedMoney):
            for choice in record.choices.split(","):
                if choice not in (OWN, DEBTOR) and choice not in settled:
                    what = f"{choice!r} is neither a currency that settles here nor {OWN!r} nor {DEBTOR!r}."
                    raise ConfigurationError("CF31", what, f"Use one of {', '.join(sorted(settled))}.", path)


def _collateral(found: Sequence[Found]) -> None:
    """Collateral is of a class that its currency's settlement institution takes."""
    taken: dict[str, list[str]] = {}
    for record, _ in found:
        if isinstance(record, CollateralClass):
            taken.setdefault(record.currency, []).append(record.asset_class)
    for record, path in found:
        if isinstance(record, Collateral) and record.asset_class not in taken.get(record.currency, ()):
            known = sorted(set(taken.get(record.currency, ())))
            what = f"No collateral of class {record.asset_class!r} is taken for {record.currency}."
            cure = (
                f"Use one of {', '.join(known)}." if known else "Give its settlement institution `haircuts`."
            )
            raise ConfigurationError("CF26", what, cure, path)
        if isinstance(record, CreditLine) and record.secured and record.currency not in taken:
            what = (
                f"{record.participant}'s line is secured, but no collateral is taken for {record.currency}."
            )
            cure = "Give its settlement institution `haircuts`, or leave `secured` out."
            raise ConfigurationError("CF28", what, cure, path)


def _keeps_institutions(found: Sequence[Found], rules: ClearingRules) -> None:
    """Positions lie with a currency's settlement institution: while the union clears, it stays."""
    hours = [(each, path) for each, path in found if isinstance(each, SettlementInstitutionHours)]
    for each, path in hours:
        if each.valid_to is None or (rules.valid_to is not None and rules.valid_to <= each.valid_to):
            continue
        following = (other for other, _ in hours if other.currency == each.currency)
        if not any(o.valid_from == each.valid_to and o.institution == each.institution for o in following):
            what = f"{each.currency} leaves {each.institution} on {each.valid_to}, and with it its position."
            raise ConfigurationError("CF31", what, f"Let [clearing] end by {each.valid_to}.", path)


def _holds_throughout(record: Record, other: Record) -> bool:
    """Whether a record holds on every date on which another does."""
    ends_with_it = record.valid_to is None or (
        other.valid_to is not None and other.valid_to <= record.valid_to
    )
    return record.valid_from <= other.valid_from and ends_with_it


def _screening(found: Sequence[Found]) -> None:
    declared = {each.member for each, _ in found if isinstance(each, ScreeningPolicy)}
    for record, path in found:
        if isinstance(record, Member) and record.code not in declared:
            raise ConfigurationError(
                "CF15",
                f"The union is live, but {record.name} has not declared who screens its payments.",
                f'Add screening = one of {", ".join(SCREENING_POLICIES)}, or set mode = "sandbox".',
                path,
            )
