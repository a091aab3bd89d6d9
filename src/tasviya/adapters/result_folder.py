"""A folder of results: written beside its place first, then moved there, so that it is whole or not there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tasviya.core.errors import OperatorError, StoreError, writes_to


def write_folder(target: Path, files: Mapping[str, bytes], *, known: frozenset[str], replace: bool) -> None:
    """Make a folder with these files, all of them or none.

    known: files of which an earlier result consists. replace: such a one may be replaced.
    Raises: OperatorError if something else is there; StoreError if the disk refuses.
    """
    target = target.absolute()
    may_write(target, known=known, replace=replace)
    draft = target.with_name(f".{target.name}.part")
    old = target.with_name(f".{target.name}.old")
    try:
        with writes_to(target):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            for name, content in files.items():
                (draft / name).write_bytes(content)
            if target.exists():
                shutil.rmtree(old, ignore_errors=True)
                target.replace(old)
            draft.replace(target)
            shutil.rmtree(old, ignore_errors=True)
    except StoreError:
        shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):
            if not target.exists():
                old.replace(target)
        raise


def may_write(target: Path, *, known: frozenset[str], replace: bool) -> None:
    """Raises: OperatorError unless a folder can be made there: nothing is in the way, or an earlier result
    that may be replaced."""
    with writes_to(target):
        if not target.exists() and not target.is_symlink():
            return
        there = {each.name for each in target.iterdir()} if target.is_dir() else None
    if there is None or there - known:
        what = "What is there is no earlier result."
        raise OperatorError("target_exists", what, "Name a folder that does not exist.", str(target))
    if there and not replace:
        what = "It holds an earlier result."
        raise OperatorError("target_exists", what, "Name another folder, or say --force.", str(target))


def read_folder(source: Path, known: frozenset[str], cure: str) -> dict[str, bytes]:
    """The known files that are in a folder, by name.

    Raises: OperatorError, with that cure, if it cannot be read.
    """
    try:
        return {each.name: each.read_bytes() for each in sorted(source.iterdir()) if each.name in known}
    except OSError as error:
        raise OperatorError("file_unreadable", f"{error}.", cure, str(source)) from None
