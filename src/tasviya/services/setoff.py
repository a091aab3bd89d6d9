"""Set-off of a file of obligations: what is cancelled, and everything that is told of it.

    Obligations ──set_off──▶ Outcome ──files──▶ cancelled.csv residual.csv certificate.json prices.csv
                                                credit.csv credit_map.csv summary.md

Pairs of firms are what is set off. Of several obligations of a pair, those with the lower reference are
cancelled first. docs/setoff.md describes the files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import msgspec
import numpy as np

from tasviya.core.errors import OperatorError, Refusal, accepted, invariant
from tasviya.core.money import format_minor
from tasviya.services.obligations import Obligations, lines, quoted
from tasviya.settlement.setoff import TOTAL_MAX, Debts, Int64s, SetOff, debts
from tasviya.settlement.setoff_anytime import answers
from tasviya.settlement.setoff_certificate import Verdict, verify
from tasviya.settlement.setoff_flow import Solved, solve
from tasviya.settlement.setoff_liquidity import paid_on

FORMAT = "tasviya set-off 1"
CERTIFICATE = "certificate.json"
FILES = frozenset(
    (CERTIFICATE, "cancelled.csv", "residual.csv", "prices.csv", "credit.csv", "credit_map.csv", "summary.md")
)


class Certificate(msgspec.Struct, forbid_unknown_fields=True):
    """The facts beside the columns of a proof. Amounts are minor units."""

    format: str
    input_sha256: str
    """Of the file's bytes."""
    obligations_sha256: str
    """Of the obligations in order: the same for the same rows in another order (`Obligations.digest`)."""
    rows: int
    """In the file; rows of the same pair and reference are one obligation."""
    obligations: int
    firms: int
    currency: str
    decimals: int
    total: int
    credit_limit: int
    lent: int
    cancelled: int
    bound: int
    """No set-off of these obligations can cancel more."""
    optimal: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """A set-off of obligations, proven.

    plain: without credit; the same as `solved` if there is none. place, cancelled: (R,) by obligation, the
    row of the debts and what is cancelled.
    """

    obligations: Obligations
    debts: Debts
    solved: Solved
    plain: Solved
    verdict: Verdict
    place: Int64s
    cancelled: Int64s
    certificate: Certificate

    @property
    def left(self) -> Int64s:
        """What is still owed, by obligation."""
        return self.obligations.amount - self.cancelled

    @property
    def setoff(self) -> SetOff:
        """What is cancelled by pairs, and the prices."""
        return self.solved.setoff


def set_off(
    obligations: Obligations,
    input_sha256: str,
    *,
    credit: int = 0,
    is_enough: Callable[[], bool] | None = None,
    where: str = "",
) -> Outcome:
    """Set off obligations, with at most so much credit, minor units.

    is_enough: asked after each answer; if given, the first answer after which it says so is taken.
    where: the file's name, for error texts.
    Raises: OperatorError if nothing is owed, all is too much, or the solver gives up.
    """
    if not len(obligations):
        cure = "Give a file with a row a debt under the heading."
        raise OperatorError("no_obligations", "Nobody owes anything.", cure, where)
    owed, place = accepted(
        debts(
            len(obligations.names),
            obligations.debtor,
            obligations.creditor,
            obligations.amount,
            credit=credit,
        )
    )
    plain = accepted(solve(owed)) if is_enough is None else _good_enough(owed, is_enough)
    solved = accepted(solve(owed, credit)) if credit else plain
    verdict = verify(owed, solved.setoff)
    invariant(verdict.holds, "every set-off is proven before it is told")
    certificate = Certificate(
        format=FORMAT,
        input_sha256=input_sha256,
        obligations_sha256=obligations.digest(),
        rows=obligations.rows,
        obligations=len(obligations),
        firms=len(obligations.names),
        currency=obligations.currency,
        decimals=obligations.decimals,
        total=owed.total,
        credit_limit=credit,
        lent=verdict.lent,
        cancelled=verdict.cancelled,
        bound=verdict.bound,
        optimal=solved.setoff.optimal,
    )
    by_row = _spread(obligations, place, solved.setoff.cancelled)
    return Outcome(obligations, owed, solved, plain, verdict, place, by_row, certificate)


