"""Names and numbers are those of TigerBeetle's Python client, so that either ledger can stand in."""

from __future__ import annotations

import inspect

import pytest
from tigerbeetle import bindings

from tasviya.ledger import ledger
from tasviya.ledger.ledger import CreateAccountStatus, CreateTransferStatus
from tasviya.ledger.records import ACCOUNT, TRANSFER

ENUMS = [
    "AccountFlags", "TransferFlags", "AccountFilterFlags", "QueryFilterFlags",
    "CreateAccountStatus", "CreateTransferStatus",
]  # fmt: skip
RECORDS = [
    "Account", "Transfer", "CreateAccountResult", "CreateTransferResult", "AccountBalance", "AccountFilter",
"QueryFilter", ]  # fmt: skip


@pytest.mark.parametrize("name", ENUMS)
def test_enums_are_the_clients_in_the_clients_order(name: str) -> None:
    ours, theirs = getattr(ledger, name), getattr(bindings, name)
    assert [(m.name, int(m)) for m in ours] == [(m.name, int(m)) for m in theirs]


@pytest.mark.parametrize("name", RECORDS)
def test_fields_are_the_clients_in_the_clients_order(name: str) -> None:
    ours, theirs = (list(inspect.get_annotations(getattr(side, name))) for side in (ledger, bindings))
    assert [field for field in ours if field != "reserved"] == theirs


@pytest.mark.parametrize(("layout", "name"), [(ACCOUNT, "CAccount"), (TRANSFER, "CTransfer")])
def test_records_are_laid_out_as_the_clients(layout: object, name: str) -> None:
    theirs = getattr(bindings, name)
    assert layout.itemsize == 128  # type: ignore[attr-defined]
    offsets = {field: layout.fields[field][1] for field in layout.names}  # type: ignore[attr-defined]
    assert offsets == {field: getattr(theirs, field).offset for field, _ in theirs._fields_}


def test_seven_refusals_are_transient() -> None:
    transient = {status.value for status in CreateTransferStatus if status.transient()}
    assert transient == {21, 22, 25, 54, 55, 65, 66}


def test_precedence_lists_every_refusal_once() -> None:
    assert len(ledger.ACCOUNT_STATUS_PRECEDENCE) == len(CreateAccountStatus) - 1
    assert len(ledger.TRANSFER_STATUS_PRECEDENCE) == len(CreateTransferStatus) - 1
    assert ledger.TRANSFER_STATUS_PRECEDENCE[0] is CreateTransferStatus.LINKED_EVENT_FAILED
    assert ledger.TRANSFER_STATUS_PRECEDENCE[-1] is CreateTransferStatus.EXCEEDS_DEBITS


def test_objects_of_the_client_itself_are_taken() -> None:
    from tasviya.ledger.book import Book
    from tasviya.ledger.kernel import Kernel

    for store in (Book(lambda: 0), Kernel(lambda: 0)):
        made = store.create_accounts([bindings.Account(id=1, ledger=1, code=1)])  # type: ignore[list-item]
        assert made[0].status == bindings.CreateAccountStatus.CREATED
