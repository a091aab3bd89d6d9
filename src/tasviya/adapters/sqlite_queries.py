"""Questions that anyone with the store's file can ask while its writer works: plain rows, plain SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_facts import unit_currencies
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.membership.participant import full_bic
from tasviya.services.statements import AccountFacts, Period, collect
from tasviya.settlement.accounts import AccountKind, runs_to_owner

Row = dict[str, Any]


class Queries:
    """What can be asked of a store. Amounts come as decimal texts, instants as UTC texts."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self._units = unit_currencies(db)

    def payments(self, name: str) -> list[Row]:
        """Payments by UETR, instruction id, payment id or end-to-end id, with all that is known of them.

        UETRs are found by index; the others by reading through, which takes a second a million payments.
        """
        for column in ("uetr", "instruction_id", "payment_id", "end_to_end_id"):
            rows = self._rows(f"SELECT * FROM payment WHERE {column} = ? ORDER BY seq LIMIT 100", (name,))
            if rows:
                return [self._told(row) for row in rows]
        return []

    def queue(self, participant: str | None = None, code: str | None = None) -> list[Row]:
        """Payments that wait: for which account, why, and how much it lacks now."""
        rows = self._rows(
            "SELECT p.payment_id, p.uetr, p.currency, p.amount_minor, p.priority, p.debtor, p.creditor,"
            " a.owner AS waits_for, q.by_limit, p.reason, p.reason_text, p.received_at AS since"
            " FROM queue q JOIN payment p ON p.seq = q.payment_seq"
            " JOIN account a ON a.account_id = q.account_id"
            " WHERE (:participant IS NULL OR p.debtor = :participant OR a.owner = :participant)"
            " AND (:code IS NULL OR p.currency = :code) ORDER BY p.currency, a.owner, q.rank, q.payment_seq",
            {"participant": participant, "code": code},
        )
        return [self._told(row) for row in rows]

    def liquidity(self, participant: str | None = None, code: str | None = None) -> list[Row]:
        """Each settlement and vostro account: balance, credit, what is spendable, and the day's use of it."""
        rows = self._rows(
            "SELECT a.owner AS participant, a.currency, a.kind, a.with_whom, a.number, a.account_id,"
            " a.opening, a.lowest, coalesce(c.granted, 0) AS credit_line, coalesce(c.drawn, 0) AS drawn,"
            " coalesce(c.peak, 0) AS drawn_peak,"
            " (SELECT coalesce(sum(remaining), 0) FROM reservation_state r WHERE r.account_id = a.account_id)"
            " AS reserved,"
            " (SELECT count(*) FROM queue q WHERE q.account_id = a.account_id) AS queued"
            " FROM account a LEFT JOIN credit_line_state c ON c.account_id = a.account_id"
            " WHERE a.kind IN ('settlement', 'vostro')"
            " AND (:participant IS NULL OR a.owner = :participant OR a.with_whom = :participant)"
            " AND (:code IS NULL OR a.currency = :code) ORDER BY a.currency, a.kind, a.owner, a.with_whom",
            {"participant": participant, "code": code},
        )
        balances, held_on = self.balances(), self._held()
        told = []
        for row in rows:
            decimals = self.decimals(row["currency"])
            held = held_on[row["account_id"]]
            balance = balances[row.pop("account_id")]
            opening, lowest = int(row["opening"]), int(row.pop("lowest"))
            used = opening - lowest
            spendable = balance - held + row["credit_line"] - row["drawn"] - row["reserved"]
            amounts = {
                "balance": balance,
                "credit_line": row["credit_line"],
                "drawn": row["drawn"],
                "reserved": row["reserved"],
                "held": held,
                "spendable": spendable,
                "opening": opening,
                "used_peak": max(used, 0) + row["drawn_peak"],
            }
            row.pop("drawn_peak")
            row.update({name: format_minor(value, decimals) for name, value in amounts.items()})
            told.append(row)
        return told

    def balances(self) -> dict[str, int]:
        """Each account's balance the way it runs, minor units, by account id."""
        kinds = dict(self.db.execute("SELECT account_id, kind FROM account").fetchall())
        found = {}
        for account_id, debits, credits in self.db.execute(
            "SELECT id, debits_posted, credits_posted FROM ledger_account"
        ):
            kind = AccountKind[kinds[account_id].upper()]
            net = int(credits) - int(debits)
            found[account_id] = net if runs_to_owner(kind) else -net
        return found

    def _held(self) -> dict[str, int]:
        """What is held on each account for orders under way, minor units, by account id."""
        rows = self.db.execute("SELECT id, debits_pending FROM ledger_account")
        return {account_id: int(held) for account_id, held in rows}

    def trial_balance(self) -> list[Row]:
        """Per currency and kind of account: debits, credits, and what is left; per ledger they must agree."""
        sums: dict[tuple[int, str, str], list[int]] = {}
        for ledger, code, kind, debits, credits in self.db.execute(
            "SELECT l.ledger, a.currency, a.kind, l.debits_posted, l.credits_posted"
            " FROM ledger_account l JOIN account a ON a.account_id = l.id"
        ):
            total = sums.setdefault((ledger, code, kind), [0, 0, 0])
            total[0] += 1
            total[1] += int(debits)
            total[2] += int(credits)
        rows = []
        for (ledger, code, kind), (count, debits, credits) in sorted(
            sums.items(), key=lambda e: (e[0][1], e[0][0])
        ):
            decimals = self.decimals(code)
            rows.append(
                {
                    "currency": code,
                    "ledger": ledger,
                    "kind": kind,
                    "accounts": count,
                    "debits": format_minor(debits, decimals),
                    "credits": format_minor(credits, decimals),
                    "net": format_minor(credits - debits, decimals),
                }
            )
        return rows

    def day_report(self) -> list[Row]:
        """What became of all payments, by currency: numbers, values, waiting, and the liquidity it took.

        Minutes waited are the average of those that had to. Liquidity is the most that participants were down
        from their opening balances, and had drawn, added up. `settled_together` settled in passes over the
        queue, which saved the money that settling them one by one would have needed beside what was there.
        """
        rows = self._rows(
            "SELECT currency, count(*) AS received,"
            " sum(status = 'settled' AND queued_at = 0) AS settled_at_once,"
            " sum(status = 'settled' AND queued_at > 0) AS settled_after_waiting,"
            " sum(status = 'queued') AS queued, sum(status = 'expired') AS expired,"
            " sum(status = 'cancelled') AS cancelled,"
            " sum(status IN ('held', 'warehoused')) AS kept, sum(status = 'rejected') AS rejected,"
            " sum(CASE status WHEN 'settled' THEN amount_minor ELSE 0 END) AS settled_value,"
            " coalesce(round(avg(CASE WHEN status = 'settled' AND queued_at > 0"
            " THEN (settled_at - received_at) / 6e10 END), 1), 0) AS minutes_waited"
            " FROM payment GROUP BY currency ORDER BY count(*) DESC"
        )
        used = dict(
            self.db.execute(
                "SELECT a.currency, sum(max(a.opening - a.lowest, 0) + coalesce(c.peak, 0)) FROM account a"
                " LEFT JOIN credit_line_state c ON c.account_id = a.account_id"
                " WHERE a.kind = 'settlement' GROUP BY a.currency"
            ).fetchall()
        )
        members = dict(self.db.execute("SELECT currency, name FROM members").fetchall())
        together = self.settled_together()
        told = []
        for row in rows:
            code, value = row["currency"], row["settled_value"] or 0
            decimals = self.decimals(code) if code in members else 2
            liquidity = used.get(code) or 0
            row["settled_value"] = format_minor(value, decimals)
            row["liquidity_peak"] = format_minor(liquidity, decimals)
            row["liquidity_percent"] = f"{100 * liquidity / value:.1f}" if value else ""
            row["settled_together"], _, saved = together.get(code, (0, 0, 0))
            row["money_saved"] = format_minor(saved, decimals)
            told.append({"member": members.get(code, "-"), **row})
        return told

    def settled_together(self) -> dict[str, tuple[int, int, int]]:
        """By currency: how many payments passes over the queue have settled, their value, and the money that
        settling them one by one would have needed beside what was there; minor units."""
        found: dict[str, tuple[int, int, int]] = {}
        sql = "SELECT currency, settled, settled_minor, needed_minor FROM lsm_pass"
        for code, settled, value, needed in self.db.execute(sql):
            before = found.get(code, (0, 0, 0))
            found[code] = (before[0] + settled, before[1] + int(value), before[2] + int(needed))
        return found

    def rejections(self) -> list[Row]:
        """Why payments and messages were not settled: how many for each reason, and one example."""
        return self._rows(
            "SELECT reason, what, count(*) AS number, min(text) AS example FROM ("
            " SELECT reason, 'payment ' || status AS what, reason_text AS text FROM payment"
            " WHERE status IN ('rejected', 'expired', 'cancelled')"
            " UNION ALL SELECT reason,"
            " CASE message_type WHEN '' THEN 'unreadable file' ELSE 'message refused' END,"
            " reason_text FROM message WHERE reason <> '')"
            " GROUP BY reason, what ORDER BY number DESC"
        )

    def statement(self, number: str, business_date: str | None) -> tuple[Row, list[Row]]:
        """An account's business day: its head, and a row an entry with the balance after it.

        business_date: None for the latest. Raises: OperatorError if there is no such account or day.
        """
        found = self._rows("SELECT * FROM account WHERE number = ? OR account_id = ?", (number, number))
        if not found:
            raise OperatorError(
                "unknown_account", f"No account has the number {number}.", "`tasviya liquidity` lists them."
            )
        account = found[0]
        days = self._rows(
            "SELECT business_date, opened_commit, phase FROM operating_day WHERE currency = ?"
            " ORDER BY business_date DESC",
            (account["currency"],),
        )
        day = next((d for d in days if business_date in (None, d["business_date"])), None)
        if day is None:
            raise OperatorError(
                "unknown_day",
                f"{account['currency']} has no business day {business_date or 'yet'}.",
                "Open it.",
            )
        later = [d["opened_commit"] for d in days if d["opened_commit"] > day["opened_commit"]]
        return self._movements(account, day, min(later) - 1 if later else 1 << 62)

    def _movements(self, account: Row, day: Row, last_commit: int) -> tuple[Row, list[Row]]:
        kind, decimals = AccountKind[account["kind"].upper()], self.decimals(account["currency"])
        sign = 1 if runs_to_owner(kind) else -1
        balance = sign * self.balances()[account["account_id"]]
        facts = AccountFacts(account["account_id"], account["number"], account["currency"], kind, "", "")
        period = Period(facts, day["business_date"], balance)
        sql = "SELECT at, entries FROM journal WHERE commit_seq BETWEEN ? AND ? ORDER BY commit_seq"
        for at, entries in self.db.execute(sql, (day["opened_commit"], last_commit)):
            wanted = {bytes.fromhex(account["account_id"]): period}
            collect(msgspec.msgpack.decode(entries), at, wanted)
        head = {
            "account": account["number"] or account["account_id"],
            "owner": account["owner"],
            "currency": account["currency"],
            "business_date": day["business_date"],
            "phase": day["phase"],
            "opening": format_minor(sign * period.opening, decimals),
            "closing": format_minor(sign * period.closing, decimals),
            "entries": len(period.postings),
        }
        rows = [
            {
                "entry": posting.entry_seq,
                "at": iso_instant(posting.at),
                "for": posting.subject,
                "what": posting.leg.name.lower(),
                "amount": format_minor(-posting.amount if posting.is_debit else posting.amount, decimals),
                "balance": format_minor(sign * posting.balance_after, decimals),
            }
            for posting in period.postings
        ]
        return head, rows

    def knows_bic(self, bic: str) -> bool:
        """Whether a participant has, or had, this BIC of eight or eleven characters."""
        return bool(self._rows("SELECT 1 FROM participant_bics WHERE bic = ?", (full_bic(bic),)))

    def held(self) -> list[Row]:
        """Payments that screening has stopped."""
        rows = self._rows(
            "SELECT payment_id, uetr, currency, amount_minor, debtor, creditor, debtor_name, creditor_name,"
            " reason_text, received_at FROM payment WHERE status = 'held' ORDER BY seq"
        )
        return [self._told(row) for row in rows]

    def books_agree(self) -> list[Row]:
        """Each correspondent relation: what the correspondent's books owe and what the respondent's mirror
        says it holds."""
        rows = self._rows(
            "SELECT v.owner AS correspondent, v.with_whom AS respondent, v.currency, v.account_id AS vostro,"
            " n.account_id AS nostro FROM account v JOIN account n ON n.kind = 'nostro'"
            " AND n.owner = v.with_whom AND n.with_whom = v.owner AND n.currency = v.currency"
            " WHERE v.kind = 'vostro'"
            " ORDER BY v.currency, v.owner, v.with_whom"
        )
        balances = self.balances()
        told = []
        for row in rows:
            decimals = self.decimals(row["currency"])
            owed, held = balances[row["vostro"]], balances[row["nostro"]]
            row["vostro"], row["nostro"] = format_minor(owed, decimals), format_minor(held, decimals)
            row["difference"] = format_minor(owed - held, decimals)
            told.append(row)
        return told

    def converted_by_batch(self) -> list[Row]:
        """The exchange's batches, the earliest first: orders, those filled, and how many payments were
        converted; `bought`: what these came to, minor units by currency."""
        rows = self._rows(
            "SELECT b.seq AS batch, b.at, b.orders, b.filled, b.certified, o.buy,"
            " count(o.seq) AS payments, coalesce(sum(f.bought), 0) AS bought FROM exchange_batch b"
            " LEFT JOIN exchange_fill f ON f.batch_seq = b.seq LEFT JOIN exchange_order o"
            " ON o.seq = f.order_seq AND o.payment_seq <> 0 GROUP BY b.seq, o.buy ORDER BY b.seq"
        )
        told: dict[int, Row] = {}
        for row in rows:
            code, bought, payments = row.pop("buy"), row.pop("bought"), row.pop("payments")
            row |= {"at": iso_instant(row["at"]), "certified": bool(row["certified"])}
            batch = told.setdefault(row["batch"], row | {"payments": 0, "bought": {}})
            if code:
                batch["payments"] += payments
                batch["bought"][code] = bought
        return list(told.values())

    def days(self) -> list[Row]:
        """The operating days, latest first."""
        rows = self._rows("SELECT * FROM operating_day ORDER BY business_date DESC, currency")
        return [self._told(row) for row in rows]

    def clears(self) -> bool:
        """Whether the union has had a clearing cycle, and a value of its unit to tell it in."""
        sql = "SELECT EXISTS (SELECT 1 FROM clearing_cycle) AND EXISTS (SELECT 1 FROM unit_value)"
        return bool(self.db.execute(sql).fetchone()[0])

    def decimals(self, code: str) -> int:
        """How many decimals a currency, or the union's unit, has."""
        found = self._units.get(code) or currency(code)
        return found.decimals

    def _told(self, row: Row) -> Row:
        """A row with amounts and instants as people read them."""
        code = row.get("currency")
        if code and "amount_minor" in row:
            row["amount"] = format_minor(row.pop("amount_minor"), self.decimals(code))
        for name in ("received_at", "queued_at", "settled_at", "since", "not_before", "not_after"):
            if name in row:
                row[name] = iso_instant(row[name]) if row[name] else ""
        return row

    def _rows(self, sql: str, values: Sequence[Any] | Row = ()) -> list[Row]:
        cursor = self.db.execute(sql, values)  # type: ignore[arg-type]
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]
