"""The rules that a payment must meet to be accepted, beyond what its message says by itself.

Each is a class named by its ISO 20022 reason code. Its docstring is the rule's text; `cure` is what its
sender can do. Rules that need only the message live in
`tasviya.messages.rules`; docs/errors.md lists both, each with its smallest case.
"""

from __future__ import annotations

from typing import ClassVar

from tasviya.core.errors import Refusal


class Rule:
    """What a rule is called, where it looks and how to meet it."""

    reason: ClassVar[str]
    where: ClassVar[str]
    cure: ClassVar[str]
    transient: ClassVar[bool] = False

    @classmethod
    def refuse(cls, what: str, cure: str = "", where: str = "") -> Refusal:
        """The refusal of one payment: `what` was found, with its values.

        where: its place, if it is not the rule's.
        """
        return Refusal(cls.reason, what, cure or cls.cure, where or cls.where, cls.transient)


class DS0G(Rule):
    """The sender must be the instructing agent, or the bank whose money pays."""

    reason = "DS0G"
    where = "CdtTrfTxInf/InstgAgt/FinInstnId/BICFI"
    cure = "Send it from the instructing agent's own address."


class DNOR(Rule):
    """The sender must be a participant of the union on the business date."""

    reason = "DNOR"
    where = "CdtTrfTxInf/DbtrAgt/FinInstnId/BICFI"
    cure = "Use the participant's current BIC, or send it through a participant."


class CNOR(Rule):
    """The payee's bank, or the last intermediary before it, must be a participant on the business date."""

    reason = "CNOR"
    where = "CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI"
    cure = "Check the BIC; if the bank is no participant, name its correspondent as IntrmyAgt1."


class AG10(Rule):
    """A suspended participant neither pays nor is paid."""

    reason = "AG10"
    where = "CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI"
    cure = "Send it again when the suspension is lifted."
    transient = True


class AM03(Rule):
    """Both ends must have a settlement account in the currency, or a correspondent that has one."""

    reason = "AM03"
    where = "CdtTrfTxInf/IntrBkSttlmAmt/@Ccy"
    cure = "Open an account in the currency, appoint a correspondent, or pay in another currency."


class AC06(Rule):
    """A blocked account is neither debited nor credited."""

    reason = "AC06"
    where = "CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI"
    cure = "Ask the settlement institution that holds the account."
    transient = True


class AG03(Rule):
    """A participant does not pay itself: that is an entry in its own books."""

    reason = "AG03"
    where = "CdtTrfTxInf/CdtrAgt/FinInstnId/BICFI"
    cure = "Book it in your own accounts; move liquidity with camt.050."


class AM23(Rule):
    """A payment must not exceed the largest that the payer's member allows."""

    reason = "AM23"
    where = "CdtTrfTxInf/IntrBkSttlmAmt"
    cure = "Split the payment, or ask the member to raise its limit."


class AM11(Rule):
    """What a payment is debited in settles in this union."""

    reason = "AM11"
    where = "CdtTrfTxInf/InstdAmt/@Ccy"
    cure = "Debit a currency that settles here."


class AM12(Rule):
    """What a payment's order may be debited at the most, and the rate that follows, are amounts and rates."""

    reason = "AM12"
    where = "CdtTrfTxInf/InstdAmt"
    cure = "Correct the amount, or leave it out."


class FF05(Rule):
    """A local instrument that names a route through the exchange needs an exchange, and two currencies."""

    reason = "FF05"
    where = "CdtTrfTxInf/PmtTpInf/LclInstrm"
    cure = "Leave the local instrument out."


class NARR(Rule):
    """An order to convert waits in the exchange's book."""

    reason = "NARR"
    where = "CdtTrfTxInf"
    cure = "The next batch decides."
    transient = True


class ED05(Rule):
    """A payment that the exchange has not converted by the end of its time is given up; no money has
    moved."""

    reason = "ED05"
    where = "CdtTrfTxInf/IntrBkSttlmAmt"
    cure = "Send it again, with a limit nearer to the last price."
    transient = True


