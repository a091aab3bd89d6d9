"""Shipments behind a day's payments, and their declarations.

    a file that a bank sends ─▶ Choice.look ─▶ Shipment ─▶ export (where it leaves)
                                                       └─▶ import (where it arrives; names the export's MRN)

A payment of the lab says what it is for: so much money for goods of a heading, from a company in one member
to a company in another. Some of them, chosen by their UETRs, become shipments. Weights, freight and who bears
the duty are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from heapq import heappush, heappushpop
from zlib import crc32

from tasviya.customs.declaration import (
    Amount,
    Charge,
    ChargeKind,
    Declaration,
    DeliveryTerms,
    Document,
    Item,
    Kind,
    Party,
)
from tasviya.customs.duty_units import Unit
from tasviya.customs.nomenclature import below
from tasviya.lab.desk import DrawnFile
from tasviya.lab.figures import Rates
from tasviya.lab.flows import CUSTOMER
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer

DOLLARS_A_KILOGRAM = 4
FREIGHT_PERCENT = 3
SELLER_PAYS_EVERY = 8
"""Every eighth seller has sold duties paid (DDP): the seller's bank pays the customs abroad."""
UNPAID_EVERY = 20
"""Every twentieth importer does not pay today."""
MISREAD_EVERY = 40
"""Every fortieth import is declared by its heading alone, which no customs accept."""
EXPORT_DECLARATION = "830"
"""What a goods declaration for exportation is called among previous documents (UN/EDIFACT 1001)."""
SHORTEST_HEADING = 4


@dataclass(frozen=True, slots=True)
class Shipment:
    """Goods that a payment is for. Amounts in minor units of `currency`."""

    number: str
    """The same on any machine: part of the payment's UETR."""
    exporter_member: str
    importer_member: str
    exporter_bank: str
    importer_bank: str
    exporter: Party
    importer: Party
    exporter_account: str
    importer_account: str
    heading: str
    description: str
    amount_minor: int
    currency: str
    kilograms: int

    def chance(self, every: int) -> bool:
        """Whether this is one of those that something is true of, about one in `every`; at most 64."""
        return sha256(f"{every}/{self.number}".encode()).digest()[0] % every == 0

    @property
    def seller_pays(self) -> bool:
        """Whether the duty is the seller's to pay."""
        return self.chance(SELLER_PAYS_EVERY)

    def export(self) -> Declaration:
        """The declaration to the exporter's customs."""
        return self._declaration(Kind.EXPORT, f"E-{self.number}", self.exporter)

    def import_(self, export_mrn: str) -> Declaration:
        """The declaration to the importer's customs."""
        previous = (Document(EXPORT_DECLARATION, export_mrn),) if export_mrn else ()
        freight = self.amount_minor * FREIGHT_PERCENT // 100
        charges = (Charge(ChargeKind.FREIGHT, Amount(freight, self.currency)),) if freight else ()
        return self._declaration(Kind.IMPORT, f"I-{self.number}", self.importer, charges, previous)

    def _declaration(
        self,
        kind: Kind,
        number: str,
        declarant: Party,
        charges: tuple[Charge, ...] = (),
        previous: tuple[Document, ...] = (),
    ) -> Declaration:
        misread = kind is Kind.IMPORT and self.chance(MISREAD_EVERY)
        price = Amount(self.amount_minor, self.currency)
        item = Item(
            1,
            self.heading if misread else below(self.heading)[0],
            self.description,
            origin=self.exporter_member,
            invoice=price,
            quantities={Unit.KG: self.kilograms * 1000},
        )
        return Declaration(
            number,
            kind,
            (item,),
            procedure="4000" if kind is Kind.IMPORT else "1000",
            declarant=declarant,
            importer=self.importer,
            exporter=self.exporter,
            dispatch_country=self.exporter_member,
            destination_country=self.importer_member,
            delivery=DeliveryTerms("DDP" if self.seller_pays else "FCA"),
            invoice=price,
            charges=charges,
            previous=previous,
        )


class Choice:
    """Chooses shipments of a day: as many as wanted, whatever the order in which its files are seen.

    members: those whose customs take declarations.
    """

    def __init__(self, snapshot: Snapshot, day_rates: Rates, members: list[str], wanted: int) -> None:
        self._snapshot = snapshot
        self._rates = day_rates
        self._members = frozenset(members)
        self._wanted = wanted
        self._kept: list[tuple[int, str, Shipment]] = []

    def look(self, file: DrawnFile) -> None:
        """Take what a file's payments are for into the choice."""
        if not self._wanted or file.fault or file.message_type != CUSTOMER:
            return
        for transfer in file.transfers:
            rank = -int(str(transfer.uetr)[:8], 16)
            if len(self._kept) == self._wanted and rank < self._kept[0][0]:
                continue
            made = self._shipment(file.sender, transfer)
            if made is None:
                continue
            kept = (rank, made.number, made)
            if len(self._kept) < self._wanted:
                heappush(self._kept, kept)
            else:
                heappushpop(self._kept, kept)

    def made(self) -> list[Shipment]:
        """The shipments, in an order of their own."""
        return [shipment for _, _, shipment in sorted(self._kept, key=lambda each: each[1])]

    def _shipment(self, sender: str, transfer: CreditTransfer) -> Shipment | None:
        snapshot = self._snapshot
        payer = snapshot.participants[sender]
        payee = snapshot.participant_by_bic(transfer.creditor_agent or "")
        heading, _, description = (transfer.remittance or "").partition(", HS ")[2].partition(" ")
        if payee is None or payer.member == payee.member or len(heading) != SHORTEST_HEADING:
            return None
        if not {payer.member, payee.member} <= self._members:
            return None
        money = snapshot.currencies[transfer.currency]
        dollars = Fraction(transfer.amount_minor, money.minor_per_major) / self._rates.of(money.code)
        return Shipment(
            str(transfer.uetr).replace("-", "")[:12].upper(),
            payee.member,
            payer.member,
            payee.code,
            payer.code,
            _party(payee.member, transfer.creditor_name, transfer.creditor_town),
            _party(payer.member, transfer.debtor_name, transfer.debtor_town),
            transfer.creditor_account or "",
            transfer.debtor_account or "",
            heading,
            description,
            transfer.amount_minor,
            money.code,
            max(1, int(dollars) // DOLLARS_A_KILOGRAM),
        )


def _party(member: str, name: str | None, town: str | None) -> Party:
    """A company as customs know it; its id is made of its name."""
    return Party(f"{member}{crc32((name or '').encode()):010d}", name or "", town or "", member)
