"""The ledger accounts behind a union: what each is for, which way its balance runs, what guards it.

One currency has three ledgers (partitions), so that money, banks' books and promises never mix in a sum:

    money    the settlement institution's books: `issue` against everyone's `settlement`; `credit` is what a
             participant has drawn of its credit line; `interest` is what the institution has paid and earned
             `exchange` takes in what orders sell and pays out what they buy, `rounding` keeps what cannot be
             split; both belong to the settlement institution, and `exchange` stands at zero between commits
             `clearing` takes in what payers pay by the union route and pays out what payees get by it; it
             belongs to the settlement institution and may stand on either side
             `offset` lends within a chain what a set of queued payments needs until all of it is posted, and
             has it back before the chain ends; it stands at zero between commits, too
    books    a correspondent's books: `vostro` (what it owes a respondent) against `vostro_control`, and the
             respondent's own mirror, `nostro` against `nostro_control`
    limits   promises, not money: `credit_limit` holds what is left of a credit line, against `limit_control`;
             a `guarantee` holds what is left of what a guarantor stands for, and a hold on it is what goods
             in transit, or duty that is deferred, take of it; what is called goes to `guarantee_called`

A fourth ledger of a currency is the books of its customs, beside the money on their settlement account:

    customs  `customs_cash` is what has come in for customs and not gone out; a `claim` is what has been paid
             or pledged for one declaration, demand or instalment; `customs_due` is what is assessed and not
             yet paid or secured, `customs_deferred` what a trader or guarantor pays later; `customs_accrued`
             holds assessed taxes, by tax, until they are collected as `customs_revenue`, or in a
             `customs_pool` that members share; `customs_share` is what is owed to another member of it,
             `customs_refund` what is owed to a trader, `trader_cash` what a trader has paid in ahead

The union's own unit has two of them: in `money`, a settlement institution's `position` is its claim on (+) or
debt to (-) the union, and its `fund` what it has contributed to the default fund; all of them add up to zero.
In `limits`, its `position_room` is how much further into debt its position may go.

The ledger itself refuses an overdraft: settlement, vostro and credit-limit accounts must not owe. A credit
line is therefore an account that a drawing empties, and a drawing is a chain in front of the payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tasviya.core.ids import AccountId, account_id
from tasviya.core.money import Currency
from tasviya.ledger.ledger import Account, AccountFlags


class AccountKind(IntEnum):
    """What an account is for: the ledger's account code."""

    ISSUE = 1
    SETTLEMENT = 2
    CREDIT = 3
    CREDIT_LIMIT = 4
    LIMIT_CONTROL = 5
    VOSTRO = 6
    VOSTRO_CONTROL = 7
    NOSTRO = 8
    NOSTRO_CONTROL = 9
    EXCHANGE = 10
    ROUNDING = 11
    CLEARING = 20
    POSITION = 21
    POSITION_ROOM = 22
    FUND = 23
    INTEREST = 12
    OFFSET = 13
    CUSTOMS_CASH = 40
    CLAIM = 41
    CUSTOMS_DUE = 42
    CUSTOMS_DEFERRED = 43
    CUSTOMS_ACCRUED = 44
    CUSTOMS_REVENUE = 45
    CUSTOMS_POOL = 46
    CUSTOMS_SHARE = 47
    CUSTOMS_REFUND = 48
    TRADER_CASH = 49
    GUARANTEE = 50
    GUARANTEE_CALLED = 51


BOOKS = 1_000_000
LIMITS = 2_000_000
CUSTOMS = 3_000_000
_PARTITION = {
    AccountKind.ISSUE: 0,
    AccountKind.SETTLEMENT: 0,
    AccountKind.CREDIT: 0,
    AccountKind.EXCHANGE: 0,
    AccountKind.ROUNDING: 0,
    AccountKind.CLEARING: 0,
    AccountKind.POSITION: 0,
    AccountKind.FUND: 0,
    AccountKind.POSITION_ROOM: LIMITS,
    AccountKind.INTEREST: 0,
    AccountKind.OFFSET: 0,
    AccountKind.CREDIT_LIMIT: LIMITS,
    AccountKind.LIMIT_CONTROL: LIMITS,
    AccountKind.VOSTRO: BOOKS,
    AccountKind.VOSTRO_CONTROL: BOOKS,
    AccountKind.NOSTRO: BOOKS,
    AccountKind.NOSTRO_CONTROL: BOOKS,
    AccountKind.GUARANTEE: LIMITS,
    AccountKind.GUARANTEE_CALLED: LIMITS,
    **{kind: CUSTOMS for kind in AccountKind if AccountKind.CUSTOMS_CASH <= kind <= AccountKind.TRADER_CASH},
}

