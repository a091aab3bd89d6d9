"""Customs on a drawn day: shipments are declared in the morning, and banks pay the duties during the day.

    Choice.made ─▶ lodge_all (exports, then imports that name them) ─▶ Due ─▶ duty_files ─▶ the banks' inboxes

The declarations are lodged before the first currency opens: a payment quotes the MRN that customs have given,
and the goods are released in whatever commit settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from itertools import groupby
from random import Random
from typing import TypeVar

from tasviya.core.errors import Refusal, accepted
from tasviya.customs.declaration import Declaration, Party
from tasviya.customs.formats import declaration_json
from tasviya.customs.lodgement import Lodgement, LodgementStatus
from tasviya.lab.conversions import Terms
from tasviya.lab.customs_law import publish_tariffs, with_customs
from tasviya.lab.desk import DrawnFile
from tasviya.lab.figures import Rates
from tasviya.lab.flows import CUSTOMER, common_hours, exchanged, holds
from tasviya.lab.shipments import UNPAID_EVERY, Shipment
from tasviya.membership.exchange_rules import UNION
from tasviya.membership.participant import SettlementAccount
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer
from tasviya.services.customs_accounts import authority
from tasviya.services.lodging import Lodging, lodge
from tasviya.services.work import Work

T = TypeVar("T")
Do = Callable[[Callable[[Work], T]], T]

LODGED_TOGETHER = 20
"""Declarations in one unit of work."""
LARGEST_FILE = 8
"""The most duty payments in one of a bank's files."""
BY_UNION_EVERY = 2
"""Every second seller that pays abroad goes by the union route, where there is one."""
MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Due:
    """What a shipment's import is to pay: minor units of the importer's currency, under its MRN."""

    shipment: Shipment
    mrn: str
    minor: int


def open_customs(do: Do[None], snapshot: Snapshot) -> list[str]:
    """Put the lab's tariffs into force wherever there are customs; which members have one."""
    members = with_customs(snapshot)
    since = date(snapshot.business_date.year, 1, 1)
    do(lambda work: publish_tariffs(work, members, since))
    return members


def lodge_all(
    do: Do[list[Lodgement]],
    shipments: Sequence[Shipment],
    progress: Callable[[int], None] = lambda count: None,
) -> list[Due]:
    """Lodge every shipment's export and import; what is to be paid for those that wait for it.

    progress: called with the number of shipments after each unit of work.
    """
    dues = []
    for some in _portions(shipments, LODGED_TOGETHER):
        exports = do(partial(_lodge_exports, shipments=some))
        imports = do(partial(_lodge_imports, shipments=some, exports=exports))
        dues += [
            Due(shipment, lodged.mrn, lodged.assessed)
            for shipment, lodged in zip(some, imports, strict=True)
            if lodged.status == LodgementStatus.ACCEPTED
        ]
        progress(len(some))
    return dues


def duty_files(snapshot: Snapshot, day_rates: Rates, dues: Sequence[Due], seed: int) -> Iterator[DrawnFile]:
    """The files in which banks pay what is due, bank by bank.

    Importers' banks pay in the customs' currency; sellers' banks, where the goods were sold duties paid, in
    their own, by a batch of the exchange or by the union route.
    """
    paid = [each for each in dues if not each.shipment.chance(UNPAID_EVERY)]
    orders = sorted(((_order(snapshot, due), due.mrn, due) for due in paid), key=lambda each: each[:2])
    for (bank, currency, debit, route), group in groupby(orders, key=lambda each: each[0]):
        opens, cutoff = _window(snapshot, currency, debit)
        if opens == cutoff:
            continue
        draw = Random(f"{seed}/duties/{bank}/{currency}/{debit}/{route}")
        bic = snapshot.bic(bank) or ""
        letter = "V" if route else "Y" if debit else "D"
        for number, some in enumerate(_portions([due for _, _, due in group], LARGEST_FILE), 1):
            arrival = opens + (cutoff - opens) * draw.getrandbits(32) // 2**32
            arrival -= arrival % MILLISECOND
            message_id = f"{bic[:8]}-{snapshot.business_date:%y%m%d}-{currency}-{letter}{number:05d}"
            transfers = [
                duty_transfer(snapshot, due, bank, f"{message_id}-{place}", place)
                for place, due in enumerate(some, 1)
            ]
            if debit:
                terms = Terms.of(snapshot, day_rates, debit, currency)
                _debit_abroad(transfers, terms, snapshot.account(bank, debit), route, draw)
            yield DrawnFile(
                instant_ns=arrival,
                composed_ns=arrival,
                sender=bank,
                sender_bic=bic,
                message_type=CUSTOMER,
                message_id=message_id,
                currency=currency,
                settlement_date=snapshot.business_date,
                transfers=transfers,
            )


