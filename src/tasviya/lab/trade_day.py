"""A day of payments drawn from real trade, and written as the files the banks would send.

    register, date, payments, seed ─▶ plan_flows ─▶ draw_day ─▶ write_day ─▶ <BIC>/<instant>-<message id>.xml

The same arguments give the same bytes on any machine: one seeded generator a bank, currency and message type,
only whole numbers in amounts, sizes from a table. Nothing is kept that a file has been written of, so a
million payments need no more memory than a thousand.

Most payments come while their settlement institution is open. A few come early or after the cut-off, a few
ask for the next business day, and a few are faulty on purpose (see `faults`).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random

from tasviya.core.business_day import DayEvent, OperatingHours
from tasviya.core.clock import NANOSECONDS, from_ns, iso_instant
from tasviya.core.errors import invariant
from tasviya.core.money import allocate
from tasviya.lab.customers import Customer, customers
from tasviya.lab.faults import (
    BAD_IBAN,
    DUPLICATE,
    FILE_FAULTS,
    PAST_DATE,
    SPOILED,
    UNKNOWN_PAYEE_BANK,
    WRONG_CONTROL_SUM,
)
from tasviya.lab.figures import RATE_DATES, Rates, TradeMatrix, goods, matrix_for, rates, sizes
from tasviya.lab.flows import CUSTOMER, MICRO, Flow, Lane, money_needed, plan_flows
from tasviya.membership.participant import BANK, OpeningBalance
from tasviya.membership.register import Register, Snapshot
from tasviya.messages.credit_transfer_writing import build_credit_transfer, build_fi_transfer
from tasviya.messages.envelope import bare, envelope
from tasviya.messages.model import CreditTransfer, Header
from tasviya.messages.scheme import Scheme

PAYER_CURRENCY_PERCENT = 40
"""How much of the trade is invoiced in the payer's currency; the rest is in the payee's."""
COVER_PERCENT = 8
"""How much of its day's outgoing payments an account is funded with beyond its net need and their spread."""

LARGEST_BATCH = 200
LARGEST_ODD_BATCH = 20
"""The largest file that comes outside opening hours or asks for another day: a few payments, not a crowd."""
FAULTY_FILES_A_THOUSAND = 3
"""Faulty files for a thousand payments; about as many payments again are faulty within good files."""
MOST_FAULTY_FILES = 1_000

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


@dataclass(slots=True)
class DaySummary:
    """What was written."""

    files: int = 0
    payments: int = 0
    octets: int = 0
    by_currency: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    """Files and payments that were made faulty, by kind."""


def opening_balances(
    register: Register,
    business_date: date,
    payments: int,
    *,
    matrix: TradeMatrix | None = None,
    day_rates: Rates | None = None,
    payer_currency_percent: int = PAYER_CURRENCY_PERCENT,
    cover_percent: int = COVER_PERCENT,
) -> list[OpeningBalance]:
    """What the accounts, settlement and vostro, need at the start of a drawn day.

    They follow from what is expected, not from what is drawn: whatever the seed, most payments settle at once
    and some have to wait.
    """
    snapshot = register.on(business_date)
    figures = matrix or matrix_for(snapshot.members)
    flows = plan_flows(snapshot, payments, figures, payer_currency_percent)
    return money_needed(snapshot, flows, day_rates or rates(RATE_DATES[-1]), cover_percent)


