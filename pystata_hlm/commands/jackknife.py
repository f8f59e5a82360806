"""jackknife: jackknife estimation.   jackknife [exp_list] [, eclass rclass n(exp) cluster(varlist) mse keep]: command

Each observation, or cluster, is left out in turn. V = (n-1)/n times the sum of squares of the replicates about their
mean (``mse``: about the observed values), n the number of replicates; tests are t with n-1 degrees of freedom
(Efron 1979). An observation whose leaving does not change the count in n() plays no part.
Errors: r(2000), r(2001) with fewer than two replicates, r(198), r(322).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable, _replicated
from pystata_hlm.commands._estimation import equation_matrix
from pystata_hlm.commands._replicating import Job, Replicate
from pystata_hlm.commands._replicating import replicate as run_replicates
from pystata_hlm.commands._resampling import (
    Dots,
    Ran,
    StatisticList,
    observed_values,
    run_once,
    save_replicates,
    saved_names,
    saving_target,
    statistics,
)
from pystata_hlm.commands.bootstrap import replay
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.unparse import unparse
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context

METHOD = _replicated.Method("jackknife", "Jackknife", _coeftable.Heads(se_over="Jackknife"))


@dataclass(frozen=True)
class Replicates:
    """values (n, k), rows of units that played no part or failed are NaN; ``used`` marks the others."""

    observed: np.ndarray
    values: np.ndarray
    used: np.ndarray

    @property
    def n(self) -> int:
        return int(self.used.sum())

    def covariance(self, mse: bool) -> np.ndarray:
        good = self.values[self.used]
        deviations = good - (self.observed if mse else good.mean(axis=0))
        return np.asarray((self.n - 1) / self.n * deviations.T @ deviations)

    def pseudovalues(self) -> np.ndarray:
        """n theta - (n-1) theta_(i)"""
        return self.n * self.observed - (self.n - 1) * self.values


@dataclass(frozen=True)
class Counter:
    """n(): ``text`` as the legend shows it ("" when nothing counts)."""

    text: str = ""
    exp: nodes.Expr | None = None

    def count(self, ctx: Context) -> float:
        if self.exp is None:
            return math.nan
        value = ctx.scalar(self.exp)
        return value if isinstance(value, float) else math.nan


def counter(call: Call, ran: Ran, ctx: Context) -> Counter:
    """What tells the number of observations: n(), e(N) or r(N)."""
    if sum(call.has(name) for name in ("eclass", "rclass", "n")) > 1:
        raise StataError(198, "options eclass, rclass, and n() may not be combined")
    text = ""
    if call.has("n"):
        return Counter(unparse(call.opt("n")), call.opt("n"))
    for klass, flag in (("e", "eclass"), ("r", "rclass")):
        if call.has(flag) or (not call.has("eclass") and not call.has("rclass") and ran.klass == klass):
            text = f"{klass}(N)"
    found = Counter(text, parse("expr", text) if text else None)
    if math.isnan(found.count(ctx)):
        if call.has("eclass") or call.has("rclass"):
            raise StataError(322, f"'{text}' evaluated to missing in full sample")
        return Counter()
    return found


# ---------------------------------------------------------------- replicating


def units(data: Dataset, rows: np.ndarray, cluster: tuple[str, ...]) -> tuple[np.ndarray, int]:
    """(n,) unit of each row, -1 outside; and the number of units."""
    out = np.full(data.n, -1, dtype=np.intp)
    if cluster:
        groups = data.groups(list(cluster), rows)
        out[rows] = groups.codes[rows]
        return out, len(groups)
    out[rows] = np.arange(int(rows.sum()))
    return out, int(rows.sum())


@dataclass(frozen=True)
class LeftOut:
    """The data without one unit each; ``unit`` (n,) is -1 for rows that take no part."""

    base: Dataset
    unit: np.ndarray
    new_id: str | None

    def draw(self, k: int, rng: StataRNG) -> int:
        return k

    def data(self, drawn: int) -> Dataset:
        sample = self.base.copy()
        keep = (self.unit >= 0) & (self.unit != drawn)
        sample.keep_rows(keep)
        if self.new_id is not None:
            codes = np.unique(self.unit[keep], return_inverse=True)[1]
            sample.set_column(self.new_id, Column.numeric(codes + 1.0, None, "long"))
        return sample

    def seed(self, drawn: int) -> None:
        return None


def replicate(
    inner: str, base: Dataset, unit: np.ndarray, n: int, wanted: StatisticList, total: tuple[Counter, float],
    call: Call, ctx: Context, dots: Dots,
) -> Replicates:  # fmt: skip
    """Run the command without each unit in turn. Marks: x error, e a missing statistic, n nothing was left out."""
    values = np.full((n, len(wanted.items)), math.nan)
    used = np.zeros(n, dtype=bool)
    observed, (count, whole) = wanted.collect(ctx), total
    new_id: str | None = call.opt("idcluster")

    def done(k: int, one: Replicate) -> None:
        if one.failed:
            dots.mark(False)
        elif one.count == whole:
            dots.mark(False, "n")
        elif not one.complete:
            dots.mark(False, "e")
        else:
            values[k], used[k] = one.values, True
            dots.mark(True)

    job = Job(inner, wanted, call.opt("reject"), count.exp)
    run_replicates(job, LeftOut(base, unit, new_id), n, ctx, done, call.has("noisily"))
    return Replicates(observed, values, used)


# ---------------------------------------------------------------- the command


@command(
    "jackknife",
    min=4,
    klass="e",
    syntax="explist",
    allow=set(),
    prefix=True,
    options=(
        Opt("eclass", 1),
        Opt("rclass", 1),
        Opt("n", 1, "expr"),
        Opt("cluster", 2, "varlist"),
        Opt("idcluster", 2, "name"),
        Opt("saving", 2, "text"),
        Opt("keep", 4),
        Opt("mse", 3),
        Opt("level", 1, "level"),
        Opt("notable", 5),
        Opt("noheader", 3),
        Opt("nolegend", 3),
        Opt("nodots", 6),
        Opt("dots", 4, "int"),
        Opt("noisily", 3),
        Opt("title", 2, "string"),
        Opt("nodrop", 6),
        Opt("reject", 3, "expr"),
    ),
    unsupported=("verbose:1", "trace:2", "eform:2", "coeflegend:5"),
)
def run(call: Call, ctx: Context) -> None:
    ws = ctx.workspace
    if not call.prefix_command:
        replay(call, ctx, "jackknife")
        return
    inner = call.prefix_command.strip()
    cluster: tuple[str, ...] = call.opt("cluster", ())
    if call.has("idcluster") and not cluster:
        raise StataError(198, "option idcluster() requires option cluster()")
    full = ctx.data
    first = full.copy()
    if call.has("idcluster"):
        codes = first.groups(list(cluster)).codes
        first.set_column(call.opt("idcluster"), Column.numeric(codes + 1.0, None, "long"))
    ctx.data = first
    try:
        if call.has("saving"):
            saving_target(call.opt("saving"), ctx)  # a bad file name must not cost the replications
        ran = run_once(inner, ctx)
        wanted = statistics(call.node.items, ctx, "_jk", ran.klass)
        observed_values(wanted, ctx)
        original, estimation = ws.e, ws.e.estimation if ran.klass == "e" else None
        count = counter(call, ran, ctx)
        whole = count.count(ctx)
        ctx.say(f"(running {ran.name} on estimation sample)")
        used = np.ones(full.n, dtype=bool)
        if (
            ran.sample is not None
            and len(ran.sample) == full.n
            and not (call.has("nodrop") or call.has("keep"))
        ):
            used = ran.sample
        unit, n = units(full, used, cluster)
        dots = Dots(ctx, "Jackknife replications", n, 0 if call.has("nodots") else call.opt("dots", 1))
        found = replicate(inner, full, unit, n, wanted, (count, whole), call, ctx, dots)
    finally:
        ctx.data = full
    dots.finish()
    if found.n < 2:
        raise StataError(
            2001, "insufficient observations to compute jackknife standard errors\nno results will be saved"
        )
    if call.has("saving"):
        save_replicates(call.opt("saving"), found.values[found.used], wanted.items, "_jk", "jackknife", ctx)
    if call.has("keep"):
        keep_pseudovalues(found, wanted, unit, ctx)
    rows = used & found.used[np.maximum(unit, 0)] & (unit >= 0)
    outcome = _replicated.Outcome(
        METHOD,
        wanted,
        found.observed,
        found.covariance(call.has("mse")),
        float(found.n - 1),
        whole if not math.isnan(whole) else float(used.sum()),
        found.n,
        rows if cluster == () else used,
        inner,
        call.line,
        {"N_reps": float(found.n), "N_misreps": float(n - found.n)}
        | ({"N_clust": float(found.n)} if cluster else {}),
        ({"cluster": " ".join(cluster)} if cluster else {})
        | ({"mse": "mse"} if call.has("mse") else {})
        | ({"nfunction": count.text} if count.text else {}),
        {},
        _replicated.cluster_note(cluster, found.n),
        call.opt("title", ""),
        count.text if call.has("n") or call.has("eclass") or call.has("rclass") or ran.klass == "r" else "",
    )
    names = _replicated.column_names(wanted, original)
    outcome.matrices["b_jk"] = equation_matrix(np.nanmean(found.pseudovalues()[found.used], axis=0), names)
    result = _replicated.stored(outcome, original, estimation, call.opt("level", ctx.settings.level))
    ctx.store(result)
    assert result.estimation is not None and result.estimation.replay is not None
    result.estimation.replay(result.estimation, call.options, ctx)


def keep_pseudovalues(found: Replicates, wanted: StatisticList, unit: np.ndarray, ctx: Context) -> None:
    """Variables with the pseudovalues, for the first observation of each cluster; r(110)."""
    data = ctx.data.copy()
    pseudo = found.pseudovalues()
    first = np.zeros(data.n, dtype=bool)
    known = np.flatnonzero(unit >= 0)
    first[known[np.unique(unit[known], return_index=True)[1]]] = True
    for k, name in enumerate(saved_names(wanted.items, "_jk")):
        values = np.where(first, pseudo[np.maximum(unit, 0), k], np.nan)
        data.add(
            name, Column.numeric(values, None, "float", label=f"pseudovalues: {wanted.items[k].text}"[:80])
        )
    ctx.data = data
