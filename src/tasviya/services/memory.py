"""The writer's working memory: what is durable, in the shape that decisions need.

It is filled from the store at start, kept in step with every unit of work, and thrown away whenever a commit
fails: what is durable is the only truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tasviya.core.business_day import Phase
from tasviya.core.clock import from_ns
from tasviya.core.errors import invariant
from tasviya.membership.register import Register, Snapshot
from tasviya.services.clearing_memory import Clearing
from tasviya.services.customs_book import CustomsBook
from tasviya.services.exchange_book import Book
from tasviya.services.interest_rows import InterestBook
from tasviya.services.unit_of_work import AccountRow, DayRow, Store
from tasviya.settlement.accounts import EITHER_WAY, ZERO_BETWEEN_COMMITS, AccountKind, LedgerAccount
from tasviya.settlement.admission import Day, Directory
from tasviya.settlement.liquidity import Exposure, Funds, Limits
from tasviya.settlement.open_trades import OpenTrades
from tasviya.settlement.payment import Priority
from tasviya.settlement.queueing import PaymentQueue

DATES_KEPT = 8


@dataclass(slots=True)
class CreditState:
    """A credit line: what is granted today, and what of it is drawn. Minor units."""

    granted: int
    drawn: int
    peak: int


@dataclass(slots=True)
class AccountState:
    """An account between two commits. Balances are credits less debits, minor units."""

    account: LedgerAccount
    raw_id: bytes
    entry_seq: int
    net: int
    opening: int
    lowest: int
    funds: Funds
    limits: Limits | None = None
    credit: CreditState | None = None


class Memory:
    """Everything decisions need, loaded from a store."""

    def __init__(self, store: Store, now_ns: int) -> None:
        self.store = store
        self.register = Register(store.records())
        self.numbers = store.numbers()
        self.days: dict[str, DayRow] = {row.currency: row for row in store.day_rows()}
        opened = [date.fromisoformat(day.business_date) for day in self.days.values()]
        self.latest_date = max(opened) if opened else self.first_date(now_ns)
        self._directories: dict[date, Directory] = {}
        self.accounts: dict[int, AccountState] = {}
        self._load_accounts()
        self.timers: list[tuple[int, int]] = store.timers()
        """(instant, payment number) of payments that wait and whose payers have set times, in order."""
        self.book = Book(store)
        self.trades = OpenTrades(store.open_trades())
        self.clearing = Clearing(store, self.snapshot if any(self.register.tables().values()) else None)
        self.interest = InterestBook(store)
        self.customs = CustomsBook(store)
        self.latest_pass_ns = store.latest_pass_ns()
        self.queue = PaymentQueue()
        for row, payment in store.queue():
            self.queue.add(row.account_id, payment, by_limit=row.by_limit)

    @property
    def snapshot(self) -> Snapshot:
        """The union on the latest business date that any currency has opened."""
        return self.register.on(self.latest_date)

    def directory(self, business_date: date) -> Directory:
        """Who is who on a business date."""
        found = self._directories.get(business_date)
        if found is None:
            if len(self._directories) >= DATES_KEPT:
                self._directories.clear()
            found = self._directories[business_date] = Directory(self.register.on(business_date))
        return found

    def day(self, currency: str, now_ns: int) -> Day:
        """Where a currency's business day stands: the day that is open, else the next one to open."""
        hours = self.snapshot.operating_hours(currency)
        if hours is None:
            raise LookupError(f"{currency} does not settle here")
        row, today = self.days.get(currency), hours.local_date(now_ns)
        if row is None:
            return Day(hours.business_date_at(now_ns), Phase.CLOSED, hours, today)
        business_date = date.fromisoformat(row.business_date)
        if row.phase == Phase.CLOSED:
            return Day(hours.calendar.next_business_day(business_date), Phase.CLOSED, hours, today)
        return Day(business_date, Phase(row.phase), hours, today)

    def is_open(self, currency: str) -> bool:
        """Whether a currency's business day is open, in whatever phase."""
        row = self.days.get(currency)
        return row is not None and row.phase != Phase.CLOSED

    def change_register(self, register: Register) -> None:
        """The union's dated facts have changed: who is who is asked again."""
        self.register = register
        self._directories.clear()

    def add_account(self, account: LedgerAccount, row: AccountRow, net: int, held: int = 0) -> None:
        """Take an account in. net: credits less debits in the ledger. held: debits pending there."""
        raw_id = account.id.to_bytes(16, "big")
        funds = Funds(account.id, net - held, held=held, bottomless=account.kind in EITHER_WAY)
        self.accounts[account.id] = AccountState(
            account, raw_id, row.entry_seq, net, row.opening, row.lowest, funds
        )

    def let_go(self) -> None:
        """A unit of work is durable: forget what nobody asks for any more."""
        for account_id in self.customs.ended:
            self.accounts.pop(account_id, None)
        self.customs.forget()

    def start_day(self, currency: str, business_date: date) -> list[AccountState]:
        """A currency's day opens: balances are noted, limits and reservations begin anew.

        Returns the currency's accounts.
        """
        self.latest_date = max(self.latest_date, business_date)
        states = [state for state in self.accounts.values() if state.account.currency.code == currency]
        for state in states:
            state.opening = state.lowest = state.net
            if state.credit:
                state.credit.peak = state.credit.drawn
            if state.account.kind is AccountKind.SETTLEMENT:
                state.limits = self._limits_of(state.account)
                kept = self.snapshot.reservations(state.account.owner, currency)
                state.funds.reserved = {Priority(name): amount for name, amount in kept.items()}
        return states

    def first_date(self, now_ns: int) -> date:
        """The business date of a union that has never opened: the earliest of its currencies' then."""
        today = from_ns(now_ns).date()
        snapshot = self.register.on(today)
        hours = [snapshot.operating_hours(code) for code in snapshot.currencies]
        return min((each.business_date_at(now_ns) for each in hours if each), default=today)

    def _load_accounts(self) -> None:
        store = self.store
        for account, row in store.account_rows():
            self.add_account(account, row, *self._ledger_balance(account))
        for line in store.credit_line_rows():
            state = self.accounts[line.account_id]
            state.credit = CreditState(line.granted, line.drawn, line.peak)
            state.funds.undrawn = line.granted - line.drawn
        for account_id, priority, remaining in store.reservation_rows():
            self.accounts[account_id].funds.reserved[Priority(priority)] = remaining
        for state in self.accounts.values():
            if state.account.kind is AccountKind.SETTLEMENT:
                state.limits = self._limits_of(state.account)
        for account_id, counterparty, net_paid in store.limit_rows():
            limits = self.accounts[account_id].limits
            exposure = limits and (
                limits.bilateral.get(counterparty) if counterparty else limits.multilateral
            )
            if exposure:
                exposure.net_paid = net_paid

    def _ledger_balance(self, account: LedgerAccount) -> tuple[int, int]:
        """Credits less debits in the ledger, and debits pending there."""
        balances = self.store.ledger.balances(account.id)
        invariant(balances is not None, f"the ledger has {account.key}")
        held, debits, _, credits = balances or (0, 0, 0, 0)
        return credits - debits, held

    def _limits_of(self, account: LedgerAccount) -> Limits | None:
        code = account.currency.code
        bilateral = self.snapshot.bilateral_limits(account.owner, code)
        overall = self.snapshot.multilateral_limit(account.owner, code)
        if not bilateral and overall is None:
            return None
        return Limits(
            {counterparty: Exposure(limit) for counterparty, limit in bilateral.items()},
            None if overall is None else Exposure(overall),
        )

    def check(self) -> None:
        """The working memory agrees with the ledger it was loaded from and kept in step with.

        Raises: InvariantBroken.
        """
        for state in self.accounts.values():
            net, held = self._ledger_balance(state.account)
            invariant(state.net == net, f"{state.account.key} stands as in the ledger")
            if state.account.kind in ZERO_BETWEEN_COMMITS:
                invariant(state.net == 0, f"{state.account.key} has passed everything on")
            if state.account.kind in (AccountKind.SETTLEMENT, AccountKind.VOSTRO):
                funds = state.funds
                invariant(funds.held == held, f"{state.account.key} holds back as in the ledger")
                invariant(funds.balance + held == net, f"{state.account.key} spends what it has")
