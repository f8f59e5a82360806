"""Steps that estimation commands share: the sample, the design with its notes, vce(), clusters, e(b) and e(V)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._labels import level_label
from pystata_hlm.data import missing
from pystata_hlm.design.matrix import Design, build, markout
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang import nodes
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.results import StataMatrix
from pystata_hlm.runtime.spec import Weights

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def dependent(terms: nodes.Varlist, ctx: Context) -> tuple[str, nodes.Varlist]:
    """The dependent variable (first term) and the remaining terms; r(109) when it is a string."""
    first, rest = terms[0], terms[1:]
    names = expand_varlist(ctx.data, (first,), ctx.settings.varabbrev, timeseries=True)
    if len(names) > 1:  # y x1 x2 from a pattern or a range: the first is the dependent variable
        rest = (*(nodes.NamePattern(name) for name in names[1:]), *rest)
    name = names[0]
    if ctx.data.column(name).is_string:
        raise StataError.type_mismatch()
    return name, rest


def design_of(
    terms: nodes.Varlist,
    sample: np.ndarray,
    ctx: Context,
    also: tuple[str, ...] = (),
    constant: bool = True,
) -> tuple[Design, np.ndarray]:
    """The design matrix on the rows without missing values (in the terms and ``also``); prints the notes.

    Errors: r(2000) no observations, r(109) string variables, r(452) bad factor variables.
    """
    expanded = expand_terms(ctx.data, terms, ctx.settings.varabbrev)
    for name in expanded.names:
        if ctx.data.column(name).is_string and name not in expanded.factor_names:
            raise StataError.type_mismatch()
    complete = markout(ctx.data, (*also, *expanded.names), sample)
    if not complete.any():
        raise StataError.no_observations()
    found = build(ctx.data, expanded, complete, constant)
    for note in found.notes:
        ctx.emit(Text(note.text(ctx.settings.release)))
    return found, complete


@dataclass(frozen=True)
class Vce:
    """``kind``: oim/ols, robust, hc2, hc3, opg, eim, cluster; ``cluster`` is the cluster variable."""

    kind: str
    cluster: str = ""


def parse_vce(
    text: str | None, robust: bool, cluster: str | None, default: str, allowed: tuple[str, ...], ctx: Context
) -> Vce:
    """``vce(...)``, ``robust`` and ``cluster()`` as one; r(198) for what is not allowed."""
    if text is None:
        if cluster:
            return Vce("cluster", cluster)
        return Vce("robust" if robust else default)
    if robust or cluster:
        raise StataError(198, "options vce() and robust or cluster() may not be combined")
    words = text.split()
    if not words:
        raise StataError(198, "option vce() incorrectly specified")
    word = words[0]
    for kind, shortest in (
        ("robust", 1),
        ("cluster", 2),
        ("oim", 3),
        ("ols", 3),
        ("hc2", 3),
        ("hc3", 3),
        ("opg", 3),
        ("eim", 3),
    ):
        if len(word) >= shortest and kind.startswith(word) and kind in allowed:
            if kind == "cluster":
                if len(words) != 2:
                    raise StataError(198, "option vce() incorrectly specified")
                return Vce(kind, ctx.data.find(words[1]))
            if len(words) > 1:
                raise StataError(198, "option vce() incorrectly specified")
            return Vce(kind)
    if any(full.startswith(word) for full in ("bootstrap", "jackknife", "opg", "conventional")):
        raise StataError(198, f"vce({word}) not yet supported")
    raise StataError(198, f"vcetype '{text}' not allowed")


def cluster_codes(name: str, rows: np.ndarray, ctx: Context) -> tuple[np.ndarray, int]:
    """0-based cluster numbers of the sample's rows and their count; r(2001) for a single cluster."""
    groups = ctx.data.groups([name], rows)
    n = len(groups.sizes)
    if n < 2:
        raise StataError.insufficient_observations()
    return groups.codes[rows].astype(np.intp), n


def mark_complete(names: tuple[str, ...], sample: np.ndarray, ctx: Context) -> np.ndarray:
    """The sample without rows missing in any of the variables, strings included (empty is missing)."""
    out = sample.copy()
    for name in names:
        column = ctx.data.column(name)
        out &= ~missing.is_missing(column.data)
    return out


def scale_weights(
    weight: Weights | None, rows: np.ndarray
) -> tuple[np.ndarray | None, float, np.ndarray | None]:
    """(weights as they count, number of observations, frequencies): aweights and pweights scaled to sum to n."""
    if weight is None:
        return None, float(rows.sum()), None
    w = weight.values[rows]
    if weight.kind == "fweight":
        return w, float(w.sum()), w
    if weight.kind == "iweight":
        return w, float(w.sum()), None
    return w * (len(w) / w.sum()), float(len(w)), None


def say_weight_sum(weight: Weights | None, rows: np.ndarray, ctx: Context) -> None:
    """``(sum of wgt is 223,440)`` for the weights that are scaled; in ``%12.4e`` up to release 15."""
    if weight is None or weight.kind not in ("aweight", "pweight"):
        return
    total = float(weight.values[rows].sum())
    text = (
        format_number(total, "%12.4e")
        if ctx.settings.release <= 15
        else format_number(total, "%16.0gc").strip()
    )
    ctx.say(f"(sum of wgt is {text})")


def label_lookup(ctx: Context) -> Callable[[str, int], str | None]:
    data, shown = ctx.data, ctx.settings.fvlabel
    return lambda name, level: level_label(data, name, level) if shown else None


def coefficients(
    recipe: DesignRecipe,
    b: np.ndarray,
    vcov: np.ndarray,
    ctx: Context,
    *,
    df: float | None,
    level: float,
    depvar: str,
    heads: _coeftable.Heads | None = None,
    extra: tuple[str, np.ndarray] | None = None,
) -> _coeftable.Coefficients:
    """The rows of a coefficient table from full-width (omitted columns included) b and V."""
    return _coeftable.Coefficients(
        names=recipe.names,
        status=tuple(c.status or "ok" for c in recipe.columns),
        b=b,
        se=np.sqrt(np.maximum(np.diag(vcov), 0.0)),
        df=df,
        level=level,
        depvar=depvar,
        heads=heads or _coeftable.Heads(),
        extra=extra,
        base={"off": "", "on": "factors", "all": "all"}[ctx.settings.showbaselevels],
        show_omitted=ctx.settings.showomitted,
        show_empty=ctx.settings.showemptycells,
    )


def equation_matrix(values: np.ndarray, names: tuple[str, ...], row: str = "y1") -> StataMatrix:
    """e(b)."""
    return StataMatrix(np.atleast_2d(values), (row,), names)


def square_matrix(values: np.ndarray, names: tuple[str, ...]) -> StataMatrix:
    """e(V)."""
    return StataMatrix(values, names, names)
