"""Do-file text to logical lines: comments, continuation, ``#delimit``, and what belongs to a block.

Rules (those marked * follow ../shared/reference/dofile-usage.md, section 11):

- ``*`` at the start of a command: comment to the end of the line (``;`` then); ``/*`` in it is inert*; it
  may be continued by ``///``.
- ``//`` at the start of a line or after a blank: comment to the end of the line. ``///`` joins the next line,
  too; at the end of a line it does so without a blank before it.
- ``/* */`` nests*, spans lines, and stands for a blank. Unclosed, it comments out the rest of the file.
- Quotes, plain and compound, protect all of these*. A plain string ends with its line at the latest, unless
  the line ends with ``///``.
- ``{`` at the end of a line opens a block that a line ``}`` closes; ``program name`` one that ``end`` closes.
  ``input``, ``mata`` and ``python`` (alone on their line) are followed by raw lines up to ``end``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.lang.nodes import Block, LogicalLine, Origin

UNEXPECTED_END = (612, "unexpected end of file")
AFTER_OPEN = (198, "program error:  code follows on the same line as open brace")
TOO_DEEP = (1000, "system limit exceeded - see manual")
AFTER_CLOSE = (198, "program error:  code follows on the same line as close brace")


def decode(data: bytes) -> str:
    """A file's text: UTF-8 (with or without BOM), UTF-16 with BOM, else Windows-1252 or Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def read_do(text: str, file: str = "<stdin>", delimiter: str = "cr") -> list[LogicalLine]:
    """All logical lines, blocks attached to the lines that open them. Never raises: see ``error``."""
    return list(_nest(_Reader(text, file, delimiter)))


def is_complete(text: str, delimiter: str = "cr") -> bool:
    """Could this be run as it stands? False inside a block, a comment, after ``///``, or before the ``;``."""
    reader = _Reader(text, "<stdin>", delimiter)
    lines = list(_nest(reader))
    return not reader.open_ended and all(line.error != UNEXPECTED_END for line in lines)


def delimiter_after(text: str, delimiter: str = "cr") -> str:
    """The delimiter in force (``cr`` or ``;``) after the text."""
    reader = _Reader(text, "<stdin>", delimiter)
    for _ in reader:
        pass
    return reader.delimiter


# ---------------------------------------------------------------- logical lines

_MARKS = {
    "cr": re.compile(r'`"|"|/\*|//|\n'),
    ";": re.compile(r'`"|"|/\*|//|\n|;'),
}
_COMMENT_MARKS = re.compile(r"/\*|\*/")
_COMPOUND_MARKS = re.compile(r"`\"|\"'|\n")
_CONTINUED = re.compile(r"(?:^|[ \t])///[^\n]*\Z")
_SEMICOLON_END = re.compile(r";[ \t]*(?=\n|\Z)")
_DELIMIT = re.compile(r"#d(?:e(?:l(?:i(?:m(?:it?)?)?)?)?)?\s*(cr|;)?\s*;?\s*\Z")
_DELIMIT_LINE = re.compile(r"\s*#d(?:e(?:l(?:i(?:m(?:it?)?)?)?)?)?[ \t]*cr\b[^\n]*")
_BLANKS = re.compile(r"[ \t\f\u00a0]*")
_WHITE = re.compile(r"\s*")


