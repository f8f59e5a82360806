"""The course do-file, run once: each of its commands with its output and its stored results."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

import pytest
from support import ROOT, Session

from pystata_hlm.output.items import Graph
from pystata_hlm.runtime.executor import Report
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.workspace import Workspace

COURSE = ROOT / "do_files" / "hlm_diagnostics.do"


@dataclass(frozen=True)
class Step:
    """One command of the do-file. ``command`` has continuation lines joined and blanks squeezed."""

    command: str
    rc: int
    text: str
    graphs: tuple[Graph, ...]
    r: Stored
    e: Stored

    @property
    def lines(self) -> list[str]:
        """Output lines as words: ``|`` dropped, thousands commas dropped."""
        plain = (re.sub(r"(?<=\d),(?=\d{3}\b)", "", line) for line in self.text.splitlines())
        return [" ".join(line.replace("|", " ").split()) for line in plain]


def squeeze(text: str) -> str:
    return " ".join(text.replace("///", " ").split())


@dataclass(frozen=True)
class Course:
    steps: tuple[Step, ...]
    seconds: float
    workspace: Workspace

    def step(self, command: str, nth: int = 1) -> Step:
        found = [step for step in self.steps if step.command == command]
        assert len(found) >= nth, f"the do-file has no {nth}. command {command!r}"
        return found[nth - 1]


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """An error does not stop the run, so that it fails its own test only (and ``test_no_errors``)."""
    session = Session(cwd=tmp_path_factory.mktemp("course"))
    steps: list[Step] = []
    seen = 0

    def note(report: Report) -> None:
        nonlocal seen
        graphs = tuple(item for item in session.items[seen:] if isinstance(item, Graph))
        workspace = session.workspace
        steps.append(
            Step(squeeze(report.line), report.rc, session.text(seen), graphs, workspace.r, workspace.e)
        )
        seen = len(session.items)

    session.executor.on_report = note
    start = time.perf_counter()
    session.run(COURSE.read_text(encoding="utf-8"), echo=True, stop=False)
    return Course(tuple(steps), time.perf_counter() - start, session.workspace)
