"""char: characteristics.   char [define] evarname[charname] [text] | char list [evarname[charname]] | char rename old new"""

from __future__ import annotations

import re

from pystata_hlm.data.dataset import DTA
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_TARGET = re.compile(r"\s*(\w+)\s*\[\s*(\w*)\s*\]\s*(.*)", re.DOTALL)


def _owner(word: str, ctx: Context) -> str:
    return DTA if word == DTA else ctx.data.find(word, ctx.settings.varabbrev)


@command("char", syntax="raw", aliases=(("characteristic", 14),))
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    word, _, rest = text.partition(" ")
    if (word and "list".startswith(word)) or not text:
        _list(rest.strip(), ctx)
        return None
    if word and len(word) >= 3 and "rename".startswith(word):
        old, _, new = rest.strip().partition(" ")
        old, new = _owner(old, ctx), _owner(new.strip(), ctx)
        for name, value in dict(ctx.data.get_chars(old)).items():
            ctx.data.set_char(new, name, value)
            ctx.data.set_char(old, name, "")
        return None
    if word and len(word) >= 3 and "define".startswith(word):
        text = rest
    found = _TARGET.fullmatch(text)
    if found is None or not found[2]:
        raise StataError.invalid_syntax()
    owner = _owner(found[1], ctx)
    if found[3] or found[2] in ctx.data.get_chars(owner):
        ctx.data.set_char(owner, found[2], strip_quotes(found[3]))
    return None


def _list(text: str, ctx: Context) -> None:
    wanted = re.fullmatch(r"(\w+)\s*(?:\[\s*(\w*)\s*\])?", text)
    if text and wanted is None:
        raise StataError.invalid_syntax()
    owners = [_owner(wanted[1], ctx)] if wanted else [DTA, *ctx.data.names]
    out = []
    for owner in owners:
        for name, value in ctx.data.get_chars(owner).items():
            if wanted is None or not wanted[2] or wanted[2] == name:
                out.append(f"  {owner + '[' + name + ']:':<28}{value}")
    if out:
        ctx.emit(lines(*out))
