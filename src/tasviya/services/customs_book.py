"""What customs keep at hand: declarations and claims that a unit of work has looked at, and tariffs in force.

Declarations and claims are read from the store when somebody asks for one; those that have ended are let go.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from enum import StrEnum
from typing import Protocol

import msgspec

from tasviya.core.errors import InvariantBroken, Refusal
from tasviya.customs.claim import Claim, ClaimStatus
from tasviya.customs.guarantee import Guarantee
from tasviya.customs.lodgement import UNDECIDED, WAITING, Lodgement
from tasviya.customs.movement import MovementRow
from tasviya.customs.quota_claim import QuotaClaim, QuotaStatus, QuotaUse
from tasviya.customs.refund import DrawbackRow, Refund
from tasviya.customs.tariff import Tariff, read_tariff
from tasviya.customs.tariff_quota import TariffQuotas
from tasviya.customs.tax_law import read_law
from tasviya.services.control_book import ControlBook
from tasviya.services.control_rows import ControlStore
from tasviya.services.customs_files import quotas_of

KEPT = 10_000
"""How many declarations and claims are kept at hand at the most."""


class VersionKind(StrEnum):
    """What comes into force by two persons."""

    TARIFF = "tariff"
    CONTROLS = "controls"
    """Licences, controls and prohibitions."""
    SELECTIVITY = "selectivity"


class TariffVersion(msgspec.Struct, frozen=True):
    """A member's law of taxes and its measures, or its rules of a kind, from a day on. One row of
    `customs_tariff`."""

    member: str
    digest: str
    """SHA-256 of law and measures, hexadecimal."""
    valid_from: str
    law: str
    """The law's file, whole; of rules, theirs."""
    measures: str
    """Empty of rules."""
    drafted_by: str
    drafted_at: int
    published_by: str = ""
    published_at: int = 0
    """0: a draft."""
    kind: VersionKind = VersionKind.TARIFF
    quotas: str = ""
    """The tariff quotas' file, whole; empty if there is none."""


class GuaranteeRow(msgspec.Struct, frozen=True):
    """A guarantee as the store keeps it, a field a column."""

    grn: str
    guarantor: str
    principal: str
    currency: str
    line_minor: int
    body: Guarantee


class CustomsStore(ControlStore, Protocol):
    """What customs need of a store."""

    def lodgement(self, member: str, declarant: str, lrn: str) -> Lodgement | None:
        """The declaration of a declarant's number."""
        ...

    def lodgement_of(self, mrn: str) -> Lodgement | None: ...

    def claim(self, reference: str) -> Claim | None: ...

    def claims_made(self) -> int:
        """How many claims there have been."""
        ...

    def deferred_claims(self, member: str, until_ns: int) -> list[Claim]:
        """Claims met by an instant whose taxes are deferred and not charged yet, by debtor."""
        ...

    def claims_overdue(self, day: str) -> list[Claim]:
        """Open claims that were to be paid before a day."""
        ...

    def guarantee(self, grn: str) -> GuaranteeRow | None: ...

    def movement(self, mrn: str) -> MovementRow | None: ...

    def movement_of(self, holder: str, lrn: str) -> MovementRow | None:
        """The movement of a holder's number."""
        ...

    def tariff_versions(self, member: str, kind: str = VersionKind.TARIFF) -> list[TariffVersion]:
        """Drafts too, the earliest first."""
        ...

    def latest_acceptance(self, member: str) -> str:
        """The last day on which a declaration was accepted, yyyy-mm-dd; empty before the first."""
        ...

    def claims_about(self, mrn: str) -> list[Claim]:
        """The claims about a declaration, the earliest first."""
        ...

    def quota_claims_of(self, mrn: str) -> list[QuotaClaim]: ...

    def quota_claims_asked(self, member: str) -> list[QuotaClaim]:
        """A member's requests on quotas that are not allocated, the earliest day first."""
        ...

    def quota_uses(self, member: str) -> list[QuotaUse]: ...

    def claims_open(self, member: str) -> list[Claim]:
        """A member's claims that are not met, the earliest first."""
        ...

    def refund(self, reference: str) -> Refund | None: ...

    def refunds_about(self, mrn: str) -> list[Refund]: ...

    def drawbacks_from(self, mrn: str) -> list[DrawbackRow]:
        """What drawbacks have used of an import's lines."""
        ...


