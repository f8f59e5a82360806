"""Correlated residuals: likelihood and gradient against dense matrices, optima against nlme and closed forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from pystata_hlm.numeric.lmm import Equation, Level, LmmError, LmmFit, ResidualSpec, fit_lmm
from pystata_hlm.numeric.lmm.blocks import cross_products, gather_rows, nest
from pystata_hlm.numeric.lmm.correlated import CorrelatedObjective
from pystata_hlm.numeric.lmm.panels import make_panels, repeated_times
from pystata_hlm.numeric.lmm.parameterise import ParamSet
from pystata_hlm.numeric.lmm.residual_shapes import ar_coefficients, ar_correlations, ma_correlations

KINDS = [
    ("exchangeable", None),
    ("ar", 1),
    ("ar", 2),
    ("ma", 1),
    ("ma", 3),
    ("unstructured", None),
    ("banded", 1),
    ("banded", 0),
    ("toeplitz", 2),
    ("toeplitz", None),
    ("exponential", None),
]


@dataclass
class Data:
    """Unbalanced panels with gaps: two schools' levels, children with some of five times, a binary stratum."""

    y: np.ndarray
    x: np.ndarray
    levels: list[Level]
    child: np.ndarray
    time: np.ndarray
    by: np.ndarray

    def spec(self, kind: str, order: int | None, by: bool) -> ResidualSpec:
        time = self.time * 0.7 + 0.1 if kind == "exponential" else self.time
        return ResidualSpec(kind, order, time, self.by if by else None)


def make(levels: int = 2, seed: int = 1, groups: int = 24, within: bool = False) -> Data:
    """``within``: the stratum varies within children."""
    rng = np.random.default_rng(seed)
    child = np.repeat(np.arange(groups), 5)
    time = np.tile(np.array([1.0, 2, 3, 5, 6]), groups)
    keep = rng.random(child.size) > 0.25
    keep[:5] = True
    child, time = child[keep], time[keep]
    shuffle = rng.permutation(child.size)
    child, time = child[shuffle], time[shuffle]
    school = child // 6
    n = child.size
    w = rng.normal(size=n)
    x = np.column_stack([w, time, np.ones(n)])
    u = rng.normal(size=groups)
    y = 2 + 0.5 * w + 0.3 * time + u[child] + rng.normal(size=n)
    lv = [
        Level("school", school, (Equation(np.ones((n, 1)), "identity"),)),
        Level("child", child, (Equation(np.column_stack([time - 3, np.ones(n)]), "unstructured"),)),
    ]
    by = rng.integers(0, 2, n) if within else child % 2
    return Data(y, x, lv[2 - levels :], child, time, by)


def objective_of(data: Data, spec: ResidualSpec, reml: bool) -> CorrelatedObjective:
    rows = gather_rows(data.y, data.x, data.levels, None)
    basis = cross_products(rows).basis
    panels = make_panels(nest([data.child], data.y.size).row_group[0], spec)
    from dataclasses import replace

    rows = replace(rows, nesting=replace(rows.nesting, order=panels.order))
    params = ParamSet.build(rows.structures, rows.widths, 1)
    return CorrelatedObjective.make(rows, basis, params, panels, reml)


def dense_lambda(
    data: Data, spec: ResidualSpec, objective: CorrelatedObjective, theta: np.ndarray
) -> np.ndarray:
    """Lambda entry by entry from the definitions of [ME] mixed, residuals()."""
    model = objective.panels.model
    n = data.y.size
    by = np.zeros(n, dtype=int) if spec.by is None else spec.by
    ratios = np.exp(np.array(model.ratios(theta), dtype=float))
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if data.child[i] != data.child[j] or by[i] != by[j]:
                continue
            s = int(np.searchsorted(model.codes, by[i]))
            shape, own = model.shapes[s], theta[model.slices[s]]
            t = spec.time
            if shape.kind in ("unstructured", "banded"):
                m = shape.matrix(own)
                a, b = np.searchsorted(shape.values, [t[i], t[j]])
                if abs(a - b) > shape.order:
                    assert abs(m[a, b]) < 1e-12  # the band
                value = m[a, b]
            elif shape.kind == "exchangeable":
                value = 1.0 if i == j else shape.correlation(own)
            elif shape.kind == "exponential":
                value = shape.correlation(own) ** abs(t[i] - t[j])
            elif shape.kind == "toeplitz":
                lag = abs(t[i] - t[j])
                known = np.flatnonzero(shape.values == lag)
                value = 1.0 if lag == 0 else (np.tanh(own[known[0]]) if known.size else 0.0)
            elif shape.kind == "ar":
                value = yule_walker(shape.coefficients(own), int(abs(t[i] - t[j])))
            else:
                value = ma_correlation(shape.coefficients(own), int(abs(t[i] - t[j])))
            out[i, j] = value * ratios[s]
    return out


