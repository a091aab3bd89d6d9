"""What customs keep at hand: declarations and claims that a unit of work has looked at, and tariffs in force.

Declarations and claims are read from the store when somebody asks for one; those that have ended are let go.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from typing import Protocol

import msgspec

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.claim import Claim, ClaimStatus
from tasviya.customs.guarantee import Guarantee
from tasviya.customs.lodgement import UNDECIDED, WAITING, Lodgement
from tasviya.customs.tariff import Tariff, read_tariff
from tasviya.customs.tax_law import read_law

KEPT = 10_000
"""About how many declarations and claims are kept at hand."""


class TariffVersion(msgspec.Struct, frozen=True):
    """A member's law of taxes and its measures, from a day on. One row of `customs_tariff`."""

    member: str
    digest: str
    """SHA-256 of law and measures, hexadecimal."""
    valid_from: str
    law: str
    """The law's file, whole."""
    measures: str
    drafted_by: str
    drafted_at: int
    published_by: str = ""
    published_at: int = 0
    """0: a draft."""


class GuaranteeRow(msgspec.Struct, frozen=True):
    """A guarantee as the store keeps it, a field a column."""

    grn: str
    guarantor: str
    principal: str
    currency: str
    line_minor: int
    body: Guarantee


class CustomsStore(Protocol):
    """What customs need of a store."""

    def lodgement(self, member: str, declarant: str, lrn: str) -> Lodgement | None:
        """The declaration of a declarant's number."""
        ...

    def lodgement_of(self, mrn: str) -> Lodgement | None: ...

    def claim(self, reference: str) -> Claim | None: ...

    def deferred_claims(self, member: str, until_ns: int) -> list[Claim]:
        """Claims met by an instant whose taxes are deferred and not charged yet, by debtor."""
        ...

    def claims_overdue(self, day: str) -> list[Claim]:
        """Open claims that were to be paid before a day."""
        ...

    def guarantee(self, grn: str) -> GuaranteeRow | None: ...

    def tariff_versions(self, member: str) -> list[TariffVersion]:
        """Drafts too, the earliest first."""
        ...

    def latest_acceptance(self, member: str) -> str:
        """The last day on which a declaration was accepted, yyyy-mm-dd; empty before the first."""
        ...


