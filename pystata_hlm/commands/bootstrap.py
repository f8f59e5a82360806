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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import equation_matrix, label_lookup, square_matrix
from pystata_hlm.commands._resampling import Dots, Plan, StatisticList, make_plan, saved_names, statistics
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist, lmm, ols
from pystata_hlm.output.items import Cell, Header
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.executor import split
from pystata_hlm.runtime.registry import command, lookup
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import Model
    from pystata_hlm.runtime.context import Context

HEADS = _coeftable.Heads(b_over="Observed", se_over="Bootstrap", ci_over="Normal-based")


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


def replicate(
    inner: str, wanted: StatisticList, plan: Plan, call: Call, ctx: Context, dots: Dots, reps: int
) -> np.ndarray:
    """Run the command on each resampled data set; a failing run gives a row of missing values."""
    base = ctx.data
    out = np.full((reps, len(wanted.items)), math.nan)
    new_id: str | None = call.opt("idcluster")
    reject: nodes.Expr | None = call.opt("reject")
    for r in range(reps):
        rows, copies = plan.rows(plan.draw(ctx.rng))
        sample = base.copy()
        sample.keep_rows(rows)
        if new_id is not None:
            sample.add(new_id, Column.numeric(copies + 1.0, None, "long"))
        ctx.data = sample
        try:
            ctx.execute(inner, quiet=not call.has("noisily"))
            if reject is None or ctx.scalar(reject) == 0:
                out[r] = wanted.collect(ctx)
        except StataError:
            out[r] = math.nan
        dots.mark(bool(np.isfinite(out[r]).all()))
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
    options=(
        Opt("reps", 1, "int"),
        Opt("seed", 4, "int"),
        Opt("cluster", 2, "varlist"),
        Opt("strata", 3, "varlist"),
        Opt("idcluster", 3, "newvar"),
        Opt("size", 2, "int"),
        Opt("nodots", 6),
        Opt("dots", 4, "int"),
        Opt("saving", 2, "text"),
        Opt("mse", 3),
        Opt("level", 1, "level"),
        Opt("nodrop", 6),
        Opt("nowarn", 6),
        Opt("noisily", 1),
        Opt("notable", 5),
        Opt("noheader", 4),
        Opt("nolegend", 5),
        Opt("reject", 3, "expr"),
        Opt("title", 3, "string"),
    ),
    unsupported=(
        "bca",
        "ties",
        "jackknifeopts:4",
        "eform:2",
        "group",
        "trace",
        "verbose:4",
        "force",
        "coeflegend",
        "ltolerance",
    ),
)
def run(call: Call, ctx: Context) -> None:
    ws = ctx.workspace
    inner = call.prefix_command
    name = lookup(split(inner).word).name
    klass = lookup(name).klass
    reps = call.opt("reps", 50)
    if reps < 2:
        raise StataError(198, "reps() must be an integer greater than 1")
    if call.has("seed"):
        ctx.rng.seed(call.opt("seed"))
    ctx.say(f"(running {name} on estimation sample)")
    ctx.execute(inner, quiet=True)
    if klass != "e" and not call.node.items:
        raise StataError(198, f"expression list required: {name} does not leave estimation results")
    wanted = statistics(call.node.items, ctx, "_bs")
    observed = wanted.collect(ctx)
    for item, value in zip(wanted.items, observed, strict=not wanted.whole_b):
        if not wanted.whole_b and not math.isfinite(value):
            raise StataError(322, f"'{item.text}' evaluated to missing in full sample")
    original, estimation = ws.e, ws.e.estimation if klass == "e" else None
    full = ctx.data
    mask = ws.e_sample() if klass == "e" and not call.has("nodrop") else np.ones(full.n, dtype=bool)
    if klass != "e" and not call.has("nowarn"):
        ctx.say("\n" + _warning(name, ctx))
    base = full.copy()
    base.keep_rows(mask)
    plan = make_plan(base, call.opt("cluster", ()), call.opt("strata", ()), call.opt("size"))
    every = 0 if call.has("nodots") else call.opt("dots", 1)
    dots = Dots(ctx, "Bootstrap replications", reps, every)
    fit = fast_groups(call, wanted, ctx) if klass == "e" else None
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
        save(call.opt("saving"), found, wanted, ctx)
    stored = results(call, found, wanted, plan, original, estimation, mask, inner, reps)
    ctx.store(stored)
    assert stored.estimation is not None and stored.estimation.replay is not None
    stored.estimation.replay(stored.estimation, call.options, ctx)
    failed = int((~found.complete).sum())
    if failed:
        note = (
            f"Note: One or more parameters could not be estimated in {failed} bootstrap "
            f"replicate{'s' if failed > 1 else ''}; standard-error estimates include only complete replications."
        )
        ctx.say(textwrap.fill(note, ctx.settings.linesize - 1, subsequent_indent="      "))


