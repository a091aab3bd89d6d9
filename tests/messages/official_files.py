"""Where the official schemas and public samples lie, if they do: tests that need them skip without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ISO20022 = Path(os.environ.get("TASVIYA_SHARED") or REPOSITORY.parent / "shared") / "data" / "iso20022"

needs_official_files = pytest.mark.skipif(
    not (ISO20022 / "xsd").is_dir(),
    reason="no official schemas and samples: set TASVIYA_SHARED to the folder that has data/iso20022",
)
