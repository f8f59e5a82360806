"""Macro functions: ``local x : word 2 of a b c`` and `` `:variable label mpg' `` ([P] macro).

Each function is declared with its words (as short as Stata takes them) and gets the text that follows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pystata_hlm.data import missing
from pystata_hlm.data.dataset import DTA
from pystata_hlm.data.names import MAX_NAME, check, display_width, is_wellformed
from pystata_hlm.data.storage import is_string
from pystata_hlm.errors import StataError
from pystata_hlm.formats import cut_to_width
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.runtime import macrolists, macronames
from pystata_hlm.runtime.words import closing, tokens, unquote

if TYPE_CHECKING:
    from pystata_hlm.data.column import Column
    from pystata_hlm.runtime.context import Context

Function = Callable[[str, "Context"], str]

_MISSING_KEY = re.compile(r"\.[a-z]?")
_WORD = re.compile(r"\s*([^\s,(\[%\"`]+)")


def evaluate(text: str, ctx: Context) -> str:
    """The result of a macro function; r(198) when there is no such function."""
    text = text.strip()
    if text.startswith("%"):
        return _display(text, ctx)
    for words, run in _FUNCTIONS:
        rest = _after(text, words)
        if rest is not None:
            return run(rest, ctx)
    found = _WORD.match(text)
    raise StataError(198, f"macro function {found[1]} not recognized" if found else "invalid syntax")


def recognizes(text: str) -> bool:
    """Does the text start with the words of a macro function?"""
    text = text.strip()
    return text.startswith("%") or any(_after(text, words) is not None for words, _ in _FUNCTIONS)


def _after(text: str, words: tuple[tuple[str, int], ...]) -> str | None:
    """What follows the function's words, None when the text starts otherwise."""
    for name, shortest in words:
        found = _WORD.match(text)
        if found is None or not is_abbreviation(found[1], name, shortest):
            return None
        text = text[found.end() :]
    return text.strip()


def _name(rest: str) -> str:
    words = rest.split()
    if len(words) != 1:
        raise StataError.invalid_syntax()
    return words[0]


def _find(name: str, ctx: Context) -> str:
    return ctx.data.find(name, ctx.settings.varabbrev)


def _column(rest: str, ctx: Context) -> Column:
    return ctx.data.column(_find(_name(rest), ctx))


# ---------------------------------------------------------------- data attributes


def _value_label(rest: str, ctx: Context) -> str:
    column = _column(rest, ctx)
    return "" if is_string(column.stype) else column.value_label


_LABEL = re.compile(
    r"(?P<source>\(\s*\w+\s*\)|\w+)\s*(?P<value>maxlength|\S+?)?(?:\s+(?P<length>\d+))?\s*(?P<strict>,\s*strict)?",
    re.DOTALL,
)


def _label(rest: str, ctx: Context) -> str:
    """``{lblname | (varname)} {maxlength | # [maximum length]} [, strict]``."""
    found = _LABEL.fullmatch(rest)
    if found is None:
        raise StataError.invalid_syntax()
    source, key = found["source"], found["value"]
    name = source
    if source[0] == "(":
        name = ctx.data.column(_find(source.strip("() "), ctx)).value_label
    label = ctx.data.value_labels.get(name)
    if key is None:
        raise StataError.invalid_syntax()
    if key == "maxlength":
        return str(max((len(text) for _, text in label.items()), default=0) if label is not None else 0)
    try:
        code = missing.code_of(key) or 0 if _MISSING_KEY.fullmatch(key) else 0
        value = float("nan") if _MISSING_KEY.fullmatch(key) else float(key)
    except ValueError:
        raise StataError.invalid_syntax() from None
    text = label.text(value, code) if label is not None else None
    if text is None:
        text = "" if found["strict"] else key
    return text[: int(found["length"])] if found["length"] else text


_CHAR = re.compile(r"(\w+)\s*\[\s*(\w*)\s*\]")


def _char(rest: str, ctx: Context) -> str:
    """``varname[]``: names of its characteristics; ``varname[charname]``: the text."""
    found = _CHAR.fullmatch(rest)
    if found is None:
        raise StataError.invalid_syntax()
    owner = DTA if found[1] == DTA else _find(found[1], ctx)
    chars = ctx.data.get_chars(owner)
    return chars.get(found[2], "") if found[2] else " ".join(reversed(list(chars)))


def _permname(rest: str, ctx: Context) -> str:
    """A new variable name like the one suggested: cut and numbered until it is free."""
    wanted, comma, option = rest.partition(",")
    wanted, limit = wanted.strip(), MAX_NAME
    if comma:
        found = re.fullmatch(r"\s*l(?:e(?:n(?:g(?:th?)?)?)?)?\(\s*(\d+)\s*\)\s*", option)
        if found is None or not 8 <= int(found[1]) <= MAX_NAME:
            raise StataError.invalid_syntax()
        limit = int(found[1])
    name = check(wanted[:limit])
    number = 0
    while name in ctx.data:
        number += 1
        name = f"{wanted[: limit - len(str(number))]}{number}"
    return name


