"""What an account report says: camt.052 (so far today), camt.053 (the day's), camt.054 (single entries)."""

from __future__ import annotations

from msgspec import Struct, field

from tasviya.core.errors import Refusal


class CounterValue(Struct, frozen=True, array_like=True):
    """What stands against an entry in another currency, and the rate between them."""

    amount_minor: int
    currency: str
    source_currency: str = ""
    """Converted from this; empty, with all that follows, if no rate is told."""
    target_currency: str = ""
    unit_currency: str = ""
    rate: str = ""
    """Units of the other currency for one of the unit currency."""
    contract_id: str = ""
    """What converted it: a batch, a quote, a trade."""
    quoted_at: str = ""
    """An instant: when that rate was found or agreed."""


class Entry(Struct, array_like=True):
    """One booking on a settlement account, with the payment it belongs to."""

    amount_minor: int
    currency: str
    is_credit: bool
    reference: str | None = None
    """The entry's number within its report (NtryRef)."""
    account_servicer_reference: str | None = None
    """Our own reference: the payment's id."""
    booked_at: str | None = None
    """A date, or an instant with its time."""
    value_date: str | None = None
    status: str = "BOOK"
    transaction_code: str = "PMNT/ICDT/XBCT"
    """Domain, family, subfamily of the standard's bank transaction codes."""
    message_id: str | None = None
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    transaction_id: str | None = None
    uetr: str | None = None
    debtor_name: str | None = None
    debtor_account: str | None = None
    creditor_name: str | None = None
    creditor_account: str | None = None
    debtor_agent: str | None = None
    creditor_agent: str | None = None
    purpose: str | None = None
    remittance: str | None = None
    counter_value: CounterValue | None = None


class Balance(Struct, array_like=True):
    """A balance: OPBD opening, CLBD closing, CLAV closing available, ITBD interim booked, ITAV available."""

    code: str
    amount_minor: int
    """Negative is a debit balance."""
    currency: str
    date: str
    """A date, or an instant with its time."""


class AccountReport(Struct, array_like=True, tag="AccountReport"):
    """One report, statement or notification on one account."""

    position: int
    report_id: str
    account: str
    currency: str | None = None
    owner: str | None = None
    """The account owner's BIC."""
    created_at: str | None = None
    sequence: int | None = None
    """ElctrncSeqNb: rises by one per account and report."""
    from_time: str | None = None
    to_time: str | None = None
    balances: list[Balance] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    page: int | None = None
    """Its place among the documents that together say one report, from 1; None: it stands alone."""
    last_page: bool = True
    servicer: str | None = None
    """The BIC of the institution in whose books the account lies; None: the operator's."""
    refusals: list[Refusal] = field(default_factory=list)
