"""What messages say of a trade: two banks have agreed to exchange one currency for another."""

from __future__ import annotations

from msgspec import Struct, field

from tasviya.core.errors import Refusal


class TradeInstruction(Struct, array_like=True, tag="TradeInstruction"):
    """A fxtr.014: one side's instruction to settle a trade, as that side sees it."""

    position: int
    reference: str = ""
    """OrgtrRef: its sender's own; the message has no other id."""
    common_reference: str | None = None
    """CmonRef: what both sides call the trade."""
    trade_date: str = ""
    settlement_date: str | None = None
    submitter: str | None = None
    """The BIC that sends it."""
    trader: str | None = None
    """The BIC that trades; None: the submitter."""
    counterparty_submitter: str | None = None
    counterparty: str | None = None
    """The BIC on the other side; None: the other side's submitter."""
    buy_currency: str = ""
    buy_amount: str = ""
    buy_minor: int = 0
    """0 where the text is no amount of that currency."""
    sell_currency: str = ""
    sell_amount: str = ""
    sell_minor: int = 0
    rate: str = ""
    """As agreed: told on, not computed with, for both amounts are agreed too."""
    unit_currency: str | None = None
    quoted_currency: str | None = None
    operation: str | None = None
    """OprTp: NEWT, or nothing, for a new trade."""
    versus_payment: str | None = None
    """PmtVrssPmtInd as written."""
    in_tokens: bool = False
    """Whether an amount is of a digital token."""
    non_deliverable: bool = False
    """Whether only a difference is to be paid (NDFConds)."""
    refusals: list[Refusal] = field(default_factory=list)


class TradeNotice(Struct, array_like=True, tag="TradeNotice"):
    """A fxtr.017: where a trade stands, as told to one side."""

    position: int
    trade_id: str = ""
    """MtchgSysUnqRef: our id of that side's instruction."""
    match_id: str | None = None
    """MtchgSysMtchgRef: our id of the two instructions together."""
    status: str = ""
    """UMTC unmatched, FMTC matched, SMAP waits for money on its day, STLD settled, RSCD rescinded,
    RJCT given up."""
    reason: str | None = None
    """SubStsCd: an ISO 20022 reason code."""
    text: str | None = None
    """What was found, and the cure; at most 210 characters."""
    at: str | None = None
    previous_status: str | None = None
    alleged: bool = False
    """Whether it tells the other side of an instruction that it has no match for."""
    originator: str | None = None
    reference: str = ""
    common_reference: str | None = None
    other_reference: str | None = None
    """CtrPtyRef: the other side's own, once matched."""
    trade_date: str = ""
    settlement_date: str = ""
    trader: str | None = None
    counterparty: str | None = None
    buy_currency: str = ""
    buy_minor: int = 0
    sell_currency: str = ""
    sell_minor: int = 0
    rate: str = ""
    unit_currency: str | None = None
    quoted_currency: str | None = None
    refusals: list[Refusal] = field(default_factory=list)
