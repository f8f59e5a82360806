"""Percentiles of a variable or an expression: what _pctile and pctile share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.results import Stored

OPTIONS = (Opt("nquantiles", 1, "int"), Opt("percentiles", 1, "numlist"), Opt("altdef"))
MOST = 1000
"""Percentiles that r() takes."""


def wanted(call: Call) -> list[float]:
    """The percentages asked for: nquantiles(#) (default 2) or percentiles(numlist)."""
    if call.has("nquantiles") and call.has("percentiles"):
        raise StataError(198, "options nquantiles() and percentiles() may not be combined")
    if call.has("percentiles"):
        at = list(call.opt("percentiles"))
        if any(not 0 < p < 100 for p in at):
            raise StataError(125, "percentiles() must be strictly between 0 and 100")
        return at
    count = call.opt("nquantiles", 2)
    if count < 2:
        raise StataError(198, "nquantiles() must be greater than or equal to 2")
    return [100.0 * k / count for k in range(1, count)]


def compute(x: np.ndarray, at: list[float], call: Call) -> np.ndarray:
    """The percentiles of the values in the sample, missing ones left out; r(2000) when none is left."""
    used = call.sample & ~np.isnan(x)
    if not used.any():
        raise StataError.no_observations()
    weights = None if call.weight is None else call.weight.values[used]
    if weights is not None and call.has("altdef"):
        raise StataError(198, "weights may not be specified with altdef")
    return np.asarray(percentiles(x[used], np.array(at), weights, altdef=call.has("altdef")))


def stored(found: np.ndarray) -> Stored:
    """r(r1), r(r2) ..."""
    from pystata_hlm.runtime.results import Stored

    return Stored("r", scalars={f"r{k}": float(value) for k, value in enumerate(found[:MOST], 1)})