def _warning(name: str, ctx: Context) -> str:
    text = (
        f"warning: {name} does not set e(sample), so no observations will be excluded from the resampling because "
        "of missing values or other reasons. To exclude observations, press Break, save the data, drop any "
        "observations that are to be excluded, and rerun bootstrap."
    )
    return textwrap.fill(text, ctx.settings.linesize - 1, subsequent_indent=" " * 9)


def save(argument: str, found: Replicates, wanted: StatisticList, ctx: Context) -> None:
    """``saving(file [, replace double])``: one observation for each replicate."""
    from pystata_hlm.data.io import write_dta

    node: nodes.Anything = parse("anything", argument)
    options = typed_options(node.clauses.options, (Opt("replace", 7), Opt("double", 6)), ("every",), ctx)
    path = ctx.workspace.resolve(strip_quotes(node.text))
    path = path if path.suffix else path.with_suffix(".dta")
    if path.exists() and "replace" not in options:
        raise StataError.file_exists(str(path))
    data = Dataset()
    stype = "double" if "double" in options else "float"
    for k, name in enumerate(saved_names(wanted.items, "_bs")):
        data.add(name, Column.numeric(found.values[:, k], None, stype, label=wanted.items[k].text))
    data.label = "bootstrap"
    write_dta(data, path)


# ---------------------------------------------------------------- e()


def results(
    call: Call,
    found: Replicates,
    wanted: StatisticList,
    plan: Plan,
    original: Stored,
    estimation: Estimation | None,
    mask: np.ndarray,
    inner: str,
    reps: int,
) -> Stored:
    """e() of bootstrap: the command's own, with V replaced, or new ones for an expression list."""
    vcov = found.covariance(call.has("mse"))
    good = found.values[found.complete]
    if wanted.whole_b:
        names = original.matrices["b"].cols
    else:
        names = tuple(f"{item.equation}:{item.name}" if item.equation else item.name for item in wanted.items)
    tail = (1 - call.opt("level", 95.0) / 100) / 2
    z = float(dist.invnormal(1 - tail))
    se = np.sqrt(np.diag(vcov))
    scalars = {
        "N_reps": float(found.complete.sum()),
        "level": call.opt("level", 95.0),
        "k_exp": float(len(names)),
    }
    macros = {
        "prefix": "bootstrap",
        "vce": "bootstrap",
        "vcetype": "Bootstrap",
        "command": inner,
        "cmdline": call.line,
        "properties": "b V",
    }
    if call.has("cluster"):
        macros["cluster"] = " ".join(call.opt("cluster"))
        scalars["N_clust"] = float(plan.n_units)
    if call.has("strata"):
        macros["strata"] = " ".join(call.opt("strata"))
        scalars["N_strata"] = float(len(plan.sizes))
    matrices = {
        "b": equation_matrix(found.observed, names),
        "V": square_matrix(vcov, names),
        "b_bs": equation_matrix(good.mean(axis=0), names),
        "bias": equation_matrix(good.mean(axis=0) - found.observed, names),
        "se": equation_matrix(se, names),
        "reps": equation_matrix(np.full(len(names), float(found.complete.sum())), names),
        "ci_normal": StataMatrix(
            np.vstack([found.observed - z * se, found.observed + z * se]), ("ll", "ul"), names
        ),
        "ci_percentile": StataMatrix(_percentiles(good, tail), ("ll", "ul"), names),
    }
    info = {
        "heads": HEADS,
        "note": _note(call, plan),
        "reps": reps,
        "items": wanted.items,
        "title": call.opt("title"),
    }
    if wanted.whole_b and estimation is not None and estimation.cmd in ("mixed", "regress"):
        return _with_command(original, estimation, vcov, scalars, macros, matrices, info, mask)
    n = float(mask.sum())
    scalars |= {"N": n}
    macros |= {"cmd": "bootstrap", "title": "Bootstrap results"}
    macros |= {f"exp{k + 1}": item.text for k, item in enumerate(wanted.items)} if not wanted.whole_b else {}
    plain = Estimation("bootstrap", b=found.observed, vcov=vcov, replay=show, extra={"bootstrap": info})
    return Stored("e", scalars, macros, matrices, plain, mask)