class CustomsBook:
    """Customs' working memory."""

    def __init__(self, store: CustomsStore) -> None:
        self.store = store
        self._by_number: OrderedDict[tuple[str, str, str], Lodgement] = OrderedDict()
        self._by_mrn: dict[str, Lodgement] = {}
        self._claims: OrderedDict[str, Claim] = OrderedDict()
        self._guarantees: dict[str, Guarantee] = {}
        self._versions: dict[str, list[TariffVersion]] = {}
        self._tariffs: dict[str, Tariff] = {}
        self._latest: dict[str, str] = {}

    # --- declarations and claims --------------------------------------------------------------------

    def lodged(self, member: str, declarant: str, lrn: str) -> Lodgement | None:
        """The declaration of a declarant's number, as this unit of work has it."""
        found = self._by_number.get((member, declarant, lrn))
        if found is None:
            found = self.store.lodgement(member, declarant, lrn)
            if found is not None:
                self.keep(found)
        return found

    def of(self, mrn: str) -> Lodgement | Refusal:
        """The declaration of an MRN."""
        found = self._by_mrn.get(mrn)
        if found is None:
            found = self.store.lodgement_of(mrn)
            if found is None:
                what = f"No declaration has the MRN {mrn:.40}."
                return Refusal("CU01", what, "Check the number; `customs status` lists them.", "mrn")
            self.keep(found)
        return found

    def keep(self, lodged: Lodgement) -> None:
        """Have a declaration at hand."""
        self._by_number[lodged.member, lodged.declarant, lodged.lrn] = lodged
        if lodged.mrn:
            self._by_mrn[lodged.mrn] = lodged

    def claim(self, reference: str) -> Claim | None:
        """The claim of a reference, as this unit of work has it."""
        found = self._claims.get(reference)
        if found is None:
            found = self.store.claim(reference)
            if found is not None:
                self.keep_claim(found)
        return found

    def keep_claim(self, claim: Claim) -> None:
        """Have a claim at hand."""
        self._claims[claim.reference] = claim

    def guarantee(self, grn: str) -> Guarantee | Refusal:
        """The guarantee of a reference, as this unit of work has it."""
        found = self._guarantees.get(grn)
        if found is None:
            row = self.store.guarantee(grn)
            if row is None:
                what = f"No guarantee has the reference {grn:.40}."
                return Refusal("CU09", what, "Check it; `customs guarantee list` lists them.", "guarantee")
            found = self._guarantees[grn] = row.body
        return found

    def keep_guarantee(self, guarantee: Guarantee) -> GuaranteeRow:
        """Have a guarantee at hand as it is now; its row."""
        self._guarantees[guarantee.grn] = guarantee
        code, line = guarantee.currency.code, guarantee.line_minor
        return GuaranteeRow(guarantee.grn, guarantee.guarantor, guarantee.principal, code, line, guarantee)

    def forget(self) -> None:
        """A unit of work is durable: of too many, let go of what has ended, then of the longest kept."""
        if len(self._by_number) > KEPT:
            ended = [each for each in self._by_number.values() if each.status not in WAITING | UNDECIDED]
            for lodged in ended or list(self._by_number.values())[: KEPT // 10 + 1]:
                del self._by_number[lodged.member, lodged.declarant, lodged.lrn]
                self._by_mrn.pop(lodged.mrn, None)
        if len(self._claims) > KEPT:
            met = [each for each in self._claims.values() if each.status is not ClaimStatus.OPEN]
            for claim in met or list(self._claims.values())[: KEPT // 10 + 1]:
                del self._claims[claim.reference]

    # --- tariffs ------------------------------------------------------------------------------------

    def versions(self, member: str) -> list[TariffVersion]:
        """A member's tariffs, drafts too, the earliest first."""
        if member not in self._versions:
            self._versions[member] = self.store.tariff_versions(member)
        return self._versions[member]

    def add_version(self, version: TariffVersion) -> None:
        """Take a tariff in, or one that has been published."""
        others = [each for each in self.versions(version.member) if each.digest != version.digest]
        self._versions[version.member] = sorted([*others, version], key=lambda each: each.valid_from)

    def in_force(self, member: str, day: date) -> tuple[str, Tariff] | Refusal:
        """The tariff of a day, and its digest."""
        text = day.isoformat()
        begun = [each for each in self.versions(member) if each.published_at and each.valid_from <= text]
        if not begun:
            what = f"{member} has no tariff on {text}."
            return Refusal("CU02", what, "Publish one: tasviya customs tariff publish.", "member")
        return begun[-1].digest, self.tariff(member, begun[-1].digest)

    def tariff(self, member: str, digest: str) -> Tariff:
        """The tariff of a digest, read once."""
        found = self._tariffs.get(digest)
        if found is None:
            version = next((each for each in self.versions(member) if each.digest == digest), None)
            if version is None:
                raise InvariantBroken(f"{member}'s tariff {digest}, which was frozen, is kept")
            found = self._tariffs[digest] = tariff_in(version)
        return found

    # --- acceptance ---------------------------------------------------------------------------------

    def latest_acceptance(self, member: str) -> str:
        """The last day on which a declaration was accepted."""
        if member not in self._latest:
            self._latest[member] = self.store.latest_acceptance(member)
        return self._latest[member]

    def accepted_on(self, member: str, day: str) -> None:
        """A declaration is accepted."""
        self._latest[member] = max(self.latest_acceptance(member), day)


def tariff_in(version: TariffVersion) -> Tariff:
    """A stored tariff, read.

    Raises: ConfigurationError.
    """
    law = read_law(version.law, f"{version.member}.toml")
    return read_tariff(version.measures, law, law.tariff_file)
