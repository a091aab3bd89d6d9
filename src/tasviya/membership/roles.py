"""Who may do what: persons have roles in a member, dated, and every role has its acts.

    person ──RoleGrant (dated)──▶ role ──MAY──▶ acts

The table is the whole of it: a service asks `may` before it acts, and later rooms add acts and roles here.
What one person may never do twice (start what they approve) is checked where it happens, by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from tasviya.core.errors import Refusal
from tasviya.membership.records import Record
from tasviya.membership.toml_table import Table

_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,34}")


class Role(StrEnum):
    """What somebody is to a member's customs."""

    DECLARANT = "declarant"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    TARIFF_MANAGER = "tariff_manager"
    OTHER_CUSTOMS = "other_customs"
    """The customs of another member that the goods concern."""
    GUARANTOR = "guarantor"
    AUDITOR = "auditor"
    LICENSING_AUTHORITY = "licensing_authority"
    """Who issues licences for goods, such as a ministry's office."""


class Act(StrEnum):
    """What can be done."""

    LODGE = "lodge"
    AMEND = "amend"
    INVALIDATE = "invalidate"
    PAY = "pay"
    CLAIM_REFUND = "claim_refund"
    CONTROL = "control"
    AMEND_EX_OFFICIO = "amend_ex_officio"
    RELEASE = "release"
    CORRECT = "correct"
    GRANT_REFUND = "grant_refund"
    WAIVE = "waive"
    CALL_GUARANTEE = "call_guarantee"
    TAKE_GUARANTEE = "take_guarantee"
    MOVE_TRANSIT = "move_transit"
    SHARE_REVENUE = "share_revenue"
    DRAFT_TARIFF = "draft_tariff"
    PUBLISH_TARIFF = "publish_tariff"
    READ_DECLARATION = "read_declaration"
    READ_GUARANTEE = "read_guarantee"
    READ_TOTALS = "read_totals"
    READ_ALL = "read_all"
    DRAFT_RULES = "draft_rules"
    PUBLISH_RULES = "publish_rules"
    ISSUE_LICENCE = "issue_licence"
    CERTIFY_ORIGIN = "certify_origin"
    REVOKE_CERTIFICATE = "revoke_certificate"


MAY: Mapping[Role, frozenset[Act]] = {
    Role.DECLARANT: frozenset(
        {Act.LODGE, Act.AMEND, Act.INVALIDATE, Act.PAY, Act.CLAIM_REFUND, Act.MOVE_TRANSIT}
        | {Act.READ_DECLARATION, Act.READ_GUARANTEE}
    ),
    Role.OFFICER: frozenset(
        {Act.CONTROL, Act.AMEND_EX_OFFICIO, Act.INVALIDATE, Act.RELEASE, Act.CORRECT, Act.MOVE_TRANSIT}
        | {Act.READ_DECLARATION, Act.READ_GUARANTEE, Act.READ_TOTALS, Act.CERTIFY_ORIGIN}
    ),
    Role.SUPERVISOR: frozenset(
        {Act.WAIVE, Act.GRANT_REFUND, Act.CALL_GUARANTEE, Act.TAKE_GUARANTEE, Act.SHARE_REVENUE}
        | {Act.REVOKE_CERTIFICATE}
        | {Act.READ_DECLARATION, Act.READ_GUARANTEE, Act.READ_TOTALS}
    ),
    Role.TARIFF_MANAGER: frozenset(
        {Act.DRAFT_TARIFF, Act.PUBLISH_TARIFF, Act.DRAFT_RULES, Act.PUBLISH_RULES}
    ),
    Role.OTHER_CUSTOMS: frozenset({Act.READ_TOTALS, Act.MOVE_TRANSIT}),
    Role.GUARANTOR: frozenset({Act.READ_GUARANTEE}),
    Role.AUDITOR: frozenset({Act.READ_DECLARATION, Act.READ_GUARANTEE, Act.READ_TOTALS, Act.READ_ALL}),
    Role.LICENSING_AUTHORITY: frozenset({Act.ISSUE_LICENCE}),
}
"""What each role may do; what is not here it may not."""

ROLE_CODES = {
    "RO01": "who acts has a role, in that member and on that day, that may do so",
    "RO02": "two persons are needed: nobody approves what they started, nor acts twice in a case",
}


class RoleGrant(Record, frozen=True, kw_only=True):
    """A person's role in a member."""

    KEY: ClassVar[tuple[str, ...]] = ("member", "person", "role")

    member: str
    person: str
    """How they sign: the id that commands and messages carry."""
    role: str
    """One of Role."""


def read_roles(
    table: Table, member: str, dates: Callable[[Table], dict[str, Any]], keep: Callable[[Record, str], None]
) -> None:
    """The records of a member's `[[member.role]]` tables: person, and one or several roles.

    Raises: ConfigurationError.
    """
    for entry in table.tables("role"):
        person = entry.matching("person", _PERSON, "an id of 1 to 35 letters, digits, dots and hyphens")
        for role in entry.texts("roles", tuple(Role)).split(","):
            keep(RoleGrant(member=member, person=person, role=role, **dates(entry)), entry.path)
        entry.done()


def may(roles: Iterable[Role], act: Act) -> bool:
    """Whether one of these roles may do something."""
    return any(act in MAY[role] for role in roles)


def refused(person: str, roles: Iterable[Role], act: Act, member: str) -> Refusal | None:
    """Why a person with these roles in a member may not do something; None if they may."""
    held = tuple(roles)
    if may(held, act):
        return None
    able = ", ".join(role for role in Role if act in MAY[role])
    has = ", ".join(held) or "no role"
    what = f"{person or 'Nobody'} has {has} in {member}, and may not {act.replace('_', ' ')}."
    return Refusal("RO01", what, f"Let one act who is {able} there.", "actor")


def same_person(first: str, second: str, what: str) -> Refusal | None:
    """Why one person may not do both; None if they are two."""
    if first != second:
        return None
    return Refusal("RO02", f"{first} {what}.", "Let another person do this.", "actor")
