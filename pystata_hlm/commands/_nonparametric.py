"""What the rank tests share: their samples, the box of sums and the block of variances."""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.formats import cut_to_width, format_number, text_width
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.unparse import unparse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call

EXACT_LIMIT = 200
"""Observations up to which the exact p-value is computed without being asked for."""


def new_words(ctx: Context) -> bool:
    return ctx.settings.new_headings


def h0(ctx: Context) -> str:
    return "H0" if ctx.settings.new_headings else "Ho"


def cased(text: str, ctx: Context) -> str:
    """Capitals from release 17 on."""
    return text if ctx.settings.new_headings else text[:1].lower() + text[1:]


def numeric(name: str, ctx: Context) -> np.ndarray:
    column = ctx.data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    return column.values()


def grouped(name: str, group: str, call: Call, ctx: Context) -> tuple[np.ndarray, Axis]:
    """Nonmissing values in the sample and their groups; r(2000) when there are none."""
    x = numeric(name, ctx)
    used = call.sample & ~np.isnan(x) & ~ctx.data.column(group).is_missing()
    if not used.any():
        raise StataError.no_observations()
    return x[used], axis(ctx.data, group, used)


def two_groups(found: Axis) -> None:
    if found.size > 2:
        raise StataError(420, "more than 2 groups found, only 2 allowed")
    if found.size < 2:
        raise StataError(420, "1 group found, 2 required")


def differences(call: Call, ctx: Context) -> tuple[np.ndarray, str, str]:
    """``varname = exp``: the differences in the sample, and both sides as typed."""
    found = re.match(r"^\s*([^\W\d][\w.]*)\s*==?\s*(.+?)\s*$", call.node.text, re.DOTALL)
    if found is None:
        raise StataError.invalid_syntax()
    name = ctx.data.find(found[1], ctx.settings.varabbrev)
    node = parse("expr", found[2])
    value = ctx.evaluate(node)
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    d = numeric(name, ctx) - np.broadcast_to(value.values, ctx.data.n)
    d = d[call.sample & ~np.isnan(d)]
    if not d.size:
        raise StataError.no_observations()
    # differences of decimals carry rounding error: equal ones must tie
    scale = np.max(np.abs(d)) or 1.0
    d = np.where(np.abs(d) < 1e-12 * scale, 0.0, d)
    return d, name, unparse(node)


def box(
    stub_head: str, heads: list[str], rows: list[tuple[str, list[str]]], total: tuple[str, list[str]]
) -> list[str]:
    """The table of counts and sums: stub of 12, then columns of 9, 12 and 12 (or 12 and 12)."""
    widths = [9, 12, 12] if len(heads) == 3 else [12, 12]

    def line(stub: str, texts: list[str]) -> str:
        cut = cut_to_width(stub, 12)
        body = "".join(t.rjust(w) for t, w in zip(texts, widths, strict=True))
        return " " * (12 - text_width(cut)) + cut + " |" + body

    rule = "-" * 13 + "+" + "-" * sum(widths)
    return [line(stub_head, heads), rule, *(line(a, b) for a, b in rows), rule, line(*total)]


def variances(parts: list[tuple[str, float]], total: float, ctx: Context) -> list[str]:
    """Unadjusted variance, adjustments, a rule, the adjusted variance."""
    out = []
    for label, value in [*parts, ("Adjusted variance", total)]:
        if label == "Adjusted variance":
            out.append(" " * 21 + "-" * 10)
        out.append(f"{cased(label, ctx):<21}{format_number(value, '%10.2f'):>10}")
    return out


def number(value: float) -> str:
    return format_number(value, "%9.0g").strip()


def tail_lines(hypothesis: str, z: float, p: float, exact: float, ctx: Context) -> list[str]:
    """The hypothesis, z and its p-value, and the exact p-value when there is one."""
    zt, pt = format_number(z, "%6.3f").strip(), format_number(p, "%6.4f").strip()
    if new_words(ctx):
        out = [hypothesis, f"         z = {zt:>6}", f"Prob > |z| = {pt:>6}"]
        return out if exact != exact else [*out, f"Exact prob = {format_number(exact, '%6.4f').strip():>6}"]
    out = [hypothesis, f"             z = {zt:>7}", f"    Prob > |z| = {pt:>8}"]
    return out if exact != exact else [*out, f"    Exact Prob = {format_number(exact, '%6.4f').strip():>8}"]


def wants_exact(call: Call, n: int, ctx: Context) -> bool:
    """``exact`` asks for it, ``noexact`` forbids; by itself up to 200 observations, from release 16 on."""
    if call.has("exact") and call.has("noexact"):
        raise StataError(198, "options exact and noexact may not be combined")
    if call.has("exact"):
        if n > 1000:
            raise StataError(459, "exact p-value may be computed for at most 1,000 observations")
        return True
    return not call.has("noexact") and n <= EXACT_LIMIT and ctx.settings.release >= 16


def ha_line(parameter: str, value: str) -> str:
    """The three alternatives side by side, as under every test of a mean, proportion or variance."""

    def centred(text: str, width: int) -> str:
        left = (width - len(text) + 1) // 2
        return (" " * max(0, left) + text).ljust(width)

    ha = [f"Ha: {parameter} {sign} {value}" for sign in ("<", "!=", ">")]
    return (" " + centred(ha[0], 18) + " " * 9 + centred(ha[1], 22) + " " * 10 + centred(ha[2], 18)).rstrip()
