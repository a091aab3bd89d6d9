"""How fast debts are set off, exactly and proven; how near the first answer is; next to networkx.

    python benchmarks/bench_setoff.py [--no-peer] [--peer-dense] [--no-million] [--file OBLIGATIONS.csv]

Networks come from the repository's generator (`tasviya.lab.obligations`): sparse ones, of which one or two
per cent can be cancelled, and dense ones, of which a fifth. A time is from columns in memory to a set-off
with prices that the verifier has proven; medians. The peer is networkx's network simplex on the same network
in the same run, its graph built beforehand; it takes about half a minute, on a dense network longer. A
million obligations run in a process of their own, whose peak of memory is told. Reading the file and writing
the result are told apart. "processor" is the time of the process on a core: a busy machine lengthens it less.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasviya.core.errors import Refusal
from tasviya.lab.obligations import Network, names, network
from tasviya.services.obligation_files import read
from tasviya.services.obligations import Obligations, lines
from tasviya.services.setoff import digest_of, files, set_off
from tasviya.services.setoff_proof import prove
from tasviya.settlement.setoff import Debts, bilateral, debts
from tasviya.settlement.setoff_anytime import answers
from tasviya.settlement.setoff_certificate import verify
from tasviya.settlement.setoff_flow import Solved, solve

HUNDRED = {Network.SPARSE: (29_000, 117_000), Network.DENSE: (10_000, 130_000)}
MILLION = {Network.SPARSE: (100_000, 1_190_000), Network.DENSE: (100_000, 1_150_000)}
"""Firms, and obligations drawn, of which those of a pair are added up."""
SEED = 1
RUNS = 5
ONE_PER_CENT = 100


def timed(work: Callable[[], Any], runs: int = 1) -> tuple[Any, float, float]:
    """What it gives, and medians of seconds by the clock and on the processor."""
    clock, processor, made = [], [], None
    for _ in range(runs):
        begun, used = time.perf_counter(), time.process_time()
        made = work()
        clock.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return made, statistics.median(clock), statistics.median(processor)


def exactly(owed: Debts, credit: int = 0) -> Solved:
    found = solve(owed, credit)
    if isinstance(found, Refusal):
        sys.exit(str(found))
    return found


def first(owed: Debts) -> Solved:
    found = next(answers(owed))
    if isinstance(found, Refusal):
        sys.exit(str(found))
    return found


def exact(name: str, owed: Debts, runs: int) -> tuple[Solved, float]:
    found, clock, processor = timed(lambda: exactly(owed), runs)
    verdict, proving, _ = timed(lambda: verify(owed, found.setoff), 3)
    share, pairs = 100 * found.setoff.total / owed.total, 100 * int(bilateral(owed).sum()) / owed.total
    print(
        f"{name}: {len(owed):,} obligations, {owed.firms:,} firms; cancelled {share:.4f} %, by pairs alone "
        f"{pairs:.4f} %\n"
        f"    exact with certificate {clock:.3f} s, processor {processor:.3f} s; "
        f"{'proven' if verdict.proven else 'NOT PROVEN'} again in {proving * 1e3:.0f} ms, "
        f"{clock / proving:.0f} times as fast",
        flush=True,
    )
    return found, clock


def anytime(owed: Debts, most: Solved, exact_seconds: float) -> None:
    found, clock, processor = timed(lambda: first(owed), 3)
    verdict = verify(owed, found.setoff)
    share = 100 * verdict.cancelled / most.setoff.total
    print(
        f"    first answer {clock:.2f} s, processor {processor:.2f} s: {share:.1f} % of the most, "
        f"proven to be within {verdict.gap_percent:.1f} %; exact takes {exact_seconds / clock:.1f}x",
        flush=True,
    )


def credit(owed: Debts, most: Solved) -> None:
    limit = owed.total // ONE_PER_CENT
    found, clock, _ = timed(lambda: exactly(owed, limit))
    more = (found.setoff.total - most.setoff.total) / limit
    print(
        f"    credit of 1 % of all debt: {100 * found.setoff.total / owed.total:.2f} % cancelled, "
        f"{more:.2f} for each unit, {clock:.2f} s",
        flush=True,
    )


def through_files(owed: Debts) -> None:
    """The way from a file's bytes to those of a result, and the proof from them."""
    raw = b"debtor,creditor,amount\n" + lines(names(owed.firms), owed.debtor, owed.creditor, owed.amount)
    given, reading, _ = timed(lambda: read(raw, "obligations.csv"))
    outcome, solving, _ = timed(lambda: set_off(given, digest_of(raw)))
    result, writing, _ = timed(lambda: files(outcome, "obligations.csv"))
    proof, proving, _ = timed(lambda: prove(result, "result", raw, "obligations.csv"))
    held = "DOES NOT HOLD" if proof.violations else "holds"
    print(
        f"    file of {len(raw) / 1e6:.1f} MB: read {reading:.2f} s, set off {solving:.2f} s, "
        f"result made {writing:.2f} s; verified from its files {proving:.2f} s, {held}",
        flush=True,
    )


