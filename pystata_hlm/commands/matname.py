"""matname: Rename rows and columns of a matrix.   matname A namelist [, rows(range) columns(range) explicit]"""

from __future__ import annotations

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.commands._matrix_functions import conformability
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


def _namelist(words: list[str], explicit: bool, ctx: Context) -> list[str]:
    """Names of variables, abbreviations expanded, and ``_cons``; with ``explicit`` the words as they are."""
    if explicit:
        return words
    out: list[str] = []
    for word in words:
        out += ["_cons"] if word == "_cons" else ctx.data.unabbreviate(word, ctx.settings.varabbrev)
    return out


def _renamed(old: tuple[str, ...], names: list[str], where: str, ctx: Context) -> tuple[str, ...]:
    at = _matrix_expr.positions(where, old, ctx)
    if len(at) != len(names):
        raise conformability()
    new = list(old)
    for k, name in zip(at, names, strict=True):
        new[k] = name
    return tuple(new)


@command(
    "matname",
    syntax="anything",
    allow=frozenset(),
    options=(Opt("rows", 1, "text"), Opt("columns", 1, "text"), Opt("explicit", 1)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    name, *words = call.node.text.split() or [""]
    if not words:
        raise StataError.invalid_syntax()
    matrix = ctx.workspace.matrices.get(name)
    if matrix is None:
        raise StataError(111, f"matrix {name} not found")
    names = _namelist(words, call.has("explicit"), ctx)
    rows, columns = call.opt("rows"), call.opt("columns")
    if rows is None and columns is None:
        rows = columns = "."
    ctx.workspace.matrices[name] = StataMatrix(
        matrix.values,
        matrix.rows if rows is None else _renamed(matrix.rows, names, rows, ctx),
        matrix.cols if columns is None else _renamed(matrix.cols, names, columns, ctx),
    )
    return None
