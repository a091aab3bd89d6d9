"""Questions about interest and collateral that anyone with the store's file can ask."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_facts import StoredFacts
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.membership.participant import full_bic
from tasviya.membership.register import Register, Snapshot
from tasviya.services.credit import cover_of, holdings_of

Row = dict[str, Any]


class CreditQueries:
    """What can be asked of a store's interest and collateral. Amounts come as decimal texts."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.facts = StoredFacts(db)

    def interest(
        self, account: str | None, participant: str | None, code: str | None, day: date | None
    ) -> list[Row]:
        """Accruals of a business date, of all if None, the latest last: how each was reckoned, and what
        became of it. `exact` and what is carried are exact fractions, in the currency's units.

        account: its number. participant: its code or a BIC of its.
        Raises: OperatorError if there is no such account or participant.
        """
        owner = self._code(participant)
        if account is not None and not self._rows("SELECT 1 FROM account WHERE number = ?", account):
            what = f"No account has the number {account}."
            raise OperatorError("unknown_account", what, "`tasviya liquidity` lists them.")
        rows = self._rows(
            "SELECT i.business_date AS date, a.owner AS participant, a.number AS account, a.currency, i.kind,"
            " i.base, i.percent, i.day_count, i.begins, i.ends, i.days, i.exact, i.carried_in, i.due, i.paid,"
            " i.carried, i.words FROM interest_accrual i JOIN account a ON a.account_id = i.account_id"
            " WHERE (?1 IS NULL OR a.number = ?1) AND (?2 IS NULL OR a.owner = ?2)"
            " AND (?3 IS NULL OR a.currency = ?3) AND (?4 IS NULL OR i.business_date = ?4)"
            " ORDER BY i.commit_seq, a.currency, a.owner, i.rowid",
            account,
            owner,
            code,
            day.isoformat() if day else None,
        )
        for row in rows:
            money = currency(row["currency"])
            for name in ("base", "due", "paid"):
                row[name] = format_minor(int(row[name]), money.decimals)
            for name in ("exact", "carried_in", "carried"):
                row[name] = str(Fraction(row[name]) / money.minor_per_major)
        return rows

    def totals(self) -> list[Row]:
        """Interest by currency and day: how many accounts it was accrued for, what was paid to their holders,
        what they paid, and what they still owe of it."""
        accounts: dict[tuple[str, str], set[str]] = {}
        sums: dict[tuple[str, str], list[int]] = {}
        for row in self._rows(
            "SELECT i.business_date AS date, a.currency, i.account_id AS account, i.paid, i.due"
            " FROM interest_accrual i JOIN account a ON a.account_id = i.account_id"
        ):
            key, paid = (row["date"], row["currency"]), int(row["paid"])
            accounts.setdefault(key, set()).add(row["account"])
            total = sums.setdefault(key, [0, 0, 0])
            for place, value in enumerate((max(paid, 0), max(-paid, 0), paid - int(row["due"]))):
                total[place] += value
        return [
            {"date": day, "currency": code, "accounts": len(accounts[day, code])}
            | {
                name: format_minor(value, currency(code).decimals)
                for name, value in zip(("paid", "charged", "unpaid"), sums[day, code], strict=True)
            }
            for day, code in sorted(sums)
        ]

    def owed(self) -> list[Row]:
        """What holders of accounts still owe of interest."""
        rows = self._rows(
            "SELECT a.owner AS participant, a.number AS account, a.currency, s.kind, s.owed"
            " FROM interest_state s JOIN account a ON a.account_id = s.account_id WHERE s.owed <> 0"
            " ORDER BY a.currency, a.owner, s.kind"
        )
        for row in rows:
            row["owed"] = format_minor(int(row["owed"]), currency(row["currency"]).decimals)
        return rows

    def collateral(self, participant: str | None, code: str | None) -> tuple[list[Row], list[Row]]:
        """Credit lines with what covers them, a row each; and the collateral behind them, a row a holding.
        As of the latest business date that any currency has opened.

        participant: its code or a BIC of its. Raises: OperatorError if there is none.
        """
        owner, snapshot = self._code(participant), self._snapshot()
        drawn = {
            (row["owner"], row["currency"]): (row["granted"], row["drawn"])
            for row in self._rows(
                "SELECT a.owner, a.currency, c.granted, c.drawn FROM credit_line_state c"
                " JOIN account a ON a.account_id = c.account_id"
            )
        }
        lines, holdings = [], []
        for account in snapshot.accounts():
            who, money = account.participant, account.currency
            if owner not in (None, who) or code not in (None, money):
                continue
            pledged = snapshot.collateral(who, money)
            limit, granted = snapshot.credit_line(who, money), drawn.get((who, money), (0, 0))
            if limit or granted[1] or pledged:
                lines.append(self._line(snapshot, who, money, *granted))
            for each, counted in zip(pledged, holdings_of(snapshot, who, money), strict=True):
                decimals = currency(money).decimals
                haircut = snapshot.haircuts.get((money, each.asset_class), "")
                holdings.append(
                    {
                        "participant": who,
                        "currency": money,
                        "reference": each.reference,
                        "class": each.asset_class,
                        "value": format_minor(each.value_minor, decimals),
                        "valued_on": each.valued_on,
                        "haircut_percent": haircut,
                        "line_value": format_minor(counted.line_value, decimals),
                        "until": each.valid_to or "",
                    }
                )
        return lines, holdings

    def _line(self, snapshot: Snapshot, who: str, code: str, granted: int, drawn: int) -> Row:
        cover, decimals = cover_of(snapshot, who, code, drawn), currency(code).decimals
        secured = snapshot.is_secured(who, code)
        amounts = {
            "limit": cover.limit,
            "line_value": cover.line_value,
            "granted": granted,
            "drawn": drawn,
            "free": cover.free,
            "uncovered": cover.uncovered if secured else 0,
        }
        told = {name: format_minor(value, decimals) for name, value in amounts.items()}
        return {"participant": who, "currency": code, "secured": "yes" if secured else "no"} | told

    def _snapshot(self) -> Snapshot:
        """The union on the latest business date that any currency has opened; before, on its first day."""
        (latest,) = self.db.execute("SELECT max(business_date) FROM operating_day").fetchone()
        (since,) = self.db.execute("SELECT max(valid_from) FROM union_facts").fetchone()
        return Register(self.facts.records()).on(date.fromisoformat(latest or since))

    def _code(self, name: str | None) -> str | None:
        """The code of the participant of that code or BIC."""
        if name is None:
            return None
        found = self._rows(
            "SELECT code FROM participants WHERE code = ?1"
            " UNION ALL SELECT participant FROM participant_bics WHERE bic = ?2",
            name,
            full_bic(name),
        )
        if not found:
            what = f"No participant has the code or BIC {name:.40}."
            raise OperatorError("unknown_participant", what, "`tasviya liquidity` lists the codes.")
        return str(found[0]["code"])

    def _rows(self, sql: str, *values: str | None) -> list[Row]:
        cursor = self.db.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]