def duty_transfer(snapshot: Snapshot, due: Due, bank: str, tag: str, position: int) -> CreditTransfer:
    """A bank's payment of what is due, in the customs' currency. tag: its ids. position: in its message."""
    shipment = due.shipment
    payee = authority(snapshot, shipment.importer_member)
    if isinstance(payee, Refusal):
        raise LookupError(payee.what)
    abroad = bank == shipment.exporter_bank
    payer: Party = shipment.exporter if abroad else shipment.importer
    money = snapshot.members[shipment.importer_member].currency
    account = snapshot.account(payee.code, money)
    bic = snapshot.bic(bank)
    return CreditTransfer(
        position=position,
        currency=money,
        amount_minor=due.minor,
        instruction_id=tag,
        end_to_end_id=tag,
        transaction_id=tag,
        uetr=_uetr(due.mrn),
        priority="NORM",
        charge_bearer="SHAR",
        instructing_agent=bic,
        debtor_agent=bic,
        creditor_agent=snapshot.bic(payee.code),
        debtor_name=payer.name,
        debtor_town=payer.address,
        debtor_country=payer.country,
        debtor_account=shipment.exporter_account if abroad else shipment.importer_account,
        creditor_name=payee.name,
        creditor_town=payee.town,
        creditor_country=payee.member,
        creditor_account=account.number if account else "",
        purpose="TAXS",
        remittance=f"Customs duty /MRN/{due.mrn}",
    )


def _portions(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in parts of a size; the last may be shorter."""
    return (whole[start : start + size] for start in range(0, len(whole), size))


def _lodge_exports(work: Work, shipments: Sequence[Shipment]) -> list[Lodgement]:
    return [_lodge(work, each.exporter_member, each.export()) for each in shipments]


def _lodge_imports(
    work: Work, shipments: Sequence[Shipment], exports: Sequence[Lodgement]
) -> list[Lodgement]:
    return [
        _lodge(work, each.importer_member, each.import_(export.mrn))
        for each, export in zip(shipments, exports, strict=True)
    ]


def _lodge(work: Work, member: str, declared: Declaration) -> Lodgement:
    body = declaration_json.write(declared)
    return accepted(lodge(work, Lodging(member, declared, body, declared.declarant.id)))


def _order(snapshot: Snapshot, due: Due) -> tuple[str, str, str, str]:
    """Which bank pays, in which currency, from which other one if any, by which route if it names one."""
    shipment = due.shipment
    currency = snapshot.members[shipment.importer_member].currency
    abroad = snapshot.members[shipment.exporter_member].currency
    if not shipment.seller_pays or not holds(snapshot, shipment.exporter_bank, abroad):
        return shipment.importer_bank, currency, "", ""
    if snapshot.clearing and shipment.chance(BY_UNION_EVERY) and common_hours(snapshot, abroad, currency):
        return shipment.exporter_bank, currency, abroad, UNION
    if exchanged(snapshot, abroad, currency):
        return shipment.exporter_bank, currency, abroad, ""
    return shipment.importer_bank, currency, "", ""


def _window(snapshot: Snapshot, currency: str, debit: str) -> tuple[int, int]:
    """When the payments are sent: from opening to the customers' cut-off; nothing if closed."""
    found = common_hours(snapshot, *filter(None, (currency, debit)))
    return found[:2] if found else (0, 0)


def _debit_abroad(
    transfers: Sequence[CreditTransfer],
    terms: Terms,
    account: SettlementAccount | None,
    route: str,
    draw: Random,
) -> None:
    """Let payments be debited in another currency, by the route they name or by a batch of the exchange."""
    for each in transfers:
        if route:
            terms.at_official_rate(each, account.number if account else "", route)
        else:
            terms.at_most(each, draw.getrandbits(64))


def _uetr(mrn: str) -> str:
    """A version 4 UUID made of an MRN."""
    text = sha256(mrn.encode()).hexdigest()[:32]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
