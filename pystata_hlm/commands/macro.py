"""macro: List, drop and shift macros.   macro {list | dir | drop | shift} [names]"""

from __future__ import annotations

import fnmatch

from pystata_hlm.commands._macros import define
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens

_SUBCOMMANDS = (("list", 1), ("dir", 2), ("drop", 4), ("shift", 1), ("define", 2))


def listing(ctx: Context) -> dict[str, str]:
    """Macros under the names ``macro list`` shows: locals with a leading underscore."""
    ws = ctx.workspace
    return {**ws.globals, **{f"_{name}": text for name, text in ctx.locals.items()}}


def entry(name: str, text: str, width: int) -> str:
    """``name:`` and the text from column 17, going on under itself."""
    head = f"{name}:".ljust(15) + " "
    room = max(20, width - 1 - 16)
    pieces = [text[k : k + room] for k in range(0, len(text), room)] or [""]
    return ("\n" + " " * 16).join([head + pieces[0], *pieces[1:]])


def _list(words: list[str], ctx: Context) -> None:
    macros = listing(ctx)
    if words and words != ["_all"]:
        for word in words:
            if word not in macros:
                raise StataError(111, f"global macro {word} not found")
        macros = {word: macros[word] for word in words}
    for name, text in macros.items():
        ctx.say(entry(name, text, ctx.settings.linesize))


def _drop(words: list[str], ctx: Context) -> None:
    if not words:
        raise StataError.invalid_syntax()
    for word in words:
        stores = [(ctx.workspace.globals, word)]
        if word.startswith("_") and word != "_all":
            stores.append((ctx.locals, word[1:]))
        for store, pattern in stores:
            for name in list(store):
                if word == "_all" or fnmatch.fnmatchcase(name, pattern):
                    del store[name]


def _shift(words: list[str], ctx: Context) -> None:
    """`2' becomes `1', `3' becomes `2' ...; the last one disappears."""
    count = int(words[0]) if words and words[0].isdigit() else 1
    frame = ctx.locals
    highest = max((int(name) for name in frame if name.isdigit()), default=0)
    values = [frame.get(str(k), "") for k in range(1, highest + 1)][count:]
    for k in range(1, highest + 1):
        frame.pop(str(k), None)
    for k, text in enumerate(values, 1):
        if text:
            frame[str(k)] = text
    frame["*"] = " ".join(values)


@command("macro", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    sub = match(word, _SUBCOMMANDS)
    if sub is None:
        raise StataError(198, f"invalid '{word}' " if word else "invalid syntax")
    if sub == "define":
        define(rest, "global", ctx)
    elif sub == "drop":
        _drop(tokens(rest), ctx)
    elif sub == "shift":
        _shift(tokens(rest), ctx)
    else:
        _list(tokens(rest), ctx)
    return None
