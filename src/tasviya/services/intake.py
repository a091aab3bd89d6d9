"""What arrives: files become messages, messages become payments and requests, each answered by itself.

The same bytes again get the same answer; other bytes under a used id are refused. What is wrong with one
message, or one payment, stays with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from tasviya.core.errors import Refusal
from tasviya.core.ids import payment_id
from tasviya.journal.entry import EntryKind
from tasviya.messages.model import CreditTransfer, ParsedMessage, Read, UnreadableMessage
from tasviya.messages.signature import Verifier
from tasviya.services.originals import Asking
from tasviya.services.payments import Screening, accept, retry
from tasviya.services.requests import handle
from tasviya.services.unit_of_work import ReceivedFile, ReceivedMessage
from tasviya.services.work import Work
from tasviya.settlement.payment import Payment, Priority
from tasviya.settlement.rules import DNOR, DS0G, DU01, DU05, DUPL


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """A file from a participant, and what reading it gave.

    sender: the BIC of the connection that brought it. arrived_at: an instant; 0 means now.
    """

    sender: str
    name: str
    raw: bytes
    reads: Sequence[Read]
    signature: bytes | None = None
    arrived_at: int = 0


class Intake:
    """One batch of files on its way through a unit of work."""

    def __init__(
        self, work: Work, files: Sequence[ArrivedFile], verifier: Verifier, screening: Screening
    ) -> None:
        self.work, self.files, self.verifier, self.screening = work, files, verifier, screening
        store = work.memory.store
        self.digests = [sha256(file.raw).digest() for file in files]
        self.known_files = store.files_with_digest(self.digests)
        snapshot = work.memory.snapshot
        self.senders = {
            bic: snapshot.participant_by_bic(bic) for bic in dict.fromkeys(file.sender for file in files)
        }
        message_keys: list[tuple[str, str]] = []
        uetrs: list[str] = []
        instructions: list[tuple[str, str]] = []
        for file in files:
            participant = self.senders[file.sender]
            code = participant.code if participant else file.sender
            for read in file.reads:
                if isinstance(read, ParsedMessage):
                    message_keys.append((code, read.message_id))
                    for transfer in read.transactions:
                        if isinstance(transfer, CreditTransfer):
                            if transfer.uetr:
                                uetrs.append(transfer.uetr)
                            if transfer.instruction_id:
                                instructions.append((code, transfer.instruction_id))
        self.known_messages = store.messages_known(message_keys)
        self.known_uetrs = {(p.sender, p.uetr) for ps in store.uetrs_known(uetrs).values() for p in ps}
        self.known_instructions = store.instructions_known(instructions)

    def run(self) -> None:
        for file, digest in zip(self.files, self.digests, strict=True):
            self._file(file, digest)
        retry(self.work)

    def _file(self, file: ArrivedFile, digest: bytes) -> None:
        work, numbers = self.work, self.work.memory.numbers
        repeated = self.known_files.get((file.sender, digest))
        if repeated is not None:
            work.tell(file.sender, "repeat", [repeated])
            return
        self.known_files[file.sender, digest] = numbers.file
        at = file.arrived_at or work.now_ns
        seq = numbers.file
        numbers.file += 1
        work.changes.files.append(
            ReceivedFile(
                seq, file.sender, file.name, at, digest, file.raw, file.signature, work.changes.commit_seq
            )
        )
        work.record(EntryKind.RECEIVED, seq, file.sender, digest)
        refusal = self.verifier.verify(file.raw, file.signature, file.sender)
        participant = self.senders[file.sender]
        if refusal is None and participant is None:
            refusal = DNOR.refuse(f"{file.sender} is no participant on {work.memory.latest_date}.")
        code = participant.code if participant else file.sender
        for read in file.reads:
            self._message(file, seq, code, at, read, refusal)

    def _message(
        self, file: ArrivedFile, file_seq: int, sender: str, at: int, read: Read, refusal: Refusal | None
    ) -> None:
        work, numbers = self.work, self.work.memory.numbers
        message_seq = numbers.message
        numbers.message += 1
        if isinstance(read, UnreadableMessage):
            refusal = refusal or read.refusals[0]
            row = ReceivedMessage(
                message_seq, file_seq, "", read.reference, sender, 0, *_parts(refusal), None, ""
            )
            work.changes.messages.append(row)
            work.tell(file.sender, "unreadable", [message_seq])
            return
        if refusal is None and read.refusals:
            refusal = read.refusals[0]
        if refusal is None:
            refusal = self._impersonates(sender, read)
        if refusal is None and (sender, read.message_id) in self.known_messages:
            refusal = DU01.refuse(f"{sender} has used the message id {read.message_id} before.")
        if refusal is None and read.message_id:  # an admi.002 has none
            self.known_messages[sender, read.message_id] = message_seq
        work.changes.messages.append(
            ReceivedMessage(
                message_seq,
                file_seq,
                read.message_type,
                read.message_id,
                sender,
                read.count,
                *_parts(refusal),
                read.body,
                read.group.carried,
            )
        )
        if refusal is not None:
            work.tell(file.sender, "refused", [message_seq])
            return
        for transaction in read.transactions:
            if isinstance(transaction, CreditTransfer):
                self._credit_transfer(read, message_seq, sender, at, transaction)
            else:
                handle(work, Asking(file.sender, sender, message_seq, read, at), transaction)
        if not read.transactions:  # a question without a question
            work.tell_once(file.sender, "acknowledgement", [message_seq])

    def _impersonates(self, sender: str, message: ParsedMessage) -> Refusal | None:
        """Whether a message says that it comes from somebody else than the connection that brought it."""
        if message.header is None or message.sender_bic is None:
            return None
        named = self.work.memory.snapshot.participant_by_bic(message.sender_bic)
        if named is not None and named.code == sender:
            return None
        return DS0G.refuse(f"{sender} brought a message whose header is from {message.sender_bic}.")

    def _credit_transfer(
        self, message: ParsedMessage, message_seq: int, sender: str, at: int, transfer: CreditTransfer
    ) -> None:
        work, numbers = self.work, self.work.memory.numbers
        payment = Payment(
            numbers.payment,
            payment_id(sender, message.message_id, transfer.position),
            message_seq,
            transfer.position,
            message.message_type,
            sender,
            transfer.instruction_id or "",
            transfer.end_to_end_id,
            transfer.transaction_id or "",
            transfer.uetr or "",
            transfer.currency,
            transfer.amount_minor,
            settlement_date=transfer.settlement_date or "",
            priority=PRIORITIES.get(transfer.priority or "", Priority.NORMAL),
            debtor=sender,
            creditor=transfer.creditor_agent or transfer.creditor_bic or "",
            debtor_name=transfer.debtor_name or transfer.debtor_bic or "",
            debtor_account=transfer.debtor_account or "",
            creditor_name=transfer.creditor_name or transfer.creditor_bic or "",
            creditor_account=transfer.creditor_account or "",
            purpose=transfer.purpose or transfer.category_purpose or "",
            remittance=transfer.remittance or "",
            received_at=at,
            xml_start=transfer.start,
            xml_end=transfer.end,
        )
        numbers.payment += 1
        work.changes.new_payments.append(payment)
        refusal = transfer.refusals[0] if transfer.refusals else self._repeated(payment)
        accept(work, payment, transfer, refusal, self.screening)

    def _repeated(self, payment: Payment) -> Refusal | None:
        """Whether the sender has used the payment's UETR or instruction id before."""
        if payment.uetr:
            key = (payment.sender, payment.uetr)
            if key in self.known_uetrs:
                return DUPL.refuse(f"{payment.sender} has sent a payment with UETR {payment.uetr} before.")
            self.known_uetrs.add(key)
        if payment.instruction_id:
            key = (payment.sender, payment.instruction_id)
            if key in self.known_instructions:
                return DU05.refuse(f"{payment.sender} has used {payment.instruction_id} before.")
            self.known_instructions.add(key)
        return None


PRIORITIES = {"URGT": Priority.URGENT, "HIGH": Priority.HIGH, "NORM": Priority.NORMAL}


def _parts(refusal: Refusal | None) -> tuple[str, str, str]:
    if refusal is None:
        return "", "", ""
    return refusal.reason, f"{refusal.what} {refusal.cure}".strip(), refusal.where
