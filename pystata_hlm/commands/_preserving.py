"""Preserved data: one copy for each running do-file or program, restored when that ends."""

from __future__ import annotations

from typing import Any

from pystata_hlm.runtime.context import Context


def depth(ctx: Context) -> int:
    """How many do-files and programs are running: each may preserve once."""
    return len(ctx.executor.frames)


def own(ctx: Context) -> list[Any] | None:
    """The stack of preserved data when its top belongs to the running do-file or program, else None."""
    kept = ctx.workspace.preserved
    return kept if kept and kept[-1][0] == depth(ctx) else None


def restore_at_end(ctx: Context) -> None:
    """Bring back what an ended do-file or program preserved and did not restore itself."""
    kept = ctx.workspace.preserved
    while kept and kept[-1][0] > depth(ctx):
        ctx.data = kept.pop()[1]
