"""What reading and writing messages costs, next to the floor: libxml2's SAX parser with every handler empty.

    python benchmarks/bench_messages.py [rounds]

The floor is measured in the same run, inside the same libxml2 that lxml brings, so the ratio means the same
on any machine. Each figure is the least of many rounds, in which all figures take turns: other work on the
machine slows them alike. One core. Goals: one pacs.008 (parse, schema, fields) at most 12 times the floor, or
12,000 a second; rules at most 8 µs a payment; pacs.002 and camt.054 at most 5 µs an entry; transport at most
2 µs a payment each way.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from lxml import etree

from tasviya.messages import builders, credit_transfer, envelope, xml
from tasviya.messages.header import parse_header
from tasviya.messages.model import ParsedMessage, StatusReport
from tasviya.messages.multilateral import Counterparty, NetMovement, Turnover
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.rules import check
from tasviya.messages.statements import AccountReport
from tasviya.messages.transport import decode_parsed, encode_parsed

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "messages"))
import message_facts as facts

CUSTOMER = credit_transfer.CUSTOMER
BATCH = 100
SCHEME = facts.SCHEME


def null_sax() -> Callable[[bytes], int] | None:
    """libxml2's SAX2 parser without handlers, from lxml's own binary; None where it hides its functions."""
    try:
        function = ctypes.CDLL(etree.__file__).xmlSAXUserParseMemory
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    # struct _xmlSAXHandler: 27 handlers, `initialized`, then four pointers of SAX2. The magic number makes
    # the parser resolve namespaces, as ours must.
    handler = ctypes.create_string_buffer(256)
    handler[27 * 8 : 27 * 8 + 4] = (0xDEEDBEAF).to_bytes(4, sys.byteorder)
    address = ctypes.addressof(handler)

    def parse(raw: bytes) -> int:
        _ = handler  # keeps the struct alive
        return int(function(address, None, raw, len(raw)))

    return parse


def least(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least time of each piece of work over all rounds, in µs."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, run in work.items():
            started = time.perf_counter_ns()
            for _ in range(5):
                run()
            best[name] = min(best[name], (time.perf_counter_ns() - started) / 5_000)
    return best


def payment(position: int = 1) -> object:
    """A payment with what most carry: names, towns, address lines, purpose, remittance, a LEI, charges."""
    return facts.full_transfer(
        position,
        debtor_name="Anatolia Machine Works Ltd & Sons",
        creditor_name="Gulf Petrochemical Trading FZE",
        debtor_town="Minsk",
        creditor_town="Almaty",
        debtor_address_lines=("Industrial Estate Road 12",),
        creditor_address_lines=("Harbour Street 3",),
        previous_instructing_agents=(),
        settle_at=None,
        settle_till=None,
        settle_from=None,
        reject_after=None,
        debtor_agent_account=None,
        creditor_agent_account=None,
        remittance="Invoice INV-2026-000001 contract 77/2026 partial shipment 3 of 5",
    )


def cycle_result() -> bytes:
    """A pacs.029 of a hundred central banks, each told what it paid and received of its two neighbours."""
    bics = [f"CB{chr(65 + n // 26)}{chr(65 + n % 26)}KZ20XXX" for n in range(BATCH)]
    paid = [1_000_000 + n * n for n in range(BATCH)]  # by each to the next
    movements = []
    for n, bic in enumerate(bics):
        before, after = (n - 1) % BATCH, (n + 1) % BATCH
        got, gave = paid[before], paid[n]
        others = [Counterparty(bics[before], got, 0, 3), Counterparty(bics[after], 0, gave, 3)]
        turnover = Turnover(got, gave, 6, counterparties=others)
        movements.append(NetMovement("SCU", got - gave, bic, f"POS-{n}", facts.OPERATOR, turnover=turnover))
    cycle = {"cycle": "C-1", "settlement_date": facts.TODAY, "movements": movements}
    frame = {"message_id": "OUT-1", "created_at": facts.NOON}
    return builders.build_cycle_result(SCHEME, **frame, **cycle) or b""  # type: ignore[arg-type]


def main(rounds: int) -> int:
    document = facts.customer_message(payment())  # type: ignore[arg-type]
    single = builders.envelope([(facts.header("MSG-1", CUSTOMER), document)])
    batch = facts.customer_message(*[payment(n) for n in range(1, BATCH + 1)])  # type: ignore[arg-type]
    root = MESSAGE_TYPES[CUSTOMER].root
    (message,) = parse_file(single, SCHEME)
    (big,) = read = parse_file(batch, SCHEME)
    if not isinstance(message, ParsedMessage) or not isinstance(big, ParsedMessage) or big.refusals:
        raise SystemExit("the examples are refused")
    travelling = encode_parsed(read)
    cuts = [batch[each.start : each.end] for each in big.transactions]  # type: ignore[union-attr]
    statuses = [
        StatusReport(
            n,
            "ACSC",
            original_instruction_id=f"INSTR-{n}",
            original_end_to_end_id=f"INV-{n}",
            original_transaction_id=f"TX-{n}",
            original_uetr=facts.uetr(n),
            settlement_date=facts.TODAY,
            accepted_at=facts.NOON,
        )
        for n in range(1, BATCH + 1)
    ]
    notice = AccountReport(
        1, "N-1", "SETTLE-A", "BYN", facts.BANK_A, facts.NOON, entries=[facts.ENTRY] * BATCH
    )
    frame = {"message_id": "OUT-1", "created_at": facts.NOON}

    def parse_validate() -> tuple[object, ...]:
        tree = xml.read(single, SCHEME)
        ((header, body),) = envelope.pairs(tree)  # type: ignore[arg-type]
        xml.validate(header, xml.HEADER)  # type: ignore[arg-type]
        xml.validate(body, CUSTOMER)  # type: ignore[arg-type]
        return header, body

    def parse_validate_fields() -> None:
        header, body = parse_validate()
        parse_header(header)  # type: ignore[arg-type]
        credit_transfer.parse(body[0], SCHEME)  # type: ignore[index]

    floor = null_sax()
    sax = floor or (lambda raw: len(list(etree.iterparse(BytesIO(raw)))))
    work: dict[str, Callable[[], object]] = {
        "floor": lambda: sax(single),
        "lxml parse": lambda: etree.fromstring(single),
        "parse, schema": parse_validate,
        "parse, schema, fields": parse_validate_fields,
        "parse_file": lambda: parse_file(single, SCHEME),
        "rules": lambda: check(message, root, SCHEME),
    }
    of_batch: dict[str, Callable[[], object]] = {
        "floor, batch": lambda: sax(batch),
        "parse_file, batch": lambda: parse_file(batch, SCHEME),
        "rules, batch": lambda: check(big, root, SCHEME),
        "encode_parsed": lambda: encode_parsed(read),
        "decode_parsed": lambda: decode_parsed(travelling),
        "build_status_report": lambda: builders.build_status_report(
            SCHEME, **frame, original_message_id="M", original_message_type=CUSTOMER, transactions=statuses
        ),
        "build_notification": lambda: builders.build_notification(SCHEME, **frame, reports=[notice]),
        "build_onward": lambda: builders.build_onward(
            SCHEME, CUSTOMER, **frame, currency="BYN", total_minor=1, transactions=cuts, group=big.group
        ),
        "build_credit_transfer": lambda: facts.customer_message(*big.transactions),  # type: ignore[arg-type]
    }
    result = cycle_result()
    (told,) = parse_file(result, SCHEME)
    if not isinstance(told, ParsedMessage) or told.refusals or told.transactions[0].refusals:
        raise SystemExit("the cycle's result is refused")
    of_cycle: dict[str, Callable[[], object]] = {
        "floor, cycle": lambda: sax(result),
        "parse_file, cycle": lambda: parse_file(result, SCHEME),
        "build_cycle_result": cycle_result,
    }
    one, many = least(work, rounds), least(of_batch, max(3, rounds // 10))
    cycle = least(of_cycle, max(3, rounds // 10))
    print("floor:", "libxml2 SAX2, empty handlers" if floor else "lxml iterparse (no SAX parser in reach)")
    print(
        f"\none pacs.008 with AppHdr, {len(single):,} bytes\n{'':24}{'µs':>9}{'a second':>11}{'x floor':>9}"
    )
    for name, value in one.items():
        print(f"{name:24}{value:9.1f}{1e6 / value:11,.0f}{value / one['floor']:9.1f}")
    print(f"\n{BATCH} payments, {len(batch):,} bytes, per payment or entry\n{'':24}{'µs':>9}{'x floor':>9}")
    for name, value in many.items():
        print(f"{name:24}{value / BATCH:9.2f}{value / many['floor, batch']:9.2f}")
    print(f"\n{BATCH} movements, {len(result):,} bytes, per movement\n{'':24}{'µs':>9}{'x floor':>9}")
    for name, value in cycle.items():
        print(f"{name:24}{value / BATCH:9.2f}{value / cycle['floor, cycle']:9.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
