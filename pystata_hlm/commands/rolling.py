"""rolling: rolling-window and recursive estimation.   rolling [exp_list] [if] [in], window(#) [options]: command

The command runs on each window of a time series, or of each panel, with a condition added to it, so that lags may
reach back before the window. Errors: r(111) no time variable, r(198) without window(), r(4) data would be lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _combine, _files
from pystata_hlm.commands._qualify import with_condition
from pystata_hlm.commands._resampling import Dots, replicate_data, run_once, saving_target, statistics
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta
from pystata_hlm.data.timesettings import TimeSettings, time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.executor import split
from pystata_hlm.runtime.frames import fresh_name
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class Window:
    """The periods start to end, both included, of one panel (NaN when there are no panels)."""

    panel: float
    start: float
    end: float


def windows(
    first: float, last: float, width: int, step: int, delta: float, kind: str, panel: float
) -> list[Window]:
    """Windows of ``width`` periods, moved by ``step``; the first edge fixed (recursive) or the last (rrecursive)."""
    span = (width - 1) * delta
    count = math.floor((last - first - span) / (step * delta) + 1e-9) + 1
    shifts = [k * step * delta for k in range(max(count, 0))]
    if kind == "recursive":
        return [Window(panel, first, first + span + shift) for shift in shifts]
    if kind == "rrecursive":
        return [Window(panel, first + shift, last) for shift in shifts]
    return [Window(panel, first + shift, first + span + shift) for shift in shifts]


def plan(data: Dataset, settings: TimeSettings, sample: np.ndarray, call: Call, ctx: Context) -> list[Window]:
    """All windows, panel after panel, each panel from its own first period to its last."""
    width, step = call.opt("window"), call.opt("stepsize", 1)
    if width < 1 or step < 1:
        raise StataError(198, f"option {'window' if width < 1 else 'stepsize'}() incorrectly specified")
    kind = "recursive" if call.has("recursive") else "rrecursive" if call.has("rrecursive") else ""
    time = data.values(settings.time)
    panel = data.values(settings.panel) if settings.panel else np.zeros(data.n)
    known = sample & ~np.isnan(time) & ~np.isnan(panel)
    if not known.any():
        raise StataError.no_observations()
    out: list[Window] = []
    for value in np.unique(panel[known]).tolist():
        mine = time[known & (panel == value)]
        first, last = float(mine.min()), float(mine.max())
        if call.has("start"):
            first = max(first, call.opt("start"))
        if call.has("end"):
            last = min(last, call.opt("end"))
        out += windows(first, last, width, step, settings.delta, kind, value if settings.panel else math.nan)
    if not out:
        raise StataError(2001, "insufficient observations")
    return out


def _keep(call: Call, ctx: Context) -> tuple[str, bool]:
    """``keep(varname [, start])``: the variable, and whether its value at the window's left edge is wanted."""
    if not call.has("keep"):
        return "", False
    node = parse("anything", call.opt("keep"))
    options = typed_options(node.clauses.options, (Opt("start", 1),), (), ctx)
    return ctx.data.find(node.text.strip(), ctx.settings.varabbrev), "start" in options


