"""matrix: Define, list and drop matrices.   matrix [define] A = matrix_expression | matrix {list | dir | drop | ...}"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from pystata_hlm.commands import (
    _matrix_accum,
    _matrix_eigen,
    _matrix_expr,
    _matrix_list,
    _matrix_names,
    _matrix_score,
)
from pystata_hlm.commands._matrix_functions import conformability
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.formats import parse_format
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

_DEFINE = re.compile(
    r"\s*(?:(?:de|def|defi|defin|define)\s+(?![=\[]))?([^\W\d]\w*)\s*(\[.*?\])?\s*=(?!=)(.*)$", re.DOTALL
)
_LIST_OPTIONS = (
    Opt("noblank", 3),
    Opt("nohalf", 3),
    Opt("noheader", 3),
    Opt("nonames", 3),
    Opt("nodotz", 4),
    Opt("format", 1, "text"),
    Opt("title", 1, "string"),
)


def keep(name: str, matrix: StataMatrix, ctx: Context) -> None:
    """Store a matrix; scalars and matrices share their names."""
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    ctx.workspace.scalars.pop(name, None)
    ctx.workspace.matrices[name] = matrix


def _define(name: str, subscript: str | None, text: str, ctx: Context) -> None:
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    if not text.strip():
        raise StataError.invalid_syntax()
    if subscript is None:
        value = _matrix_expr.evaluate(text, ctx)
        if not value.values.size:
            raise conformability()
        keep(name, value, ctx)
        return
    old = _matrix_expr.find(name, ctx)
    value = _matrix_expr.evaluate(text, ctx)
    parts = _matrix_expr.split_arguments(subscript[1:-1])
    if len(parts) != 2:
        raise StataError.invalid_syntax()
    row = _matrix_expr.positions(parts[0], old.rows, ctx)[0]
    column = _matrix_expr.positions(parts[1], old.cols, ctx)[0]
    r, c = value.values.shape
    if row + r > len(old.rows) or column + c > len(old.cols):
        raise conformability()
    values = np.array(old.values)
    values[row : row + r, column : column + c] = value.values
    ctx.workspace.matrices[name] = StataMatrix(values, old.rows, old.cols)


def _list(text: str, ctx: Context) -> None:
    name, _, options = text.partition(",")
    nodes = parse("options", options.strip()) if options.strip() else ()
    given = typed_options(nodes, _LIST_OPTIONS, (), ctx)
    if not name.strip():
        raise StataError.invalid_syntax()
    matrix = _matrix_expr.find(name, ctx)
    fmt = given.get("format", _matrix_list.GENERAL)
    parse_format(fmt)
    if "noblank" not in given:
        ctx.say()
    if "noheader" not in given:
        half = "nohalf" not in given
        lead = "symmetric " if half and _matrix_list.is_symmetric(matrix) else ""
        r, c = matrix.values.shape
        title = f":  {given['title']}" if given.get("title") else ""
        ctx.say(f"{lead}{name.strip()}[{r},{c}]{title}")
    lines = _matrix_list.layout(
        matrix,
        ctx.settings.linesize,
        fmt,
        "nonames" not in given,
        "nohalf" not in given,
        "nodotz" not in given,
    )
    ctx.say("\n".join(lines))


def _dir(text: str, ctx: Context) -> None:
    if text.strip():
        raise StataError.invalid_syntax()
    for name, matrix in reversed(ctx.workspace.matrices.items()):
        r, c = matrix.values.shape
        lead = "symmetric " if _matrix_list.is_symmetric(matrix) else ""
        ctx.say(f"{lead}{name}[{r},{c}]".rjust(20))


def _drop(text: str, ctx: Context) -> None:
    matrices = ctx.workspace.matrices
    words = text.split()
    if not words:
        raise StataError.invalid_syntax()
    names = list(matrices) if words == ["_all"] else words
    for name in names:
        _matrix_expr.find(name, ctx)
    for name in names:
        matrices.pop(name, None)


def _rename(text: str, ctx: Context) -> None:
    words = text.split()
    if len(words) != 2:
        raise StataError.invalid_syntax()
    matrix = _matrix_expr.find(words[0], ctx)
    if not is_wellformed(words[1]):
        raise StataError.invalid_name(words[1])
    if words[1] in ctx.workspace.matrices:
        raise StataError(110, f"{words[1]} already defined")
    keep(words[1], matrix, ctx)
    ctx.workspace.matrices.pop(words[0], None)


def _input(text: str, ctx: Context) -> None:
    """``input A = (1,2\\3,4)``: numbers and missing values; commas may be left out."""
    name, equals, body = text.partition("=")
    name, body = name.strip(), body.strip()
    if not equals or not (body.startswith("(") and body.endswith(")")):
        raise StataError.invalid_syntax()
    rows = [re.split(r"\s*,\s*|\s+", line.strip()) for line in body[1:-1].split("\\")]
    if len({len(row) for row in rows}) != 1:
        raise conformability()
    if not all(
        re.fullmatch(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\.[a-z]?", w) for row in rows for w in row
    ):
        raise StataError.invalid_syntax()
    expression = "\\".join(",".join(row) for row in rows)
    keep(name, _matrix_expr.evaluate(f"({expression})", ctx), ctx)


def _names(which: str) -> Callable[[str, Context], None]:
    def run(text: str, ctx: Context) -> None:
        name, equals, rest = text.partition("=")
        name = name.strip()
        matrix = ctx.workspace.matrices.get(name)
        if not equals or not name:
            raise StataError.invalid_syntax()
        if matrix is None:
            raise StataError(111, f"matrix {name} not found")
        ctx.workspace.matrices[name] = _matrix_names.renamed(matrix, which, rest)

    return run


_SUBCOMMANDS: dict[str, tuple[int, Callable[[str, Context], Stored | None]]] = {
    "list": (1, _list),
    "dir": (1, _dir),
    "drop": (4, _drop),
    "rename": (3, _rename),
    "input": (2, _input),
    "rownames": (4, _names("rownames")),
    "colnames": (4, _names("colnames")),
    "roweq": (4, _names("roweq")),
    "coleq": (4, _names("coleq")),
    "accum": (3, _matrix_accum.accum),
    "vecaccum": (4, _matrix_accum.vecaccum),
    "glsaccum": (3, _matrix_accum.glsaccum),
    "opaccum": (3, _matrix_accum.opaccum),
    "svd": (0, _matrix_eigen.svd),
    "symeigen": (4, _matrix_eigen.symeigen),
    "eigenvalues": (5, _matrix_eigen.eigenvalues),
    "score": (2, _matrix_score.score),
}
_ABBREVIATIONS = tuple((name, shortest) for name, (shortest, _) in _SUBCOMMANDS.items())
_LACKING = (
    ("dissimilarity", 7),
    ("post", 0),
    ("mlout", 0),
    ("substitute", 3),
    ("makeCns", 0),
    ("dispCns", 0),
)


@command("matrix", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    word = re.match(r"\w*", text)[0]  # type: ignore[index]
    rest = text[len(word) :]
    sub = match(word, _ABBREVIATIONS)
    if sub is not None and not re.match(r"\s*(\[.*?\])?\s*=(?!=)", rest, re.DOTALL):
        return _SUBCOMMANDS[sub][1](rest, ctx)
    found = _DEFINE.match(text)
    if found is not None:
        _define(found[1], found[2], found[3], ctx)
        return None
    lacking = match(word, _LACKING)
    if lacking is not None:
        raise StataError(198, f"matrix {lacking} not yet supported")
    raise StataError(198, f"invalid '{word}' " if word else "invalid syntax")
