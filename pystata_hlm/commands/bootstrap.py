"""bootstrap: bootstrap sampling and estimation.   bootstrap [exp_list] [, reps(#) seed(#) cluster(varlist) strata(varlist)]: command

Rows, or clusters with all their rows, are drawn with replacement; standard errors are those of the replicates of
e(b) or of the expressions. A cluster drawn twice keeps its identifier unless idcluster() gives new ones, so in
``bootstrap, cluster(id): mixed y x || id:`` both copies are one group with its rows repeated, as in Stata: the
course notes' standard errors come out only that way. That case refits from the groups' cross-products.
Errors: r(2000), r(198), and r(2001) when fewer than two replicates succeed.
"""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable, _replicated
from pystata_hlm.commands._estimation import equation_matrix
from pystata_hlm.commands._replicating import Job, Replicate
from pystata_hlm.commands._replicating import replicate as run_replicates
from pystata_hlm.commands._resampling import (
    Dots,
    Plan,
    StatisticList,
    make_plan,
    no_sample_warning,
    observed_values,
    run_once,
    save_replicates,
    saving_target,
    statistics,
)
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import dist, lmm
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import Model
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context

METHOD = _replicated.Method(
    "bootstrap",
    "Bootstrap",
    _coeftable.Heads(b_over="Observed", se_over="Bootstrap", ci_over="Normal-based"),
)


@dataclass(frozen=True)
class Replicates:
    """values (R, k), NaN in rows that failed; ``complete`` marks the others."""

    observed: np.ndarray
    values: np.ndarray

    @property
    def complete(self) -> np.ndarray:
        return np.asarray(np.isfinite(self.values).all(axis=1))

    def covariance(self, mse: bool) -> np.ndarray:
        """About the mean with divisor R - 1, or about the observed values with divisor R."""
        good = self.values[self.complete]
        centre = self.observed if mse else good.mean(axis=0)
        deviations = good - centre
        return np.asarray(deviations.T @ deviations / (len(good) - (0 if mse else 1)))


# ---------------------------------------------------------------- replicating


@dataclass(frozen=True)
class Samples:
    """Bootstrap samples of the data: units drawn with replacement, numbered anew under ``new_id``."""

    base: Dataset
    plan: Plan
    new_id: str | None

    def draw(self, k: int, rng: StataRNG) -> np.ndarray:
        return self.plan.draw(rng)

    def data(self, drawn: np.ndarray) -> Dataset:
        rows, copies = self.plan.rows(drawn)
        sample = self.base.copy()
        sample.keep_rows(rows)
        if self.new_id is not None:
            sample.set_column(self.new_id, Column.numeric(copies + 1.0, None, "long"))
        return sample

    def seed(self, drawn: np.ndarray) -> None:
        return None


def replicate(
    inner: str, wanted: StatisticList, plan: Plan, call: Call, ctx: Context, dots: Dots, reps: int
) -> np.ndarray:
    """Run the command on each resampled data set; a failing run gives a row of missing values."""
    out = np.full((reps, len(wanted.items)), math.nan)

    def done(r: int, one: Replicate) -> None:
        out[r] = one.row
        dots.mark(one.complete)

    job = Job(inner, wanted, call.opt("reject"))
    run_replicates(job, Samples(ctx.data, plan, call.opt("idcluster")), reps, ctx, done, call.has("noisily"))
    return out


def fast_groups(call: Call, wanted: StatisticList, ctx: Context) -> lmm.LmmFit | None:
    """The fit to resample by cross-products: e(b) of ``mixed`` whose top level is the one cluster variable."""
    estimation = ctx.workspace.e.estimation
    if estimation is None or estimation.cmd != "mixed" or not wanted.whole_b:
        return None
    if any(call.has(name) for name in ("idcluster", "reject", "noisily", "strata", "size")):
        return None
    model: Model = estimation.extra["model"]
    if not model.levels or call.opt("cluster", ()) != model.levels[0].keys or model.vce.kind != "oim":
        return None
    if not model.levels[0].keys or estimation.fit.arrangement is not None:  # _all, crossed effects
        return None
    if estimation.fit.correlated is not None or not any(plan.effects for plan in model.levels):
        return None
    return estimation.fit


