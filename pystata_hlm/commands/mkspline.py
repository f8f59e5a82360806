"""mkspline: linear and restricted cubic splines.   mkspline newvar1 #1 [...] newvark = oldvar | stub # = oldvar | stub = oldvar, cubic"""

from __future__ import annotations

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev, check
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import splines
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _given(words: list[str]) -> tuple[list[str], np.ndarray]:
    """``a 10 b 20 c``: names and the knots between them."""
    knots = [_number(word) for word in words[1::2]]
    if len(words) % 2 == 0 or any(knot is None for knot in knots):
        raise StataError.invalid_syntax()
    values = np.array([knot for knot in knots if knot is not None])
    if (np.diff(values) <= 0).any():
        raise StataError(198, "knots must be in ascending order")
    return words[::2], values


def _even(x: np.ndarray, count: int, w: np.ndarray | None, by_percentile: bool) -> np.ndarray:
    if by_percentile:
        knots = percentiles(x, 100.0 * np.arange(1, count) / count, w)
        if (np.diff(knots) <= 0).any():
            raise StataError(498, "knots not unique; specify fewer knots")
        return knots
    low, high = float(x.min()), float(x.max())
    return low + (high - low) * np.arange(1, count) / count


def _cubic(x: np.ndarray, w: np.ndarray | None, call: Call) -> np.ndarray:
    if call.has("knots"):
        knots = np.array(call.opt("knots"))
        if call.has("nknots") and call.opt("nknots") != len(knots):
            raise StataError(198, "number of knots specified in knots() must match nknots()")
        if len(knots) < 3:
            raise StataError(198, "at least three knots must be specified")
        if (np.diff(knots) <= 0).any():
            raise StataError(198, "knots() must be in ascending order")
        return knots
    count = call.opt("nknots", 5)
    if count not in splines.HARRELL:
        raise StataError(198, "nknots() must be between 3 and 7")
    knots = percentiles(x, np.array(splines.HARRELL[count]), w)
    if (np.diff(knots) <= 0).any():
        raise StataError(498, "knots not unique; specify fewer knots or use knots()")
    return knots


def layout(name: str, knots: np.ndarray) -> list[str]:
    """The knots in a row under their names."""
    heads = [f"knot{k + 1}" for k in range(len(knots))]
    texts = [format_number(float(knot), "%9.0g").strip() for knot in knots]
    rule = "-" * 13 + "+" + "-" * (11 * len(knots))
    return [
        "",
        " " * 13 + "|" + "".join(f"{head:>10} " for head in heads),
        rule,
        f"{abbrev(name, 12):>12} |" + "".join(f"{text:>10} " for text in texts),
    ]


@command(
    "mkspline",
    klass="r",
    syntax="anything_exp",
    allow={"if", "in", "exp"},
    weights=("fweight",),
    options=(
        Opt("marginal", 1),
        Opt("displayknots", 2),
        Opt("pctile", 1),
        Opt("cubic"),
        Opt("nknots", 2, "int"),
        Opt("knots", 1, "numlist"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data, words = ctx.data, call.node.text.split()
    if not isinstance(call.exp, nodes.Name) or not words:
        raise StataError.invalid_syntax()
    name = data.find(call.exp.name, ctx.settings.varabbrev)
    column = data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    x = column.values()
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    w = None if call.weight is None else call.weight.values[used]
    counted = _number(words[1]) if len(words) == 2 else None
    if call.has("cubic"):
        if len(words) != 1 or call.has("marginal") or call.has("pctile"):
            raise StataError.invalid_syntax()
        knots = _cubic(x[used], w, call)
        basis = splines.restricted_cubic(x, knots)
        new = [f"{words[0]}{k + 1}" for k in range(len(basis))]
    else:
        for option in ("nknots", "knots"):
            if call.has(option):
                raise StataError(198, f"option {option}() requires option cubic")
        if counted is not None:
            if counted != int(counted) or counted < 2:
                raise StataError(198, "number of variables to be created must be an integer greater than 1")
            knots = _even(x[used], int(counted), w, call.has("pctile"))
            new = [f"{words[0]}{k + 1}" for k in range(int(counted))]
        else:
            if call.has("pctile") or call.weight is not None or len(words) < 3:
                raise StataError.invalid_syntax()
            new, knots = _given(words)
        basis = splines.linear(x, knots, call.has("marginal"))
    for one in new:
        check(one)
        if one in data:
            raise StataError.already_defined(one)
    for one, values in zip(new, basis, strict=True):
        data.add(one, Column.numeric(np.where(used, values, np.nan), None, ctx.settings.type))
    if call.has("displayknots"):
        ctx.emit(lines(*layout(name, knots)))
    heads = tuple(f"knot{k + 1}" for k in range(len(knots)))
    return Stored(
        "r",
        scalars={"N_knots": float(len(knots))},
        matrices={"knots": StataMatrix(knots.reshape(1, -1), (name,), heads)},
    )
