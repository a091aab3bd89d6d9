"""The docs say what the code has: every command, option, code, type, status and link, and nothing else.

The first steps of README are run, and every example of docs/cli.md is compared with what they print.
"""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer

from tasviya.adapters.migrations import statements
from tasviya.app import initialise
from tasviya.cli.main import app, main
from tasviya.core.errors import ConfigurationError, OperatorError, StoreError
from tasviya.core.rates import ISO_REASON, FxReason
from tasviya.customs import transit
from tasviya.customs.formats.ncts.schema import READ, WRITTEN
from tasviya.home import Home, clock_at
from tasviya.journal.entry import EntryKind
from tasviya.membership.participant import RECORD_TYPES, OpeningBalance
from tasviya.messages.model import ParsedMessage
from tasviya.messages.registry import MESSAGE_TYPES, parse_file
from tasviya.messages.rules import RULES as MESSAGE_RULES
from tasviya.messages.scheme import Scheme
from tasviya.messages.xml import FAILURES
from tasviya.settlement.clearing_cycle import CycleEvent, CycleStatus
from tasviya.settlement.payment import Event, Status
from tasviya.settlement.rules import RULES as SETTLEMENT_RULES

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "tasviya"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
CODE_PAGES = [
    ROOT / "CONTRIBUTING.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            "architecture",
            "clearing",
            "conformance",
            "default",
            "determinism",
            "glossary",
            "netting",
            "rates",
            "transit",
        )
    ),
    *sorted((ROOT / "docs" / "adr").glob("*.md")),
]
"""Pages that name code."""
ERRORS = ROOT / "docs" / "errors.md"
"""Built from tests/errors by `make errors`."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page: str) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page, flags=re.S | re.M)


# --- the command line -------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every command's full name and its options' names."""
    found = [("", typer.main.get_command(app))]
    while found:
        name, command = found.pop()
        below = getattr(command, "commands", {})
        found += [(f"{name} {each}".strip(), below[each]) for each in below]
        names = [
            option
            for parameter in command.params
            if parameter.param_type_name == "option"
            for option in (*parameter.opts, *parameter.secondary_opts)
        ]
        yield name, names


@pytest.mark.parametrize(
    ("name", "options"), list(commands()), ids=lambda each: each if isinstance(each, str) else "has"
)
def test_every_command_and_option_is_explained(name: str, options: list[str]) -> None:
    page = text_of("docs/cli.md")
    shared = page.partition("## What all share")[2].partition("## Commands")[0]
    section = shared
    if name:
        head = f"\n### {name.split(maxsplit=1)[0]}\n"
        assert head in page
        section = page.partition(head)[2].partition("\n### ")[0]
        assert re.search(rf"^    tasviya {name}\b", section, re.M) or " " not in name
        assert section.count("\n```console\n$ tasviya") >= 1, "an example that was run"
    for option in options:
        assert re.search(rf"(?<![-\w]){re.escape(option)}(?![-\w])", section + shared), option


def test_every_exit_status_is_explained() -> None:
    table = text_of("docs/cli.md").partition("| Exit status |")[2].partition("\n\n")[0]
    errors = (OperatorError, ConfigurationError, StoreError)
    statuses = (0, 4, 130, *(error.exit_code for error in errors))
    assert [status for status in statuses if f"\n| {status} |" not in table] == []


def examples(*pages: str) -> dict[str, str]:
    """Every command that pages show, docs/cli.md if none is named, and what it prints."""
    return examples_in("".join(map(text_of, pages or ("docs/cli.md",))))


