"""What ``marginsplot`` draws: margins, their intervals, and the values of the variables that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pystata_hlm.commands._coeftable import statistics
from pystata_hlm.commands._margins import Margin, Request, naming
from pystata_hlm.commands._margins_layout import Display, Result, coefficients
from pystata_hlm.commands.graphs.common import title_of, value_texts
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.workspace import Workspace

Array = np.ndarray
DERIVATIVE = "_deriv"


@dataclass(frozen=True)
class Dimension:
    """A variable that identifies margins: its value at each of them, and how values are written."""

    name: str
    title: str
    values: Array
    texts: Mapping[float, str] | None = None

    @property
    def levels(self) -> Array:
        return np.unique(self.values[~np.isnan(self.values)])

    def text(self, value: float, simple: bool | None = None) -> str:
        """``female``, or ``ses=-3.758`` when the value has no label; ``simple`` tells whether to write ``ses=``."""
        label = None if self.texts is None else self.texts.get(float(value))
        named = simple is False or (simple is None and label is None)
        if label is None:
            label = format_number(float(value), "%9.0g").strip()
        return f"{self.name}={label}" if named else label


@dataclass(frozen=True)
class MarginsGrid:
    """Margins (k,), interval bounds, and the dimensions, in the order in which Stata names them."""

    dimensions: tuple[Dimension, ...]
    estimate: Array
    low: Array
    high: Array
    title: str
    y_title: str
    level: float
    options: tuple[str, ...] = ()
    """The at() options when there were several."""


def last_result(workspace: Workspace) -> Result:
    """The margins in r(), or those posted in e(); r(301) when the previous command was not margins."""
    for stored in (workspace.r, workspace.e):
        found = stored.hidden.get("margins")
        if isinstance(found, Result):
            if "b_vs" in stored.matrices:
                raise StataError(198, "marginsplot after pwcompare() not yet supported")
            return found
    raise StataError(301, "previous command was not margins")


def grid_from(workspace: Workspace, level: float | None = None) -> MarginsGrid:
    """The grid of the last margins, with intervals of a confidence level (default: that of margins)."""
    result = last_result(workspace)
    level = result.level if level is None else level
    request = result.request
    if len(request.terms) > 1:
        raise StataError(198, "marginsplot after several margin terms not yet supported")
    _, _, low, high = statistics(replace(coefficients(result, Display()), level=level))
    used = np.array([status == "ok" for status in result.status])
    margins = [m for m, good in zip(request.margins, used, strict=True) if good]
    if not margins:
        raise StataError(322, "no margins to plot")
    dimensions = _dimensions(request, margins, workspace.data)
    if not dimensions:
        dimensions = [Dimension("_cons", "", np.ones(len(margins)), {1.0: "_cons"})]
    new = workspace.settings.release >= 17
    return MarginsGrid(
        tuple(dimensions),
        result.estimates.b[used],
        low[used],
        high[used],
        _title(result, new),
        _y_title(result, new),
        level,
        request.at_texts if len(request.at_texts) > 1 else (),
    )


def _title(result: Result, new: bool) -> str:
    """``Predictive margins of race`` (release 17 on), ``Predictive Margins of race`` before."""
    request = result.request
    title = result.title if new else result.title.title()
    names = [d.text for d in request.derivatives if not d.is_base]
    names = names or ["#".join(term.names) for term in request.terms if term.names]
    return f"{title} of {names[0]}" if len(names) == 1 else title


def _y_title(result: Result, new: bool) -> str:
    label = result.label or "Margin"
    if result.request.derivatives:
        return f"Effects on {label[:1].lower()}{label[1:]}" if new else f"Effects on {label.title()}"
    return label if new else label.title()


# ---------------------------------------------------------------- dimensions


def _dimensions(request: Request, margins: Sequence[Margin], data: Dataset) -> list[Dimension]:
    """Covariates of at(), variables of over(), factors of the marginlist, effects: those that vary."""
    rows = np.array([m.at for m in margins])
    out = [replace(d, values=d.values[rows]) for d in _at_dimensions(request, data)]
    levels = [naming(request, m) for m in margins]
    for k, name in enumerate(levels[0].dimensions):
        values = np.array([found.levels[k] for found in levels], dtype=float)
        if name != "_at" and len(set(values.tolist())) > 1:
            out.append(_dimension(name, values, data))
    effects = [m.derivative.text for m in margins if m.derivative is not None]
    distinct = list(dict.fromkeys(effects))
    if len(distinct) > 1:
        codes = np.array([distinct.index(e) + 1.0 for e in effects])
        texts = {k + 1.0: e for k, e in enumerate(distinct)}
        out.append(Dimension(DERIVATIVE, "Effects with respect to", codes, texts))
    return out


def _at_dimensions(request: Request, data: Dataset) -> list[Dimension]:
    """Covariates whose value differs between rows of at(); ``_atopt`` or ``_at`` where these do not suffice."""
    k = len(request.at)
    if k < 2:
        return []
    out = []
    for name in request.covariates:
        values = np.array([_held(request, row, name) for row in range(k)])
        if not np.isnan(values).any() and len(np.unique(values)) > 1:
            out.append(_dimension(name, values, data))
    if _identifies(out, k):
        return out
    options = Dimension("_atopt", "_atopt", np.array([float(row.option) for row in request.at]))
    if _identifies([*out, options], k):
        return [*out, options]
    return [Dimension("_at", "_at", np.arange(1.0, k + 1))]


def _held(request: Request, row: int, name: str) -> float:
    """The number at which a row of at() holds a covariate, the same for every over() group; else missing."""
    setting = request.at[row].settings.get(name)
    if setting is None:
        return np.nan
    values = {h if isinstance(h, (int, float)) else np.nan for h in setting.held}
    return float(values.pop()) if len(values) == 1 else np.nan


def _identifies(dimensions: Sequence[Dimension], k: int) -> bool:
    return len({tuple(d.values[i] for d in dimensions) for i in range(k)}) == k


def _dimension(name: str, values: Array, data: Dataset) -> Dimension:
    if name in data:
        return Dimension(name, title_of(data, name), values, value_texts(data, name))
    return Dimension(name, name, values)


def combined(dimensions: Sequence[Dimension], simple: bool | None, separator: str) -> Dimension:
    """Several dimensions as one: its values number their combinations, the first varying slowest."""
    if len(dimensions) == 1:
        return dimensions[0]
    rows = np.column_stack([d.values for d in dimensions])
    distinct, codes = np.unique(rows, axis=0, return_inverse=True)
    texts = {
        k + 1.0: separator.join(d.text(float(v), simple) for d, v in zip(dimensions, row, strict=True))
        for k, row in enumerate(distinct)
    }
    name = " ".join(d.name for d in dimensions)
    return Dimension(name, separator.join(d.title for d in dimensions), codes.ravel() + 1.0, texts)
