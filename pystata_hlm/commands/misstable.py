"""misstable: Tabulate missing values.   misstable {summarize | patterns | tree | nested} [varlist] [if] [in] [, options]

Layouts after the printed examples of [R] misstable.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev, check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS: dict[str, tuple[Opt, ...]] = {
    "summarize": (Opt("all", 0), Opt("showzeros", 5), Opt("generate", 3, "text")),
    "patterns": (
        Opt("asis", 0),
        Opt("frequency", 4),
        Opt("exok", 2),
        Opt("replace", 0),
        Opt("clear", 0),
        Opt("bypatterns", 2),
    ),
    "tree": (Opt("asis", 0), Opt("frequency", 4), Opt("exok", 2)),
    "nested": (Opt("exok", 2),),
}
_MOST_UNIQUE = 500


@dataclass(frozen=True)
class Missing:
    """Missing values of one numeric variable: masks over the sample for ``.`` and for .a to .z."""

    name: str
    plain: np.ndarray
    extended: np.ndarray
    values: np.ndarray

    @property
    def any(self) -> np.ndarray:
        return self.plain | self.extended


def missing_of(name: str, rows: np.ndarray, ctx: Context) -> Missing:
    values, codes = ctx.data.column(name).take(rows).decoded()
    absent = np.isnan(values)
    marks = missing.combine_codes(len(values), codes)
    return Missing(name, absent & (marks == 0), absent & (marks > 0), values)


def numeric_names(text: str, ctx: Context) -> list[str]:
    names = (
        list(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
        if text
        else list(ctx.data.names)
    )
    return [name for name in names if not ctx.data.column(name).is_string]


# ---------------------------------------------------------------- summarize


def summarize(found: list[Missing], options: dict[str, Any], ctx: Context) -> Stored:
    shown = found if "all" in options else [m for m in found if m.any.any()]
    stored: dict[str, float] = {}
    if not shown:
        ctx.say("(variables nonmissing or string)")
        return Stored("r", {"N_eq_dot": 0.0, "N_gt_dot": 0.0, "N_lt_dot": 0.0})
    zero = "0" if "showzeros" in options else ""
    bar = " " * 15 + "|"
    out = [
        "",
        " " * 63 + "Obs<.",
        " " * 48 + "+" + "-" * 30,
        " " * 15 + "|" + " " * 32 + "| Unique",
        f"{'Variable':>14} |     Obs=.     Obs>.     Obs<.  | values        Min         Max",
        "  " + "-" * 13 + "+" + "-" * 32 + "+" + "-" * 30,
    ]
    for k, m in enumerate(shown):
        if k and k % 5 == 0 and len(shown) > 5:
            out.append(bar + " " * 32 + "|")
        x = m.values[~np.isnan(m.values)]
        unique = len(np.unique(x))
        counts = [int(m.plain.sum()), int(m.extended.sum()), len(x)]
        texts = [f"{n:,}" if n else (zero if j < 2 else "0") for j, n in enumerate(counts)]
        number = f">{_MOST_UNIQUE}" if unique > _MOST_UNIQUE else str(unique)
        low, high = (
            (format_number(float(v), "%9.0g").strip() for v in (x.min(), x.max())) if x.size else (".", ".")
        )
        out.append(
            f"{abbrev(m.name, 12):>14} |{texts[0]:>10}{texts[1]:>10}{texts[2]:>10}  |{number:>7}{low:>12}{high:>11}"
        )
        stored = {
            "N_eq_dot": float(counts[0]),
            "N_gt_dot": float(counts[1]),
            "N_lt_dot": float(counts[2]),
            "K_uniq": np.nan if unique > _MOST_UNIQUE else float(unique),
            "min": float(x.min()) if x.size else np.nan,
            "max": float(x.max()) if x.size else np.nan,
        }
    out.append("  " + "-" * 77)
    ctx.say("\n".join(out))
    return Stored("r", stored, {"vartype": "numeric" if stored else "none"})


def generate(found: list[Missing], text: str, rows: np.ndarray, ctx: Context) -> None:
    """``generate(stub [, exok])``: indicators of missing values, one for each variable that has any."""
    stub, _, suboption = text.partition(",")
    if suboption.strip() not in ("", "exok"):
        raise StataError.option_not_allowed(suboption.strip())
    exok = bool(suboption.strip())
    for m in found:
        flags = m.plain if exok else m.any
        if not flags.any():
            continue
        name = check(f"{stub.strip()}{m.name}")
        values = np.full(ctx.data.n, np.nan)
        values[rows] = flags
        ctx.data.add(name, Column.numeric(values, None, "byte", label=f"({m.name}{'==' if exok else '>='}.)"))


# ---------------------------------------------------------------- patterns


def _ordered(found: list[Missing], flags: np.ndarray, asis: bool) -> list[int]:
    """Variables with missing values, fewest first unless ``asis``."""
    used = [j for j in range(len(found)) if flags[:, j].any()]
    return used if asis else sorted(used, key=lambda j: int(flags[:, j].sum()))


def patterns(found: list[Missing], options: dict[str, Any], ctx: Context) -> Stored:
    flags = np.column_stack([m.plain if "exok" in options else m.any for m in found])
    order = _ordered(found, flags, "asis" in options)
    n = len(flags)
    if not order:
        ctx.say("(no missing values)")
        return Stored("r", {"N_complete": float(n), "N_incomplete": 0.0, "K": 0.0})
    kept = flags[:, order]
    names = [found[j].name for j in order]
    distinct, counts = np.unique(kept, axis=0, return_counts=True)
    absent = distinct.sum(1)
    complete = int(counts[absent == 0].sum())
    ranked = sorted(
        (k for k in range(len(distinct)) if absent[k]),
        key=lambda k: (-int(counts[k]), *(~distinct[k]).astype(int).tolist()[::-1]),
    )
    if "bypatterns" in options:
        ranked.sort(key=lambda k: (int(absent[k]), -int(counts[k])))
    frequency = "frequency" in options
    head = "Frequency" if frequency else "Percent"
    rule = "  " + "-" * 12 + "+" + "-" * max(13, 3 * len(names) + 1)

    def share(count: int, mark: str = "") -> str:
        """The left column, up to the bar: a count, or a whole percentage whose digits end in column 9."""
        if frequency:
            return f"{count:>11,}   "
        percent = 100 * count / n
        return f"{'<1' if 0 < percent < 1 else f'{percent:.0f}':>9}{mark}".ljust(14)

    def line(left: str, flags: np.ndarray | None) -> str:
        cells = "" if flags is None else "  ".join("0" if f else "1" for f in flags.tolist())
        return f"{left}|  {cells}".rstrip()

    numbers = "  ".join(str(k + 1) for k in range(len(names)))
    out = ["", "     Missing-value patterns", "       (1 means complete)", ""]
    out.append(f"{'':<14}|   Pattern")
    out.append(f"{head:>11}   |  {numbers}")
    out.append(rule)
    out.append(line(share(complete, "%"), np.zeros(len(names), dtype=bool)))
    out.append(f"{'':<14}|")
    group = -1
    for k in ranked:
        if "bypatterns" in options and absent[k] != group:
            group = int(absent[k])
            out.append(f"{f'{group}:':>10}    |")
        out.append(line(share(int(counts[k])), distinct[k]))
    out.append(rule)
    out.append(line(share(n, "%"), None))
    legend = "  ".join(f"({k + 1}) {name}" for k, name in enumerate(names))
    out += ["", f"  Variables are  {legend}"]
    ctx.say("\n".join(out))
    if "replace" in options:
        if ctx.data.changed and "clear" not in options:
            raise StataError.data_would_be_lost()
        order_all = [int(np.flatnonzero(absent == 0)[0])] if complete else []
        listed = [*order_all, *ranked]
        columns = {"_freq": Column.numeric(counts[listed].astype(float), None, "long", label="Frequency")}
        for j, name in enumerate(names):
            columns[name] = Column.numeric((~distinct[listed, j]).astype(float), None, "byte")
        ctx.data = Dataset(columns)
        ctx.data.changed = True
    return Stored(
        "r",
        {"N_complete": float(complete), "N_incomplete": float(n - complete), "K": float(len(names))},
        {"vars": " ".join(names)},
    )


# ---------------------------------------------------------------- tree and nested


def tree(found: list[Missing], options: dict[str, Any], ctx: Context) -> Stored:
    flags = np.column_stack([m.plain if "exok" in options else m.any for m in found])
    order = _ordered(found, flags, True)
    if "asis" not in options:
        order = sorted(order, key=lambda j: -int(flags[:, j].sum()))
    n = len(flags)
    if not order:
        ctx.say("(no missing values)")
        return Stored("r")
    if len(order) > 7:
        raise StataError(
            103, "too many variables specified; misstable tree allows at most seven with missing values"
        )
    frequency = "frequency" in options
    width = 9

    def share(mask: np.ndarray) -> str:
        count = int(mask.sum())
        return (
            f"{count:,}"
            if frequency
            else f"{100 * count / n:.0f}%"
            if count == 0 or 100 * count / n >= 1
            else "<1%"
        )

    names = [abbrev(found[j].name, 8) for j in order]
    out = ["", "  Nested pattern of missing values", "  " + "".join(f"{x:>{width}}" for x in names)]
    rule = "  " + "-" * (width * len(names) + 2)
    out.append(rule)
    lines: list[list[str]] = []

    def grow(depth: int, mask: np.ndarray) -> None:
        for k, branch in enumerate((mask & flags[:, order[depth]], mask & ~flags[:, order[depth]])):
            if k or not lines or len([c for c in lines[-1] if c is not None]) > depth:
                lines.append([""] * depth)
            lines[-1].append(share(branch))
            if depth + 1 < len(order):
                grow(depth + 1, branch)

    grow(0, np.ones(n, dtype=bool))
    out += ["  " + "".join(f"{cell:>{width}}" for cell in cells) for cells in lines]
    out += [rule, "  (percent missing listed first)" if not frequency else "  (number missing listed first)"]
    ctx.say("\n".join(out))
    return Stored("r", macros={"vars": " ".join(found[j].name for j in order)})


def nested(found: list[Missing], options: dict[str, Any], ctx: Context) -> Stored:
    """Chains in which a missing value of one variable implies one of the next."""
    flags = np.column_stack([m.plain if "exok" in options else m.any for m in found])
    order = sorted(_ordered(found, flags, True), key=lambda j: int(flags[:, j].sum()))
    if not order:
        ctx.say("(no missing values)")
        return Stored("r", {"K": 0.0})
    statements: list[str] = []
    used: set[int] = set()
    for start in order:
        if start in used:
            continue
        chain = [start]
        for j in order[order.index(start) + 1 :]:
            if not (flags[:, chain[-1]] & ~flags[:, j]).any():
                chain.append(j)
        text = f"{found[start].name}({int(flags[:, start].sum())})"
        for a, b in itertools.pairwise(chain):
            arrow = "<->" if not (flags[:, b] & ~flags[:, a]).any() else "->"
            text += f" {arrow} {found[b].name}({int(flags[:, b].sum())})"
        used |= set(chain)
        statements.append(text)
    ctx.say("\n".join(["", *(f"{k:>6}.  {text}" for k, text in enumerate(statements, 1))]))
    macros = {f"stmt{k}": text for k, text in enumerate(statements, 1)}
    return Stored("r", {"K": float(len(statements))}, macros)


_WORK = {"patterns": patterns, "tree": tree, "nested": nested}


@command("misstable", klass="r", syntax="anything", any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.node.text.strip().partition(" ")
    kind = match(word, (("summarize", 3), ("patterns", 3), ("tree", 2), ("nested", 4)))
    if kind is None:
        raise StataError(198, f"unknown subcommand {word}" if word else "subcommand required")
    options = typed_options(call.option_nodes, OPTIONS[kind], (), ctx)
    names = numeric_names(rest.strip(), ctx)
    rows = np.flatnonzero(call.sample)
    if not rows.size:
        raise StataError.no_observations()
    found = [missing_of(name, rows, ctx) for name in names]
    if kind == "summarize":
        if "generate" in options:
            generate(found, options["generate"], rows, ctx)
        return summarize(found, options, ctx)
    if not found:
        raise StataError.varlist_required()
    return _WORK[kind](found, options, ctx)
