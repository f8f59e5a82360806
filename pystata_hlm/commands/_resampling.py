"""Shared by resampling prefixes (bootstrap now; jackknife, permute, simulate later): drawing rows, progress dots,
collecting statistics, naming them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context


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


def statistics(given: tuple[nodes.ExpItem, ...], ctx: Context, stem: str) -> StatisticList:
    """The expression list after the first run; none given: e(b), or every scalar of r()."""
    ws = ctx.workspace
    if not given:
        if "b" in ws.e.matrices and ws.e.estimation is not None:
            return _vector("b", ctx)
        names = list(ws.r.scalars)
        if not names:
            raise StataError(198, "expression list required")
        items = tuple(Statistic(name, f"r({name})") for name in names)
        return StatisticList(
            items, lambda c: np.array([c.workspace.r.scalars.get(n, math.nan) for n in names])
        )
    if len(given) == 1 and isinstance(given[0].exp, nodes.Name) and given[0].exp.name in ("_b", "_se"):
        return _vector("b" if given[0].exp.name == "_b" else "se", ctx)
    named: list[Statistic] = []
    for k, item in enumerate(given):
        if isinstance(item.exp, nodes.Name) and item.exp.name in ("_b", "_se"):
            raise StataError(198, "_b and _se may not be combined with other expressions yet")
        named.append(Statistic(item.name or f"{stem}_{k + 1}", item.text, item.equation or "", True))
    expressions = [item.exp for item in given]

    def collect(c: Context) -> np.ndarray:
        values = [c.scalar(exp) for exp in expressions]
        if any(isinstance(v, str) for v in values):
            raise StataError.type_mismatch()
        return np.array(values, dtype=float)

    return StatisticList(tuple(named), collect)


def _vector(which: str, ctx: Context) -> StatisticList:
    """All of e(b), or all standard errors."""
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

    def mark(self, ok: bool) -> None:
        self.marks.append("." if ok else "x")

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
