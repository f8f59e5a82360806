"""file: read and write text and binary files.   file {open | read | write | seek | set | close | query} ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pystata_hlm.commands._filespecs import read_binary, write_binary, write_text
from pystata_hlm.commands._openfiles import OpenFile, close_all, find
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_OPEN = (
    Opt("read", 1),
    Opt("write", 1),
    Opt("text", 1),
    Opt("binary", 1),
    Opt("replace"),
    Opt("append"),
    Opt("all"),
)
_HANDLE = re.compile(r"\s*(\w+)\s*(.*)$", re.DOTALL)


def _open(text: str, ctx: Context) -> Stored | None:
    """file open handle using filename, {read|write|read write} [[text|binary] [replace|append] all]"""
    node: nodes.Anything = parse("anything", text)
    name = node.text.strip()
    if not is_wellformed(name):
        raise StataError.invalid_name(name) if name else StataError.invalid_syntax()
    if node.clauses.using is None:
        raise StataError(100, "using required")
    options = typed_options(node.clauses.options, _OPEN, (), ctx)
    reads, writes = "read" in options, "write" in options
    if not (reads or writes):
        raise StataError(198, "must specify option read or write")
    for one, two in (("text", "binary"), ("replace", "append")):
        if one in options and two in options:
            raise StataError(184, f"options {one} and {two} may not be combined")
    if not writes and (extra := next((w for w in ("replace", "append") if w in options), "")):
        raise StataError(184, f"options read and {extra} may not be combined")
    ws = ctx.workspace
    if name in ws.files:
        raise StataError(110, f"file handle {name} already exists")
    shown = node.clauses.using
    path = ws.resolve(shown)
    exists = path.exists()
    if writes and not reads and exists and not ("replace" in options or "append" in options):
        raise StataError.file_exists(shown)
    if reads and not writes and not exists:
        raise StataError.file_not_found(shown)
    if "append" in options or (reads and writes and "replace" not in options):
        mode = "r+b" if exists else "w+b"
    else:
        mode = "rb" if not writes else "w+b"
    try:
        handle: Any = open(path, mode)  # noqa: SIM115
    except OSError:
        raise StataError(603, f"file {shown} could not be opened") from None
    if "append" in options:
        handle.seek(0, 2)
    if "all" in options and writes and not exists:
        path.chmod(path.stat().st_mode | 0o444)
    kind = "read write" if reads and writes else "write" if writes else "read"
    ws.files[name] = OpenFile(shown, handle, reads, writes, "binary" in options, looks=kind)
    return None


def _taken(text: str) -> tuple[str, str]:
    found = _HANDLE.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    return found[1], found[2]


def _read(text: str, ctx: Context) -> Stored | None:
    """file read handle localmacroname"""
    name, rest = _taken(text)
    source = find(name, ctx)
    if not source.reads:
        raise StataError(198, f"file handle {name} not open for reading")
    if source.binary:
        count, ended = read_binary(source, rest, ctx)
        return Stored("r", scalars={"eof": float(ended), "N": float(count)})
    words = rest.split()
    if len(words) != 1 or not re.fullmatch(r"\w{1,31}", words[0]):
        raise StataError.invalid_syntax()
    line, status = source.line()
    ctx.executor.set_macro(words[0], "local", line)
    return Stored("r", scalars={"eof": float(status == "eof")}, macros={"status": status})


def _write(text: str, ctx: Context) -> Stored | None:
    """file write handle specs"""
    name, rest = _taken(text)
    target = find(name, ctx)
    if not target.writes:
        raise StataError(198, f"file handle {name} not open for writing")
    (write_binary if target.binary else write_text)(target, rest, ctx)
    target.handle.flush()
    return None


def _seek(text: str, ctx: Context) -> Stored | None:
    """file seek handle {query | tof | eof | #}"""
    name, rest = _taken(text)
    target, where = find(name, ctx), rest.strip()
    if where == "tof":
        target.handle.seek(0)
    elif where == "eof":
        target.handle.seek(0, 2)
    elif where.isdigit():
        end = target.handle.seek(0, 2)
        if int(where) > end:
            raise StataError(651, "may not seek past end of file")
        target.handle.seek(int(where))
    elif where != "query":
        raise StataError.invalid_syntax()
    target.column = 0
    return Stored("r", scalars={"loc": float(target.handle.tell())})


def _set(text: str, ctx: Context) -> Stored | None:
    """file set handle byteorder {hilo | lohi | 1 | 2}"""
    name, rest = _taken(text)
    target, words = find(name, ctx), rest.split()
    order = {"hilo": 1, "1": 1, "lohi": 2, "2": 2}.get(words[1]) if len(words) == 2 else None
    if order is None or words[0] != "byteorder":
        raise StataError.invalid_syntax()
    if not target.binary:
        raise StataError(198, "byteorder may be set for binary files only")
    target.byteorder = order
    return None


def _close(text: str, ctx: Context) -> Stored | None:
    """file close {handle | _all}"""
    words = text.split()
    if len(words) != 1:
        raise StataError.invalid_syntax()
    if words[0] == "_all":
        close_all(ctx)
        return None
    find(words[0], ctx).close()
    del ctx.workspace.files[words[0]]
    return None


def _query(text: str, ctx: Context) -> Stored | None:
    """file query"""
    if text.strip():
        raise StataError.invalid_syntax()
    held = ctx.workspace.files
    for name, one in held.items():
        kind = "binary" if one.binary else "text"
        ctx.say(f"  {name:<16} {kind:<7} {one.looks:<11} {one.shown}")
    return Stored("r", scalars={"N": float(len(held))})


_RUN: dict[str, tuple[int, Callable[[str, Context], Stored | None]]] = {
    "open": (1, _open),
    "read": (1, _read),
    "write": (1, _write),
    "seek": (4, _seek),
    "set": (3, _set),
    "close": (1, _close),
    "query": (1, _query),
}
LACKING = ("sersetwrite", "sersetread")


@command("file", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    name = match(word, ((key, shortest) for key, (shortest, _) in _RUN.items()))
    if name is None:
        if word in LACKING:
            raise StataError(199, f"file {word} not yet supported")
        raise StataError.invalid_word(word) if word else StataError.invalid_syntax()
    stored = _RUN[name][1](rest, ctx)
    if stored is not None:
        ctx.store(stored)
    return None