def credit_in(text: str, decimals: int) -> int:
    """An amount of credit as written on a command line, in minor units.

    Raises: OperatorError.
    """
    whole, _, fraction = text.partition(".")
    digits = whole + fraction.ljust(decimals, "0")
    fits = digits.isascii() and digits.isdigit() and len(digits) < 20 and len(fraction) <= decimals
    if not fits or not 0 < int(digits) <= TOTAL_MAX or not whole:
        what = f"{text:.40} is no amount of credit."
        cure = f"Write an amount above zero with at most {decimals} decimals; see --decimals."
        raise OperatorError("bad_credit", what, cure, "--credit")
    return int(digits)


def files(outcome: Outcome, source: str) -> dict[str, bytes]:
    """The files of a result by name; the same obligations give the same files, save for the source's name.

    source: the file's name, for the summary.
    """
    from tasviya.services.setoff_summary import credit_rows, summary

    given, made = outcome.obligations, outcome.setoff
    told = {
        "cancelled.csv": _rows(given, outcome.cancelled),
        "residual.csv": _rows(given, outcome.left, _corridors(outcome)),
        "prices.csv": _by_firm(given, "price", made.prices),
        CERTIFICATE: msgspec.json.format(msgspec.json.encode(outcome.certificate), indent=2) + b"\n",
    }
    if made.credit_limit:
        told["credit.csv"] = _by_firm(given, "credit,held", made.credit, made.held, decimals=given.decimals)
    if outcome.plain.setoff.optimal:
        told["credit_map.csv"] = credit_rows(outcome)
    told["summary.md"] = summary(outcome, source).encode()
    invariant(set(told) <= FILES, "every file of a result is known")
    return told


def digest_of(raw: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return sha256(raw).hexdigest()


def _good_enough(owed: Debts, is_enough: Callable[[], bool]) -> Solved:
    found: Solved | None = None
    for answer in answers(owed):
        if isinstance(answer, Refusal) and found is not None:
            break
        found = accepted(answer)
        if is_enough():
            break
    invariant(found is not None, "there is an answer")
    return found or accepted(solve(owed))


def _spread(obligations: Obligations, place: Int64s, cancelled: Int64s) -> Int64s:
    """What is cancelled of each obligation: of a pair's, the first in order first."""
    if not len(obligations):
        return np.zeros(0, np.int64)
    before = np.cumsum(obligations.amount) - obligations.amount
    first = np.searchsorted(place, np.arange(len(cancelled)))  # obligations are in order of their pairs
    within = before - before[first][place]
    return np.clip(cancelled[place] - within, 0, obligations.amount)


def _corridors(outcome: Outcome) -> Int64s | None:
    """By obligation, what one unit paid on it from outside discharges; None where prices do not say."""
    made = outcome.setoff
    if made.credit_limit or not made.optimal:
        return None
    return paid_on(outcome.debts, made.prices)[outcome.place]


def _rows(obligations: Obligations, amounts: Int64s, last: Int64s | None = None) -> bytes:
    """Rows above zero, in the columns of the input, and one more after the amount if given."""
    kept = np.flatnonzero(amounts > 0)
    keyed = bool(obligations.references)
    more = [[obligations.references[row] for row in kept.tolist()]] if keyed else []
    text = lines(
        obligations.names,
        obligations.debtor[kept],
        obligations.creditor[kept],
        amounts[kept],
        *more,
        decimals=obligations.decimals,
        last=None if last is None else last[kept],
    )
    heading = "debtor,creditor,reference,amount" if keyed else "debtor,creditor,amount"
    if last is None:
        return f"{heading}\n".encode() + text
    return f"{heading},unit_discharges\n".encode() + text


def _by_firm(obligations: Obligations, heading: str, *columns: Int64s, decimals: int = 0) -> bytes:
    """Firms with any value that is not zero."""
    told = np.flatnonzero(np.any([column != 0 for column in columns], axis=0)).tolist()
    rows = [
        ",".join([quoted(obligations.names[firm]), *[format_minor(int(c[firm]), decimals) for c in columns]])
        for firm in told
    ]
    return "\n".join([f"firm,{heading}", *rows, ""]).encode()
