"""Questions about passes over the queue, and why a payment waits, to a store while its writer works."""

from __future__ import annotations

from typing import Any

from tasviya.adapters.sqlite_clearing import StoredClearing
from tasviya.adapters.sqlite_connection import Connection
from tasviya.adapters.sqlite_exchange import StoredExchange
from tasviya.adapters.sqlite_facts import StoredFacts
from tasviya.adapters.sqlite_interest import StoredInterest
from tasviya.adapters.sqlite_rates import StoredRates
from tasviya.adapters.sqlite_trades import StoredTrades
from tasviya.core.clock import iso_instant
from tasviya.core.currencies import currency
from tasviya.core.errors import OperatorError
from tasviya.core.money import format_minor
from tasviya.services.memory import Memory
from tasviya.services.waiting import Explained, explain
from tasviya.settlement.payment import Payment

Row = dict[str, Any]


class ReadBalances:
    """The ledger's balances, read from its rows."""

    def __init__(self, db: Connection) -> None:
        rows = db.execute(
            "SELECT id, debits_pending, debits_posted, credits_pending, credits_posted FROM ledger_account"
        )
        self._found = {int(identity, 16): tuple(map(int, amounts)) for identity, *amounts in rows}

    def balances(self, account_id: int) -> tuple[int, ...] | None:
        """(debits pending, debits posted, credits pending, credits posted); None: no such account."""
        return self._found.get(account_id)


class LsmQueries(StoredFacts, StoredExchange, StoredRates, StoredTrades, StoredClearing, StoredInterest):
    """What can be asked of passes and of what waits. Amounts come as decimal texts, instants as UTC texts."""

    def passes(self, currency_code: str | None = None) -> list[Row]:
        """Every pass, the latest first: what it tried and settled, what that would have needed one by one,
        and
        the most that any set could have settled."""
        rows = self.connection.execute(
            "SELECT seq, at, trigger, currency, algorithm, tried, tried_minor, pairs, settled, settled_minor,"
            " trades, needed_minor, bound_minor FROM lsm_pass WHERE ?1 IS NULL OR currency = ?1"
            " ORDER BY seq DESC",
            (currency_code,),
        )
        return [_pass_row(*row) for row in rows]

    def why(self, name: str) -> list[Row]:
        """Why each payment of that name waits: UETR, payment id, instruction id or end-to-end id.

        Raises: OperatorError if there is none, or it does not wait.
        """
        self.connection.execute("BEGIN")  # all that is read is of one moment
        found = self._named(name)
        if not found:
            raise OperatorError("unknown_payment", f"No payment is known by {name}.", "Check the id.")
        waiting = [payment for payment in found if payment.status == "queued"] or found[-1:]
        self.ledger = ReadBalances(self.connection)
        now_ns = self.latest_commit_ns()
        memory = Memory(self, now_ns)  # type: ignore[arg-type]  # what only the writer asks is not there
        return [_told(explain(memory, payment, now_ns)) for payment in waiting]

    def _named(self, name: str) -> list[Payment]:
        for column in ("uetr", "payment_id", "instruction_id", "end_to_end_id"):
            found = self._payments(f"{column} = ? ORDER BY seq LIMIT 100", name)
            if found:
                return found
        return []


def _pass_row(
    seq: int,
    at: int,
    trigger: str,
    code: str,
    algorithm: str,
    tried: int,
    tried_minor: str,
    pairs: int,
    settled: int,
    settled_minor: str,
    trades: int,
    needed_minor: str,
    bound_minor: str,
) -> Row:
    decimals = currency(code).decimals
    most, done = int(bound_minor), int(settled_minor)
    return {
        "pass": seq,
        "at": iso_instant(at),
        "trigger": trigger,
        "currency": code,
        "algorithm": algorithm,
        "tried": tried,
        "tried_value": format_minor(int(tried_minor), decimals),
        "settled": settled,
        "by_pairs": pairs,
        "settled_value": format_minor(done, decimals),
        "trades": trades,
        "needed_alone": format_minor(int(needed_minor), decimals),
        "at_most": format_minor(most, decimals),
        "gap_percent": f"{100 * (most - done) / most:.2f}" if most else "0.00",
    }


def _told(found: Explained) -> Row:
    """An explanation as people read it."""
    payment, counted = found.payment, found.money.decimals
    code = payment.debit_currency or payment.currency
    decimals = currency(code).decimals
    return {
        "payment_id": payment.payment_id,
        "uetr": payment.uetr,
        "payer": payment.debtor,
        "payee": payment.creditor,
        "currency": code,
        "amount": format_minor(payment.taken_minor, decimals),
        "priority": payment.priority,
        "waits_for": found.waits_for,
        "account_of": found.account,
        "why": found.why,
        "counted_in": found.money.code,
        "spendable": format_minor(found.spendable, counted),
        "lacks": format_minor(found.lacks, counted),
        "ahead": [
            {
                "payment_id": each.payment_id,
                "uetr": each.uetr,
                "payee": each.creditor,
                "amount": format_minor(each.taken_minor, decimals),
                "priority": each.priority,
                "since": iso_instant(each.received_at),
            }
            for each in found.ahead
        ],
        "releases": "" if found.releases is None else format_minor(found.releases, counted),
        "how": found.how,
        "next_pass": iso_instant(found.next_pass_at) if found.next_pass_at else "",
        "tried_again": found.when,
        "expires": iso_instant(found.expires_at) if found.expires_at else "",
    }