def yule_walker(phi: np.ndarray, lag: int) -> float:
    """Autocorrelation from the impulse response of the autoregression, another way than the module's."""
    weights = np.zeros(600)
    weights[0] = 1.0
    for k in range(1, 600):
        recent = weights[max(0, k - phi.size) : k][::-1]
        weights[k] = phi[: recent.size] @ recent
    return float(weights[: 600 - lag] @ weights[lag:] / (weights @ weights))


def ma_correlation(theta: np.ndarray, lag: int) -> float:
    w = np.append(1.0, theta)
    return float(w[: w.size - lag] @ w[lag:] / (w @ w)) if lag < w.size else 0.0


def random_full(objective: CorrelatedObjective, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    tau = rng.uniform(0.3, 0.8, objective.n_random)
    theta = objective.panels.model.start() + 0.3 * rng.uniform(-1, 1, objective.panels.model.size)
    return np.concatenate((tau, theta))


def dense_value(data: Data, objective: CorrelatedObjective, full: np.ndarray, lam: np.ndarray) -> float:
    """Minus the log likelihood with sigma^2 profiled out."""
    n, p = data.x.shape
    v = lam.copy()
    codes = np.zeros(n, dtype=int)
    factors = objective.params.factors(full[: objective.n_random])
    for level, f, z_map in zip(data.levels, factors, objective.basis.z_map, strict=True):
        codes = np.unique(np.column_stack([codes, level.groups]), axis=0, return_inverse=True)[1].ravel()
        z = np.column_stack([e.z for e in level.equations]) @ z_map @ f
        v += (z @ z.T) * (codes[:, None] == codes[None, :])
    inverse = np.linalg.inv(v)
    a = data.x.T @ inverse @ data.x
    r = data.y - data.x @ np.linalg.solve(a, data.x.T @ inverse @ data.y)
    d = n - p if objective.reml else n
    twice = d * (np.log(2 * np.pi * (r @ inverse @ r) / d) + 1) + np.linalg.slogdet(v)[1]
    if objective.reml:
        twice += np.linalg.slogdet(a)[1]
    return 0.5 * float(twice)


@pytest.mark.parametrize("reml", [False, True], ids=["ml", "reml"])
@pytest.mark.parametrize("by", ["none", "between", "within"])
@pytest.mark.parametrize(("kind", "order"), KINDS)
def test_value_and_gradient(kind: str, order: int | None, by: str, reml: bool) -> None:
    data = make(levels=2 if by == "none" else 1, within=by == "within")
    spec = data.spec(kind, order, by != "none")
    objective = objective_of(data, spec, reml)
    full = random_full(objective, 3)
    lam = dense_lambda(data, spec, objective, full[objective.n_random :])
    assert objective.value(full) == pytest.approx(dense_value(data, objective, full, lam), rel=1e-11)
    gradient = objective.value_and_gradient(full)[1]
    for k in range(full.size):
        h = 1e-5
        up, down = full.copy(), full.copy()
        up[k] += h
        down[k] -= h
        slope = (objective.value(up) - objective.value(down)) / (2 * h)
        assert gradient[k] == pytest.approx(slope, rel=2e-6, abs=2e-6)  # h^2 f'''/6 and rounding / h


def test_autocorrelations() -> None:
    """An AR(2) with phi = .5, .3: rho_1 = .5/.7, rho_2 = .5 rho_1 + .3 (Yule-Walker); an MA(1): t/(1 + t^2)."""
    partial = np.array([0.5 / 0.7, 0.3])
    assert ar_coefficients(partial) == pytest.approx([0.5, 0.3])
    rho1 = 0.5 / 0.7
    rho2 = 0.5 * rho1 + 0.3
    assert ar_correlations(partial, 3) == pytest.approx([1, rho1, rho2, 0.5 * rho2 + 0.3 * rho1])
    assert ma_correlations(np.array([0.4]), 3) == pytest.approx([1, 0.4 / 1.16, 0, 0])


@pytest.mark.parametrize(
    ("kind", "order"), [("ar", 1), ("exchangeable", None), ("unstructured", None), ("ma", 2)]
)
@pytest.mark.parametrize("by", [False, True])
def test_scores(kind: str, order: int | None, by: bool) -> None:
    """Scores of single groups are the derivatives of their own dense log densities."""
    data = make(levels=1, seed=5, groups=80 if kind == "unstructured" else 24)
    spec = data.spec(kind, order, by)
    if kind in ("exchangeable", "unstructured"):  # a random intercept beside them would not be identified
        slope = (Equation((data.time - 3)[:, None], "identity"),)
        data.levels = [Level("child", data.child, slope if kind == "exchangeable" else ())]
    fit = fit_lmm(data.y, data.x, data.levels, residuals=spec)
    part = fit.correlated
    assert part is not None
    scores = fit.scores()
    assert np.abs(scores.sum(axis=0)).max() < 1e-4
    k = fit.objective.params.n_random
    p = fit.p
    engine = fit.estimates.to_engine
    natural = -scores[:, p:] @ np.linalg.inv(
        engine
    )  # of minus the log likelihood in (phi, theta, log sigma^2)
    z = fit.rows.z[0] if k else np.zeros((data.y.size, 0))
    z_map = part.objective.basis.z_map[0] if k else np.zeros((0, 0))
    theta0, s0 = part.theta, np.log(part.sigma2)
    tau = part.at.full[:k]
    phi0 = fit.objective.params.phi(tau)[:k]
    basis = fit.objective.params.level_basis[0] if k else np.zeros((0, 0, 0))

    def log_density(group: int, beta: np.ndarray, phi: np.ndarray, theta: np.ndarray, s: float) -> float:
        rows = np.flatnonzero(fit.levels[0].row_group == group)
        lam = dense_lambda(
            Data(data.y[rows], data.x[rows], [], data.child[rows], data.time[rows], data.by[rows]),
            ResidualSpec(kind, order, spec.time[rows], data.by[rows] if by else None),
            part.objective,
            theta,
        )
        zz = z[rows] @ z_map
        v = np.exp(s) * (lam + zz @ np.tensordot(phi, basis, axes=1) @ zz.T)
        return float(stats.multivariate_normal(data.x[rows] @ beta, v).logpdf(data.y[rows]))

    h = 1e-5
    for group in (0, 23):
        base = [fit.beta, phi0, theta0, s0]
        for which, index, got in (
            *((0, j, scores[group, j]) for j in range(p)),
            *((1, j, -natural[group, j]) for j in range(k)),
            *((2, j, -natural[group, k + j]) for j in range(theta0.size)),
            (3, 0, -natural[group, -1]),
        ):
            values = []
            for sign in (1, -1):
                moved = [np.array(b, dtype=float) for b in base]
                moved[which].reshape(-1)[index] += sign * h
                values.append(log_density(group, moved[0], moved[1], moved[2], float(moved[3])))
            assert got == pytest.approx((values[0] - values[1]) / (2 * h), rel=1e-5, abs=1e-5)


def natural(fit: LmmFit) -> dict[str, float]:
    return {
        f"{p.kind}{p.equation}.{p.i}.{p.j}": float(v) for p, v in zip(fit.params, fit.natural, strict=True)
    }


def test_balanced_unstructured_is_the_sample_covariance() -> None:
    """With a saturated mean for every time and balanced data the ML estimate is S (n-1)/n: a closed form."""
    rng = np.random.default_rng(8)
    groups, times = 40, 4
    y = rng.normal(size=(groups, times)) @ np.linalg.cholesky(np.eye(times) + 0.5).T * [1, 2, 3, 4]
    x = np.tile(np.eye(times), (groups, 1))
    child, time = np.repeat(np.arange(groups), times), np.tile(np.arange(1.0, times + 1), groups)
    level = [Level("child", child, ())]
    for reml, divisor in ((False, groups), (True, groups - 1)):
        fit = fit_lmm(y.ravel(), x, level, reml=reml, residuals=ResidualSpec("unstructured", None, time))
        centred = y - y.mean(axis=0)
        s = centred.T @ centred / divisor
        got = fit.residual_covariance(np.arange(times))
        assert got == pytest.approx(s, rel=1e-7)
        # Wishart: var(s_ij) = (s_ij^2 + s_ii s_jj) / divisor, from the inverse information
        se = np.sqrt(np.diagonal(fit.vcov_natural))
        for p, v in zip(fit.params, se, strict=True):
            i, j = p.i - 1, p.j - 1
            assert v == pytest.approx(np.sqrt((s[i, j] ** 2 + s[i, i] * s[j, j]) / divisor), rel=1e-5)
        assert fit.df_random == 0
        assert fit.lr_df == times * (times + 1) // 2 - 1


def test_exchangeable_equals_random_intercept() -> None:
    """The marginal model with one covariance is the random-intercept model (var(_cons) = cov(e))."""
    data = make(levels=1, seed=2)
    level = data.levels[0].groups
    one = fit_lmm(data.y, data.x, [Level("child", level, (Equation(np.ones((data.y.size, 1))),))])
    other = fit_lmm(data.y, data.x, [Level("child", level, ())], residuals=ResidualSpec("exchangeable"))
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)
    assert other.beta == pytest.approx(one.beta, rel=1e-7)
    assert natural(other)["rescov1.1.2"] == pytest.approx(one.natural[0], rel=1e-6)
    assert other.natural[0] == pytest.approx(one.natural.sum(), rel=1e-6)
    assert np.sqrt(other.vcov_natural[1, 1]) == pytest.approx(np.sqrt(one.vcov_natural[0, 0]), rel=1e-5)
    robust, plain = other.robust(), one.robust()
    assert robust.beta == pytest.approx(plain.beta, rel=1e-5)


