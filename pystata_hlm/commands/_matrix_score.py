"""``matrix score [type] newvar = b``: a linear combination by the names of a row vector ([P] matrix score)."""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _matrix_expr, _storing
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Num
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import bind
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import CommandSpec, Opt

_SPEC = CommandSpec(
    "matrix score",
    lambda call, ctx: None,
    syntax="anything",
    options=(Opt("equation", 2, "text"), Opt("missval", 2, "real"), Opt("replace", 3)),
    unsupported=("forcezero",),
)
_TARGET = re.compile(r"\s*(?:(byte|int|long|float|double)\s+)?(\w+)\s*=\s*([\w()]+)(.*)$", re.DOTALL)
_FLAG = re.compile(r"(?<=\d)(?:bn|b|o|n)\.|\bco\.|(?<![\w.])o\.")


def term_values(term: str, ctx: Context) -> np.ndarray | float:
    """The variable, level or product that a name means; an omitted one is zero."""
    if term == "_cons":
        return 1.0
    product: np.ndarray | float = 1.0
    for part in term.split("#"):
        if re.match(r"\d+o\.|o\.|co\.", part):
            return 0.0
        value = ctx.evaluate(parse("expr", _FLAG.sub(".", part).removeprefix("c.")))
        if not isinstance(value, Num):
            raise StataError.type_mismatch()
        product = product * value.floats()
    return product


def columns_of(names: tuple[str, ...], which: str | None) -> list[int]:
    """Columns of one equation: its name, or ``#`` and its place; the first one by default."""
    equations = list(dict.fromkeys(name.rpartition(":")[0] for name in names))
    if which is None:
        chosen = equations[0]
    elif which.startswith("#"):
        number = which[1:]
        if not number.isdigit() or not 1 <= int(number) <= len(equations):
            raise StataError(303, f"equation {which} not found")
        chosen = equations[int(number) - 1]
    else:
        if which not in equations:
            raise StataError(303, f"equation {which} not found")
        chosen = which
    return [k for k, name in enumerate(names) if name.rpartition(":")[0] == chosen]


def score(text: str, ctx: Context) -> None:
    found = _TARGET.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    stype, name, source, rest = found.groups()
    call = bind(_SPEC, rest.strip(), text, ctx)
    b = _matrix_expr.find(source, ctx)
    if b.values.shape[0] != 1:
        raise StataError(503, "conformability error")
    which = call.opt("equation")
    columns = columns_of(b.cols, which.strip() if which else None)
    total = np.zeros(ctx.data.n)
    for k in columns:
        value = np.broadcast_to(term_values(b.cols[k].rpartition(":")[2], ctx), total.shape)
        if call.has("missval"):
            value = np.where(np.isnan(value), call.opt("missval"), value)
        total = total + b.values[0, k] * value
    if call.has("replace"):
        old = ctx.data.column(ctx.data.find(name, ctx.settings.varabbrev))
        column, _, _ = _storing.merged(old, Num(total), call.sample, ctx.data.n, name)
        ctx.data.set_column(ctx.data.find(name, ctx.settings.varabbrev), column)
        return
    if name in ctx.data:
        raise StataError.already_defined(name)
    ctx.data.add(check(name), _storing.build(Num(total), ctx.data.n, stype, ctx.settings.type, call.sample))
