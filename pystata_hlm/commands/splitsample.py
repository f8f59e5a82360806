"""splitsample: split data into random samples.   splitsample [varlist] [if] [in], generate(newvar) [nsplit(#) split(numlist)]

Sizes follow the proportions; the remainders are dealt out to the largest fractions first (or at random: rround).
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands._subset import names_in, random_place
from pystata_hlm.data import storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def shares(n: int, proportions: np.ndarray, ctx: Context | None) -> np.ndarray:
    """Whole sizes that sum to n; ``ctx`` given: left-over units go to samples at random."""
    exact = n * proportions
    sizes = np.floor(exact + 1e-9).astype(np.int64)
    left = n - int(sizes.sum())
    if left:
        fraction = exact - sizes
        if ctx is None:
            order = np.argsort(-fraction, kind="stable")
        else:  # samples with a fraction take part, the larger the likelier
            keys = ctx.rng.uniform(len(proportions)) ** (1 / np.maximum(fraction, 1e-12))
            order = np.argsort(-keys, kind="stable")
        sizes[order[:left]] += 1
    return sizes


def assign(strata: np.ndarray, proportions: np.ndarray, rround: bool, ctx: Context) -> np.ndarray:
    """Sample number (from 0) of each unit, the proportions kept within each stratum."""
    place = random_place(strata, len(strata), ctx)
    out = np.zeros(len(strata), dtype=np.int64)
    counts = np.bincount(strata)
    for stratum, count in enumerate(counts.tolist()):
        ends = np.cumsum(shares(count, proportions, ctx if rround else None))
        mine = strata == stratum
        out[mine] = np.searchsorted(ends, place[mine], side="right")
    return out


def _proportions(call: Call) -> np.ndarray:
    if call.has("nsplit") and call.has("split"):
        raise StataError(198, "only one of nsplit() or split() may be specified")
    if call.has("split"):
        ratios = np.array(call.opt("split"))
        if len(ratios) < 2 or not (ratios > 0).all():
            raise StataError(198, "split() must contain two or more positive numbers")
        return np.asarray(ratios / ratios.sum())
    count = call.opt("nsplit", 2)
    if count < 2:
        raise StataError(198, "nsplit() must be an integer greater than 1")
    return np.full(count, 1.0 / count)


@command(
    "splitsample",
    klass="r",
    options=(
        Opt("generate", 3, "text"),
        Opt("nsplit", 0, "int"),
        Opt("split", 0, "numlist"),
        Opt("rround"),
        Opt("values", 3, "numlist"),
        Opt("cluster", 2, "varlist"),
        Opt("balance", 3, "varlist"),
        Opt("strok"),
        Opt("rseed", 0, "real"),
        Opt("show"),
        Opt("percent", 3),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    if not call.has("generate"):
        raise StataError.option_required("generate()")
    name, _, suboption = (part.strip() for part in call.opt("generate").partition(","))
    if suboption not in ("", "replace"):
        raise StataError.option_not_allowed(suboption)
    check(name)
    if name in data and not suboption:
        raise StataError.already_defined(name)
    proportions = _proportions(call)
    values = call.opt("values", [k + 1.0 for k in range(len(proportions))])
    if len(values) != len(proportions) or any(v != int(v) for v in values):
        raise StataError(198, f"values() must contain {len(proportions)} integers")
    used = np.array(call.sample)
    for one in call.varlist:
        column = data.column(one)
        if column.is_string and not call.has("strok"):
            raise StataError(109, f"string variable {one} not allowed without option strok")
        used &= ~column.is_missing()
    for one in (*call.opt("cluster", ()), *call.opt("balance", ())):
        used &= ~data.column(one).is_missing()
    if not used.any():
        raise StataError.no_observations()
    if call.has("rseed"):
        ctx.rng.seed(int(call.opt("rseed")))
    rows = np.flatnonzero(used)
    strata = data.groups(list(call.opt("balance", ())), used).codes[rows]
    unit = data.groups(list(call.opt("cluster")), used).codes[rows] if call.has("cluster") else None
    if unit is None:
        found = assign(strata, proportions, call.has("rround"), ctx)
    else:
        of_unit = np.zeros(int(unit.max()) + 1, dtype=np.int64)
        of_unit[unit] = strata
        if (of_unit[unit] != strata).any():
            raise StataError(459, "balance() variables not constant within clusters")
        found = assign(of_unit, proportions, call.has("rround"), ctx)[unit]
    out = np.full(data.n, np.nan)
    out[rows] = np.array(values)[found]
    column = Column.numeric(out, None, storage.smallest_type(out))
    if name in data:
        data.drop([name])
    data.add(name, column)
    if call.has("show") or call.has("percent"):
        by = names_in(" ".join(call.opt("balance", ())), ctx) if call.has("balance") else []
        percent = ", row" if by and call.has("percent") else ""
        if len(by) > 1:
            ctx.execute(f"bysort {' '.join(by[:-1])}: tabulate {by[-1]} {name}{percent}")
        else:
            ctx.execute(f"tabulate {' '.join(by)} {name}{percent}")
    units = len(rows) if unit is None else int(unit.max()) + 1
    scalars = {"N": float(len(rows)), "n_samples": float(len(proportions))}
    if unit is not None:
        scalars["N_clust"] = float(units)
    return Stored("r", scalars=scalars)
