"""Flow of control: if/else, foreach, forvalues, while, continue, and blocks of capture, quietly, noisily.

Each handler receives a logical line whose ``block`` holds the logical lines of a ``{ }`` body; their macros are
expanded anew at each pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate_scalar
from pystata_hlm.lang import nodes
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse, split_condition
from pystata_hlm.runtime.words import tokens

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor

KEEPS_CHANGES = frozenset({"do", "run", "include"})
"""Commands made of commands: each of those is undone by itself when it fails."""


class BreakLoop(Exception):
    """``continue`` (``again``) and ``continue, break``."""

    def __init__(self, again: bool) -> None:
        super().__init__()
        self.again = again


_WORD = re.compile(r"\s*(\w+)")
_KEYWORDS = {
    **dict.fromkeys(("forv", "forva", "forval", "forvalu", "forvalue", "forvalues"), "forvalues"),
    **dict.fromkeys(("foreach",), "foreach"),
    "while": "while",
    "if": "if",
    "else": "else",
    **dict.fromkeys(("continue", "cont", "conti", "contin", "continu"), "continue"),
    **dict.fromkeys(("qui", "quie", "quiet", "quietl", "quietly"), "quietly"),
    **dict.fromkeys(("n", "no", "noi", "nois", "noisi", "noisil", "noisily"), "noisily"),
    **dict.fromkeys(("cap", "capt", "captu", "captur", "capture"), "capture"),
}


def run(executor: Executor, lines: Sequence[nodes.LogicalLine], k: int, echo: bool) -> int | None:
    """Run line ``k`` if it is control flow: the number of further lines consumed, or None when it is not."""
    line = lines[k]
    found = _WORD.match(line.text)
    keyword = _KEYWORDS.get(found[1]) if found else None
    if keyword is None:
        return None
    assert found is not None
    rest = line.text[found.end() :]
    if keyword in ("quietly", "noisily", "capture") and line.block is None:
        return None
    if keyword == "if":
        return _if_chain(executor, lines, k, rest, echo)
    if keyword == "else":
        raise StataError.invalid_syntax()
    _HANDLERS[keyword](executor, line, rest)
    return 0


def _run_body(executor: Executor, line: nodes.LogicalLine) -> None:
    if line.block is not None:
        executor.run_lines(line.block.lines, echo=False)


def _loop(executor: Executor, line: nodes.LogicalLine) -> bool:
    """One pass of a loop body; False when ``continue, break`` ended the loop."""
    try:
        _run_body(executor, line)
    except BreakLoop as signal:
        return signal.again
    return True


# ---------------------------------------------------------------- if


def _condition(executor: Executor, text: str) -> bool:
    value = evaluate_scalar(parse("expr", executor.expand(text).strip()), executor.env())
    if isinstance(value, str):
        raise StataError.type_mismatch()
    return value != 0  # missing (NaN) is true


def _if_chain(executor: Executor, lines: Sequence[nodes.LogicalLine], k: int, rest: str, echo: bool) -> int:
    """``if exp {`` ... ``else if exp {`` ... ``else {`` or one-line forms; lines k.. form the chain."""
    consumed = 0
    done = False
    current, text = lines[k], rest
    while True:
        if not done:
            exp, single = _split_condition(executor, current, text)
            if exp is None or _condition(executor, exp):
                done = True
                if current.block is not None:
                    _run_body(executor, current)
                elif single:
                    executor.run_lines([nodes.LogicalLine(single, (), current.origin)], echo=False)
        between = following = k + consumed + 1
        while following < len(lines) and not lines[following].text and lines[following].error is None:
            following += 1  # blank and comment lines may stand before an else
        if following == len(lines):
            return consumed
        found = re.match(r"else\b", lines[following].text)
        if found is None:
            return consumed
        current = lines[following]
        executor.run_lines(lines[between:following], echo)
        consumed = following - k - 1
        if echo:
            executor.emit_echo(current)
            executor.idle = False
        text = current.text[found.end() :]
        branch = re.match(r"\s*if\b", text)
        text = text[branch.end() :] if branch else "\0" + text
        consumed += 1


def _split_condition(executor: Executor, line: nodes.LogicalLine, text: str) -> tuple[str | None, str]:
    """The condition (None for a plain else) and the single command of a one-line form."""
    if text.startswith("\0"):
        return None, text[1:].strip()
    if line.block is not None:
        return text, ""
    return split_condition(executor.expand(text).strip())


# ---------------------------------------------------------------- loops


def _while(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    _needs_block(line)
    while _condition(executor, rest):
        if not _loop(executor, line):
            return


def _needs_block(line: nodes.LogicalLine) -> None:
    if line.block is None:
        raise StataError(100, "{ required")


_FORVALUES = re.compile(r"\s*(\w+)\s*=\s*(.+?)\s*$", re.DOTALL)


def _forvalues(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    """``forvalues name = range {``: a(d)b, a/b, a b to c, a b : c."""
    _needs_block(line)
    found = _FORVALUES.match(executor.expand(rest))
    if found is None:
        raise StataError.invalid_syntax()
    name, text = found[1], found[2]
    start, step, stop = _range(text, executor)
    if step == 0:
        raise StataError.invalid_syntax()
    from pystata_hlm.formats import format_macro_number

    frame = executor.frame
    count = int((stop - start) / step + 1e-9) if (stop - start) / step >= 0 else -1
    for i in range(count + 1):
        frame.locals[name] = format_macro_number(start + i * step)
        if not _loop(executor, line):
            break
    frame.locals.pop(name, None)


def _range(text: str, executor: Executor) -> tuple[float, float, float]:
    number = r"(.+?)"
    for pattern, kind in (
        (rf"^{number}\s*\(\s*{number}\s*\)\s*{number}$", "step"),
        (rf"^{number}\s*/\s*{number}$", "unit"),
        (rf"^{number}\s+{number}\s+(?:to|:)\s*{number}$", "to"),
        (rf"^{number}\s+{number}\s*:\s*{number}$", "to"),
    ):
        found = re.match(pattern, text)
        if found is None:
            continue
        try:
            values = [float(g) for g in found.groups()]
        except ValueError:
            continue
        if kind == "unit":
            return values[0], 1.0, values[1]
        if kind == "step":
            return values[0], values[1], values[2]
        return values[0], values[1] - values[0], values[2]
    raise StataError.invalid_syntax()


_FOREACH = re.compile(r"\s*(\w+)\s+(in|of)\b(.*)$", re.DOTALL)
_LISTTYPE = re.compile(r"\s*(\w+)\s?(.*)$", re.DOTALL)


def _foreach(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    """``foreach name in anylist {`` and ``foreach name of local|global|varlist|newlist|numlist list {``."""
    _needs_block(line)
    found = _FOREACH.match(rest)
    if found is None:
        raise StataError.invalid_syntax()
    name, how, text = found.groups()
    items = tokens(executor.expand(text)) if how == "in" else _items(executor, text)
    frame = executor.frame
    for item in items:
        frame.locals[name] = item
        if not _loop(executor, line):
            break
    frame.locals.pop(name, None)


def _items(executor: Executor, text: str) -> list[str]:
    found = _LISTTYPE.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    kind, rest = found.groups()

    def is_(full: str, shortest: int) -> bool:
        return len(kind) >= shortest and full.startswith(kind)

    if is_("local", 3):
        return tokens(executor.macro(executor.expand(rest).strip(), "local"))
    if is_("global", 3):
        return tokens(executor.macro(executor.expand(rest).strip(), "global"))
    rest = executor.expand(rest)
    if is_("varlist", 3):
        ws = executor.workspace
        return list(expand_varlist(ws.data, parse("varlist", rest), varabbrev=ws.settings.varabbrev))
    if is_("newlist", 3):
        return tokens(rest)
    if is_("numlist", 3):
        from pystata_hlm.formats import format_macro_number

        return [format_macro_number(v) for v in parse_numlist(rest)]
    raise StataError.invalid_syntax()


def _continue(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    option = rest.strip().lstrip(",").strip()
    if option and not ("break".startswith(option) and len(option) >= 2):
        raise StataError.option_not_allowed(option)
    raise BreakLoop(again=not option)


# ---------------------------------------------------------------- blocks of prefixes


def _quietly(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    with executor.quiet():
        _run_body(executor, line)


def _noisily(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    with executor.quiet(False):
        _run_body(executor, line)


def _capture(executor: Executor, line: nodes.LogicalLine, rest: str) -> None:
    words = rest.split()
    loud = bool(words) and "noisily".startswith(words[0])
    executor.captured(lambda: _run_body(executor, line), loud=loud)


_HANDLERS: dict[str, Callable[[Executor, nodes.LogicalLine, str], None]] = {
    "while": _while,
    "forvalues": _forvalues,
    "foreach": _foreach,
    "continue": _continue,
    "quietly": _quietly,
    "noisily": _noisily,
    "capture": _capture,
}