def test_exponential_equals_ar1_on_integers() -> None:
    data = make(levels=1, seed=4)
    level = [Level("child", data.child, ())]
    rng = np.random.default_rng(0)
    shared = np.zeros(data.y.size)
    for c in np.unique(data.child):  # a Markov walk over the observed times
        rows = np.flatnonzero(data.child == c)[np.argsort(data.time[data.child == c])]
        value = rng.normal()
        for a, b in zip([None, *rows[:-1]], rows, strict=True):
            if a is not None:
                r = 0.7 ** (data.time[b] - data.time[a])
                value = r * value + np.sqrt(1 - r * r) * rng.normal()
            shared[b] = value
    y = data.x @ np.array([1.0, 2, 3]) + shared
    one = fit_lmm(y, data.x, level, reml=True, residuals=ResidualSpec("ar", 1, data.time))
    other = fit_lmm(y, data.x, level, reml=True, residuals=ResidualSpec("exponential", None, data.time))
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)
    assert other.natural == pytest.approx(one.natural, rel=1e-6)
    assert np.diagonal(other.vcov_natural) == pytest.approx(np.diagonal(one.vcov_natural), rel=1e-5)
    toeplitz = fit_lmm(y, data.x, level, reml=True, residuals=ResidualSpec("toeplitz", None, data.time))
    assert toeplitz.loglik > one.loglik  # five correlations instead of powers of one


