"""Marking the sample: what ``marksample``, ``mark`` and ``markout`` share ([P] mark)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._syntax_match import take_apart
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import check_weights, in_mask
from pystata_hlm.runtime.spec import Weights

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


def mark(text: str, ctx: Context, *, zeroweight: bool = False, by: bool = True) -> np.ndarray:
    """The rows of ``[if] [in] [weight]``, within the by-group of a byable program unless ``by`` is False."""
    typed = take_apart(text)
    if typed.lead:
        raise StataError.invalid_syntax()
    sample = ctx.mark(parse("expr", typed.if_) if typed.if_ else None)
    if typed.in_:
        node = parse("clauses", f"in {typed.in_}")
        sample &= in_mask(node.in_, ctx.data.n, ctx)
    state = ctx.executor.frame.by
    if by and state is not None:
        group = np.zeros(len(sample), dtype=bool)
        group[state.start : state.stop] = True
        sample &= group
    if typed.weight is not None:
        kind, exp = typed.weight
        value = np.broadcast_to(ctx.evaluate(parse("expr", exp)).floats(), sample.shape)
        kept = check_weights(Weights(kind, np.asarray(value, dtype=float)), sample)
        sample = sample & ~np.isnan(value) if zeroweight else kept
    return sample


def markout(
    sample: np.ndarray, varlist: str, ctx: Context, *, strok: bool, sysmissok: bool = False
) -> np.ndarray:
    """Rows without missing values. A string variable takes all rows out, unless ``strok``: then the empty ones.

    ``sysmissok``: ``.`` does not take a row out, ``.a`` to ``.z`` do.
    """
    if not varlist.strip():
        return sample
    names = expand_terms(ctx.data, parse("varlist", varlist), ctx.settings.varabbrev).names
    sample = sample.copy()
    for name in names:
        column = ctx.data.column(name)
        if column.is_string and not strok:
            sample[:] = False
        elif sysmissok and not column.is_string:
            codes = missing.decode(column.data)[1]
            if codes is not None:
                sample &= codes == 0
        else:
            sample &= ~missing.is_missing(column.data)
    return sample


def put(name: str, sample: np.ndarray, ctx: Context) -> None:
    """The marker variable: byte, 1 and 0."""
    column = Column.numeric(sample.astype(np.float64), None, "byte")
    if name in ctx.data:
        ctx.data.set_column(name, column)
    else:
        ctx.data.add(name, column)
