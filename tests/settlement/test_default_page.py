"""docs/default.md says what the code does."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from tasviya.settlement.default_waterfall import Step

PAGE = (Path(__file__).parents[2] / "docs" / "default.md").read_text(encoding="utf-8")


def test_example_prints_what_the_page_shows() -> None:
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, flags=re.S)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue() == shown


def test_every_step_is_in_the_table_in_order() -> None:
    table = PAGE.partition("## The waterfall")[2].partition("```")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == [str(step) for step in Step]
