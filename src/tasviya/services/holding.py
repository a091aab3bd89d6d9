"""Held payments: what a member's screening has stopped, until its authority decides.

Two people decide, one who acts and one who checks; both stand in the journal.
"""

from __future__ import annotations

from tasviya.core.errors import OperatorError, Refusal
from tasviya.services.payments import offer, refuse, when_of
from tasviya.services.work import Work
from tasviya.settlement.admission import When
from tasviya.settlement.payment import Event, Payment, Status
from tasviya.settlement.rules import RR04


def release(work: Work, payment: Payment, actor: str, checker: str) -> None:
    """Let a held payment go on: it settles, queues, or waits for its date.

    Raises: OperatorError if it is not held, or one person does both.
    """
    _check(payment, actor, checker)
    when = when_of(work, payment)
    parties = work.parties_of(payment) if not isinstance(when, Refusal) else when
    work.act("release", payment.payment_id, "", actor, checker)
    if isinstance(parties, Refusal):
        refuse(work, payment, parties)
    elif when is When.LATER:
        work.happened(payment, Event.WAREHOUSE, actor=actor)
        work.watch(payment)
    else:
        offer(work, payment, parties)


def reject(work: Work, payment: Payment, words: str, actor: str, checker: str) -> None:
    """Refuse a held payment, with what its sender is to be told (a case number).

    Raises: OperatorError if it is not held, or one person does both.
    """
    _check(payment, actor, checker)
    work.act("reject", payment.payment_id, words, actor, checker)
    refuse(work, payment, RR04.refuse(words))


def _check(payment: Payment, actor: str, checker: str) -> None:
    if payment.status is not Status.HELD:
        raise OperatorError(
            "not_held",
            f"Payment {payment.payment_id} is {payment.status}.",
            "Only a held payment is decided.",
        )
    if not actor or not checker or actor == checker:
        raise OperatorError(
            "two_people", f"{actor or 'nobody'} acts and {checker or 'nobody'} checks.", "Two people decide."
        )
