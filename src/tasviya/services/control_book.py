"""What controls keep at hand: rules that were read, licences, certificates, selections, the draw's secret.

All but the rules is as the unit of work at hand has it; after a failed commit it is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.customs.control_rules import read_controls
from tasviya.customs.controls import ControlRule
from tasviya.customs.selectivity import Selectivity
from tasviya.customs.selectivity_rules import read_selectivity
from tasviya.services.control_rows import CertificateRow, ControlStore, DrawRow, LicenceRow, SelectionRow

KEPT = 10_000
"""How many licences, certificates or selections are kept at hand at the most."""


class ControlBook:
    """The working memory of controls."""

    def __init__(self, store: ControlStore) -> None:
        self.store = store
        self._licences: dict[tuple[str, str], LicenceRow] = {}
        self._certificates: dict[str, CertificateRow] = {}
        self._selections: dict[str, SelectionRow] = {}
        self._draws: dict[str, DrawRow] = {}
        self._traders: set[tuple[str, str]] = set()
        self._controls: dict[str, tuple[ControlRule, ...]] = {}
        self._selectivity: dict[str, Selectivity] = {}

    def controls(self, digest: str, text: str, where: str) -> tuple[ControlRule, ...]:
        """The rules of controls under a digest, read once.

        Raises: ConfigurationError.
        """
        if digest not in self._controls:
            self._controls[digest] = read_controls(text, where)
        return self._controls[digest]

    def selectivity(self, digest: str, text: str, where: str) -> Selectivity:
        """The rules of selectivity under a digest, read once.

        Raises: ConfigurationError.
        """
        if digest not in self._selectivity:
            self._selectivity[digest] = read_selectivity(text, where)
        return self._selectivity[digest]

    def licence(self, member: str, number: str) -> LicenceRow | None:
        """The licence of a number, as its authority in a member knows it."""
        found = self._licences.get((member, number)) or self.store.licence(member, number)
        if found is not None:
            self._licences[member, number] = found
        return found

    def keep_licence(self, row: LicenceRow) -> None:
        self._licences[row.member, row.number] = row

    def certificate(self, number: str) -> CertificateRow | Refusal:
        """The certificate of origin of a number, whoever has issued it."""
        found = self._certificates.get(number) or self.store.certificate(number)
        if found is None:
            what = f"No member has issued a certificate {number[:40]!r}."
            return Refusal("CO14", what, "Correct the number, or ask who issued it.", "number")
        self._certificates[number] = found
        return found

    def keep_certificate(self, row: CertificateRow) -> None:
        self._certificates[row.number] = row

    def selection(self, mrn: str) -> SelectionRow | None:
        """Why a declaration is looked at; None if it is not."""
        return self._selections.get(mrn) or self.store.selection(mrn)

    def keep_selection(self, row: SelectionRow) -> None:
        self._selections[row.mrn] = row

    def draw(self, member: str) -> DrawRow | None:
        """A member's secret, once it has been drawn."""
        return self._draws.get(member) or self.store.draw(member)

    def keep_draw(self, row: DrawRow) -> None:
        self._draws[row.member] = row

    def traders(self, member: str) -> Traders:
        """Who has declared in a member before."""
        return Traders(self, member)

    def has_declared(self, member: str, trader: str) -> bool:
        """Whether a trader's goods have been accepted in a member."""
        return (member, trader) in self._traders or self.store.has_declared(member, trader)

    def declares(self, member: str, trader: str) -> None:
        """A trader's goods are accepted."""
        self._traders.add((member, trader))

    def forget(self) -> None:
        """A unit of work is durable: let go of what is in the store, if it has become much."""
        kept: tuple[dict[Any, Any] | set[Any], ...]
        kept = (self._licences, self._certificates, self._selections, self._traders)
        for each in kept:
            if len(each) > KEPT:
                each.clear()


@dataclass(frozen=True, slots=True)
class Traders:
    """Who has declared in a member, asked of the store one by one."""

    book: ControlBook
    member: str

    def __contains__(self, trader: object) -> bool:
        return isinstance(trader, str) and self.book.has_declared(self.member, trader)
