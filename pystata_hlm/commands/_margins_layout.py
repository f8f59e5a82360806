"""What ``margins`` prints: heading, legend of at(), table. Layouts by release are read off printed Stata output:
release 17 and 18 fit the heading and legend to their contents, 14 to 16 have fixed columns and blank lines."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._coeftable import Block, Coefficients, Heads
from pystata_hlm.commands._margins import Estimates, Request, blocks_of, column_names, naming
from pystata_hlm.commands._margins_at import AtRow, Setting
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.output.items import Cell, Header, OutputItem, Text

WIDTH = 78
EFFECTS = {"dydx": "dy/dx", "eyex": "ey/ex", "dyex": "dy/ex", "eydx": "ey/dx"}
Label = Callable[[str, int], str | None]


@dataclass(frozen=True)
class Result:
    """Everything the output of margins needs (also kept for replay and marginsplot).

    counts  observations of each margin
    """

    request: Request
    estimates: Estimates
    title: str
    n: float
    model_vce: str
    expression: str
    label: str
    df: float | None
    level: float
    counts: tuple[float, ...] = ()
    constant: bool = False
    """The model has no covariates."""
    predictions: tuple[tuple[str, str], ...] = ()
    """Label and text of each prediction, when there are several."""

    @property
    def effect(self) -> str:
        return EFFECTS[self.request.kind] if self.request.derivatives else "Margin"

    @cached_property
    def names(self) -> tuple[str, ...]:
        return column_names(self.request)

    @cached_property
    def status(self) -> tuple[str, ...]:
        return tuple(self._status(k) for k in range(len(self.estimates.b)))

    def _status(self, k: int) -> str:
        d = self.request.margins[k].derivative
        if d is not None and d.is_base:
            return "base"
        if not self.estimates.estimable[k]:
            return "not estimable"
        slope = d is not None and d.level is None
        return "omitted" if slope and not self.estimates.jacobian[k].any() else "ok"


@dataclass(frozen=True)
class Display:
    """Display options."""

    vsquish: bool = False
    noatlegend: bool = False
    tests: bool = True
    interval: bool = True


def title_of(request: Request) -> str:
    """``Predictive margins``, ``Adjusted predictions``, ``Average marginal effects`` ..."""
    if request.derivatives:
        return "Conditional marginal effects" if request.fixed else "Average marginal effects"
    return "Adjusted predictions" if request.fixed else "Predictive margins"


# ---------------------------------------------------------------- heading


def heading(title: str, model_vce: str, n: float, settings: Any, count: bool = True) -> list[OutputItem]:
    """Title with the number of observations, and the model's VCE."""
    new = settings.release >= 17
    pair = ("Number of obs", Cell(n, "%12.0fc")) if count else None
    shape: dict[str, Any] = {"width": WIDTH, "compact": new}
    vce = (f"Model VCE: {model_vce}" if new else f"Model VCE    : {model_vce}") if model_vce else ""
    if len(title) < 48 or pair is None:
        left, right = [title], [pair]
    else:
        left, right = [title, "", vce], [None, None, pair]
        vce = ""
    if vce:
        left.append(vce)
        right.append(None)
    return [Text(), Header(tuple(left), tuple(right), **shape)]


def legend(result: Result, display: Display, settings: Any) -> list[str]:
    """Expression, dy/dx, over and at lines."""
    new = settings.release >= 17
    request = result.request

    def line(name: str, text: str) -> list[str]:
        start = f"{name}:".ljust(12) if new else f"{name:<13}: "
        return textwrap.wrap(
            text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False
        )

    out: list[str] = []
    for name, label, text in (
        [(f"{k}._predict", *pair) for k, pair in enumerate(result.predictions, 1)]
        if len(result.predictions) > 1
        else [("Expression", result.label, result.expression)]
    ):
        out += line(name, f"{label}, {text}" if label else text)
    if request.derivatives:
        shown = [d.text for d in request.derivatives if not d.is_base]
        out += line(f"{result.effect} wrt" if new else f"{result.effect} w.r.t.", " ".join(shown))
    if request.over.names:
        out += line("Over" if new else "over", " ".join(request.over.names))
    if not display.noatlegend:
        out += at_legend(request, display.vsquish, new)
    return out


# ---------------------------------------------------------------- legend of at()


@dataclass(frozen=True)
class _Entry:
    """``name = value (note)``; without a value just the note. ``text`` values are not aligned as numbers;
    ``group`` is a heading of over(), ``nested`` what stands under it."""

    name: str
    value: str = ""
    note: str = ""
    nested: bool = False
    group: bool = False
    text: bool = False


def _entries(row: AtRow, request: Request) -> list[_Entry]:
    if not row.settings:
        return []
    over = request.over
    if not over.names:
        return [e for name, s in row.settings.items() for e in _setting(name, s, 0)]
    out: list[_Entry] = []
    for group, values in enumerate(over.values):
        text = "#".join(f"{v}.{name}" for name, v in zip(over.names, values, strict=True))
        out.append(_Entry(text, group=True))
        for name, s in row.settings.items():
            out += [replace(e, nested=True) for e in _setting(name, s, group)]
    return out


