"""gettoken: Take the first token off a macro.   gettoken name1 [name2] : name3 [, parse() quotes match() bind]"""

from __future__ import annotations

import re

from pystata_hlm.commands._macros import check_name
from pystata_hlm.commands._tokens import next_token
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_NAME = r"(?:\(\s*(local|global)\s*\)\s*)?(\w+)"
_LINE = re.compile(rf"\s*{_NAME}(?:\s+{_NAME})?\s*:\s*{_NAME}\s*(?:,(.*))?$", re.DOTALL)
_OPTIONS = (
    Opt("parse", 1, "text"),
    Opt("quotes", 1),
    Opt("qed", 1, "name"),
    Opt("match", 1, "name"),
    Opt("bind", 1),
)


@command("gettoken", min=3, syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    found = _LINE.match(call.text)
    if found is None:
        raise StataError.invalid_syntax()
    scope1, name1, scope2, name2, scope3, name3, tail = found.groups()
    given: tuple[nodes.Option, ...] = parse("options", tail.strip()) if tail and tail.strip() else ()
    options = typed_options(given, _OPTIONS, (), ctx)
    separators = strip_quotes(options["parse"]) if "parse" in options else " "
    executor = ctx.executor
    text = executor.macro(name3, scope3 or "local")
    token = next_token(text, separators or " ", bind="bind" in options, match="match" in options)
    first, rest, quoted, matched = "", "", False, False
    if token is not None:
        first = token.raw if "quotes" in options and token.quoted else token.text
        rest, quoted, matched = token.rest, token.quoted, token.matched
    executor.set_macro(check_name(name1, scope1 or "local"), scope1 or "local", first)
    if name2:
        executor.set_macro(check_name(name2, scope2 or "local"), scope2 or "local", rest)
    if "qed" in options:
        executor.set_macro(options["qed"], "local", str(int(quoted)))
    if "match" in options:
        executor.set_macro(options["match"], "local", "(" if matched else "")
    return None
