"""Logical lines made ready to run again and again: what can be known before macros are expanded is found out once.

A ``Step`` is one logical line; its ``run`` says what the line is (a command, a loop, a branch, a program's
definition). A command line whose first word holds no macro is taken apart here, so that a pass through a loop only
fills in the macros and calls the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pystata_hlm.errors import StataError
from pystata_hlm.lang import prefixes
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.lang.echo import style
from pystata_hlm.lang.macros import fill, template
from pystata_hlm.lang.nodes import LogicalLine
from pystata_hlm.runtime import registry

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor

Run = Callable[["Executor", Sequence["Step"], int, bool], int]
"""Runs step k of a sequence (echo: show the lines of an if chain as they run); how many more steps it took."""

_WORD = re.compile(r"\s*(\w+)")
_HEAD = re.compile(r"[^\W\d]\w*")
_BARE = {
    **dict.fromkeys(("qui", "quie", "quiet", "quietl", "quietly"), "quietly"),
    **dict.fromkeys(("n", "no", "noi", "nois", "noisi", "noisil", "noisily"), "noisily"),
    **dict.fromkeys(("cap", "capt", "captu", "captur", "capture"), "capture"),
    "nobreak": "nobreak",
    "break": "break",
}
"""Prefixes that need no colon."""


class Step:
    """One logical line. ``info`` and ``ready`` are for the use of its ``run``: what it found out the first time."""

    __slots__ = ("_body", "info", "keyword", "line", "ready", "rest", "run", "text", "word")

    def __init__(self, line: LogicalLine) -> None:
        self.line = line
        self.text = line.text
        found = _WORD.match(line.text)
        self.word = found[1] if found else ""
        self.rest = line.text[found.end() :] if found else line.text
        self.keyword = ""
        self.info: Any = None
        self.ready: Any = None
        self.run: Run | None = None
        self._body: list[Step] | None = None

    @property
    def body(self) -> list[Step]:
        """The steps of the block that belongs to the line."""
        if self._body is None:
            self._body = make(self.line.block.lines) if self.line.block is not None else []
        return self._body

    @property
    def interleaved(self) -> bool:
        """A block whose lines are shown one by one as they run: if, else, ``{``, ``noisily {``, ``frame name {`` ..."""
        if self.line.block is None or style(self.line) != "plain":
            return False
        words = (("noisily", 1), ("capture", 3), ("quietly", 3))
        return self.word in ("", "if", "else", "frame", "frames") or any(
            is_abbreviation(self.word, *word) for word in words
        )

    def expanded(self, executor: Executor) -> str:
        """The text after the first word, its macros expanded."""
        rest = self.rest
        return fill(template(rest), executor) if "`" in rest or "$" in rest else rest


def make(lines: Sequence[LogicalLine]) -> list[Step]:
    return [_classify(Step(line)) for line in lines]


def _classify(step: Step) -> Step:
    from pystata_hlm.runtime import control

    line = step.line
    if line.error is not None:
        step.run = _fail
    elif not line.text:
        step.run = control.bare_block if line.block is not None else None
    elif line.block is not None and line.block.kind != "{":
        step.run = control.define_program if line.block.kind == "program" else control.with_data
    else:
        step.keyword = control.KEYWORDS.get(step.word, "")
        handler = control.HANDLERS.get(step.keyword)
        if handler is not None:
            step.run = handler
        elif (flow := _prefixed_flow(line)) is not None:
            step.info, step.run = flow, control.prefixed_flow
        elif line.block is not None:
            step.run = control.prefix_block
        else:
            step.run = _first_time
    return step


def _prefixed_flow(line: LogicalLine) -> tuple[tuple[tuple[str, str], ...], Step] | None:
    """The prefixes before ``foreach``, ``if`` ... and the step that these make; None when the line is something else."""
    from pystata_hlm.runtime import control

    rest, words = line.text, []
    while (found := _WORD.match(rest)) is not None and found[1] in _BARE:
        words.append((_BARE[found[1]], ""))
        rest = rest[found.end() :].lstrip(" \t:")
    if not words or found is None or control.KEYWORDS.get(found[1], "else") == "else":
        return None
    return tuple(words), _classify(Step(LogicalLine(rest, line.raw, line.origin, line.block, line.error)))


def _fail(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    error = steps[k].line.error
    assert error is not None
    raise StataError(*error)


# ---------------------------------------------------------------- command lines


def _first_time(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    """Decide how the command line can be run, and run it."""
    step = steps[k]
    step.info = _taken_apart(step.text, executor)
    ready = None if step.info is None or step.info[0] else _prepared(step.info[2], step.info[4], executor)
    if ready is not None:
        step.info, step.run = ready, _ready
    elif step.info is None:
        step.run = _dynamic
    elif step.info[0]:
        step.run = _prefixed
    else:
        step.run = _plain if step.info[3] is not None else _literal
    return step.run(executor, steps, k, echo)


def _taken_apart(text: str, executor: Executor) -> tuple[Any, ...] | None:
    """(prefixes, head, word, template of the rest or None, rest); None when macros or colons have a say in it."""
    rest = text
    found: list[tuple[str, str]] = []
    while True:
        word, rest = prefixes.command_word(rest)
        if not _HEAD.fullmatch(word) or rest[:1] in ("`", "$"):
            return None
        if word in _BARE:
            found.append((_BARE[word], ""))
            rest = rest.lstrip()
            rest = rest[1:] if rest.startswith(":") else rest
            continue
        if executor.is_prefix(word) is not None:
            return None
        head = text[: len(text) - len(rest)]
        parts = template(rest) if "`" in rest or "$" in rest else None
        return tuple(found), head, word, parts, rest


def _prepared(word: str, rest: str, executor: Executor) -> Callable[[Executor], None] | None:
    """What a light command makes of the line beforehand, if it can."""
    spec = registry.find(word)
    if spec is None or spec.prepare is None or word in executor.workspace.programs:
        return None
    return spec.prepare(rest)


def _ready(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    steps[k].info(executor)
    return 0


def _plain(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    _, head, word, parts, _ = steps[k].info
    rest = fill(parts, executor)
    executor.command(word, rest, head + rest)
    return 0


def _literal(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    step = steps[k]
    executor.command(step.info[2], step.info[4], step.text)
    return 0


def _prefixed(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    words, head, word, parts, rest = steps[k].info
    if parts is not None:
        try:
            rest = fill(parts, executor)
        except StataError as error:
            _refused(words, error, executor)
            return 0
    executor.prefixed(words, word, rest, head + rest)
    return 0


def _refused(words: tuple[tuple[str, str], ...], error: StataError, executor: Executor) -> None:
    """A macro of the line could not be expanded: ``capture`` before the command takes that, too."""

    def fail() -> None:
        raise error

    executor.run_prefixes(words, fail)


def _dynamic(executor: Executor, steps: Sequence[Step], k: int, echo: bool) -> int:
    text = steps[k].text
    executor.execute(fill(template(text), executor) if "`" in text or "$" in text else text)
    return 0