class CustomsBook:
    """Customs' working memory."""

    def __init__(self, store: CustomsStore) -> None:
        self.store = store
        self._by_number: OrderedDict[tuple[str, str, str], Lodgement] = OrderedDict()
        self._by_mrn: dict[str, Lodgement] = {}
        self._claims: OrderedDict[str, Claim] = OrderedDict()
        self.ended: list[int] = []
        """Accounts of claims that have ended in this unit of work: nobody asks for them any more."""
        self._guarantees: dict[str, Guarantee] = {}
        self._movements: OrderedDict[str, MovementRow] = OrderedDict()
        self._versions: dict[tuple[str, VersionKind], list[TariffVersion]] = {}
        self._tariffs: dict[str, Tariff] = {}
        self._latest: dict[str, str] = {}
        self.controls = ControlBook(store)
        self._refunds: dict[str, Refund] = {}
        self._quotas: dict[str, TariffQuotas] = {}
        self._quota_claims: dict[tuple[str, int], QuotaClaim] = {}
        self._quota_uses: dict[tuple[str, str, str], QuotaUse] = {}
        self._drawbacks: dict[tuple[str, str, int], DrawbackRow] = {}

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

    def claims_about(self, mrn: str) -> list[Claim]:
        """The claims about a declaration, as this unit of work has them."""
        stored = [self._claims.setdefault(each.reference, each) for each in self.store.claims_about(mrn)]
        known = {each.reference for each in stored}
        new = [each for each in self._claims.values() if each.mrn == mrn and each.reference not in known]
        return stored + new

    def refund(self, reference: str) -> Refund | None:
        """The refund of a reference, as this unit of work has it."""
        return self._refunds.get(reference) or self.store.refund(reference)

    def refunds_about(self, mrn: str) -> list[Refund]:
        """The refunds of a declaration, as this unit of work has them."""
        found = {each.reference: each for each in self.store.refunds_about(mrn)}
        return list((found | {ref: each for ref, each in self._refunds.items() if each.mrn == mrn}).values())

    def keep_refund(self, refund: Refund) -> None:
        """Have a refund at hand as it is now."""
        self._refunds[refund.reference] = refund

    def drawbacks_from(self, mrn: str) -> list[DrawbackRow]:
        """What drawbacks have used of an import's lines, as this unit of work has it."""
        stored = {(each.reference, mrn, each.item): each for each in self.store.drawbacks_from(mrn)}
        kept = {key: each for key, each in self._drawbacks.items() if each.mrn == mrn}
        return list((stored | kept).values())

    def keep_drawback(self, row: DrawbackRow) -> None:
        """Have what a drawback uses at hand."""
        self._drawbacks[row.reference, row.mrn, row.item] = row

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

    def movement(self, mrn: str) -> MovementRow | Refusal:
        """The movement of an MRN, as this unit of work has it."""
        found = self._movements.get(mrn) or self.store.movement(mrn)
        if found is None:
            what = f"No movement has the MRN {mrn:.40}."
            return Refusal("TW01", what, "Check the number; `customs transit status` lists them.", "mrn")
        self._movements[mrn] = found
        return found

    def movement_of(self, holder: str, lrn: str) -> MovementRow | None:
        """The movement of a holder's number."""
        stored = self.store.movement_of(holder, lrn)
        return stored and self._movements.get(stored.mrn, stored)

    def keep_movement(self, row: MovementRow) -> None:
        """Have a movement at hand as it is now."""
        self._movements[row.mrn] = row

    def forget(self) -> None:
        """A unit of work is durable: let go of what has ended, and of the longest kept."""
        self.controls.forget()
        self.ended.clear()
        if len(self._by_number) > KEPT:
            for key, lodged in list(self._by_number.items()):
                if lodged.status not in WAITING | UNDECIDED or len(self._by_number) > KEPT:
                    del self._by_number[key]
                    self._by_mrn.pop(lodged.mrn, None)
        for kept in (self._refunds, self._drawbacks, self._quota_claims):
            if len(kept) > KEPT:
                kept.clear()
        if len(self._claims) > KEPT:
            for reference, claim in list(self._claims.items()):
                if claim.status is not ClaimStatus.OPEN or len(self._claims) > KEPT:
                    del self._claims[reference]
        while len(self._movements) > KEPT:
            self._movements.popitem(last=False)

    # --- tariffs ------------------------------------------------------------------------------------

    def versions(self, member: str, kind: VersionKind = VersionKind.TARIFF) -> list[TariffVersion]:
        """A member's tariffs, or rules of a kind, drafts too, the earliest first."""
        if (member, kind) not in self._versions:
            self._versions[member, kind] = self.store.tariff_versions(member, kind)
        return self._versions[member, kind]

    def add_version(self, version: TariffVersion) -> None:
        """Take a tariff or rules in, or those that have been published."""
        member, kind = version.member, version.kind
        others = [each for each in self.versions(member, kind) if each.digest != version.digest]
        self._versions[member, kind] = sorted(
            [*others, version], key=lambda each: (each.valid_from, each.published_at)
        )

    def begun(self, member: str, day: date, kind: VersionKind) -> TariffVersion | None:
        """The version that is in force on a day; None before the first."""
        text = day.isoformat()
        begun = [
            each for each in self.versions(member, kind) if each.published_at and each.valid_from <= text
        ]
        return begun[-1] if begun else None

    def in_force(self, member: str, day: date) -> tuple[str, Tariff] | Refusal:
        """The tariff of a day, and its digest."""
        begun = self.begun(member, day, VersionKind.TARIFF)
        if begun is None:
            what = f"{member} has no tariff on {day}."
            return Refusal("CU02", what, "Publish one: tasviya customs tariff publish.", "member")
        return begun.digest, self.tariff(member, begun.digest)

    def tariff(self, member: str, digest: str) -> Tariff:
        """The tariff of a digest, read once."""
        found = self._tariffs.get(digest)
        if found is None:
            version = next((each for each in self.versions(member) if each.digest == digest), None)
            if version is None:
                raise InvariantBroken(f"{member}'s tariff {digest}, which was frozen, is kept")
            found = self._tariffs[digest] = tariff_in(version)
        return found

    def quotas(self, member: str, digest: str) -> TariffQuotas:
        """The tariff quotas of a tariff, read once."""
        if digest not in self._quotas:
            version = next((each for each in self.versions(member) if each.digest == digest), None)
            self._quotas[digest] = quotas_in(version) if version else TariffQuotas({})
        return self._quotas[digest]

    def quota_claims_of(self, mrn: str) -> list[QuotaClaim]:
        """What a declaration asks of quotas, as this unit of work has it, by item."""
        found = {(each.mrn, each.item): each for each in self.store.quota_claims_of(mrn)}
        found |= {key: each for key, each in self._quota_claims.items() if each.mrn == mrn}
        return [found[key] for key in sorted(found)]

    def quota_claims_asked(self, member: str) -> list[QuotaClaim]:
        """A member's requests that are not allocated, as this unit of work has them."""
        found = {(each.mrn, each.item): each for each in self.store.quota_claims_asked(member)}
        found |= {key: each for key, each in self._quota_claims.items() if each.member == member}
        asked = [each for each in found.values() if each.status is QuotaStatus.ASKED]
        return sorted(asked, key=lambda each: (each.day, each.mrn, each.item))

    def quota_uses(self, member: str) -> list[QuotaUse]:
        """What has been used of a member's quotas, as this unit of work has it."""
        found = {(member, each.order_number, each.begin): each for each in self.store.quota_uses(member)}
        found |= {key: each for key, each in self._quota_uses.items() if each.member == member}
        return list(found.values())

    def keep_quota_claim(self, claim: QuotaClaim) -> None:
        """Have a claim on a quota at hand as it is now."""
        self._quota_claims[claim.mrn, claim.item] = claim

    def keep_quota_use(self, use: QuotaUse) -> None:
        """Have what is used of a quota at hand as it is now."""
        self._quota_uses[use.member, use.order_number, use.begin] = use

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


def quotas_in(version: TariffVersion) -> TariffQuotas:
    """A stored tariff's quotas, read.

    Raises: OperatorError.
    """
    name = f"{version.member}.quotas.csv"
    return quotas_of(version.quotas.encode(), name) if version.quotas else TariffQuotas({})
