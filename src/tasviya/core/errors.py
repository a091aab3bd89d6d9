"""Three kinds of wrong, kept apart.

A *refusal* is expected and is a value: the message breaks a rule, the money is not there. It carries an
ISO 20022 (or scheme) reason, the path at fault and a cure. An *operator error* stops a command: a file that
is missing, a configuration that does not hold. A *broken invariant* is our own bug: stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done, where, and what would cure it."""

    reason: str
    """A code of ISO 20022 ExternalStatusReason1Code, or of the scheme (docs/errors.md lists both)."""
    what: str
    """One sentence: what was found, with its value."""
    cure: str
    """One sentence: what to change, or what will happen next."""
    where: str = ""
    """A path into the message or the command, such as /Document/FIToFICstmrCdtTrf/GrpHdr/NbOfTxs."""
    transient: bool = False
    """Whether sending the same again later can succeed."""

    def __str__(self) -> str:
        place = f" @ {self.where}" if self.where else ""
        return f"{self.reason}{place}: {self.what} {self.cure}"


class OperatorError(Exception):
    """A command cannot be carried out. Nothing was changed.

    exit_code: the process's exit status (docs/cli.md lists them).
    """

    exit_code = 1

    def __init__(self, code: str, what: str, cure: str, where: str = "") -> None:
        super().__init__(what)
        self.refusal = Refusal(code, what, cure, where)

    def __str__(self) -> str:
        return str(self.refusal)

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it travels whole from a worker's process."""
        return type(self), (self.refusal.reason, self.refusal.what, self.refusal.cure, self.refusal.where)


def accepted(answer: T | Refusal) -> T:
    """The answer, unless it is a refusal: where a person waits for it, that stops the command.

    Raises: OperatorError.
    """
    if isinstance(answer, Refusal):
        raise OperatorError(answer.reason, answer.what, answer.cure, answer.where)
    return answer


class ConfigurationError(OperatorError):
    """The union's configuration does not hold; `where` is the key's path in the file."""

    exit_code = 2


class StoreError(OperatorError):
    """The store cannot serve: busy, full, damaged or of another version."""

    exit_code = 3


@contextmanager
def writes_to(place: object) -> Iterator[None]:
    """Turns the machine's refusal to write a file or folder into a StoreError with a cure."""
    try:
        yield
    except OSError as error:
        cure = "Free space, or check the folder and its permissions, and start again: what is untold waits."
        what = f"{error.filename or place}: {error.strerror or error}."
        raise StoreError("file_unwritable", what, cure) from error


class InvariantBroken(RuntimeError):
    """A claim the program rests on does not hold: a bug of ours, not bad input."""


def invariant(held: bool, claim: str) -> None:
    """Stop if a claim does not hold. Unlike `assert`, it is not removed by -O.

    Raises: InvariantBroken.
    """
    if not held:
        raise InvariantBroken(claim)
