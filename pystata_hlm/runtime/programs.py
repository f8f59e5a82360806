"""Programs: defining them, finding them (in memory, then along the ado-path), and running them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.dataset import Groups
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.source import decode, read_do
from pystata_hlm.output.items import Text
from pystata_hlm.runtime import byloop, registry, steps, tracing
from pystata_hlm.runtime.control import BreakLoop
from pystata_hlm.runtime.executor import Executor, ExitDoFile, LeaveSession
from pystata_hlm.runtime.frames import ByState, new_frame
from pystata_hlm.runtime.spec import CommandSpec
from pystata_hlm.runtime.words import tokens

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_CLASSES = (("rclass", 1), ("eclass", 1), ("sclass", 1), ("nclass", 1))
_OPTIONS = (*_CLASSES, ("byable", 2), ("properties", 4), ("sortpreserve", 4), ("plugin", 6))

BUILT_IN = frozenset(
    """append args assert break by bysort capture cd clear confirm continue correlate count describe display do drop
    else ereturn error exit expand file foreach format forvalues generate gettoken global if include input keep label
    list local log macro mark markout matrix merge more noisily order preserve program quietly regress replace restore
    return run save scalar set sort sreturn summarize sysdir syntax tabulate tempfile tempname tempvar timer tokenize
    use version while""".split()  # noqa: SIM905
)
"""Commands that go before a program of the same name."""


@dataclass
class Program:
    """A program in memory. ``ado`` is the file it was loaded from; ``family`` that file's other programs."""

    name: str
    block: nodes.Block
    klass: str = ""
    byable: str = ""
    header: bool = True
    sortpreserve: bool = False
    properties: str = ""
    ado: Path | None = None
    family: dict[str, Program] = field(default_factory=dict)
    _steps: list[steps.Step] | None = None

    @property
    def steps(self) -> list[steps.Step]:
        if self._steps is None:
            self._steps = steps.make(self.block.lines)
        return self._steps


# ---------------------------------------------------------------- defining

_DEFINE = re.compile(r"\s*(?:(?:de|def|defi|defin|define)\s+(?=[^\s,]))?([^\s,]+)\s*(.*)$", re.DOTALL)


def read_definition(text: str, block: nodes.Block) -> Program:
    """``[define] name [, rclass ... byable() properties() sortpreserve]``."""
    found = _DEFINE.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    name, rest = found.groups()
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    program = Program(name, block)
    if not rest:
        return program
    if not rest.startswith(","):
        raise StataError.invalid_syntax()
    for option in parse("options", rest[1:].strip()) if rest[1:].strip() else ():
        word = match(option.name, _OPTIONS)
        if word is None:
            raise StataError.option_not_allowed(option.name)
        if word == "plugin":
            raise StataError.option_not_supported("plugin")
        if word in ("byable", "properties") and option.argument is None:
            raise StataError.option_required(f"{word}()")
        if word == "byable":
            kind, _, extra = (part.strip() for part in option.argument.partition(","))
            known = match(kind, (("recall", 1), ("onecall", 1)))
            if known is None or extra not in ("", "noheader"):
                raise StataError(198, "option byable() incorrectly specified")
            program.byable, program.header = known, extra == ""
        elif word == "properties":
            program.properties = option.argument.strip()
        elif word == "sortpreserve":
            program.sortpreserve = True
        else:
            program.klass = word[0] if word != "nclass" else ""
    return program


def define(text: str, block: nodes.Block, executor: Executor) -> None:
    """``program define``: r(110) when there is a program of that name already."""
    program = read_definition(text, block)
    loading = executor.loading
    store = executor.workspace.programs if loading is None else loading
    if program.name in store:
        raise StataError(110, f"program {program.name} already defined")
    store[program.name] = program


# ---------------------------------------------------------------- finding


def find(word: str, executor: Executor) -> CommandSpec | Program:
    """What a command word means; r(199) when it means nothing.

    A built-in command, then a program of the running ado-file, a program in memory, one of our commands (abbreviated
    or not), and an ado-file along the path.
    """
    if word not in BUILT_IN:
        running = executor.frame.program
        if running is not None and word in running.family:
            return running.family[word]
        program = executor.workspace.programs.get(word)
        if program is not None:
            return program
    spec = registry.find(word)
    if spec is not None:
        return spec
    return autoload(word, executor) or registry.lookup(word)


