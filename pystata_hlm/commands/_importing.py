"""What the commands that read foreign files share: variable names from headings, messages, options."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pystata_hlm.commands import _network
from pystata_hlm.commands._files import with_suffix
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import MAX_NAME, is_valid_name
from pystata_hlm.data.textfile import read_bytes
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Opt

MAX_LABEL = 80
CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "preserve": str}


def letters(text: str) -> str:
    """The characters of a heading that a name may hold; leading digits go too."""
    kept = "".join(ch for ch in text if ch == "_" or ch.isalnum() or unicodedata.category(ch)[0] == "M")
    return kept.lstrip("0123456789")


def named(headings: Sequence[str], fallback: Callable[[int], str], case: str) -> list[str]:
    """Variable names of headings: what a name may not hold is left out; ``fallback(j)`` for what is then no name,
    and for a name that came before."""
    change = CASES[case]
    wanted = [change(letters(text))[:MAX_NAME] for text in headings]
    reserved = {fallback(j) for j, name in enumerate(wanted) if not is_valid_name(name)}
    out: list[str] = []
    seen: set[str] = set()
    for j, name in enumerate(wanted):
        if not is_valid_name(name) or name in seen or name in reserved:
            name = fallback(j)
        while name in seen:
            name = f"_{name}"[:MAX_NAME]
        seen.add(name)
        out.append(name)
    return out


def column_letters(j: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA: a column of a worksheet."""
    out = ""
    j += 1
    while j:
        j, digit = divmod(j - 1, 26)
        out = chr(65 + digit) + out
    return out


def labelled(column: Column, heading: str) -> Column:
    return column.with_(label=heading[:MAX_LABEL]) if heading else column


def check_case(options: dict[str, Any], default: str) -> str:
    """The argument of ``case()``: preserve, lower or upper."""
    given = str(options.get("case", default)).lower()
    found = [name for name in CASES if name.startswith(given)] if given else []
    if len(found) != 1:
        raise StataError(198, "option case() incorrectly specified")
    return found[0]


def parsed(
    text: str, options: tuple[Opt, ...], unsupported: tuple[str, ...], ctx: Context
) -> tuple[nodes.Anything, dict[str, Any], str]:
    """The parsed line, its typed options, and the file: after ``using``, else the leading text ("" when absent)."""
    node = parse("anything", text)
    given = typed_options(node.clauses.options, options, unsupported, ctx)
    if node.clauses.weight is not None:
        raise StataError(101, "weights not allowed")
    name = strip_quotes(node.clauses.using) if node.clauses.using is not None else strip_quotes(node.text)
    return node, given, name


def refuse_qualifiers(node: nodes.Anything) -> None:
    """r(101): if and in do not select rows of a foreign file."""
    if node.clauses.if_ is not None:
        raise StataError(101, "if not allowed")
    if node.clauses.in_ is not None:
        raise StataError(101, "in range not allowed")


def need_file(name: str) -> str:
    if not name:
        raise StataError(198, "invalid file specification")
    return name


def need_empty(ctx: Context, clear: bool) -> None:
    """r(18) when there are data in memory and ``clear`` was not given."""
    if (ctx.data.k or ctx.data.n) and not clear:
        raise StataError(18, "you must start with an empty dataset")


def locate(name: str, suffix: str, ctx: Context) -> tuple[Path, str]:
    """The local path of a file (fetched when it is a web address), and how its name is shown; r(601), r(631)..."""
    if _network.is_url(name):
        return _network.fetch(name), name
    shown = with_suffix(need_file(name), suffix)
    path = ctx.workspace.resolve(shown)
    if not path.is_file() and ctx.workspace.resolve(name).is_file():
        shown, path = name, ctx.workspace.resolve(name)
    if not path.is_file():
        raise StataError.file_not_found(shown)
    return path, shown


def contents(name: str, suffix: str, ctx: Context) -> bytes:
    path, shown = locate(name, suffix, ctx)
    return read_bytes(path, shown)


def size_note(data: Dataset) -> str:
    """``(12 vars, 74 obs)``."""
    return f"({data.k:,} {'var' if data.k == 1 else 'vars'}, {data.n:,} obs)"


def adopt_new(data: Dataset, ctx: Context) -> None:
    """Make imported data the dataset in memory: unsaved, without a file name."""
    data.filename, data.changed = "", True
    ctx.data = data


def target(name: str, suffix: str, replace: bool, ctx: Context) -> tuple[Path, str, bool]:
    """Where to write: the path, the name as shown, and whether the file is there; r(602) when it may not be."""
    shown = with_suffix(need_file(name), suffix)
    path = ctx.workspace.resolve(shown)
    exists = path.exists()
    if exists and not replace:
        raise StataError.file_exists(shown)
    if not path.parent.is_dir() or path.is_dir():
        raise StataError(603, f"file {shown} could not be opened")
    return path, shown, exists


def not_found_note(shown: str, ctx: Context) -> str:
    """What ``replace`` says of a file that was not there."""
    note = f"file {shown} not found"
    return f"({note})" if ctx.settings.release >= 17 else f"(note: {note})"
