"""Matching the first element of a ``syntax`` description: varlist, newvarlist, namelist, anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pystata_hlm.commands._syntax_spec import Lead, closing
from pystata_hlm.data import names as naming
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.design.varlist import expand_varlist, no_operators
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.control import new_names

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Macros = dict[str, str]


def match_lead(lead: Lead, text: str, out: Macros, ctx: Context) -> None:
    kind = lead.kind
    if kind == "anything":
        out[lead.macro or "anything"] = text
        if not text and not lead.optional:
            raise StataError(100, f"{lead.id or 'something'} required")
    elif kind in ("namelist", "name"):
        names = text.split()
        if not names and not lead.optional:
            raise StataError(100, f"{lead.id or kind} required")
        check_names(names, lead)
        out[lead.macro or "namelist"] = " ".join(names)
    elif kind in ("newvarlist", "newvarname"):
        if not text and not lead.optional:
            raise StataError.varlist_required()
        types, names = new_variables(text, ctx)
        if text:
            check_count(len(names), lead)
        out["varlist"], out["typlist"] = " ".join(names), " ".join(types)
    else:
        out["varlist"] = " ".join(varlist(lead, text, ctx))


def create(names: list[str], types: list[str], ctx: Context) -> None:
    """``newvarlist(generate)``: the new variables, all missing or empty."""
    for name, stype in zip(names, types, strict=True):
        ctx.data.add(name, Column.missing(ctx.data.n, stype))


def check_count(count: int, lead: Lead) -> None:
    if count < lead.least:
        raise StataError.too_few_variables()
    if lead.most is not None and count > lead.most:
        raise StataError.too_many_variables()


def check_names(names: list[str], lead: Lead) -> None:
    for name in names:
        if not naming.is_wellformed(name) and not (
            "local" in lead.flags and naming.is_wellformed("_" + name)
        ):
            raise StataError.invalid_name(name)
    if names and len(names) < lead.least:
        raise StataError(198, f"too few {lead.id or 'names'} specified")
    if lead.most is not None and len(names) > lead.most:
        raise StataError(198, f"too many {lead.id or 'names'} specified")


def varlist(lead: Lead, text: str, ctx: Context) -> list[str]:
    data = ctx.data
    if not text:
        if not lead.optional:
            raise StataError.varlist_required()
        if "none" in lead.flags:
            return []
        names = list(data.names)
    elif lead.flags & {"fv", "ts"}:
        names = operated_varlist(parse("varlist", text), lead.flags, ctx)
    else:
        names = list(expand_varlist(data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
    check_types(names, lead.flags, ctx)
    check_count(len(names), lead)
    return names


def check_types(names: list[str], flags: frozenset[str], ctx: Context) -> None:
    for name in names:
        if name not in ctx.data:
            continue
        stype = ctx.data.column(name).stype
        if "numeric" in flags and storage.is_string(stype):
            raise StataError(109, f"string variables not allowed in varlist;\n{name} is a string variable")
        if "string" in flags and not storage.is_string(stype):
            raise StataError(109, f"numeric variables not allowed in varlist;\n{name} is a numeric variable")


_TIME_SERIES = re.compile(r"[LFDSlfds]\d*(\(.*\))?(\.?[LFDSlfds]\d*)*$", re.DOTALL)


def operated_varlist(terms: nodes.Varlist, flags: frozenset[str], ctx: Context) -> list[str]:
    """A list with factor-variable or time-series operators, the names in it spelt out."""
    out: list[str] = []
    for term in terms:
        out += _term_texts(term, flags, ctx)
    return out


def _term_texts(term: nodes.VarTerm, flags: frozenset[str], ctx: Context) -> list[str]:
    if isinstance(term, nodes.FactorOp):
        allowed = "ts" if _TIME_SERIES.match(term.operator) else "fv"
        if allowed not in flags:
            raise no_operators()
        return [f"{term.operator}.{text}" for text in _term_texts(term.target, flags, ctx)]
    if isinstance(term, nodes.Interaction):
        if "fv" not in flags:
            raise no_operators()
        sign = "##" if term.full else "#"
        left, right = (_grouped(_term_texts(side, flags, ctx)) for side in (term.left, term.right))
        return [f"{left}{sign}{right}"]
    if isinstance(term, nodes.Group):
        return [text for inner in term.terms for text in _term_texts(inner, flags, ctx)]
    return list(expand_varlist(ctx.data, (term,), varabbrev=ctx.settings.varabbrev))


def _grouped(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"({' '.join(texts)})"


_TYPED_GROUP = re.compile(r"(\w+)\s*\(([^()]*)\)")


def new_variables(text: str, ctx: Context) -> tuple[list[str], list[str]]:
    """``[type] newvar ...`` or ``type(newvar ...)``: storage types and names."""
    types: list[str] = []
    names: list[str] = []

    def add(stype: str, words: str) -> None:
        found = new_names(words, ctx.executor)
        names.extend(found)
        types.extend([stype] * len(found))

    at = 0
    while at < len(text):
        group = _TYPED_GROUP.match(text, at)
        if group is not None and storage.is_type(group[1]):
            add(group[1], group[2])
            at = group.end()
            continue
        word = re.compile(r"\S+").match(text, at)
        if word is None:
            at += 1
            continue
        at = word.end()
        if storage.is_type(word[0]):
            following = re.compile(r"\s*(\S+)").match(text, at)
            if following is None:
                raise StataError.invalid_syntax()
            if following[1].startswith("("):
                end = closing(text, following.start(1) + 1, ")")
                add(word[0], text[following.start(1) + 1 : end])
                at = end + 1
            else:
                add(word[0], following[1])
                at = following.end()
        else:
            add(ctx.settings.type, word[0])
    return types, names
