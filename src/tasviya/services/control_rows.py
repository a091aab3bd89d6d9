"""What a union keeps of controls: licences, certificates of origin, selections, controls' results, draws."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tasviya.customs.certificate import Certificate
from tasviya.customs.licence import Licence
from tasviya.customs.selectivity import Reason


class LicenceRow(msgspec.Struct, frozen=True):
    """A licence with its uses. One row of `customs_licence`."""

    member: str
    number: str
    holder: str
    issued_by: str
    issued_at: int
    body: Licence


class CertificateRow(msgspec.Struct, frozen=True):
    """A certificate of origin with its uses. One row of `customs_certificate`."""

    number: str
    member: str
    """Whose customs have issued it."""
    exporter: str
    consignee: str
    issued_by: str
    issued_at: int
    explained: tuple[str, ...]
    """Why the goods originate: a line a condition of the rule."""
    body: Certificate


class SelectionRow(msgspec.Struct, frozen=True):
    """Why a declaration is looked at. One row of `customs_selection`; green ones have none."""

    mrn: str
    member: str
    channel: str
    drawn: bool
    reasons: tuple[Reason, ...]


class ControlRow(msgspec.Struct, frozen=True):
    """What a control came to. One row of `customs_control`.

    hold: the code of the hold that it lifted. rules: those for which the control was made.
    """

    mrn: str
    hold: str
    commit_seq: int
    member: str
    officer: str
    result: str
    found: bool
    at: int
    rules: tuple[str, ...]


class DrawRow(msgspec.Struct, frozen=True):
    """The secret of a member's draw. One row of `customs_draw_secret`; no export of the store has it."""

    member: str
    secret: bytes
    made_at: int


class ControlStore(Protocol):
    """What controls need of a store."""

    def licence(self, member: str, number: str) -> LicenceRow | None: ...

    def certificate(self, number: str) -> CertificateRow | None: ...

    def selection(self, mrn: str) -> SelectionRow | None: ...

    def draw(self, member: str) -> DrawRow | None: ...

    def has_declared(self, member: str, trader: str) -> bool:
        """Whether goods of a trader have been accepted in a member before."""
        ...
