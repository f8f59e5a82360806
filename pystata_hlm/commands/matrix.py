"""matrix: Define, list and drop matrices.   matrix [define] A = matrix_expression | matrix {list | dir | drop | ...}"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _matrix_expr, _matrix_list
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.formats import parse_format
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens

_DEFINE = re.compile(
    r"\s*(?:(?:de|def|defi|defin|define)\s+)?([^\W\d]\w*)\s*(\[[^\]]*\])?\s*=(?!=)(.*)$", re.DOTALL
)
_SUBCOMMANDS = (
    ("list", 1),
    ("dir", 1),
    ("drop", 4),
    ("rownames", 5),
    ("colnames", 5),
    ("rename", 3),
    ("accum", 3),
    ("input", 2),
    ("roweq", 5),
    ("coleq", 5),
    ("svd", 0),
    ("symeigen", 4),
    ("score", 2),
    ("vecaccum", 4),
    ("glsaccum", 3),
)
_LIST_OPTIONS = (
    Opt("noblank", 3),
    Opt("nohalf", 3),
    Opt("noheader", 3),
    Opt("nonames", 3),
    Opt("format", 1, "text"),
    Opt("title", 1, "string"),
)


def _define(name: str, subscript: str | None, text: str, ctx: Context) -> None:
    matrices = ctx.workspace.matrices
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    value = _matrix_expr.evaluate(text, ctx)
    if subscript is None:
        matrices[name] = value
        return
    old = _matrix_expr.find(name, ctx)
    parts = _matrix_expr.split_arguments(subscript[1:-1])
    if len(parts) != 2:
        raise StataError.invalid_syntax()
    rows = _matrix_expr.positions(parts[0], old.rows, ctx)
    columns = _matrix_expr.positions(parts[1], old.cols, ctx)
    r, c = value.values.shape
    if (rows[0] + r > len(old.rows)) or (columns[0] + c > len(old.cols)):
        raise StataError(503, "conformability error")
    values = np.array(old.values)
    values[rows[0] : rows[0] + r, columns[0] : columns[0] + c] = value.values
    matrices[name] = StataMatrix(values, old.rows, old.cols)


def _list(text: str, ctx: Context) -> None:
    name, _, options = text.partition(",")
    nodes = parse("options", options.strip()) if options.strip() else ()
    given = typed_options(nodes, _LIST_OPTIONS, ("nodotz:4",), ctx)
    matrix = _matrix_expr.find(name, ctx)
    fmt = given.get("format", "%10.0g")
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
        matrix, ctx.settings.linesize, fmt, "nonames" not in given, "nohalf" not in given
    )
    ctx.say("\n".join(lines))


def _dir(text: str, ctx: Context) -> None:
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
    if len(words) != 2 or not is_wellformed(words[1]):
        raise StataError.invalid_syntax()
    if words[1] in ctx.workspace.matrices:
        raise StataError(110, f"{words[1]} already defined")
    matrix = _matrix_expr.find(words[0], ctx)
    ctx.workspace.matrices[words[1]] = matrix
    del ctx.workspace.matrices[words[0]]


def _names(which: str, text: str, ctx: Context) -> None:
    """rownames, colnames, roweq, coleq: ``A = names``."""
    name, equals, rest = text.partition("=")
    name = name.strip()
    if not equals:
        raise StataError.invalid_syntax()
    matrix = ctx.workspace.matrices.get(name)
    if matrix is None:
        raise StataError(111, f"matrix {name} not found")
    rows = which.startswith("row")
    old = matrix.rows if rows else matrix.cols
    words = [strip_quotes(word) for word in tokens(ctx.executor.expand(rest))]
    if not words:
        raise StataError.invalid_syntax()
    words = (words + [words[-1]] * len(old))[: len(old)] if which.endswith("eq") else words
    if len(words) < len(old):
        words += [words[-1]] * (len(old) - len(words))
    if len(words) > len(old):
        raise StataError(503, "conformability error")
    new = []
    for was, word in zip(old, words, strict=True):
        equation, colon, term = was.rpartition(":")
        if which.endswith("eq"):
            new.append(term if word == "_" else f"{word.rstrip(':')}:{term}")
        else:
            new.append(word if ":" in word or not colon else f"{equation}:{word}")
    names = tuple(new)
    ctx.workspace.matrices[name] = StataMatrix(
        matrix.values, names if rows else matrix.rows, matrix.cols if rows else names
    )


@command("matrix", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    sub = match(word, _SUBCOMMANDS)
    if sub in ("rownames", "colnames", "roweq", "coleq"):
        _names(sub, rest, ctx)
        return None
    found = _DEFINE.match(call.text)
    if found is not None and not (sub == "input" and re.match(r"\s*\w+\s+\w+\s*=", call.text)):
        _define(found[1], found[2], found[3], ctx)
        return None
    if sub == "input":
        name, _, text = rest.partition("=")
        ctx.workspace.matrices[name.strip()] = _input(text)
        return None
    handlers = {"list": _list, "dir": _dir, "drop": _drop, "rename": _rename}
    if sub is None:
        raise StataError(198, f"invalid '{word}' " if word else "invalid syntax")
    if sub not in handlers:
        raise StataError(198, f"matrix {sub} not yet supported")
    handlers[sub](rest, ctx)
    return None


def _input(text: str) -> StataMatrix:
    """``matrix input A = (1,2\\3,4)``: numbers only, commas optional."""
    body = text.strip()
    if not (body.startswith("(") and body.endswith(")")):
        raise StataError.invalid_syntax()
    try:
        rows = [
            [float("nan") if w == "." else float(w) for w in re.split(r"[\s,]+", line.strip())]
            for line in body[1:-1].split("\\")
        ]
    except ValueError:
        raise StataError.invalid_syntax() from None
    if len({len(row) for row in rows}) != 1:
        raise StataError(503, "conformability error")
    return StataMatrix.make(rows)
