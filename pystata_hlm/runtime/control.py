"""Flow of control: if/else, foreach, forvalues, while, continue, and blocks of capture, quietly, noisily.

Each handler runs a ``Step``: a logical line that may have a ``{ }`` body, whose macros are expanded anew at each pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pystata_hlm.data import names as naming
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.lang.macros import template
from pystata_hlm.lang.nodes import LogicalLine
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.shape import split_if
from pystata_hlm.runtime.words import tokens

Condition = Callable[["Executor"], "float | str | None"]

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.steps import Run, Step


class BreakLoop(Exception):
    """``continue`` (``again``) and ``continue, break``."""

    def __init__(self, again: bool) -> None:
        super().__init__()
        self.again = again


KEYWORDS = {
    **dict.fromkeys(("forv", "forva", "forval", "forvalu", "forvalue", "forvalues"), "forvalues"),
    **dict.fromkeys(("foreach",), "foreach"),
    "while": "while",
    "if": "if",
    "else": "else",
    **dict.fromkeys(("continue", "cont", "conti", "contin", "continu"), "continue"),
}


def bare_block(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """Braces alone on their lines: the commands between them."""
    executor.run_block(steps[k], echo)
    return 0


def _loop(executor: Executor, body: Sequence[Step]) -> bool:
    """One pass of a loop body; False when ``continue, break`` ended the loop."""
    try:
        executor.run_steps(body)
    except BreakLoop as signal:
        return signal.again
    return True


# ---------------------------------------------------------------- if


def _if(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``if exp {`` ... ``else if exp {`` ... ``else {`` or one-line forms; steps k.. form the chain."""
    done = _branch(executor, steps[k], steps[k].rest, True, False, echo)
    return _chain(executor, steps, k, done, echo) - k


def resume(executor: Executor, steps: Sequence[Step], taken: bool) -> None:
    """``else`` typed at the prompt after the ``if`` that has run already; then the other steps."""
    executor.run_steps(steps[_chain(executor, steps, -1, taken, False) + 1 :])


def _chain(executor: Executor, steps: Sequence[Step], last: int, done: bool, echo: bool) -> int:
    """The ``else`` lines that follow step ``last``; which step was the chain's last one."""
    conditional = True
    while True:
        following = last + 1
        while following < len(steps) and steps[following].run is None:
            following += 1  # blank and comment lines may stand before an else
        if following == len(steps) or steps[following].keyword != "else":
            executor.branch_taken = done if conditional else None
            return last
        current = steps[following]
        if echo:
            for blank in steps[last + 1 : following]:
                executor.echo_step(blank)
            executor.echo_step(current)
        last = following
        if current.info is None:
            found = _ELSE_IF.match(current.rest)
            current.info = (found is not None, current.rest[found.end() :] if found else current.rest)
        conditional, rest = current.info
        done = _branch(executor, current, rest, conditional, done, echo)


_ELSE_IF = re.compile(r"\s*if\b")


def _branch(executor: Executor, step: Step, rest: str, conditional: bool, done: bool, echo: bool) -> bool:
    """Run one branch unless an earlier one was taken; whether one has been taken by now.

    Stata expands the macros of a one-line form before it looks at the condition, so `` `++i' `` counts in any case.
    """
    if step.line.block is not None:
        taken = not done and (not conditional or _holds(executor, step, rest))
        executor.run_block(step, echo, taken)
        return done or taken
    if step.ready is None:
        step.ready = (conditional and _one_line(step, rest)) or (None, None)
    condition, command = step.ready
    if condition is not None:
        outcome = condition(executor)
        if outcome is not None:
            if done or not quick.truth(outcome):
                return done
            executor.run_steps(command)
            return True
    text = executor.expand(rest).strip()
    if done:
        return True
    if conditional:
        head, text = split_if(text)
        if not quick.true(head, executor):
            return False
    run_expanded(executor, text)
    return True


def _holds(executor: Executor, step: Step, rest: str) -> bool:
    if step.ready is None:
        step.ready = quick.line(rest)
    return quick.truth(step.ready(executor))


