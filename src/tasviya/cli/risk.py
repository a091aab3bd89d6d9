"""`tasviya customs risk …`: a score for lines of declarations, learnt from what controls found."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasviya.cli.options import Output
from tasviya.cli.output import Format, Row, show
from tasviya.core.errors import OperatorError

if TYPE_CHECKING:
    from tasviya.customs.risk_history import History
    from tasviya.customs.risk_score import RiskModel

risk_app = typer.Typer(help="A risk score, learnt from what controls found.", no_args_is_help=True)
GZIP, GZIP_WINDOW = b"\x1f\x8b", 31
SIZE_MAX = 1 << 30
"""The largest history, bytes unpacked."""
ModelFile = Annotated[Path, typer.Option("--model", help="The model's file.")]


@risk_app.command()
def train(
    histories: Annotated[
        list[Path], typer.Argument(help="CSV, also .gz, with the column fraud. Several: all.")
    ],
    model: ModelFile,
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="How many trees.")] = 250,
    seed: Annotated[int, typer.Option(help="Of the folds.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier model.")] = False,
) -> None:
    """Learn from past declarations and what controls found in them. Example: tasviya customs risk train
    examples/customs/risk-history.csv --model risk.json"""
    from tasviya import app
    from tasviya.customs.risk_history import together
    from tasviya.customs.risk_score import Settings, dump
    from tasviya.customs.risk_score import train as learnt

    if model.exists() and not (force and model.is_file()):
        cure = "Name another file, or say --force to replace a file."
        raise OperatorError("target_exists", f"{model} exists.", cure, str(model))
    history = together([_history(each, labelled=True) for each in histories])
    made = learnt(history, Settings(rounds=rounds, seed=seed))
    app.write_file(model, dump(made))
    found = int(history.labels.sum())
    typer.echo(f"{model}: learnt from {len(history):,} lines, {found:,} with a finding.")


@risk_app.command()
def report(
    history: Annotated[
        Path, typer.Argument(help="CSV with the column fraud, later than what was learnt from.")
    ],
    model: ModelFile,
    output: Output = Format.TABLE,
) -> None:
    """What looking at 1, 2, 5 and 10 per cent of the lines would have found, by the score and without it.
    Example: tasviya customs risk report examples/customs/risk-test.csv --model risk.json"""
    from tasviya.customs.risk_report import at_shares
    from tasviya.customs.risk_score import hit_rates_by_goods, score

    tested, known = _history(history, labelled=True), _model(model)
    scores, revenue = score(known, tested), tested.revenue
    orders = {
        "score": scores,
        "goods' hit rate": hit_rates_by_goods(known, tested),
        "score x tax": scores * revenue,
        "tax alone": revenue,
    }
    rows: list[Row] = []
    for order, ordered in orders.items():
        for each in at_shares(ordered, tested.labels, revenue):
            rows.append(
                {
                    "order": order,
                    "percent": each.percent,
                    "lines": each.lines,
                    "found": each.found,
                    "precision": f"{each.precision:.3f}",
                    "recall": f"{each.recall:.3f}",
                    "revenue_recall": f"{each.revenue_recall:.3f}",
                }
            )
    show(rows, output)


@risk_app.command()
def score(
    history: Annotated[Path, typer.Argument(help="CSV of lines, without labels or with them.")],
    model: ModelFile,
    first: Annotated[int, typer.Option(min=1, max=10**9, help="How many lines to print.")] = 10,
    output: Output = Format.TABLE,
) -> None:
    """The lines with the highest scores, and what speaks for each. Example: tasviya customs risk score
    examples/customs/risk-test.csv --model risk.json --first 3"""
    import numpy as np

    from tasviya.cli.declarations import plain
    from tasviya.customs.risk_history import part_of
    from tasviya.customs.risk_score import explain
    from tasviya.customs.risk_score import score as scored

    lines, known = _history(history, labelled=False), _model(model)
    scores = scored(known, lines)
    chosen = [int(each) for each in np.argsort(-scores, kind="stable")[:first]]
    told = explain(known, part_of(lines, chosen))
    rows: list[Row] = [
        {
            "line": plain(lines.ids[place]),
            "score": f"{scores[place]:.4f}",
            "reasons": plain("; ".join(reasons)),
        }
        for place, reasons in zip(chosen, told, strict=True)
    ]
    if output is not Format.TABLE:
        show(rows, output)
        return
    for row in rows:
        typer.echo(f"{row['score']}  {row['line']}  {row['reasons']}")


def _history(file: Path, *, labelled: bool) -> History:
    from tasviya import app
    from tasviya.customs.risk_history import read_history

    raw = app.read_bytes(file, "Name a CSV file of declarations.")
    if raw.startswith(GZIP):
        unpacking = zlib.decompressobj(GZIP_WINDOW)
        try:
            raw = unpacking.decompress(raw, SIZE_MAX)
        except zlib.error as error:
            raise OperatorError(
                "RK01", f"It is no gzip file: {error}.", "Pack it again.", str(file)
            ) from None
        if unpacking.unconsumed_tail or not unpacking.eof:
            what = "It is cut off, or is more than 1 GiB unpacked."
            raise OperatorError("RK01", what, "Pack it again, or give it in parts.", str(file))
    return read_history(raw, str(file), labelled=labelled)


def _model(file: Path) -> RiskModel:
    from tasviya import app
    from tasviya.customs.risk_score import load

    return load(app.read_bytes(file, "Train one: tasviya customs risk train."), str(file))
