"""Shared by the resampling prefixes (bootstrap, jackknife, permute, simulate, statsby): running the command once,
collecting and naming statistics, drawing rows, progress dots, legends, files of replicates."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._files import with_suffix
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.spec import Opt
from pystata_hlm.runtime.workspace import E_SAMPLE

if TYPE_CHECKING:
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.settings import Settings


# ---------------------------------------------------------------- statistics


@dataclass(frozen=True)
class Statistic:
    """One column of the replicates: ``name`` as the table and ``saving()`` show it, ``text`` its expression."""

    name: str
    text: str
    equation: str = ""
    given: bool = False
    """From an expression list: the name is the user's (or ``stem_#``), not a coefficient's."""


@dataclass(frozen=True)
class StatisticList:
    """What is collected in every replicate: ``collect(ctx)`` gives the values in the order of ``items``."""

    items: tuple[Statistic, ...]
    collect: Callable[[Context], np.ndarray]
    whole_b: bool = False
    """Exactly e(b): the command's own table is shown."""


@dataclass(frozen=True)
class Ran:
    """The command as it ran once: its name, whether it left e() ("e"), r() ("r") or nothing (""), its e(sample)."""

    name: str
    klass: str
    sample: np.ndarray | None = None


def run_once(inner: str, ctx: Context, quiet: bool = True) -> Ran:
    """Run the command and see what it left."""
    from pystata_hlm.runtime.executor import split

    ws = ctx.workspace
    before = (ws.e, ws.r)
    ctx.execute(inner, quiet=quiet)
    klass = "e" if ws.e is not before[0] and not ws.e.empty else "r" if ws.r is not before[1] else ""
    sample = ws.e_sample() if klass == "e" and E_SAMPLE in ctx.data.hidden else None
    return Ran(ctx.executor.command_name(split(inner.strip()).word), klass, sample)


def statistics(
    given: tuple[nodes.ExpItem, ...], ctx: Context, stem: str, klass: str | None = None
) -> StatisticList:
    """The expression list after the first run; none given: e(b), or every scalar of r().

    klass   what the command left (``Ran.klass``); None: e(b) when there is one
    """
    ws = ctx.workspace
    if not given:
        if klass in (None, "e") and "b" in ws.e.matrices and ws.e.estimation is not None:
            return _vector("b", ctx)
        names = list(ws.r.scalars) if klass != "" else []
        if not names:
            raise StataError(198, "expression list required")
        items = tuple(Statistic(name, f"r({name})", given=True) for name in names)
        return StatisticList(
            items, lambda c: np.array([c.workspace.r.scalars.get(n, math.nan) for n in names])
        )
    parts: list[StatisticList] = []
    count = 0
    for item in given:
        if isinstance(item.exp, nodes.Name) and item.exp.name in ("_b", "_se"):
            parts.append(_vector("b" if item.exp.name == "_b" else "se", ctx))
        else:
            count += 1
            parts.append(_expression(item, f"{stem}_{count}"))
    if len(parts) == 1:
        return parts[0]
    return StatisticList(
        tuple(one for part in parts for one in part.items),
        lambda c: np.concatenate([part.collect(c) for part in parts]),
    )


def _expression(item: nodes.ExpItem, unnamed: str) -> StatisticList:
    def collect(c: Context) -> np.ndarray:
        value = c.scalar(item.exp)
        if isinstance(value, str):
            raise StataError.type_mismatch()
        return np.array([value], dtype=float)

    return StatisticList((Statistic(item.name or unnamed, item.text, item.equation or "", True),), collect)


def _vector(which: str, ctx: Context) -> StatisticList:
    """All of e(b), or all standard errors."""
    if "b" not in ctx.workspace.e.matrices:
        raise StataError.last_estimates_not_found()
    cols = ctx.workspace.e.matrices["b"].cols
    items = tuple(Statistic(c.rpartition(":")[2], f"_{which}[{c}]", c.rpartition(":")[0]) for c in cols)

    def collect(c: Context) -> np.ndarray:
        e = c.workspace.e
        if "b" not in e.matrices:
            raise StataError.last_estimates_not_found()
        found = dict(zip(e.matrices["b"].cols, _values(e, which), strict=True))
        return np.array([found.get(name, math.nan) for name in cols])

    return StatisticList(items, collect, whole_b=which == "b")


