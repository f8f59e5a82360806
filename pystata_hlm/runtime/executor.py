"""Running lines: macros, prefixes, look-up, binding, the command, and committing or undoing what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from pystata_hlm.data.dataset import Groups
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.env import DataEnv
from pystata_hlm.expr.evaluate import evaluate_scalar
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang import nodes, prefixes
from pystata_hlm.lang.echo import echo as echo_lines
from pystata_hlm.lang.macros import expand
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.source import read_do
from pystata_hlm.output.items import Echo, Error, Graph, OutputItem, Text
from pystata_hlm.runtime import control, extended, registry
from pystata_hlm.runtime.bind import bind, typed_options
from pystata_hlm.runtime.coefficients import coefficient
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.cvalues import c_value
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, CommandSpec, Opt
from pystata_hlm.runtime.workspace import E_SAMPLE, Sink, Workspace

MAX_NESTING = 64


class ExitDoFile(Exception):
    """``exit`` inside a do-file: stop it without an error."""

    def __init__(self, rc: int = 0) -> None:
        super().__init__(rc)
        self.rc = rc


class LeaveSession(ExitDoFile):
    """``exit`` at the prompt, ``exit, STATA``: leave every do-file and the session."""


@dataclass
class Frame:
    """One running do-file or program: its local macros."""

    name: str = ""
    locals: dict[str, str] = field(default_factory=dict)
    temporaries: list[tuple[str, str]] = field(default_factory=list)
    """What tempvar, tempname and tempfile made here: (var|name|file, name)."""


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


class Executor:
    """Runs do-files and single lines in a workspace, sending output items to a sink."""

    def __init__(self, workspace: Workspace, sink: Sink) -> None:
        self.workspace = workspace
        self.sink = sink
        self.frames: list[Frame] = [Frame("interactive")]
        self.silent = False
        self.data_lines: tuple[str, ...] = ()
        """What follows an ``input`` command, up to ``end``."""
        self.memory: dict[str, Any] = {}
        """What functions keep from one command to the next: the last regexm()."""
        self.context = Context(workspace, self)
        self.on_report: Callable[[Report], None] | None = None
        self.idle = False
        """The line echoed last ran nothing: it was empty, a comment, or #delimit."""
        self.depth = 0

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
        before, self.silent = self.silent, silent
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
            setting=lambda name: c_value(ws, name),
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
        store = self.frame.locals if scope == "local" else self.workspace.globals
        return store.get(name, "")

    def set_macro(self, name: str, scope: str, text: str) -> None:
        store = self.frame.locals if scope == "local" else self.workspace.globals
        if text:
            store[name] = text
        else:
            store.pop(name, None)

    def evaluate(self, text: str) -> str:
        """The text of an expression's value: `` `=exp' ``, ``local x = exp``."""
        value = evaluate_scalar(parse("expr", text.strip()), self.env())
        return value if isinstance(value, str) else format_macro_number(value)

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
    def run_lines(self, lines: Sequence[nodes.LogicalLine], echo: bool) -> None:
        """Run logical lines in order; if/else chains belong together. Errors propagate."""
        k = 0
        while k < len(lines):
            line = lines[k]
            if echo:
                self.emit_echo(line)
                self.idle = not (line.text or line.error) or line.text.startswith("#d")
            if line.text or line.error:
                k += self._run_logical(lines, k, echo)
            k += 1

    def emit_echo(self, line: nodes.LogicalLine) -> None:
        """The line as typed, with prompts and, for blocks, line numbers."""
        if not self.silent:
            self.emit(Echo(tuple(echo_lines(line)), tight=self.idle))

    def _run_logical(self, lines: Sequence[nodes.LogicalLine], k: int, echo: bool) -> int:
        """Run line k; returns how many further lines (else branches) were consumed."""
        line = lines[k]
        top = echo
        self.depth += 1
        try:
            if self.depth > MAX_NESTING:
                raise StataError(1000, "system limit exceeded - see manual")
            if line.error is not None:
                raise StataError(*line.error)
            consumed = control.run(self, lines, k, echo)
            if consumed is None:
                consumed = 0
                if line.block is not None and line.block.kind != "input":
                    raise StataError.command_not_supported(f"{line.text.split()[0]}")
                self.data_lines = line.block.body if line.block is not None else ()
                self.execute(self.expand(line.text))
        except StataError as error:
            if top and self.on_report:
                self.on_report(Report(line.text.strip(), error.rc, error.message))
            raise
        finally:
            self.depth -= 1
        if top and self.on_report:
            self.on_report(Report(line.text.strip(), 0))
        return consumed

    def run_interactive(self, text: str, echo: bool = False) -> int:
        """Run typed input (one or more lines); prints an error instead of raising it. Returns the rc.

        ``exit`` (ExitDoFile) is left to the caller.
        """
        try:
            self.run_lines(read_do(text, "<stdin>"), echo)
        except StataError as error:
            self.report_error(error)
            return error.rc
        return 0

    def report_error(self, error: StataError) -> None:
        self.sink(Error(error.rc, error.message))
        self.workspace.rc = error.rc

    # ------------------------------------------------------------ one command
    def execute(self, text: str, quiet: bool = False) -> None:
        """Run one command line, macros already expanded."""
        line = text.strip()
        if not line:
            return
        parts = split(line)
        if quiet:
            with self.quiet():
                self._prefixed(parts.prefixes, parts, line)
        else:
            self._prefixed(parts.prefixes, parts, line)

    def _prefixed(self, pending: tuple[tuple[str, str], ...], parts: nodes.CommandLine, line: str) -> None:
        if not pending:
            self._command(parts.word, parts.rest, line)
            return
        (word, text), rest = pending[0], pending[1:]
        if word == "quietly":
            with self.quiet():
                self._prefixed(rest, parts, line)
        elif word == "noisily":
            with self.quiet(False):
                self._prefixed(rest, parts, line)
        elif word == "capture":
            self.captured(
                lambda: self._prefixed(rest, parts, line), loud=bool(rest) and rest[0][0] == "noisily"
            )
        elif word in ("by", "bysort"):
            self._by(word, text, rest, parts, line)
        elif word == "version":
            self._prefixed(rest, parts, line)
        else:
            self._prefix_command(word, text, rest, parts, line)

    def captured(self, action: Callable[[], None], loud: bool = False) -> None:
        """Run an action; a StataError sets _rc (and shows its message when ``noisily``) instead of stopping."""
        with self.quiet(self.silent if loud else True):
            try:
                action()
            except StataError as error:
                if loud and error.message:
                    self.emit(Text(error.message, "error"))
                self.workspace.rc = error.rc
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
        keys, extra, sort = by_prefix(word, text, self.context)
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
        if rest:
            if rest[0][0] not in ("quietly", "noisily", "capture"):
                raise StataError(190, f"{rest[0][0]} may not be combined with by")
            (inner, _), more = rest[0], rest[1:]
            if inner == "capture":
                self.captured(lambda: self._by_command(keys, more, parts, line))
            else:
                with self.quiet(inner == "quietly"):
                    self._by_command(keys, more, parts, line)
            return
        self._by_command(keys, rest, parts, line)

    def _by_command(
        self, keys: tuple[str, ...], rest: tuple[tuple[str, str], ...], parts: nodes.CommandLine, line: str
    ) -> None:
        spec = registry.lookup(parts.word)
        if not spec.byable:
            raise StataError(190, f"{spec.name} may not be combined with by")
        groups = self.workspace.data.groups(list(keys))
        self._transact(spec, lambda: self._bind_and_run(spec, parts.rest, line, groups, keys, ""))

    def _by_heading(self, keys: tuple[str, ...], row: int) -> str:
        """``-> foreign = Domestic, highmileage = 0``."""
        from pystata_hlm.runtime.display import value_text

        data = self.workspace.data
        pairs = ", ".join(f"{name} = {value_text(data, name, row)}" for name in keys)
        return f"-> {pairs}"

    # ------------------------------------------------------------ bind, run, commit
    def _command(self, word: str, rest: str, line: str) -> None:
        spec = registry.lookup(word)
        self._transact(spec, lambda: self._bind_and_run(spec, rest, line, None, (), ""))

    def _transact(self, spec: CommandSpec, action: Callable[[], None]) -> None:
        """Undo everything the action did to data, results and estimates when it fails."""
        ws = self.workspace
        before = (ws.data, ws.data.copy(), ws.r, ws.e, ws.s, ws.current_estimates)
        try:
            action()
        except (StataError, KeyboardInterrupt, MemoryError) as error:
            if spec.name not in control.KEEPS_CHANGES:
                _, ws.data, ws.r, ws.e, ws.s, ws.current_estimates = before
            if isinstance(error, MemoryError):
                raise StataError(909, "op. sys. refuses to provide memory") from None
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
        if spec.prefix and not inner:
            raise StataError(198, f"{spec.name} requires a command after a colon")
        call = bind(spec, text, line, self.context, groups)
        call.by_names = keys
        call.prefix_command = inner
        if groups is None or spec.byable == "vector":
            self._run(spec, call)
            return
        starts = np.asarray(groups.starts)
        sizes = np.asarray(groups.sizes)
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            mask = np.zeros(call.sample.shape[0], dtype=bool)
            mask[start : start + size] = call.sample[start : start + size]
            rule = "-" * (self.workspace.settings.linesize - 1)
            self.emit(Text(f"\n{rule}\n{self._by_heading(keys, start)}"))
            try:
                self._run(spec, replace(call, sample=mask, restricted=True))
            except StataError as error:
                if error.rc not in (2000, 2001):  # an empty group does not stop the others
                    raise
                self.emit(Text(error.message, "error"))

    def _run(self, spec: CommandSpec, call: Call) -> None:
        stored = spec.run(call, self.context)
        if stored is not None:
            self.workspace.store(stored)


def by_prefix(word: str, text: str, ctx: Context) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """The by-variables, the sort-only variables, and whether to sort."""
    node: nodes.By = parse("by", text)
    options = typed_options(node.options, (Opt("sort", 1),), ("rc0",), ctx)

    def names(part: nodes.Varlist) -> tuple[str, ...]:
        return tuple(expand_varlist(ctx.data, part, varabbrev=ctx.settings.varabbrev))

    keys = names(node.groups)
    if not keys:
        raise StataError.varlist_required()
    return keys, names(node.sort), word == "bysort" or "sort" in options


__all__ = ["E_SAMPLE", "Executor", "ExitDoFile", "Frame", "LeaveSession", "Report", "by_prefix", "split"]