def test_known_correlation_gives_statsmodels_gls() -> None:
    """beta and its covariance are those of GLS with the fitted covariance (statsmodels.GLS, sigma^2 scaled)."""
    from statsmodels.regression.linear_model import GLS

    data = make(levels=1, seed=6)
    spec = ResidualSpec("toeplitz", 2, data.time)
    fit = fit_lmm(data.y, data.x, [Level("child", data.child, ())], reml=True, residuals=spec)
    v = fit.residual_covariance(np.arange(data.y.size))
    gls = GLS(data.y, data.x, sigma=v).fit()
    assert fit.beta == pytest.approx(gls.params, rel=1e-9)
    assert np.sqrt(np.diagonal(fit.vcov_beta)) == pytest.approx(gls.bse / np.sqrt(gls.scale), rel=1e-9)
    assert gls.scale == pytest.approx(1.0, rel=1e-8)  # REML: r'V^-1 r = n - p at the optimum


def test_order_of_rows_and_strata_within_groups() -> None:
    """Any order of the rows gives the same fit; by() within groups splits them into independent parts."""
    data = make(levels=1, seed=7, within=True)
    spec = ResidualSpec("ar", 1, data.time, data.by)
    level = [Level("child", data.child, ())]
    one = fit_lmm(data.y, data.x, level, residuals=spec)
    mix = np.random.default_rng(1).permutation(data.y.size)
    other = fit_lmm(
        data.y[mix],
        data.x[mix],
        [Level("child", data.child[mix], ())],
        residuals=ResidualSpec("ar", 1, data.time[mix], data.by[mix]),
    )
    assert other.loglik == pytest.approx(one.loglik, rel=1e-12)
    split = [Level("part", data.child * 2 + data.by, ())]
    assert fit_lmm(data.y, data.x, split, residuals=spec).loglik == pytest.approx(one.loglik, rel=1e-12)
    assert other.standardized_residuals() == pytest.approx(
        one.standardized_residuals()[mix], rel=1e-4, abs=1e-6
    )
    rows = np.flatnonzero(data.child == 3)
    v = one.residual_covariance(rows)
    differ = data.by[rows][:, None] != data.by[rows][None, :]
    assert differ.any()
    assert np.all(v[differ] == 0)
    values, vectors = np.linalg.eigh(v)
    root = (vectors / np.sqrt(values)) @ vectors.T
    assert one.standardized_residuals()[rows] == pytest.approx(root @ one.residuals()[rows], rel=1e-9)


