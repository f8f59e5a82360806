"""Macro functions that give lists of names: files, macros, scalars, matrices, stored results, matrix stripes."""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.results import StataMatrix
from pystata_hlm.runtime.words import quoted, tokens

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

# ---------------------------------------------------------------- files

_KINDS = (("files", 4), ("directories", 3), ("other", 5), ("dirs", 4))


def files(rest: str, ctx: Context) -> str:
    """``"folder" {files | dirs | other} ["pattern"] [, nofail respectcase]``: names in plain quotes."""
    head, _, options = _cut_options(rest)
    for option in options.split():
        if option not in ("nofail", "respectcase"):
            raise StataError.option_not_allowed(option)
    words = tokens(head)
    kind = match(words[1], _KINDS) if len(words) in (2, 3) else None
    if kind is None:
        raise StataError.invalid_syntax()
    folder = ctx.workspace.resolve(words[0] or ".")
    if not folder.is_dir():
        raise StataError(601, f"directory {words[0]} not found")
    pattern = words[2] if len(words) == 3 else "*"
    windows = sys.platform == "win32"
    lower = windows and "respectcase" not in options
    found = []
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        its = "files" if path.is_file() else "dirs" if path.is_dir() else "other"
        name = path.name.lower() if lower else path.name
        if its == ("dirs" if kind == "directories" else kind) and fnmatch.fnmatchcase(
            name, pattern.lower() if lower else pattern
        ):
            found.append(f'`"{name}"\'' if '"' in name else f'"{name}"')
    return " ".join(found)


def _cut_options(text: str) -> tuple[str, str, str]:
    """A text, the comma outside quotes, and the options behind it."""
    quotes = False
    for k, c in enumerate(text):
        if c == '"':
            quotes = not quotes
        elif c == "," and not quotes:
            return text[:k], ",", text[k + 1 :]
    return text, "", ""


# ---------------------------------------------------------------- names in memory


def _matching(names: Iterable[str], pattern: str) -> str:
    return " ".join(name for name in names if fnmatch.fnmatchcase(name, pattern))


def everything(rest: str, ctx: Context) -> str:
    """``{globals | scalars | numeric scalars | string scalars | matrices} ["pattern"]``."""
    words = tokens(rest)
    ws = ctx.workspace
    kind = words.pop(0) if words else ""
    if kind in ("numeric", "string"):
        if not words or words.pop(0) != "scalars":
            raise StataError.invalid_syntax()
        names = [name for name, held in ws.scalars.items() if isinstance(held, str) == (kind == "string")]
    elif kind == "globals":
        names = list(ws.globals)
    elif kind == "scalars":
        names = list(ws.scalars)
    elif kind == "matrices":
        names = list(ws.matrices)
    else:
        raise StataError.invalid_syntax()
    if len(words) > 1:
        raise StataError.invalid_syntax()
    return _matching(names, words[0] if words else "*")


_RESULTS = {"r": ("scalars", "macros", "matrices"), "s": ("macros",)}
_RESULTS["e"] = (*_RESULTS["r"], "functions")


def results(klass: str, rest: str, ctx: Context) -> str:
    """``r(scalars)``, ``e(macros)`` ...: names of the stored results."""
    found = re.fullmatch(r"\(\s*(\w+)\s*\)\s*(.*)", rest)
    if found is None or found[1] not in _RESULTS[klass]:
        raise StataError.invalid_syntax()
    pattern = (tokens(found[2]) or ["*"])[0]
    if found[1] == "functions":
        from pystata_hlm.runtime.workspace import E_SAMPLE

        return _matching(["sample"] if E_SAMPLE in ctx.data.hidden else [], pattern)
    return _matching(getattr(getattr(ctx.workspace, klass), found[1]), pattern)


# ---------------------------------------------------------------- matrix stripes


def split_name(name: str) -> tuple[str, str]:
    """Equation and name of a row or column; ``_`` is the equation that is none."""
    equation, _, term = name.rpartition(":")
    return equation or "_", term


def _free(names: Iterable[str]) -> list[str]:
    """Free parameters: ``/name``, written ``/:name`` or ``/name``."""
    return [name for name in names if name.startswith("/")]


def _variables(names: Iterable[str]) -> list[str]:
    terms = dict.fromkeys(split_name(name)[1] for name in names)
    return [term for term in terms if term != "_cons"]


MATRIX_FUNCTIONS: dict[str, Callable[[tuple[str, ...]], list[str]]] = {}
_STRIPES: dict[str, Callable[[tuple[str, ...]], list[str]]] = {
    "names": lambda names: [split_name(name)[1] for name in names],
    "fullnames": lambda names: [name.removeprefix("_:") for name in names],
    "eq": lambda names: [split_name(name)[0] for name in names],
    "sof": lambda names: [str(len(names))],
    "nfreeparms": lambda names: [str(len(_free(names)))],
    "nlfs": lambda names: [str(len({split_name(name)[0] for name in names if not name.startswith("/")}))],
    "lfnames": lambda names: list(dict.fromkeys(split_name(n)[0] for n in names if not n.startswith("/"))),
    "varlist": _variables,
}
for _side in ("row", "col"):
    MATRIX_FUNCTIONS |= {_side + name: run for name, run in _STRIPES.items()}
MATRIX_FUNCTIONS["colfullname"] = MATRIX_FUNCTIONS["colfullnames"]
MATRIX_FUNCTIONS["rowfullname"] = MATRIX_FUNCTIONS["rowfullnames"]


def number_of(name: str) -> Callable[[str, Context], str]:
    """``{rownumb | colnumb | roweqnumb | coleqnumb} matrix string``: the place of a name or an equation, or ``.``."""

    def run(rest: str, ctx: Context) -> str:
        found = re.fullmatch(r"((?:[er]\(\s*\w+\s*\)|\w+))\s+(\S.*)", rest.strip())
        if found is None:
            raise StataError.invalid_syntax()
        matrix = find_matrix(found[1], ctx)
        names = matrix.rows if name.startswith("row") else matrix.cols
        wanted = " ".join(tokens(found[2]))
        if name.endswith("eqnumb"):
            equations = list(dict.fromkeys(split_name(each)[0] for each in names))
            return str(equations.index(wanted) + 1) if wanted in equations else "."
        for k, each in enumerate(names):
            if each.removeprefix("_:") == wanted or (":" not in wanted and split_name(each)[1] == wanted):
                return str(k + 1)
        return "."

    return run


def find_matrix(text: str, ctx: Context) -> StataMatrix:
    """A matrix, or a stored one: ``A``, ``e(b)``; r(111) when there is none."""
    text = text.strip()
    held: object = ctx.workspace.matrices.get(text)
    found = re.fullmatch(r"([er])\(\s*(\w+)\s*\)", text)
    if held is None and found is not None:
        held = getattr(ctx.workspace, found[1]).get(found[2])
    if not isinstance(held, StataMatrix):
        raise StataError(111, f"matrix {text} not found")
    return held


def matrix_function(name: str) -> Callable[[str, Context], str]:
    """``{rownames | colnames | roweq | ...} matrix [, quoted]``."""
    listed = MATRIX_FUNCTIONS[name]

    def run(rest: str, ctx: Context) -> str:
        text, comma, option = rest.partition(",")
        if comma and option.strip() != "quoted":
            raise StataError.option_not_allowed(option.strip())
        matrix = find_matrix(text, ctx)
        words = listed(matrix.rows if name.startswith("row") else matrix.cols)
        return " ".join(f'"{word}"' if comma else quoted(word) for word in words)

    return run
