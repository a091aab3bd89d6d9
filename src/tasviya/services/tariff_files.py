"""A member's tariff as files: made from envelopes of TARIC3, and checked for all that is wrong at once.

envelopes ──made_from──▶ Import ──files_of──▶ XX.goods.csv, XX.quotas.csv, XX.left-out.csv, XX.csv
folder ──checked──▶ Check: faults by row, unknown quotas ──counted──▶ a count by tax and kind, what expires
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import PurePath

from tasviya.core.errors import OperatorError, Refusal
from tasviya.customs.csv_table import read_table
from tasviya.customs.duty_units import spelling
from tasviya.customs.formats.taric3 import Holdings
from tasviya.customs.formats.taric3_duty import unit_of
from tasviya.customs.formats.taric3_goods import GoodsLine, lines_on
from tasviya.customs.formats.taric3_tariff import Made, tariff_of
from tasviya.customs.tariff import COLUMNS, TARIFF_FILE, Measure, doubled, measure_of
from tasviya.customs.tax_law import FIRST_DAY, LAST_DAY, TaxLaw
from tasviya.services.customs_files import QUOTA_COLUMNS

GOODS_HEADING = ("goods", "suffix", "depth", "declarable", "valid_from", "valid_to", "description")
LEFT_OUT_HEADING = ("measure", "type", "goods", "code", "where", "what", "cure")
CONDITION = "conditions"
"""In place of a code, of a measure that is in the tariff without its conditions."""
CRITICAL_PERCENT = "90"


@dataclass(frozen=True, slots=True)
class Import:
    """A tariff made from envelopes. lines: the nomenclature on the day. quotas: one row an order number."""

    law: TaxLaw
    holdings: Holdings
    made: Made
    lines: tuple[GoodsLine, ...]
    quotas: tuple[tuple[str, ...], ...]
    quotas_left_out: tuple[tuple[str, Refusal], ...]


def made_from(holdings: Holdings, law: TaxLaw, day: date) -> Import:
    """The tariff that holdings come to. day: whose nomenclature and quota periods are written.

    Raises: OperatorError if the law takes in no types of measure.
    """
    if not law.measure_types:
        what = f"The law of {law.member} does not say which types of measure it takes in."
        raise OperatorError("TX07", what, "Add [[taric]] with types and their tax to the law.", "taric")
    lines = lines_on(holdings, day)
    quotas, refused = _quotas(holdings, day)
    return Import(law, holdings, tariff_of(holdings, law, lines), lines, quotas, refused)


def files_of(done: Import) -> dict[str, bytes]:
    """The files of a tariff by name, the tariff itself last; one that has nothing to say has its heading."""
    stem = PurePath(done.law.tariff_file).stem
    goods = (
        (each.code, each.suffix, str(each.depth), "yes" if each.is_declarable else "no", each.begins,
         each.ends, " ".join(each.text.split()))
        for each in done.lines
    )  # fmt: skip
    return {
        f"{stem}.goods.csv": _csv(GOODS_HEADING, goods),
        quota_file(done.law): _csv((*QUOTA_COLUMNS, "critical_percent"), done.quotas),
        f"{stem}.left-out.csv": _csv(LEFT_OUT_HEADING, _left_out_rows(done)),
        done.law.tariff_file: _tariff_file(done.made),
    }


def quota_file(law: TaxLaw) -> str:
    """The name of the file of quotas beside a tariff."""
    return f"{PurePath(law.tariff_file).stem}.quotas.csv"


def told(done: Import) -> list[dict[str, object]]:
    """What was taken in and what was left out: one row a kind, with how many."""
    rows: list[dict[str, object]] = []
    by_tax = Counter(row.tax for row in done.made.rows)
    taken = len({row.measure for row in done.made.rows})
    rows.append({"what": "measures taken in", "code": "", "count": taken, "why": ""})
    for tax, count in by_tax.items():
        rows.append({"what": f"rows of {tax}", "code": "", "count": count, "why": ""})
    by_code = Counter(each.refusal.reason for each in done.made.left_out)
    first = {each.refusal.reason: each for each in reversed(done.made.left_out)}
    for code, count in sorted(by_code.items()):
        each = first[code]
        why = f"such as {each.measure}: {each.refusal.what}"
        rows.append({"what": "measures left out", "code": code, "count": count, "why": why})
    if done.made.conditions:
        sid, text = next(iter(done.made.conditions.items()))
        why = f"such as {sid}: {text}; no row holds them"
        rows.append(
            {"what": "measures less conditions", "code": "", "count": len(done.made.conditions),
             "why": why}
        )  # fmt: skip
    for number, refusal in done.quotas_left_out:
        rows.append(
            {"what": f"quota {number} left out", "code": refusal.reason, "count": 1, "why": refusal.what}
        )
    for kind, count in sorted(done.holdings.ignored.items()):
        rows.append({"what": f"records of {kind}", "code": "", "count": count, "why": "not of a tariff"})
    return rows


def _left_out_rows(done: Import) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        (each.measure, each.type, each.goods, each.refusal.reason, each.refusal.where, each.refusal.what,
         each.refusal.cure)
        for each in done.made.left_out
    ]  # fmt: skip
    for sid, text in done.made.conditions.items():
        cure = "See that whoever claims the rate meets them."
        rows.append((sid, "", "", CONDITION, "measure.condition", f"It has conditions: {text}.", cure))
    return rows


def _tariff_file(made: Made) -> bytes:
    return _csv(
        COLUMNS,
        (
            (
                row.tax,
                row.goods,
                row.rate,
                row.span.origin,
                " ".join(row.span.excluded),
                "" if row.span.begins == FIRST_DAY else row.span.begins.isoformat(),
                "" if row.span.ends == LAST_DAY else row.span.ends.isoformat(),
                row.preference,
                row.additional,
                row.quota,
            )
            for row in made.rows
        ),
    )


def _quotas(
    holdings: Holdings, day: date
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, Refusal], ...]]:
    """By order number, the period of the day, else the next one, else the last one, as `customs quota`
    reads it; volumes in the unit that duty is counted in."""
    on = day.isoformat()
    best: dict[str, tuple[tuple[int, str], dict[str, str]]] = {}
    for each in holdings.all("quota.definition"):
        begins, ends = each["validity.start.date"], each["validity.end.date"] or LAST_DAY.isoformat()
        rank = 2 if begins <= on <= ends else 1 if begins > on else 0
        later = begins if rank != 1 else "".join(chr(255 - ord(digit)) for digit in begins)
        number = each["quota.order.number.id"]
        if number not in best or (rank, later) > best[number][0]:
            best[number] = ((rank, later), each)
    rows: list[tuple[str, ...]] = []
    refused: list[tuple[str, Refusal]] = []
    for number in sorted({each["quota.order.number.id"] for each in holdings.all("quota.order.number")}):
        if number not in best:
            cure = "Read the envelope with its period, or write its row by hand."
            refused.append((number, Refusal("TX13", "It has no period.", cure, "quota.definition")))
    for number, (_, each) in sorted(best.items()):
        qualified = (each["measurement.unit.code"], each["measurement.unit.qualifier.code"])
        unit = unit_of(*qualified)
        if unit is None:
            counts_in = " ".join(filter(None, qualified)) or each["monetary.unit.code"] or "nothing"
            what = f"It counts in {counts_in}."
            cure = "Write its row by hand, in a unit that is declared."
            refused.append((number, Refusal("TX06", what, cure, "quota.definition")))
            continue
        volume = Decimal(each["initial.volume"]) * unit[1]
        ends = each["validity.end.date"] or LAST_DAY.isoformat()
        percent = each["critical.threshold"].split(".")[0] or CRITICAL_PERCENT
        rows.append(
            (
                number,
                spelling(unit[0], 1),
                each["validity.start.date"],
                ends,
                f"{volume.normalize():f}",
                percent,
            )
        )
    return tuple(rows), tuple(refused)


@dataclass(frozen=True, slots=True)
class Check:
    """A tariff gone through. faults: by place. measures: the rows that can be read."""

    faults: tuple[Refusal, ...]
    measures: tuple[Measure, ...]


def checked(text: str, law: TaxLaw, quotas: Iterable[str] | None, where: str) -> Check:
    """Everything that is wrong with a tariff's file, row by row. quotas: order numbers that are known, or
    None if that is not to be checked. Refused are rows with codes of TARIFF_CODES or duty rates, quotas
    with TX13.

    Raises: OperatorError with TF01 if it is no table at all.
    """
    faults: list[Refusal] = []
    measures: list[Measure] = []
    for row in read_table(text, TARIFF_FILE, where).rows:
        try:
            measures.append(measure_of(row, law, where))
        except OperatorError as error:
            faults.append(error.refusal)
    faults += doubled(measures, law, where)
    if quotas is not None:
        for number in sorted({each.quota for each in measures if each.quota} - set(quotas)):
            rows = [each.row for each in measures if each.quota == number]
            what = f"The quota {number} is not known (rows that name it: {len(rows)})."
            cure = f"Add it to {quota_file(law)}, or take the rows out."
            faults.append(Refusal("TX13", what, cure, f"{where}:{rows[0]} quota"))
    return Check(tuple(faults), tuple(measures))


def counted(check: Check, law: TaxLaw, day: date, days: int) -> list[dict[str, object]]:
    """One row a tax and kind of measure: how many there are, hold on a day, begin later, and expire within so
    many days."""
    kinds: dict[tuple[str, str], list[Measure]] = {}
    for each in check.measures:
        kinds.setdefault((each.tax, _kind(each, law)), []).append(each)
    order = [tax.code for tax in law.taxes]
    rows: list[dict[str, object]] = []
    for (tax, kind), measures in sorted(
        kinds.items(), key=lambda item: (order.index(item[0][0]), item[0][1])
    ):
        hold = [each for each in measures if each.begins <= day <= each.ends]
        expire = [each for each in hold if (each.ends - day).days <= days]
        rows.append(
            {
                "tax": tax,
                "kind": kind,
                "rows": len(measures),
                "in_force": len(hold),
                "begin_later": sum(each.begins > day for each in measures),
                "over": sum(each.ends < day for each in measures),
                "expire": len(expire),
                "next": min((each.ends.isoformat() for each in expire), default=""),
            }
        )
    return rows


def _kind(measure: Measure, law: TaxLaw) -> str:
    if measure.quota:
        return "quota"
    if measure.preference:
        return "preference"
    if measure.additional:
        return "additional code"
    return "every origin" if measure.origin == "*" else "group" if measure.origin in law.groups else "country"


def _csv(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode()