def replicate_groups(
    fit: lmm.LmmFit, recipe: Any, plan: Plan, ctx: Context, dots: Dots, reps: int
) -> np.ndarray:
    """As ``replicate``, from the per-group cross-products: copies of a group are merged, as with its rows repeated."""
    resampler = lmm.Resampler(fit)
    # plan numbers clusters in the order of their values; the engine's groups are matched through one of their rows
    sample_rows = fit.levels[0].group_row
    unit_of_group = plan.unit_of_row[sample_rows]
    group_of_unit = np.empty(plan.n_units, dtype=np.intp)
    group_of_unit[unit_of_group] = np.arange(plan.n_units)
    out = np.full((reps, len(recipe) + len(fit.metric)), math.nan)
    for r in range(reps):
        drawn = group_of_unit[plan.draw(ctx.rng)]
        try:
            refit = resampler.refit(np.bincount(drawn, minlength=plan.n_units), merged=True)
            out[r] = np.concatenate([recipe.widen(refit.beta), refit.metric])
        except lmm.LmmError:
            out[r] = math.nan
        dots.mark(bool(np.isfinite(out[r]).all()))
    return out


# ---------------------------------------------------------------- the command


@command(
    "bootstrap",
    min=2,
    klass="e",
    syntax="explist",
    allow=set(),
    prefix=True,
    aliases=(("bs", 2),),
    options=(
        Opt("reps", 1, "int"),
        Opt("seed", 4, "int"),
        Opt("cluster", 2, "varlist"),
        Opt("strata", 3, "varlist"),
        Opt("idcluster", 2, "name"),
        Opt("size", 2, "int"),
        Opt("nodots", 6),
        Opt("dots", 4, "int"),
        Opt("saving", 2, "text"),
        Opt("mse", 3),
        Opt("ties", 3),
        Opt("level", 1, "level"),
        Opt("nodrop", 6),
        Opt("nowarn", 6),
        Opt("noisily", 3),
        Opt("notable", 5),
        Opt("noheader", 3),
        Opt("nolegend", 3),
        Opt("reject", 3, "expr"),
        Opt("title", 2, "string"),
    ),
    unsupported=(
        "bca",
        "jackknifeopts:4",
        "eform:2",
        "or",
        "hr",
        "irr",
        "group",
        "trace:2",
        "verbose:1",
        "force",
        "coeflegend:5",
    ),
)
def run(call: Call, ctx: Context) -> None:
    ws = ctx.workspace
    if not call.prefix_command:
        replay(call, ctx, "bootstrap")
        return
    inner = call.prefix_command.strip()
    reps = call.opt("reps", 50)
    if reps < 2:
        raise StataError(198, "reps() must be an integer greater than 1")
    new_id: str | None = call.opt("idcluster")
    if new_id is not None and not call.has("cluster"):
        raise StataError(198, "option idcluster() requires option cluster()")
    if call.has("seed"):
        ctx.rng.seed(call.opt("seed"))
    full = ctx.data
    first = full.copy()
    if new_id is not None:
        codes = first.groups(list(call.opt("cluster"))).codes
        first.set_column(new_id, Column.numeric(codes + 1.0, None, "long"))
    ctx.data = first
    try:
        ran = run_once(inner, ctx)
        wanted = statistics(call.node.items, ctx, "_bs", ran.klass)
        observed = observed_values(wanted, ctx)
        original, estimation = ws.e, ws.e.estimation if ran.klass == "e" else None
    finally:
        ctx.data = full
    if call.has("saving"):
        saving_target(call.opt("saving"), ctx)  # a bad file name must not cost the replications
    ctx.say(f"(running {ran.name} on estimation sample)")
    used = np.ones(full.n, dtype=bool)
    if ran.sample is not None and len(ran.sample) == full.n and not call.has("nodrop"):
        used = ran.sample
    if ran.sample is None and not call.has("nowarn"):
        ctx.say("\n" + no_sample_warning(ran.name, "bootstrap", ctx))
    base = full.copy()
    base.keep_rows(used)
    plan = make_plan(base, call.opt("cluster", ()), call.opt("strata", ()), call.opt("size"))
    every = 0 if call.has("nodots") else call.opt("dots", 1)
    dots = Dots(ctx, "Bootstrap replications", reps, every)
    fit = fast_groups(call, wanted, ctx) if ran.klass == "e" else None
    ctx.data = base
    try:
        if fit is not None and estimation is not None:
            values = replicate_groups(fit, estimation.recipe, plan, ctx, dots, reps)
        else:
            values = replicate(inner, wanted, plan, call, ctx, dots, reps)
    finally:
        ctx.data = full
    dots.finish()
    found = Replicates(observed, values)
    if found.complete.sum() < 2:
        raise StataError(
            2001, "insufficient observations to compute bootstrap standard errors\nno results will be saved"
        )
    if call.has("saving"):
        save_replicates(call.opt("saving"), values, wanted.items, "_bs", "bootstrap", ctx)
    outcome = results(call, found, wanted, plan, reps, used, inner)
    level = call.opt("level", ctx.settings.level)
    outcome.matrices.update(
        intervals(found, level, call.has("ties"), _replicated.column_names(wanted, original))
    )
    result = _replicated.stored(outcome, original, estimation, level)
    ctx.store(result)
    assert result.estimation is not None and result.estimation.replay is not None
    result.estimation.replay(result.estimation, call.options, ctx)
    failed = int((~found.complete).sum())
    if failed:
        note = (
            f"Note: One or more parameters could not be estimated in {failed} bootstrap "
            f"replicate{'s' if failed > 1 else ''}; standard-error estimates include only complete replications."
        )
        ctx.say(textwrap.fill(note, ctx.settings.linesize - 1, subsequent_indent="      "))