class _Reader:
    """Iterates over the logical lines of a text, blocks of braces and programs not yet put together."""

    def __init__(self, text: str, file: str, delimiter: str) -> None:
        if text.startswith("\ufeff"):
            text = text[1:]
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text = text[:-1] if text.endswith("\n") else text
        self.empty = not text
        self.file = file
        self.delimiter = delimiter
        self.at = 0
        self.done = self.empty
        self.open_ended = False
        self.starts = [0, *(m.end() for m in re.finditer("\n", self.text))]

    def __iter__(self) -> Iterator[LogicalLine]:
        while not self.done:
            start = self.at
            text, end = self._comment() if self._at_star() else self._command()
            raw = self.text[start:end]
            if self.delimiter == ";" and self.done and not text and not raw.strip():
                return
            line = LogicalLine(
                text, tuple(raw.split("\n")), Origin(self.file, bisect_right(self.starts, start))
            )
            switch = _DELIMIT.match(text) if text.startswith("#d") else None
            if switch is not None and switch[1]:
                self.delimiter = switch[1]
            yield self._with_data(line)

    # ------------------------------------------------------------ one command
    def _at_star(self) -> bool:
        skip = _BLANKS if self.delimiter == "cr" else _WHITE
        return self.text.startswith("*", skip.match(self.text, self.at).end())  # type: ignore[union-attr]

    def _comment(self) -> tuple[str, int]:
        """A ``*`` comment from here: up to the end of the line or the semicolon."""
        if self.delimiter == ";":
            end = self.text.find(";", self.at)
            self.open_ended |= end < 0
            return "", self._after_semicolon(end + 1 if end >= 0 else len(self.text))
        while True:
            end = self._line_end(self.at)
            continued = _CONTINUED.search(self.text[self.at : end])
            if not continued or end == len(self.text):
                self.open_ended |= bool(continued)
                return "", self._after_newline(end)
            self.at = end + 1

    def _command(self) -> tuple[str, int]:
        """Text without comments and the end of a command that starts here; moves on to the next one."""
        text, marks, i = self.text, _MARKS[self.delimiter], self.at
        semicolons = self.delimiter == ";"
        pieces: list[str] = []
        while True:
            if semicolons and not any(piece.strip() for piece in pieces):
                switch = _DELIMIT_LINE.match(text, i)
                if switch is not None:  # `#delimit cr' ends with its line
                    return switch[0].strip().rstrip(";").strip(), self._after_newline(switch.end())
            mark = marks.search(text, i)
            if mark is None:
                pieces.append(text[i:])
                self.open_ended |= semicolons and any(piece.strip() for piece in pieces)
                return self._finish(pieces, len(text))
            where, m = mark.start(), mark[0]
            if m == ";":
                pieces.append(text[i:where])
                return "".join(pieces).strip(), self._after_semicolon(where + 1)
            if m == "\n":
                pieces.append(text[i:where])
                if not semicolons:
                    return self._finish(pieces, where)
                pieces.append(" ")
                i = where + 1
            elif m == "/*":
                pieces += [text[i:where], " "]
                i = self._comment_end(where + 2)
            elif m == "//":
                end = self._line_end(where)
                joins = text.startswith("///", where)
                free = where == self.at or text[where - 1] in " \t\n\f\u00a0" or where == i
                if not free and not (joins and not text[where + 3 : end].strip()):
                    pieces.append(text[i : where + 2])
                    i = where + 2
                    continue
                pieces += [text[i:where], " "]
                i = end
                if joins and not semicolons:
                    if end == len(text):
                        self.open_ended = True
                    else:
                        i = end + 1
            else:
                i = self._string(pieces, i, mark.end(), compound=m == '`"')

    def _finish(self, pieces: list[str], end: int) -> tuple[str, int]:
        return "".join(pieces).strip(), self._after_newline(end)

    def _comment_end(self, i: int) -> int:
        depth = 1
        while depth:
            mark = _COMMENT_MARKS.search(self.text, i)
            if mark is None:
                self.open_ended = True
                return len(self.text)
            depth += 1 if mark[0] == "/*" else -1
            i = mark.end()
        return i

    def _string(self, pieces: list[str], start: int, i: int, compound: bool) -> int:
        """Take the string whose opening quote ends at ``i`` (text pending from ``start``); where to go on."""
        text = self.text
        if self.delimiter == ";":
            end = self._string_end(i, len(text), compound)
            stop = _SEMICOLON_END.search(text, i)
            if end < 0 or (stop is not None and stop.start() < end):
                end = i  # never closed before the command ends: only the quote itself is text
            pieces.append(text[start:end].replace("\n", " "))
            return end
        while True:
            line_end = self._line_end(i)
            end = self._string_end(i, line_end, compound)
            if end >= 0:
                pieces.append(text[start:end])
                return end
            continued = _CONTINUED.search(text[i:line_end])
            if continued is None or line_end == len(text):
                pieces.append(text[start:line_end])
                return line_end
            pieces += [text[start : i + continued.start()], " "]
            start = i = line_end + 1

    def _string_end(self, i: int, limit: int, compound: bool) -> int:
        """Position after the closing quote, -1 when it does not come before ``limit``."""
        if not compound:
            return self.text.find('"', i, limit) + 1 or -1
        depth = 1
        while depth:
            mark = _COMPOUND_MARKS.search(self.text, i, limit)
            if mark is None:
                return -1
            depth += {'`"': 1, "\"'": -1}.get(mark[0], 0)
            i = mark.end()
        return i

    def _line_end(self, i: int) -> int:
        end = self.text.find("\n", i)
        return end if end >= 0 else len(self.text)

    def _after_newline(self, end: int) -> int:
        if end >= len(self.text):
            self.done = True
        self.at = end + 1
        return end

    def _after_semicolon(self, end: int) -> int:
        after = _BLANKS.match(self.text, end)
        assert after is not None
        at = after.end()
        self.at = at + 1 if self.text.startswith("\n", at) else at
        self.done = self.at >= len(self.text)
        return end

    # ------------------------------------------------------------ data after a command
    def _with_data(self, line: LogicalLine) -> LogicalLine:
        """Attach the raw lines up to ``end`` that follow input, mata and python."""
        kind = _data_kind(line.text)
        if kind is None:
            return line
        body: list[str] = []
        while not self.done:
            end = self._line_end(self.at)
            physical = self.text[self.at : end]
            self._after_newline(end)
            if physical.split("//")[0].rstrip(" \t;").strip() == "end":
                return _attach(line, Block(kind, (), tuple(body), (physical,)))
            body.append(physical)
        return _attach(line, Block(kind, (), tuple(body), ()), UNEXPECTED_END)


