"""The headline figures of a union: how much settled in members' own currencies, and how much money that
took."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tasviya.adapters.sqlite_clearing_queries import ClearingQueries, Row
from tasviya.core.errors import OperatorError

HOW = {
    "own": "paid in the creditor's currency, bought",
    "third": "paid in a third member's currency, bought",
    "debtor": "paid in the debtor's own currency",
    "unpaid": "unpaid, due again",
}


class Headlines(ClearingQueries):
    """What a union's days and cycles have come to. Values are in its unit, at the last rates of the unit."""

    def routes(self) -> list[Row]:
        """How much of what payers asked for settled, by route, and its share of all.

        Raises: OperatorError if the unit has no value yet.
        """
        unit, values = self._valued()
        settled: dict[str, list[Fraction]] = {}
        rows = self.connection.execute(
            "SELECT route, currency, sum(status = 'settled'), count(*),"
            " sum(CASE status WHEN 'settled' THEN amount_minor ELSE 0 END), sum(amount_minor)"
            " FROM payment WHERE original_seq = 0 GROUP BY route, currency"
        )
        for route, code, done, asked, done_minor, asked_minor in rows:
            if code in values:
                scale = values[code] * self.money(code).minor_per_major
                sums = settled.setdefault(route, [Fraction(0)] * 4)
                for place, figure in enumerate((done, asked, done_minor / scale, asked_minor / scale)):
                    sums[place] += figure
        whole = [sum(column) for column in zip(*settled.values(), strict=True)]
        told = [(route, settled[route]) for route in sorted(settled)]
        if told:
            told.append(("all", [Fraction(figure) for figure in whole]))
        return [
            {
                "route": route,
                "payments": int(asked),
                "settled": int(done),
                f"value_{unit}": f"{float(value):,.0f}",
                "of_what_was_asked": f"{float(100 * value / wanted):.1f} %" if wanted else "",
            }
            for route, (done, asked, value, wanted) in told
        ]

    def saved(self) -> list[Row]:
        """What every cycle that has a result came to: money saved against gross and against pairs, and how
        what was left was paid."""
        rows = []
        for head in reversed(self.cycles()):
            if head["discharged"] == "":
                continue
            rows.append(
                {
                    "cycle": head["cycle"],
                    "gross": _whole(head["gross"]),
                    "pairs_net_to": _whole(head["bilateral"]),
                    "all_net_to": _whole(head["multilateral"]),
                    "paid": _whole(head["discharged"]),
                    "saved": f"{head['saved_percent']} %",
                    "of_pairs": f"{head['saved_of_bilateral_percent']} %",
                }
            )
        return rows

    def discharged(self) -> list[Row]:
        """How what cycles left was paid, all of them together."""
        unit = next(reversed(self._units), "")
        rows = self.connection.execute(
            "SELECT how, count(*), sum(units) FROM clearing_discharge GROUP BY how ORDER BY sum(units) DESC"
        ).fetchall()
        total = sum(units for _, _, units in rows)
        return [
            {
                "how": HOW[how],
                "payments": count,
                "units": self.amount(units, unit),
                "share": f"{Decimal(100 * units) / total:.1f} %",
            }
            for how, count, units in rows
        ]

    def _valued(self) -> tuple[str, dict[str, Fraction]]:
        unit = next(reversed(self._units), "")
        _, values = self.latest_unit_values(unit) if unit else ("", {})
        if not values:
            cure = "The first fixing, when a date's last currency closes, gives it one."
            raise OperatorError("no_unit_value", "The union's unit has no value yet.", cure)
        return unit, {code: Fraction(text) for code, text in values.items()}


def _whole(amount: str) -> str:
    """An amount without its decimals, as headlines have it."""
    return f"{int(Decimal(amount).to_integral_value()):,}"
