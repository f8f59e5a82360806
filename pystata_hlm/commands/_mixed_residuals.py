"""``residuals()`` of mixed: what it asks for, the engine's view of it, and the names and rows of its parameters.

Names in e(b): ``lnsig_e``, ``r_atr#`` (# numbers the by() groups) and ``r_lns#ose`` are Stata's (Statalist, 21 March 2010,
"Estout after xtmixed with ar(1) residuals"); the others follow their pattern.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _mixed_layout as layout
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import lmm
from pystata_hlm.numeric.lmm.panels import repeated_times
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._mixed_model import LevelPlan, Model
    from pystata_hlm.runtime.context import Context

# shortest abbreviation, whether an order may follow, whether t() is needed
_KINDS = {
    "independent": (3, False, False),
    "exchangeable": (2, False, False),
    "ar": (2, True, True),
    "ma": (2, True, True),
    "unstructured": (2, False, True),
    "banded": (2, True, True),
    "toeplitz": (2, True, True),
    "exponential": (3, False, True),
}
_MOST_ROWS = 5000  # rows of one group whose covariance matrix is still formed


@dataclass(frozen=True)
class ResidualPlan:
    """``residuals(kind order, t(time) by(by))``; "" and None where not given."""

    by: str = ""
    kind: str = "independent"
    order: int | None = None
    time: str = ""

    @property
    def correlated(self) -> bool:
        return self.kind != "independent"

    @property
    def label(self) -> str:
        """``AR(1)``, ``Unstructured``, as the table heads it and e(rstructlab) says."""
        name = self.kind.upper() if self.kind in ("ar", "ma") else self.kind.capitalize()
        return name if self.order is None else f"{name}({self.order})"


def residual_plan(text: str | None, ctx: Context) -> ResidualPlan:
    """The ``residuals()`` option."""
    if text is None:
        return ResidualPlan()
    node = parse("anything", text)
    words = node.text.split()
    if not words:
        raise StataError(198, "option residuals() incorrectly specified")
    options = typed_options(node.clauses.options, (Opt("by", 2, "varname"), Opt("t", 1, "varname")), (), ctx)
    kind, attached = _kind_of(words[0], text)
    shortest_order = 0 if kind == "banded" else 1
    _, ordered, timed = _KINDS[kind]
    rest = ([attached] if attached else []) + words[1:]
    order = None
    if rest:
        if not ordered or len(rest) > 1 or not rest[0].isdigit() or int(rest[0]) < shortest_order:
            raise StataError(198, f"residuals({text}) not allowed")
        order = int(rest[0])
    elif kind in ("ar", "ma"):
        order = 1
    time = options.get("t", "")
    if time and not timed:
        ctx.say("Note: t() not required for this residual structure; ignored")
        time = ""
    if timed and not time:
        raise StataError(198, "option t() required")
    return ResidualPlan(options.get("by", ""), kind, order, time)


def _kind_of(word: str, text: str) -> tuple[str, str]:
    """The structure, and an order written onto it (``ar1``)."""
    letters = word.rstrip("0123456789")
    for name, (shortest, _, _) in _KINDS.items():
        if len(letters) >= shortest and name.startswith(letters):
            return name, word[len(letters) :]
    raise StataError(198, f"residuals({text}) not allowed")


def engine_spec(
    plan: ResidualPlan,
    levels: tuple[LevelPlan, ...],
    strata: np.ndarray | None,
    rows: np.ndarray,
    ctx: Context,
) -> lmm.ResidualSpec | None:
    """The engine's structure on the sample, after the checks of t(); None for independent residuals."""
    if not plan.correlated:
        return None
    if any(part.factor for level in levels for part in level.parts):
        raise StataError(198, f"residuals({plan.kind}) with R.varname not yet supported")
    time = None
    if plan.time:
        if ctx.data.column(plan.time).is_string:
            raise StataError.type_mismatch()
        time = np.asarray(ctx.data.values(plan.time)[rows], dtype=np.float64)
        if plan.kind != "exponential" and np.any(time != np.floor(time)):
            raise StataError(459, f"t() variable {plan.time} must be integer-valued")
        if plan.kind in ("unstructured", "banded") and np.any(time < 0):
            raise StataError(459, f"t() variable {plan.time} must be nonnegative")
    keys = list(levels[-1].keys) if levels else []
    groups = ctx.data.groups(keys, rows).codes[rows] if keys else np.zeros(int(rows.sum()), dtype=np.intp)
    if groups.size and int(np.bincount(groups).max()) > _MOST_ROWS:
        raise StataError(
            198, f"residuals({plan.kind}) with more than {_MOST_ROWS} rows a group not yet supported"
        )
    spec = lmm.ResidualSpec(plan.kind, plan.order, time, strata)
    if groups.size and repeated_times(groups, spec):
        raise StataError(451, "repeated time values within panel")
    return spec


