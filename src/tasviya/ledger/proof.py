"""Proof that a ledger adds up: by its balances alone, and from its transfers.

The trial balance: in every partition (`ledger`), debits equal credits, posted and pending. The recomputation:
the balances follow from the transfers, and nothing else moved them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tasviya.ledger.ledger import Account, Transfer, TransferFlags

RESOLVES = TransferFlags.POST_PENDING_TRANSFER | TransferFlags.VOID_PENDING_TRANSFER


@dataclass(slots=True)
class Totals:
    """Sums over one partition's accounts, minor units."""

    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def holds(self) -> bool:
        return self.debits_pending == self.credits_pending and self.debits_posted == self.credits_posted


@dataclass(slots=True)
class TrialBalance:
    """The sums of every partition."""

    partitions: dict[int, Totals] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether debits equal credits everywhere."""
        return all(totals.holds for totals in self.partitions.values())


def trial_balance(accounts: Iterable[Account]) -> TrialBalance:
    """Sum all accounts by partition; give it every account, or it proves nothing."""
    proof = TrialBalance()
    for account in accounts:
        totals = proof.partitions.setdefault(account.ledger, Totals())
        totals.debits_pending += account.debits_pending
        totals.debits_posted += account.debits_posted
        totals.credits_pending += account.credits_pending
        totals.credits_posted += account.credits_posted
    return proof


def recomputed(transfers: Iterable[Transfer], is_expired: Callable[[int], bool]) -> dict[int, Totals]:
    """Balances by account id as they follow from all transfers, in order.

    is_expired: whether the pending transfer with this id has given its money back for want of time.
    """
    balances: dict[int, Totals] = {}
    pending: dict[int, Transfer] = {}
    for transfer in transfers:
        debit = balances.setdefault(transfer.debit_account_id, Totals())
        credit = balances.setdefault(transfer.credit_account_id, Totals())
        if transfer.flags & TransferFlags.PENDING:
            if not is_expired(transfer.id):
                pending[transfer.id] = transfer
                debit.debits_pending += transfer.amount
                credit.credits_pending += transfer.amount
            continue
        if transfer.flags & RESOLVES:
            reserved = pending.pop(transfer.pending_id)
            debit.debits_pending -= reserved.amount
            credit.credits_pending -= reserved.amount
        if not transfer.flags & TransferFlags.VOID_PENDING_TRANSFER:
            debit.debits_posted += transfer.amount
            credit.credits_posted += transfer.amount
    return balances


def differences(
    accounts: Iterable[Account], transfers: Iterable[Transfer], is_expired: Callable[[int], bool]
) -> list[str]:
    """What does not follow, one sentence each; empty if the ledger is proven."""
    follows = recomputed(transfers, is_expired)
    found = []
    for account in accounts:
        totals = follows.pop(account.id, Totals())
        kept = Totals(
            account.debits_pending, account.debits_posted, account.credits_pending, account.credits_posted
        )
        if kept != totals:
            found.append(f"Account {account.id:032x} holds {kept}, but its transfers make {totals}.")
    found += [f"Transfers move account {id:032x}, which does not exist." for id in follows]
    return found
