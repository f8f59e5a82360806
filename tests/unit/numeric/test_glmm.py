"""Integrated likelihoods against brute-force integration, derivatives against differences, published glmer figures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from support import example

from pystata_hlm.data.io import read_dta
from pystata_hlm.numeric import glm, glmm

RNG = np.random.default_rng(5)
G, M = 12, 5
N = G * M
GROUP = np.repeat(np.arange(G), M)
X = np.column_stack([RNG.normal(size=N), np.ones(N)])
U = RNG.normal(size=G)
ETA = X @ [0.5, -0.2] + U[GROUP]
ONE = np.ones((N, 1))


def outcomes() -> dict[str, glm.Family]:
    p, mu = 1 / (1 + np.exp(-ETA)), np.exp(ETA / 2)
    trials = np.full(N, 3.0)
    categories = np.clip(np.round(ETA + RNG.logistic(size=N)) + 2, 0, 3)
    return {
        "logit": glm.Binomial(RNG.binomial(1, p) * 1.0, np.ones(N)),
        "probit": glm.Binomial(RNG.binomial(3, p) * 1.0, trials, glm.PROBIT),
        "cloglog": glm.Binomial(RNG.binomial(1, p) * 1.0, np.ones(N), glm.CLOGLOG),
        "poisson": glm.Poisson(RNG.poisson(mu) * 1.0),
        "nbinomial": glm.NegativeBinomial(RNG.poisson(mu) * 1.0),
        "nb1": glm.NegativeBinomial(RNG.poisson(mu) * 1.0, constant=True),
        "gamma": glm.Gamma(RNG.gamma(2, mu / 2)),
        "gaussian": glm.Gaussian(ETA + RNG.normal(size=N)),
        "ordinal": glm.Ordinal(categories, 4),
    }


OUTCOMES = outcomes()


def level(z: np.ndarray = ONE, structure: str = "independent", codes: np.ndarray = GROUP) -> glmm.Level:
    return glmm.Level(codes, z, glmm.Structure.of([(z.shape[1], structure)]))


def objective(family: glm.Family, levels: list[glmm.Level], **settings: object) -> glmm.Objective:
    problem = glmm.Problem.of(family, X, np.zeros(N), np.ones(N), levels)
    return glmm.Objective(glmm.Integral(problem, **settings))


def start(family: glm.Family, natural: list[float]) -> np.ndarray:
    aux = family.start_aux() if family.n_aux != 1 else np.array([-0.3])
    return np.concatenate([[0.4, -0.1], natural, aux])


@pytest.mark.parametrize("name", OUTCOMES)
def test_likelihood_against_quad(name: str) -> None:
    """One random intercept, scipy.integrate.quad group by group."""
    family = OUTCOMES[name]
    theta = start(family, [0.8])
    aux = theta[3:]
    total = 0.0
    for g in range(G):
        rows = np.flatnonzero(g == GROUP)
        part = family.take(rows)

        def density(u: float, part: glm.Family = part, rows: np.ndarray = rows) -> float:
            eta = X[rows] @ theta[:2] + u
            return float(np.exp(part.loglik(eta, aux).sum()) * stats.norm.pdf(u, scale=np.sqrt(0.8)))

        total += np.log(integrate.quad(density, -9, 9, epsabs=0, epsrel=1e-11, limit=200)[0])
    assert objective(family, [level()], points=25).value(theta) == pytest.approx(total, rel=1e-9)
    assert objective(family, [level()], points=25, method="mcaghermite").value(theta) == pytest.approx(
        total, rel=1e-8
    )
    assert objective(family, [level()], points=7).value(theta) == pytest.approx(total, rel=2e-5)


def test_gaussian_identity_is_the_multivariate_normal() -> None:
    """Closed form: y ~ N(x b, s2 I + Z Sigma Z')."""
    family = OUTCOMES["gaussian"]
    z = np.column_stack([X[:, 0], np.ones(N)])
    sigma = np.array([[0.5, 0.2], [0.2, 0.9]])
    theta = np.concatenate([[0.4, -0.1], [0.5, 0.9, 0.2], [-0.3]])
    total = 0.0
    for g in range(G):
        rows = g == GROUP
        covariance = z[rows] @ sigma @ z[rows].T + np.exp(-0.3) * np.eye(M)
        total += stats.multivariate_normal.logpdf(family.y[rows], X[rows] @ theta[:2], covariance)
    for method in ("mvaghermite", "mcaghermite", "laplace"):
        points = 1 if method == "laplace" else 5
        found = objective(family, [level(z, "unstructured")], method=method, points=points).value(theta)
        assert found == pytest.approx(total, rel=1e-10)


TOP = GROUP // 3


def nested() -> list[glmm.Level]:
    return [level(codes=TOP), level(codes=GROUP)]


def test_three_levels_against_brute_force() -> None:
    """Inner and outer integrals on fine grids of the normal density."""
    family = OUTCOMES["poisson"]
    theta = start(family, [0.3, 0.6])
    x, log_w = glmm.grid(60, 1)
    x, w = x[:, 0], np.exp(log_w)
    inner = np.empty((G, len(x)))
    for g in range(G):
        rows = np.flatnonzero(g == GROUP)
        part = family.take(rows)
        for k, v in enumerate(np.sqrt(0.3) * x):
            eta = (X[rows] @ theta[:2] + v)[:, None] + np.sqrt(0.6) * x
            inner[g, k] = np.log(w @ np.exp(part.loglik(eta, theta[4:]).sum(axis=0)))
    total = sum(np.log(w @ np.exp(inner[3 * t : 3 * t + 3].sum(axis=0))) for t in range(G // 3))
    for points, tolerance in ((7, 1e-5), (21, 1e-8)):
        assert objective(family, nested(), points=points).value(theta) == pytest.approx(total, rel=tolerance)


def test_laplace_of_three_levels_uses_the_joint_mode() -> None:
    """-1/2 log det of the joint negative Hessian (dense) at the joint mode, found here by Newton in all effects."""
    family = OUTCOMES["logit"]
    theta = start(family, [0.5, 0.9])
    z = np.zeros((N, 4 + G))
    z[np.arange(N), TOP] = np.sqrt(0.5)
    z[np.arange(N), 4 + GROUP] = np.sqrt(0.9)
    a = np.zeros(4 + G)
    for _ in range(50):
        t = family.terms(X @ theta[:2] + z @ a, np.zeros(0))
        hessian = z.T @ (-t.ee[:, None] * z) + np.eye(len(a))
        a = a + np.linalg.solve(hessian, z.T @ t.e - a)
    t = family.terms(X @ theta[:2] + z @ a, np.zeros(0))
    total = t.l.sum() - a @ a / 2 - np.linalg.slogdet(hessian)[1] / 2
    assert objective(family, nested(), method="laplace", points=1).value(theta) == pytest.approx(
        total, rel=1e-9
    )


CASES = {
    "logit slope": (
        "logit",
        [level(np.column_stack([X[:, 0], np.ones(N)]), "unstructured")],
        [0.7, 0.9, 0.3],
    ),
    "poisson exchangeable": (
        "poisson",
        [level(np.column_stack([X[:, 0], np.ones(N)]), "exchangeable")],
        [0.7, 0.2],
    ),
    "identity": ("poisson", [level(np.column_stack([X[:, 0], np.ones(N)]), "identity")], [0.4]),
    "nbinomial": ("nbinomial", [level()], [0.8]),
    "ordinal, three levels": ("ordinal", nested(), [0.4, 0.6]),
}


@pytest.mark.parametrize("name", CASES)
def test_score_and_hessian(name: str) -> None:
    """With many points the nodes' own movement does not matter: differences of the likelihood."""
    which, levels, natural = CASES[name]
    family = OUTCOMES[which]
    f = objective(family, levels, points=15 if len(natural) < 3 else 11)
    theta = start(family, natural)
    _, gradient, hessian = f.full(theta)
    steps = 1e-5 * np.eye(len(theta))
    by_value = np.array([(f.value(theta + s) - f.value(theta - s)) / 2e-5 for s in steps])
    by_score = np.array([(f.full(theta + s)[1] - f.full(theta - s)[1]) / 2e-5 for s in steps])
    assert gradient == pytest.approx(by_value, rel=1e-4, abs=2e-4)
    assert hessian == pytest.approx(by_score, rel=1e-3, abs=2e-3)
    assert f.scores(theta).sum(axis=0) == pytest.approx(gradient, abs=1e-8)


def test_posterior_moments_of_a_normal_model_are_blups() -> None:
    family = OUTCOMES["gaussian"]
    fit = glmm.fit_glmm(family, X, [level()])
    v, s2 = fit.natural(0)[0], np.exp(fit.aux[0])
    r = family.y - X @ fit.beta
    shrunk = np.bincount(GROUP, r) * v / (M * v + s2)
    for effects in (fit.means[0], fit.modes[0]):
        assert effects.values[:, 0] == pytest.approx(shrunk, abs=1e-7)
        assert effects.se[:, 0] == pytest.approx(np.sqrt(v * s2 / (M * v + s2)), rel=1e-6)


def contraception() -> tuple[glm.Family, np.ndarray, np.ndarray]:
    data = read_dta(example("bangladesh.dta"))
    names = ("urban", "age", "child1", "child2", "child3")
    x = np.column_stack([*(data.values(name) for name in names), np.ones(data.n)])
    y = data.values("c_use")
    return glm.Binomial(y, np.ones(len(y))), x, data.values("district")


def test_laplace_of_contraception_against_glmer() -> None:
    """mlmRev::Contraception, glmer(use ~ urban + age + livch + (1|district), binomial), Laplace, summary() printed at
    github.com/Ronggui/SOCI830026 (lme4): variance 0.2124, logLik -1206.8."""
    family, x, district = contraception()
    fit = glmm.fit_glmm(family, x, [level(np.ones((len(x), 1)), codes=district)], method="laplace")
    assert fit.beta == pytest.approx([0.732979, -0.026594, 1.109125, 1.376341, 1.345184, -1.689648], abs=2e-4)
    se = np.sqrt(np.diag(fit.vcov))[:6]
    assert se == pytest.approx([0.119386, 0.007879, 0.157851, 0.174640, 0.179409, 0.147332], abs=3e-4)
    assert fit.natural(0)[0] == pytest.approx(0.2124, abs=1e-4)
    assert fit.loglik == pytest.approx(-1206.8, abs=0.05)


def test_vanishing_variance() -> None:
    """No variation between groups: the variance goes to zero, the rest is the fit without random effects."""
    y = np.tile([0.0, 1.0, 0.0, 1.0, 1.0], G)
    family = glm.Binomial(y, np.ones(N))
    fit = glmm.fit_glmm(family, np.ones((N, 1)), [level()])
    assert fit.boundary.tolist() == [False, True]
    assert fit.converged
    assert fit.beta == pytest.approx([np.log(1.5)], abs=1e-5)
    assert fit.loglik == pytest.approx(fit.fixed.loglik, abs=1e-5)


def test_many_clusters_are_quick() -> None:
    """7 points on 10^4 clusters: a few seconds at most on a slow machine."""
    import time

    n, g = 50_000, np.repeat(np.arange(10_000), 5)
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.normal(size=n), np.ones(n)])
    y = rng.binomial(1, 1 / (1 + np.exp(-(x @ [0.5, 0.2] + rng.normal(size=10_000)[g])))) * 1.0
    began = time.process_time()
    fit = glmm.fit_glmm(glm.Binomial(y, np.ones(n)), x, [level(np.ones((n, 1)), codes=g)])
    assert time.process_time() - began < 20
    assert fit.beta == pytest.approx([0.5, 0.2], abs=5 * np.sqrt(fit.vcov[0, 0]))
    assert fit.natural(0)[0] == pytest.approx(1, abs=5 * np.sqrt(fit.vcov[2, 2]))
