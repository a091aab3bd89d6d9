"""The banks' desks: they compose the day's files, payment by payment.

Most files come while their settlement institution is open. A few come early or after the cut-off, a few ask
for the next business day, and a few are faulty on purpose (see `faults`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, pairwise
from random import Random

from tasviya.core.business_day import DayEvent
from tasviya.core.clock import NANOSECONDS, from_ns
from tasviya.lab.conversions import Terms
from tasviya.lab.customers import Customer, customers
from tasviya.lab.faults import BAD_IBAN, DUPLICATE, PAST_DATE, WRONG_CONTROL_SUM
from tasviya.lab.figures import Rates, goods, sizes
from tasviya.lab.flows import CUSTOMER, MICRO, Flow, Lane, common_hours
from tasviya.membership.participant import BANK
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer

LARGEST_BATCH = 200
LARGEST_ODD_BATCH = 20
"""The largest file that comes outside opening hours or asks for another day: a few payments, not a crowd."""

_MILLISECOND = NANOSECONDS // 1000
_MINUTE = 60 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class DrawnFile:
    """A message as its sender composed it, before it is written."""

    instant_ns: int
    """When it arrives."""
    composed_ns: int
    """When its sender composed it: the same, but earlier for a duplicate."""
    sender: str
    """The sending bank's participant code; `sender_bic` its BIC."""
    sender_bic: str
    message_type: str
    message_id: str
    currency: str
    settlement_date: date
    transfers: Sequence[CreditTransfer]
    bare: bool = False
    """Whether it is a document alone, without a header and an envelope."""
    fault: str = ""
    """One of FILE_FAULTS, or empty."""

    @property
    def name(self) -> str:
        """The file's name: its instant, so that names sort by arrival, and its message id."""
        stamp = from_ns(self.instant_ns).strftime("%Y%m%dT%H%M%S%f")[:-3]
        return f"{stamp}Z-{self.message_id}.xml"


Write = Callable[[int, str, int, bool], CreditTransfer]
OutboxKey = tuple[str, str, str, str, str]
Share = tuple[Flow, Lane, int]


def outboxes(flows: Sequence[Flow], seed: int) -> dict[OutboxKey, list[Share]]:
    """How many payments each lane carries, by (sender, currency, message type, currency exchanged from,
    route)."""
    found: dict[OutboxKey, list[Share]] = {}
    draw = Random(f"{seed}/lanes")
    for flow in flows:
        if not flow.count:
            continue
        for lane, count in zip(flow.lanes, _spread(flow, draw), strict=True):
            if count:
                key = (lane.payer, flow.currency, flow.message_type, flow.exchanged_from, flow.route)
                found.setdefault(key, []).append((flow, lane, count))
    return dict(sorted(found.items()))