@command(
    "rolling",
    syntax="explist",
    prefix=True,
    options=(
        Opt("window", 1, "int"),
        Opt("recursive", 1),
        Opt("rrecursive", 2),
        Opt("stepsize", 4, "int"),
        Opt("start", 2, "real"),
        Opt("end", 1, "real"),
        Opt("keep", 1, "text"),
        Opt("clear"),
        Opt("saving", 2, "text"),
        Opt("nodots", 6, "off"),
        Opt("dots", 4, "int"),
        Opt("noisily", 3),
        Opt("reject", 0, "expr"),
    ),
    unsupported=("trace:2",),
)
def run(call: Call, ctx: Context) -> None:
    if not call.has("window"):
        raise StataError(198, "option window() required")
    if call.has("recursive") and call.has("rrecursive"):
        raise StataError(198, "options recursive and rrecursive may not be combined")
    base = ctx.data
    settings = time_settings(base)
    if not settings.time:
        raise StataError(111, "time variable not set, use tsset varname ...")
    target = saving_target(call.opt("saving"), ctx) if call.has("saving") else None
    if target is None:
        _files.refuse_to_lose(ctx, call.has("clear"))
    kept, at_start = _keep(call, ctx)
    plans = plan(base, settings, call.sample, call, ctx)
    parts = split(call.prefix_command.strip())
    if any(word in ("by", "bysort") for word, _ in parts.prefixes):
        raise StataError(190, "by may not be combined with rolling")
    marker = fresh_name(ctx)
    before = "".join(f"{word} {clause}: " if clause else f"{word}: " for word, clause in parts.prefixes)
    inner = f"{before}{parts.word} {with_condition(parts.rest, marker)}"
    stored = (ctx.workspace.r, ctx.workspace.e)
    try:
        ctx.data = _marked(base, marker, call.sample)
        try:
            ran = run_once(inner, ctx)
        except StataError:
            ctx.emit(Text(f"an error occurred when rolling executed {parts.word}", "error"))
            raise
        wanted = statistics(call.node.items, ctx, "_stat", ran.klass)
        wanted.collect(ctx)
        ctx.say(f"(running {ran.name} on estimation sample)")
        dots = Dots(ctx, "Rolling replications", len(plans), 0 if call.has("nodots") else call.opt("dots", 1))
        values = np.full((len(plans), len(wanted.items)), math.nan)
        reject: nodes.Expr | None = call.opt("reject")
        edge = np.full(len(plans), -1)
        for k, window in enumerate(plans):
            mask = _rows(base, settings, window, call.sample)
            if kept:
                edge[k] = _edge_row(base, settings, mask, window.start if at_start else window.end)
            ctx.data = _marked(base, marker, mask)
            try:
                ctx.execute(inner, quiet=not call.has("noisily"))
                if reject is None or ctx.scalar(reject) == 0:
                    values[k] = wanted.collect(ctx)
            except StataError:
                values[k] = math.nan
            dots.mark(bool(np.isfinite(values[k]).all()))
    finally:
        ctx.data = base
    dots.finish()
    ctx.workspace.clear_estimates()
    ctx.workspace.r, ctx.workspace.e = stored
    double = target is not None and target[1]
    found = replicate_data(values, wanted.items, "_stat", f"rolling: {ran.name}", double)
    result = _with_windows(found, base, settings, plans)
    if kept:
        column = base.column(kept)
        result.add(kept, column.with_(data=_combine.take_rows(column, edge, column.stype)))
    if target is not None:
        write_dta(result, target[0])
    else:
        ctx.data = result


def _marked(base: Dataset, marker: str, mask: np.ndarray) -> Dataset:
    out = base.copy()
    out.add(marker, Column(mask.astype(np.int8), "byte"))
    out.changed = base.changed
    return out


def _rows(data: Dataset, settings: TimeSettings, window: Window, sample: np.ndarray) -> np.ndarray:
    time = data.values(settings.time)
    with np.errstate(invalid="ignore"):
        mask = sample & (time >= window.start) & (time <= window.end)
        if settings.panel:
            mask &= data.values(settings.panel) == window.panel
    return np.asarray(mask)


def _with_windows(found: Dataset, base: Dataset, settings: TimeSettings, plans: list[Window]) -> Dataset:
    """The panel variable, and the first and last period of each window, before the statistics."""
    time = base.column(settings.time)
    out: dict[str, Column] = {}
    if settings.panel:
        panel = base.column(settings.panel)
        out[settings.panel] = panel.with_(
            data=Column.numeric(np.array([w.panel for w in plans]), None, panel.stype).data
        )
    for name, edges in (("start", [w.start for w in plans]), ("end", [w.end for w in plans])):
        out[name] = Column.numeric(np.array(edges), None, time.stype, format=time.format)
    out |= {name: column for name, column in found.columns.items() if name not in out}
    result = Dataset(out)
    result.label = found.label
    labels = {base.column(settings.panel).value_label} if settings.panel else set()
    result.value_labels = {name: text for name, text in base.value_labels.items() if name in labels}
    result.changed = True
    return result


def _edge_row(base: Dataset, settings: TimeSettings, mask: np.ndarray, edge: float) -> int:
    """The observation at an edge of a window, -1 when there is none."""
    hits = np.flatnonzero(mask & (base.values(settings.time) == edge))
    return int(hits[0]) if len(hits) else -1
