"""What a union has chosen where a part of the system asks: scheme, screening, signatures; and chance."""

from __future__ import annotations

import secrets

from tasviya.core.errors import OperatorError
from tasviya.membership.participant import LIVE
from tasviya.membership.register import Snapshot
from tasviya.messages.scheme import Scheme
from tasviya.messages.signature import Unsigned, Verifier
from tasviya.services.payments import ByPolicy, Screening

SECRET_LENGTH = 32
"""Bytes of a secret that is drawn."""


def scheme_of(snapshot: Snapshot) -> Scheme:
    """What the stateless rules of messages need to know of a union."""
    union = snapshot.union
    unit = snapshot.unit
    bearers = frozenset(code for code in union.charge_bearers.split(",") if code)
    limits = {code: snapshot.system_limit(code) for code in snapshot.currencies}
    return Scheme(
        operator_bic=snapshot.bic(union.operator) or "",
        currencies={code: money.decimals for code, money in snapshot.currencies.items()},
        units={unit.code: unit.decimals} if unit else {},
        amount_limits={code: limit for code, limit in limits.items() if limit is not None},
        clearing_system=union.clearing_system,
        charge_bearers=bearers or None,
    )


def screening_of(snapshot: Snapshot) -> Screening:
    """How payments are screened: as every member has declared. In a sandbox a member that has declared
    nothing leaves it to its participants.

    Raises: OperatorError for a live union in which a member has declared nothing.
    """
    declared = {code: snapshot.screening_policy(code) for code in snapshot.members}
    silent = [code for code, policy in declared.items() if policy is None]
    if silent and snapshot.union.mode == LIVE:
        raise OperatorError(
            "screening_undeclared",
            f"{', '.join(silent)} has declared no screening policy.",
            "Declare one for every member in the union's configuration; until then a live union stays shut.",
        )
    return ByPolicy({code: policy.policy for code, policy in declared.items() if policy is not None})


def verifier_of(snapshot: Snapshot) -> Verifier:
    """Who answers for messages' bytes.

    Raises: OperatorError for a live union: there is no verifier of signatures yet, and unsigned messages are
    for the sandbox.
    """
    verifier = Unsigned()
    if snapshot.union.mode == LIVE and verifier.sandbox_only:
        raise OperatorError(
            "unsigned_live",
            f"{snapshot.union.code} is live, and no verifier of signatures is configured.",
            'Set mode = "sandbox"; a live union needs signed messages.',
        )
    return verifier


def random_secret() -> bytes:
    """A secret that nobody can guess: for a draw, where chance comes in from outside."""
    return secrets.token_bytes(SECRET_LENGTH)
