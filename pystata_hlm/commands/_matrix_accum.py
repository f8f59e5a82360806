"""``matrix accum``, ``vecaccum``, ``glsaccum``, ``opaccum``: cross-products of variables ([P] matrix accum)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.design.matrix import build, markout
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import bind
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import StataMatrix, Stored
from pystata_hlm.runtime.spec import WEIGHT_KINDS, Call, CommandSpec, Opt

_NOCONSTANT = Opt("noconstant", 3)


def _spec(name: str, options: tuple[Opt, ...], unsupported: tuple[str, ...] = ()) -> CommandSpec:
    return CommandSpec(
        name,
        lambda call, ctx: None,
        varlist="raw",
        weights=(*WEIGHT_KINDS,) if name != "matrix opaccum" else (),
        options=(_NOCONSTANT, *options),
        unsupported=unsupported,
    )


_GROUP = (Opt("group", 2, "varname"), Opt("glsmat", 3, "text"), Opt("row", 3, "varname"))
ACCUM = _spec("matrix accum", (Opt("deviations", 3), Opt("means", 1, "name")), ("absorb:1",))
VECACCUM = _spec("matrix vecaccum", ())
GLSACCUM = _spec("matrix glsaccum", _GROUP)
OPACCUM = _spec("matrix opaccum", (Opt("group", 2, "varname"), Opt("opvar", 2, "varname")))


@dataclass(frozen=True)
class Rows:
    """x: one column per name, the constant last; weights: one per row; n: observations that Stata counts."""

    x: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray
    n: float
    sample: np.ndarray


def _read(spec: CommandSpec, text: str, ctx: Context) -> tuple[str, Call]:
    name, equals, rest = text.partition("=")
    name = name.strip()
    if not equals:
        raise StataError.invalid_syntax()
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    call = bind(spec, rest.strip(), text, ctx)
    if not call.terms:
        raise StataError.varlist_required()
    return name, call


def _rows(call: Call, ctx: Context, extra: tuple[str, ...] = (), constant: bool = True) -> Rows:
    """The complete rows of the variables; factor variables have a column for each level, the base's being zero."""
    terms = expand_terms(ctx.data, call.terms, ctx.settings.varabbrev)
    sample = markout(ctx.data, (*terms.names, *extra), call.sample)
    constant = constant and not call.has("noconstant")
    recipe = build(ctx.data, terms, sample, constant, keep_collinear=True).recipe
    x = recipe.evaluate(ctx.data, sample, every=True)
    count = int(np.count_nonzero(sample))
    if not count:
        raise StataError.no_observations()
    weights, n = np.ones(count), float(count)
    if call.weight is not None:
        weights = call.weight.values[sample]
        if call.weight.kind == "fweight":
            n = float(weights.sum())
        elif call.weight.kind in ("aweight", "pweight"):
            weights = weights * (count / weights.sum())
    return Rows(x, recipe.names, weights, n, sample)


def _report(n: float, ctx: Context) -> Stored:
    ctx.say(f"(obs={n:,.0f})")
    return Stored("r", {"N": n})


def _keep(name: str, values: np.ndarray, rows: tuple[str, ...], cols: tuple[str, ...], ctx: Context) -> None:
    ctx.workspace.scalars.pop(name, None)
    ctx.workspace.matrices[name] = StataMatrix(np.array(values, dtype=float), rows, cols)


def accum(text: str, ctx: Context) -> Stored:
    """``A = varlist [if] [in] [weight] [, noconstant deviations means(m)]``: A = X'X."""
    name, call = _read(ACCUM, text, ctx)
    rows = _rows(call, ctx)
    x, w = rows.x, rows.weights[:, None]
    k = len(rows.names) - (rows.names[-1:] == ("_cons",))
    means = (w * x).sum(axis=0) / w.sum()
    if call.has("deviations"):
        centred = x[:, :k] - means[:k]
        cross = x.T @ (w * x)
        cross[:k, :k] = centred.T @ (w * centred)
    else:
        cross = x.T @ (w * x)
    _keep(name, (cross + cross.T) / 2, rows.names, rows.names, ctx)
    if call.has("means"):
        _keep(call.opt("means"), means[None, :], ("_cons",), rows.names, ctx)
    return _report(rows.n, ctx)


def vecaccum(text: str, ctx: Context) -> Stored:
    """``a = varlist [if] [in] [weight] [, noconstant]``: the first variable against the others, a row vector."""
    name, call = _read(VECACCUM, text, ctx)
    rows = _rows(call, ctx)
    if len(rows.names) < 2:
        raise StataError.too_few_variables()
    first = rows.x[:, 0] * rows.weights
    _keep(name, (first @ rows.x[:, 1:])[None, :], rows.names[:1], rows.names[1:], ctx)
    return _report(rows.n, ctx)


def _groups(data: Any, name: str, sample: np.ndarray) -> list[np.ndarray]:
    """Positions among the sample's rows of each group; the data must be sorted by it."""
    values = data.column(name).values()[sample]
    if (np.diff(values) < 0).any():
        raise StataError.not_sorted()
    return np.split(np.arange(len(values)), np.flatnonzero(np.diff(values)) + 1)


def glsaccum(text: str, ctx: Context) -> Stored:
    """``A = varlist, group(g) glsmat(W | stringvar) row(r)``: X'BX, B block diagonal, its blocks taken from W."""
    name, call = _read(GLSACCUM, text, ctx)
    for option in ("group", "glsmat", "row"):
        if not call.has(option):
            raise StataError.option_required(f"{option}()")
    group, row, source = call.opt("group"), call.opt("row"), call.opt("glsmat").strip()
    rows = _rows(call, ctx, (group, row))
    place = ctx.data.column(row).values()[rows.sample]
    matrix = ctx.workspace.matrices.get(source)
    texts: np.ndarray | None = None
    if matrix is None:
        column = ctx.data.column(ctx.data.find(source, ctx.settings.varabbrev))
        if not column.is_string:
            raise StataError(111, f"matrix {source} not found")
        texts = column.strings()[rows.sample]
    total = np.zeros((len(rows.names),) * 2)
    for members in _groups(ctx.data, group, rows.sample):
        block = matrix
        if texts is not None:
            block = _matrix_expr.find(bytes(texts[members[0]]).decode(), ctx)
        assert block is not None
        at = place[members].astype(int) - 1
        if (at < 0).any() or (at >= block.values.shape[0]).any():
            raise StataError(503, "conformability error")
        x = rows.x[members] * np.sqrt(rows.weights[members])[:, None]
        total += x.T @ block.values[np.ix_(at, at)] @ x
    _keep(name, (total + total.T) / 2, rows.names, rows.names, ctx)
    return _report(rows.n, ctx)


def opaccum(text: str, ctx: Context) -> Stored:
    """``A = varlist, group(g) opvar(e)``: the sum over groups of X'ee'X."""
    name, call = _read(OPACCUM, text, ctx)
    for option in ("group", "opvar"):
        if not call.has(option):
            raise StataError.option_required(f"{option}()")
    rows = _rows(call, ctx, (call.opt("group"), call.opt("opvar")))
    e = ctx.data.column(call.opt("opvar")).values()[rows.sample]
    total = np.zeros((len(rows.names),) * 2)
    for members in _groups(ctx.data, call.opt("group"), rows.sample):
        score = e[members] @ rows.x[members]
        total += np.outer(score, score)
    _keep(name, total, rows.names, rows.names, ctx)
    return _report(rows.n, ctx)
