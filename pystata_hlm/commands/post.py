"""post: add an observation to a postfile.   post postname (exp) [(exp) ...]"""

from __future__ import annotations

import re

from pystata_hlm.commands._postfiles import Entry, PostFile, find
from pystata_hlm.commands._syntax_spec import closing
from pystata_hlm.data import storage
from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.expr.evaluate import evaluate_cell
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_NAME = re.compile(r"\s*(\w+)\s*")
_RANDOM = re.compile(r"\b(?:r[a-z0-9]+|uniform|invnorm)\s*\(")


def expressions(text: str) -> list[str]:
    """``(exp) (exp) ...``; r(198) for anything outside the parentheses."""
    out, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        end = closing(text, at + 1, ")") if text[at] == "(" else -1
        if end < 0:
            raise StataError.invalid_syntax()
        out.append(text[at + 1 : end])
        at = end + 1
    return out


def entry(text: str, stype: str, ctx: Context) -> Entry:
    value = quick.value(text, ctx.executor)
    if isinstance(value, str) != storage.is_string(stype):
        raise StataError.type_mismatch()
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if value == value or _RANDOM.search(text):  # what was drawn is not drawn again
        return value, 0
    codes = getattr(evaluate_cell(parse("expr", text.strip()), ctx.executor.env()), "codes", None)
    return value, 0 if codes is None else int(codes)


@command("post", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    found = _NAME.match(call.text)
    if found is None:
        raise StataError.invalid_syntax()
    target: PostFile = find(found[1], ctx)
    texts = expressions(call.text[found.end() :])
    wanted = len(target.names)
    if len(texts) != wanted:
        raise StataError(198, f"too {'few' if len(texts) < wanted else 'many'} expressions specified")
    row: list[Entry] = []
    for k, text in enumerate(texts):
        try:
            row.append(entry(text, target.types[k], ctx))
        except StataError as error:
            place = f"post:  above message corresponds to expression {k + 1}, variable {target.names[k]}"
            raise StataError(error.rc, f"{error.message}\n{place}") from None
    target.add(tuple(row))
    return None
