"""What ``spearman`` and ``ktau`` share: the variables, the sample, and the triangular table of more than two."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pystata_hlm.commands._correlations import triangle
from pystata_hlm.commands.correlate import numeric_names
from pystata_hlm.commands.pwcorr import adjusted, limit
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call, Opt

Result = dict[str, float]
OPTIONS = (
    Opt("stats", 0, "text"),
    Opt("print", 1, "real"),
    Opt("star", 2, "real"),
    Opt("bonferroni", 1),
    Opt("sidak", 3),
    Opt("pw", 0),
    Opt("matrix", 0),
)
_FORMATS = {"obs": "%8.0f", "score": "%8.0f", "se": "%8.3f"}


def names_of(call: Call, ctx: Context) -> tuple[str, ...]:
    names = tuple(numeric_names(call, ctx))
    if len(names) < 2:
        raise StataError.too_few_variables()
    if call.has("bonferroni") and call.has("sidak"):
        raise StataError(198, "only one of bonferroni or sidak can be specified")
    return names


def values_of(names: tuple[str, ...], call: Call, ctx: Context) -> np.ndarray:
    """(n, k) values: complete rows unless ``pw``."""
    x = np.column_stack([ctx.data.column(name).values() for name in names])[call.sample]
    if not call.has("pw"):
        x = x[~np.isnan(x).any(1)]
    if not len(x):
        raise StataError.no_observations()
    return x


def wanted(call: Call, known: dict[str, str], usual: tuple[str, ...]) -> tuple[str, ...]:
    """The statistics of ``stats()``."""
    words = call.opt("stats", "").split()
    for word in words:
        if word not in known:
            raise StataError(198, f"stats({word}) invalid")
    return tuple(words) or usual


def _key(labels: list[str]) -> str:
    width = max(15, *(len(label) + 2 for label in labels))
    rule = "-" * (width + 2)
    lines = [f"+{rule}+", "| " + "Key".ljust(width) + " |", f"|{rule}|"]
    for label in labels:
        gap = width - len(label)
        lines.append("| " + " " * (gap // 2) + label + " " * (gap - gap // 2) + " |")
    return "\n".join(["", *lines, f"+{rule}+"])


def show_matrix(
    names: tuple[str, ...],
    x: np.ndarray,
    result: Callable[[np.ndarray, np.ndarray], Result],
    shown: tuple[str, ...],
    main: str,
    labels: dict[str, str],
    call: Call,
    ctx: Context,
) -> dict[str, np.ndarray]:
    """Print the triangle and return each statistic as a symmetric matrix."""
    k = len(names)
    table = {name: np.full((k, k), np.nan) for name in labels}
    for i in range(k):
        for j in range(i + 1):
            used = ~np.isnan(x[:, [i, j]]).any(1)
            found = result(x[used, i], x[used, j])
            for name, value in found.items():
                table[name][i, j] = table[name][j, i] = value
    p = adjusted(table["p"], k, call)
    star, least = limit(call, "star"), limit(call, "print")
    if not call.has("pw"):
        ctx.say(
            f"({'obs' if ctx.settings.release < 17 else 'Number of observations = '}={len(x)})".replace(
                "= =", "= "
            )
        )
    if len(shown) > 1:
        ctx.say(_key([labels[name] for name in shown]))

    def block(i: int, columns: range) -> list[str]:
        lines = []
        for name in shown:
            line = " "
            for j in columns:
                hidden = i != j and least is not None and not p[i, j] <= least
                if hidden or (i == j and name == "p"):
                    line += " " * 9
                    continue
                value = p[i, j] if name == "p" else table[name][i, j]
                mark = "*" if name == main and i != j and star is not None and p[i, j] <= star else " "
                line += format_number(float(value), _FORMATS.get(name, "%8.4f")).rjust(8) + mark
            lines.append(line)
        return [*lines, ""] if len(lines) > 1 else lines

    ctx.say(triangle(list(names), block, ctx.settings.linesize))
    return table