def _one_line(step: Step, rest: str) -> tuple[Condition, list[Step]] | None:
    """``if exp command`` taken apart before its macros are known, which holds as long as those of the condition are
    digits; None when it cannot be, or when expanding a macro does more than look it up."""
    from pystata_hlm.runtime.steps import make

    parts = template(rest)
    for part in parts:
        if ("`" in part or "$" in part) if isinstance(part, str) else not getattr(part, "name", ""):
            return None
    ends, text = [0], ""
    for part in parts:
        text += part if isinstance(part, str) else "1"
        ends.append(len(text))
    head, command = split_if(text)
    at = len(text.rstrip()) - len(command)
    if not command or not head:
        return None
    k = next(n for n, end in enumerate(ends) if end > at) - 1
    if not isinstance(parts[k], str):
        return None
    raw = [part if isinstance(part, str) else f"`{getattr(part, 'name', '')}'" for part in parts]
    raw_head = "".join(raw[:k]) + raw[k][: at - ends[k]]
    raw_command = raw[k][at - ends[k] :] + "".join(raw[k + 1 :])
    condition = quick.digit_line(raw_head)
    if condition is None:
        return None
    return condition, make([LogicalLine(raw_command.strip(), (), step.line.origin)])


def run_expanded(executor: Executor, text: str) -> None:
    """The command of a one-line ``if`` or ``else``, its macros expanded already."""
    found = _WORD.match(text)
    keyword = KEYWORDS.get(found[1]) if found is not None else None
    if keyword is None or found is None:
        if text:
            executor.execute(text)
        return
    rest = text[found.end() :]
    if keyword == "if":
        condition, text = split_if(rest)
        if quick.true(condition, executor):
            run_expanded(executor, text)
    elif keyword == "continue":
        _leave(rest)
    elif keyword == "else":
        raise StataError.invalid_syntax()
    else:
        raise StataError(100, "{ required")


_WORD = re.compile(r"\s*(\w+)")