def _setting(name: str, setting: Setting, group: int) -> list[_Entry]:
    held = setting.held[group]
    if setting.note == "asbalanced":
        return [_Entry(name, note="asbalanced")]
    if held is None:
        return [_Entry(name, note="asobserved")]
    if isinstance(held, np.ndarray):
        return [_Entry(name, setting.note.removeprefix("="), text=True)]
    if isinstance(held, Mapping):
        return [_Entry(f"{level}.{name}", _number(share), setting.note) for level, share in held.items()]
    return [_Entry(name, _number(float(held)), setting.note)]


def _number(value: float) -> str:
    return format_number(value, "%9.0g").strip()


def at_legend(request: Request, vsquish: bool, new: bool) -> list[str]:
    rows = [_entries(row, request) for row in request.at]
    several = len(rows) > 1
    if not several and not rows[0]:
        return []
    labels = [f"{k}._at:" for k in range(1, len(rows) + 1)] if several else ["At:"]
    every = [e for row in rows for e in row if not e.group]
    name_width = max((len(e.name) for e in every), default=0)
    value_width = max((len(e.value) for e in every if not e.text), default=0)
    label_width = max(len(label) for label in labels) + 1
    out: list[str] = []
    for k, (label, row) in enumerate(zip(labels, rows, strict=True), start=1):
        if new:
            start = label.ljust(label_width)
            texts = [_new_entry(e, name_width, value_width) for e in row]
        else:
            start = f"{f'{k}._at' if several else 'at':<13}: "
            texts = [_old_entry(e) for e in row]
            if several and not vsquish:
                out.append("")
        texts = texts or ["(asobserved)"]
        out += [start + texts[0], *(" " * len(start) + text for text in texts[1:])]
    return out


def _new_entry(e: _Entry, name_width: int, value_width: int) -> str:
    if e.group:
        return e.name
    pad = "    " if e.nested else ""
    note = f" ({e.note})" if e.note else ""
    if not e.value:
        return f"{pad}{e.name.ljust(name_width)}{note}"
    value = e.value if e.text else e.value.rjust(value_width)
    return f"{pad}{e.name.ljust(name_width)} = {value}{note}"


def _old_entry(e: _Entry) -> str:
    if e.group:
        return e.name
    pad = "    " if e.nested else ""
    note = f" ({e.note})" if e.note else ""
    name = abbrev(e.name, 15).ljust(16)
    value = e.value if e.text else e.value.rjust(11)
    return f"{pad}{name}{note}" if not e.value else f"{pad}{name}= {value}{note}"


# ---------------------------------------------------------------- tables


def row_text(dimensions: Sequence[str], levels: Sequence[int], label: Label) -> str:
    """``1 0`` without value labels, ``1#Female`` with."""
    texts = [
        None if name in ("_at", "_predict") else label(name, level)
        for name, level in zip(dimensions, levels, strict=True)
    ]
    if any(text is not None for text in texts):
        return "#".join(
            str(level) if text is None else text for text, level in zip(texts, levels, strict=True)
        )
    return " ".join(str(level) for level in levels)


def margin_blocks(request: Request, label: Label) -> list[Block] | None:
    """The table's blocks; None when the names alone arrange it (dydx() without other dimensions)."""
    margins = request.margins
    groups = blocks_of(request)
    if request.derivatives and all(not dimensions for _, dimensions, _ in groups):
        return None
    out: list[Block] = []
    for text, dimensions, positions in groups:
        d = margins[positions[0]].derivative
        if d is not None and d.is_base:
            if not out or out[-1].equation != text:
                out.append(Block("", (), False, text, "(base outcome)"))
            continue
        if not dimensions:
            out.append(Block("", (("_cons", positions[0]),), False, text))
            continue
        rows = tuple((row_text(dimensions, naming(request, margins[k]).levels, label), k) for k in positions)
        if (
            len(rows) == 1
            and len(dimensions) == 1
            and dimensions[0] not in ("_at", "_predict")
            and rows[0][0].isdigit()
        ):
            out.append(Block("", ((f"{rows[0][0]}.{dimensions[0]}", rows[0][1]),), False, text))
        else:
            out.append(Block("#".join(dimensions), rows, True, text))
    return out


def coefficients(result: Result, display: Display) -> Coefficients:
    return Coefficients(
        names=result.names,
        status=result.status,
        b=result.estimates.b,
        se=result.estimates.se,
        df=result.df,
        level=result.level,
        heads=Heads(b=result.effect, se_over="Delta-method"),
        tests=display.tests,
        interval=display.interval,
    )


def items(result: Result, display: Display, settings: Any, label: Label) -> list[OutputItem]:
    """The whole output."""
    out: list[OutputItem] = []
    if result.constant:
        out.append(Text("warning: prediction constant over observations."))
    out += heading(result.title, result.model_vce, result.n, settings)
    out += [Text("\n".join(["", *legend(result, display, settings), ""]))]
    out.append(
        _coeftable.table(
            coefficients(result, display),
            settings,
            label,
            head="",
            name="margins",
            blocks=margin_blocks(result.request, label),
        )
    )
    out += note(result)
    return out


def note(result: Result) -> list[OutputItem]:
    if not any(d.level is not None for d in result.request.derivatives):
        return []
    return [Text(f"Note: {result.effect} for factor levels is the discrete change from the base level.")]
