"""One unit of work in progress: the verbs that every use case shares.

A `Work` changes the working memory at once and notes every change; `finish` hands them to the store, which
makes all of them last in one commit.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.core.ids import transfer_ids
from tasviya.journal.entry import EntryKind, whole
from tasviya.ledger.ledger import Transfer, TransferFlags
from tasviya.membership.exchange_rules import UNION
from tasviya.membership.records import Record
from tasviya.services.memory import AccountState, Memory
from tasviya.services.unit_of_work import (
    AccountRow,
    Changes,
    CreditLineRow,
    OutboxRow,
    QueueRow,
)
from tasviya.settlement.accounts import LIMITS, AccountKind, LedgerAccount, ledger_account
from tasviya.settlement.admission import Directory, Parties, When, judge_date
from tasviya.settlement.gross import Queue
from tasviya.settlement.payment import ISO_STATUS, Event, Payment, Priority
from tasviya.settlement.routing import Leg, LegCode

LINKED, UNLINKED = TransferFlags.LINKED, TransferFlags.NONE
POST, VOID = TransferFlags.POST_PENDING_TRANSFER, TransferFlags.VOID_PENDING_TRANSFER
GIVEN_UP = frozenset({Event.REFUSE, Event.CANCEL, Event.EXPIRE})
"""What ends a payment with no money moved."""
POSTED, HELD = int(EntryKind.POSTED), int(EntryKind.HELD)


class Work:
    """What one unit of work does to memory and store.

    actor: the participant, or the operator, on whose behalf; checker: who confirmed it, where two must.
    """

    def __init__(self, memory: Memory, now_ns: int) -> None:
        self.memory = memory
        self.now_ns = now_ns
        self.changes = Changes(memory.numbers.commit, now_ns)
        memory.numbers.commit += 1
        self._first_new = memory.numbers.payment
        self._touched: dict[int, AccountState] = {}
        self._limits: dict[tuple[int, str], None] = {}
        self.told: dict[tuple[str, str, int | str], OutboxRow] = {}
        self.fresh: dict[int, None] = {}
        """Accounts that money has come into and payments may wait for."""
        self.credited: dict[int, None] = {}
        """All accounts that money has come into in this unit."""
        self.forced_to_wait: frozenset[str] = frozenset()
        """Payments that the ledger refused when this unit was tried before."""
        self._bics: dict[str, str] = {}
        self._dates: dict[tuple[str, str, bool], tuple[str, Directory, When | Refusal]] = {}

    def date_of(self, currency: str, requested: str, customer: bool) -> tuple[str, Directory, When | Refusal]:
        """What a settlement date means now: the date, who is who on it, and when it may settle.

        requested: yyyy-mm-dd, or empty for the business date. The answer holds for the whole unit of work.
        """
        key = (currency, requested, customer)
        answer = self._dates.get(key)
        if answer is None:
            memory = self.memory
            day = memory.day(currency, self.now_ns)
            wanted = date.fromisoformat(requested) if requested else day.business_date
            directory = memory.directory(day.business_date)
            days = directory.snapshot.union.warehousing_days
            when = judge_date(wanted, day, customer=customer, warehousing_days=days)
            answer = self._dates[key] = (wanted.isoformat(), directory, when)
        return answer

    def forget_dates(self) -> None:
        """A day has moved on: what its dates mean is asked again."""
        self._dates.clear()

    # --- payments -----------------------------------------------------------------------------------

    def parties_of(self, payment: Payment) -> Parties | Refusal:
        """The parties of an accepted payment, as they stand now."""
        day = self.memory.day(payment.currency, self.now_ns)
        directory = self.memory.directory(day.business_date)
        debtor, creditor, currency = payment.debtor, payment.creditor, payment.currency
        through = (payment.debtor_correspondent, payment.creditor_correspondent)
        if payment.route == UNION:
            if self.memory.snapshot.clearing is None:
                directory = self.memory.directory(
                    self.memory.latest_date
                )  # it ends with the first currency's day
            return directory.through_union(debtor, creditor, currency, payment.debit_currency, through)
        if payment.debit_currency:
            return directory.across(debtor, creditor, currency, payment.debit_currency, through)
        return directory.between(debtor, creditor, currency, through)

    def happened(
        self, payment: Payment, event: Event, refusal: Refusal | None = None, actor: str = ""
    ) -> None:
        """Move a payment on, with the reason if it did not settle, and record the decision."""
        payment.happens(event)
        if refusal is None:
            payment.reason = payment.reason_text = payment.reason_path = ""
        else:
            payment.reason = refusal.reason
            payment.reason_text = f"{refusal.what} {refusal.cure}".strip()
            payment.reason_path = refusal.where
        self.changed(payment)
        if payment.claim and event in GIVEN_UP:
            self._gives_up(payment)
        self.record(
            EntryKind.DECIDED,
            payment.payment_id,
            ISO_STATUS[payment.status],
            payment.reason,
            actor or payment.sender,
            "",
        )

    def _gives_up(self, payment: Payment) -> None:
        """A payment that was on its way for a claim of customs will not settle."""
        claim = self.memory.customs.claim(payment.claim)
        if claim is not None:
            claim.on_the_way -= payment.claim_minor
            self.changes.claims[claim.reference] = claim

    def changed(self, payment: Payment) -> None:
        """Note that a payment's row changes, unless it is new in this unit anyway."""
        if payment.seq < self._first_new:
            self.changes.changed_payments[payment.seq] = payment

    def current(self, payment: Payment) -> Payment:
        """A payment read from the store, as this unit of work has it."""
        memory = self.memory
        waiting = memory.queue.get(payment.seq) or memory.book.payments.get(payment.seq)
        return self.changes.changed_payments.get(payment.seq) or waiting or payment

    def watch(self, payment: Payment) -> None:
        """Note the instants at which a payment that waits has to be looked at again."""
        timers = self.memory.timers
        for instant in (payment.not_before, payment.not_after):
            if instant > self.now_ns and (instant, payment.seq) not in timers:
                insort(timers, (instant, payment.seq))

    def enqueue(self, payment: Payment, decision: Queue) -> None:
        """Let a payment wait for an account."""
        self.memory.queue.add(decision.account_id, payment, by_limit=decision.by_limit)
        payment.blocked_by = f"{decision.account_id:032x}"
        self.changes.queued[payment.seq] = QueueRow(
            payment.seq,
            decision.account_id,
            payment.rank,
            decision.by_limit,
            decision.shortfall,
            payment.received_at,
        )

    def dequeue(self, payment: Payment) -> None:
        """Take a payment out of the queue."""
        if payment.seq in self.memory.queue:
            self.memory.queue.remove(payment.seq)
            payment.blocked_by = ""
            self.changes.queued[payment.seq] = None

    # --- money --------------------------------------------------------------------------------------

    def post(
        self,
        subject: str,
        attempt: int,
        legs: Sequence[Leg],
        amount: int,
        reference: int = 0,
        *,
        goes_on: bool = False,
    ) -> None:
        """Post legs as one chain: all of them or none.

        subject: what the transfers' ids derive from, with the attempt.
        amount: of legs that fix none of their own; minor units. reference: a payment's number, or 0.
        goes_on: the chain goes on with what is posted next.
        """
        last = -1 if goes_on else len(legs) - 1
        accounts, numbers, touched = self.memory.accounts, self.memory.numbers, self._touched
        identities = transfer_ids(subject, attempt, len(legs))
        for index, (leg, identity) in enumerate(zip(legs, identities, strict=True)):
            moved = leg.amount or amount
            flags = LINKED if index != last else UNLINKED
            flags |= leg.phase
            transfer = Transfer(
                identity,
                leg.debit,
                leg.credit,
                moved,
                leg.hold,
                0,
                reference,
                0,
                0,
                leg.partition,
                leg.code,
                flags,
            )
            self.changes.transfers.append(transfer)
            debit, credit = accounts[leg.debit], accounts[leg.credit]
            if leg.phase and leg.phase != POST:
                sign = -1 if leg.phase == VOID else 1
                raw = identity.to_bytes(16, "big")
                held = whole(debit.funds.held)
                self.record(EntryKind.HELD, raw, subject, reference, debit.raw_id, whole(sign * moved), held)
                continue
            debit.entry_seq += 1
            debit.net -= moved
            debit.lowest = min(debit.lowest, debit.net)
            credit.entry_seq += 1
            credit.net += moved
            touched[leg.debit] = debit
            touched[leg.credit] = credit
            entry = (
                numbers.entry,
                POSTED,
                identity.to_bytes(16, "big"),
                subject,
                reference,
                int(leg.code),
                whole(moved),
                debit.raw_id,
                debit.entry_seq,
                whole(debit.net),
                credit.raw_id,
                credit.entry_seq,
                whole(credit.net),
            )
            self.changes.entries.append(entry)
            numbers.entry += 1

    def end_chain(self) -> None:
        """What was posted last ends its chain."""
        transfers = self.changes.transfers
        transfers[-1] = replace(transfers[-1], flags=transfers[-1].flags & ~LINKED)

    def draw(self, account_id: int, amount: int) -> list[Leg]:
        """Draw on an account's credit line. Returns the two legs of it: the promise is used up, the money is
        lent; none if nothing is drawn."""
        state = self.memory.accounts[account_id]
        if not amount or state.credit is None:
            return []
        state.credit.drawn += amount
        state.credit.peak = max(state.credit.peak, state.credit.drawn)
        account = state.account
        promise, control, credit = self._credit_accounts(account_id)
        money = account.currency.number
        return [
            Leg(f"limit:{account.key}", LegCode.LIMIT_USED, promise, control, money + LIMITS, amount),
            Leg(f"draw:{account.key}", LegCode.CREDIT_DRAWN, credit, account_id, money, amount),
        ]

    def pay(self, account_id: int, amount: int, priority: Priority) -> list[Leg]:
        """Take an amount from an account. Returns the legs that draw on its credit line for what it lacks;
        they go in front of those that move the amount."""
        return self.draw(account_id, self.memory.accounts[account_id].funds.pay(amount, priority))

    def hold(self, account_id: int, amount: int, priority: Priority) -> list[Leg]:
        """Hold an amount on an account, with the same legs as `pay`."""
        return self.draw(account_id, self.memory.accounts[account_id].funds.hold(amount, priority))

    def receive(self, account_ids: Iterable[int], amount: int) -> None:
        """An amount has come into each of these accounts: payments may have waited for it."""
        for account_id in account_ids:
            self.memory.accounts[account_id].funds.receive(amount)
            self.fresh[account_id] = self.credited[account_id] = None

    def repaying_legs(self, account_id: int, amount: int) -> list[Leg]:
        """The two legs that repay a credit line and restore the promise."""
        account = self.memory.accounts[account_id].account
        promise, control, credit = self._credit_accounts(account_id)
        money = account.currency.number
        return [
            Leg(f"repay:{account.key}", LegCode.CREDIT_REPAID, account_id, credit, money, amount),
            Leg(f"restore:{account.key}", LegCode.LIMIT_RESTORED, control, promise, money + LIMITS, amount),
        ]

    def open_account(self, account: LedgerAccount) -> None:
        """Open one account."""
        self.memory.add_account(account, AccountRow(account.id, 0, 0, 0), net=0)
        self.changes.opened.append(account)
        self.act("open_account", account.key, account.hex_id)

    def add_record(self, record: Record) -> None:
        """Add a dated fact to the register."""
        self.changes.records.append(record)
        self.memory.change_register(self.memory.register.with_records([record]))
        self.forget_dates()

    def end_record(self, record: Record, day: date) -> None:
        """Let a dated fact of the register hold no longer from a date on."""
        self.changes.ended.append((record, day.isoformat()))
        self.memory.change_register(self.memory.register.with_ended(record, day))
        self.forget_dates()

    def touch(self, state: AccountState) -> None:
        """Note that an account's own row changes."""
        self._touched[state.account.id] = state

    def touch_limit(self, account_id: int, counterparty: str) -> None:
        """Note that an exposure changes; counterparty "" for the multilateral one."""
        self._limits[account_id, counterparty] = None

    def _credit_accounts(self, account_id: int) -> tuple[int, int, int]:
        account = self.memory.accounts[account_id].account
        institution = self.memory.snapshot.settlement_institution(account.currency.code)
        owner = institution.code if institution else ""
        return (
            ledger_account(AccountKind.CREDIT_LIMIT, account.owner, account.currency).id,
            ledger_account(AccountKind.LIMIT_CONTROL, owner, account.currency).id,
            ledger_account(AccountKind.CREDIT, account.owner, account.currency).id,
        )

    def subject_of(self, identity: int) -> str:
        """What a transfer of this unit was posted for."""
        raw = identity.to_bytes(16, "big")
        return next(str(e[3]) for e in self.changes.entries if e[1] in (POSTED, HELD) and e[2] == raw)

    # --- words --------------------------------------------------------------------------------------

    def record(self, kind: EntryKind, *fields: Any) -> None:
        """Add a journal entry."""
        numbers = self.memory.numbers
        self.changes.entries.append((numbers.entry, int(kind), *fields))
        numbers.entry += 1

    def bic(self, participant: str) -> str:
        """A participant's BIC now; its code where it has none, so that nothing is told to nobody."""
        found = self._bics.get(participant)
        if found is None:
            found = self._bics[participant] = self.memory.snapshot.bic(participant) or participant
        return found

    def act(self, act: str, subject: str, facts: str, actor: str = "operator", checker: str = "") -> None:
        """Record an act of administration."""
        self.record(EntryKind.ADMINISTERED, act, subject, facts, actor, checker)

    def tell(self, receiver: str, kind: str, refs: Any) -> OutboxRow:
        """Put one message to a BIC in the outbox."""
        numbers = self.memory.numbers
        row = OutboxRow(numbers.outbox, self.changes.commit_seq, receiver, kind, refs)
        numbers.outbox += 1
        self.changes.outbox.append(row)
        return row

    def tell_once(self, receiver: str, kind: str, refs: list[int]) -> None:
        """Tell something once in this unit, however often it is asked for."""
        key = (receiver, kind, refs[0])
        if key not in self.told:
            self.told[key] = self.tell(receiver, kind, refs)

    def tell_more(self, receiver: str, kind: str, about: int | str, item: Any) -> None:
        """Add an item to the message of that kind about that thing (a message's number, an account's id)
        that this unit tells the receiver; begin the message if it is the first."""
        row = self.told.get((receiver, kind, about))
        if row is None:
            row = self.told[receiver, kind, about] = self.tell(receiver, kind, [about, []])
        row.refs[1].append(item)

    # --- the end ------------------------------------------------------------------------------------

    def finish(self) -> Changes:
        """Everything to commit."""
        changes = self.changes
        for account_id, state in self._touched.items():
            changes.accounts.append(AccountRow(account_id, state.entry_seq, state.opening, state.lowest))
            if state.credit:
                changes.credit_lines.append(
                    CreditLineRow(account_id, state.credit.granted, state.credit.drawn, state.credit.peak)
                )
            for priority, remaining in state.funds.reserved.items():
                changes.reservations.append((account_id, priority, remaining))
        for account_id, counterparty in self._limits:
            limits = self.memory.accounts[account_id].limits
            exposure = limits and (
                limits.bilateral.get(counterparty) if counterparty else limits.multilateral
            )
            if exposure:
                changes.limits.append((account_id, counterparty, exposure.net_paid))
        return changes