def draw_day(
    register: Register,
    business_date: date,
    payments: int,
    seed: int,
    *,
    matrix: TradeMatrix | None = None,
    day_rates: Rates | None = None,
    payer_currency_percent: int = PAYER_CURRENCY_PERCENT,
    faults: bool = True,
) -> Iterator[DrawnFile]:
    """The files of a day, bank by bank; within a bank by currency. Sort by `name` for the order of arrival.

    payments: how many in all, faulty ones included.
    """
    snapshot = register.on(business_date)
    figures = matrix or matrix_for(snapshot.members)
    outboxes = _outboxes(plan_flows(snapshot, payments, figures, payer_currency_percent), seed)
    sizes_of = [sum(count for _, _, count in outboxes[key]) for key in outboxes]
    wanted = min(payments * FAULTY_FILES_A_THOUSAND // 1000, MOST_FAULTY_FILES) if faults else 0
    faulty = allocate(wanted, sizes_of) if wanted and outboxes else [0] * len(sizes_of)
    desk = _Desk(snapshot, day_rates or rates(RATE_DATES[-1]), faults)
    made = 0
    for (key, shares), bad in zip(outboxes.items(), faulty, strict=True):
        kinds = [FILE_FAULTS[(made + n) % len(FILE_FAULTS)] for n in range(bad)]
        made += bad
        yield from desk.files(*key, shares, kinds, Random(f"{seed}/{business_date}/{'/'.join(key)}"))


def write_day(
    directory: Path,
    register: Register,
    business_date: date,
    payments: int,
    seed: int,
    *,
    matrix: TradeMatrix | None = None,
    day_rates: Rates | None = None,
    payer_currency_percent: int = PAYER_CURRENCY_PERCENT,
    faults: bool = True,
    progress: Callable[[int], None] | None = None,
) -> DaySummary:
    """Draw a day and write its files under `directory`, a folder a sender's BIC.

    progress: called with the number of payments in each file written; a duplicate has none.
    """
    snapshot = register.on(business_date)
    scheme = scheme_of(snapshot)
    drawn = draw_day(
        register,
        business_date,
        payments,
        seed,
        matrix=matrix,
        day_rates=day_rates,
        payer_currency_percent=payer_currency_percent,
        faults=faults,
    )
    summary = DaySummary()
    folders: dict[str, Path] = {}
    for file in drawn:
        folder = folders.get(file.sender_bic)
        if folder is None:
            folder = folders[file.sender_bic] = directory / file.sender_bic
            folder.mkdir(parents=True, exist_ok=True)
        content = file_content(file, scheme)
        (folder / file.name).write_bytes(content)
        _count(summary, file, len(content))
        if progress:
            progress(0 if file.fault == DUPLICATE else len(file.transfers))
    return summary


def file_content(file: DrawnFile, scheme: Scheme) -> bytes:
    """A drawn file's bytes: a pacs.008 or pacs.009, mostly with a header, spoiled if it is to be faulty."""
    build = build_credit_transfer if file.message_type == CUSTOMER else build_fi_transfer
    created_at = iso_instant(file.composed_ns)
    document = build(
        scheme,
        message_id=file.message_id,
        created_at=created_at,
        transfers=file.transfers,
        settlement_date=file.settlement_date.isoformat(),
    )
    header = Header(
        sender_bic=file.sender_bic,
        receiver_bic=scheme.operator_bic,
        business_message_id=file.message_id,
        message_type=file.message_type,
        created_at=created_at,
    )
    content = bare(document) if file.bare else envelope([(header, document)])
    return SPOILED[file.fault](content) if file.fault in SPOILED else content


def scheme_of(snapshot: Snapshot) -> Scheme:
    """What writing a message must know of the union."""
    union = snapshot.union
    operator = snapshot.bic(union.operator)
    invariant(operator is not None, "the operator has a BIC")
    return Scheme(
        operator_bic=operator or "",
        currencies={code: money.decimals for code, money in snapshot.currencies.items()},
        clearing_system=union.clearing_system,
    )


def _count(summary: DaySummary, file: DrawnFile, octets: int) -> None:
    summary.files += 1
    summary.octets += octets
    if file.fault:
        summary.faults[file.fault] = summary.faults.get(file.fault, 0) + 1
    if file.fault == DUPLICATE:
        return
    summary.payments += len(file.transfers)
    summary.by_currency[file.currency] = summary.by_currency.get(file.currency, 0) + len(file.transfers)
    unknown = sum(each.creditor_agent == _stranger(each.currency) for each in file.transfers)
    if unknown:
        summary.faults[UNKNOWN_PAYEE_BANK] = summary.faults.get(UNKNOWN_PAYEE_BANK, 0) + unknown


OutboxKey = tuple[str, str, str]
Share = tuple[Flow, Lane, int]


def _outboxes(flows: Sequence[Flow], seed: int) -> dict[OutboxKey, list[Share]]:
    """How many payments each lane carries, by (sender, currency, message type)."""
    outboxes: dict[OutboxKey, list[Share]] = {}
    draw = Random(f"{seed}/lanes")
    for flow in flows:
        if not flow.count:
            continue
        for lane, count in zip(flow.lanes, _spread(flow, draw), strict=True):
            if count:
                key = (lane.payer, flow.currency, flow.message_type)
                outboxes.setdefault(key, []).append((flow, lane, count))
    return dict(sorted(outboxes.items()))


def _spread(flow: Flow, draw: Random) -> list[int]:
    """The flow's payments over its lanes: evenly spaced points on the line of weights, from a random start.

    So small flows reach every lane by turns, and large ones keep the weights.
    """
    bounds = [0, *accumulate(lane.weight for lane in flow.lanes)]
    total = bounds[-1]
    start = draw.getrandbits(64) * total >> 64
    before = [-((start - flow.count * bound) // total) for bound in bounds]
    return [later - earlier for earlier, later in pairwise(before)]


def _stranger(currency: str) -> str:
    """A BIC that nobody in a union of the examples has, in a country of that currency."""
    return f"NOBD{currency[:2]}20XXX"


class _Desk:
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
        shares: Sequence[Share],
        faulty: Sequence[str],
        draw: Random,
    ) -> Iterator[DrawnFile]:
        """All files of a sender in a currency: first the faulty ones, then batches of good payments."""
        hours = self.snapshot.operating_hours(currency)
        if hours is None:
            return
        order = array("L", (place for place, share in enumerate(shares) for _ in range(share[2])))
        draw.shuffle(order)
        write = self._writer(currency, message_type, shares, draw)
        letter = "C" if message_type == CUSTOMER else "B"
        today = self.snapshot.business_date
        bic, done, number = self.bics[sender], 0, 0
        while done < len(order):
            number += 1
            fault = faulty[number - 1] if number <= len(faulty) else ""
            arrival, in_hours = _arrival(hours, today, message_type, draw)
            size = 1 if fault else min(_batch_size(draw), len(order) - done)
            if not in_hours:
                size = min(size, LARGEST_ODD_BATCH)
            message_id = f"{bic[:8]}-{today:%y%m%d}-{currency}-{letter}{number:05d}"
            settlement_date = today
            if fault == PAST_DATE:
                settlement_date = hours.calendar.previous_business_day(today)
            elif size <= LARGEST_ODD_BATCH and not fault and draw.getrandbits(5) == 0:
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

    def _writer(
        self, currency: str, message_type: str, shares: Sequence[Share], draw: Random
    ) -> Callable[[int, str, int, bool], CreditTransfer]:
        """A function that composes a share's next payment, closed over what its payments have in common."""
        decimals = self.snapshot.currencies[currency].decimals
        rate = self.day_rates.per_usd[currency]
        divisor = rate.denominator * MICRO * MICRO
        averages = [flow.average * rate.numerator * int(10**decimals) for flow, _, _ in shares]
        most = self.snapshot.system_limit(currency) or (1 << 62)
        size_table, goods_table = sizes(), goods()
        routes = [self._route(lane) for _, lane, _ in shares]
        stranger = _stranger(currency)
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
            if may_be_faulty and self.faults and bits >> 192 < _STRANGERS:
                transfer.creditor_agent = stranger
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


_STRANGERS = 3 * 65_536 // 1000
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


def _arrival(hours: OperatingHours, day: date, message_type: str, draw: Random) -> tuple[int, bool]:
    """When a file arrives, mostly towards the middle of the opening hours; and whether it is within them."""
    at = {event: instant for instant, event in hours.schedule(day)}
    opens, closes = at[DayEvent.OPENS], at[DayEvent.CLOSES]
    cutoff = at[DayEvent.CUSTOMER_CUTOFF if message_type == CUSTOMER else DayEvent.INTERBANK_CUTOFF]
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
