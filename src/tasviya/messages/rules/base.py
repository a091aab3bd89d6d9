"""What a rule is: a class named by its code, whose docstring is the rule, with a cure.

A rule is broken by what it finds: `Broken`, the finding and the path. Rules see one message and the scheme,
never a clock, a participant or another message; those that need more belong elsewhere.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, NamedTuple

from tasviya.messages.model import CreditTransfer, Group, LiquidityTransfer, ParsedMessage, Return
from tasviya.messages.scheme import Scheme

CUSTOMER, INSTITUTION, RETURN, LIQUIDITY = (
    "pacs.008.001.08",
    "pacs.009.001.08",
    "pacs.004.001.09",
    "camt.050.001.07",
)
TRADE = "fxtr.014.001.05"
MULTILATERAL = "pacs.029.001.02"
TRANSFERS = (CUSTOMER, INSTITUTION)
AMOUNTS = (CUSTOMER, INSTITUTION, RETURN, LIQUIDITY)

TRANSACTION_PATHS = {
    CUSTOMER: "CdtTrfTxInf",
    INSTITUTION: "CdtTrfTxInf",
    RETURN: "TxInf",
    MULTILATERAL: "SttlmReq",
    "camt.060.001.05": "RptgReq",
    # One transfer a message; its element is not the message's root, though it has the same name.
    LIQUIDITY: "LqdtyCdtTrf",
}
AMOUNT_PATHS = {
    CUSTOMER: "IntrBkSttlmAmt",
    INSTITUTION: "IntrBkSttlmAmt",
    RETURN: "RtrdIntrBkSttlmAmt",
    LIQUIDITY: "TrfdAmt/AmtWthCcy",
}
AMOUNT = "amount"
"""As a path: the element with the amount, whatever the message calls it."""

WithAmount = CreditTransfer | Return | LiquidityTransfer


class Broken(NamedTuple):
    """A finding against a rule."""

    what: str
    where: str
    """A path below the transaction, or below the message's root for message rules; or `AMOUNT`; or a whole
    path, from a slash on."""


class Rule:
    """What all rules have in common."""

    reason: ClassVar[str]
    """The code of ExternalStatusReason1Code."""
    cure: ClassVar[str]
    messages: ClassVar[tuple[str, ...]] = ()
    """The message types it applies to; none means every type."""

    @property
    def text(self) -> str:
        """The rule in words."""
        return " ".join((self.__doc__ or "").split())


class MessageRule(Rule):
    """Concerns the message as a whole: if it is broken, nothing of the message is processed."""

    def check(self, message: ParsedMessage, scheme: Scheme) -> Broken | None:
        """The finding, if any."""
        raise NotImplementedError


class TransactionRule(Rule):
    """Concerns one transaction: if it is broken, that one is refused and its neighbours are not."""

    def check(self, transaction: Any, group: Group, scheme: Scheme) -> Broken | None:
        """The finding, if any. transaction: of one of the types that `messages` names."""
        raise NotImplementedError


class RepeatRule(Rule):
    """Concerns what must not occur twice in one message: the second and later ones are refused."""

    where: ClassVar[str]

    def key(self, transfer: Any) -> Hashable | None:
        """What must differ between transactions; None where the transaction has nothing to compare.

        transfer: of one of the types that `messages` names.
        """
        raise NotImplementedError