# ---------------------------------------------------------------- parsing


def _integer(text: str, ctx: Context) -> int:
    try:
        return int(float(text))
    except ValueError:
        pass
    value = ctx.executor.evaluate(text)
    try:
        return int(float(value))
    except ValueError:
        raise StataError(198, f"{text} invalid") from None


def _word(rest: str, ctx: Context) -> str:
    """``# of string``."""
    found = re.fullmatch(r"(.+?)\s+of\b\s*(.*)", rest, re.DOTALL)
    if found is None:
        raise StataError.invalid_syntax()
    words = tokens(found[2])
    k = _integer(found[1], ctx)
    return words[k - 1] if 1 <= k <= len(words) else ""


def _piece(rest: str, ctx: Context) -> str:
    """``# # of string [, nobreak]``: pieces of at most so many columns, broken between words."""
    found = re.fullmatch(r"(\S+)\s+(\S+)\s+of\s+(.*?)(\s*,\s*nobreak)?", rest, re.DOTALL)
    if found is None:
        raise StataError.invalid_syntax()
    number, width = _integer(found[1], ctx), _integer(found[2], ctx)
    if width < 1:
        raise StataError.invalid_syntax()
    parts = pieces(unquote(found[3].strip()), width, found[4] is None)
    return parts[number - 1] if 1 <= number <= len(parts) else ""


def pieces(text: str, width: int, split: bool = True) -> list[str]:
    """Lines of at most ``width`` columns; longer words are cut when ``split``."""
    out: list[str] = []
    line = ""
    for word in text.split():
        while True:
            joined = f"{line} {word}" if line else word
            if display_width(joined) <= width:
                line = joined
                break
            if line:
                out.append(line)
                line = ""
            elif not split:
                line = word
                break
            else:
                head = cut_to_width(word, width) or word[0]
                out.append(head)
                word = word[len(head) :]
    return [*out, line] if line else out


def _contents(rest: str, ctx: Context) -> str:
    """``{local | global} macname``."""
    words = rest.split()
    if len(words) != 2 or words[0] not in ("local", "global"):
        raise StataError.invalid_syntax()
    return ctx.executor.macro(words[1], words[0])


_SUBINSTR = re.compile(r"(local|global)\s+(\w+)\s+(.*)", re.DOTALL)


def _subinstr(rest: str, ctx: Context) -> str:
    """``{local | global} macname "from" ["to"] [, all count({local | global} macname) word]``."""
    found = _SUBINSTR.fullmatch(rest)
    if found is None:
        raise StataError.invalid_syntax()
    text = ctx.executor.macro(found[2], found[1])
    old, tail = _string(found[3])
    new, tail = ("", tail) if tail.startswith(",") or not tail else _string(tail)
    if tail and not tail.startswith(","):
        raise StataError.invalid_syntax()
    everywhere = whole = False
    counter: tuple[str, str] | None = None
    for name, argument in re.findall(r"(\w+)(?:\(\s*([^)]*?)\s*\))?", tail[1:]):
        if name == "all" and not argument:
            everywhere = True
        elif name == "word" and not argument:
            whole = True
        elif is_abbreviation(name, "count", 1) and len(argument.split()) == 2:
            scope, target = argument.split()
            if scope not in ("local", "global"):
                raise StataError.invalid_syntax()
            counter = (target, scope)
        else:
            raise StataError.option_not_allowed(name + (f"({argument})" if argument else ""))
    count = 0
    if old:
        pattern = re.escape(old)
        if whole:
            pattern = rf"(?<!\S){pattern}(?!\S)"
        text, count = re.subn(pattern, lambda _: new, text, count=0 if everywhere else 1)
    if counter is not None:
        ctx.executor.set_macro(*counter, str(count))
    return text


def _string(text: str) -> tuple[str, str]:
    """The first word of a text without its quotes, and what follows it."""
    if text.startswith('`"'):
        end = closing(text, 0)
        if end is None:
            raise StataError.invalid_syntax()
        return text[2 : end - 2], text[end:].strip()
    if text.startswith('"'):
        end = text.find('"', 1)
        if end < 0:
            raise StataError.invalid_syntax()
        return text[1:end], text[end + 1 :].strip()
    found = re.match(r"[^\s,]+", text)
    if found is None:
        raise StataError.invalid_syntax()
    return found[0], text[found.end() :].strip()


# ---------------------------------------------------------------- the session


def _display(rest: str, ctx: Context) -> str:
    from pystata_hlm.runtime.directives import display_text

    return display_text(rest, ctx)


def _environment(rest: str, ctx: Context) -> str:
    return os.environ.get(unquote(rest), "")


def _sysdir(rest: str, ctx: Context) -> str:
    """``[STATA | BASE | SITE | PLUS | PERSONAL | folder]``: its path."""
    ado = ctx.workspace.ado
    if not rest:
        return " ".join(ado.dirs)
    name = unquote(rest)
    folder = ado.dirs.get(name.upper())
    if folder is not None:
        return folder
    return name if name.endswith("/") else name + "/"


