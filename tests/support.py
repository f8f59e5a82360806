"""Shared test helpers: run Stata text, look at the workspace, compare with the real logs in ../shared/cases.

run("sysuse auto\\nsummarize price")            the log, commands echoed
s = Session(); s.run("..."); s.data, s.r["mean"], s.e, s.rc, s.last_error
compare_case("summarize_detail_price")         each command of the case against Stata's output
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.lang.nodes import LogicalLine
from pystata_hlm.lang.source import read_do
from pystata_hlm.output.items import Graph, OutputItem
from pystata_hlm.output.text import render
from pystata_hlm.runtime.executor import Executor, ExitDoFile
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
EXAMPLES = SHARED / "data" / "examples"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent")


def example(name: str) -> str:
    """Path of a data set of ../shared/data/examples (the test is skipped when it is absent)."""
    path = EXAMPLES / name
    if not path.exists():
        pytest.skip(f"../shared/data/examples/{name} is absent")
    return str(path)


class Results(Mapping[str, Any]):
    """r() or e() by name: scalars as float, macros as str, matrices as arrays (``.matrix(name)`` has names)."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored

    def __getitem__(self, name: str) -> Any:
        value = self.stored.get(name)
        if value is None:
            raise KeyError(name)
        return value.values if isinstance(value, StataMatrix) else value

    def __iter__(self) -> Iterator[str]:
        yield from self.stored.scalars
        yield from self.stored.macros
        yield from self.stored.matrices

    def __len__(self) -> int:
        return len(self.stored.scalars) + len(self.stored.macros) + len(self.stored.matrices)

    def matrix(self, name: str) -> StataMatrix:
        return self.stored.matrices[name]


class Session:
    """One workspace with everything it emits."""

    def __init__(self, release: int = 18, cwd: str | Path | None = None) -> None:
        self.workspace = Workspace()
        self.workspace.settings.release = release
        if cwd is not None:
            self.workspace.cwd = Path(cwd)
        self.items: list[OutputItem] = []
        self.executor = Executor(self.workspace, self.items.append)
        self.rc = 0
        self.last_error: StataError | None = None

    def run(self, text: str, *, echo: bool = False, stop: bool = True) -> str:
        """Run lines as typed; returns their output. An error prints its message and ``r(#);`` and stops
        (``stop=False`` goes on with the next line, as at the prompt)."""
        start = len(self.items)
        self.rc, self.last_error = 0, None
        for chunk in _chunks(read_do(text, "<stdin>")):
            try:
                self.executor.run_lines(chunk, echo=echo)
            except StataError as error:
                self.executor.report_error(error)
                self.rc, self.last_error = error.rc, error
                if stop:
                    break
            except ExitDoFile as leave:
                self.rc = leave.rc
                break
        return self.text(start)

    def text(self, start: int = 0) -> str:
        return "".join(render(item, self.workspace.settings) for item in self.items[start:])

    @property
    def graphs(self) -> list[Graph]:
        return [item for item in self.items if isinstance(item, Graph)]

    @property
    def data(self) -> Dataset:
        return self.workspace.data

    @property
    def r(self) -> Results:
        return Results(self.workspace.r)

    @property
    def e(self) -> Results:
        return Results(self.workspace.e)


def _chunks(lines: list[LogicalLine]) -> Iterator[list[LogicalLine]]:
    """Lines one by one; ``else`` stays with its ``if``."""
    chunk: list[LogicalLine] = []
    for line in lines:
        if chunk and re.match(r"\s*else\b", line.text):
            chunk.append(line)
            continue
        if chunk:
            yield chunk
        chunk = [line]
    if chunk:
        yield chunk


def run(
    text: str, release: int = 18, cwd: str | Path | None = None, *, echo: bool = True, stop: bool = True
) -> str:
    """The log of ``text`` in a fresh session, commands echoed."""
    return Session(release, cwd).run(text, echo=echo, stop=stop)


