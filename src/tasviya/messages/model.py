"""What a message says, as values: a `ParsedMessage` and its typed transactions.

Every struct is an array with a tag when it travels between processes (`transport`). Texts are as received;
`…_minor` are whole minor units. `None` means the message did not say. Dates are ISO texts, so nothing here
knows a calendar. A transaction's `refusals` concern it alone; a message's concern all of it.
"""

from __future__ import annotations

from msgspec import Struct, field

from tasviya.core.errors import Refusal
from tasviya.messages.multilateral import MultilateralSettlementRequest
from tasviya.messages.statements import AccountReport
from tasviya.messages.trades import TradeInstruction, TradeNotice


class Charge(Struct, frozen=True, array_like=True):
    """Charges that an agent took from the amount."""

    amount: str
    currency: str
    agent: str | None


class CreditTransfer(Struct, array_like=True, tag="CreditTransfer", gc=False):
    """One `CdtTrfTxInf` of a pacs.008 or a pacs.009. What the group header says for all is filled in here."""

    position: int
    """Its place in the message, from 1."""
    currency: str = ""
    amount: str = ""
    """IntrBkSttlmAmt as written."""
    amount_minor: int = 0
    """IntrBkSttlmAmt; 0 where the text is no amount of that currency, and a refusal says so."""
    instruction_id: str | None = None
    end_to_end_id: str = ""
    transaction_id: str | None = None
    uetr: str | None = None
    settlement_date: str | None = None
    priority: str | None = None
    """URGT, HIGH or NORM: SttlmPrty, else InstrPrty, else NORM."""
    service_levels: tuple[str, ...] = ()
    local_instrument: str | None = None
    category_purpose: str | None = None
    purpose: str | None = None
    charge_bearer: str | None = None
    charges: tuple[Charge, ...] = ()
    instructed_amount: str | None = None
    instructed_currency: str | None = None
    exchange_rate: str | None = None
    instructing_agent: str | None = None
    instructed_agent: str | None = None
    debtor_agent: str | None = None
    creditor_agent: str | None = None
    intermediary_agents: tuple[str, ...] = ()
    previous_instructing_agents: tuple[str, ...] = ()
    debtor_name: str | None = None
    debtor_country: str | None = None
    debtor_town: str | None = None
    debtor_address_lines: tuple[str, ...] = ()
    debtor_bic: str | None = None
    """The debtor itself: an institution in a pacs.009, an organisation's BIC in a pacs.008."""
    debtor_lei: str | None = None
    debtor_account: str | None = None
    debtor_account_is_iban: bool = False
    creditor_name: str | None = None
    creditor_country: str | None = None
    creditor_town: str | None = None
    creditor_address_lines: tuple[str, ...] = ()
    creditor_bic: str | None = None
    creditor_lei: str | None = None
    creditor_account: str | None = None
    creditor_account_is_iban: bool = False
    debtor_agent_account: str | None = None
    creditor_agent_account: str | None = None
    settle_at: str | None = None
    """SttlmTmReq/CLSTm: a time with its zone, such as 10:30:00+01:00; so the three below."""
    settle_till: str | None = None
    settle_from: str | None = None
    reject_after: str | None = None
    remittance: str | None = None
    """The unstructured lines, joined, at most 140 characters: for entries. The whole travels in the slice."""
    regulatory_codes: tuple[str, ...] = ()
    cover: bool = False
    """Whether a pacs.009 covers a customer's transfer (UndrlygCstmrCdtTrf)."""
    start: int = 0
    end: int = 0
    """Where its element lies: bytes of `ParsedMessage.body`, or of the file as received if that is None."""
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def service_level(self) -> str | None:
        """The first service level, if any."""
        return self.service_levels[0] if self.service_levels else None


class Return(Struct, array_like=True, tag="Return"):
    """One `TxInf` of a pacs.004: a settled payment coming back."""

    position: int
    currency: str = ""
    amount: str = ""
    amount_minor: int = 0
    return_id: str | None = None
    original_message_id: str | None = None
    original_message_type: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_transaction_id: str | None = None
    original_uetr: str | None = None
    original_amount: str | None = None
    original_currency: str | None = None
    original_settlement_date: str | None = None
    settlement_date: str | None = None
    priority: str | None = None
    charge_bearer: str | None = None
    instructing_agent: str | None = None
    instructed_agent: str | None = None
    reason: str | None = None
    additional_info: tuple[str, ...] = ()
    refusals: list[Refusal] = field(default_factory=list)


class StatusReport(Struct, array_like=True, tag="StatusReport"):
    """What a pacs.002 says of a whole message (`position` 0) or of one of its transactions."""

    position: int
    status: str | None = None
    """ACSC, ACSP, PDNG, RJCT, RCVD, ACTC, ACCP, PART, CANC …"""
    original_message_id: str | None = None
    original_message_type: str | None = None
    status_id: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_transaction_id: str | None = None
    original_uetr: str | None = None
    reason: str | None = None
    additional_info: tuple[str, ...] = ()
    """Lines of at most 105 characters."""
    settlement_date: str | None = None
    accepted_at: str | None = None
    """AccptncDtTm: when it settled or was accepted."""
    clearing_reference: str | None = None
    """ClrSysRef: what converted a payment in two currencies."""
    instructing_agent: str | None = None
    instructed_agent: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class StatusRequest(Struct, array_like=True, tag="StatusRequest"):
    """One `TxInf` of a pacs.028, or, where `position` is 0, a question about a whole message."""

    position: int
    original_message_id: str | None = None
    original_message_type: str | None = None
    status_request_id: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_transaction_id: str | None = None
    original_uetr: str | None = None
    instructing_agent: str | None = None
    instructed_agent: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class Recall(Struct, array_like=True, tag="Recall"):
    """One transaction that a camt.056 asks to cancel, or, where `position` is 0, a whole message."""

    position: int
    original_message_id: str | None = None
    original_message_type: str | None = None
    cancellation_id: str | None = None
    case_id: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_transaction_id: str | None = None
    original_uetr: str | None = None
    original_amount: str | None = None
    original_currency: str | None = None
    original_settlement_date: str | None = None
    reason: str | None = None
    additional_info: tuple[str, ...] = ()
    refusals: list[Refusal] = field(default_factory=list)


