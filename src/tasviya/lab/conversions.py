"""What payers ask of the exchange: which side is fixed, and how far from the day's rate they go.

Most fix what the payee receives and say what they may be debited at the most, half a per cent above the rate
on average, for they want to be paid for. One in eight fixes what is debited. One in eight names the account
to debit and no limit: the union's own then holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tasviya.core.money import Currency, format_minor
from tasviya.lab.figures import Rates
from tasviya.membership.register import Snapshot
from tasviya.messages.model import CreditTransfer

MILLION = 1_000_000
TOLERANCE = 5_000
"""How much more than the day's rate a payer takes on average, millionths."""
SPREAD_A_STEP = 27
"""Millionths a step of the sum of four bytes, whose standard deviation is 148 steps: 0.4 %."""
_MEAN_OF_FOUR_BYTES = 510


@dataclass(frozen=True, slots=True)
class Terms:
    """From which currency into which, at the day's rate.

    rate: minor units credited for one debited.
    """

    debit: Currency
    credit: Currency
    rate: Fraction

    @staticmethod
    def of(snapshot: Snapshot, day_rates: Rates, debit: str, credit: str) -> Terms:
        """The terms of a pair."""
        sold, bought = snapshot.currencies[debit], snapshot.currencies[credit]
        rate = day_rates.of(credit) * bought.minor_per_major / (day_rates.of(debit) * sold.minor_per_major)
        return Terms(sold, bought, rate)

    @staticmethod
    def at_official_rate(transfer: CreditTransfer, account: str, route: str) -> None:
        """Write into a transfer that it goes by a route at the official rate, without a limit."""
        transfer.debtor_agent_account = account
        transfer.local_instrument = route.upper()

    def set(self, transfer: CreditTransfer, account: str, bits: int) -> None:
        """Write into a transfer what is debited, and the limit.

        account: the payer's bank's, in the currency debited. bits: 64 drawn at random.
        """
        kind = bits & 7
        if kind == 0:
            at_rate = transfer.amount_minor / self.rate
            self._fix_debit(transfer, max(round(at_rate), 1), _tolerance(bits))
        elif kind == 1:
            transfer.debtor_agent_account = account
        else:
            self.at_most(transfer, bits)
            if kind == 2:
                transfer.local_instrument = "EXCHANGE"

    def at_most(self, transfer: CreditTransfer, bits: int) -> None:
        """Write into a transfer what may be debited at the most. bits: 64 drawn at random."""
        most = transfer.amount_minor / self.rate * Fraction(MILLION + _tolerance(bits), MILLION)
        self._instruct(transfer, max(-((-most.numerator) // most.denominator), 1))

    def _fix_debit(self, transfer: CreditTransfer, debit_minor: int, tolerance: int) -> None:
        self._instruct(transfer, debit_minor)
        transfer.local_instrument = "EXCHANGE.IN"
        least = debit_minor * self.rate * Fraction(MILLION - tolerance, MILLION)
        transfer.amount_minor = max(least.numerator // least.denominator, 1)

    def _instruct(self, transfer: CreditTransfer, minor: int) -> None:
        transfer.instructed_amount = format_minor(minor, self.debit.decimals)
        transfer.instructed_currency = self.debit.code


def _tolerance(bits: int) -> int:
    """How much more than the day's rate a payer takes, millionths."""
    return TOLERANCE + (sum(bits.to_bytes(8)[:4]) - _MEAN_OF_FOUR_BYTES) * SPREAD_A_STEP