def replay(call: Call, ctx: Context, name: str) -> None:
    """``bootstrap`` or ``jackknife`` alone shows the last results again; r(301) when they are another's."""
    estimation = ctx.workspace.e.estimation
    if ctx.workspace.e.macros.get("prefix") != name or estimation is None or estimation.replay is None:
        raise StataError.last_estimates_not_found()
    if call.node.items:
        raise StataError.invalid_syntax()
    estimation.replay(estimation, call.options, ctx)


# ---------------------------------------------------------------- e()


def results(
    call: Call, found: Replicates, wanted: StatisticList, plan: Plan, reps: int, used: np.ndarray, inner: str
) -> _replicated.Outcome:
    scalars = {"N_reps": float(found.complete.sum()), "N_misreps": float((~found.complete).sum())}
    macros = {}
    if call.has("cluster"):
        macros["cluster"] = " ".join(call.opt("cluster"))
        scalars["N_clust"] = float(plan.n_units)
    if call.has("strata"):
        macros["strata"] = " ".join(call.opt("strata"))
        scalars["N_strata"] = float(len(plan.sizes))
    if call.has("size"):
        scalars["bs_size"] = float(call.opt("size"))
    if call.has("mse"):
        macros["mse"] = "mse"
    return _replicated.Outcome(
        METHOD,
        wanted,
        found.observed,
        found.covariance(call.has("mse")),
        None,
        float(used.sum()),
        int(found.complete.sum()),
        used,
        inner,
        call.line,
        scalars,
        macros,
        {},
        _replicated.cluster_note(call.opt("cluster", ()), plan.n_units),
        call.opt("title", ""),
    )


def intervals(found: Replicates, level: float, ties: bool, names: tuple[str, ...]) -> dict[str, StataMatrix]:
    """Bias, and normal, percentile and bias-corrected intervals (Efron and Tibshirani 1993, 13.3, 14.3).

    The bias-corrected interval runs between the percentiles Phi(2 z0 -+ z) with z0 the normal quantile of the share
    of replicates that are at most the observed value (``ties``: half of those equal to it).
    """
    good = found.values[found.complete]
    tail = (1 - level / 100) / 2
    z = float(dist.invnormal(1 - tail))
    se = good.std(axis=0, ddof=1)
    tie = np.isclose(good, found.observed, rtol=1e-12, atol=0)
    below = ((good < found.observed) & ~tie).sum(axis=0) + tie.sum(axis=0) * (0.5 if ties else 1.0)
    share = below / len(good)
    z0 = np.where((share > 0) & (share < 1), dist.invnormal(np.clip(share, 1e-12, 1 - 1e-12)), np.nan)
    limits = np.vstack([dist.normal(2 * z0 - z), dist.normal(2 * z0 + z)])
    sides = ("ll", "ul")
    normal = np.vstack([found.observed - z * se, found.observed + z * se])
    return {
        "b_bs": equation_matrix(good.mean(axis=0), names),
        "bias": equation_matrix(good.mean(axis=0) - found.observed, names),
        "se": equation_matrix(se, names),
        "z0": equation_matrix(z0, names),
        "reps": equation_matrix(np.full(len(names), float(len(good))), names),
        "ci_normal": StataMatrix(normal, sides, names),
        "ci_percentile": StataMatrix(
            _percentiles(good, np.tile([[tail], [1 - tail]], len(names))), sides, names
        ),
        "ci_bc": StataMatrix(_percentiles(good, limits), sides, names),
    }


def _percentiles(good: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(2, k): the quantiles ``at`` (2, k) of each column; NaN where asked for NaN."""
    from pystata_hlm.numeric.quantiles import percentiles

    out = np.full(at.shape, np.nan)
    for k in np.flatnonzero(np.isfinite(at).all(axis=0)):
        out[:, k] = percentiles(good[:, k], 100 * at[:, k])
    return out
