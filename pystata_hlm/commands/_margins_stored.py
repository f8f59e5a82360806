"""r() of margins."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _margins_compare
from pystata_hlm.commands._coeftable import Coefficients, statistics
from pystata_hlm.commands._estimation import equation_matrix, square_matrix
from pystata_hlm.commands._margins_layout import Display, Result, coefficients
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def result_table(c: Coefficients) -> StataMatrix:
    """r(table): b, se, z or t, pvalue, ll, ul, df, crit, eform."""
    stat, p, low, high = statistics(c)
    tail = (1 - c.level / 100) / 2
    crit = float(dist.invnormal(1 - tail) if c.df is None else dist.invttail(c.df, tail))
    good = np.array([status == "ok" for status in c.status])
    m = len(c.names)
    rows = [c.b, np.where(good, c.se, np.nan), stat, p, low, high]
    rows += [np.full(m, math.nan if c.df is None else c.df), np.full(m, crit), np.zeros(m)]
    if c.adjust is not None:
        rows[7] = np.broadcast_to(c.adjust[1], m)
    values = np.array([np.where(good | (k in (0, 6, 7, 8)), row, np.nan) for k, row in enumerate(rows)])
    names = ("b", "se", "z" if c.df is None else "t", "pvalue", "ll", "ul", "df", "crit", "eform")
    return StataMatrix(values, names, tuple(c.names))


def at_matrix(result: Result, recipe: DesignRecipe) -> tuple[StataMatrix | None, tuple[str, ...]]:
    """r(at) and the atstats of its rows. Columns: continuous covariates, indicators of factors; missing: as observed."""
    request = result.request
    if not any(row.settings for row in request.at):
        return None, ()
    columns: list[tuple[str, str, int | None]] = []
    for name in request.covariates:
        factor = recipe.factors.get(name)
        if factor is None:
            columns.append((name, name, None))
        else:
            columns += [(f"{v}{'b' if v == factor.base else ''}.{name}", name, v) for v in factor.levels]
    values, rows, stats = [], [], []
    for k, row in enumerate(request.at, start=1):
        for group, over in enumerate(request.over.values):
            line, words = [], []
            for _, name, level in columns:
                setting = row.settings.get(name)
                held = None if setting is None else setting.held[group]
                words.append("asobserved" if held is None or setting is None else setting.note or "values")
                if held is None or isinstance(held, np.ndarray):
                    line.append(math.nan)
                elif level is None:
                    line.append(float(held))  # type: ignore[arg-type]
                elif isinstance(held, (int, float)):
                    line.append(float(held == level))
                else:
                    line.append(float(held.get(level, 0.0)))
            values.append(line)
            text = "#".join(f"{v}.{n}" for n, v in zip(request.over.names, over, strict=True))
            rows.append(f"{k}._at" + (f"#{text}" if text else ""))
        stats.append(" ".join(words))
    return StataMatrix(np.array(values), tuple(rows), tuple(c[0] for c in columns)), tuple(stats)


def stored_results(result: Result, call: Call, ctx: Context) -> Stored:
    """Scalars, macros and matrices of r()."""
    request, e = result.request, ctx.workspace.e
    c = coefficients(result, Display())
    names = result.names
    scalars = {
        "N": result.n,
        "level": result.level,
        "k_predict": float(request.predictions),
        "k_margins": float(len(request.terms)),
        "k_by": float(len(request.over.values)),
        "k_at": float(len(request.at)) if any(row.settings for row in request.at) else 0.0,
    }
    if result.df is not None:
        scalars["df_r"] = result.df
    macros = {
        "cmd": "margins",
        "cmdline": call.line,
        "est_cmd": e.macros.get("cmd", ""),
        "est_cmdline": e.macros.get("cmdline", ""),
        "title": result.title,
        "model_vce": e.macros.get("vce", ""),
        "model_vcetype": e.macros.get("vcetype", ""),
        "vce": "delta",
        "margins": " ".join("#".join(term.names) for term in request.terms if term.names),
        "expression": result.expression,
        "predict_label": result.label,
        "over": " ".join(request.over.names),
        "by": " ".join(request.over.names),
    }
    for k, (label, text) in enumerate(result.predictions or ((result.label, result.expression),), start=1):
        if label:
            macros[f"predict{k}_opts"] = text.removeprefix("predict(").removesuffix(")")
            macros[f"predict{k}_label"] = label
    if request.derivatives:
        macros["derivatives"] = result.effect
        macros["xvars"] = " ".join(d.column for d in request.derivatives)
    matrices = {
        "b": equation_matrix(result.estimates.b, names, "r1"),
        "V": square_matrix(result.estimates.vcov, names),
        "Jacobian": StataMatrix(
            result.estimates.jacobian, names, result.estimates.columns or ctx.estimation.recipe.names
        ),
        "_N": StataMatrix(np.array([result.counts]), ("r1",), names),
        "table": result_table(c),
    }
    at, stats = at_matrix(result, ctx.estimation.recipe)
    if at is not None:
        matrices["at"] = at
        macros |= {f"atstats{k}": text for k, text in enumerate(stats, start=1)}
    macros = {name: text for name, text in macros.items() if text}
    return Stored("r", scalars, macros, matrices, hidden={"margins": result})


def compared(stored: Stored, result: Result, method: str) -> Stored:
    """With r(b_vs), r(V_vs), r(error_vs), r(table_vs) of pwcompare()."""
    pairs = _margins_compare.pairs_of(result)
    b, vcov, matrix = _margins_compare.differences(result, pairs)
    names = _margins_compare.column_names(result, pairs)
    good = result.estimates.estimable
    c = Coefficients(
        names=names,
        status=tuple("ok" if good[p.first] and good[p.second] else "not estimable" for p in pairs),
        b=b,
        se=np.sqrt(np.maximum(np.diag(vcov), 0.0)),
        df=result.df,
        level=result.level,
        adjust=_margins_compare.adjustment(result, pairs, b, vcov, method),
    )
    matrices = {
        **stored.matrices,
        "b_vs": equation_matrix(b, names, "r1"),
        "V_vs": square_matrix(vcov, names),
        "L": StataMatrix(matrix, names, result.names),
        "table_vs": result_table(c),
    }
    macros = {**stored.macros, "cmd2": "pwcompare", "mcmethod_vs": method}
    return stored.with_(matrices=matrices, macros=macros)
