"""permute: permutation tests.   permute permvar exp_list [, reps(#) left right strata(varlist) eps(#)]: command

The values of permvar are shuffled, within strata if asked; p is the share of replications at least as extreme as the
observed statistic. Up to release 16 one row a statistic: |T| >= |T(obs)| unless left or right. From release 17 the
lower, upper and two-sided tests together, p two-sided = 2 min(p_lower, p_upper). Intervals of one-sided shares are
exact binomial (Clopper and Pearson 1934); of the two-sided p normal.
Errors: r(198), r(111), r(322).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._estimation import equation_matrix
from pystata_hlm.commands._replicating import Job, Replicate
from pystata_hlm.commands._replicating import replicate as run_replicates
from pystata_hlm.commands._resampling import (
    Dots,
    StatisticList,
    legend,
    no_sample_warning,
    observed_values,
    run_once,
    save_replicates,
    saving_target,
    statistics,
)
from pystata_hlm.data.names import abbrev
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Header, Row, Rule, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.numeric.rng import StataRNG
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.settings import Settings

_OPTIONS = (
    Opt("reps", 1, "int"),
    Opt("left", 2),
    Opt("right", 2),
    Opt("strata", 3, "varlist"),
    Opt("saving", 2, "text"),
    Opt("level", 1, "level"),
    Opt("notable", 5),
    Opt("noheader", 3),
    Opt("nolegend", 3),
    Opt("nodrop", 6),
    Opt("nodots", 6),
    Opt("dots", 4, "int"),
    Opt("noisily", 3),
    Opt("title", 2, "string"),
    Opt("eps", 3, "real"),
    Opt("nowarn", 6),
    Opt("reject", 3, "expr"),
    Opt("seed", 4, "int"),
)


@dataclass(frozen=True)
class Test:
    """One test of every statistic: counts (k,), replications (k,), p, its standard error and interval (2, k)."""

    count: np.ndarray
    reps: np.ndarray
    p: np.ndarray
    se: np.ndarray
    ci: np.ndarray


def share(extreme: np.ndarray, good: np.ndarray, level: float) -> Test:
    """Shares of the replications (R, k) that are extreme, with exact binomial intervals."""
    c, n = (extreme & good).sum(axis=0).astype(float), good.sum(axis=0).astype(float)
    tail = (1 - level / 100) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        p = c / n
        low = np.where(c > 0, dist.invibeta(np.maximum(c, 1), n - c + 1, tail), 0.0)
        high = np.where(c < n, dist.invibeta(c + 1, np.maximum(n - c, 1), 1 - tail), 1.0)
        return Test(c, n, p, np.sqrt(p * (1 - p) / n), np.vstack([low, high]))


def twice(lower: Test, upper: Test, level: float) -> Test:
    """The two-sided test from the one-sided ones."""
    p = np.minimum(1.0, 2 * np.minimum(lower.p, upper.p))
    se = np.sqrt(p * (1 - p) / lower.reps)
    half = float(dist.invnormal(1 - (1 - level / 100) / 2)) * se
    ci = np.vstack([np.maximum(p - half, 0), np.minimum(p + half, 1)])
    return Test(np.full(len(p), math.nan), lower.reps, p, se, ci)


@dataclass(frozen=True)
class Tests:
    lower: Test
    upper: Test
    both: Test
    """|T| >= |T(obs)| (to release 16)"""
    twosided: Test


def tests(observed: np.ndarray, values: np.ndarray, eps: float, level: float) -> Tests:
    good = np.isfinite(values)
    filled = np.where(good, values, 0.0)
    lower = share(filled <= observed + eps, good, level)
    upper = share(filled >= observed - eps, good, level)
    both = share(np.abs(filled) >= np.abs(observed) - eps, good, level)
    return Tests(lower, upper, both, twice(lower, upper, level))


def shuffled(codes: np.ndarray, rng: StataRNG) -> np.ndarray:
    """A random order of the rows within each stratum."""
    n = len(codes)
    target = np.argsort(codes, kind="stable")
    source = np.lexsort((rng.uniform(n), codes))
    out = np.empty(n, dtype=np.intp)
    out[target] = source
    return out


# ---------------------------------------------------------------- display


def old_table(names: list[str], observed: np.ndarray, test: Test, level: float) -> Table:
    body: list[Row | Rule] = []
    for k, name in enumerate(names):
        cells = (
            Cell(float(observed[k]), "%9.0g"),
            Cell(test.count[k], "%8.0f"),
            Cell(test.reps[k], "%8.0f"),
            Cell(test.p[k], "%6.4f"),
            Cell(test.se[k], "%6.4f"),
            Cell(test.ci[0, k], "%9.0g"),
            Cell(test.ci[1, k], "%9.0g"),
        )
        body.append(Row(abbrev(name, 12), cells))
    widths = (11, 8, 8, 8, 8, 10, 11)
    return Table(
        "T".ljust(12),
        12,
        tuple(Col("", width) for width in widths),
        tuple(body),
        top=True,
        bottom=True,
        head_text=(f"     T(obs)       c       n   p=c/n   SE(p) [{level:g}% Conf. Interval]",),
        name="permute",
    )


def new_table(
    names: list[str], observed: np.ndarray, found: Tests, sides: tuple[str, ...], level: float
) -> Table:
    body: list[Row | Rule] = []
    for k, name in enumerate(names):
        for number, side in enumerate(sides):
            test = {"lower": found.lower, "upper": found.upper, "two-sided": found.twosided}[side]
            two = side == "two-sided"
            cells = (
                Cell(float(observed[k]), "%9.0g") if number == 0 else None,
                Cell(side),
                None if two else Cell(test.count[k], "%8.0f"),
                None if two else Cell(test.reps[k], "%8.0f"),
                *(Cell(value[k], "%5.4f") for value in (test.p, test.se, test.ci[0], test.ci[1])),
            )
            body.append(Row(abbrev(name, 12) if number == 0 else "", cells))
    heading = f"[{level:g}% CI(p)]"
    return Table(
        "T",
        12,
        tuple(Col("", width) for width in (10, 11, 8, 8, 7, 7, 7, 7)),
        tuple(body),
        top=True,
        bottom=True,
        head_text=(
            " " * 47 + "Monte Carlo error",
            " " * 46 + "-" * 19,
            f"    T(obs)       Test       c       n      p  SE(p){heading.rjust(14)}",
        ),
        name="permute",
    )


_RULES = {
    "lower": "For lower one-sided test, c = #{T <= T(obs)} and p = p_lower = c/n.",
    "upper": "For upper one-sided test, c = #{T >= T(obs)} and p = p_upper = c/n.",
    "two-sided": "For two-sided test, p = 2*min(p_lower, p_upper); SE and CI approximate.",
}


def show(
    call: Call, permvar: str, inner: str, wanted: StatisticList, observed: np.ndarray, found: Tests, n: float,
    reps: int, ctx: Context,
) -> None:  # fmt: skip
    settings = ctx.settings
    level = call.opt("level", settings.level)
    title = call.opt("title", "Monte Carlo permutation results")
    names = [item.name for item in wanted.items]
    if "noheader" not in call.options and "notable" not in call.options:
        _heading(call, title, permvar, inner, wanted, n, reps, settings, ctx)
    if "notable" in call.options:
        return
    ctx.say()
    side = "lower" if call.has("left") else "upper" if call.has("right") else ""
    if settings.new_headings:
        sides = (side,) if side else ("lower", "upper", "two-sided")
        ctx.emit(new_table(names, observed, found, sides, level))
        label = "Notes: " if len(sides) > 1 else "Note: "
        ctx.say(
            "\n".join((label if not k else " " * len(label)) + _RULES[one] for k, one in enumerate(sides))
        )
        return
    test = {"": found.both, "lower": found.lower, "upper": found.upper}[side]
    ctx.emit(old_table(names, observed, test, level))
    rule = {"": "|T| >= |T(obs)|", "lower": "T <= T(obs)", "upper": "T >= T(obs)"}[side]
    plural = "Confidence intervals are" if len(names) > 1 else "Confidence interval is"
    blanks = " " if settings.release >= 14 else "  "
    ctx.say(f"Note:{blanks}{plural} with respect to p=c/n.\nNote:{blanks}c = #{{{rule}}}")


def _heading(
    call: Call, title: str, permvar: str, inner: str, wanted: StatisticList, n: float, reps: int,
    settings: Settings, ctx: Context,
) -> None:  # fmt: skip
    ctx.say()
    rows = [("Command", inner), *((item.name, item.text) for item in wanted.items)]
    if settings.new_headings:
        pairs = (
            ("Number of observations", Cell(n, "%12.0fc")),
            ("Number of permutations", Cell(float(reps), "%12.0fc")),
        )
        ctx.emit(Header((title, f"Permutation variable: {permvar}"), pairs))
    else:
        ctx.emit(Header((title,), (("Number of obs", Cell(n, "%12.0fc")),), compact=False))
        rows.append(("permute var", permvar))
    if call.has("strata"):
        strata = " ".join(call.opt("strata"))
        rows.append(("Strata" if settings.new_headings else "strata", strata))
    if "nolegend" not in call.options:
        ctx.say("\n" + legend(rows, settings))


# ---------------------------------------------------------------- the command


def _split(call: Call, ctx: Context) -> tuple[str, nodes.ExpList]:
    """The permutation variable and the expression list."""
    text = call.text.strip()
    word = text.split(None, 1)[0].rstrip(",") if text else ""
    if not word or word.startswith(","):
        raise StataError.varlist_required()
    names = expand_varlist(ctx.data, parse("varlist", word), varabbrev=ctx.settings.varabbrev)
    if len(names) != 1:
        raise StataError.too_many_variables()
    return names[0], parse("explist", text[len(word) :])


_LACKING = ("enumerate:4", "verbose:1", "trace:2", "force")


@command("permute", syntax="raw", prefix=True, klass="r", options=_OPTIONS, unsupported=_LACKING)
def run(call: Call, ctx: Context) -> Stored:
    if not call.prefix_command:
        raise StataError(198, "permute: saved results not yet supported")
    inner = call.prefix_command.strip()
    permvar, node = _split(call, ctx)
    call.options = typed_options(node.clauses.options, _OPTIONS, _LACKING, ctx)
    if call.has("left") and call.has("right"):
        raise StataError(198, "options left and right may not be combined")
    reps = call.opt("reps", 100)
    if reps < 1:
        raise StataError(198, "option reps() incorrectly specified")
    if call.has("seed"):
        ctx.rng.seed(call.opt("seed"))
    full = ctx.data
    ctx.data = full.copy()
    try:
        ran = run_once(inner, ctx)
        wanted = statistics(node.items, ctx, "_pm", ran.klass)
        observed = observed_values(wanted, ctx)
    finally:
        ctx.data = full
    if call.has("saving"):
        saving_target(call.opt("saving"), ctx)  # a bad file name must not cost the replications
    ctx.say(f"(running {ran.name} on estimation sample)")
    base = full.copy()
    if ran.sample is not None and len(ran.sample) == full.n and not call.has("nodrop"):
        base.keep_rows(ran.sample)
    elif ran.sample is None and not call.has("nowarn"):
        ctx.say("\n" + no_sample_warning(ran.name, "permute", ctx))
    word = "Permutations" if ctx.settings.new_headings else "Permutation replications"
    dots = Dots(ctx, word, reps, 0 if call.has("nodots") else call.opt("dots", 1))
    try:
        values = replicate(call, inner, base, permvar, wanted, reps, dots, ctx)
    finally:
        ctx.data = full
    dots.finish()
    if call.has("saving"):
        save_replicates(
            call.opt("saving"), values, wanted.items, "_pm", f"permute {permvar}: {ran.name}", ctx
        )
    level = call.opt("level", ctx.settings.level)
    found = tests(observed, values, call.opt("eps", 1e-7), level)
    show(call, permvar, inner, wanted, observed, found, float(base.n), reps, ctx)
    return stored(call, permvar, inner, wanted, observed, found, float(base.n), level, ctx)


@dataclass(frozen=True)
class Shuffled:
    """The data with one variable shuffled within strata; ``codes`` (n,) numbers the strata."""

    base: Dataset
    permvar: str
    codes: np.ndarray

    def draw(self, k: int, rng: StataRNG) -> np.ndarray:
        return shuffled(self.codes, rng)

    def data(self, drawn: np.ndarray) -> Dataset:
        sample = self.base.copy()
        sample.set_column(self.permvar, self.base.column(self.permvar).take(drawn))
        return sample

    def seed(self, drawn: np.ndarray) -> None:
        return None


def replicate(
    call: Call,
    inner: str,
    base: Dataset,
    permvar: str,
    wanted: StatisticList,
    reps: int,
    dots: Dots,
    ctx: Context,
) -> np.ndarray:
    """(reps, k) statistics with the variable shuffled; NaN where the command failed."""
    values = np.full((reps, len(wanted.items)), math.nan)
    strata = call.opt("strata", ())
    codes = base.groups(list(strata)).codes if strata else np.zeros(base.n, dtype=np.intp)

    def done(k: int, one: Replicate) -> None:
        values[k] = one.row
        dots.mark(one.complete)

    job = Job(inner, wanted, call.opt("reject"))
    run_replicates(job, Shuffled(base, permvar, codes), reps, ctx, done, call.has("noisily"))
    return values


def stored(
    call: Call, permvar: str, inner: str, wanted: StatisticList, observed: np.ndarray, found: Tests, n: float,
    level: float, ctx: Context,
) -> Stored:  # fmt: skip
    """r() of permute."""
    names = tuple(f"{item.equation}:{item.name}" if item.equation else item.name for item in wanted.items)
    scalars = {"N": n, "level": level, "k_exp": float(len(names))}
    macros = {
        "cmd": "permute",
        "command": inner,
        "permvar": permvar,
        "title": "Monte Carlo permutation results",
    }
    macros |= {f"exp{k + 1}": item.text for k, item in enumerate(wanted.items)}
    for side in ("left", "right"):
        if call.has(side):
            macros[side] = side
    if call.has("strata"):
        macros["strata"] = " ".join(call.opt("strata"))
        scalars["N_strata"] = float(len(ctx.data.groups(list(call.opt("strata")))))

    def row(values: np.ndarray) -> StataMatrix:
        return equation_matrix(values, names)

    def interval(test: Test) -> StataMatrix:
        return StataMatrix(test.ci, ("ll", "ul"), names)

    matrices = {"b": row(observed), "reps": row(found.lower.reps)}
    if ctx.settings.new_headings:
        for name, test in (("lower", found.lower), ("upper", found.upper), ("twosided", found.twosided)):
            if name != "twosided":
                matrices[f"c_{name}"] = row(test.count)
            matrices |= {f"p_{name}": row(test.p), f"se_{name}": row(test.se), f"ci_{name}": interval(test)}
    else:
        test = found.lower if call.has("left") else found.upper if call.has("right") else found.both
        matrices |= {"c": row(test.count), "p": row(test.p), "se": row(test.se), "ci": interval(test)}
    return Stored("r", scalars, macros, matrices)
