"""The small union, in which KZ-B's line of 500 is granted against collateral."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from small_union import UNION, SmallUnion, minor

from tasviya.app import ask_credit
from tasviya.services.collateral import pledge, release

BOND = '{ reference = "BOND-1", class = "GOVERNMENT", value = 300, valued_on = 2025-12-30'
"""It covers 285 of a line of 500."""


HAIRCUTS = 'haircuts = { GOVERNMENT = "5", CORPORATE = "20" }'


class Secured(SmallUnion):
    """The small union, in which KZ-B's line of 500 is secured."""

    def __init__(self, root: Path, held: str = f"[{BOND} }}]", terms: str = "", **more: Any) -> None:
        text = UNION.read_text(encoding="utf-8")
        changes = (
            (
                "credit_lines.KZT = 500",
                f"credit_lines.KZT = {{ limit = 500, secured = true }}\ncollateral.KZT = {held}",
            ),
            ('opens_at = "09:00"', f'opens_at = "09:00"\n{terms}{HAIRCUTS}'),
        )
        for good, bad in changes:
            text = text.replace(good, bad, 1)
        root.mkdir(exist_ok=True)
        file = root / "union.toml"
        file.write_text(text, encoding="utf-8")
        super().__init__(root / "home", union=file, **more)

    def pledge(self, reference: str, value: str, kind: str = "GOVERNMENT", **more: Any) -> None:
        self.do(lambda work: pledge(work, "KZ-B", "KZT", reference, kind, value, **more))

    def release(self, reference: str) -> None:
        self.do(lambda work: release(work, "KZ-B", "KZT", reference))

    def do(self, act: Any) -> None:
        application = self.application()
        try:
            application.do(act)
            application.system.memory.check()
        finally:
            if not self.stays_up:
                application.__exit__(None, None, None)
        self.must_balance()

    def line(self) -> dict[str, Any]:
        """KZ-B's line and what covers it, in minor units."""
        (row,), _ = ask_credit(self.home).collateral("KZ-B", "KZT")
        return {
            name: minor(row[name])
            for name in ("limit", "line_value", "granted", "drawn", "free", "uncovered")
        }

    def granted(self) -> int:
        return int(self.line()["granted"])
