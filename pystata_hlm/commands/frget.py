"""frget: copy variables from a linked frame.   frget {varlist | new = var ...}, from(linkvar) [prefix() suffix() exclude()]"""

from __future__ import annotations

import re

from pystata_hlm.commands import _combine, _frame_links
from pystata_hlm.commands._frame_links import Link
from pystata_hlm.commands._frames import existing
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_PAIR = re.compile(r"(\w+)\s*=\s*(\w+)\s*")


def _pairs(text: str, link: Link, other: Dataset, call: Call) -> tuple[list[tuple[str, str]], list[str]]:
    """(new name, name in the linked frame) and the variables left out."""
    if "=" in text:
        for option in ("prefix", "suffix", "exclude"):
            if call.has(option):
                raise StataError.option_not_allowed(f"{option}()")
        found = _PAIR.findall(text)
        if _PAIR.sub("", text).strip():
            raise StataError.invalid_syntax()
        return [(new, other.find(old, True)) for new, old in found], []
    if not text.strip():
        raise StataError.varlist_required()
    names = list(expand_varlist(other, parse("varlist", text), varabbrev=True))
    wild = bool(re.search(r"[*?~-]|\b_all\b", text))
    excluded: list[str] = []
    if wild:  # a pattern does not mean the match variables
        excluded += [name for name in link.others if name in names]
    if call.has("exclude"):
        unwanted = expand_varlist(other, parse("varlist", call.opt("exclude")), varabbrev=True)
        excluded += [name for name in unwanted if name in names and name not in excluded]
    prefix, suffix = call.opt("prefix", "").strip(), call.opt("suffix", "").strip()
    return [(f"{prefix}{name}{suffix}", name) for name in names if name not in excluded], excluded


@command(
    "frget",
    syntax="anything",
    allow=set(),
    klass="r",
    options=(
        Opt("from", 0, "text"),
        Opt("prefix", 0, "string"),
        Opt("suffix", 0, "string"),
        Opt("exclude", 0, "text"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if not call.has("from"):
        raise StataError.option_required("from()")
    link = _frame_links.find(call.opt("from").strip(), ctx)
    other = existing(link.frame, ctx)
    pairs, excluded = _pairs(call.node.text, link, other, call)
    made: set[str] = set()
    for new, _ in pairs:
        check(new)
        if new in ctx.data or new in made:
            raise StataError.already_defined(new)
        made.add(new)
    if not _frame_links.up_to_date(link, ctx):
        _frame_links.match(link, ctx)
        raise StataError(459, f"linkage variable {link.name} is invalid; type frlink rebuild {link.name}")
    rows = _frame_links.stored_rows(link, ctx)
    for new, old in pairs:
        column = other.column(old)
        ctx.data.add(new, column.with_(data=_combine.take_rows(column, rows, column.stype)))
        label = other.value_label_of(old)
        if label is not None:
            ctx.data.value_labels.setdefault(column.value_label, label)
    if excluded:
        noun = "variable" if len(excluded) == 1 else "variables"
        ctx.say(f"  ({noun} not copied from linked frame: {' '.join(excluded)})")
    noun = "variable" if len(pairs) == 1 else "variables"
    ctx.say(f"  ({len(pairs)} {noun} copied from linked frame)")
    return Stored(
        "r",
        scalars={"k": float(len(pairs))},
        macros={"newlist": " ".join(new for new, _ in pairs), "excluded": " ".join(excluded)},
    )
