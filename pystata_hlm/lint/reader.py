"""A do-file's commands, one after the other, each with what can be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pystata_hlm.errors import StataError
from pystata_hlm.lang import prefixes
from pystata_hlm.lang.nodes import LogicalLine
from pystata_hlm.lang.parser import parse, split_condition
from pystata_hlm.lang.source import decode, read_do
from pystata_hlm.lint import checks
from pystata_hlm.lint.opaque import HELD, MARK, Opaque, attempt, shape
from pystata_hlm.runtime import community, registry
from pystata_hlm.runtime.control import KEYWORDS

OUR_OWN = frozenset({"if", "else", "while", "foreach", "forvalues", "continue", "program", "end"})
"""Words of the language that are no commands of the table."""

_NATIVE = (("quietly", 3), ("noisily", 1), ("capture", 3), ("by", 2), ("bysort", 3), ("version", 4))


@dataclass(frozen=True, slots=True)
class Command:
    """One command line. ``status``: ours (implemented), program (defined on the way), lacking (official),
    community (of others, not provided), unknown (no such command), opaque (a macro is the command), none."""

    line: int
    column: int
    name: str
    status: str
    lacks: tuple[checks.Lack, ...] = ()
    message: str = ""
    rc: int = 0
    captured: bool = False
    text: str = ""

    @property
    def parsed(self) -> bool:
        return not self.rc

    @property
    def implemented(self) -> bool:
        return self.parsed and self.status in ("ours", "program", "opaque") and not self.lacks


@dataclass(slots=True)
class Reading:
    """Everything found in one file."""

    path: str
    lines: int = 0
    commands: list[Command] = field(default_factory=list)
    programs: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    """Other files that it runs, as written."""


# ---------------------------------------------------------------- a file

_DEFINE = re.compile(
    r"^\s*(?:(?:cap\w*|qui\w*|n\w*)\s*:?\s+)*pr(?:o(?:g(?:r(?:am?)?)?)?)?\s+(?:(?:de|def|defi|defin|define)\s+)?([A-Za-z_]\w*)",
    re.MULTILINE,
)
_RUNS = re.compile(
    r"^\s*(?:(?:cap\w*|qui\w*|n\w*)\s*:?\s+)*(?:do|run|include|ru)\s+(`?\"[^\"\n]+\"|[^\s,\"]+)", re.MULTILINE
)


def outline(text: str) -> tuple[set[str], set[str]]:
    """The programs that a text defines and the files that it runs."""
    programs = {name for name in _DEFINE.findall(text) if name not in ("drop", "dir", "list", "define")}
    runs = {found.removeprefix("`").strip('"') if '"' in found else found for found in _RUNS.findall(text)}
    return programs, runs


def read_text(path: Path) -> str:
    return decode(path.read_bytes())


def analyse(text: str, path: str, known: frozenset[str] = frozenset()) -> Reading:
    """A do-file's text; ``known`` are programs that other files define."""
    programs, runs = outline(text)
    reading = Reading(
        path, text.count("\n") + (not text.endswith("\n") and bool(text)), programs=programs, runs=runs
    )
    walker = _Walker(known | programs, reading.commands)
    walker.walk(read_do(text, path), top=True)
    return reading


# ---------------------------------------------------------------- its lines

_WORD = re.compile(r"\s*(\w+)")
_FOREACH = re.compile(r"\s*[\w\x04]+\s+(?:in\b|of\s+\S)")
_FORVALUES = re.compile(
    r"\s*[\w\x04]+\s*=\s*[-+\w.\x04]+\s*(?:/\s*[-+\w.\x04]|\([^)]*\)\s*[-+\w.\x04]|\s[-+\w.\x04]+\s*(?:\bto\b|:)\s*[-+\w.\x04])"
)
_ELSE_IF = re.compile(r"\s*if\b")
_EXIT = re.compile(r"exit\b|e(?:x|xi)?(?=\s*(?:,|$))")
_INTERACTED = re.compile(r"(\bi\.\w+)\s*[*|](?!\|)\s*")
"""``i.a*i.b``, ``i.a|x``: the interactions of xi, as those of today."""
_BARE = frozenset({"quietly", "noisily", "capture"})
_LANGUAGES = frozenset({"mata", "python", "java"})
_SHELL = frozenset({"!", "shell", "winexec", "xshell"})


