"""Crossed effects: likelihood, derivatives and predictions against dense matrices; published estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import block_diag

from pystata_hlm.numeric.lmm import Equation, Level, LmmError, LmmFit, fit_lmm
from pystata_hlm.numeric.lmm.blocks import cross_products, gather_rows
from pystata_hlm.numeric.lmm.crossed import Arrangement
from pystata_hlm.numeric.lmm.crossed_elimination import CrossedState
from pystata_hlm.numeric.lmm.objective import Objective
from pystata_hlm.numeric.lmm.parameterise import ParamSet

N = 90


def r_of(codes: np.ndarray) -> Equation:
    """R.varname."""
    return Equation(np.ones((codes.size, 1)), "identity", codes)


class Data:
    """Ninety rows, factors of 5, 12 and 4 levels, two columns of X that also serve as Z."""

    def __init__(self, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self.a, self.b, self.c = (rng.integers(0, k, N) for k in (5, 12, 4))
        self.strata = rng.integers(0, 2, N)
        self.x = np.column_stack([rng.normal(size=N), np.ones(N)])
        self.y = (
            1.0
            + 2 * rng.normal(size=5)[self.a]
            + rng.normal(size=12)[self.b] * self.x[:, 0]
            + rng.normal(size=4)[self.c]
            + rng.normal(size=N)
        )
        self.all = np.zeros(N, dtype=int)

    def models(self) -> dict[str, list[Level]]:
        z, one = self.x, self.x[:, 1:]
        return {
            "a x b": [
                Level("_all", self.all, (r_of(self.a),)),
                Level("b", self.b, (Equation(z, "unstructured"),)),
            ],
            "b x a": [Level("_all", self.all, (r_of(self.b), r_of(self.a)))],
            "a x c x b": [Level("_all", self.all, (r_of(self.a), r_of(self.b), r_of(self.c)))],
            "slopes in the crossed block": [
                Level("_all", self.all, (r_of(self.b),)),
                Level("a", self.a, (Equation(z, "unstructured"),)),
            ],
            "a, c x b in groups of b": [
                Level("_all", self.all, (r_of(self.a), Equation(z[:, :1], "identity"), r_of(self.c))),
                Level("groups", self.b // 4, (Equation(one, "identity"),)),
                Level("b", self.b, (Equation(z, "exchangeable"),)),
            ],
            "factor within groups": [
                Level("a", self.a, (Equation(z, "independent"), r_of(self.c))),
                Level("b", self.b, (Equation(one, "identity"),)),
            ],
            "nested after all": [Level("_all", self.all, (r_of(self.b), r_of(self.b // 4)))],
        }


DATA = Data()
NAMES = list(DATA.models())


def objective_of(name: str, reml: bool, strata: np.ndarray | None) -> tuple[Objective, Arrangement]:
    levels = DATA.models()[name]
    arrangement = Arrangement.of(levels, N)
    rows = gather_rows(DATA.y, DATA.x, arrangement.chain_levels(levels), strata)
    rows = replace(rows, crossed=tuple(arrangement.terms[t] for t in arrangement.crossed))
    terms = [arrangement.terms[t] for t in arrangement.order]
    params = ParamSet.build([t.structures for t in terms], [t.widths for t in terms], rows.stratum_codes.size)
    return Objective(cross_products(rows), params, reml), arrangement


def dense_value(v: np.ndarray, reml: bool) -> float:
    """Minus the log likelihood at V sigma^2, sigma^2 and beta at their optimum."""
    x, y = DATA.x, DATA.y
    inverse = np.linalg.inv(v)
    a = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(a, x.T @ inverse @ y)
    df = N - (2 if reml else 0)
    twice = df * (np.log(2 * np.pi * (r @ inverse @ r) / df) + 1) + np.linalg.slogdet(v)[1]
    return 0.5 * float(twice + (np.linalg.slogdet(a)[1] if reml else 0.0))


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_value_and_derivatives(name: str, reml: bool, stratified: bool) -> None:
    strata = DATA.strata if stratified else None
    objective, arrangement = objective_of(name, reml, strata)
    params, basis = objective.params, objective.blocks.basis
    tau = np.random.default_rng(7).normal(size=params.size) * 0.4 + 0.5
    weights = params.weights(tau)
    v = np.diag(1 / weights[strata]) if strata is not None else np.eye(N)
    for place, t in enumerate(arrangement.order):
        term = arrangement.terms[t]
        z = term.z @ basis.z_map[place] @ params.factors(tau)[place]
        v += (z @ z.T) * (term.groups[:, None] == term.groups[None, :])
    value, gradient, hessian = objective.in_tau(tau, 2)
    assert value == pytest.approx(dense_value(v, reml), abs=1e-10)
    np.testing.assert_allclose(gradient, objective.in_tau(tau, 1)[1], atol=1e-11)
    step = 1e-5
    for i in range(params.size):
        d = np.zeros(params.size)
        d[i] = step
        slope = (objective.value(tau + d) - objective.value(tau - d)) / (2 * step)
        assert gradient[i] == pytest.approx(slope, abs=2e-7)  # central differences: h^2 and rounding
        bend = (objective.in_tau(tau + d, 1)[1] - objective.in_tau(tau - d, 1)[1]) / (2 * step)
        np.testing.assert_allclose(hessian[i], bend, atol=2e-6)


def test_small_variances_take_the_careful_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Near zero J and S come from products, not from I - K^-1; both paths agree where both are good."""
    objective, _ = objective_of("a x b", False, None)
    tau = np.array([0.5, 0.6, 0.1, 0.4])
    quick = objective.in_tau(tau, 2)
    monkeypatch.setattr(CrossedState, "_safe", property(lambda self: False))
    careful = objective.in_tau(tau, 2)
    monkeypatch.undo()
    np.testing.assert_allclose(quick[1], careful[1], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(quick[2], careful[2], rtol=1e-8, atol=1e-9)
    at_zero = objective.in_tau(np.array([0.0, 0.6, 0.1, 0.4]), 2)
    assert at_zero[1][0] == pytest.approx(0.0, abs=1e-12)  # a stationary point in tau


def dense_predictions(fit: LmmFit) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """beta, BLUPs and their standard errors (beta known under ML) from D Z'V^-1."""
    v = np.eye(N) * fit.residual_variances[0]
    zs, ds = [], []
    for term in fit.terms:
        level = fit.levels[term.level]
        d = block_diag(*[level.covariances[e] for e in term.equations])
        v += (term.z @ d @ term.z.T) * (term.row_group[:, None] == term.row_group[None, :])
        groups, q = int(term.row_group.max()) + 1, term.z.shape[1]
        z = np.zeros((N, groups * q))
        for k in range(q):
            z[np.arange(N), term.row_group * q + k] = term.z[:, k]
        zs.append(z)
        ds.append(np.kron(np.eye(groups), d))
    z, d, x = np.hstack(zs), block_diag(*ds), DATA.x
    inverse = np.linalg.inv(v)
    a = x.T @ inverse @ x
    beta = np.linalg.solve(a, x.T @ inverse @ DATA.y)
    p = inverse - (inverse @ x @ np.linalg.solve(a, x.T @ inverse) if fit.reml else 0)
    errors = np.diag(d - d @ z.T @ p @ z @ d)
    return beta, d @ z.T @ inverse @ (DATA.y - x @ beta), np.sqrt(np.maximum(errors, 0))


@pytest.mark.parametrize("reml", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_fit(name: str, reml: bool) -> None:
    levels = DATA.models()[name]
    fit = fit_lmm(DATA.y, DATA.x, levels, reml=reml)
    beta, blups, errors = dense_predictions(fit)
    np.testing.assert_allclose(fit.beta, beta, atol=1e-10)
    np.testing.assert_allclose(np.concatenate([e.values.ravel() for e in fit.effects]), blups, atol=1e-9)
    ours = np.concatenate([e.standard_errors.ravel() for e in fit.effects])
    np.testing.assert_allclose(ours, errors, atol=1e-6)  # zero variances stand at 1e-14 of the residual's
    assert [p.level for p in fit.params] == sorted(p.level for p in fit.params if p.level) + [0]
    again = fit_lmm(DATA.y, DATA.x, levels, reml=reml, start=fit.metric)
    assert again.loglik == pytest.approx(fit.loglik, abs=1e-9)
    whole = sum(
        np.einsum("ij,ij->i", t.z, e.values[e.row_group]) for t, e in zip(fit.terms, fit.effects, strict=True)
    )
    np.testing.assert_allclose(fit.fitted(), DATA.x @ fit.beta + whole, atol=1e-12)


def test_nested_in_disguise_is_the_nested_model() -> None:
    """_all: R.b || _all: R.(b//4) is || b//4: || b: by another name."""
    fit = fit_lmm(DATA.y, DATA.x, DATA.models()["nested after all"])
    one = Equation(np.ones((N, 1)))
    nested = fit_lmm(DATA.y, DATA.x, [Level("g", DATA.b // 4, (one,)), Level("b", DATA.b, (one,))])
    assert fit.loglik == pytest.approx(nested.loglik, abs=1e-10)
    np.testing.assert_allclose(fit.natural[[1, 0, 2]], nested.natural, rtol=1e-6, atol=1e-9)


def test_roles_do_not_matter() -> None:
    """Which factor is eliminated first changes nothing."""
    one = Equation(np.ones((N, 1)))
    ab = fit_lmm(DATA.y, DATA.x, [Level("_all", DATA.all, (r_of(DATA.a),)), Level("b", DATA.b, (one,))])
    ba = fit_lmm(DATA.y, DATA.x, [Level("_all", DATA.all, (r_of(DATA.b),)), Level("a", DATA.a, (one,))])
    both = fit_lmm(DATA.y, DATA.x, [Level("_all", DATA.all, (r_of(DATA.a), r_of(DATA.b)))])
    for other in (ba, both):
        assert other.loglik == pytest.approx(ab.loglik, abs=1e-10)
    np.testing.assert_allclose(both.natural, ab.natural, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(ba.natural[[1, 0, 2]], ab.natural, rtol=1e-7, atol=1e-9)


def test_too_many_crossed_columns_is_an_error() -> None:
    n = 30_000
    rng = np.random.default_rng(1)
    levels = [Level("_all", np.zeros(n, int), (r_of(rng.permutation(n) // 2), r_of(np.arange(n) // 2)))]
    with pytest.raises(LmmError, match="crossed random effects"):
        fit_lmm(rng.normal(size=n), np.ones((n, 1)), levels)


# ---------------------------------------------------------------- published estimates
# Data of Davies and Goldsmith (1972), Statistical Methods in Research and Production, 4th ed., and of Box and Tiao
# (1973) for Dyestuff2, as distributed with lme4.


def numbers(text: str) -> np.ndarray:
    return np.array(text.split(), dtype=float)


DYESTUFF = numbers(
    "1545 1440 1440 1520 1580 1540 1555 1490 1560 1495 1595 1550 1605 1510 1560"
    " 1445 1440 1595 1465 1545 1595 1630 1515 1635 1625 1520 1455 1450 1480 1445"
)
DYESTUFF2 = numbers(
    "7.298 3.846 2.434 9.566 7.99 5.22 6.556 .608 11.788 -.892 .11 10.386 13.434 5.51 8.166"
    " 2.212 4.852 7.092 9.288 4.98 .282 9.014 4.458 9.446 7.198 1.722 4.782 8.106 .758 3.758"
)
PENICILLIN = numbers(
    "27 23 26 23 23 21 27 23 26 23 23 21 25 21 25 24 24 20 26 23 25 23 23 20 25 22 26 22 23 20 24 22 25 23 22 19"
    " 24 20 23 21 22 19 26 22 26 24 24 21 24 21 24 22 22 20 24 21 24 23 22 19 26 23 26 24 24 21 25 22 26 24 24 20"
    " 26 24 26 24 25 22 26 23 26 23 23 20 26 23 25 24 24 22 25 22 25 23 23 20 25 21 24 23 23 20 25 22 24 23 23 19"
    " 24 21 23 21 21 19 26 23 26 24 24 21 25 21 24 22 22 18 25 22 25 22 22 20 24 21 24 22 24 19 24 21 24 22 21 18"
)
PASTES = numbers(
    "62.8 62.6 60.1 62.3 62.7 63.1 60 61.4 57.5 56.9 61.1 58.9 58.7 57.5 63.9 63.1 65.4 63.7 57.1 56.4"
    " 56.9 58.6 64.7 64.5 55.1 55.1 54.7 54.2 58.8 57.5 63.4 64.9 59.3 58.1 60.5 60 62.5 62.6 61 58.7"
    " 56.9 57.7 59.2 59.4 65.2 66 64.8 64.1 54.8 54.8 64 64 57.7 56.8 58.3 59.3 59.2 59.2 58.9 56.6"
)


def one_way(y: np.ndarray) -> list[Level]:
    return [Level("batch", np.arange(30) // 5, (Equation(np.ones((30, 1))),))]


def crossed_by(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> list[Level]:
    return [Level("_all", np.zeros(y.size, int), (r_of(a), r_of(b)))]


plate, sample = np.arange(144) // 6, np.arange(144) % 6
batch, cask = np.arange(60) // 6, np.arange(60) // 2
PUBLISHED = {
    # -2 log likelihood, standard deviations, intercept; printed by lme4 and in the documentation of MixedModels.jl
    "dyestuff reml": (DYESTUFF, one_way(DYESTUFF), True, 319.6543, (42.00, 49.51), 1527.5),
    "dyestuff ml": (DYESTUFF, one_way(DYESTUFF), False, 327.3271, (37.26, 49.51), 1527.5),
    "dyestuff2 reml": (DYESTUFF2, one_way(DYESTUFF2), True, 161.8283, (0.0, 3.716), 5.6656),
    "dyestuff2 ml": (DYESTUFF2, one_way(DYESTUFF2), False, 162.8730, (0.0, 3.653), 5.6656),
    # bookdown.org/jmichaelrosenberg/comparing_crossed_effects_models prints this fit
    "penicillin reml": (
        PENICILLIN,
        crossed_by(PENICILLIN, plate, sample),
        True,
        330.8606,
        (0.8467, 1.9316, 0.5499),
        22.9722,
    ),
    "penicillin ml": (
        PENICILLIN,
        crossed_by(PENICILLIN, plate, sample),
        False,
        332.1883,
        (0.8456, 1.7706, 0.5499),
        22.9722,
    ),
    "pastes ml": (
        PASTES,
        crossed_by(PASTES, cask, batch),
        False,
        247.9945,
        (2.9041, 1.0951, 0.8234),
        60.0533,
    ),
    "pastes reml": (
        PASTES,
        crossed_by(PASTES, cask, batch),
        True,
        246.9907,
        (2.9041, 1.2874, 0.8234),
        60.0533,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published(name: str) -> None:
    y, levels, reml, deviance, sds, intercept = PUBLISHED[name]
    fit = fit_lmm(y, np.ones((y.size, 1)), levels, reml=reml)
    assert -2 * fit.loglik == pytest.approx(deviance, abs=6e-5)
    digits = {"dyestuff": 5e-3, "dyestuff2": 5e-4}.get(name.split()[0], 5e-5)  # half a unit of those printed
    np.testing.assert_allclose(np.sqrt(fit.natural), sds, atol=1.1 * digits)
    assert fit.beta[0] == pytest.approx(intercept, abs=6e-5)


def test_balanced_two_way_layout_is_the_analysis_of_variance() -> None:
    """Closed form: REML of a balanced two-way layout equals the method of moments when that is positive."""
    table = PENICILLIN.reshape(24, 6)
    rows, columns, grand = table.mean(1), table.mean(0), table.mean()
    rest = table - rows[:, None] - columns[None, :] + grand
    error = (rest**2).sum() / (23 * 5)
    of_rows = (6 * ((rows - grand) ** 2).sum() / 23 - error) / 6
    of_columns = (24 * ((columns - grand) ** 2).sum() / 5 - error) / 24
    fit = fit_lmm(PENICILLIN, np.ones((144, 1)), crossed_by(PENICILLIN, plate, sample), reml=True)
    np.testing.assert_allclose(fit.natural, [of_rows, of_columns, error], rtol=1e-6)
