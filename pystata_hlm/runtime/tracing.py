"""``set trace on``: each line of programs and blocks before it runs (``-``), and with its macros expanded (``=``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Text

if TYPE_CHECKING:
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.steps import Step

_ACTS = re.compile(r"`(?:\+\+|--|=|:|macval)|\+\+'|--'")
"""Expanding these does more than look a macro up, so that it is left to the line itself."""


def level(executor: Executor) -> int:
    """Programs and do-files inside one another, the do-file or prompt not counted."""
    return sum(frame.program is not None for frame in executor.frames)


def shown(executor: Executor) -> bool:
    settings = executor.workspace.settings
    return settings.trace and level(executor) <= settings.tracedepth


def _margin(executor: Executor) -> str:
    depth = max(level(executor), 1) if executor.workspace.settings.traceindent else 1
    return "  " * depth


def _say(executor: Executor, text: str) -> None:
    executor.sink(Text(text, "text"))  # a trace is for the eye, quietly or not


def line(executor: Executor, step: Step) -> None:
    """The line about to run."""
    if not shown(executor):
        return
    settings = executor.workspace.settings
    text = step.line.text + (" {" if step.line.block is not None and step.line.block.kind == "{" else "")
    margin = _margin(executor)
    number = f"{step.line.origin.line:4d} " if settings.tracenumber else ""
    _say(executor, f"{margin}- {number}{text}")
    if not settings.traceexpand or not ("`" in text or "$" in text) or _ACTS.search(text):
        return
    try:
        expanded = executor.expand(text)
    except StataError:
        return  # the line itself will say so
    if expanded != text:
        _say(executor, f"{margin}= {number}{expanded}")


def run_steps(executor: Executor, made: Sequence[Step]) -> None:
    """As ``Executor.run_steps``, every line shown before it runs."""
    k = 0
    while k < len(made):
        run = made[k].run
        if run is not None:
            line(executor, made[k])
            k += run(executor, made, k, False)
        k += 1


@contextmanager
def program(executor: Executor, name: str) -> Iterator[None]:
    """``begin name`` and ``end name`` around a program's lines."""
    settings = executor.workspace.settings
    if not settings.trace or not settings.tracesep or not shown(executor):
        yield
        return
    margin = _margin(executor)

    def rule(word: str) -> str:
        tail = f" {word} {name} ---"
        return margin + "-" * max(settings.linesize - 1 - len(margin) - len(tail), 3) + tail

    _say(executor, rule("begin"))
    try:
        yield
    finally:
        if settings.trace:
            _say(executor, rule("end"))
