"""``kdensity varname [if] [in] [weight] [, kernel() bwidth() n() at() generate() normal student() nograph ...]``."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands.graphs.common import check_name, draw, numeric, read_options, title_of, varlist
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.plotstyle import PlotStyle, parse_plot_style, split_plot_options
from pystata_hlm.graph.spec import Array, Curve, Layer
from pystata_hlm.graph.words import abbreviations, one_number, shown, split_options
from pystata_hlm.numeric.density import KERNELS, Density, kernel_density
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

OWN = abbreviations(
    """
    bwidth:2 kernel:1 n:1 at:2 generate:1 nograph:3 normal:3 normopts:7 student:4 stopts:5 width:1
    epanechnikov:2 epan2:4 biweight:2 cosine:3 gaussian:3 parzen:3 rectangle:3 triangle:3
    """
)


def kernel_name(extra: dict[str, str | None]) -> str:
    """``kernel(gaussian)`` or, as in old code, ``gaussian`` alone."""
    chosen = [k for k in KERNELS if k in extra]
    text = extra.get("kernel")
    if text is None:
        if len(chosen) > 1:
            raise StataError(198, "only one kernel may be specified")
        return chosen[0] if chosen else "epanechnikov"
    found = [k for k in KERNELS if text.strip() and k.startswith(text.strip())]
    if not found:
        raise StataError(198, "invalid kernel function")
    return found[0]


def _number(extra: dict[str, str | None], name: str) -> float | None:
    return one_number(extra[name] or "", name) if name in extra else None


def _curve_style(extra: dict[str, str | None], option: str, notes: list[str]) -> PlotStyle:
    mine, rest = split_plot_options(split_options(extra.get(option) or ""), {})
    for item in rest:
        raise StataError.option_not_allowed(shown(item))
    return parse_plot_style(mine, {}, notes)


def new_names(ctx: Context, extra: dict[str, str | None], at: bool) -> tuple[str, ...]:
    """``generate(x d)``, or ``generate(d)`` with at()."""
    if "generate" not in extra:
        return ()
    names = tuple((extra["generate"] or "").split())
    if len(names) != (1 if at else 2):
        raise StataError(198, "option generate() incorrectly specified")
    for name in names:
        if not is_valid_name(name):
            raise StataError.invalid_name(name)
        if name in ctx.data:
            raise StataError.already_defined(name)
    return names


def reference_curves(
    found: Density, x: Array, w: Array, extra: dict[str, str | None], notes: list[str]
) -> list[Layer]:
    """``normal`` and ``student(df)``: densities with the sample's mean and standard deviation."""
    total = float(w.sum())
    mean = float(w @ x) / total
    sd = float(np.sqrt(w @ (x - mean) ** 2 / (total - 1))) if total > 1 else np.nan
    out: list[Layer] = []
    if not sd > 0:
        return out
    z = (found.at - mean) / sd
    if "normal" in extra or "normopts" in extra:
        y = np.exp(-z * z / 2) / (sd * np.sqrt(2 * np.pi))
        style = _curve_style(extra, "normopts", notes)
        out.append(
            Curve(found.at, y, "Normal density", style.stroke(), style=style.scheme_style(), kind="normal")
        )
    df = _number(extra, "student")
    if df is not None:
        from scipy.special import gammaln

        constant = np.exp(gammaln((df + 1) / 2) - gammaln(df / 2)) / np.sqrt(df * np.pi)
        y = constant * (1 + z * z / df) ** (-(df + 1) / 2) / sd
        style = _curve_style(extra, "stopts", notes)
        label = f"t density, df = {df:g}"
        out.append(Curve(found.at, y, label, style.stroke(), style=style.scheme_style(), kind="student"))
    return out


def run(call: Call, ctx: Context) -> Stored | None:
    (name,) = call.varlist
    notes: list[str] = []
    style, options = read_options(call.option_nodes, OWN, notes)
    extra = style.extra
    for flag in ("nograph", "normal", *KERNELS):
        if extra.get(flag) is not None:
            raise StataError.option_not_allowed(f"{flag}()")
    if options.by is not None:
        raise StataError.option_not_allowed("by()")
    at_names = varlist(ctx, extra["at"] or "") if "at" in extra else ()
    names = new_names(ctx, extra, bool(at_names))
    check_name(ctx, options)
    kernel = kernel_name(extra)
    width = _number(extra, "bwidth") if "bwidth" in extra else _number(extra, "width")
    if width is not None and width <= 0:
        width = None
    points = _number(extra, "n")
    if points is not None and points < 1:
        raise StataError(198, "option n() incorrectly specified")
    values = numeric(ctx.data, name)
    used = call.sample & ~np.isnan(values)
    if not used.any():
        raise StataError.no_observations()
    x = values[used]
    w = np.ones(len(x)) if call.weight is None else call.weight.values[used]
    rows = np.zeros(ctx.data.n, dtype=bool)
    at = None
    if at_names:
        target = numeric(ctx.data, at_names[0])
        rows = ~np.isnan(target)
        at = target[rows]
    count = None if points is None else min(int(points), ctx.data.n)
    found = kernel_density(x, at=at, points=count, width=width, kernel=kernel, weights=w)
    if names:
        _generate(ctx, names, found, rows if at_names else None, name)
    if "nograph" not in extra:
        order = np.argsort(found.at, kind="stable")
        ordered = Density(found.at[order], found.density[order], found.bandwidth, kernel)
        curve = Curve(
            ordered.at, ordered.density, "Kernel density estimate", style.stroke(), style=style.scheme_style(),
            kind="kdensity",
        )  # fmt: skip
        layers = (curve, *reference_curves(ordered, x, w, extra, notes))
        bandwidth = format_number(found.bandwidth, "%6.4f").strip()
        defaults = Defaults(
            ("Kernel density estimate",), note=(f"kernel = {kernel}, bandwidth = {bandwidth}",)
        )
        axes = AxisSource(title_of(ctx.data, name)), AxisSource("Density", include=(0.0,))
        draw(ctx, [PanelSource(layers)], options, *axes, notes, "kdensity", defaults)
    scale = float(found.at[1] - found.at[0]) if len(found.at) > 1 else 0.0  # distance between the points
    return Stored(
        "r", {"bwidth": found.bandwidth, "n": float(len(found.at)), "scale": scale}, {"kernel": kernel}
    )


def _generate(ctx: Context, names: tuple[str, ...], found: Density, rows: Array | None, source: str) -> None:
    """New variables: the points (unless at()) and the density, in the first observations."""
    n = ctx.data.n
    columns = (found.density,) if rows is not None else (found.at, found.density)
    labels = (f"Density: {source}",) if rows is not None else (title_of(ctx.data, source), "Density")
    place = np.flatnonzero(rows) if rows is not None else np.arange(len(found.at))
    if len(place) > n:
        raise StataError(198, "n() exceeds the number of observations")
    for name, column, label in zip(names, columns, labels, strict=True):
        values = np.full(n, np.nan)
        values[place] = column
        ctx.data.add(name, Column.numeric(values, stype="float", label=label[:80]))


__all__ = ["run"]