def autoload(word: str, executor: Executor) -> Program | None:
    """Load ``word.ado``: its first namesake is the command, its other programs are known to that one alone."""
    ws = executor.workspace
    if not is_wellformed(word):
        return None
    path = ws.ado.find(f"{word}.ado", ws.cwd)
    if path is None:
        return None
    lines = [line for line in read_do(decode(path.read_bytes()), str(path)) if not _is_mata(line)]
    before, executor.loading = executor.loading, {}
    try:
        with new_frame(executor.context, path.name, "", []), executor.quiet():
            executor.run_lines(lines, echo=False)
        family = executor.loading
    finally:
        executor.loading = before
    for program in family.values():
        program.ado, program.family = path, family
    found = family.get(word)
    if found is not None:
        ws.programs[word] = found
    return found


def _is_mata(line: nodes.LogicalLine) -> bool:
    return (line.block is not None and line.block.kind == "mata") or line.text.startswith("mata ")


# ---------------------------------------------------------------- running


def run(program: Program, text: str, executor: Executor, by: ByState | None = None) -> None:
    """Run a program with ``text`` as its arguments. What an rclass program returned replaces r()."""
    arguments = text.strip()
    context = executor.context
    with new_frame(context, program.name, arguments, tokens(arguments)) as frame, _sorted(program, context):
        frame.program, frame.by, frame.muted = program, by, executor.silent
        if by is not None and program.byable == "onecall":
            frame.locals["_byvars"] = " ".join(by.names)
            if by.rc0:
                frame.locals["_byrc0"] = ", rc0"
        try:
            with tracing.program(executor, program.name):
                executor.run_steps(program.steps)
        except BreakLoop:
            raise StataError(198, "continue not allowed outside of a loop") from None
        except LeaveSession:
            raise
        except ExitDoFile as leave:
            if leave.rc:
                raise StataError(leave.rc) from None
    if program.klass == "r":
        executor.workspace.r = frame.returns


@contextmanager
def _sorted(program: Program, context: Context) -> Iterator[None]:
    """``sortpreserve``: the observations come back to the order they had."""
    if not program.sortpreserve:
        yield
        return
    data = context.data
    order, key = data.sortedby, f"sort of {program.name} {len(context.executor.frames)}"
    data.hidden[key] = np.arange(data.n)
    try:
        yield
    finally:
        data = context.data
        places = data.hidden.pop(key, None)
        if places is not None and data.n and bool((np.diff(places) < 0).any()):
            data.keep_rows(np.argsort(places, kind="stable"))
        if places is not None:
            data.sortedby = order if all(name in data for name in order) else ()


def run_by(program: Program, text: str, keys: tuple[str, ...], groups: Groups, executor: Executor) -> None:
    """``by keys: program``: once for each group (recall), or once with the by-variables in `_byvars' (onecall)."""
    if not program.byable:
        raise StataError(190, f"{program.name} may not be combined with by")
    n, rc0 = executor.workspace.data.n, executor.by_rc0
    if program.byable == "onecall":
        run(program, text, executor, ByState(keys, 0, n, 1, True, rc0))
        return
    spans = list(zip(np.asarray(groups.starts).tolist(), np.asarray(groups.sizes).tolist(), strict=True))
    for index, (start, size) in enumerate(spans, 1):
        if program.header and not executor.silent:
            data = executor.workspace.data
            executor.emit(byloop.heading(data, keys, start, executor.workspace.settings.linesize))
        state = ByState(keys, start, start + size, index, index == len(spans))
        try:
            run(program, text, executor, state)
        except StataError as error:
            if error.rc not in (2000, 2001) and not rc0:  # an empty group does not stop the others
                raise
            executor.emit(Text(error.message, "error"))


def drop(names: list[str], executor: Executor) -> None:
    """``program drop``: names, ``_all``, ``_allado``."""
    programs = executor.workspace.programs
    for name in names:
        if name in ("_all", "_allado"):
            for program in list(programs.values()):
                if name == "_all" or program.ado is not None:
                    del programs[program.name]
        elif name not in programs:
            raise StataError.not_found(name)
        else:
            del programs[name]
