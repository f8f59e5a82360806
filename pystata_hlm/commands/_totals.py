"""What ``total``, ``ratio`` and ``proportion`` share: the sample, linearized covariances, e()."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.commands._moments import fsum
from pystata_hlm.commands.mean import show
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("over", 0, "varname"), Opt("level", 1, "level"), Opt("noheader", 3))
UNSUPPORTED = ("vce:3", "cluster:2", "nolegend:3", "coeflegend:5", "svy", "subpop")
WEIGHTS = ("fweight", "iweight", "pweight")


@dataclass(frozen=True)
class Sample:
    """Rows in use, their weights (ones without), how many observations they stand for, and the groups of over()."""

    rows: np.ndarray
    w: np.ndarray
    n: float
    counts: np.ndarray
    """How many observations each row is (frequency weights)."""
    groups: Axis | None


def sample(names: tuple[str, ...], call: Call, ctx: Context) -> Sample:
    rows = call.sample.copy()
    over = call.opt("over", "")
    for name in (*names, *([over] if over else [])):
        rows &= ~ctx.data.column(name).is_missing()
    if not rows.any():
        raise StataError.no_observations()
    w = np.ones(int(rows.sum())) if call.weight is None else call.weight.values[rows]
    frequency = call.weight is not None and call.weight.kind == "fweight"
    n = fsum(w) if frequency else float(rows.sum())
    counts = w if frequency else np.ones(len(w))
    return Sample(rows, w, n, counts, axis(ctx.data, over, rows) if over else None)


def values(name: str, s: Sample, ctx: Context) -> np.ndarray:
    column = ctx.data.column(name)
    if column.is_string:
        raise StataError.type_mismatch()
    return column.values()[s.rows]


def linearized(z: np.ndarray, s: Sample) -> np.ndarray:
    """Covariance of totals of z (n, k), one row for each observation drawn with replacement."""
    if s.n < 2:
        return np.full((z.shape[1],) * 2, np.nan)
    d = z - (s.counts[:, None] * z).sum(0) / s.n
    return np.asarray(s.n / (s.n - 1) * ((s.counts[:, None] * d).T @ d))


def weight_per_observation(s: Sample) -> np.ndarray:
    """The weight of one observation: frequency weights repeat it."""
    return s.w / s.counts


def estimate(
    command: str,
    call: Call,
    s: Sample,
    b: np.ndarray,
    vcov: np.ndarray,
    names: tuple[str, ...],
    extra: dict[str, Any],
    ctx: Context,
    macros: dict[str, str],
) -> None:
    """Store e() and show the table."""
    title = f"{command.capitalize()} estimation"
    rank = float(np.linalg.matrix_rank(vcov)) if np.isfinite(vcov).all() else 0.0
    size = 1 if s.groups is None else s.groups.size
    scalars = {"df_r": s.n - 1, "N_over": float(size), "N": s.n, "k_eq": 1.0, "rank": rank}
    stored = {"cmdline": call.line, "cmd": command}
    if call.weight is not None:
        stored |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    stored |= {"title": title, "estat_cmd": "estat_vce_only", **macros}
    if s.groups is not None:
        stored["over"] = s.groups.name
    stored |= {"marginsnotok": "_ALL", "properties": "b V"}
    matrices = {
        "b": StataMatrix(b[None, :], ("y1",), names),
        "V": StataMatrix(vcov, names, names),
        "_N": StataMatrix(np.full((1, len(b)), s.n), ("r1",), names),
        "error": StataMatrix(np.zeros((1, len(b))), ("r1",), names),
    }
    full = {"title": title, "head": command.capitalize(), **extra}
    estimation = Estimation(
        command, command.capitalize(), b=b, vcov=vcov, df_r=s.n - 1, replay=show, extra=full
    )
    ctx.store(Stored("e", scalars, stored, matrices, estimation, s.rows))
    show(ctx.estimation, call.options, ctx)


def marks(groups: Axis) -> list[str]:
    """Levels as e(b)'s columns name them: the first is the base, ``0bn``."""
    return [f"{v:g}{'bn' if g == 0 else ''}" for g, v in enumerate(groups.values.tolist())]
