"""tokenize: Divide text into the macros `1', `2' ...   tokenize text [, parse("chars")]"""

from __future__ import annotations

import re

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens

_PARSE = re.compile(r",\s*p(?:a|ar|ars|arse)?\s*\((.*)\)\s*$", re.DOTALL)


def pieces(text: str, separators: str) -> list[str]:
    """Parts between separators; the separators themselves are parts, blanks are not."""
    out: list[str] = []
    for part in re.split("([" + re.escape(separators) + "])", text):
        word = part.strip() if " " in separators else part
        if word:
            out.append(strip_quotes(word))
    return out


@command("tokenize", min=5, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    found = _PARSE.search(text)
    separators = " "
    if found is not None:
        separators = strip_quotes(found[1])
        text = text[: found.start()].strip()
        if not separators:
            raise StataError(198, "option parse() incorrectly specified")
    text = strip_quotes(text)
    words = tokens(text) if separators == " " else pieces(text, separators)
    frame = ctx.locals
    for name in [name for name in frame if name.isdigit() and name != "0"]:
        del frame[name]
    frame.update({str(k): word for k, word in enumerate(words, 1)})
    frame["*"] = " ".join(words)
    return None
