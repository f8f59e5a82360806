"""Extended macro functions: ``local x : word 2 of a b c`` and `` `:variable label mpg' ``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.words import tokens

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_TABLE: list[tuple[re.Pattern[str], Callable[[re.Match[str], Context], str]]] = []


def _function(
    pattern: str,
) -> Callable[[Callable[[re.Match[str], Context], str]], Callable[[re.Match[str], Context], str]]:
    def register(run: Callable[[re.Match[str], Context], str]) -> Callable[[re.Match[str], Context], str]:
        _TABLE.append((re.compile(pattern + r"\s*$", re.DOTALL), run))
        return run

    return register


def evaluate(text: str, ctx: Context) -> str:
    """The result of an extended macro function; r(198) when it is not one."""
    text = text.strip()
    for pattern, run in _TABLE:
        found = pattern.match(text)
        if found:
            return run(found, ctx)
    word = text.split()[0] if text.split() else ""
    raise StataError(198, f"macro function {word} not yet supported" if word else "invalid syntax")


# ---------------------------------------------------------------- data attributes


@_function(r"var(?:i(?:a(?:b(?:l(?:e)?)?)?)?)?\s+l(?:a(?:b(?:e(?:l)?)?)?)?\s+(\S+)")
def _variable_label(found: re.Match[str], ctx: Context) -> str:
    return ctx.data.column(ctx.data.find(found[1])).label


@_function(r"val(?:u(?:e)?)?\s+l(?:a(?:b(?:e(?:l)?)?)?)?\s+(\S+)")
def _value_label(found: re.Match[str], ctx: Context) -> str:
    return ctx.data.column(ctx.data.find(found[1])).value_label


@_function(r"data\s+l(?:a(?:b(?:e(?:l)?)?)?)?")
def _data_label(found: re.Match[str], ctx: Context) -> str:
    return ctx.data.label


@_function(r"type\s+(\S+)")
def _type(found: re.Match[str], ctx: Context) -> str:
    return ctx.data.column(ctx.data.find(found[1])).stype


@_function(r"format\s+(\S+)")
def _format(found: re.Match[str], ctx: Context) -> str:
    return ctx.data.column(ctx.data.find(found[1])).format


@_function(r"sort(?:e(?:d(?:b(?:y)?)?)?)?")
def _sortedby(found: re.Match[str], ctx: Context) -> str:
    return " ".join(ctx.data.sortedby)


@_function(r"lab(?:e(?:l)?)?\s+(\(\s*\w+\s*\)|\w+)\s+(\S+)(?:\s+(\d+))?(\s*,\s*strict)?")
def _label(found: re.Match[str], ctx: Context) -> str:
    source = found[1]
    if source.startswith("("):
        name = ctx.data.column(ctx.data.find(source.strip("() "))).value_label
    else:
        name = source
    label = ctx.data.value_labels.get(name)
    try:
        value = float(found[2])
    except ValueError:
        raise StataError.invalid_syntax() from None
    text = label.text(value, 0) if label is not None else None
    if text is None:
        text = "" if found[4] else found[2]
    return text[: int(found[3])] if found[3] else text


# ---------------------------------------------------------------- parsing


@_function(r"word\s+count\s*(.*)")
def _word_count(found: re.Match[str], ctx: Context) -> str:
    return str(len(tokens(found[1])))


@_function(r"word\s+(\S+)\s+of\s+(.*)")
def _word(found: re.Match[str], ctx: Context) -> str:
    words = tokens(found[2])
    k = int(float(ctx.executor.evaluate(found[1])))
    return words[k - 1] if 1 <= k <= len(words) else ""


@_function(r"length\s+(local|global)\s+(\w+)")
def _length(found: re.Match[str], ctx: Context) -> str:
    return str(len(ctx.executor.macro(found[2], found[1]).encode()))


@_function(r"(upper|lower|proper)\s+(.*)")
def _case(found: re.Match[str], ctx: Context) -> str:
    return {"upper": found[2].upper(), "lower": found[2].lower(), "proper": found[2].title()}[found[1]]


@_function(r"subinstr\s+(local|global)\s+(\w+)\s+\"([^\"]*)\"\s+\"([^\"]*)\"\s*(,\s*all)?")
def _subinstr(found: re.Match[str], ctx: Context) -> str:
    text = ctx.executor.macro(found[2], found[1])
    return text.replace(found[3], found[4], -1 if found[5] else 1)


@_function(r"di(?:s(?:p(?:l(?:a(?:y)?)?)?)?)?\s+(.*)")
def _display(found: re.Match[str], ctx: Context) -> str:
    from pystata_hlm.runtime.directives import display_text

    return display_text(found[1], ctx)


@_function(r"(?:r|e|s)\((?:scalars|macros|matrices)\)")
def _names(found: re.Match[str], ctx: Context) -> str:
    stored = getattr(ctx.workspace, found[0][0])
    kind = found[0].strip()[2:-1]
    return " ".join(getattr(stored, kind))


# ---------------------------------------------------------------- macro lists


def _macro(name: str, ctx: Context) -> list[str]:
    """A macro list operand: a local's name, or ``global(name)``."""
    whole = re.fullmatch(r"global\((\w+)\)", name)
    text = ctx.executor.macro(whole[1], "global") if whole else ctx.executor.macro(name, "local")
    return tokens(text)


@_function(r"list\s+sizeof\s+(\S+)")
def _sizeof(found: re.Match[str], ctx: Context) -> str:
    return str(len(_macro(found[1], ctx)))


@_function(r"list\s+(uniq|dups|sort|clean|retokenize)\s+(\S+)")
def _unary(found: re.Match[str], ctx: Context) -> str:
    words = _macro(found[2], ctx)
    if found[1] == "uniq":
        words = list(dict.fromkeys(words))
    elif found[1] == "dups":
        words = [w for k, w in enumerate(words) if w in words[:k]]
    elif found[1] == "sort":
        words = sorted(words)
    return " ".join(words)


@_function(r"list\s+posof\s+\"([^\"]*)\"\s+in\s+(\S+)")
def _posof(found: re.Match[str], ctx: Context) -> str:
    words = _macro(found[2], ctx)
    return str(words.index(found[1]) + 1 if found[1] in words else 0)


@_function(r"list\s+(\S+)\s*(\||&|-|===|==|in)\s*(\S+)")
def _binary(found: re.Match[str], ctx: Context) -> str:
    a, b = _macro(found[1], ctx), _macro(found[3], ctx)
    op = found[2]
    if op == "|":
        return " ".join(a + [w for w in b if w not in a])
    if op == "&":
        return " ".join(w for w in a if w in b)
    if op == "-":
        return " ".join(w for w in a if w not in b)
    if op == "in":
        return str(int(set(a) <= set(b)))
    return str(int(a == b if op == "==" else sorted(a) == sorted(b)))


@_function(r"(%\S+)\s+(.*)")
def _formatted(found: re.Match[str], ctx: Context) -> str:
    return format_number(float(ctx.executor.evaluate(found[2])), found[1]).strip()
