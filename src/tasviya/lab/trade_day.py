"""A day of payments drawn from real trade, and written as the files the banks would send.

    register, date, payments, seed ─▶ plan_flows ─▶ draw_day ─▶ write_day ─▶ <BIC>/<instant>-<message id>.xml

The same arguments give the same bytes on any machine: one seeded generator a bank, currency and message type,
only whole numbers in amounts, sizes from a table. Nothing is kept that a file has been written of, so a
million payments need little more memory than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random

from tasviya.core.clock import iso_instant
from tasviya.core.errors import invariant
from tasviya.core.money import allocate
from tasviya.lab.customs_law import duty_money
from tasviya.lab.desk import Desk, DrawnFile, outboxes, stranger
from tasviya.lab.faults import DUPLICATE, FILE_FAULTS, SPOILED, UNKNOWN_PAYEE_BANK
from tasviya.lab.figures import RATE_DATES, Rates, TradeMatrix, matrix_for, rates
from tasviya.lab.flows import CUSTOMER, money_needed, plan_flows
from tasviya.lab.market_makers import Offer, money_for, offers, with_more
from tasviya.membership.participant import OpeningBalance
from tasviya.membership.register import Register, Snapshot
from tasviya.messages.credit_transfer_writing import build_credit_transfer, build_fi_transfer
from tasviya.messages.envelope import bare, envelope
from tasviya.messages.model import Header
from tasviya.messages.scheme import Scheme

PAYER_CURRENCY_PERCENT = 40
"""How much of the trade is invoiced in the payer's currency; the rest is in the payee's."""
COVER_PERCENT = 8
"""How much of its day's outgoing payments an account is funded with beyond its net need and their spread."""

FAULTY_FILES_A_THOUSAND = 3
"""Faulty files for a thousand payments; about as many payments again are faulty within good files."""
MOST_FAULTY_FILES = 1_000


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
    declarations: int = 0,
) -> list[OpeningBalance]:
    """What the accounts, settlement and vostro, need at the start of a drawn day.

    They follow from what is expected, not from what is drawn: whatever the seed, most payments settle at once
    and some have to wait. declarations: how many imports pay duties that day.
    """
    snapshot = register.on(business_date)
    figures = matrix or matrix_for(snapshot.members)
    flows = plan_flows(snapshot, payments, figures, payer_currency_percent)
    known = day_rates or rates(RATE_DATES[-1])
    balances = money_needed(snapshot, flows, known, cover_percent)
    balances = money_for(snapshot, balances, offers(snapshot, flows, known))
    return with_more(snapshot, balances, duty_money(snapshot, flows, known, declarations))


def market_makers(register: Register, business_date: date, payments: int) -> list[Offer]:
    """The orders that market makers enter on a drawn day, by the time at which they come."""
    snapshot = register.on(business_date)
    flows = plan_flows(snapshot, payments, matrix_for(snapshot.members), PAYER_CURRENCY_PERCENT)
    return offers(snapshot, flows, rates(RATE_DATES[-1]))


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
    by_outbox = outboxes(plan_flows(snapshot, payments, figures, payer_currency_percent), seed)
    sizes_of = [sum(count for _, _, count in shares) for shares in by_outbox.values()]
    wanted = min(payments * FAULTY_FILES_A_THOUSAND // 1000, MOST_FAULTY_FILES) if faults else 0
    faulty = allocate(wanted, sizes_of) if wanted and by_outbox else [0] * len(sizes_of)
    desk = Desk(snapshot, day_rates or rates(RATE_DATES[-1]), faults)
    made = 0
    for (key, shares), bad in zip(by_outbox.items(), faulty, strict=True):
        kinds = [FILE_FAULTS[(made + n) % len(FILE_FAULTS)] for n in range(bad)]
        made += bad
        yield from desk.files(
            *key, shares, kinds, Random(f"{seed}/{business_date}/{'/'.join(filter(None, key))}")
        )


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
    look: Callable[[DrawnFile], None] = lambda file: None,
) -> DaySummary:
    """Draw a day and write its files under `directory`, a folder a sender's BIC.

    progress: called with the number of payments in each file written; a duplicate has none.
    look: called with each file.
    """
    snapshot = register.on(business_date)
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
    return write_files(directory, scheme_of(snapshot), drawn, progress, look)


def write_files(
    directory: Path,
    scheme: Scheme,
    drawn: Iterable[DrawnFile],
    progress: Callable[[int], None] | None = None,
    look: Callable[[DrawnFile], None] = lambda file: None,
) -> DaySummary:
    """Write files that have been drawn, as `write_day` does."""
    summary = DaySummary()
    folders: dict[str, Path] = {}
    for file in drawn:
        look(file)
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
    operator, unit = snapshot.bic(union.operator), snapshot.unit
    invariant(operator is not None, "the operator has a BIC")
    return Scheme(
        operator_bic=operator or "",
        currencies={code: money.decimals for code, money in snapshot.currencies.items()},
        units={unit.code: unit.decimals} if unit else {},
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
    unknown = sum(each.creditor_agent == stranger(each.currency) for each in file.transfers)
    if unknown:
        summary.faults[UNKNOWN_PAYEE_BANK] = summary.faults.get(UNKNOWN_PAYEE_BANK, 0) + unknown