def test_repeated_times() -> None:
    groups, time = np.array([0, 0, 1, 1]), np.array([1.0, 1, 1, 2])
    assert repeated_times(groups, ResidualSpec("ar", 1, time))
    assert not repeated_times(groups, ResidualSpec("ar", 1, time, np.array([0, 1, 0, 0])))
    assert not repeated_times(groups, ResidualSpec("exchangeable"))


def test_refusals() -> None:
    data = make(levels=1)
    with pytest.raises(ValueError, match="needs times"):
        ResidualSpec("ar", 1)
    spec = ResidualSpec("ar", 1, data.time)
    with pytest.raises(LmmError, match="weights"):
        fit_lmm(data.y, data.x, data.levels, residuals=spec, weights=np.ones(data.y.size))
    crossed = [
        Level(
            "all", np.zeros(data.y.size, dtype=int), (Equation(np.ones((data.y.size, 1)), factor=data.child),)
        )
    ]
    with pytest.raises(LmmError, match="nested"):
        fit_lmm(data.y, data.x, crossed, residuals=spec)


def test_level_without_effects_keeps_its_groups() -> None:
    """An empty level only counts and clusters: estimates are those of the model without it."""
    data = make(levels=2, seed=9)
    school, child = data.levels
    alone = fit_lmm(data.y, data.x, [school])
    empty = fit_lmm(data.y, data.x, [school, Level("child", child.groups, ())])
    assert empty.loglik == pytest.approx(alone.loglik, rel=1e-12)
    assert [lv.n_groups for lv in empty.levels] == [4, 24]
    assert empty.levels[1].widths == ()
    spec = ResidualSpec("ar", 1, data.time)
    fit = fit_lmm(data.y, data.x, [school, Level("child", child.groups, ())], residuals=spec)
    assert [p.level for p in fit.params] == [1, 0, 0]
    assert fit.effects[0].values.shape == (4, 1)
    assert fit.scores().shape == (4, 3 + 3)