def peer(owed: Debts) -> None:
    try:
        import networkx as nx
    except ImportError:
        print("    networkx is not installed")
        return
    graph = nx.DiGraph()
    graph.add_nodes_from(range(owed.firms))
    columns = owed.debtor.tolist(), owed.creditor.tolist(), owed.amount.tolist()
    graph.add_edges_from((d, c, {"capacity": a, "weight": -1}) for d, c, a in zip(*columns, strict=True))
    again, ours, our_processor = timed(lambda: exactly(owed), RUNS)
    (cost, _), clock, processor = timed(lambda: nx.network_simplex(graph))
    same = "the same total" if -cost == again.setoff.total else f"ANOTHER TOTAL, {-cost}"
    used = processor / our_processor
    print(
        f"    networkx {nx.__version__}, network simplex: {clock:.1f} s, processor {processor:.1f} s, "
        f"{same};\n        {clock / ours:.0f} times ours just before, by processor {used:.0f} times",
        flush=True,
    )


def million(kind: Network) -> None:
    owed = network(kind, *MILLION[kind], SEED)
    found, clock = exact(f"{kind}", owed, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"    peak of memory so far {peak:.2f} GB", flush=True)
    first(owed)
    anytime(owed, found, clock)
    credit(owed, found)
    through_files(owed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"    peak of memory with all this {peak:.2f} GB", flush=True)


def own_file(file: Path) -> Debts:
    raw = file.read_bytes()
    given: Obligations = read(raw, str(file), repeats=True)
    made = debts(len(given.names), given.debtor, given.creditor, given.amount)
    if isinstance(made, Refusal):
        sys.exit(str(made))
    return made[0]


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--no-peer", action="store_true", help="without networkx")
    options.add_argument("--peer-dense", action="store_true", help="networkx on the dense network too")
    options.add_argument("--no-million", action="store_true", help="up to 100,000 obligations")
    options.add_argument("--file", type=Path, nargs="*", default=[], help="obligations of one's own instead")
    options.add_argument("--million", type=Network, help="one network of a million obligations, here")
    chosen = options.parse_args()
    if chosen.million:
        million(chosen.million)
        return
    small = network(Network.DENSE, 50, 300, SEED)  # compiles, or loads what was compiled
    exactly(small), next(answers(small, (20,)))
    for file in chosen.file:
        exact(file.name, owed := own_file(file), RUNS)
        if not chosen.no_peer:
            peer(owed)
    if chosen.file:
        return
    for kind, (firms, rows) in HUNDRED.items():
        owed = network(kind, firms, rows, SEED)
        found, _ = exact(f"{kind}", owed, RUNS)
        credit(owed, found)
        through_files(owed)
        if not chosen.no_peer and (kind is Network.SPARSE or chosen.peer_dense):
            peer(owed)
    for kind in MILLION if not chosen.no_million else ():
        subprocess.run([sys.executable, __file__, "--million", str(kind)], check=True)


if __name__ == "__main__":
    main()