OWED_TO_OWNER = frozenset(
    {
        AccountKind.SETTLEMENT,
        AccountKind.CREDIT_LIMIT,
        AccountKind.VOSTRO,
        AccountKind.EXCHANGE,
        AccountKind.ROUNDING,
        AccountKind.POSITION_ROOM,
        AccountKind.FUND,
        AccountKind.CLAIM,
        AccountKind.CUSTOMS_ACCRUED,
        AccountKind.CUSTOMS_REVENUE,
        AccountKind.CUSTOMS_SHARE,
        AccountKind.CUSTOMS_REFUND,
        AccountKind.TRADER_CASH,
        AccountKind.GUARANTEE,
    }
)
"""Kinds whose balance is credits less debits, and may not fall below zero."""
EITHER_WAY = frozenset({AccountKind.CLEARING, AccountKind.POSITION, AccountKind.CUSTOMS_POOL})
"""Kinds whose balance is credits less debits, and may stand on either side of zero."""
OWNED = frozenset(
    {
        AccountKind.CREDIT,
        AccountKind.NOSTRO,
        AccountKind.OFFSET,
        AccountKind.CUSTOMS_CASH,
        AccountKind.CUSTOMS_DUE,
        AccountKind.CUSTOMS_DEFERRED,
    }
)
"""Kinds whose balance is debits less credits, and may not fall below zero."""
ZERO_BETWEEN_COMMITS = frozenset({AccountKind.EXCHANGE, AccountKind.OFFSET})
"""Kinds that only pass money on: what a chain puts there, it takes away again."""


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """One account of the ledger and what it means."""

    id: AccountId
    kind: AccountKind
    owner: str
    """The participant whose account it is."""
    currency: Currency
    with_whom: str = ""
    """The other side of a vostro or nostro account."""
    number: str = ""
    """Its external number, as messages carry it."""

    @property
    def partition(self) -> int:
        """The ledger number: the currency's ISO number, shifted for books and limits."""
        return self.currency.number + _PARTITION[self.kind]

    @property
    def hex_id(self) -> str:
        """Its id as the store's tables and the outbox carry it: 32 hexadecimal digits."""
        return f"{self.id:032x}"

    @property
    def key(self) -> str:
        """A readable name: KZ-ALTYN/KZT/settlement."""
        other = f"/{self.with_whom}" if self.with_whom else ""
        return f"{self.owner}/{self.currency.code}/{self.kind.name.lower()}{other}"

    def to_open(self) -> Account:
        """The account as the ledger opens it."""
        flags = AccountFlags.NONE
        if self.kind in OWED_TO_OWNER:
            flags = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
        elif self.kind in OWNED:
            flags = AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS
        return Account(id=self.id, ledger=self.partition, code=int(self.kind), flags=flags)

    def balance(self, debits: int, credits: int) -> int:
        """Its balance the way it runs: positive is normal for its kind; minor units."""
        return credits - debits if runs_to_owner(self.kind) else debits - credits


def runs_to_owner(kind: AccountKind) -> bool:
    """Whether a balance of that kind is credits less debits: what is owed to the account's owner."""
    return kind in OWED_TO_OWNER or kind in EITHER_WAY


def ledger_account(
    kind: AccountKind, owner: str, currency: Currency, with_whom: str = "", number: str = ""
) -> LedgerAccount:
    """The account of that kind; its id follows from owner, kind, currency and other side."""
    identity = account_id(owner, kind.name, currency.code, with_whom)
    return LedgerAccount(identity, kind, owner, currency, with_whom, number)
