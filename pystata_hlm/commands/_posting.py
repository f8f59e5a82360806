"""``ereturn post``, ``repost`` and ``display``: estimation results that a program made itself."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable, _matrix_expr
from pystata_hlm.commands._estimation import label_lookup
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Row, Rule, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Opt
from pystata_hlm.runtime.workspace import E_SAMPLE

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_POST = (
    Opt("depname", 3, "text"),
    Opt("obs", 1, "real"),
    Opt("dof", 1, "real"),
    Opt("esample", 1, "varname"),
    Opt("properties", 4, "text"),
    Opt("buildfvinfo", 5),
    Opt("findomitted", 4),
)
_REPOST = (
    Opt("esample", 1, "varname"),
    Opt("properties", 4, "text"),
    Opt("rename", 3),
    Opt("buildfvinfo", 5),
    Opt("findomitted", 4),
)
_DISPLAY = (
    Opt("eform", 1, "flagortext"),
    Opt("first", 2),
    Opt("neq", 3, "int"),
    Opt("plus", 4),
    Opt("level", 1, "level"),
    Opt("noomitted", 6),
)


def _cut(text: str) -> tuple[str, tuple[nodes.Option, ...]]:
    body, _, tail = text.partition(",")
    body = re.sub(r"\[[^\]]*\]", "", body)  # a weight says only what was used
    return body.strip(), parse("options", tail.strip()) if tail.strip() else ()


def _check(b: StataMatrix, vcov: StataMatrix | None) -> None:
    if b.values.shape[0] != 1:
        raise StataError(503, "conformability error")
    if vcov is None:
        return
    k = b.values.shape[1]
    if vcov.values.shape != (k, k):
        raise StataError(503, "conformability error")
    if vcov.rows != vcov.cols or vcov.cols != b.cols:
        raise StataError(507, "name conflict")
    if not np.allclose(vcov.values, vcov.values.T, rtol=1e-8, atol=0, equal_nan=True):
        raise StataError(505, "matrix not symmetric")
    if np.isnan(vcov.values).any():
        raise StataError(504, "matrix has missing values")


def _sample(name: str, ctx: Context) -> np.ndarray:
    """The sample that a 0/1 variable marks; the variable goes."""
    values = ctx.data.column(name).values()
    ctx.data.drop([name])
    return np.asarray(values != 0)


def _estimation(e: Stored) -> Estimation | None:
    """What test, lincom and nlcom need: coefficients, their covariances, degrees of freedom."""
    b, vcov = e.matrices.get("b"), e.matrices.get("V")
    if b is None:
        return None
    k = b.values.shape[1]
    return Estimation(
        cmd=e.macros.get("cmd", ""),
        depvar=e.macros.get("depvar", ""),
        b=b.values[0],
        vcov=np.zeros((k, k)) if vcov is None else vcov.values,
        df_r=e.scalars.get("df_r"),
    )


def post(text: str, ctx: Context) -> None:
    """``ereturn post [b [V [C]]] [, depname() obs() dof() esample() properties()]``: new results in e()."""
    body, given = _cut(text)
    options = typed_options(given, _POST, ("noclear",), ctx)
    names = body.split()
    if len(names) > 3:
        raise StataError.invalid_syntax()
    matrices: dict[str, StataMatrix] = {}
    for key, name in zip(("b", "V", "Cns"), names, strict=False):
        matrices[key] = _matrix_expr.find(name, ctx)
    if "b" in matrices:
        b = matrices["b"]
        _check(b, matrices.get("V"))
        matrices["b"] = replace(b, rows=("y1",))
    if "Cns" in matrices and matrices["Cns"].values.shape[1] != matrices["b"].values.shape[1] + 1:
        raise StataError(503, "conformability error")
    scalars: dict[str, float] = {}
    if "obs" in options:
        scalars["N"] = float(options["obs"])
    if "dof" in options:
        scalars = {"df_r": float(options["dof"]), **scalars}
    macros: dict[str, str] = {}
    if "depname" in options:
        macros["depvar"] = options["depname"].strip()
    properties = options.get("properties", " ".join(key for key in matrices if key != "Cns"))
    if properties:
        macros["properties"] = properties
    sample = _sample(options["esample"], ctx) if "esample" in options else None
    for name in names:
        ctx.workspace.matrices.pop(name, None)
    ctx.workspace.clear_estimates()
    posted = Stored("e", scalars, macros, matrices, sample=sample)
    ctx.store(posted.with_(estimation=_estimation(posted)))


_ASSIGN = re.compile(r"\s*(b|V)\s*=\s*(\S+)")


def repost(text: str, ctx: Context) -> None:
    """``ereturn repost [b = B] [V = W] [, esample() properties() rename]``: parts of e() replaced."""
    body, given = _cut(text)
    options = typed_options(given, _REPOST, (), ctx)
    e = ctx.workspace.e
    if e.empty:
        raise StataError.last_estimates_not_found()
    matrices = dict(e.matrices)
    used = []
    at = 0
    while at < len(body):
        found = _ASSIGN.match(body, at)
        if found is None:
            raise StataError.invalid_syntax()
        matrices[found[1]] = _matrix_expr.find(found[2], ctx)
        used.append(found[2])
        at = found.end()
    b, vcov = matrices.get("b"), matrices.get("V")
    if b is not None:
        if "rename" in options and vcov is not None:
            vcov = matrices["V"] = replace(vcov, rows=b.cols, cols=b.cols)
        _check(b, vcov)
        matrices["b"] = replace(b, rows=("y1",))
    macros = dict(e.macros)
    if "properties" in options:
        macros["properties"] = options["properties"]
    sample = _sample(options["esample"], ctx) if "esample" in options else ctx.data.hidden.get(E_SAMPLE)
    for name in used:
        ctx.workspace.matrices.pop(name, None)
    changed = e.with_(matrices=matrices, macros=macros, sample=sample)
    old = e.estimation
    fresh = _estimation(changed)
    if old is not None and fresh is not None and old.b.shape == fresh.b.shape:
        fresh = replace(old, b=fresh.b, vcov=fresh.vcov)
    ctx.store(changed.with_(estimation=fresh))


# ---------------------------------------------------------------- display

_OMITTED = re.compile(r"(?:^|#)(?:\d*b?o|co|o)\.")
_BASE = re.compile(r"(?:^|#)\d+bn?\.")


def _status(name: str, variance: float) -> str:
    if _OMITTED.search(name):
        return "omitted"
    if _BASE.search(name) and not variance > 0:
        return "base"
    return "ok"


def display(text: str, ctx: Context) -> None:
    """``ereturn display [, level() eform() first neq() plus]``: the table of e(b) and e(V)."""
    body, given = _cut(text)
    if body:
        raise StataError.invalid_syntax()
    options = typed_options(given, _DISPLAY, ("cformat", "pformat", "sformat", "nopvalues", "vsquish:5"), ctx)
    e = ctx.workspace.e
    b, vcov = e.matrices.get("b"), e.matrices.get("V")
    if b is None or vcov is None:
        raise StataError.last_estimates_not_found()
    if "plus" in options:
        raise StataError.option_not_supported("plus")
    variances = np.diag(vcov.values)
    equations, names = zip(*(col.rpartition(":")[::2] for col in b.cols), strict=True)
    heads = _coeftable.Heads()
    values, errors = b.values[0], np.sqrt(np.maximum(variances, 0.0))
    eform = options.get("eform", "") if "eform" in options else None
    if eform is not None:
        heads = _coeftable.Heads(b=(eform or "exp(b)").strip('" '))
    c = _coeftable.Coefficients(
        names=names,
        status=[_status(name, v) for name, v in zip(names, variances, strict=True)],
        b=values,
        se=errors,
        df=e.scalars.get("df_r"),
        level=options.get("level", ctx.settings.level),
        depvar=e.macros.get("depvar", ""),
        heads=heads,
        base={"off": "", "on": "factors", "all": "all"}[ctx.settings.showbaselevels],
        show_omitted="noomitted" not in options and ctx.settings.showomitted,
    )
    table = _coeftable.table(
        c, ctx.settings, label_lookup(ctx), blocks=_blocks(c, equations, options, ctx), name="coefficients"
    )
    ctx.emit(table if eform is None else _exponentiated(table))


def _blocks(
    c: _coeftable.Coefficients, equations: tuple[str, ...], options: dict[str, object], ctx: Context
) -> list[_coeftable.Block]:
    """Blocks equation by equation; the first only, or so many, when asked."""
    order = list(dict.fromkeys(equations))
    if order == [""] or order == ["_"]:
        return _coeftable.blocks_of(c, label_lookup(ctx))
    keep = 1 if "first" in options else options.get("neq", len(order))
    assert isinstance(keep, int)
    out: list[_coeftable.Block] = []
    for equation in order[:keep]:
        mine = [k for k, eq in enumerate(equations) if eq == equation]
        part = replace(
            c,
            names=[c.names[k] for k in mine],
            status=[c.status[k] for k in mine],
            b=c.b[mine],
            se=c.se[mine],
        )
        for block in _coeftable.blocks_of(part, label_lookup(ctx)):
            rows = tuple((text, mine[k]) for text, k in block.rows)
            out.append(replace(block, rows=rows, equation=equation))
    return out


def _exp(value: object) -> float:
    """exp(x), missing beyond what a double holds."""
    x = _plain(value)
    return math.exp(x) if x < 709 else math.nan


def _exponentiated(table: Table) -> Table:
    """exp(b), its delta-method standard error, and exponentiated limits; tests stay those of b."""
    body: list[Row | Rule] = []
    for row in table.body:
        if isinstance(row, Row) and row.cells:
            cells = [cell for cell in row.cells if cell is not None]
            factor = _exp(cells[0].value)
            cells[0] = replace(cells[0], value=factor)
            if len(cells) == 6:
                cells[1] = replace(cells[1], value=factor * _plain(cells[1].value))
                cells[4:] = [replace(cell, value=_exp(cell.value)) for cell in cells[4:]]
            row = replace(row, cells=tuple(cells))
        body.append(row)
    return replace(table, body=tuple(body))


def _plain(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
