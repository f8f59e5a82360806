"""The ``version`` in force: stated by the command or prefix, forgotten when its do-file or program ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

NEWEST = 19.5
"""Do-files written for these releases are read."""


def read_version(text: str, ctx: Context) -> float:
    """``#[.#] [, missing user born(date)]``; r(198) for anything else, r(9) for a release to come."""
    number, _, options = text.partition(",")
    number = number.strip()
    for word in options.split():
        if not (word in ("missing", "user") or word.startswith("born(")):
            raise StataError.option_not_allowed(word)
    try:
        version = float(number)
    except ValueError:
        raise StataError(198, f"invalid '{number}' " if number else "invalid syntax") from None
    if not 1 <= version <= NEWEST:
        release = ctx.settings.release
        raise StataError(9, f"this is version {release}.0; it cannot run version {number} programs")
    return version


@contextlib.contextmanager
def under_version(text: str, ctx: Context) -> Iterator[None]:
    """``version #:`` before a command or a block."""
    ws = ctx.workspace
    before = ws.version
    ws.set_version(read_version(text, ctx))
    try:
        yield
    finally:
        ws.set_version(before)
