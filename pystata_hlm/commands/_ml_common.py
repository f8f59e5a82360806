"""What single-level maximum-likelihood commands share: options, sample and weights, V by vce(), e() in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pystata_hlm.commands._estimation import (
    Vce,
    cluster_codes,
    dependent,
    design_of,
    mark_complete,
    parse_vce,
)
from pystata_hlm.commands._ml_perfect import without_perfect
from pystata_hlm.design.collinear import independent, pivot_order
from pystata_hlm.design.matrix import Design
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist, glm, ols
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray

DISPLAY = (
    Opt("level", 1, "level"),
    Opt("baselevels", 5),
    Opt("allbaselevels", 7),
    Opt("noheader", 4),
)
MODEL = (
    Opt("vce", 3, "text"),
    Opt("robust", 1),
    Opt("cluster", 2, "varname"),
    Opt("nolog", 5),
    Opt("log", 3),
    Opt("iterate", 4, "int"),
    Opt("tolerance", 3, "real"),
    Opt("ltolerance", 4, "real"),
    Opt("nrtolerance", 4, "real"),
    Opt("difficult", 3),
)
OFFSET = Opt("offset", 3, "varname")
EXPOSURE = Opt("exposure", 1, "varname")
LACKING = (
    "constraints:1",
    "collinear",
    "from",
    "technique:4",
    "nonrtolerance:5",
    "trace",
    "gradient",
    "showstep",
    "hessian",
    "showtolerance",
    "coeflegend:5",
    "cformat",
    "pformat",
    "sformat",
    "noci",
    "nopvalues",
    "noomitted",
    "vsquish",
    "noemptycells",
    "nofvlabel",
    "fvwrap",
    "nolstretch",
    "nocnsreport",
)


@dataclass(frozen=True)
class Sample:
    """The observations used. ``y`` and ``design`` have a row for each; ``rows`` marks them in the data."""

    depvar: str
    y: Array
    design: Design
    rows: Array
    vce: Vce
    constant: bool
    weights: Array | None = None
    weight_kind: str = ""
    offset: Array | None = None
    shift: str = ""
    """e(offset): a variable, or ``ln(variable)`` of exposure()."""

    @property
    def n(self) -> float:
        """Number of observations as weights count them."""
        if self.weights is not None and self.weight_kind == "fweight":
            return float(self.weights.sum())
        if self.weights is not None and self.weight_kind == "iweight":
            return float(np.floor(self.weights.sum()))
        return float(len(self.y))

    @property
    def frequency(self) -> Array | None:
        return self.weights if self.weight_kind == "fweight" else None

    @property
    def slopes(self) -> int:
        return self.design.x.shape[1] - int(self.design.recipe.constant)


def sample_of(
    call: Call, ctx: Context, vces: tuple[str, ...], *, ordinal: bool = False, binary: bool = False
) -> Sample:
    """Read varlist, weights, vce() and offset. ``ordinal``: no constant in the design; ``binary``: perfect
    predictors are left out unless ``asis``."""
    depvar, terms = dependent(call.terms, ctx)
    weight = call.weight
    pweights = weight is not None and weight.kind == "pweight"
    vce = parse_vce(
        call.opt("vce"),
        call.has("robust") or (pweights and not call.has("vce") and not call.has("cluster")),
        call.opt("cluster"),
        "oim",
        vces,
        ctx,
    )
    if pweights and vce.kind not in ("robust", "cluster"):
        raise StataError(198, f"pweights may not be combined with vce({vce.kind})")
    shift = [v for v in (call.opt("offset"), call.opt("exposure")) if v]
    if len(shift) > 1:
        raise StataError(198, "only one of offset() or exposure() can be specified")
    marked = mark_complete(tuple(v for v in (*shift, vce.cluster) if v), call.sample, ctx)
    constant = not call.has("noconstant")
    design, rows = design_of(terms, marked, ctx, (depvar,), constant or ordinal)
    y = ctx.data.values(depvar)[rows]
    if binary:
        success = (y != 0).astype(float)
        if not success.any() or success.all():
            raise StataError(2000, NO_VARIATION)
        if not call.has("asis"):
            design, keep = without_perfect(design, success, ctx)
            design = without_collinear(design, ctx)
            rows = rows.copy()
            rows[np.flatnonzero(rows)[~keep]] = False
            y = y[keep]
    if ordinal:
        recipe = replace(design.recipe, columns=design.recipe.columns[:-1], constant=False)
        design = Design(design.x[:, :-1], recipe, design.notes)
    offset = None
    if shift:
        offset = ctx.data.values(shift[0])[rows]
        if call.has("exposure"):
            if (offset <= 0).any():
                raise StataError(459, f"{shift[0]} must be greater than zero")
            offset = np.log(offset)
    return Sample(
        depvar,
        y,
        design,
        rows,
        vce,
        constant,
        None if weight is None else weight.values[rows],
        "" if weight is None else weight.kind,
        offset,
        (f"ln({shift[0]})" if call.has("exposure") else shift[0]) if shift else "",
    )


NO_VARIATION = (
    "outcome does not vary; remember:\n"
    + " " * 34
    + "0 = negative outcome,\n"
    + " " * 25
    + "all other nonmissing values = positive outcome"
)


def without_collinear(found: Design, ctx: Context) -> Design:
    """Columns that became collinear when observations went, with their notes."""
    slopes = found.x.shape[1] - int(found.recipe.constant)
    if not slopes:
        return found
    x = found.x[:, :slopes]
    good = independent(x, found.recipe.constant)
    if not good.all():
        order = pivot_order(x, found.recipe.constant)
        good[order] = independent(x[:, order], found.recipe.constant)
    gone = ~good
    if not gone.any():
        return found
    left = found.without(gone)
    for note in left.notes:
        ctx.emit(Text(note.text(ctx.settings.release)))
    return left


def control_of(call: Call) -> glm.Control:
    """iterate(), tolerance(), ltolerance(), nrtolerance(), difficult."""
    given = {
        name: call.opt(name)
        for name in ("iterate", "tolerance", "ltolerance", "nrtolerance")
        if call.has(name)
    }
    return replace(glm.Control(), difficult=call.has("difficult"), **given)


class Fit(Protocol):
    """What ``covariance`` needs of a fit."""

    @property
    def vcov(self) -> Array: ...

    @property
    def scores(self) -> Array: ...

    def robust(self, clusters: Array | None = None, frequency: Array | None = None) -> Array: ...


def covariance(fit: Fit, sample: Sample, ctx: Context) -> tuple[Array, int | None]:
    """V by vce(), and the number of clusters."""
    if sample.vce.kind == "cluster":
        codes, n = cluster_codes(sample.vce.cluster, sample.rows, ctx)
        return fit.robust(codes), n
    if sample.vce.kind == "robust":
        return fit.robust(frequency=sample.frequency), None
    if sample.vce.kind == "opg":
        u = fit.scores
        w = np.ones(len(u)) if sample.weights is None else sample.weights
        return np.asarray(np.linalg.pinv((u * w[:, None]).T @ u, hermitian=True)), None
    return fit.vcov, None


VCETYPES = {"oim": "", "robust": "Robust", "cluster": "Robust", "opg": "OPG", "eim": "EIM"}


def shared_macros(call: Call, sample: Sample, title: str) -> dict[str, str]:
    """Macros of e() that every command stores."""
    macros = {
        "cmd": call.command,
        "cmdline": f"{call.command} {call.text.strip()}",
        "depvar": sample.depvar,
        "title": title,
        "vce": sample.vce.kind,
        "opt": "moptimize",
        "which": "max",
        "ml_method": "e2",
        "technique": "nr",
        "properties": "b V",
        "predict": f"{call.command}_p",
    }
    if VCETYPES[sample.vce.kind]:
        macros["vcetype"] = VCETYPES[sample.vce.kind]
    if sample.vce.cluster:
        macros["clustvar"] = sample.vce.cluster
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    if sample.shift:
        macros["offset"] = sample.shift
    return macros


def test_of_model(
    sample: Sample, b: Array, vcov: Array, lls: tuple[float, float], df: int
) -> tuple[str, float, float, float]:
    """Likelihood-ratio or Wald test that the coefficients ``b`` are zero: type, chi2, df, p."""
    kind = "LR" if sample.vce.kind in ("oim", "opg") and sample.constant else "Wald"
    if kind == "LR":
        chi2 = 2 * (lls[0] - lls[1]) if df else 0.0
    elif len(b):
        chi2, rank = ols.wald(b, vcov)[:2]
        df = int(rank)
    else:
        chi2 = 0.0
    return kind, chi2, float(df), float(dist.chi2tail(df, chi2)) if df else math.nan


def log_items(
    call: Call, ctx: Context, trace: Sequence[glm.Step], vce: Vce, head: str = "", word: str = ""
) -> None:
    """The iteration log, under a heading (``Fitting full model:``)."""
    if call.has("nolog") or (not ctx.settings.iterlog and not call.has("log")):
        return
    capital = ctx.settings.release >= 18
    gap, log = ("  ", "Log") if capital else ("   ", "log")
    what = word or f"{log} {'pseudolikelihood' if vce.kind in ('robust', 'cluster') else 'likelihood'}"
    lines = [
        f"Iteration {k}:{gap}{what} = {format_number(step.value, '%10.0g')}  "
        + (f"({step.note})" if step.note else "")
        for k, step in enumerate(trace)
    ]
    ctx.emit(Text("\n".join([*(["", head] if head else []), "", *lines])))
