"""Questions about positions and clearing cycles that anyone with the store's file can ask."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tasviya.adapters.sqlite_clearing import StoredClearing, cycles_where
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_facts import unit_currencies
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import Currency, format_minor
from tasviya.settlement.clearing_cycle import ClearingCycle, Result, figures

Row = dict[str, Any]


class ClearingQueries(StoredClearing):
    """What can be asked of a store's clearing. Amounts come as decimal texts; + is a claim, - a debt."""

    def __init__(self, db: Connection) -> None:
        self.connection = db
        self._units = unit_currencies(db)

    def cycles(self) -> list[Row]:
        """Every cycle, the latest first, with its figures."""
        found = cycles_where(self.connection, "true ORDER BY seq DESC")
        return [self._head(cycle) for cycle in found]

    def cycle(self, number: int | None) -> tuple[Row, list[Row]]:
        """A cycle's head with its figures, and a row a settlement institution; None for the latest that has a
        result.

        Raises: OperatorError if there is none.
        """
        cycle = self._find(number)
        rows = [
            {
                "currency": each.currency,
                "institution": each.institution,
                "before": self.amount(each.before, cycle.unit),
                "paid_in": self.amount(each.paid_in, cycle.unit),
                "paid_out": self.amount(each.paid_out, cycle.unit),
                "interest": self.amount(each.interest, cycle.unit),
                "quota": self.amount(each.quota, cycle.unit),
                "overdue": self.amount(each.overdue, cycle.unit),
                "money": self.amount(each.money, cycle.unit),
                "discharged": self.amount(each.discharged, cycle.unit),
                "after": self.amount(each.after, cycle.unit),
            }
            for each in self.cycle_results(cycle.seq)
        ]
        return self._head(cycle), rows

    def flows(self, number: int | None) -> list[Row]:
        """What payments moved in a cycle, by paying and paid currency.

        Raises: OperatorError if there is no such cycle.
        """
        cycle = self._find(number)
        return [
            {
                "paying": row.paying,
                "paid": row.paid,
                "payments": row.payments,
                "units": self.amount(row.units, cycle.unit),
            }
            for row in self.flow_rows(cycle.seq)
        ]

    def discharges(self, number: int | None) -> list[Row]:
        """How a cycle's result was paid.

        Raises: OperatorError if there is no such cycle.
        """
        cycle = self._find(number)
        rows = self._rows(
            "SELECT d.debtor, d.creditor, d.units, d.how, d.currency, d.amount_minor, d.sold_minor,"
            " coalesce(o.order_id, '') AS order_id FROM clearing_discharge d"
            " LEFT JOIN exchange_order o ON o.seq = d.order_seq WHERE d.cycle_seq = ? ORDER BY d.rowid",
            (cycle.seq,),
        )
        for row in rows:
            code, sold = row["currency"], row.pop("sold_minor")
            amount = row.pop("amount_minor")
            row["units"] = self.amount(row["units"], cycle.unit)
            row["amount"] = f"{self.amount(amount, code)} {code}" if code else ""
            row["for"] = f"{self.amount(sold, row['debtor'])} {row['debtor']}" if sold else ""
            del row["currency"]
            row["order"] = row.pop("order_id")
        return rows

    def positions(self) -> list[Row]:
        """Every settlement institution's position now, its last quota, and the room that is left for it."""
        rows = self._rows(
            "SELECT a.with_whom AS currency, a.owner AS institution, a.currency AS unit,"
            " l.credits_posted, l.debits_posted, r.credits_posted AS room_in, r.debits_posted AS room_out"
            " FROM account a JOIN ledger_account l ON l.id = a.account_id"
            " JOIN account b ON b.kind = 'position_room' AND b.owner = a.owner AND b.with_whom = a.with_whom"
            " AND b.currency = a.currency JOIN ledger_account r ON r.id = b.account_id"
            " WHERE a.kind = 'position' ORDER BY a.with_whom"
        )
        told = []
        for row in rows:
            unit = row["unit"]
            position = int(row["credits_posted"]) - int(row["debits_posted"])
            room = int(row["room_in"]) - int(row["room_out"])
            told.append(
                {
                    "currency": row["currency"],
                    "institution": row["institution"],
                    "unit": unit,
                    "position": self.amount(position, unit),
                    "may_fall_by": self.amount(room, unit),
                }
            )
        return told

    def interest(self) -> list[Row]:
        """The days' interest on positions, the latest first, each with what it was reckoned from."""
        rows = self._rows(
            "SELECT p.business_date, p.currency, c.unit, p.position, p.percent, p.days, p.interest, p.charge,"
            " p.carried FROM position_interest p JOIN clearing_cycle c ON c.seq = p.cycle_seq"
            " ORDER BY p.business_date DESC, p.currency"
        )
        for row in rows:
            for name in ("position", "interest", "charge"):
                row[name] = self.amount(row[name], row["unit"])
        return rows

    def trace(self, name: str) -> list[Row]:
        """A payment of the union route from its gross record through its cycle to what discharged it.

        name: its UETR, payment id, instruction id or end-to-end id; of several, the first.
        Raises: OperatorError if none is known by it.
        """
        rows = self._rows(
            "SELECT * FROM payment WHERE uetr = ?1 OR payment_id = ?1 OR instruction_id = ?1"
            " OR end_to_end_id = ?1 ORDER BY seq",
            (name,),
        )
        payment = next((row for row in rows if row["route"] == "union"), None)
        if payment is None:
            what = f"No payment by the union route is known by {name}."
            raise OperatorError("unknown_payment", what, "Check the id; `tasviya status` shows its route.")
        paid, got = payment["debit_currency"], payment["currency"]
        steps = [
            _step(
                payment["payment_id"],
                f"{payment['debtor']} pays {self.amount(payment['debit_minor'], paid)} {paid},"
                f" {payment['creditor']} gets {self.amount(payment['amount_minor'], got)} {got}:"
                f" {payment['status']}",
                iso_instant(payment["settled_at"]) if payment["settled_at"] else "",
            )
        ]
        if payment["settled_by"]:
            steps += self._in_cycle(payment, int(payment["settled_by"].rpartition(" ")[2]))
        return steps

    def records(self) -> list[tuple[ClearingCycle, dict[tuple[str, str], int], list[Result]]]:
        """Every cycle that has a result, the earliest first: itself, its gross record and its results."""
        cycles = cycles_where(self.connection, "seq IN (SELECT cycle_seq FROM clearing_result) ORDER BY seq")
        return [
            (
                cycle,
                {(row.paying, row.paid): row.units for row in self.flow_rows(cycle.seq)},
                self.cycle_results(cycle.seq),
            )
            for cycle in cycles
        ]

    def scale(self) -> list[tuple[str, str]]:
        """The latest sliding scale: up to which part of the quota, and its share in money."""
        rows = self.connection.execute(
            "SELECT upto, money FROM clearing_bands"
            " WHERE valid_from = (SELECT max(valid_from) FROM clearing_bands)"
        )
        return sorted(rows.fetchall(), key=lambda row: Fraction(row[0]))

    def amount(self, minor: int, code: str) -> str:
        """An amount in minor units, as a decimal text."""
        return format_minor(minor, self.money(code).decimals)

    def money(self, code: str) -> Currency:
        """A currency, or the union's unit, by its code."""
        return self._units.get(code) or currency(code)

    def _in_cycle(self, payment: Row, seq: int) -> list[Row]:
        cycle = self._find(seq)
        paid, got, unit = payment["debit_currency"], payment["currency"], cycle.unit
        moved = self.amount(payment["unit_minor"], unit)
        steps = [_step(f"cycle {seq}", f"{moved} {unit} move from the position of {paid} to that of {got}")]
        for row in self.flow_rows(seq):
            if (row.paying, row.paid) == (paid, got):
                total = f"{self.amount(row.units, unit)} {unit}"
                words = f"one of {row.payments} payments from {paid} to {got}, together {total}"
                steps.append(_step("gross", words))
        for each in self.cycle_results(seq):
            if each.currency in (paid, got):
                net, money = (self.amount(minor, unit) for minor in (each.net, each.money))
                words = f"{each.institution} nets to {net} {unit}, of which {money} in money"
                steps.append(_step("net", words))
        for due in self.discharges(seq):
            if paid == due["debtor"] or got == due["creditor"]:
                how = f"by {due['amount']} ({due['how']})" if due["amount"] else due["how"]
                words = f"{due['debtor']} to {due['creditor']}: {due['units']} {unit} {how}"
                steps.append(_step("discharge", words))
        steps.append(
            _step("status", str(cycle.status), iso_instant(cycle.settled_at) if cycle.settled_at else "")
        )
        return steps

    def _find(self, number: int | None) -> ClearingCycle:
        where = (
            "seq = ?" if number is not None else "status <> 'open' AND ?1 IS NULL ORDER BY seq DESC LIMIT 1"
        )
        known = number is None or 0 < number < 2**63
        found = cycles_where(self.connection, where, number) if known else []
        if not found:
            what = "No cycle has been cut off yet." if number is None else f"There is no cycle {number}."
            raise OperatorError("unknown_cycle", what, "`tasviya cycle list` shows those there are.")
        return found[0]

    def _head(self, cycle: ClearingCycle) -> Row:
        flows = {(row.paying, row.paid): row.units for row in self.flow_rows(cycle.seq)}
        payments = sum(row.payments for row in self.flow_rows(cycle.seq))
        results = self.cycle_results(cycle.seq)
        made = figures(flows, results)
        unit = cycle.unit
        settled = {
            "due_in_money": self.amount(made.money, unit),
            "discharged": self.amount(made.discharged, unit),
            "left_on_credit": self.amount(made.credit, unit),
            "saved_percent": _percent(made.saved_of_gross),
            "saved_of_bilateral_percent": _percent(made.saved_of_bilateral),
        }
        return {
            "cycle": cycle.seq,
            "status": str(cycle.status),
            "cut_off_on": cycle.cut_off_on,
            "payments": payments,
            "unit": unit,
            "gross": self.amount(made.gross, unit),
            "bilateral": self.amount(made.bilateral, unit),
            "multilateral": self.amount(made.multilateral, unit),
            **(settled if results else dict.fromkeys(settled, "")),
            "settled_at": iso_instant(cycle.settled_at) if cycle.settled_at else "",
            "batch": cycle.batch_seq or "",
            "why": cycle.why,
        }

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        cursor = self.connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _step(what: str, words: str, at: str = "") -> Row:
    return {"step": what, "what": words, "at": at}


def _percent(share: Any) -> str:
    return f"{float(100 * share):.1f}"