def fails(text: str, rc: int, message: str | None = None, *, session: Session | None = None) -> Session:
    """Assert that the last line of ``text`` fails with this code and message, leaving the data alone."""
    session = session or Session()
    *before, last = text.strip().splitlines()
    session.run("\n".join(before))
    assert session.rc == 0, session.text()
    data = session.data
    values = {name: (column.data, column) for name, column in data.columns.items()}
    session.run(last)
    assert session.rc == rc, session.text()[-500:]
    if message is not None:
        assert session.last_error is not None and session.last_error.message == message
    assert list(session.data.columns) == list(values)
    assert all(session.data.column(name).data is array for name, (array, _) in values.items())
    return session


# ---------------------------------------------------------------- real Stata logs


@dataclass(frozen=True)
class Case:
    name: str
    folder: Path
    do: str
    expected: str
    source: str


def case(name: str) -> Case:
    """A case of ../shared/cases; skips the test when it is absent."""
    folder = SHARED / "cases" / name
    if not folder.is_dir():
        pytest.skip(f"../shared/cases/{name} is absent")

    def text(file: str) -> str:
        return (folder / file).read_text(encoding="utf-8")

    return Case(name, folder, text("case.do"), text("expected.txt"), text("source.txt"))


@dataclass(frozen=True)
class Piece:
    """One command's part of a log: its echo (continuation lines joined) and what follows."""

    command: str
    output: tuple[str, ...]

    @property
    def key(self) -> str:
        return re.sub(r"\s+", " ", self.command).strip()


def cut(log: str) -> list[Piece]:
    """Cut a log at its ``. command`` echoes. Trailing blanks and surrounding empty lines are not compared."""
    pieces: list[Piece] = []
    command: str | None = None
    output: list[str] = []

    def close() -> None:
        lines = list(output)
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if command is not None:
            pieces.append(Piece(command, tuple(lines)))

    for raw in log.splitlines():
        line = raw.rstrip()
        if raw.startswith(". ") and line != ".":
            close()
            command, output = line[2:], []
        elif line.startswith(">") and command is not None and not output:
            command += "\n" + line
        elif line != ".":
            output.append(line)
    close()
    return pieces


def _widest_table(log: str) -> int:
    """Length of the longest rule under a coefficient table's headings: tables widen with ``set linesize``."""
    rules = re.findall(r"(?m)^(-+\+-{64})$", log)
    return max((len(rule) for rule in rules), default=0)


def run_case(found: Case, release: int = 18, linesize: int = 80) -> tuple[str, Session]:
    """Run a case's commands (errors do not stop it) in a scratch copy, so that it may write files."""
    scratch = Path(tempfile.mkdtemp(prefix="case_"))
    try:
        (scratch / "cases" / found.name).mkdir(parents=True)
        (scratch / "data").symlink_to(SHARED / "data")
        session = Session(release, scratch / "cases" / found.name)
        session.workspace.settings.linesize = linesize
        session.workspace.settings.linesize = linesize
        return session.run(found.do, echo=True, stop=False), session
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def compare_case(
    name: str, release: int = 18, only: str | None = None, skip: str | None = None
) -> list[tuple[Piece, Piece | None]]:
    """Assert that every command of the case prints what Stata printed; ``only``/``skip``: patterns of commands.

    Returns the compared pairs. Commands whose echo the source did not keep are not compared.
    """
    found = case(name)
    log, _ = run_case(found, release, max(80, _widest_table(found.expected) + 2))
    ours = cut(log)
    at = 0
    pairs: list[tuple[Piece, Piece | None]] = []
    for theirs in cut(found.expected):
        match = next((k for k in range(at, len(ours)) if ours[k].key == theirs.key), None)
        if match is not None:
            at = match + 1
        if (only and not re.search(only, theirs.command)) or (skip and re.search(skip, theirs.command)):
            continue
        pairs.append((theirs, ours[match] if match is not None else None))
    assert pairs, f"{name}: no command to compare"
    wrong = [(a, b) for a, b in pairs if b is None or a.output != b.output]
    report = "\n\n".join(
        f"--- Stata: {a.command}\n"
        + "\n".join(a.output)
        + "\n--- ours\n"
        + ("\n".join(b.output) if b is not None else "(command not run)")
        for a, b in wrong
    )
    assert not wrong, f"{name}: {len(wrong)} of {len(pairs)} commands differ\n{report}"
    return pairs