def _else(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    raise StataError.invalid_syntax()


# ---------------------------------------------------------------- loops


def _needs_block(step: Step) -> None:
    if step.line.block is None:
        raise StataError(100, "{ required")


def _while(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    step = steps[k]
    _needs_block(step)
    body = step.body
    while _holds(executor, step, step.rest):
        if not _loop(executor, body):
            break
    return 0


_NUMBER = r"([-+]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_FORVALUES = re.compile(
    rf"\s*(\w+)\s*=\s*{_NUMBER}\s*(?:/\s*{_NUMBER}|\(\s*{_NUMBER}\s*\)\s*{_NUMBER}|\s{_NUMBER}\s*(?:\bto\b|:)\s*{_NUMBER})\s*$"
)


def _forvalues(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``forvalues name = range {``: a/b, a(d)b, a b to c, a b : c."""
    step = steps[k]
    _needs_block(step)
    found = _FORVALUES.match(step.expanded(executor))
    if found is None:
        raise StataError.invalid_syntax()
    name = _loop_name(found[1])
    start, unit_stop, step_by, step_stop, second, last = (
        float(g.replace(" ", "")) if g else None for g in found.groups()[1:]
    )
    assert start is not None
    if unit_stop is not None:
        by, stop = 1.0, unit_stop
    elif step_by is not None:
        assert step_stop is not None
        by, stop = step_by, step_stop
    else:
        assert second is not None and last is not None
        by, stop = second - start, last
    if by == 0:
        raise StataError.invalid_syntax()
    macros = executor.frame.locals
    body = step.body
    try:
        for text in _values(start, by, stop):
            macros[name] = text
            if not _loop(executor, body):
                break
    finally:
        macros.pop(name, None)
    return 0


def _values(start: float, by: float, stop: float) -> Iterator[str]:
    """The macro's texts. Stata adds the step at each pass, rounding errors and all: 0(.1)20 ends before 20."""
    if start == int(start) and by == int(by) and max(abs(start), abs(stop)) < 1e15:
        first, unit = int(start), int(by)
        end = int(stop // 1) + 1 if by > 0 else int(-(-stop // 1)) - 1
        yield from map(str, range(first, end, unit))
        return
    value = start
    while value <= stop if by > 0 else value >= stop:
        yield format_macro_number(value)
        value += by


def _loop_name(name: str) -> str:
    if len(name) > 31:
        raise StataError.invalid_name(name)
    return name


_FOREACH = re.compile(r"\s*(\w+)\s+(in|of)\b(.*)$", re.DOTALL)
_LISTTYPE = re.compile(r"\s*(\w+)\s?(.*)$", re.DOTALL)


def _foreach(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``foreach name in anylist {`` and ``foreach name of local|global|varlist|newlist|numlist list {``."""
    step = steps[k]
    _needs_block(step)
    found = _FOREACH.match(step.expanded(executor))
    if found is None:
        raise StataError.invalid_syntax()
    name, how, text = found.groups()
    items = tokens(text) if how == "in" else _items(executor, text)
    _loop_name(name)
    macros = executor.frame.locals
    body = step.body
    try:
        for item in items:
            macros[name] = item
            if not _loop(executor, body):
                break
    finally:
        macros.pop(name, None)
    return 0


def _items(executor: Executor, text: str) -> list[str]:
    found = _LISTTYPE.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    kind, rest = found.groups()
    for scope in ("local", "global"):
        if is_abbreviation(kind, scope, 3):
            if len(rest.split()) != 1:
                raise StataError.invalid_syntax()
            return tokens(executor.macro(rest.strip(), scope))
    if is_abbreviation(kind, "varlist", 3):
        ws = executor.workspace
        return list(expand_varlist(ws.data, parse("varlist", rest), varabbrev=ws.settings.varabbrev))
    if is_abbreviation(kind, "newlist", 3):
        return new_names(rest, executor)
    if is_abbreviation(kind, "numlist", 3):
        return [format_macro_number(v) for v in parse_numlist(rest)]
    raise StataError.invalid_syntax()


_STUB_RANGE = re.compile(r"(\w*?)(\d+)-(\w*?)(\d+)")


def new_names(text: str, executor: Executor) -> list[str]:
    """A list of names for new variables, ``x1-x5`` spelt out; r(198) for a bad name, r(110) for one in use."""
    out: list[str] = []
    for word in text.split():
        found = _STUB_RANGE.fullmatch(word)
        if found is not None and found[1] == found[3] and int(found[2]) <= int(found[4]):
            width = len(found[2]) if found[2].startswith("0") else 0
            out += [f"{found[1]}{n:0{width}d}" for n in range(int(found[2]), int(found[4]) + 1)]
        else:
            out.append(word)
    for name in out:
        naming.check(name)
        if name in executor.workspace.data:
            raise StataError.already_defined(name)
    return out


def _continue(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    _leave(steps[k].expanded(executor))
    return 0


def _leave(rest: str) -> None:
    option = rest.strip()
    if option and not option.startswith(","):
        raise StataError.invalid_syntax()
    option = option[1:].strip()
    if option and not is_abbreviation(option, "break", 2):
        raise StataError.option_not_allowed(option)
    raise BreakLoop(again=not option)


# ---------------------------------------------------------------- blocks


def prefix_block(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``quietly {``, ``capture noisily {``, ``version 13: quietly {``, ``frame name {``: prefixes before a block."""
    step = steps[k]
    text = executor.expand(step.text)
    parts = executor.split(text + " {" if text.rstrip().endswith(":") else text)
    if not parts.prefixes or parts.word not in ("", "{"):
        if parts.word == "version" and not parts.prefixes:
            executor.execute(text)
            executor.run_steps(step.body)
            return 0
        executor.block_command(parts, lambda: executor.run_block(step, echo), text)
        return 0
    executor.run_prefixes(parts.prefixes, lambda: executor.run_block(step, echo))
    return 0


def prefixed_flow(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``quietly foreach ... {``, ``capture if exp command``: prefixes before a word of flow; ``info`` holds both."""
    words, inner = steps[k].info
    taken = 0

    def run() -> None:
        nonlocal taken
        taken = HANDLERS[inner.keyword](executor, [inner, *steps[k + 1 :]], 0, echo)

    executor.run_prefixes(words, run)
    return taken


def define_program(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``program define name`` and its lines."""
    from pystata_hlm.runtime import programs

    step = steps[k]
    block = step.line.block
    assert block is not None
    parts = executor.split(executor.expand(step.text))

    def define() -> None:
        programs.define(parts.rest, block, executor)

    executor.run_prefixes(parts.prefixes, define)
    return 0


def with_data(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """``input`` with its data lines; blocks of other languages have no command here."""
    step = steps[k]
    block = step.line.block
    assert block is not None
    if block.kind != "input":
        raise StataError.command_not_supported(block.kind)
    executor.data_lines = block.body
    executor.execute(executor.expand(step.text))
    return 0


HANDLERS: dict[str, Run] = {
    "if": _if,
    "else": _else,
    "while": _while,
    "forvalues": _forvalues,
    "foreach": _foreach,
    "continue": _continue,
}