class _Walker:
    def __init__(self, programs: frozenset[str] | set[str], out: list[Command]) -> None:
        self.programs = programs
        self.out = out
        self.capturing = 0
        self.by_xi = False

    def walk(self, lines: Sequence[LogicalLine], top: bool = False) -> None:
        for line in lines:
            if line.text or line.block is not None:
                self._line(line)
            if top and line.block is None and _EXIT.match(line.text):
                return

    def _line(self, line: LogicalLine) -> None:
        if line.error is not None:
            rc, message = line.error
            word = _WORD.match(line.text)
            self._add(line, 0, word[1] if word else "", "none", rc=rc, message=message)
            if line.block is not None:
                self.walk(line.block.lines)
            return
        text = line.text
        block = line.block
        if not text:
            assert block is not None
            self.walk(block.lines)
            return
        if block is not None and block.kind != "{":
            self._unit(line)
            return
        word = _WORD.match(text)
        keyword = KEYWORDS.get(word[1]) if word is not None else None
        if keyword is not None and word is not None:
            self._flow(line, keyword, word.end())
        elif self._prefixed_flow(line):
            return
        elif block is not None:
            self._prefix_block(line)
        else:
            self._command(line, text, 0)

    # ------------------------------------------------------------ blocks
    def _unit(self, line: LogicalLine) -> None:
        block = line.block
        assert block is not None
        if block.kind == "program":
            self._add(line, 0, "program", "ours")
            self.walk(block.lines)
        else:
            self._command(line, line.text.rstrip(":"), 0)

    def _prefix_block(self, line: LogicalLine) -> None:
        """``quietly {``, ``capture noisily {``, ``frame x {``."""
        block = line.block
        assert block is not None
        rest, captured = line.text, False
        while rest:
            start = len(line.text) - len(rest)
            word, rest = prefixes.command_word(rest)
            name = native_prefix(word)
            if name is None:
                self._command(line, line.text, start, block=True)
                break
            captured |= name == "capture"
            rest = rest[prefixes.top_level_colon(rest) + 1 :] if name == "version" else rest.lstrip(" \t:")
            self._add(line, 0, name, "ours")
        self.capturing += captured
        self.walk(block.lines)
        self.capturing -= captured

    def _prefixed_flow(self, line: LogicalLine) -> bool:
        """``quietly foreach ... {``, ``capture if exp command``."""
        names, rest = [], line.text
        while (found := _WORD.match(rest)) is not None and (name := native_prefix(found[1])) in _BARE:
            names.append(name)
            rest = rest[found.end() :].lstrip(" \t:")
        if not names or found is None or KEYWORDS.get(found[1], "else") == "else":
            return False
        for name in names:
            self._add(line, 0, str(name), "ours")
        captured = "capture" in names
        self.capturing += captured
        self._line(LogicalLine(rest, line.raw, line.origin, line.block, line.error))
        self.capturing -= captured
        return True

    # ------------------------------------------------------------ flow
    def _flow(self, line: LogicalLine, keyword: str, at: int) -> None:
        text, block = line.text, line.block
        if keyword == "else":
            conditional = _ELSE_IF.match(text, at)
            at = conditional.end() if conditional else at
            keyword = "if" if conditional else "else"
            name = "else"
        else:
            name = keyword
        if keyword in ("foreach", "forvalues"):
            simple = shape(text[at:])
            good = (_FOREACH if keyword == "foreach" else _FORVALUES).match(simple)
            if block is None:
                self._add(line, at, name, "ours", rc=100, message="{ required")
            elif good is None and simple.strip() != HELD:
                self._add(line, at, name, "ours", rc=198, message="invalid syntax")
            else:
                self._add(line, 0, name, "ours")
        elif keyword == "else":
            self._add(line, 0, name, "ours")
            if block is None and text[at:].strip():
                self._inner(line, text, at)
        elif keyword == "continue":
            self._add(line, 0, name, "ours")
        else:
            self._condition(line, name, keyword, at)
        if block is not None:
            self.walk(block.lines)

    def _condition(self, line: LogicalLine, name: str, keyword: str, at: int) -> None:
        """``if exp``, ``while exp``, with a block or, for ``if``, a command on the line."""
        text = line.text
        if keyword == "while" and line.block is None:
            self._add(line, at, name, "ours", rc=100, message="{ required")
            return
        start: int | None = None
        try:
            if line.block is None:
                start = at + condition_end(text[at:])
                condition = text[at:start]
            else:
                condition = text[at:]
            node = checks.expression(condition)
        except StataError as error:
            where = error.span[0] if error.span else 0
            self._add(line, at + where, name, "ours", rc=error.rc, message=error.message)
            return
        self._add(line, 0, name, "ours", tuple(checks.functions(name, node)))
        if start is not None and text[start:].strip():
            self._inner(line, text, start)

    def _inner(self, line: LogicalLine, text: str, at: int) -> None:
        """The command on the line of an ``if`` or ``else``."""
        word = _WORD.match(text, at)
        keyword = KEYWORDS.get(word[1]) if word is not None else None
        if keyword == "if" and word is not None:
            self._condition(line, "if", "if", word.end())
        elif keyword != "continue":
            self._command(line, text, at)

    # ------------------------------------------------------------ a command
    def _command(self, line: LogicalLine, text: str, at: int, block: bool = False) -> None:
        """Prefixes, then the command itself; ``at`` is where it starts in the line's text."""
        captured = False
        while True:
            word, rest = prefixes.command_word(text[at:])
            if not word or word.startswith(("*", "//")):
                return
            after = len(text) - len(rest)
            name = native_prefix(word)
            if name is None:
                break
            inner = self._after_prefix(line, name, text, after)
            if inner is None:
                return
            captured |= name == "capture"
            if captured and name == "capture":
                self.capturing += 1
            at = inner
        try:
            self._plain(line, word, text, at, after, block)
        finally:
            self.capturing -= captured

    def _after_prefix(self, line: LogicalLine, name: str, text: str, after: int) -> int | None:
        """Where the command after a prefix starts; None when the line ends with it."""
        if name in ("by", "bysort", "version"):
            colon = prefixes.top_level_colon(text, after)
            if colon < 0:
                rc = 0 if name == "version" else 198
                self._add(line, after, name, "ours", rc=rc, message="invalid syntax" if rc else "")
                return None
            if name != "version":
                try:
                    attempt(shape(text[after:colon], True), lambda reading: parse("by", reading.strip()))
                except StataError as error:
                    self._add(line, after, name, "ours", rc=error.rc, message=error.message)
                    return None
            self._add(line, 0, name, "ours")
            return colon + 1
        self._add(line, 0, name, "ours")
        rest = text[after:]
        return after + len(rest) - len(rest.lstrip(" \t:\u00a0"))

    def _plain(self, line: LogicalLine, word: str, text: str, at: int, after: int, block: bool) -> None:
        rest = text[after:]
        if word[0] in "`$" or rest[:1] in ("`", "$"):  # a macro is the command, or a part of its name
            self._add(line, at, "", "opaque")
            return
        if word in _SHELL or word[0] == "!":
            self._found(line, "shell", text, after, captured_rest=False)
            return
        spec = registry.find(word) if word not in self.programs else None
        if word in self.programs:
            self._add(line, at, word, "program")
            return
        if spec is not None and not spec.prefix:
            if self.by_xi:
                rest = _INTERACTED.sub(r"\1##", rest)
            found = checks.GOOD if block else checks.check(spec, rest)
            where = after + found.at
            self._add(line, where, spec.name, "ours", found.lacks, found.message, found.rc)
            return
        colon = prefixes.top_level_colon(rest) if word not in _LANGUAGES else -1
        if (
            colon >= 0
            and "||" not in rest[:colon]
            and (spec is not None or _is_prefix(rest[:colon], rest[colon + 1 :]))
        ):
            if spec is not None:
                found = checks.GOOD if spec.block else checks.check(spec, rest[:colon])  # frame name: command
                self._add(line, after + found.at, spec.name, "ours", found.lacks, found.message, found.rc)
            else:
                self._found(line, word, text, after, captured_rest=False)
            if text[after + colon + 1 :].strip():
                before, self.by_xi = self.by_xi, self.by_xi or word in ("xi", "xi3")
                self._command(line, text, after + colon + 1)
                self.by_xi = before
            return
        if spec is not None:
            found = checks.check(spec, rest) if spec.block and not block else checks.GOOD
            self._add(line, at, spec.name, "ours", found.lacks, found.message, found.rc)
            return
        self._found(line, word, text, after)

    def _found(self, line: LogicalLine, word: str, text: str, after: int, captured_rest: bool = True) -> None:
        """A command that we have not got."""
        official = registry.known_unimplemented().get(word)
        if official is not None:
            name, status = official, "lacking"
        elif community.package_of(word) is not None:
            name, status = word, "community"
        else:
            name, status = word, "unknown"
        found = checks.unknown(text[after:]) if captured_rest and word not in _LANGUAGES else checks.GOOD
        lacks = (checks.Lack("command", name),)
        self._add(line, after, name, status, lacks, found.message, found.rc)

    def _add(
        self,
        line: LogicalLine,
        at: int,
        name: str,
        status: str,
        lacks: tuple[checks.Lack, ...] = (),
        message: str = "",
        rc: int = 0,
    ) -> None:
        number, column = line.origin.line, 1
        if rc:
            number, column = place(line, at)
        shown = line.text if rc or lacks else ""
        self.out.append(
            Command(number, column, name, status, lacks, message, rc, bool(self.capturing), shown)
        )