def _values(e: object, which: str) -> np.ndarray:
    matrices = e.matrices  # type: ignore[attr-defined]
    if which == "b":
        return np.asarray(matrices["b"].values[0])
    return np.sqrt(np.maximum(np.diag(matrices["V"].values), 0.0))


def saved_names(items: tuple[Statistic, ...], stem: str) -> list[str]:
    """Variable names for ``saving()``: ``_b_x``, ``eq_b_x``, or ``stem_#`` where a term cannot be a name."""
    out: list[str] = []
    for k, item in enumerate(items):
        if item.given or not item.text.startswith(("_b[", "_se[")):
            name = item.name
        else:
            which = "b" if item.text.startswith("_b[") else "se"
            term = item.name.lstrip("_")
            name = f"{item.equation}_{which}_{term}"
        if not is_valid_name(name) or name in out:
            name = (
                f"{item.equation}{stem}_{k + 1}"
                if is_valid_name(f"{item.equation}{stem}_{k + 1}")
                else f"{stem}_{k + 1}"
            )
        out.append(name)
    return out


def observed_values(wanted: StatisticList, ctx: Context) -> np.ndarray:
    """The statistics in the full sample; r(322) when an expression is missing there."""
    values = wanted.collect(ctx)
    for item, value in zip(wanted.items, values.tolist(), strict=True):
        if item.given and not math.isfinite(value):
            raise StataError(322, f"'{item.text}' evaluated to missing in full sample")
    return values


# ---------------------------------------------------------------- drawing