class RecallAnswer(Struct, array_like=True, tag="RecallAnswer"):
    """What a camt.029 answers: for one transaction, or for the whole case (`position` 0)."""

    position: int
    status: str | None = None
    """CNCL cancelled, RJCR refused, PDCR pending, and others of the external code set."""
    recall_id: str | None = None
    """The case's id, where one was resolved."""
    cancellation_status_id: str | None = None
    original_message_id: str | None = None
    original_message_type: str | None = None
    original_instruction_id: str | None = None
    original_end_to_end_id: str | None = None
    original_transaction_id: str | None = None
    original_uetr: str | None = None
    reason: str | None = None
    additional_info: tuple[str, ...] = ()
    refusals: list[Refusal] = field(default_factory=list)


class ReportRequest(Struct, array_like=True, tag="ReportRequest"):
    """One `RptgReq` of a camt.060: which report, on which account, for which days."""

    position: int
    requested_message: str | None = None
    """camt.052.001.08 or camt.053.001.08."""
    request_id: str | None = None
    account: str | None = None
    account_currency: str | None = None
    owner: str | None = None
    from_date: str | None = None
    to_date: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class LiquidityTransfer(Struct, array_like=True, tag="LiquidityTransfer"):
    """A camt.050: a participant moves its own money between two of its accounts."""

    position: int
    currency: str = ""
    amount: str = ""
    amount_minor: int = 0
    instruction_id: str | None = None
    end_to_end_id: str | None = None
    transaction_id: str | None = None
    uetr: str | None = None
    debtor: str | None = None
    debtor_account: str | None = None
    creditor: str | None = None
    creditor_account: str | None = None
    settlement_date: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class Receipt(Struct, array_like=True, tag="Receipt"):
    """One `RctDtls` of a camt.025: how a request of the named message fared."""

    position: int
    original_message_id: str
    status: str | None = None
    original_message_type: str | None = None
    reason: str | None = None
    additional_info: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class MessageReject(Struct, array_like=True, tag="MessageReject"):
    """An admi.002: a message could not be read."""

    position: int
    reference: str
    reason: str
    rejected_at: str | None = None
    location: str | None = None
    description: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


class Acknowledgement(Struct, array_like=True, tag="Acknowledgement"):
    """One `Rpt` of an admi.007: a message arrived."""

    position: int
    reference: str
    status: str
    reference_type: str | None = None
    received_at: str | None = None
    description: str | None = None
    refusals: list[Refusal] = field(default_factory=list)


Transaction = (
    CreditTransfer
    | Return
    | StatusReport
    | StatusRequest
    | Recall
    | RecallAnswer
    | ReportRequest
    | LiquidityTransfer
    | Receipt
    | AccountReport
    | MessageReject
    | Acknowledgement
    | TradeInstruction
    | TradeNotice
    | MultilateralSettlementRequest
)


class Group(Struct, array_like=True):
    """What a message says once for all its transactions, as written."""

    message_id: str = ""
    created_at: str | None = None
    number_of_transactions: str | None = None
    control_sum: str | None = None
    total_amount: str | None = None
    total_currency: str | None = None
    settlement_date: str | None = None
    settlement_method: str | None = None
    clearing_system: str | None = None
    settles_elsewhere: bool = False
    """Whether SttlmInf names a settlement account or reimbursement agents."""
    instructing_agent: str | None = None
    instructed_agent: str | None = None
    carried: str = ""
    """PmtTpInf, InstgAgt and InstdAgt of the group header, as XML text in the message's default namespace."""


class Header(Struct, array_like=True):
    """An AppHdr (head.001.001.02)."""

    sender_bic: str | None = None
    receiver_bic: str | None = None
    business_message_id: str = ""
    message_type: str = ""
    business_service: str | None = None
    created_at: str = ""
    possible_duplicate: bool = False
    duplicate: str | None = None
    """CpyDplct: COPY, CODU or DUPL."""


class ParsedMessage(Struct, array_like=True, tag="ParsedMessage"):
    """A message that can be told apart and answered, whether or not it can be processed."""

    message_type: str
    message_id: str
    business_message_id: str | None = None
    created_at: str | None = None
    sender_bic: str | None = None
    receiver_bic: str | None = None
    possible_duplicate: bool = False
    count: int = 0
    """How many transactions were found."""
    refusals: list[Refusal] = field(default_factory=list)
    """If there is one, nothing of the message is processed."""
    transactions: list[Transaction] = field(default_factory=list)
    group: Group = field(default_factory=Group)
    header: Header | None = None
    body: bytes | None = None
    """Where slices are cut from; None: from the file as received."""


class UnreadableMessage(Struct, array_like=True, tag="UnreadableMessage"):
    """A file or a message that nothing can be done with but answer by admi.002, as far as it was read."""

    refusals: list[Refusal]
    reference: str = "NOTPROVIDED"
    """What admi.002 refers to: the message's id if it could be read."""
    message_type: str | None = None
    sender_bic: str | None = None
    receiver_bic: str | None = None


Read = ParsedMessage | UnreadableMessage
