"""predict after a program's own ``ereturn post``: the linear prediction from e(b) and its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _matrix_score
from pystata_hlm.commands.predict import Prediction, Request, choose
from pystata_hlm.errors import StataError
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_STATISTICS = (Opt("xb"), Opt("stdp"))
_OTHERS = (Opt("equation", 2, "text"), Opt("nooffset", 5))


def routine(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """xb (the default) or stdp of one equation of e(b)."""
    e = ctx.workspace.e
    b = e.matrices.get("b")
    if b is None:
        raise StataError(321, "predict is not available: no e(b)")
    which, options = choose(request, ctx, _STATISTICS, _OTHERS, ("residuals", "scores:2", "difference"))
    if which is None:
        ctx.say("(option xb assumed; fitted values)")
    equation = options.get("equation")
    columns = _matrix_score.columns_of(b.cols, equation.strip() if equation else None)
    rows = ctx.data.n
    terms = [
        np.broadcast_to(_matrix_score.term_values(b.cols[k].rpartition(":")[2], ctx), rows) for k in columns
    ]
    x = np.column_stack(terms) if terms else np.zeros((rows, 0))
    name = request.names(1)[0]
    if which != "stdp":
        return [(name, Prediction(x @ b.values[0, columns], "Linear prediction"))]
    vcov = e.matrices.get("V")
    if vcov is None:
        raise StataError(321, "stdp is not available: no e(V)")
    part = vcov.values[np.ix_(columns, columns)]
    values = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", x, part, x), 0.0))
    return [(name, Prediction(values, "S.E. of the linear prediction"))]


def applies(ctx: Context) -> bool:
    """The results are a program's, not those of one of our commands."""
    cmd = ctx.workspace.e.macros.get("cmd", "")
    return "b" in ctx.workspace.e.matrices and (not cmd or registry.find(cmd) is None)