def _adosubdir(rest: str, ctx: Context) -> str:
    """The subfolder of an ado-folder that a file belongs to: its first letter."""
    first = unquote(rest)[:1].lower()
    return first if first.isalnum() else "_"


def _tempvar(rest: str, ctx: Context) -> str:
    from pystata_hlm.runtime.frames import fresh_variable

    return fresh_variable(ctx)


def _tempfile(rest: str, ctx: Context) -> str:
    from pystata_hlm.runtime.tempfiles import new_tempfile

    return new_tempfile(ctx)


def _properties(rest: str, ctx: Context) -> str:
    """Properties of a program."""
    from pystata_hlm.runtime import programs

    program = programs.find(_name(rest), ctx.executor)
    return program.properties if isinstance(program, programs.Program) else ""


def _class(rest: str, ctx: Context) -> str:
    """``results command``: rclass, eclass, sclass or nclass."""
    from pystata_hlm.runtime import programs, registry

    name = _name(rest)
    program = programs.find(name, ctx.executor)
    if isinstance(program, programs.Program):
        return f"{program.klass or 'n'}class"
    spec = registry.find(name)
    if spec is None:
        raise StataError(111, f"command {name} not found")
    return f"{spec.klass or 'n'}class"


def _constraint(rest: str, ctx: Context) -> str:
    """``constraint {# | dir}``: the text of a constraint, or the numbers of all."""
    held = ctx.workspace.constraints
    if rest.strip() == "dir":
        return " ".join(str(number) for number in sorted(held))
    return held.get(_integer(rest, ctx), "")


def _tsnorm(rest: str, ctx: Context) -> str:
    """A time-series operator in its shortest form: ``ldl`` is L2D; with ``, varname`` the operated variable."""
    from pystata_hlm.data.timeseries import normalised

    text, _, option = rest.partition(",")
    if not option.strip():
        return normalised(text.strip().replace(".", ""))
    operator, _, variable = text.strip().rpartition(".")
    head = normalised(operator.replace(".", ""))
    if not is_wellformed(variable):
        raise StataError.invalid_name(variable)
    return f"{head}.{variable}" if head else variable


# ---------------------------------------------------------------- the table


def _words(text: str) -> tuple[tuple[str, int], ...]:
    """``variable:3 label:3``: the words and their shortest abbreviations."""
    parts = [item.partition(":") for item in text.split()]
    return tuple((name, int(shortest or 0)) for name, _, shortest in parts)


_TABLE: dict[str, Function] = {
    "variable:3 label:1": lambda rest, ctx: _column(rest, ctx).label,
    "value:3 label:1": _value_label,
    "data label:1": lambda rest, ctx: ctx.data.label,
    "label:3": _label,
    "type": lambda rest, ctx: _column(rest, ctx).stype,
    "format": lambda rest, ctx: _column(rest, ctx).format,
    "sortedby:4": lambda rest, ctx: " ".join(ctx.data.sortedby),
    "char": _char,
    "permname": _permname,
    "word count": lambda rest, ctx: str(len(tokens(rest))),
    "word": _word,
    "piece": _piece,
    "copy": _contents,
    "strlen": lambda rest, ctx: str(len(_contents(rest, ctx).encode("utf-8", "surrogateescape"))),
    "length": lambda rest, ctx: str(len(_contents(rest, ctx).encode("utf-8", "surrogateescape"))),
    "ustrlen": lambda rest, ctx: str(len(_contents(rest, ctx))),
    "udstrlen": lambda rest, ctx: str(display_width(_contents(rest, ctx))),
    "subinstr": _subinstr,
    "upper": lambda rest, ctx: unquote(rest).upper(),
    "lower": lambda rest, ctx: unquote(rest).lower(),
    "proper": lambda rest, ctx: unquote(rest).title(),
    "display:2": _display,
    "list": macrolists.evaluate,
    "dir": macronames.files,
    "environment:3": _environment,
    "sysdir": _sysdir,
    "adosubdir": _adosubdir,
    "tempvar": _tempvar,
    "tempfile": _tempfile,
    "properties": _properties,
    "results": _class,
    "constraint": _constraint,
    "tsnorm": _tsnorm,
    "all": macronames.everything,
    "r": lambda rest, ctx: macronames.results("r", rest, ctx),
    "e": lambda rest, ctx: macronames.results("e", rest, ctx),
    "s": lambda rest, ctx: macronames.results("s", rest, ctx),
    **{name: macronames.number_of(name) for name in ("rownumb", "colnumb", "roweqnumb", "coleqnumb")},
    **{
        f"{name}:4" if name in ("rownames", "colnames") else name: macronames.matrix_function(name)
        for name in macronames.MATRIX_FUNCTIONS
    },
}

_FUNCTIONS = [(_words(words), run) for words, run in _TABLE.items()]
