"""Results of bootstrap and jackknife: e() with the replicates' covariance, and the table of an expression list."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import equation_matrix, label_lookup, square_matrix
from pystata_hlm.commands._resampling import StatisticList, legend
from pystata_hlm.numeric import dist, ols
from pystata_hlm.output.items import Cell, Header
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

OWN_DISPLAY = (
    "mixed", "regress", "logit", "logistic", "probit", "cloglog", "poisson", "ologit", "oprobit",
)  # fmt: skip
"""Commands whose own heading and table are shown, with the replicates' standard errors."""


@dataclass(frozen=True)
class Method:
    """bootstrap or jackknife: how it is called in e() and over the columns."""

    name: str
    word: str
    heads: _coeftable.Heads


@dataclass(frozen=True)
class Outcome:
    """What the replicates gave. ``df_r`` None: normal; ``n`` the number of observations; ``note`` over the table."""

    method: Method
    wanted: StatisticList
    observed: np.ndarray
    vcov: np.ndarray
    df_r: float | None
    n: float
    reps: int
    mask: np.ndarray
    command: str
    line: str
    scalars: dict[str, float]
    macros: dict[str, str]
    matrices: dict[str, StataMatrix]
    note: str = ""
    title: str = ""
    n_text: str = ""
    """The expression of n(), as the legend shows it."""


def column_names(wanted: StatisticList, original: Stored) -> tuple[str, ...]:
    """Column names of e(b)."""
    if wanted.whole_b:
        return original.matrices["b"].cols
    out = []
    for item in wanted.items:
        name = item.name
        if not item.given:  # _b[x] and _se[x] among other expressions
            kind = item.text.partition("[")[0]
            name = f"{kind}_{name.lstrip('_')}"
        out.append(f"{item.equation}:{name}" if item.equation else name)
    return tuple(out)


def stored(found: Outcome, original: Stored, estimation: Estimation | None, level: float) -> Stored:
    """e(): the command's own with V replaced, or new ones for an expression list."""
    method = found.method
    names = column_names(found.wanted, original)
    scalars = {
        "N_reps": float(found.scalars.pop("N_reps", found.reps)),
        **found.scalars,
        "level": level,
        "k_exp": float(len(names)),
    }
    macros = {
        "prefix": method.name,
        "vce": method.name,
        "vcetype": method.word,
        "command": found.command,
        "cmdline": found.line,
        "properties": "b V",
        **found.macros,
    }
    matrices = {
        "b": equation_matrix(found.observed, names),
        "V": square_matrix(found.vcov, names),
        **found.matrices,
    }
    info = {
        "heads": method.heads,
        "note": found.note,
        "reps": found.reps,
        "items": found.wanted.items,
        "title": found.title,
        "word": method.word,
        "df_r": found.df_r,
        "n_text": found.n_text,
    }
    if found.df_r is not None:
        scalars["df_r"] = found.df_r
    if found.wanted.whole_b and estimation is not None and estimation.cmd in OWN_DISPLAY:
        return _with_command(found, original, estimation, scalars, macros, matrices, info)
    scalars |= {"N": found.n}
    macros |= {"cmd": method.name, "title": found.title or f"{method.word} results"}
    if not found.wanted.whole_b:
        macros |= {f"exp{k + 1}": item.text for k, item in enumerate(found.wanted.items)}
    plain = Estimation(
        method.name,
        b=found.observed,
        vcov=found.vcov,
        df_r=found.df_r,
        replay=show,
        extra={"bootstrap": info},
    )
    return Stored("e", scalars, macros, matrices, plain, found.mask)


def _with_command(
    found: Outcome,
    original: Stored,
    estimation: Estimation,
    scalars: dict[str, float],
    macros: dict[str, str],
    matrices: dict[str, StataMatrix],
    info: dict[str, Any],
) -> Stored:
    """The estimation command's results; the model test is a Wald test, F when there are degrees of freedom."""
    recipe = estimation.recipe
    k = len(recipe)
    fixed = found.vcov[:k, :k]
    slopes = np.array([j for j in recipe.kept if recipe.columns[j].name != "_cons"], dtype=np.intp)
    chi2, df = ols.wald(estimation.b[slopes], fixed[np.ix_(slopes, slopes)]) if len(slopes) else (math.nan, 0)
    merged = {**original.scalars}
    for name in ("df_r", "F", "chi2", "p"):
        merged.pop(name, None)
    merged = {**merged, **scalars, "df_m": float(df)}
    tests = {**original.macros, **macros}
    if found.df_r is None or estimation.cmd == "mixed":
        merged |= {"chi2": chi2, "p": float(dist.chi2tail(df, chi2)) if df else math.nan}
        tests["chi2type"] = "Wald"
    else:
        f = chi2 / df if df else math.nan
        merged |= {"F": f, "p": float(dist.Ftail(df, found.df_r, f)) if df else math.nan}
    if found.title:
        tests["title"] = found.title
    new = replace(estimation, vcov=fixed, df_r=found.df_r, extra={**estimation.extra, "bootstrap": info})
    return Stored(
        "e",
        merged,
        tests,
        {**original.matrices, **matrices, "V_modelbased": original.matrices["V"]},
        new,
        found.mask,
    )


# ---------------------------------------------------------------- display of expression lists


def heading_pairs(e: Stored, info: dict[str, Any]) -> tuple[tuple[str, Cell], ...]:
    return (
        ("Number of obs", Cell(e.scalars["N"], "%12.0fc")),
        ("Replications", Cell(float(info["reps"]), "%12.0fc")),
    )


def show_legend(e: Stored, info: dict[str, Any], ctx: Context) -> None:
    """The command and the expressions behind the names, unless it is all of e(b)."""
    if "exp1" not in e.macros:
        return
    rows = [
        ("Command", e.macros["command"]),
        *((item.name, item.text) for item in info["items"] if item.given),
    ]
    if info["n_text"]:
        rows.append(("n()", info["n_text"]))
    ctx.say("\n" + legend(rows, ctx.settings))


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """``Bootstrap results``: heading, legend of the expressions, table."""
    e = ctx.workspace.e
    info = estimation.extra["bootstrap"]
    settings = ctx.settings
    if "notable" in options:
        return
    if "noheader" not in options:
        ctx.say()
        title = options.get("title") or e.macros["title"]
        ctx.emit(Header((title, ""), heading_pairs(e, info), compact=settings.compact_header))
        if "nolegend" not in options:
            show_legend(e, info, ctx)
    cols = e.matrices["b"].cols
    names = tuple(col.rpartition(":")[2] for col in cols)
    equations = [col.rpartition(":")[0] for col in cols]
    blocks = None
    if any(equations):
        blocks = [
            _coeftable.Block("", ((name, k),), False, equation)
            for k, (name, equation) in enumerate(zip(names, equations, strict=True))
        ]
    c = _coeftable.Coefficients(
        names=names,
        status=["omitted" if part.split(".")[0].endswith("o") and "." in part else "ok" for part in names],
        b=estimation.b,
        se=np.sqrt(np.maximum(np.diag(estimation.vcov), 0)),
        df=estimation.df_r,
        level=options.get("level", settings.level),
        heads=info["heads"],
    )
    ctx.say()
    table = _coeftable.table(c, settings, label_lookup(ctx), head="", blocks=blocks)
    if info["note"]:
        ctx.say(info["note"].rjust(table_width(table)))
    ctx.emit(table)


def cluster_note(names: tuple[str, ...], n: int) -> str:
    return f"(Replications based on {n:,} clusters in {' '.join(names)})" if names else ""
