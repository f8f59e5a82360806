"""What is attached to estimation results: title, notes and sample; and one command run for several models."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _estimates
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.prefixes import top_level_colon
from pystata_hlm.runtime.bind import check_weights, in_mask, strip_quotes, typed_options, weights
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import CommandSpec, Opt
from pystata_hlm.runtime.workspace import E_SAMPLE, StoredEstimates

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_TITLE, _NOTES, _WHO = "_estimates_title", "_estimates_notes", "_estimates_sample"


def title(stored: Stored) -> str:
    return str(stored.hidden.get(_TITLE, ""))


def notes(stored: Stored) -> tuple[str, ...]:
    return tuple(stored.hidden.get(_NOTES, ()))


def listed(stored: Stored) -> list[str]:
    return [f"{number:3d}.  {text}" for number, text in enumerate(notes(stored), 1)]


def _attach(key: str, value: object, ctx: Context) -> None:
    """Attach to the active results, and to where they are stored."""
    ws = ctx.workspace
    if ws.e.empty:
        raise StataError.last_estimates_not_found()
    before = ws.e
    ws.e = before.with_(hidden={**before.hidden, key: value})
    model = ws.estimates.get(ws.current_estimates)
    if model is not None:
        named = str(value) if key == _TITLE else model.title
        ws.estimates[model.name] = StoredEstimates(model.name, ws.e, named)


def _active(text: str, ctx: Context) -> StoredEstimates:
    words = text.split()
    if len(words) > 1:
        raise StataError.invalid_syntax()
    return _estimates.find(words[0] if words else ".", ctx)


def _title(text: str, ctx: Context) -> Stored | None:
    """estimates title: text | estimates title [name]"""
    head, colon, body = text.partition(":")
    if colon and not head.strip():
        _attach(_TITLE, strip_quotes(body), ctx)
        return None
    model = _active(text, ctx)
    shown = model.title or title(model.stored)
    ctx.say(f"  {shown}" if shown else "  (no title)")
    return None


_NOTE_RANGE = re.compile(r"(list|l|li|lis|drop)(?:\s+in\s+(\d+|f|l)(?:\s*/\s*(\d+|l))?)?\s*$")


def _notes(text: str, ctx: Context) -> Stored | None:
    """estimates notes: text | estimates notes [list [in #[/#]]] | estimates notes drop in #[/#]"""
    head, colon, body = text.partition(":")
    if ctx.workspace.e.empty:
        raise StataError.last_estimates_not_found()
    held = notes(ctx.workspace.e)
    if colon and not head.strip():
        _attach(_NOTES, (*held, strip_quotes(body)), ctx)
        return None
    found = _NOTE_RANGE.match(text.strip() or "list")
    if found is None:
        raise StataError.invalid_syntax()
    ends = {"f": 1, "l": len(held)}
    first = 1 if found[2] is None else ends.get(found[2]) or int(found[2])
    last = (
        len(held) if found[2] is None else first if found[3] is None else ends.get(found[3]) or int(found[3])
    )
    if found[1] == "drop":
        if found[2] is None:
            raise StataError.invalid_syntax()
        kept = tuple(note for k, note in enumerate(held, 1) if not first <= k <= last)
        _attach(_NOTES, kept, ctx)
        dropped = len(held) - len(kept)
        ctx.say(f"  ({dropped} note{'' if dropped == 1 else 's'} dropped)")
        return None
    for line in listed(ctx.workspace.e)[first - 1 : last]:
        ctx.say(line)
    return None


_WEIGHTED = CommandSpec(
    "estimates esample", lambda call, ctx: None, weights=("fweight", "aweight", "pweight", "iweight")
)
_SET_BY = {
    "cmd": "set by estimation command",
    "user": "set by user",
    "zero'd": "not set (0 assumed)",
}


def _esample(text: str, ctx: Context) -> Stored | None:
    """estimates esample: [varlist] [if] [in] [weight] [, replace stringvars(varlist) zeroweight]"""
    ws = ctx.workspace
    if ws.e.empty:
        raise StataError.last_estimates_not_found()
    if not text.strip():
        who = ws.e.hidden.get(_WHO, "cmd") if E_SAMPLE in ctx.data.hidden else "zero'd"
        ctx.say(f"  e(sample) {_SET_BY[who]}")
        return Stored("r", macros={"who": who})
    head, colon, body = text.partition(":")
    if not colon or head.strip():
        raise StataError.invalid_syntax()
    node: nodes.Standard = parse("standard", body)
    given = (Opt("replace"), Opt("stringvars", 3, "varlist"), Opt("zeroweight"))
    options = typed_options(node.clauses.options, given, (), ctx)
    if E_SAMPLE in ctx.data.hidden and "replace" not in options:
        raise StataError(322, "no; e(sample) already set")
    sample = ctx.mark(node.clauses.if_)
    if node.clauses.in_ is not None:
        sample &= in_mask(node.clauses.in_, ctx.data.n, ctx)
    if node.clauses.weight is not None:
        weight = weights(node.clauses.weight, _WEIGHTED, ctx)
        good = check_weights(weight, sample)
        sample = sample & ~np.isnan(weight.values) if "zeroweight" in options else good
    names = expand_varlist(ctx.data, node.varlist, ctx.settings.varabbrev) if node.varlist else []
    for name in names:
        column = ctx.data.column(name)
        if column.is_string:
            raise StataError(109, f"string variables not allowed in varlist;\n{name} is a string variable")
        sample &= ~column.is_missing()
    for name in options.get("stringvars", ()):
        sample &= ~ctx.data.column(name).is_missing()
    ctx.data.hidden[E_SAMPLE] = np.asarray(sample, dtype=bool)
    ws.e = ws.e.with_(hidden={**ws.e.hidden, _WHO: "user"})
    return None


def _for(text: str, ctx: Context) -> Stored | None:
    """estimates for namelist [, noheader nostop]: postestimation_command"""
    colon = top_level_colon(text)
    if colon < 0:
        raise StataError.invalid_syntax()
    node: nodes.Anything = parse("anything", text[:colon])
    options = typed_options(node.clauses.options, (Opt("noheader", 3), Opt("nostop", 3)), (), ctx)
    words, line = node.text.split(), text[colon + 1 :].strip()
    if not words or not line:
        raise StataError.invalid_syntax()
    ws = ctx.workspace
    models: list[StoredEstimates] = []
    for word in words:
        models += ws.estimates.values() if word in ("*", "_all") else [_estimates.find(word, ctx)]
    before = (ws.e, ws.current_estimates, ctx.data.hidden.get(E_SAMPLE))
    rule = "-" * (ctx.settings.linesize - 1)
    try:
        for model in models:
            if "noheader" not in options:
                ctx.say(f"\n{rule}\nModel {model.name}\n{rule}")
            _estimates.activate(model, ctx)
            try:
                ctx.execute(line)
            except StataError as error:
                if "nostop" not in options:
                    raise
                ctx.say(error.message, "error")
    finally:
        ws.e, ws.current_estimates = before[0], before[1]
        if before[2] is not None:
            ctx.data.hidden[E_SAMPLE] = before[2]
    return None


RUN: dict[str, Callable[[str, Context], Stored | None]] = {
    "title": _title,
    "notes": _notes,
    "esample": _esample,
    "for": _for,
}
