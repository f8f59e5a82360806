"""``estimates table``: coefficients of several models side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import OutputItem, Text
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.spec import Opt
from pystata_hlm.runtime.workspace import StoredEstimates

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

OPTIONS = (
    Opt("stats", 1, "text"),
    Opt("star", 4, "flagortext"),
    Opt("b", 1, "flagortext"),
    Opt("se", 2, "flagortext"),
    Opt("t", 1, "flagortext"),
    Opt("p", 1, "flagortext"),
    Opt("keep", 4, "text"),
    Opt("drop", 4, "text"),
    Opt("varwidth", 4, "int"),
    Opt("modelwidth", 6, "int"),
    Opt("title", 5, "string"),
    Opt("eform", 2),
    Opt("equations", 2, "text"),
)
LACKING = ("style", "newpanel", "label", "coded", "nobaselevels", "varlabel", "stfmt", "noempty", "noomitted")
FORMATS = {"b": "%10.0g", "se": "%10.0g", "t": "%10.2f", "p": "%10.4f"}


@dataclass(frozen=True)
class Entry:
    """Numbers of one coefficient in one model; missing keys print blank."""

    b: float
    se: float
    t: float
    p: float
    status: str


def entries(model: StoredEstimates) -> dict[tuple[str, str], Entry]:
    """(equation, term) -> numbers, in e(b)'s order."""
    e = model.stored
    b = e.matrices.get("b")
    if b is None:
        raise StataError.last_estimates_not_found()
    vcov = e.matrices.get("V")
    se = np.sqrt(np.maximum(np.diag(vcov.values), 0)) if vcov is not None else np.full(len(b.cols), math.nan)
    df = e.scalars.get("df_r")
    out: dict[tuple[str, str], Entry] = {}
    for k, col in enumerate(b.cols):
        eq, _, term = col.rpartition(":")
        status = _status(term, float(se[k]))
        value, error = float(b.values[0, k]), float(se[k])
        t = value / error if error > 0 else math.nan
        p = (
            float(dist.ttail(df, abs(t)) if df is not None else dist.normal(-abs(t))) * 2
            if error > 0
            else math.nan
        )
        out[(eq, term)] = Entry(value, error, t, p, status)
    return out


def _status(term: str, se: float) -> str:
    """Base and omitted marks of an e(b) name."""
    operators = [part.rpartition(".")[0] for part in term.split("#")]
    if any(op[:-1].isdigit() and op.endswith("b") for op in operators) and se == 0:
        return "base"
    if any(op.endswith("o") for op in operators):
        return "omitted"
    return "ok"


def _plain(term: str) -> str:
    """The name under which models' terms are matched: ``1.sector`` whatever its base or omission marks."""
    parts = []
    for part in term.split("#"):
        op, dot, name = part.rpartition(".")
        op = op.rstrip("bon") if op[:1].isdigit() else ("c" if op.startswith("c") else "")
        parts.append(f"{op}.{name}" if dot and op else name)
    return "#".join(parts)


def _by_plain_name(model: StoredEstimates) -> dict[tuple[str, str], Entry]:
    """The entries under the names that models share; of a repeated term, the one that was estimated."""
    out: dict[tuple[str, str], Entry] = {}
    for (eq, term), entry in entries(model).items():
        key = (eq, _plain(term))
        if key not in out or entry.status == "ok":
            out[key] = entry
    return out


@dataclass(frozen=True)
class Design:
    """What is shown in each cell: the kinds in order, formats, star thresholds."""

    kinds: tuple[str, ...]
    formats: dict[str, str]
    stars: tuple[float, ...]
    eform: bool
    width: int
    varwidth: int

    @property
    def column(self) -> int:
        return self.width + (4 if self.stars else 1)


