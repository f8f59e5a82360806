"""sysdir: Show and set the system directories.   sysdir [list] | sysdir set codeword "path" """

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.runtime.adopath import CODEWORDS
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens


@command("sysdir", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = tokens(call.text)
    ado = ctx.workspace.ado
    if not words or (len(words) == 1 and is_abbreviation(words[0], "list", 1)):
        for word in CODEWORDS:
            ctx.say(f"{word:>11}:  {ado.dirs[word]}")
        return None
    if words[0] != "set" or len(words) != 3:
        raise StataError.invalid_syntax()
    word = words[1].upper()
    if word not in CODEWORDS:
        raise StataError(198, f"{words[1]} is not a valid codeword")
    ado.dirs[word] = words[2].rstrip("/\\") + "/"
    return None
