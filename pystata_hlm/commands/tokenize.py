"""tokenize: Divide text into the macros `1', `2' ...   tokenize text [, parse("chars")]"""

from __future__ import annotations

import re

from pystata_hlm.commands._tokens import all_tokens
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.frames import set_arguments
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_PARSE = re.compile(r",\s*p(?:a|ar|ars|arse)?\s*\((.*)\)\s*$", re.DOTALL)


@command("tokenize", min=5, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    found = _PARSE.search(text)
    separators = " "
    if found is not None:
        separators = strip_quotes(found[1])
        text = text[: found.start()].strip()
        if not separators:
            raise StataError(198, "option parse() incorrectly specified")
    set_arguments(ctx.executor.frame, all_tokens(strip_quotes(text), separators))
    return None
