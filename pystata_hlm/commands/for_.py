"""for: repeat a command, the old loop.   for [X in] {varlist|numlist|newlist|anylist} list [\\ ...] [, options]: command [\\ command ...]

X stands for the first list's element, Y, Z, A, B ... for those of further lists, wherever the letter occurs in the
commands. Each command is shown after ``->`` and run by itself; an error stops unless ``nostop``.
Errors: r(198) for another list type or lists that differ in length, r(111), r(110).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.prefixes import top_level_colon
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

LETTERS = "XYZABCDEFGHIJKLMNOPQRSTUVW"
_TYPES = ("varlist", "numlist", "newlist", "anylist")
_LIST = re.compile(r"\s*(?:(?P<letter>\S+)\s+in\s+)?(?P<type>[a-z]+)\s+(?P<list>.*?)\s*$", re.DOTALL)
_FOR = re.compile(r"(?:^|[\s:])for\s")
_OPTIONS = (Opt("dryrun", 3), Opt("noheader", 3), Opt("nostop", 4))


def parts(text: str, mark: str) -> list[str]:
    """Cut at a mark outside quotes."""
    out, start, quoted = [], 0, False
    for k, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == mark and not quoted:
            out.append(text[start:k])
            start = k + 1
    return [*out, text[start:]]


def elements(kind: str, text: str, ctx: Context) -> list[str]:
    """The elements of a list, as text."""
    name = next((full for full in _TYPES if len(kind) >= 3 and full.startswith(kind)), None)
    if name is None:
        raise StataError(198, f"{kind}: list type must be varlist, numlist, newlist, or anylist")
    if name == "varlist":
        return list(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
    if name == "numlist":
        return [format_macro_number(value) for value in parse_numlist(text)]
    if name == "newlist":
        out = new_names(text)
        for new in out:
            check(new)
            if new in ctx.data:
                raise StataError.already_defined(new)
        return out
    return tokens(text)


def new_names(text: str) -> list[str]:
    """Names, and ranges ``x1-x3``."""
    out: list[str] = []
    for word in text.split():
        found = re.fullmatch(r"(\D\w*?)(\d+)-(\1)(\d+)", word)
        if found is None:
            out.append(word)
        else:
            out += [f"{found[1]}{k}" for k in range(int(found[2]), int(found[4]) + 1)]
    return out


@command("for", syntax="raw", prefix=True)
def run(call: Call, ctx: Context) -> None:
    start = _FOR.search(call.line)
    inner = call.prefix_command
    if start is not None:  # as typed, with the inner prefixes as they were
        inner = call.line[top_level_colon(call.line, start.end()) + 1 :]
    head, _, tail = call.text.partition(",")
    options = (
        typed_options(parse("anything", "x," + tail).clauses.options, _OPTIONS, ("pause",), ctx)
        if tail
        else {}
    )
    lists: dict[str, list[str]] = {}
    free = iter(LETTERS)
    for one in parts(head, "\\"):
        found = _LIST.match(one)
        if found is None:
            raise StataError.invalid_syntax()
        lists[found["letter"] or next(free)] = elements(found["type"], found["list"], ctx)
    if len({len(values) for values in lists.values()}) != 1:
        raise StataError(198, "lists differ in length")
    commands = [one.strip() for one in parts(inner, "\\")]
    letters = re.compile("|".join(map(re.escape, lists)))
    for k in range(len(next(iter(lists.values())))):
        values = {letter: given[k] for letter, given in lists.items()}
        for text in commands:
            line = letters.sub(lambda found, values=values: values[found[0]], text)  # type: ignore[misc]
            if "noheader" not in options:
                ctx.say(f"\n->  {line}")
            if "dryrun" in options:
                continue
            try:
                ctx.execute(line)
            except StataError as error:
                if "nostop" not in options:
                    raise
                ctx.emit(Text(f"{error.message}\nr({error.rc});", "error"))