def _spread(flow: Flow, draw: Random) -> list[int]:
    """The flow's payments over its lanes: evenly spaced points on the line of weights, from a random start.

    So small flows reach every lane by turns, and large ones keep the weights.
    """
    bounds = [0, *accumulate(lane.weight for lane in flow.lanes)]
    total = bounds[-1]
    start = draw.getrandbits(64) * total >> 64
    before = [-((start - flow.count * bound) // total) for bound in bounds]
    return [later - earlier for earlier, later in pairwise(before)]


def stranger(currency: str) -> str:
    """A BIC that nobody in a union of the examples has, in a country of that currency."""
    return f"NOBD{currency[:2]}20XXX"


class Desk:
    """Composes the banks' files of one day."""

    def __init__(self, snapshot: Snapshot, day_rates: Rates, faults: bool) -> None:
        self.snapshot = snapshot
        self.day_rates = day_rates
        self.faults = faults
        self.bics = {code: snapshot.bic(code) or "" for code in snapshot.participants}
        self.customers: dict[str, list[Customer]] = {}
        for member in snapshot.members:
            for place, bank in enumerate(snapshot.participants_of(member, BANK)):
                self.customers[bank.code] = customers(bank, place)

    def files(
        self,
        sender: str,
        currency: str,
        message_type: str,
        exchanged_from: str,
        route: str,
        shares: Sequence[Share],
        faulty: Sequence[str],
        draw: Random,
    ) -> Iterator[DrawnFile]:
        """All files of a sender in a currency: first the faulty ones, then batches of good payments.

        exchanged_from: the currency that is debited, if it is another. route: what the payments name, if any.
        """
        hours = self.snapshot.operating_hours(currency)
        window = self._window(currency, exchanged_from, message_type)
        if hours is None or window is None:
            return
        order = array("L", (place for place, share in enumerate(shares) for _ in range(share[2])))
        draw.shuffle(order)
        write = self._writer(currency, message_type, shares, draw)
        if exchanged_from:
            write = self._exchanging(write, sender, exchanged_from, currency, route, draw)
        letter = "U" if route else "X" if exchanged_from else "C" if message_type == CUSTOMER else "B"
        today = self.snapshot.business_date
        bic, done, number = self.bics[sender], 0, 0
        while done < len(order):
            number += 1
            fault = faulty[number - 1] if number <= len(faulty) else ""
            arrival, in_hours = _arrival(window, draw)
            size = 1 if fault else min(_batch_size(draw), len(order) - done)
            if not in_hours:
                size = min(size, LARGEST_ODD_BATCH)
            message_id = f"{bic[:8]}-{today:%y%m%d}-{currency}-{letter}{number:05d}"
            settlement_date = today
            if fault == PAST_DATE:
                settlement_date = hours.calendar.previous_business_day(today)
            elif size <= LARGEST_ODD_BATCH and not (fault or exchanged_from) and draw.getrandbits(5) == 0:
                settlement_date = hours.calendar.next_business_day(today)
            transfers = [
                write(order[done + place], message_id, place + 1, not fault) for place in range(size)
            ]
            if fault == BAD_IBAN and not _names_iban(transfers[0]):
                fault = WRONG_CONTROL_SUM
            file = DrawnFile(
                instant_ns=arrival,
                composed_ns=arrival,
                sender=sender,
                sender_bic=bic,
                message_type=message_type,
                message_id=message_id,
                currency=currency,
                settlement_date=settlement_date,
                transfers=transfers,
                bare=size == 1 and draw.getrandbits(3) == 0,
                fault="" if fault == DUPLICATE else fault,
            )
            yield file
            if fault == DUPLICATE:
                later = file.instant_ns + (1 + draw.getrandbits(5)) * _MINUTE
                yield replace(file, instant_ns=later, fault=DUPLICATE)
            done += size

    def _window(self, currency: str, exchanged_from: str, message_type: str) -> tuple[int, int, int] | None:
        """When files are sent: from opening, by the cut-off of their kind, or until the close."""
        if exchanged_from:
            return common_hours(self.snapshot, currency, exchanged_from)
        hours = self.snapshot.operating_hours(currency)
        if hours is None:
            return None
        at = {event: instant for instant, event in hours.schedule(self.snapshot.business_date)}
        cutoff = DayEvent.CUSTOMER_CUTOFF if message_type == CUSTOMER else DayEvent.INTERBANK_CUTOFF
        return at[DayEvent.OPENS], at[cutoff], at[DayEvent.CLOSES]

    def _exchanging(
        self, write: Write, sender: str, debit: str, credit: str, route: str, draw: Random
    ) -> Write:
        """A writer whose payments are debited in another currency than they are paid in."""
        account = self.snapshot.account(sender, debit)
        terms = Terms.of(self.snapshot, self.day_rates, debit, credit)

        def write_exchanged(
            share: int, message_id: str, position: int, may_be_faulty: bool
        ) -> CreditTransfer:
            transfer = write(share, message_id, position, may_be_faulty)
            number = account.number if account else ""
            if route:
                terms.at_official_rate(transfer, number, route)
            else:
                terms.set(transfer, number, draw.getrandbits(64))
            return transfer

        return write_exchanged

    def _writer(self, currency: str, message_type: str, shares: Sequence[Share], draw: Random) -> Write:
        """A function that composes a share's next payment, closed over what its payments have in common."""
        decimals = self.snapshot.currencies[currency].decimals
        rate = self.day_rates.of(currency)
        divisor = rate.denominator * MICRO * MICRO
        averages = [flow.average * rate.numerator * int(10**decimals) for flow, _, _ in shares]
        most = self.snapshot.system_limit(currency) or (1 << 62)
        size_table, goods_table = sizes(), goods()
        routes = [self._route(lane) for _, lane, _ in shares]
        nobody = stranger(currency)
        between_banks = message_type != CUSTOMER

        def write(share: int, message_id: str, position: int, may_be_faulty: bool) -> CreditTransfer:
            bits = draw.getrandbits(208)
            payer, payee, payer_customers, payee_customers, intermediaries = routes[share]
            minor = averages[share] * size_table[bits & 1023] // divisor
            tag = f"{message_id}-{position}"
            transfer = CreditTransfer(
                position=position,
                currency=currency,
                amount_minor=min(max(minor, 1), most),
                instruction_id=tag,
                end_to_end_id=tag,
                transaction_id=tag,
                uetr=_uetr(bits >> 64),
                priority=_PRIORITY[bits >> 10 & 63],
                charge_bearer="SHAR",
                instructing_agent=payer,
                debtor_agent=payer,
                creditor_agent=payee,
                intermediary_agents=intermediaries,
            )
            if between_banks:
                transfer.debtor_bic, transfer.creditor_bic = payer, payee
                if bits >> 17 & 1:  # both are met: institutions alone, and their agents named beside them
                    transfer.debtor_agent = transfer.creditor_agent = None
                transfer.remittance = (
                    "Interbank deposit" if bits >> 16 & 1 else "Return of an interbank deposit"
                )
                return transfer
            debtor = payer_customers[bits >> 16 & 31]
            creditor = payee_customers[bits >> 21 & 31]
            heading, description = goods_table[(bits >> 26 & 1023) % len(goods_table)]
            transfer.debtor_name, transfer.debtor_town = debtor.name, debtor.town
            transfer.debtor_country, transfer.debtor_account = debtor.country, debtor.account
            transfer.creditor_name, transfer.creditor_town = creditor.name, creditor.town
            transfer.creditor_country, transfer.creditor_account = creditor.country, creditor.account
            transfer.purpose = _PURPOSE[bits >> 36 & 15]
            invoice = (bits >> 40 & 0xFFFFFF) % 1_000_000
            transfer.remittance = f"Invoice {invoice:06d}, HS {heading} {description}"
            if may_be_faulty and self.faults and not intermediaries and bits >> 192 < _STRANGERS:
                transfer.creditor_agent = nobody
            return transfer

        return write

    def _route(self, lane: Lane) -> tuple[str, str, list[Customer], list[Customer], tuple[str, ...]]:
        via = lane.debtor_correspondent or lane.creditor_correspondent
        return (
            self.bics[lane.payer],
            self.bics[lane.payee],
            self.customers[lane.payer],
            self.customers[lane.payee],
            (self.bics[via],) if via else (),
        )


def _names_iban(transfer: CreditTransfer) -> bool:
    """Whether one of its accounts is an IBAN: in the lab, those that begin with letters are."""
    return any(
        number and number[:2].isalpha() for number in (transfer.debtor_account, transfer.creditor_account)
    )


_STRANGERS = 4 * 65_536 // 1000
_PRIORITY = ("NORM",) * 57 + ("HIGH",) * 6 + ("URGT",)
_PURPOSE = ("GDDS",) * 12 + ("SUPP", "TRAD", "SCVE", "FREI")


def _uetr(bits: int) -> str:
    """A version 4 UUID of the lowest 128 bits."""
    text = f"{bits & (1 << 128) - 1:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"


def _batch_size(draw: Random) -> int:
    """How many payments a file holds: a third of the files one, on average 49, at most LARGEST_BATCH."""
    bits = draw.getrandbits(24)
    kind, rest = bits & 255, bits >> 8
    if kind < 80:
        return 1
    if kind < 144:
        return 2 + rest % 19
    if kind < 208:
        return 21 + rest % 90
    return 111 + rest % (LARGEST_BATCH - 110)


def _arrival(window: tuple[int, int, int], draw: Random) -> tuple[int, bool]:
    """When a file arrives, mostly towards the middle of the opening hours; and whether it is within them."""
    opens, cutoff, closes = window
    bits = draw.getrandbits(72)
    chance, first, second = bits & 255, bits >> 8 & 0xFFFFFFFF, bits >> 40
    if chance < 3:
        start, length, fraction = opens - 30 * _MINUTE, 30 * _MINUTE, first
    elif chance < 6:
        start, length, fraction = cutoff, closes - cutoff, first
    else:
        start, length, fraction = opens, cutoff - opens, (first + second) >> 1
    instant = start + (length * fraction >> 32)
    return instant - instant % _MILLISECOND, chance >= 6
