"""What ``total``, ``ratio`` and ``proportion`` share: the sample, linearized covariances, e()."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pystata_hlm.commands._estimation import Vce, cluster_codes, parse_vce
from pystata_hlm.commands._means_table import show
from pystata_hlm.commands._moments import fsum
from pystata_hlm.commands._over import Over, over_groups
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Estimation, StataMatrix, Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("over", 0, "varlist"),
    Opt("level", 1, "level"),
    Opt("noheader", 3),
    Opt("vce", 3, "text"),
    Opt("cluster", 2, "varname"),
)
UNSUPPORTED = ("nolegend:3", "coeflegend:5", "svy", "subpop")
WEIGHTS = ("fweight", "iweight", "pweight")


@dataclass(frozen=True)
class Sample:
    """Rows in use, their weights (ones without), how many observations they stand for, and the groups of over()."""

    rows: np.ndarray
    w: np.ndarray
    n: float
    counts: np.ndarray
    """How many observations each row is (frequency weights)."""
    groups: Over | None
    vce: Vce
    clusters: np.ndarray | None = None
    n_clusters: int = 0

    @property
    def df_r(self) -> float:
        return float(self.n_clusters - 1) if self.n_clusters else self.n - 1


def sample(names: tuple[str, ...], call: Call, ctx: Context, default: str = "analytic") -> Sample:
    rows = call.sample.copy()
    over = tuple(call.opt("over", ()))
    vce = _vce(call, default, ctx)
    for name in (*names, *over, *([vce.cluster] if vce.cluster else [])):
        rows &= ~ctx.data.column(name).is_missing()
    if not rows.any():
        raise StataError.no_observations()
    w = np.ones(int(rows.sum())) if call.weight is None else call.weight.values[rows]
    frequency = call.weight is not None and call.weight.kind == "fweight"
    n = fsum(w) if frequency else float(rows.sum())
    counts = w if frequency else np.ones(len(w))
    groups = over_groups(ctx.data, over, rows) if over else None
    if not vce.cluster:
        return Sample(rows, w, n, counts, groups, vce)
    codes, clusters = cluster_codes(vce.cluster, rows, ctx)
    return Sample(rows, w, n, counts, groups, vce, codes, clusters)


def _vce(call: Call, default: str, ctx: Context) -> Vce:
    """``vce(analytic)``, ``vce(linearized)`` or ``vce(cluster name)``; r(198) for others."""
    text = call.opt("vce")
    words = (text or "").split()
    if len(words) == 1 and len(words[0]) >= 3 and default.startswith(words[0]):
        return Vce(default, call.opt("cluster") or "")
    return parse_vce(text, False, call.opt("cluster"), default, ("cluster",), ctx)


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


def variance(z: np.ndarray, s: Sample) -> np.ndarray:
    """Covariance of totals of z: linearized, or of the sums over clusters, G/(G-1) times their cross-products."""
    if s.clusters is None:
        return linearized(z, s)
    sums = np.zeros((s.n_clusters, z.shape[1]))
    weighted = s.counts[:, None] * z
    for j in range(z.shape[1]):
        sums[:, j] = np.bincount(s.clusters, weights=weighted[:, j], minlength=s.n_clusters)
    sums -= sums.mean(0)
    return np.asarray(s.n_clusters / (s.n_clusters - 1) * sums.T @ sums)


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
    matrices: dict[str, StataMatrix] | None = None,
) -> None:
    """Store e() and show the table."""
    title = f"{command.capitalize()} estimation"
    rank = float(np.linalg.matrix_rank(vcov)) if np.isfinite(vcov).all() else 0.0
    size = 1 if s.groups is None else s.groups.size
    scalars = {"df_r": s.df_r, "N_over": float(size), "N": s.n, "k_eq": 1.0, "rank": rank}
    if s.n_clusters:
        scalars["N_clust"] = float(s.n_clusters)
    stored = {"cmdline": call.line, "cmd": command}
    if call.weight is not None:
        stored |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    vce = {name: text for name, text in macros.items() if name.startswith("vce")}
    if s.n_clusters:
        vce = {"vce": "cluster", "vcetype": "Robust", "clustvar": s.vce.cluster}
    stored |= {**vce, "title": title, "estat_cmd": "estat_vce_only"}
    stored |= {name: text for name, text in macros.items() if not name.startswith("vce")}
    if s.groups is not None:
        stored["over"] = " ".join(s.groups.names)
    stored |= {"marginsnotok": "_ALL", "properties": "b V"}
    stored_matrices = {
        "b": StataMatrix(b[None, :], ("y1",), names),
        "V": StataMatrix(vcov, names, names),
        **(matrices or {}),
        "_N": StataMatrix(observations(s, len(b))[None, :], ("r1",), names),
        "error": StataMatrix(np.zeros((1, len(b))), ("r1",), names),
    }
    full = {"title": title, "head": command.capitalize(), "robust": bool(s.n_clusters), **extra}
    if s.n_clusters:
        full["linearized"] = False
    estimation = Estimation(
        command, command.capitalize(), b=b, vcov=vcov, df_r=s.df_r, replay=show, extra=full
    )
    ctx.store(Stored("e", scalars, stored, stored_matrices, estimation, s.rows))
    show(ctx.estimation, call.options, ctx)


def observations(s: Sample, k: int) -> np.ndarray:
    """Observations behind each of the k coefficients, the groups of over() fastest."""
    if s.groups is None:
        return np.full(k, s.n)
    sizes = np.bincount(s.groups.index, weights=s.counts, minlength=s.groups.size)
    return np.asarray(np.tile(sizes, k // s.groups.size))
