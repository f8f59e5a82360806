"""Running lines: macros, prefixes, look-up, binding, the command, and committing or undoing what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.data.dataset import Groups
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang import nodes, prefixes
from pystata_hlm.lang.echo import echo as echo_lines
from pystata_hlm.lang.echo import echo_close, echo_open
from pystata_hlm.lang.macros import expand
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Echo, Error, Graph, OutputItem, Text
from pystata_hlm.runtime import byloop, extended, registry, steps
from pystata_hlm.runtime.bind import bind, typed_options
from pystata_hlm.runtime.coefficients import coefficient
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.control import BreakLoop, resume
from pystata_hlm.runtime.cvalues import c_value, system_macro
from pystata_hlm.runtime.frames import Frame
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, CommandSpec, Opt
from pystata_hlm.runtime.workspace import E_SAMPLE, Sink, Workspace

if TYPE_CHECKING:
    from pystata_hlm.runtime.programs import Program


class ExitDoFile(Exception):
    """``exit`` inside a do-file: stop it without an error."""

    def __init__(self, rc: int = 0) -> None:
        super().__init__(rc)
        self.rc = rc


class LeaveSession(ExitDoFile):
    """``exit`` at the prompt, ``exit, STATA``: leave every do-file and the session."""


@dataclass(frozen=True)
class Report:
    """What happened to one top-level command, for ``--json`` and tests."""

    line: str
    rc: int
    message: str = ""


@lru_cache(maxsize=4096)
def split(text: str) -> nodes.CommandLine:
    return prefixes.split(text, registry_prefix)


_NATIVE_PREFIXES: tuple[tuple[str, int, bool], ...] = (
    # word, shortest abbreviation, needs a colon
    ("quietly", 3, False),
    ("noisily", 1, False),
    ("capture", 3, False),
    ("nobreak", 7, False),
    ("break", 5, False),
    ("by", 2, True),
    ("bysort", 3, True),
    ("version", 4, True),
)


def registry_prefix(word: str) -> tuple[str, bool] | None:
    """Canonical name of a prefix word and whether it needs a colon; None when it is no prefix."""
    for name, shortest, colon in _NATIVE_PREFIXES:
        if len(word) >= shortest and name.startswith(word):
            return name, colon
    spec = registry.find(word)
    if spec is not None and spec.prefix:
        return spec.name, True
    return None


KEEPS_CHANGES = frozenset({"do", "run", "include", "xi", "for", "frame"})
"""Commands made of commands: each of those is undone by itself when it fails."""

STAND_ALONE = frozenset({"xi", "bootstrap", "jackknife", "permute", "frame"})
"""Prefixes that are commands too: they expand terms, manage frames, or show their results again."""

_NO_ROWS = np.zeros(0, dtype=bool)

_SIMPLE_PREFIXES = frozenset({"quietly", "noisily", "capture", "version", "nobreak", "break"})
"""Prefixes that change how things run and take any command, or a block."""


class Executor:
    """Runs do-files and single lines in a workspace, sending output items to a sink."""

    def __init__(self, workspace: Workspace, sink: Sink) -> None:
        self.workspace = workspace
        self.sink = sink
        self.frames: list[Frame] = [Frame("interactive")]
        self.silent = False
        self.block: Callable[[], None] | None = None
        """Runs the block of a command that takes one; the command takes it from here."""
        self.loading: dict[str, Program] | None = None
        """The programs of the ado-file that is being read."""
        self.data_lines: tuple[str, ...] = ()
        """What follows an ``input`` command, up to ``end``."""
        self.memory: dict[str, Any] = {}
        """What functions keep from one command to the next: the last regexm()."""
        self.context = Context(workspace, self)
        self.by_rc0 = False
        """``by ..., rc0``: errors in a group do not stop the others."""
        self.on_report: Callable[[Report], None] | None = None
        self.idle = False
        """The line echoed last ran nothing: it was empty, a comment, or #delimit."""
        self.inside = False
        """The lines of a block are being shown as they run."""
        self.branch_taken: bool | None = None
        """Whether the last ``if`` and its ``else`` lines took a branch: an ``else`` may be typed after them."""

    # ------------------------------------------------------------ output
    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def emit(self, item: OutputItem) -> None:
        """Send an item on, unless ``quietly``; a graph is remembered in any case."""
        if isinstance(item, Graph):
            self.workspace.graphs[item.name] = item
            self.workspace.current_graph = item.name
        if not self.silent or isinstance(item, Graph):
            self.sink(item)

    @contextmanager
    def quiet(self, silent: bool = True) -> Iterator[None]:
        before, self.silent = self.silent, silent or self.frame.muted
        try:
            yield
        finally:
            self.silent = before

    # ------------------------------------------------------------ names in expressions
    def env(self, sample: np.ndarray | None = None, by: Groups | None = None) -> DataEnv:
        ws = self.workspace
        return DataEnv(
            ws.data,
            scalars=ws.scalars,
            stored=self._stored,
            coefficient=self._coefficient,
            matrix=self._matrix,
            setting=self.setting,
            frame=ws.frame_data,
            rng=ws.rng,
            groups=by,
            sample=sample,
            memory=self.memory,
            varabbrev=ws.settings.varabbrev,
        )

    def _stored(self, klass: str, name: str) -> Any:
        ws = self.workspace
        if klass == "e" and name == "sample":
            return ws.e_sample()
        if klass == "c":
            return c_value(ws, name)
        stored: Stored = getattr(ws, klass)
        return stored.get(name)

    def _coefficient(self, kind: str, equation: str, term: str) -> float:
        ws = self.workspace
        return coefficient(ws.e, kind, equation, term, ws.data.find)

    def _matrix(self, name: str) -> StataMatrix | None:
        return self.workspace.matrices.get(name)

    # ------------------------------------------------------------ macros
    def macro(self, name: str, scope: str) -> str:
        """The text of a local or global macro ("" when undefined)."""
        if scope == "local":
            return self.frame.locals.get(name, "")
        held = self.workspace.globals.get(name)
        return system_macro(self.workspace, name) if held is None and name[:2] == "S_" else held or ""

    def set_macro(self, name: str, scope: str, text: str) -> None:
        store = self.frame.locals if scope == "local" else self.workspace.globals
        if text:
            store[name] = text
        else:
            store.pop(name, None)

    def evaluate(self, text: str) -> str:
        """The text of an expression's value: `` `=exp' ``, ``local x = exp``."""
        return self.number_text(quick.value(text, self))

    @staticmethod
    def number_text(value: float | str) -> str:
        """The text that a macro holds of a value."""
        if isinstance(value, str):
            return value
        if -1e15 < value < 1e15 and value == int(value):
            return str(int(value))
        return format_macro_number(value)

    def setting(self, name: str) -> Any:
        """c(name), and what functions ask about the running program."""
        if name[0] == "_":
            by = self.frame.by
            if by is None:
                return None
            return {
                "_by": 1.0,
                "_byindex": float(by.index),
                "_bylastcall": float(by.last),
                "_byn1": by.start + 1.0,
                "_byn2": float(by.stop),
            }.get(name)
        if name.startswith("calendar "):
            from pystata_hlm.runtime.calendars import load

            return load(name.partition(" ")[2], self.workspace)
        if name == "cmdline_rest":
            return self.frame.locals.get("0", "")
        return c_value(self.workspace, name)

    def quick_name(self, name: str) -> float | str | None:
        """A scalar's value for a quick expression; None when there is none, or a variable goes before it."""
        ws = self.workspace
        held = ws.scalars.get(name)
        if held is None or (ws.data.k and ws.data.lookup(name, ws.settings.varabbrev) is not None):
            return None
        return held

    def quick_stored(self, klass: str, name: str) -> Any:
        return None if klass == "e" and name == "sample" else self._stored(klass, name)

    def extended(self, text: str) -> str:
        """An extended macro function: `` `:variable label x' ``."""
        return extended.evaluate(text, self.context)

    def stored_text(self, klass: str, name: str) -> str:
        """The text of a stored result: `` `r(mean)' ``; "" when there is no such result or it is a matrix."""
        value = self._stored(klass, name)
        if isinstance(value, str):
            return value
        return format_macro_number(value) if isinstance(value, (int, float)) else ""

    def expand(self, text: str) -> str:
        return expand(text, self) if "`" in text or "$" in text else text

    # ------------------------------------------------------------ running text
    def run_lines(self, lines: Sequence[nodes.LogicalLine], echo: bool, report: bool = False) -> None:
        """Run logical lines in order; if/else chains belong together. Errors propagate.

        ``report`` calls ``on_report`` for each line, as ``echo`` does: the lines of a do-file, not those of blocks.
        """
        made = steps.make(lines)
        top = (report or echo) and self.on_report is not None
        try:
            if echo or top:
                self._run_shown(made, echo, top)
            else:
                self._run_each(made)
        except BreakLoop:
            raise StataError(198, "continue not allowed outside of a loop") from None

    def run_steps(self, made: Sequence[steps.Step]) -> None:
        """Run the steps of a block or program."""
        if self.workspace.settings.trace:
            from pystata_hlm.runtime import tracing

            tracing.run_steps(self, made)
        else:
            self._run_each(made)

    def _run_each(self, made: Sequence[steps.Step]) -> None:
        k, count = 0, len(made)
        while k < count:
            run = made[k].run
            if run is not None:
                k += run(self, made, k, False)
            k += 1

    def _run_shown(self, made: Sequence[steps.Step], echo: bool, top: bool) -> None:
        k = 0
        while k < len(made):
            step = made[k]
            if echo:
                self.echo_step(step)
            if step.run is not None:
                try:
                    k += step.run(self, made, k, echo)
                except StataError as error:
                    self._report(top, step, error.rc, error.message)
                    raise
                except ExitDoFile as leave:
                    self._report(top, step, leave.rc)
                    raise
                self._report(top, step, 0)
            k += 1

    def _report(self, top: bool, step: steps.Step, rc: int, message: str = "") -> None:
        if top and self.on_report is not None:
            self.on_report(Report(step.text.strip(), rc, message))

    def echo_step(self, step: steps.Step) -> None:
        """The line as typed, with prompts and, for blocks, line numbers."""
        line = step.line
        if not self.silent:
            shown = echo_open(line) if step.interleaved else echo_lines(line)
            self.emit(Echo(tuple(shown), tight=self.idle or self.inside))
        self.idle = not (line.text or line.error or line.block) or line.text.startswith("#d")

    def run_block(self, step: steps.Step, echo: bool, taken: bool = True) -> None:
        """Run the body of an if, else, noisily or bare block; with ``echo`` its lines are shown as they run (and
        those of a branch not taken all the same), without empty lines, then the closing brace."""
        if not echo or not step.interleaved:
            if taken:
                self.run_steps(step.body)
            return
        body = step.body
        before, self.inside = self.inside, True
        try:
            k = 0
            while k < len(body):
                inner = body[k]
                runs = taken and inner.run is not None
                shown = echo_open(inner.line) if runs and inner.interleaved else echo_lines(inner.line)
                self.emit(Echo(tuple(shown), tight=True))
                if runs and inner.run is not None:
                    k += inner.run(self, body, k, True)
                k += 1
        finally:
            self.inside = before
        self.emit(Echo(tuple(echo_close(step.line)), tight=True))

    def run_typed(self, lines: Sequence[nodes.LogicalLine]) -> int:
        """Run lines typed at a prompt; prints an error instead of raising it. Returns the rc.

        ``exit`` (ExitDoFile) is left to the caller.
        """
        taken, self.branch_taken = self.branch_taken, None
        made = steps.make(lines)
        typed = next((step for step in made if step.run is not None), None)
        try:
            if taken is not None and typed is not None and typed.keyword == "else":
                resume(self, made, taken)
            else:
                self.run_lines(lines, echo=False)
        except StataError as error:
            self.report_error(error)
            return error.rc
        if typed is None:  # an empty line or a comment may stand before else
            self.branch_taken = taken
        return 0

    def error_item(self, error: StataError) -> Error:
        """An error as shown; ``set parseerror on`` points at the column."""
        return Error(error.rc, error.pointed() if self.workspace.settings.parseerror else error.message)

    def report_error(self, error: StataError) -> None:
        self.sink(self.error_item(error))
        self.workspace.rc = error.rc

    # ------------------------------------------------------------ one command
    def execute(self, text: str, quiet: bool = False) -> None:
        """Run one command line, macros already expanded."""
        line = text.strip()
        if not line:
            return
        parts = self.split(line)
        if quiet:
            with self.quiet():
                self.prefixed(parts.prefixes, parts.word, parts.rest, line)
        else:
            self.prefixed(parts.prefixes, parts.word, parts.rest, line)

    def is_prefix(self, word: str) -> tuple[str, bool] | None:
        """As ``registry_prefix``, but a user's program goes before a prefix command of ours."""
        if word in self.workspace.programs:
            from pystata_hlm.runtime.programs import BUILT_IN

            if word not in BUILT_IN:
                return None
        return registry_prefix(word)

    def split(self, text: str) -> nodes.CommandLine:
        """Prefixes, command word and the rest of a line."""
        parts = split(text.strip())
        if parts.prefixes and self.workspace.programs:
            return prefixes.split(text.strip(), self.is_prefix)
        return parts

    def prefixed(self, pending: tuple[tuple[str, str], ...], command: str, text: str, line: str) -> None:
        """Run a command under its prefixes (word, text before the colon), from the outside in."""
        if not pending:
            self.command(command, text, line)
            return
        (word, clause), rest = pending[0], pending[1:]
        if word in _SIMPLE_PREFIXES:
            loud = bool(rest) and rest[0][0] == "noisily"
            self._simple_prefix(word, clause, lambda: self.prefixed(rest, command, text, line), loud)
        elif word in ("by", "bysort"):
            self._by(word, clause, rest, nodes.CommandLine((), command, text), line)
        else:
            self._prefix_command(word, clause, rest, nodes.CommandLine((), command, text), line)

    def run_prefixes(self, pending: tuple[tuple[str, str], ...], action: Callable[[], None]) -> None:
        """An action (a block, a definition) under the prefixes that may stand before one."""
        if not pending:
            action()
            return
        (word, clause), rest = pending[0], pending[1:]
        if word not in _SIMPLE_PREFIXES:
            raise StataError.invalid_syntax()
        loud = bool(rest) and rest[0][0] == "noisily"
        self._simple_prefix(word, clause, lambda: self.run_prefixes(rest, action), loud)

    def _simple_prefix(self, word: str, clause: str, action: Callable[[], None], loud: bool) -> None:
        if word == "capture":
            self.captured(action, loud=loud)
        elif word == "version":
            from pystata_hlm.runtime.versions import under_version

            with under_version(clause, self.context):
                action()
        elif word in ("nobreak", "break"):  # the Break key ends the whole run here
            action()
        else:
            with self.quiet(word == "quietly"):
                action()

    def block_command(self, parts: nodes.CommandLine, body: Callable[[], None], line: str) -> None:
        """A command that takes a ``{ }`` block (``frame name {``): its spec says so."""
        spec = registry.lookup(parts.word)
        if not spec.block:
            raise StataError(198, "program error:  code follows on the same line as open brace")
        self.block = body
        try:
            self.prefixed(parts.prefixes, parts.word, parts.rest, line)
        finally:
            self.block = None

    def captured(self, action: Callable[[], None], loud: bool = False) -> None:
        """Run an action; an error, or ``exit`` with a code, sets _rc (and shows its message when ``noisily``) instead
        of stopping."""
        with self.quiet(self.silent if loud else True):
            try:
                action()
            except StataError as error:
                if loud and error.message:
                    self.emit(Text(error.message, "error"))
                self.workspace.rc = error.rc
            except ExitDoFile as leave:
                if isinstance(leave, LeaveSession) or not leave.rc:
                    raise
                self.workspace.rc = leave.rc
            else:
                self.workspace.rc = 0

    def _prefix_command(
        self, word: str, text: str, rest: tuple[tuple[str, str], ...], parts: nodes.CommandLine, line: str
    ) -> None:
        """A prefix that is itself a command (bootstrap ...): the command after its colon goes along as text."""
        spec = registry.lookup(word)
        inner = "".join(f"{w}{' ' + t if t else ''}: " for w, t in rest) + f"{parts.word}{parts.rest}"
        self._transact(spec, lambda: self._bind_and_run(spec, text, line, None, (), inner))

    # ------------------------------------------------------------ by
    def _by(
        self, word: str, text: str, rest: tuple[tuple[str, str], ...], parts: nodes.CommandLine, line: str
    ) -> None:
        keys, extra, sort, rc0 = by_prefix(word, text, self.context)
        data = self.workspace.data
        wanted = (*keys, *extra)
        if sort:
            if tuple(data.sortedby[: len(wanted)]) != wanted:
                changed = data.copy()
                changed.sort(list(wanted), stable=True)
                self.workspace.data = changed
                data = changed
        elif tuple(data.sortedby[: len(wanted)]) != wanted:
            raise StataError.not_sorted()
        before, self.by_rc0 = self.by_rc0, rc0
        try:
            self._under_by(keys, rest, parts, line)
        finally:
            self.by_rc0 = before

    def _under_by(
        self, keys: tuple[str, ...], rest: tuple[tuple[str, str], ...], parts: nodes.CommandLine, line: str
    ) -> None:
        """The prefixes between ``by`` and its command, then the command."""
        if not rest:
            self._by_command(keys, parts, line)
            return
        (word, clause), more = rest[0], rest[1:]
        if word not in _SIMPLE_PREFIXES:
            raise StataError(190, f"{word} may not be combined with by")
        loud = bool(more) and more[0][0] == "noisily"
        self._simple_prefix(word, clause, lambda: self._under_by(keys, more, parts, line), loud)

    def _by_command(self, keys: tuple[str, ...], parts: nodes.CommandLine, line: str) -> None:
        from pystata_hlm.runtime import programs

        spec = programs.find(parts.word, self)
        groups = self.workspace.data.groups(list(keys))
        if isinstance(spec, programs.Program):
            programs.run_by(spec, parts.rest, keys, groups, self)
            return
        if not spec.byable:
            raise StataError(190, f"{spec.name} may not be combined with by")
        self._transact(spec, lambda: self._bind_and_run(spec, parts.rest, line, groups, keys, ""))

    # ------------------------------------------------------------ bind, run, commit
    def command(self, word: str, rest: str, line: str) -> None:
        """Run a command without prefixes: one of ours, a program, or one from an ado-file."""
        if not word and not rest.strip():  # prefixes of nothing, a comment that came out of a macro
            return
        spec = registry.known(word)
        if spec is None or word in self.workspace.programs or self.frame.program is not None:
            from pystata_hlm.runtime import programs

            found = programs.find(word, self)
            if isinstance(found, programs.Program):
                programs.run(found, rest, self)
                return
            spec = found
        if spec.light:
            spec.run(Call(spec.name, rest, line, sample=_NO_ROWS), self.context)
            return
        self._transact(spec, lambda: self._bind_and_run(spec, rest, line, None, (), ""))

    def command_name(self, word: str) -> str:
        """The full name of the command or program that a word means; r(199) when it means none."""
        from pystata_hlm.runtime import programs

        return programs.find(word, self).name

    def _transact(self, spec: CommandSpec, action: Callable[[], None]) -> None:
        """Undo everything the action did to data, results and estimates when it fails."""
        if spec.name in KEEPS_CHANGES:
            action()
            return
        ws = self.workspace
        before = (ws.data.copy(), ws.r, ws.e, ws.s, ws.current_estimates)
        frame = ws.frame
        try:
            action()
        except StataError as error:
            if error.data_changed:
                error.data_changed = False  # it concerns this command alone, not one around it
                raise
            if ws.frame != frame and frame in ws.other_frames:
                ws.change_frame(frame)
            ws.data, ws.r, ws.e, ws.s, ws.current_estimates = before
            raise

    def _bind_and_run(
        self,
        spec: CommandSpec,
        text: str,
        line: str,
        groups: Groups | None,
        keys: tuple[str, ...],
        inner: str,
    ) -> None:
        if spec.prefix and not inner and spec.name not in STAND_ALONE:
            raise StataError(198, f"{spec.name} requires a command after a colon")
        call = bind(spec, text, line, self.context, groups)
        call.by_names = keys
        call.prefix_command = inner
        if groups is None or spec.byable == "vector":
            self.run_bound(spec, call)
            return
        byloop.run(spec, call, groups, keys, self)

    def run_bound(self, spec: CommandSpec, call: Call) -> None:
        stored = spec.run(call, self.context)
        if stored is not None:
            self.workspace.store(stored)


def by_prefix(word: str, text: str, ctx: Context) -> tuple[tuple[str, ...], tuple[str, ...], bool, bool]:
    """The by-variables, the sort-only variables, whether to sort, and whether errors in a group stop the others."""
    node: nodes.By = parse("by", text)
    options = typed_options(node.options, (Opt("sort", 1), Opt("rc0")), (), ctx)

    def names(part: nodes.Varlist) -> tuple[str, ...]:
        return tuple(expand_varlist(ctx.data, part, varabbrev=ctx.settings.varabbrev))

    keys = names(node.groups)
    if not keys:
        raise StataError.varlist_required()
    return keys, names(node.sort), word == "bysort" or "sort" in options, "rc0" in options


__all__ = ["E_SAMPLE", "Executor", "ExitDoFile", "Frame", "LeaveSession", "Report", "by_prefix", "split"]
