"""Matching what a user typed (`0') against a ``syntax`` description: which macros result."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pystata_hlm.commands._syntax_lead import create, match_lead
from pystata_hlm.commands._syntax_options import match_options
from pystata_hlm.commands._syntax_spec import Clause, Description, closing
from pystata_hlm.commands._tokens import quoted_end
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Macros = dict[str, str]

_NOTES = {
    "fweight": "(frequency weights assumed)",
    "aweight": "(analytic weights assumed)",
    "pweight": "(sampling weights assumed)",
    "iweight": "(importance weights assumed)",
}


# ---------------------------------------------------------------- taking the line apart


@dataclass
class Typed:
    """The parts of a command line as typed."""

    lead: str = ""
    exp: str | None = None
    if_: str | None = None
    in_: str | None = None
    using: str | None = None
    weight: tuple[str, str] | None = None
    options: list[tuple[str, str | None, str]] = field(default_factory=list)
    """(name, argument or None, text as typed)."""
    comma: bool = False


_WEIGHT = re.compile(r"\[\s*([afip]?w[a-z]*)\s*=(?!=)", re.IGNORECASE)
_CLAUSE = re.compile(r"(if|in|using)(?=[\s(\"`])")
_OPTION_NAME = re.compile(r"[^\W\d]\w*")
_CLAUSE_WORDS = frozenset({"if", "in", "using"})


def take_apart(text: str, everything: bool = False, equal: bool = True) -> Typed:
    """``everything``: leave all before the comma in the lead; ``equal`` False: = is no sign of an expression."""
    typed = Typed()
    current, start, at = "lead", 0, 0

    def close(end: int) -> None:
        part = text[start:end].strip()
        if current == "lead":
            typed.lead = f"{typed.lead} {part}".strip()
        elif current == "exp":
            typed.exp = part
        elif current == "if":
            typed.if_ = part
        elif current == "in":
            typed.in_ = part
        elif current == "using":
            typed.using = part

    while at < len(text):
        here = text[at]
        if here == '"' or text.startswith('`"', at):
            end = quoted_end(text, at)
            at = end if end > 0 else at + 1
            continue
        if here == ",":
            close(at)
            typed.comma = True
            at = _take_options(text, at + 1, typed)
            current, start = "lead", at
            continue
        if not everything:
            boundary = at == 0 or text[at - 1] in ' \t)]"'
            found = _CLAUSE.match(text, at) if boundary else None
            if found is not None:
                close(at)
                current, at = found[1], found.end()
                start = at
                continue
            weight = _WEIGHT.match(text, at) if here == "[" else None
            if weight is not None:
                close(at)
                end = closing(text, at + 1, "]")
                if end < 0:
                    raise StataError.invalid_syntax()
                typed.weight = (weight[1].lower(), text[weight.end() : end].strip())
                current, at = "lead", end + 1
                start = at
                continue
            if (
                here == "="
                and equal
                and current == "lead"
                and text[at + 1 : at + 2] != "="
                and text[at - 1 : at] not in tuple("=<>!~")
            ):
                close(at)
                current, at = "exp", at + 1
                start = at
                continue
        if here in "([":
            end = closing(text, at + 1, ")" if here == "(" else "]")
            at = end + 1 if end >= 0 else at + 1
            continue
        at += 1
    close(len(text))
    return typed


def _take_options(text: str, at: int, typed: Typed) -> int:
    """Options from ``at`` to a second comma or the end; an ``if`` among them ends them, too."""
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        if text[at] == ",":
            return at + 1
        name = _OPTION_NAME.match(text, at)
        if name is None:
            raise StataError.invalid_word(text[at:].split()[0])
        if name[0] in _CLAUSE_WORDS and text[name.end() : name.end() + 1].isspace():
            return at
        start, at = at, name.end()
        behind = at
        while behind < len(text) and text[behind].isspace():
            behind += 1
        argument = None
        if text.startswith("(", behind):
            end = closing(text, behind + 1, ")")
            if end < 0:
                raise StataError(132, "too few ')' or ']'")
            argument, at = text[behind + 1 : end], end + 1
        typed.options.append((name[0], argument, text[start:at]))
    return at


# ---------------------------------------------------------------- the whole


def match(description: Description, text: str, ctx: Context) -> Macros:
    """The macros that ``syntax`` defines, "" for what was not typed; Stata's errors when the line does not fit."""
    lead = description.lead
    anything = lead is not None and lead.kind == "anything"
    typed = take_apart(
        text,
        everything=anything and lead is not None and "everything" in lead.flags,
        equal=not (anything and lead is not None and "equalok" in lead.flags),
    )
    out: Macros = {}
    _clauses(description, typed, out, ctx)
    if lead is None:
        if typed.lead:
            raise StataError(101, "varlist not allowed")
    else:
        match_lead(lead, typed.lead, out, ctx)
    match_options(description, typed, out, ctx)
    if lead is not None and "generate" in lead.flags:
        create(out["varlist"].split(), out["typlist"].split(), ctx)
    return out


def _clauses(description: Description, typed: Typed, out: Macros, ctx: Context) -> None:
    given = {"if": typed.if_, "in": typed.in_, "using": typed.using, "exp": typed.exp}
    refused = {"if": "if", "in": "in range", "using": "using", "exp": "=exp"}
    for kind, content in given.items():
        clause = description.clauses.get(kind)
        if clause is None:
            if content is not None:
                raise StataError(101, f"{refused[kind]} not allowed")
            continue
        if content is None:
            if not clause.optional:
                raise StataError(100, f"{'=exp' if kind == 'exp' else kind} required")
            out[kind] = ""
        else:
            out[kind] = _clause(clause, content, ctx)
    clause = description.clauses.get("weight")
    if clause is None:
        if typed.weight is not None:
            raise StataError(101, "weights not allowed")
    else:
        out["weight"] = ""
        out.setdefault("exp", "")
        if typed.weight is not None:
            out["weight"], out["exp"] = _weight(clause, typed.weight, ctx)
        elif not clause.optional:
            raise StataError(100, "weights required")


def _clause(clause: Clause, content: str, ctx: Context) -> str:
    if clause.kind == "using":
        name = strip_quotes(content)
        if not name:
            raise StataError(198, "invalid file specification")
        return name if clause.bare else f'using "{name}"'
    if not content:
        raise StataError.invalid_syntax()
    if clause.kind == "in":
        if ctx.executor.frame.by is not None:
            raise StataError(190, "in may not be combined with by")
        parse("clauses", f"in {content}")
    else:
        parse("expr", content)
    word = {"if": "if ", "in": "in ", "exp": "= "}[clause.kind]
    return content if clause.bare else word + content


def _weight(clause: Clause, given: tuple[str, str], ctx: Context) -> tuple[str, str]:
    word, exp = given
    kind = next(
        (
            name
            for name in _NOTES
            if name.startswith(word.rstrip("s")) and word[0] == name[0] and len(word) > 1
        ),
        None,
    )
    if "weight".startswith(word) and word[0] == "w":
        kind = clause.weights[0]
        ctx.say(_NOTES[kind])
    if kind is None:
        raise StataError.invalid_syntax()
    if kind not in clause.weights:
        raise StataError(101, f"{kind}s not allowed")
    parse("expr", exp)
    return kind, exp if clause.bare else f"= {exp}"
