"""Data files: paths, opening, messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pystata_hlm.commands import _network
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.dta_read import scan_dta
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


def dta_path(name: str, ctx: Context) -> tuple[Path, str]:
    """The local path of a .dta file (fetched when it is a web address), and its name as shown; r(601)."""
    shown = with_suffix(name)
    if _network.is_url(name):
        return _network.fetch(shown), shown
    path = ctx.workspace.resolve(shown)
    if not path.is_file():
        raise StataError.file_not_found(shown)
    return path, shown


def read(name: str, ctx: Context, varlist: str = "") -> Dataset:
    """Read a .dta file as named by the user, or some of its variables; r(601) when there is none."""
    path, shown = dta_path(name, ctx)
    wanted = None
    try:
        if varlist.strip():
            wanted = expand_varlist(scan_dta(path).dataset, parse("varlist", varlist), varabbrev=True)
        data = read_dta(path, wanted)
    except StataError as error:
        if error.rc != 610:
            raise
        raise StataError(610, f"file {shown} not Stata format") from None
    data.filename = shown
    data.changed = False
    return data


def scan(name: str, ctx: Context) -> tuple[Dataset, int]:
    """What ``describe using`` needs of a .dta file: a dataset without observations, and how many the file has."""
    path, shown = dta_path(name, ctx)
    try:
        found = scan_dta(path)
    except StataError as error:
        if error.rc != 610:
            raise
        raise StataError(610, f"file {shown} not Stata format") from None
    found.dataset.filename, found.dataset.changed = shown, False
    return found.dataset, found.n


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