def _percentiles(good: np.ndarray, tail: float) -> np.ndarray:
    from pystata_hlm.numeric.quantiles import percentiles

    columns = [
        percentiles(good[:, k], np.array([100 * tail, 100 * (1 - tail)])) for k in range(good.shape[1])
    ]
    return np.array(columns).T


def _note(call: Call, plan: Plan) -> str:
    if not call.has("cluster"):
        return ""
    return f"(Replications based on {plan.n_units:,} clusters in {' '.join(call.opt('cluster'))})"


def _with_command(
    original: Stored,
    estimation: Estimation,
    vcov: np.ndarray,
    scalars: dict[str, float],
    macros: dict[str, str],
    matrices: dict[str, StataMatrix],
    info: dict[str, Any],
    mask: np.ndarray,
) -> Stored:
    """The estimation command's results with the bootstrap covariance; tests become z and chi2."""
    recipe = estimation.recipe
    k = len(recipe)
    fixed = vcov[:k, :k]
    slopes = np.array([j for j in recipe.kept if recipe.columns[j].name != "_cons"], dtype=np.intp)
    chi2, df = ols.wald(estimation.b[slopes], fixed[np.ix_(slopes, slopes)]) if len(slopes) else (math.nan, 0)
    merged = {**original.scalars, **scalars, "chi2": chi2, "df_m": float(df)}
    merged["p"] = float(dist.chi2tail(df, chi2)) if df else math.nan
    for name in ("df_r", "F"):
        merged.pop(name, None)
    new = replace(estimation, vcov=fixed, df_r=None, extra={**estimation.extra, "bootstrap": info})
    return Stored(
        "e",
        merged,
        {**original.macros, **macros, "chi2type": "Wald"},
        {**original.matrices, **matrices, "V_modelbased": original.matrices["V"]},
        new,
        mask,
    )


# ---------------------------------------------------------------- display of expression lists


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """``Bootstrap results``: heading, legend of the expressions, table."""
    e = ctx.workspace.e
    info = estimation.extra["bootstrap"]
    settings = ctx.settings
    ctx.say()
    if "noheader" not in options:
        pairs = (
            ("Number of obs", Cell(e.scalars["N"], "%12.0fc")),
            ("Replications", Cell(float(info["reps"]), "%12.0fc")),
        )
        ctx.emit(Header((info["title"] or "Bootstrap results", ""), pairs, compact=settings.compact_header))
    if "nolegend" not in options and "exp1" in e.macros:
        word = "Command" if settings.new_headings else "command"
        gap = "" if settings.new_headings else " "
        lines = [f"{word.rjust(13)}: {gap}{e.macros['command']}"]
        lines += [f"{item.name.rjust(13)}: {gap}{item.text}" for item in info["items"]]
        ctx.say("\n" + "\n".join(lines))
    if "notable" in options:
        return
    names = tuple(col.rpartition(":")[2] for col in e.matrices["b"].cols)
    c = _coeftable.Coefficients(
        names=names,
        status=["ok"] * len(names),
        b=estimation.b,
        se=np.sqrt(np.maximum(np.diag(estimation.vcov), 0)),
        level=options.get("level", settings.level),
        heads=HEADS,
    )
    ctx.say()
    table = _coeftable.table(c, settings, label_lookup(ctx), head="")
    if info["note"]:
        from pystata_hlm.output.text import table_width

        ctx.say(info["note"].rjust(table_width(table)))
    ctx.emit(table)