def examples_in(text: str) -> dict[str, str]:
    """Every command that a text shows, and what it prints."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, flags=re.S | re.M)
    return dict(re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), flags=re.M))


def is_printed(told: str, printed: str) -> bool:
    """Whether an example is what a command prints; a line of … stands for any lines."""
    lines = ["(?:.*\n)*?" if line == "…" else re.escape(line.rstrip()) + "\n" for line in told.splitlines()]
    said = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch("".join(lines), said) is not None


def run_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> tuple[int, str]:
    """A command line's exit status, and what it prints."""
    words = [*shlex.split(line), *(["--workers", "0"] if line.startswith("tasviya run") else [])]
    monkeypatch.setattr(sys, "argv", words)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), "".join(capsys.readouterr())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory in which the pages' examples can be run."""
    for name in ("examples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_exchange_prints_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = "2026-09-29T06:00:00Z"
    monkeypatch.setenv("TASVIYA_HOME", "my-union")
    monkeypatch.setenv("TASVIYA_NOW", now)
    money = (("KZ-ALTYN", "KZT", 10**10), ("UZ-GUMBAZ", "UZS", 3 * 10**11), ("UZ-GUMBAZ", "KZT", 10**10))
    balances = [
        OpeningBalance(participant=owner, currency=code, amount_minor=minor, valid_from="2026-01-01")
        for owner, code, minor in money
    ]
    clock = clock_at(now)
    assert clock is not None
    initialise(Home(Path("my-union")), Path("examples/corridor/union.toml"), clock, balances)
    assert run_command(monkeypatch, capsys, "tasviya day open all")[0] == 0
    sides = (("trade.xml", "ALDBKZ20XXX"), ("trade-other-side.xml", "MVGBUZ20XXX"))
    handed_in = [f"tasviya submit docs/samples/{file} --as {bic}" for file, bic in sides]
    for line in (*handed_in, "tasviya run --once"):
        assert run_command(monkeypatch, capsys, line)[0] == 0
    for line, told in examples().items():
        if line.startswith("tasviya exchange") and not line.startswith("tasviya exchange day"):
            status, said = run_command(monkeypatch, capsys, line)
            assert status == 0, (line, said)
            assert is_printed(told, said), (line, said)


@pytest.mark.usefixtures("desk")
def test_set_off_prints_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for line, told in examples("docs/cli.md", "docs/setoff.md").items():
        if line.startswith("tasviya setoff"):
            status, said = run_command(monkeypatch, capsys, line)
            assert status == 0, (line, said)
            assert is_printed(told, said), (line, said)
    page = Path("result/summary.md").read_text(encoding="utf-8")
    shown, printed = re.findall(r"^```text\n(.*?)^```", text_of("docs/setoff.md"), flags=re.S | re.M)
    assert shown in page
    (script,) = re.findall(r"^```python\n(.*?)^```", text_of("docs/setoff.md"), flags=re.S | re.M)
    monkeypatch.chdir("result")
    exec(script, {})
    assert capsys.readouterr().out == printed
    table = text_of("docs/setoff.md").partition("| lent to |")[2].partition("\n\n")[0]
    assert table in page


@pytest.mark.usefixtures("desk")
def test_goods_and_origin_print_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = 0
    for line, told in examples("docs/cli.md", "docs/origin.md").items():
        if line.startswith(("tasviya goods", "tasviya origin")):
            status, said = run_command(monkeypatch, capsys, line)
            assert status == (1 if "cure:" in told else 4 if "does not originate" in told else 0), (
                line,
                said,
            )
            assert is_printed(told, said), (line, said)
            shown += 1
    assert shown == 8


@pytest.mark.usefixtures("desk")
def test_customs_prints_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for line, told in examples("docs/customs.md", "docs/cli.md").items():
        if line.startswith(("tasviya customs share", "tasviya customs quota")):
            status, said = run_command(monkeypatch, capsys, line)
            assert status == 0, (line, said)
            assert is_printed(told, said), (line, said)
    result = Path("allocated.csv").read_text(encoding="utf-8")
    assert result in re.findall(r"^```text\n(.*?)^```", text_of("docs/customs.md"), flags=re.S | re.M)


@pytest.mark.usefixtures("desk")
def test_transit_prints_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = "2026-09-29T06:00:00Z"
    monkeypatch.setenv("TASVIYA_HOME", "my-union")
    monkeypatch.setenv("TASVIYA_NOW", now)
    monkeypatch.setenv("COLUMNS", "110")
    initialise(Home(Path("my-union")), Path("examples/corridor/union.toml"), clock_at(now))
    shown = examples("docs/transit.md")
    assert len(shown) == 10
    for line, told in shown.items():
        status, said = run_command(monkeypatch, capsys, line)
        assert status == 0, (line, said)
        assert is_printed(told, said), (line, said)


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_shipment_goes_as_the_page_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = "2026-09-29T06:00:00Z"
    monkeypatch.setenv("TASVIYA_HOME", "my-union")
    monkeypatch.setenv("TASVIYA_NOW", now)
    money = OpeningBalance(
        participant="UZ-GUMBAZ", currency="UZS", amount_minor=10**13, valid_from="2026-01-01"
    )
    clock = clock_at(now)
    assert clock is not None
    initialise(Home(Path("my-union")), Path("examples/sco/union.toml"), clock, [money])
    assert run_command(monkeypatch, capsys, "tasviya day open all")[0] == 0
    section = text_of("docs/customs.md").partition("## One shipment")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```", section, flags=re.S | re.M)
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), flags=re.M)
    for line, told in steps:
        status, said = run_command(monkeypatch, capsys, line)
        assert status == 0, (line, said)
        assert is_printed(told, said), (line, said)
    assert len(steps) == 8


@pytest.mark.usefixtures("desk")
def test_duties_and_declarations_print_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = 0
    for line, told in examples("docs/duty.md", "docs/declarations.md", "docs/cli.md").items():
        commands = ("tasviya duty", "tasviya customs assess", "tasviya customs tariff")
        if line.startswith(commands) and "wrong.json" not in line:
            status, said = run_command(monkeypatch, capsys, line)
            assert status == int(told.startswith("tasviya: ")), (line, said)
            assert is_printed(told, said), (line, said)
            shown += 1
    assert shown >= 7


@pytest.mark.usefixtures("desk")
def test_controls_print_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = 0
    for line, told in examples_in(text_of("docs/controls.md").partition("\n## At work\n")[0]).items():
        if line.startswith("tasviya customs risk"):
            pytest.importorskip("lightgbm", reason="the extra risk is not installed")
        status, said = run_command(monkeypatch, capsys, line)
        assert status == 4 * told.startswith("hold"), (line, said)
        assert is_printed(told, said), (line, said)
        shown += 1
    assert shown == 8


@pytest.mark.usefixtures("desk")
def test_controls_at_work_print_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "support"))
    from customs_union import CustomsUnion

    money = 'name = "Kazakhstan"\ncurrency = "KZT"\n'
    rates = (money, f'{money}customs_rates.EUR = {{ value = "512.34" }}\n')
    union = CustomsUnion(Path("my-union"), rates)
    union.at("10:30").settle()
    monkeypatch.setenv("TASVIYA_HOME", str(union.home.root))
    monkeypatch.setenv("TASVIYA_NOW", "2026-09-29T10:30:00Z")
    at_work = examples_in(text_of("docs/controls.md").partition("\n## At work\n")[2])
    for line, told in at_work.items():
        status, said = run_command(monkeypatch, capsys, line)
        assert status == 0, (line, said)
        assert is_printed(told, said), (line, said)
    assert len(at_work) == 8


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_cycle_prints_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = "2026-09-29T06:00:00Z"
    monkeypatch.setenv("TASVIYA_HOME", "my-union")
    monkeypatch.setenv("TASVIYA_NOW", now)
    money = (("KZ-ALTYN", "KZT", 10**12), ("UZ-GUMBAZ", "UZS", 10**13))
    balances = [
        OpeningBalance(participant=owner, currency=code, amount_minor=minor, valid_from="2026-01-01")
        for owner, code, minor in money
    ]
    clock = clock_at(now)
    assert clock is not None
    initialise(Home(Path("my-union")), Path("examples/sco/union.toml"), clock, balances)
    for line in (
        "tasviya day open all",
        "tasviya submit docs/samples/union-payment.xml --as ALDBKZ20XXX",
        "tasviya run --once",
        "tasviya exchange order S1 --as MVGBUZ20XXX --sell UZS --buy KZT --amount 80000000000 --limit 0.0370",
    ):
        status, said = run_command(monkeypatch, capsys, line)
        assert status == 0, (line, said)
    for line, told in examples().items():
        if line.startswith(("tasviya cycle", "tasviya default")):
            status, said = run_command(monkeypatch, capsys, line)
            assert status == 0, (line, said)
            assert is_printed(told, said), (line, said)


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_first_steps_print_what_the_examples_show(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = partial(run_command, monkeypatch, capsys)
    elsewhere = tuple(
        f"tasviya {each}"
        for each in ("demo", "exchange", "setoff", "cycle", "default", "customs", "goods", "origin", "duty")
    )
    left = {line: told for line, told in examples().items() if not line.startswith(elsewhere)}
    acts = re.compile(r"tasviya (init|submit|run|export|day (open|close))\b")
    (steps,) = re.findall(r"^```sh\n(\. \.venv.*?)^```", text_of("README.md"), flags=re.S | re.M)
    for step in (line.partition("#")[0].strip() for line in steps.splitlines()):
        if step.startswith("export "):
            variable, _, value = step.removeprefix("export ").partition("=")
            monkeypatch.setenv(variable, value.removeprefix("~/"))
        elif step.startswith("tasviya"):
            status, said = printed(step)
            assert status == 0, (step, said)
            of_step = (step.split()[1], *("why", "lsm") * step.startswith("tasviya queue"))
            alike = [line for line in left if line.split()[1] in of_step or "export" in step]
            shown = {step: said, **{line: printed(line)[1] for line in alike if not acts.match(line)}}
            left = {line: told for line, told in left.items() if not is_printed(told, shown.get(line, ""))}
    alone = [line for line in left if line.startswith(("tasviya exchange day", "tasviya netting"))]
    left = {
        line: told
        for line, told in left.items()
        if line not in alone or not is_printed(told, printed(line)[1])
    }
    assert left == {}


# --- messages and reasons ---------------------------------------------------------------------------


def test_every_message_type_is_explained() -> None:
    page = text_of("docs/messages.md")
    assert [name for name in MESSAGE_TYPES if f"`{name}`" not in page] == []


def test_every_reason_code_is_explained() -> None:
    named = text_of("docs/messages.md")
    wanted = {rule.reason for rule in MESSAGE_RULES} | set(FAILURES)
    if ERRORS.exists():
        named += ERRORS.read_text(encoding="utf-8")
        wanted |= {rule.reason for rule in SETTLEMENT_RULES}
    assert [code for code in sorted(wanted) if not re.search(rf"(?<!\w){code}(?!\w)", named)] == []


def test_every_reason_around_rates_is_explained() -> None:
    page = text_of("docs/rates.md")
    rows = [
        f"| `{reason}` | `{ISO_REASON[reason]}` |" if reason in ISO_REASON else f"| `{reason}` | — |"
        for reason in FxReason
    ]
    assert [row for row in rows if row not in page] == []


@pytest.mark.parametrize(
    "name",
    [
        "payment.xml",
        "funding.xml",
        "trade.xml",
        "trade-other-side.xml",
        "union-payment.xml",
        "cycle-result.xml",
    ],
)
def test_samples_break_no_rule(name: str) -> None:
    scheme = Scheme("TSVOKZ20XXX", {"KZT": 2, "UZS": 2}, units={"KZU": 4})
    (message,) = parse_file((ROOT / "docs" / "samples" / name).read_bytes(), scheme)
    assert isinstance(message, ParsedMessage)
    assert message.refusals == []
    assert [transaction.refusals for transaction in message.transactions] == [[]]


# --- architecture -----------------------------------------------------------------------------------


def test_life_cycle_is_drawn_from_its_table() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import docs_diagram

    page = text_of("docs/architecture.md")
    assert page == docs_diagram.with_diagram(page), "run python tools/docs_diagram.py"
    drawn = page.partition(docs_diagram.BEGIN)[2].partition(docs_diagram.END)[0]
    assert [name for name in (*Status, *Event) if not re.search(rf"\b{name}\b", drawn)] == []
    drawn = page.partition(docs_diagram.CYCLE_BEGIN)[2].partition(docs_diagram.END)[0]
    assert [name for name in (*CycleStatus, *CycleEvent) if not re.search(rf"\b{name}\b", drawn)] == []


def test_a_movements_life_is_drawn_from_its_table() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    import docs_diagram

    page = text_of("docs/transit.md")
    assert page == docs_diagram.with_transit_diagram(page), "run python tools/docs_diagram.py"
    customs = text_of("docs/customs.md")
    assert customs == docs_diagram.with_customs_diagram(customs), "run python tools/docs_diagram.py"
    drawn = page.partition(docs_diagram.TRANSIT_BEGIN)[2].partition(docs_diagram.END)[0]
    assert [name for name in transit.TRANSITIONS if f"| `{name}` |" not in drawn] == []


def test_a_guarantee_prints_what_the_example_shows(capsys: pytest.CaptureFixture[str]) -> None:
    page = text_of("docs/transit.md")
    (script,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.S | re.M)
    (printed,) = re.findall(r"^```text\n(.*?)^```", page, flags=re.S | re.M)
    exec(script, {})
    assert capsys.readouterr().out == printed


def test_every_message_of_transit_is_explained() -> None:
    table = text_of("docs/transit.md").partition("## Messages of NCTS")[2].partition("\n## ")[0]
    told = re.findall(r"^\| ([0-9, ]+) \|", table, flags=re.M)
    numbers = [f"CC{number}C" for row in told for number in row.split(", ")]
    assert sorted(numbers) == sorted((*READ, *WRITTEN))


def test_every_table_and_kind_of_journal_entry_is_named() -> None:
    page = text_of("docs/architecture.md")
    scripts = sorted((SRC / "adapters" / "sql").glob("*.sql"))
    laid = "".join("".join(statements(script.read_text(encoding="utf-8"))) for script in scripts)
    tables = re.findall(r"CREATE TABLE (\w+)", laid)
    facts = [table for table in tables if table in RECORD_TYPES]
    assert [table for table in tables if table not in facts and f"`{table}`" not in page] == []
    listed = [table for table in facts if re.search(rf"^\|.*`{table}`.*more \|", page, re.M)]
    assert f"and {len(facts) - len(listed)} more" in page
    assert [kind for kind in EntryKind if f"| {int(kind)} | `{kind.name.lower()}` |" not in page] == []


def names(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", CODE_PAGES, ids=lambda page: page.name)
def test_modules_and_files_that_a_page_names_exist(page: Path) -> None:
    rooms = "|".join(entry.stem for entry in SRC.iterdir() if not entry.name.startswith("_"))
    gone = []
    for name in names(page):
        dotted = re.fullmatch(rf"(?:tasviya\.)?(?:{rooms})(?:\.\w+)+(?:\(.*\))?", name)
        if dotted and not name.endswith(".py"):
            gone += [] if is_there(name.partition("(")[0].removeprefix("tasviya.")) else [name]
        elif re.fullmatch(r"(?:src|tests|tools|docs|examples|benchmarks|requirements)/[\w./-]+", name):
            gone += [] if (ROOT / name).exists() else [name]
    assert gone == []


def is_there(dotted: str) -> bool:
    """Whether `room.module`, or a name in it, is in the package; a table's column is a name in it too."""
    room, module, *rest = dotted.split(".")
    try:
        found: object = importlib.import_module(f"tasviya.{room}.{module}")
    except ModuleNotFoundError:
        found, rest = importlib.import_module(f"tasviya.{room}"), [module, *rest]
    for name in rest:
        if not hasattr(found, name):
            return False
        found = getattr(found, name)
    return True


@pytest.mark.parametrize("page", CODE_PAGES, ids=lambda page: page.name)
def test_classes_and_functions_that_a_page_names_exist(page: Path) -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SRC.rglob("*.py"))
    schemas = (SRC / "messages" / "schemas").glob("*.xsd")
    elements = "\n".join(path.read_text(encoding="utf-8") for path in schemas)
    gone = []
    for name in names(page):
        if not re.fullmatch(r"[A-Z][a-z]+(?:[A-Z][a-z]*)*(?:\.\w+)*(?:\(.*\))?", name):
            continue
        first, *rest = name.partition("(")[0].split(".")
        if not rest and f'name="{first}"' in elements:
            continue
        there = re.search(rf"\bclass {first}\b|^\s*{first}\b.* = ", source, re.M) and all(
            re.search(rf"\bdef {each}\b|^\s+{each}\b", source, re.M) for each in rest
        )
        gone += [] if there or name in ("Manager", "Helper") else [name]
    assert gone == []


# --- pages ------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """A page's headings as links name them."""
    headings = re.findall(r"^#+ (.*)$", prose(page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if file == ERRORS and not file.exists():
            continue
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def shown_commands(name: str) -> set[str]:
    """What a page tells its reader to type."""
    page = text_of(name)
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", page, flags=re.S | re.M))
    lines = (line.partition("#")[0].strip() for line in blocks.splitlines())
    return {line for line in lines if line} | set(re.findall(r"\./demo --[^`<\n]+", page))


def test_both_front_pages_tell_the_same_commands() -> None:
    assert shown_commands("README.ar.md") == shown_commands("README.md")
    assert len(shown_commands("README.md")) > 12


def test_no_page_names_where_packages_come_from() -> None:
    hosts = re.compile("|".join(("py" + "pi", "python" + "hosted", "npm" + "js", "conda" + "-forge")), re.I)
    named = {
        page.name: hosts.findall(page.read_text(encoding="utf-8"))
        for page in [*PAGES, ROOT / "NOTICE", ROOT / "demo", ROOT / "test"]
    }
    assert {name: found for name, found in named.items() if found} == {}


def test_decisions_are_numbered_and_short() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        lines = record.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 40, record.name
        assert lines[0].startswith(f"# {int(record.name[:4])}. "), record.name
        assert [line for line in lines if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequences",
        ]