def _is_prefix(clause: str, rest: str) -> bool:
    """Is it a prefix: what stands between a word that we do not know and a colon, and what follows the colon?

    Not in ``insheet using c:\\x.csv`` or ``net from http://x``.
    """
    return "=" not in clause.partition(",")[0] and not rest.startswith(("/", "\\"))


def native_prefix(word: str) -> str | None:
    for name, shortest in _NATIVE:
        if len(word) >= shortest and name.startswith(word):
            return name
    return None


def condition_end(text: str) -> int:
    """Where the command of a one-line ``if`` starts in ``exp command``."""
    opaque = Opaque(text)
    for _ in range(12):
        reading = opaque.text()
        try:
            _, rest = split_condition(reading.strip())
        except StataError as error:
            if not opaque.next(error.span[0] if error.span else 0):
                raise
            continue
        return opaque.origin(len(reading.rstrip()) - len(rest)) if rest else len(text)
    raise StataError.invalid_syntax()


def place(line: LogicalLine, at: int) -> tuple[int, int]:
    """The physical line and the column of a position in a logical line's text."""
    snippet = line.text[at : at + 10].split("\n")[0]
    if snippet.strip():
        for k, raw in enumerate(line.raw):
            column = raw.find(snippet)
            if column >= 0:
                return line.origin.line + k, column + 1
    return line.origin.line + len(line.raw) - 1, len(line.raw[-1]) + 1


__all__ = ["MARK", "Callable", "Command", "Iterator", "Reading", "analyse", "outline", "read_text"]
