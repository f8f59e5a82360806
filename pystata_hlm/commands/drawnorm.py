"""drawnorm: draw a sample from a multivariate normal distribution.   drawnorm newvarlist [, means() sds() corr() cov() n(#)]

The draws are means + z A' with A A' the covariance (Cholesky) and z standard normal, drawn variable by variable.
"""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _matrix_expr
from pystata_hlm.commands._files import refuse_to_lose
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (
    Opt("clear"),
    Opt("double", 1),
    Opt("n", 0, "int"),
    Opt("sds", 2, "text"),
    Opt("corr", 0, "text"),
    Opt("cov", 0, "text"),
    Opt("cstorage", 2, "text"),
    Opt("forcepsd"),
    Opt("means", 1, "text"),
    Opt("seed", 0, "real"),
)


def new_names(text: str, ctx: Context) -> list[str]:
    """``x y z`` or ``x1-x4``; r(110) for names that exist."""
    out: list[str] = []
    for word in text.split():
        first, dash, last = word.partition("-")
        stem = first.rstrip("0123456789")
        if dash:
            digits, end = first[len(stem) :], last[len(stem) :]
            if not (last.startswith(stem) and digits.isdigit() and end.isdigit() and int(digits) <= int(end)):
                raise StataError.invalid_name(word)
            out += [f"{stem}{k}" for k in range(int(digits), int(end) + 1)]
        else:
            out.append(word)
    if not out:
        raise StataError(100, "newvarlist required")
    for k, name in enumerate(out):
        check(name)
        if name in out[:k]:
            raise StataError.already_defined(name)
    return out


def _matrix(text: str, ctx: Context) -> np.ndarray:
    """A matrix by name or expression, or a list of numbers."""
    try:
        return _matrix_expr.evaluate(text, ctx).values
    except StataError:
        if any(c.isalpha() for c in text):
            raise
        return np.atleast_2d(parse_numlist(text))


def _vector(option: str, call: Call, ctx: Context, k: int, default: float) -> np.ndarray:
    if not call.has(option):
        return np.full(k, default)
    values = _matrix(call.opt(option), ctx)
    if 1 not in values.shape or values.size != k:
        raise StataError(503, f"{option}() must be a vector of length {k}; conformability error")
    return np.asarray(values.ravel(), dtype=float)


def _square(option: str, call: Call, ctx: Context, k: int) -> np.ndarray:
    """A symmetric matrix from full storage, or from its triangle listed as a vector."""
    values = _matrix(call.opt(option), ctx)
    storage = call.opt("cstorage", "").strip()
    if storage and not any(
        word.startswith(storage) and len(storage) >= 1 for word in ("full", "lower", "upper")
    ):
        raise StataError(198, f"cstorage({storage}) invalid")
    vector = values.shape != (1, 1) and 1 in values.shape
    if not storage or "full".startswith(storage):
        if vector and k > 1:
            raise StataError(198, "option cstorage() required when the matrix is stored as a vector")
        if values.shape != (k, k):
            raise StataError(503, f"{option}() must be a {k} x {k} matrix; conformability error")
        if not np.allclose(values, values.T, rtol=1e-8, atol=1e-12):
            raise StataError(505, f"{option}() matrix not symmetric")
        return (values + values.T) / 2
    if 1 not in values.shape or values.size != k * (k + 1) // 2:
        raise StataError(
            503, f"{option}() must be a vector of length {k * (k + 1) // 2}; conformability error"
        )
    at = np.tril_indices(k) if "lower".startswith(storage) else np.triu_indices(k)
    out = np.zeros((k, k))
    out[at] = values.ravel()
    return out + out.T - np.diag(np.diag(out))


def covariance(call: Call, ctx: Context, k: int) -> np.ndarray:
    if call.has("cov"):
        if call.has("corr") or call.has("sds"):
            raise StataError(198, "option cov() may not be combined with corr() or sds()")
        return _square("cov", call, ctx, k)
    sds = _vector("sds", call, ctx, k, 1.0)
    if not (sds > 0).all():
        raise StataError(498, "sds() must be positive")
    corr = _square("corr", call, ctx, k) if call.has("corr") else np.eye(k)
    if not np.allclose(np.diag(corr), 1.0, atol=1e-8) or (np.abs(corr) > 1 + 1e-8).any():
        raise StataError(508, "corr() is not a correlation matrix")
    return corr * np.outer(sds, sds)


def root(cov: np.ndarray, force: bool) -> np.ndarray:
    """A with A A' = cov: Cholesky, or the square root of a semidefinite matrix; r(506) when it is indefinite."""
    if (np.diag(cov) > 0).all():
        try:
            return np.linalg.cholesky(cov)
        except np.linalg.LinAlgError:
            pass
    values, vectors = np.linalg.eigh(cov)
    if values.min() < -1e-10 * max(values.max(), 1e-300) and not force:
        raise StataError(506, "matrix not positive (semi)definite")
    return np.asarray(vectors * np.sqrt(np.clip(values, 0, None)))


@command("drawnorm", syntax="anything", allow=set(), options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    names = new_names(call.node.text, ctx)
    k = len(names)
    means = _vector("means", call, ctx, k, 0.0)
    if call.has("cstorage") and not (call.has("corr") or call.has("cov")):
        raise StataError(198, "option cstorage() requires option corr() or cov()")
    spread = root(covariance(call, ctx, k), call.has("forcepsd"))
    n = call.opt("n", ctx.data.n)
    if n < 1:
        raise StataError(198, "n() must be positive") if call.has("n") else StataError.no_observations()
    if n > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    if call.has("clear") or (call.has("n") and n != ctx.data.n and ctx.data.n):
        refuse_to_lose(ctx, call.has("clear"))
        ctx.data = Dataset()
    for name in names:
        if name in ctx.data:
            raise StataError.already_defined(name)
    if call.has("seed"):
        ctx.rng.seed(int(call.opt("seed")))
    if ctx.data.n < n:
        ctx.data.set_obs(n)
    z = np.column_stack([ctx.rng.normal(n) for _ in names])
    draws = means + z @ spread.T
    stype = "double" if call.has("double") else ctx.settings.type
    for j, name in enumerate(names):
        ctx.data.add(name, Column.numeric(draws[:, j], None, stype))
    ctx.say(f"(obs {n:,})" if ctx.settings.release >= 15 else f"(obs {n})")
    return None
