"""unab: Spell out a list of variables.   unab name : [varlist] [, min(#) max(#) name(text)]"""

from __future__ import annotations

from pystata_hlm.commands._macros import check_name
from pystata_hlm.commands._syntax_lead import operated_varlist
from pystata_hlm.commands._syntax_spec import closing
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_OPTIONS = (Opt("min", 3, "int"), Opt("max", 3, "int"), Opt("name", 4, "text"))


def _spell_out(call: Call, ctx: Context, flags: frozenset[str]) -> None:
    macro, colon, rest = call.text.partition(":")
    comma = closing(rest, 0, ",")
    text, tail = (rest, "") if comma < 0 else (rest[:comma], rest[comma + 1 :].strip())
    options = typed_options(parse("options", tail) if tail else (), _OPTIONS, (), ctx)
    if not colon or len(macro.split()) != 1:
        raise StataError.invalid_syntax()
    names = operated_varlist(parse("varlist", text.strip() or "_all"), flags, ctx)
    prefix = f"{options['name']}:  " if "name" in options else ""
    if len(names) < options.get("min", 1):
        raise StataError(102, prefix + "too few variables specified")
    if len(names) > options.get("max", len(names)):
        raise StataError(103, prefix + "too many variables specified")
    ctx.executor.set_macro(check_name(macro.strip(), "local"), "local", " ".join(names))


@command("unab", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    """unab: Spell out a list of variables.   unab name : [varlist] [, min(#) max(#) name(text)]"""
    _spell_out(call, ctx, frozenset())
    return None


@command("tsunab", syntax="raw", light=True)
def tsunab(call: Call, ctx: Context) -> Stored | None:
    """tsunab: Spell out a list with time-series operators.   tsunab name : [varlist] [, min(#) max(#) name(text)]"""
    _spell_out(call, ctx, frozenset({"ts"}))
    return None


@command("fvunab", syntax="raw", light=True)
def fvunab(call: Call, ctx: Context) -> Stored | None:
    """fvunab: Spell out a list with factor-variable operators.   fvunab name : [varlist] [, min(#) max(#) name(text)]"""
    _spell_out(call, ctx, frozenset({"ts", "fv"}))
    return None
