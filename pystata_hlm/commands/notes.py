"""notes: place, list and drop notes.   notes [varname|_dta]: text | notes [list] [evarlist] | notes {drop|renumber|replace|search} ..."""

from __future__ import annotations

import re
import textwrap
from datetime import datetime

from pystata_hlm.commands._storing import plural
from pystata_hlm.data.dataset import DTA
from pystata_hlm.data.dta_write import time_stamp
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes
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
    if not text.strip():
        raise StataError.invalid_syntax()
    ctx.data.add_note(_stamped(text.strip()), name)


def _stamped(text: str) -> str:
    """TS between blanks (or at an end) becomes the time of day."""
    return re.sub(r"(?<!\S)TS(?!\S)", lambda _: time_stamp(datetime.now()), text)


def _list(owners: list[str], ctx: Context, chosen: set[int] | None = None, word: str = "") -> None:
    out: list[str] = []
    for owner in owners:
        notes = {
            number: text
            for number, text in ctx.data.notes(owner).items()
            if (chosen is None or number in chosen) and word.lower() in text.lower()
        }
        if not notes:
            continue
        out += ["", f"{owner}:"]
        for number, text in notes.items():
            room = ctx.settings.linesize - 7
            first, *rest = textwrap.wrap(text, room) or [""]
            out += [f"{number:>3}.  {first}", *(" " * 6 + more for more in rest)]
    if out:
        ctx.emit(lines(*out))


def _range(text: str) -> tuple[str, set[int] | None]:
    """``evarlist [in #[/#]]``."""
    found = re.fullmatch(r"(.*?)\s*\bin\s+(\d+(?:\s*/\s*\d+)?)\s*", text.strip(), re.DOTALL)
    if found is None:
        return text, None
    return found[1], {int(v) for v in parse_numlist(found[2].replace(" ", ""))}


def _drop(text: str, ctx: Context) -> None:
    names, chosen = _range(text)
    dropped = 0
    for owner in _owners(names, ctx):
        notes = ctx.data.notes(owner)
        if chosen is not None and not chosen & set(notes):
            raise StataError(198, f"{owner} has no note in that range")
        for number in sorted(set(notes) if chosen is None else chosen & set(notes)):
            ctx.data.set_char(owner, f"note{number}", "")
            dropped += 1
        if notes and not ctx.data.notes(owner):
            ctx.data.set_char(owner, "note0", "")
    ctx.say(f"  ({plural(dropped, 'note', 'notes')} dropped)")


def _replace(text: str, ctx: Context) -> None:
    found = re.fullmatch(r"\s*([\w~*?]+)\s+in\s+(\d+)\s*:\s?(.*)", text, re.DOTALL)
    if found is None or not found[3].strip():
        raise StataError.invalid_syntax()
    owner = DTA if found[1] == DTA else ctx.data.find(found[1], ctx.settings.varabbrev)
    if int(found[2]) not in ctx.data.notes(owner):
        raise StataError(198, f"note {found[2]} for {owner} does not exist")
    ctx.data.set_char(owner, f"note{int(found[2])}", _stamped(found[3].strip()))
    ctx.say(f"  (note {int(found[2])} for {owner} replaced)")


def _renumber(text: str, ctx: Context) -> None:
    owners = _owners(text, ctx)
    if len(owners) != 1:
        raise StataError.invalid_syntax()
    texts = list(ctx.data.notes(owners[0]).values())
    for number in ctx.data.notes(owners[0]):
        ctx.data.set_char(owners[0], f"note{number}", "")
    for number, note in enumerate(texts, 1):
        ctx.data.set_char(owners[0], f"note{number}", note)
    if texts:
        ctx.data.set_char(owners[0], "note0", str(len(texts)))


@command("notes", min=4, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    word, _, rest = text.partition(" ")
    if word == "replace" and ":" in rest and not rest.lstrip().startswith(":"):
        _replace(rest, ctx)
        return None
    found = _PLACE.fullmatch(text)
    if found is not None:
        _place(found[1], found[2], ctx)
        return None
    if word == "drop":
        if not rest.strip():
            raise StataError.varlist_required()
        _drop(rest, ctx)
    elif word == "replace":
        raise StataError.invalid_syntax()
    elif word == "renumber":
        _renumber(rest, ctx)
    elif word == "search":
        _list([DTA, *ctx.data.names], ctx, word=strip_quotes(rest))
    else:
        names, chosen = _range(rest if word == "list" else text)
        _list(_owners(names, ctx) or [DTA, *ctx.data.names], ctx, chosen)
    return None