@dataclass(frozen=True)
class Plan:
    """What is drawn with replacement: units (rows, or clusters) within strata.

    unit_of_row  (n,) unit of every row; unit_stratum  (u,) stratum of every unit; sizes  draws in each stratum
    """

    unit_of_row: np.ndarray
    unit_stratum: np.ndarray
    sizes: tuple[int, ...]
    order: np.ndarray = field(repr=False)
    starts: np.ndarray = field(repr=False)

    @property
    def n_units(self) -> int:
        return len(self.unit_stratum)

    def draw(self, rng: StataRNG) -> np.ndarray:
        """Unit numbers drawn, stratum after stratum. The way Stata maps its stream to draws is not published."""
        out = []
        for stratum, size in enumerate(self.sizes):
            units = np.flatnonzero(self.unit_stratum == stratum) if len(self.sizes) > 1 else None
            count = self.n_units if units is None else len(units)
            picked = np.asarray(rng.uniform_int(1, count, size), dtype=np.intp) - 1
            out.append(picked if units is None else units[picked])
        return np.concatenate(out)

    def rows(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row numbers of the drawn units (copies next to each other in data order) and which draw each belongs to."""
        drawn = np.sort(drawn)
        lengths = np.diff(np.append(self.starts, len(self.order)))[drawn]
        offset = np.cumsum(lengths) - lengths
        within = np.arange(int(lengths.sum())) - np.repeat(offset, lengths)
        rows = self.order[np.repeat(self.starts[drawn], lengths) + within]
        return rows, np.repeat(np.arange(len(drawn)), lengths)


def make_plan(data: Dataset, cluster: tuple[str, ...], strata: tuple[str, ...], size: int | None) -> Plan:
    """Errors: r(459) clusters that span strata, r(498) size() larger than the number of units."""
    n = data.n
    unit = data.groups(list(cluster)).codes.astype(np.intp) if cluster else np.arange(n)
    stratum_of_row = data.groups(list(strata)).codes.astype(np.intp) if strata else np.zeros(n, dtype=np.intp)
    units = int(unit.max()) + 1 if n else 0
    stratum = np.zeros(units, dtype=np.intp)
    stratum[unit] = stratum_of_row
    if (stratum[unit] != stratum_of_row).any():
        raise StataError(459, "clusters are not nested within strata")
    counts = np.bincount(stratum, minlength=int(stratum_of_row.max()) + 1 if n else 1)
    if size is not None and (size < 1 or (size > counts).any()):
        raise StataError(
            498, "size() must not be larger than the number of " + ("clusters" if cluster else "observations")
        )
    sizes = tuple(int(c) if size is None else size for c in counts)
    order = np.argsort(unit, kind="stable")
    starts = np.searchsorted(unit[order], np.arange(units))
    return Plan(unit, stratum, sizes, order, starts)


# ---------------------------------------------------------------- progress


class Dots:
    """Progress marks as Stata draws them: a dot a replicate, ``x`` for a failure.

    Release 18 writes them in one sentence, ``(50): .........10 ... 50 done``; before, fifty to a line under a ruler.
    """

    def __init__(self, ctx: Context, title: str, reps: int, every: int) -> None:
        self.ctx, self.title, self.reps, self.every = ctx, title, reps, every
        self.marks: list[str] = []

    def mark(self, ok: bool, failed: str = "x") -> None:
        """A dot, or what stands for this failure."""
        self.marks.append("." if ok else failed)

    def finish(self) -> None:
        if not self.every:
            return
        shown = self.marks[self.every - 1 :: self.every] if self.every > 1 else self.marks
        if self.ctx.settings.release >= 18:
            text = f"{self.title} ({self.reps:,}): " + self._sentence(shown) + " done"
            width = self.ctx.settings.linesize - 1
            lines = [text[:width]]
            rest = text[width:]
            while rest:
                lines.append("> " + rest[: width - 2])
                rest = rest[width - 2 :]
        else:
            lines = [f"{self.title} ({self.reps})", "----+--- 1 ---+--- 2 ---+--- 3 ---+--- 4 ---+--- 5 "]
            for k in range(0, len(shown), 50):
                row = "".join(shown[k : k + 50])
                lines.append(f"{row}{(k + 50) * self.every:>6d}" if len(row) == 50 else row)
        self.ctx.say("\n" + "\n".join(lines))

    def _sentence(self, shown: list[str]) -> str:
        out = ""
        for k, mark in enumerate(shown, 1):
            out += f"{k * self.every:,}" if k % 10 == 0 else mark
        return out


# ---------------------------------------------------------------- legend and file


def legend(rows: list[tuple[str, str]], settings: Settings) -> str:
    """``Command: summarize mpg`` and what follows it, the labels right-aligned before column 14; long texts go on
    under themselves. Up to release 16 ``command:`` in lower case and two blanks after the colon."""
    gap = ": " if settings.new_headings else ":  "
    out = []
    for label, text in rows:
        shown = (
            label if settings.new_headings else label[:1].lower() + label[1:] if label in _WORDS else label
        )
        start = f"{shown.rjust(13)}{gap}"
        wrapped = textwrap.wrap(text, settings.linesize - 1 - len(start), break_on_hyphens=False) or [""]
        out += [f"{start}{wrapped[0]}", *(" " * len(start) + line for line in wrapped[1:])]
    return "\n".join(out)


_WORDS = frozenset({"Command", "Permute var"})


def save_replicates(
    argument: str, values: np.ndarray, items: tuple[Statistic, ...], stem: str, label: str, ctx: Context
) -> None:
    """``saving(file [, replace double])``: one observation for each replicate."""
    path, double = saving_target(argument, ctx)
    write_dta(replicate_data(values, items, stem, label, double), path)


def no_sample_warning(name: str, prefix: str, ctx: Context) -> str:
    """What a resampling prefix says when the command leaves no e(sample)."""
    text = (
        f"warning: {name} does not set e(sample), so no observations will be excluded from the resampling because "
        "of missing values or other reasons. To exclude observations, press Break, save the data, drop any "
        f"observations that are to be excluded, and rerun {prefix}."
    )
    return textwrap.fill(text, ctx.settings.linesize - 1, subsequent_indent=" " * 9)


def saving_target(argument: str, ctx: Context) -> tuple[Path, bool]:
    """The file of ``saving()``, and whether to store doubles; r(602) when it exists."""
    node: nodes.Anything = parse("anything", argument)
    options = typed_options(node.clauses.options, (Opt("replace", 7), Opt("double", 6)), ("every:2",), ctx)
    if not node.text.strip():
        raise StataError.invalid_syntax()
    shown = with_suffix(strip_quotes(node.text))
    path = ctx.workspace.resolve(shown)
    if path.exists() and "replace" not in options:
        raise StataError.file_exists(shown)
    return path, "double" in options


def replicate_data(
    values: np.ndarray, items: tuple[Statistic, ...], stem: str, label: str, double: bool = False
) -> Dataset:
    data = Dataset(n=len(values))
    stype = "double" if double else "float"
    for k, name in enumerate(saved_names(items, stem)):
        data.add(name, Column.numeric(values[:, k], None, stype, label=items[k].text[:80]))
    data.label = label[:80]
    return data
