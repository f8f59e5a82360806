"""export: write files for other programs.   export {delimited|excel} [varlist] [using] filename [if] [in] [, options]"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pystata_hlm.commands import _export_delimited, _export_excel
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import in_mask, strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

Writer = Callable[[Call, Context, dict[str, Any], str], None]

SUBCOMMANDS: tuple[tuple[str, int, Writer, tuple[Opt, ...], tuple[str, ...]], ...] = (
    ("delimited", 5, _export_delimited.run, _export_delimited.OPTIONS, ()),
    ("excel", 3, _export_excel.run, _export_excel.OPTIONS, ("locale",)),
)
LACKING = ("sasxport", "sasxport5", "sasxport8", "dbase")


@command("export", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    for name, shortest, writer, options, unsupported in SUBCOMMANDS:
        if len(word) >= shortest and name.startswith(word):
            _write(call, ctx, rest, writer, options, unsupported)
            return None
    if word in LACKING:
        raise StataError(198, f"export {word} not yet supported")
    if not word:
        raise StataError(198, "subcommand required")
    raise StataError(198, f"export: unknown subcommand {word}")


def _write(
    call: Call,
    ctx: Context,
    text: str,
    writer: Writer,
    options: tuple[Opt, ...],
    unsupported: tuple[str, ...],
) -> None:
    node = parse("anything", text)
    clauses = node.clauses
    given = typed_options(clauses.options, options, unsupported, ctx)
    if clauses.weight is not None:
        raise StataError(101, "weights not allowed")
    if clauses.using is not None:
        name, varlist = strip_quotes(clauses.using), node.text
    else:
        name, varlist = strip_quotes(node.text), ""
    if varlist.strip():
        terms = parse("varlist", varlist)
        call.varlist = tuple(dict.fromkeys(expand_varlist(ctx.data, terms, ctx.settings.varabbrev)))
    call.sample = ctx.mark(clauses.if_)
    if clauses.in_ is not None:
        call.sample &= in_mask(clauses.in_, ctx.data.n, ctx)
    writer(call, ctx, given, name)