# ---------------------------------------------------------------- blocks

MAX_DEPTH = 128  # of nested braces

_PREFIX = re.compile(
    r"(?:(?:qui(?:e(?:t(?:ly?)?)?)?|cap(?:t(?:u(?:re?)?)?)?|n(?:o(?:i(?:s(?:i(?:ly?)?)?)?)?)?)\s*:?\s+)*"
)
_WORDS = re.compile(r"(\w+)\s*(\w*)")
_STRINGS = re.compile(r"`\"(?:(?!`\"|\"').)*\"'|\"[^\"]*(?:\"|\Z)")
_ONE_LINE = re.compile(r"(?:if|else|while|foreach|forv\w*|quietly|qui|capture|cap|noisily|noi|n)\b")
_NO_BLOCK = (("local", 3), ("global", 2), ("display", 2), ("label", 2), ("notes", 4), ("char", 4))
_OPEN_BRACE = re.compile(r"(?<!\$)\{")


def _data_kind(text: str) -> str | None:
    bare = text[_PREFIX.match(text).end() :] if text else ""  # type: ignore[union-attr]
    if bare in ("mata", "mata:", "python", "python:"):
        return bare.rstrip(":")
    words = _WORDS.match(bare)
    if (
        words is not None
        and is_abbreviation(words[1], "input", 3)
        and not bare[words.end(1) :].startswith("(")
    ):
        return "input"
    return None


def _without_strings(text: str) -> str:
    return _STRINGS.sub("", text) if '"' in text else text


def _opens_brace(text: str) -> bool:
    if not text.endswith("{") or not _without_strings(text).endswith("{"):
        return False
    words = _WORDS.match(text)
    return words is None or not any(is_abbreviation(words[1], name, shortest) for name, shortest in _NO_BLOCK)


def _opens_program(text: str) -> bool:
    bare = text[_PREFIX.match(text).end() :]  # type: ignore[union-attr]
    words = _WORDS.match(bare)
    if words is None or not is_abbreviation(words[1], "program", 2) or not words[2]:
        return False
    sub = words[2]
    return sub not in ("drop", "dir", "di") and not is_abbreviation(sub, "list", 1)


def _attach(line: LogicalLine, block: Block, error: tuple[int, str] | None = None) -> LogicalLine:
    return LogicalLine(line.text, line.raw, line.origin, block, error or line.error)


def _nest(flat: Iterable[LogicalLine]) -> Iterator[LogicalLine]:
    lines = iter(flat)
    for line in lines:
        yield _with_block(line, lines)


def _with_block(line: LogicalLine, following: Iterator[LogicalLine], depth: int = 0) -> LogicalLine:
    """The line with its block, which is taken from the lines that follow."""
    text = line.text
    if not text or line.block is not None:
        return line
    if _opens_brace(text):
        if depth == MAX_DEPTH:
            return LogicalLine(text, line.raw, line.origin, None, TOO_DEEP)
        return _brace_block(line, following, depth + 1)
    if text[0] in "pqcn" and _opens_program(text):
        return _program_block(line, following)
    if "{" in text and _ONE_LINE.match(text) and _OPEN_BRACE.search(_without_strings(text)):
        return LogicalLine(text, line.raw, line.origin, None, AFTER_OPEN)
    return line


def _brace_block(line: LogicalLine, following: Iterator[LogicalLine], depth: int) -> LogicalLine:
    opened = LogicalLine(line.text[:-1].rstrip(), line.raw, line.origin)
    body: list[LogicalLine] = []
    for inner in following:
        if inner.text.startswith("}"):
            block = Block("{", tuple(body), _physical(body), inner.raw)
            return _attach(opened, block, AFTER_CLOSE if inner.text != "}" else None)
        body.append(_with_block(inner, following, depth))
    return _attach(opened, Block("{", tuple(body), _physical(body), ()), UNEXPECTED_END)


def _program_block(line: LogicalLine, following: Iterator[LogicalLine]) -> LogicalLine:
    flat: list[LogicalLine] = []
    close: tuple[str, ...] = ()
    for inner in following:
        if inner.text == "end":
            close = inner.raw
            break
        flat.append(inner)
    body = tuple(_nest(flat))
    return _attach(line, Block("program", body, _physical(body), close), None if close else UNEXPECTED_END)


def _physical(lines: Iterable[LogicalLine]) -> tuple[str, ...]:
    out: list[str] = []
    for line in lines:
        out += line.raw
        if line.block is not None:
            out += [*line.block.body, *line.block.close]
    return tuple(out)
