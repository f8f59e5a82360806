"""Data files: paths, opening, messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import read_dta
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate, truth
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import in_mask, strip_quotes
from pystata_hlm.runtime.context import Context


def with_suffix(name: str, suffix: str = ".dta") -> str:
    """The file name as Stata shows it: ``.dta`` added when there is no extension."""
    return name if Path(name).suffix else name + suffix


def file_argument(text: str) -> str:
    """The file of ``use file`` or ``save file``: one word, or quoted; "" when absent; r(198) for more words."""
    stripped = strip_quotes(text)
    if stripped == text.strip() and len(text.split()) > 1:
        raise StataError(198, f"invalid '{text.split()[1]}' ")
    return stripped


def read(name: str, ctx: Context) -> Dataset:
    """Read a .dta file as named by the user; r(601) when there is none."""
    shown = with_suffix(name)
    path = ctx.workspace.resolve(shown)
    if not path.is_file():
        raise StataError.file_not_found(shown)
    data = read_dta(path)
    data.filename = shown
    data.changed = False
    return data


def refuse_to_lose(ctx: Context, clear: bool) -> None:
    """r(4) when the data in memory have changed and ``clear`` was not given."""
    if ctx.data.changed and (ctx.data.k or ctx.data.n) and not clear:
        raise StataError.data_would_be_lost()


def restrict(data: Dataset, varlist: str, clauses: nodes.Clauses, ctx: Context) -> None:
    """Keep the variables and observations that ``use varlist if exp in range using file`` asks for."""
    before, ctx.data = ctx.data, data
    try:
        keep = np.ones(data.n, dtype=bool)
        if clauses.if_ is not None:
            keep &= np.broadcast_to(truth(evaluate(clauses.if_, ctx.env())), data.n)
        if clauses.in_ is not None:
            keep &= in_mask(clauses.in_, data.n, ctx)
        names = (
            list(expand_varlist(data, parse("varlist", varlist), varabbrev=True)) if varlist.strip() else None
        )
    finally:
        ctx.data = before
    changed = data.changed
    if not keep.all():
        data.keep_rows(keep)
    if names is not None:
        data.keep(names)
    data.changed = changed


def adopt(data: Dataset, ctx: Context) -> None:
    """Make ``data`` the dataset in memory and show its label."""
    ctx.data = data
    if data.label:
        ctx.say(f"({data.label})")
