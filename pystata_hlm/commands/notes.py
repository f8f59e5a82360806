"""notes: place, list and drop notes.   notes [varname|_dta]: text | notes [list] [evarlist] | notes drop evarlist [in #]"""

from __future__ import annotations

import re
import textwrap
from datetime import datetime

from pystata_hlm.data.dataset import DTA
from pystata_hlm.data.dta_write import time_stamp
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_PLACE = re.compile(r"\s*([\w~*?]*)\s*:\s?(.*)", re.DOTALL)


def _owners(text: str, ctx: Context) -> list[str]:
    """``_dta`` and variables, in the order given."""
    out: list[str] = []
    for word in text.split():
        if word == DTA:
            out.append(DTA)
        else:
            out += expand_varlist(ctx.data, parse("varlist", word), varabbrev=ctx.settings.varabbrev)
    return out


def _place(owner: str, text: str, ctx: Context) -> None:
    name = DTA if owner in ("", DTA) else ctx.data.find(owner, ctx.settings.varabbrev)
    text = text.strip()
    if not text:
        raise StataError.invalid_syntax()
    ctx.data.add_note(text.replace("TS", time_stamp(datetime.now())) if text.endswith(" TS") else text, name)


def _list(owners: list[str], ctx: Context) -> None:
    out: list[str] = []
    for owner in owners:
        notes = ctx.data.notes(owner)
        if not notes:
            continue
        out += ["", f"{owner}:"]
        for number, text in notes.items():
            room = ctx.settings.linesize - 7
            first, *rest = textwrap.wrap(text, room) or [""]
            out += [f"{number:>3}.  {first}", *(" " * 6 + more for more in rest)]
    if out:
        ctx.emit(lines(*out))


def _drop(text: str, ctx: Context) -> None:
    text, _, numbers = text.partition(" in ")
    chosen = set(map(int, parse_numlist(numbers.replace("/", "/")))) if numbers.strip() else None
    for owner in _owners(text, ctx):
        notes = ctx.data.notes(owner)
        for number in notes if chosen is None else chosen & set(notes):
            ctx.data.set_char(owner, f"note{number}", "")
        if not ctx.data.notes(owner):
            ctx.data.set_char(owner, "note0", "")


@command("notes", min=4, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    found = _PLACE.fullmatch(text)
    if found is not None:
        _place(found[1], found[2], ctx)
        return None
    word, _, rest = text.partition(" ")
    if word == "drop":
        if not rest.strip():
            raise StataError.varlist_required()
        _drop(rest, ctx)
    elif word in ("search", "replace", "renumber"):
        raise StataError(198, f"notes {word} not yet supported")
    else:
        _list(_owners(rest if word == "list" else text, ctx) or [DTA, *ctx.data.names], ctx)
    return None