def items(models: list[StoredEstimates], given: tuple[nodes.Option, ...], ctx: Context) -> list[OutputItem]:
    options = typed_options(given, OPTIONS, LACKING, ctx)
    kinds = tuple(kind for kind in ("b", "se", "t", "p") if kind in options)
    stars: tuple[float, ...] = ()
    if "star" in options:
        stars = tuple(float(x) for x in options["star"].split()) if options["star"] else (0.05, 0.01, 0.001)
        if any(kind in options for kind in ("se", "t", "p")):
            raise StataError(198, "option star may not be combined with se, t or p")
        stars = tuple(sorted(stars, reverse=True))
    if not kinds or kinds[0] != "b":
        kinds = ("b", *kinds)
    formats = {kind: options[kind] or FORMATS[kind] if kind in options else FORMATS[kind] for kind in FORMATS}
    design = Design(
        kinds, formats, stars, "eform" in options, options.get("modelwidth", 12), options.get("varwidth", 12)
    )
    tables = [_by_plain_name(m) for m in models]
    if options.get("equations") == "1" and len(tables) > 1:
        raise StataError.option_not_supported("equations()")
    terms = _rows(tables, options)
    statistics = (options.get("stats") or "").replace(",", " ").split()
    per_panel = max(1, (ctx.settings.linesize - design.varwidth - 2) // design.column)
    out: list[OutputItem] = []
    if options.get("title"):
        out.append(Text("\n" + options["title"]))
    panels = [range(k, min(k + per_panel, len(models))) for k in range(0, len(models), per_panel)]
    for n, panel in enumerate(panels):
        lines = [""] if n == 0 else ["", ""]
        lines += _panel(
            [models[k] for k in panel], [tables[k] for k in panel], terms, statistics, design, ctx
        )
        out.append(Text("\n".join(lines)))
    return out


def _rows(tables: list[dict[tuple[str, str], Entry]], options: dict[str, str]) -> list[tuple[str, str]]:
    """The union of the models' terms: equations in order of appearance, _cons last in its equation."""
    terms: dict[tuple[str, str], None] = {}
    for table in tables:
        for key, entry in table.items():
            if entry.status != "base":
                terms.setdefault(key)
    equations = list(dict.fromkeys(eq for eq, _ in terms))
    out = []
    for eq in equations:
        own = [key for key in terms if key[0] == eq]
        out += [key for key in own if key[1] != "_cons"] + [key for key in own if key[1] == "_cons"]
    if "keep" in options:
        wanted = _named(out, options["keep"])
        out = [key for key in out if key in wanted]
    if "drop" in options:
        unwanted = _named(out, options["drop"])
        out = [key for key in out if key not in unwanted]
    return out


def _part_pattern(part: str) -> str:
    """``i.x``: any level of x; ``*`` and ``?`` stand for characters."""
    op, _, name = part.rpartition(".")
    body = re.escape(name if op == "i" else _plain(part)).replace(r"\*", ".*").replace(r"\?", ".")
    return rf"\d+\.{body}" if op == "i" else body


def _named(terms: list[tuple[str, str]], text: str) -> set[tuple[str, str]]:
    """Terms that a list of ``name``, ``i.name``, ``eq:name`` and ``eq:`` stands for, with ``*`` and ``?`` patterns.

    r(111) for an entry that no model has.
    """
    found: set[tuple[str, str]] = set()
    for entry in text.split():
        eq, colon, name = entry.rpartition(":")
        pattern = "#".join(_part_pattern(part) for part in name.split("#"))
        own = {
            key
            for key in terms
            if (not colon or key[0] == eq) and (not name or re.fullmatch(pattern, key[1]) is not None)
        }
        if not own:
            raise StataError(111, f"coefficient {entry} not found")
        found |= own
    return found


def _centre(text: str, design: Design) -> str:
    """Stata centres model names in the model width (with stars: in the whole column), odd blanks to the right."""
    width = design.column if design.stars else design.width
    left = (width - len(text)) // 2
    return (" " * left + text).ljust(design.column)


def _panel(
    models: list[StoredEstimates],
    tables: list[dict[tuple[str, str], Entry]],
    terms: list[tuple[str, str]],
    statistics: list[str],
    design: Design,
    ctx: Context,
) -> list[str]:
    stub = design.varwidth
    width = design.column * len(models)
    rule = "-" * (stub + 1) + "+" + "-" * width
    full = "-" * (stub + 2 + width)
    names = "".join(_centre(abbrev(m.name, design.width), design) for m in models)
    lines = [full, f"{'Variable'.rjust(stub)} |{names}"]
    equations = list(dict.fromkeys(eq for eq, _ in terms))
    named = any(equations)
    label = _labels(ctx)
    for eq in equations:
        lines.append(rule)
        if named:
            lines.append(f"{abbrev(eq or '_', stub).ljust(stub)} |")
        own = [term for e, term in terms if e == eq]
        lines += _equation(eq, own, tables, design, label)
    if statistics:
        lines.append(rule)
        for name in statistics:
            cells = ""
            for m in models:
                value = _statistic(m, name)
                text = "" if value is None else format_number(value, "%10.0g").strip()
                cells += text.rjust(design.width - 1).ljust(design.column)
            lines.append(f"{abbrev(name, stub).rjust(stub)} |{cells}")
    lines.append(full)
    legend = _legend(design)
    if legend:
        lines.append(legend.rjust(len(full)))
    return lines


def _labels(ctx: Context) -> Callable[[str, int], str | None]:
    from pystata_hlm.commands._labels import level_label

    return lambda name, level: level_label(ctx.data, name, level)


def _equation(
    eq: str,
    own: list[str],
    tables: list[dict[tuple[str, str], Entry]],
    design: Design,
    label: Callable[[str, int], str | None],
) -> list[str]:
    stub = design.varwidth
    coefficients = _coeftable.Coefficients(
        names=own, status=["ok"] * len(own), b=np.zeros(len(own)), se=np.zeros(len(own))
    )
    lines: list[str] = []
    blocks = _coeftable.blocks_of(coefficients, label)
    for n, block in enumerate(blocks):
        if n and (block.spaced or blocks[n - 1].spaced_after):
            lines.append(f"{'':{stub}} |{'':{design.column * len(tables)}}")
        if block.heading:
            *before, last = _fold(block.heading, stub)
            lines += [*before, f"{last} |"]
        for text, k in block.rows:
            shown = (text + " ") if block.indented else text
            *before, last = _fold(shown, stub)
            lines += before
            for j, kind in enumerate(design.kinds):
                cells = "".join(_cell(table.get((eq, own[k])), kind, design) for table in tables)
                lines.append(f"{(last if j == 0 else '').rjust(stub)} |{cells}")
    return lines


def _fold(text: str, stub: int) -> list[str]:
    """Lines of a name; all but the last are complete with their bar, tight behind the ``#`` they break after."""
    *before, last = _coeftable.stub_lines(text, stub)
    return [*(f"{part.rjust(stub + 1)}|" for part in before), last.rjust(stub)]


def _cell(entry: Entry | None, kind: str, design: Design) -> str:
    if entry is None:
        return " " * design.column
    if entry.status == "omitted":
        return ("(omitted)".rjust(design.width - 1) if kind == "b" else "").ljust(design.column)
    value = getattr(entry, kind)
    if design.eform and kind == "b":
        value = _exponential(value)
    elif design.eform and kind == "se":
        value = _exponential(entry.b) * value
    text = "" if math.isnan(value) else format_number(value, design.formats[kind]).strip()
    text = text.rjust(design.width - 1)
    if design.stars and kind == "b" and not math.isnan(entry.p):
        text += "*" * sum(entry.p < threshold for threshold in design.stars)
    return text.ljust(design.column)


def _exponential(x: float) -> float:
    """e^x, missing where it overflows."""
    return math.exp(x) if x < 709.0 else math.nan


def _statistic(model: StoredEstimates, name: str) -> float | None:
    e = model.stored
    if name in ("aic", "bic"):
        from pystata_hlm.commands._estimates import criteria

        found = criteria(model)
        return found.aic if name == "aic" else found.bic
    return e.scalars.get(name)


def _legend(design: Design) -> str:
    if design.stars:
        marks = "; ".join(f"{'*' * (k + 1)} p<{threshold:g}" for k, threshold in enumerate(design.stars))
        return f"legend: {marks}"
    return f"legend: {'/'.join(design.kinds)}" if len(design.kinds) > 1 else ""