# ---------------------------------------------------------------- names and rows


def metric_name(p: lmm.Param, model: Model) -> str:
    """Equation name in e(b) of a residual parameter."""
    if p.kind == "lnsig_e":
        return "lnsig_e"
    if not model.residual.correlated:
        return f"r_lns{p.i}ose"
    matrix = model.residual.kind in ("unstructured", "banded")
    if p.kind == "r_lns":
        return f"r_lns{p.equation}_{p.i}ose" if matrix else f"r_lns{p.equation}ose"
    if p.kind == "r_atr":
        if matrix:
            return f"r_atr{p.equation}_{p.i}_{p.j}"
        return f"r_atr{p.equation}_{p.i}" if model.residual.kind == "toeplitz" else f"r_atr{p.equation}"
    if p.kind == "r_logit":
        return f"r_logit{p.equation}"
    return f"{p.kind}{p.equation}_{p.i}"


def component_label(p: lmm.Param, fitted: lmm.LmmFit, model: Model, sd: bool) -> tuple[str, str]:
    """(row title, kind of interval) of a residual parameter."""
    part = fitted.correlated
    assert part is not None
    plan = model.residual
    variance, covariance = ("sd", "corr") if sd else ("var", "cov")
    if p.kind in ("resvar", "rescov"):
        inside = "e"
        if plan.kind in ("unstructured", "banded"):
            times = part.model.shapes[p.equation - 1].values
            ends = (p.i,) if p.kind == "resvar" else (p.i, p.j)
            inside = ",".join(f"e{times[k - 1]:.0f}" for k in ends)
        kind = variance if p.kind == "resvar" else covariance
        return f"{kind}({inside})", kind
    if p.kind == "rho":
        numbered = plan.kind == "toeplitz"
        return (f"rho{p.i}" if numbered else "rho"), ("logit" if plan.kind == "exponential" else "corr")
    return f"{p.kind}{p.i}", "other"


def section(
    fitted: lmm.LmmFit, model: Model, values: np.ndarray, ses: np.ndarray, level: float, sd: bool
) -> layout.Section:
    """Rows of correlated residuals; coefficients and correlations stand above the variance they go with."""
    params = fitted.params[len(fitted.params) - len(values) :]
    places = list(range(len(params)))
    if model.residual.kind not in ("exchangeable", "unstructured", "banded"):
        places.sort(key=lambda k: (params[k].equation, params[k].kind == "resvar", k))
    rows = []
    for k in places:
        label, kind = component_label(params[k], fitted, model, sd)
        if model.residual.by:
            label = f"{model.strata[params[k].equation - 1]}: {label}"
        rows.append(layout.component(label, kind, values[k], ses[k], level))
    heading = f"Residual: {model.residual.label}"
    if model.residual.by:
        return layout.Section((heading + ",", f"    by {model.residual.by}"), tuple(rows))
    return layout.Section((heading,), tuple(rows))


def standardised(fitted: lmm.LmmFit, model: Model, residual: np.ndarray, ctx: Context) -> np.ndarray:
    """Residuals of the estimation sample times the inverse square root of their fitted covariance matrix."""
    part = fitted.correlated
    assert part is not None
    plan, data = model.residual, ctx.data
    sample = np.asarray(ctx.workspace.e_sample(), dtype=bool)
    out = np.full(data.n, math.nan)
    strata, _ = stratum_texts(plan.by, sample, ctx)
    time = np.asarray(data.values(plan.time), dtype=np.float64)[sample] if plan.time else None
    keys = list(model.levels[-1].keys) if model.levels else []
    codes = data.groups(keys, sample).codes[sample] if keys else np.zeros(int(sample.sum()), dtype=np.intp)
    same = codes.size == fitted.n and np.isfinite(residual[sample]).all()
    for now, then in ((time, part.spec.time), (strata, part.spec.by)):
        if now is not None and then is not None:
            same = same and bool(np.array_equal(np.sort(now), np.sort(then)))
    if not same:
        raise StataError(459, "the estimation sample has changed since the model was fitted")
    out[sample] = part.standardise(residual[sample], codes, time, strata)
    return out


def stratum_texts(by: str, rows: np.ndarray, ctx: Context) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Codes of the by() groups on the rows, and their texts in ascending order."""
    if not by:
        return None, ()
    if ctx.data.column(by).is_string:
        raise StataError.type_mismatch()
    groups = ctx.data.groups([by], rows)
    values = ctx.data.values(by)[groups.first_rows]
    texts = tuple(number_text(ctx.data, by, float(v)) for v in values)
    return groups.codes[rows], texts