class AM13(Rule):
    """A payment must not exceed the largest that the union settles in its currency."""

    reason = "AM13"
    where = "CdtTrfTxInf/IntrBkSttlmAmt"
    cure = "Split the payment."


class DT01(Rule):
    """The settlement date must not lie in the past."""

    reason = "DT01"
    where = "CdtTrfTxInf/IntrBkSttlmDt"
    cure = "Send it again with today's business date."


class DT03(Rule):
    """The settlement date must be a business day of the currency's settlement institution."""

    reason = "DT03"
    where = "CdtTrfTxInf/IntrBkSttlmDt"
    cure = "Send it again with a business day."


class DT04(Rule):
    """The settlement date must lie within the days that the union keeps payments for."""

    reason = "DT04"
    where = "CdtTrfTxInf/IntrBkSttlmDt"
    cure = "Send it again nearer to the date."
    transient = True


class TM01(Rule):
    """A payment for today must arrive before its cut-off."""

    reason = "TM01"
    where = "CdtTrfTxInf/IntrBkSttlmDt"
    cure = "Send it again with the next business day."


class AB03(Rule):
    """A payment that its sender limited in time is not settled after that time."""

    reason = "AB03"
    where = "CdtTrfTxInf/SttlmTmReq"
    cure = "Send it again, with a later time or without."


class AM04(Rule):
    """A payment still without money at the cut-off expires; no money has moved."""

    reason = "AM04"
    where = "CdtTrfTxInf/IntrBkSttlmAmt"
    cure = "Fund the account and send it again on the next business day."
    transient = True


class DUPL(Rule):
    """A UETR tells one payment of a sender from all others."""

    reason = "DUPL"
    where = "CdtTrfTxInf/PmtId/UETR"
    cure = "Do not send it again: ask for its status with pacs.028; a new payment needs a new UETR."


class DU05(Rule):
    """An instruction id is used once by a sender."""

    reason = "DU05"
    where = "CdtTrfTxInf/PmtId/InstrId"
    cure = "Give the payment an instruction id of its own."


class DU01(Rule):
    """A message id is used once by a sender; the same bytes again get the same answer again."""

    reason = "DU01"
    where = "GrpHdr/MsgId"
    cure = "Give the message an id of its own."


class RR04(Rule):
    """A payment that a member's screening stops is held, or refused, under that member's law."""

    reason = "RR04"
    where = "CdtTrfTxInf"
    cure = "The member's authority decides; its case number is in the text."


class AC01(Rule):
    """A liquidity transfer or a report concerns accounts of the sender's, by their external numbers."""

    reason = "AC01"
    where = "DbtrAcct/Id"
    cure = "Give the account's number as your statements carry it."


class AM09(Rule):
    """A return must not exceed what is left of the payment."""

    reason = "AM09"
    where = "TxInf/RtrdIntrBkSttlmAmt"
    cure = "Return at most what was paid, less what has been returned."


class RR07(Rule):
    """A payment that quotes a claim of customs quotes one that is there, and pays whose claim it is."""

    reason = "RR07"
    where = "CdtTrfTxInf/RmtInf"
    cure = "Quote the MRN as it was given, as /MRN/ and its 18 signs."


class NOOR(Rule):
    """A recall, return or question must name a payment that was received here."""

    reason = "NOOR"
    where = "OrgnlTxRef"
    cure = "Check the original UETR and message id."


class ARDT(Rule):
    """What has been returned or cancelled already is not returned again."""

    reason = "ARDT"
    where = "OrgnlTxRef"
    cure = "Nothing remains to be done."


class LEGL(Rule):
    """What customs have been paid for a claim is not returned or recalled: they give it back by a refund."""

    reason = "LEGL"
    where = "OrgnlTxRef"
    cure = "Ask the customs for a refund; they pay it by a payment of its own."


RULES: tuple[type[Rule], ...] = tuple(Rule.__subclasses__())
