"""Optima against the verified facts on the course data, real Stata logs, and statsmodels."""

from __future__ import annotations

from functools import cache

import lmm_support as support
import numpy as np
import pytest
from lmm_support import Problem, needs_shared

from pystata_hlm.numeric.lmm import Level, LmmFit, fit_lmm


def fit(problem: Problem) -> LmmFit:
    return fit_lmm(problem.y, problem.x, problem.levels, reml=problem.reml, residual_groups=problem.strata)


@cache
def course(strata: str | None = None) -> LmmFit:
    return fit(support.course_model(strata))


def se(v: np.ndarray) -> np.ndarray:
    return np.sqrt(np.diagonal(v))


def wald(b: np.ndarray, v: np.ndarray) -> float:
    """Joint test of everything but the constant, the last coefficient."""
    return float(b[:-1] @ np.linalg.solve(v[:-1, :-1], b[:-1]))


@needs_shared
class TestCourseModel:
    """shared/reference/mixed-numerics.md points 1 to 3 (recomputed independently, exact optimum)."""

    def test_log_likelihood(self) -> None:
        assert course().loglik == pytest.approx(-23218.85365056923, abs=1e-8)

    def test_variance_components(self) -> None:
        natural = [0.94474663, 2.8973529, -1.0919253, 36.37820299]
        errors = [0.56771154, 0.55431164, 0.47617027, 0.61883703]
        np.testing.assert_allclose(course().natural, natural, rtol=3e-8)  # all printed digits
        np.testing.assert_allclose(se(course().vcov_natural), errors, rtol=3e-8)

    def test_fixed_effects(self) -> None:
        """The notes' table; Stata stops 1e-4 standard errors from the optimum (facts, point 1)."""
        b = [2.856887, 3.203604, 0.832274, 1.167355, -1.554133, -1.22104, -0.0074533, 0.047171, 12.71993]
        s = [0.1473012, 0.4968255, 0.268213, 0.3994507, 0.2223377, 0.238342, 0.5063542, 0.4186158, 0.2439351]
        assert np.all(np.abs(course().beta - b) < 1e-4 * np.array(s))
        assert np.all(np.abs(se(course().vcov_beta) - s) < 1e-4 * np.array(s))

    def test_wald(self) -> None:
        assert wald(course().beta, course().vcov_beta) == pytest.approx(849.53, abs=0.005)

    def test_robust(self) -> None:
        robust = course().robust()
        assert robust.n_clusters == 160
        np.testing.assert_allclose(se(robust.beta)[:3], [0.1408365, 0.4716537, 0.2933008], atol=5.1e-8)
        np.testing.assert_allclose(se(robust.natural), [0.51532, 0.58712, 0.45271, 0.70876], atol=5.1e-6)
        assert wald(course().beta, robust.beta) == pytest.approx(1204.56, abs=0.005)
        notes = [0.1408367, 0.4716531, 0.2933011, 0.3975957, 0.2228935, 0.2216856, 0.4225481, 0.4142162]
        assert np.all(np.abs(se(robust.beta)[:8] - notes) < 1e-4 * np.array(notes))

    def test_information_criteria(self) -> None:
        """estat ic of the notes: df 13, AIC 46463.71, BIC 46553.14."""
        f = course()
        assert f.df == 13
        assert -2 * f.loglik + 2 * f.df == pytest.approx(46463.71, abs=0.005)
        assert -2 * f.loglik + np.log(f.n) * f.df == pytest.approx(46553.14, abs=0.005)

    def test_groups(self) -> None:
        level = course().levels[0]
        assert (level.n_groups, level.size_min, level.size_max) == (160, 14, 67)
        assert level.size_avg == pytest.approx(44.9, abs=0.05)

    @pytest.mark.parametrize(
        ("strata", "loglik", "chi2", "wald_chi2", "natural", "errors"),
        [
            (
                "female",
                -23213.302,
                201.88,
                855.62,
                [0.9168451, 2.79032, -0.9889858, 38.572, 34.43275],
                [0.5663447, 0.5517962, 0.4754416, 0.9571921, 0.8047972],
            ),
            (
                "sector",
                -23205.16,
                218.16,
                822.03,
                [0.9196108, 2.901038, -1.080918, 39.55357, 33.13314],
                [0.570399, 0.5536637, 0.4767802, 0.9427131, 0.7991106],
            ),
        ],
    )
    def test_residual_variance_by_group(
        self,
        strata: str,
        loglik: float,
        chi2: float,
        wald_chi2: float,
        natural: list[float],
        errors: list[float],
    ) -> None:
        """The notes' residuals(independent, by()); sector's components are 6e-4 se from the optimum."""
        f = course(strata)
        assert f.loglik == pytest.approx(loglik, abs=0.0005)
        assert f.lr_chi2 == pytest.approx(chi2, abs=0.005)
        assert f.lr_df == 4
        assert wald(f.beta, f.vcov_beta) == pytest.approx(wald_chi2, abs=0.01)
        assert np.all(np.abs(f.natural - natural) < 6e-4 * np.array(errors))
        np.testing.assert_allclose(se(f.vcov_natural), errors, rtol=2e-4)

    def test_convergence_record(self) -> None:
        o = course().optimisation
        assert o.converged
        assert o.reason == "gradient"
        assert o.relative_gradient <= 1e-8
        assert o.em_iterations == 20
        assert len(o.trace) == o.iterations + 1
        assert list(o.trace) == sorted(o.trace)


# name, maker, log likelihood, its printed decimals, LR chi2, lr_df, first and last lines of the iteration log
LOGS = [
    ("mixed_lang_crosslevel", support.lang_crosslevel, -7607.8383, 4, 215.75, 3,
     ["-7608.5763", "-7607.8425", "-7607.8383", "-7607.8383"]),
    ("mixed_egm_3level_growth", lambda: support.egm(True), -8163.1156, 4, 5595.58, 6,
     ["-8169.1304", "-8163.1176", "-8163.1156", "-8163.1156"]),
    ("mixed_egm_3level_null", lambda: support.egm(False), -12652.99, 3, 1404.55, 2,
     ["-12652.991", "-12652.990"]),
    ("mixed_oxboys_quartic", support.oxboys, -306.79047, 5, 1025.99, 6,
     ["-306.79075", "-306.79047", "-306.79047"]),
    ("mixed_country_null_icc", support.country_null, -9802.8371, 4, 166.31, 1,
     ["-9802.8371", "-9802.8371"]),
    ("mixed_pefr_ml_sd", lambda: support.pefr(False), -184.57839, 5, 46.27, 1,
     ["-184.57839", "-184.57839"]),
    ("mixed_pefr_reml_icc", lambda: support.pefr(True), -180.37921, 5, 46.96, 1,
     ["-180.37921", "-180.37921"]),
    ("mixed_smoking_reml_kroger_estatdf", support.smoking, -65093.484, 3, 1110.69, 1,
     ["-65093.489", "-65093.484"]),
    ("mixed_nlswork_union", support.nlswork, -5486.826, 3, 8473.10, 1, ["-5486.826", "-5486.826"]),
]  # fmt: skip


@cache
def case(name: str) -> LmmFit:
    return fit(next(row[1] for row in LOGS if row[0] == name)())


@needs_shared
@pytest.mark.parametrize(
    ("name", "loglik", "decimals", "chi2", "df", "log"),
    [pytest.param(n, ll, d, c, k, log, id=n) for n, _, ll, d, c, k, log in LOGS],
)
def test_real_stata_logs(
    name: str, loglik: float, decimals: int, chi2: float, df: int, log: list[str]
) -> None:
    """shared/cases/<name>/expected.txt: log likelihood, LR test, and the whole iteration log to the digit."""
    f = case(name)
    assert f"{f.loglik:.{decimals}f}" == f"{loglik:.{decimals}f}"
    assert f.lr_chi2 == pytest.approx(chi2, abs=0.005001)
    assert f.lr_df == df
    assert [f"{v:.{decimals}f}" for v in f.optimisation.trace] == log


# printed estimates and standard errors of the variance parameters, same sources
COMPONENTS = {
    "mixed_lang_crosslevel": (
        [0.1489215, 8.22376, -0.8862652, 41.51683],
        [0.0932377, 1.367463, 0.2848344, 1.295675],
    ),
    "mixed_egm_3level_growth": (
        [0.0110171, 0.1653165, 0.0170462, 0.0112561, 0.6404597, 0.0467854, 0.3014383],
        [0.0025621, 0.0359122, 0.0071472, 0.001961, 0.025183, 0.005063, 0.0066403],
    ),
    "mixed_egm_3level_null": ([0.317646, 0.5704854, 1.523894], [0.0687236, 0.0337543, 0.0290756]),
    "mixed_oxboys_quartic": (
        [2.755755, 0.6548079, 61.57218, 0.8782201, 7.988801, 1.352481, 0.1990953],
        [0.7790235, 0.2272646, 17.09104, 0.3432101, 3.01848, 1.413805, 0.0225427],
    ),
    "mixed_country_null_icc": ([3.178658, 39.46106], [0.9226736, 1.024013]),
    "mixed_nlswork_union": ([0.0998265, 0.0691308], [0.0027427, 0.0007996]),
}


@needs_shared
@pytest.mark.parametrize("name", COMPONENTS)
def test_variance_components_of_the_logs(name: str) -> None:
    estimates, errors = (np.array(v) for v in COMPONENTS[name])
    f = case(name)
    # 5e-4 standard errors for Stata's early stop, plus half a unit of the seventh digit
    assert np.all(np.abs(f.natural - estimates) < 5e-4 * errors + 5e-7 * np.abs(estimates))
    np.testing.assert_allclose(se(f.vcov_natural), errors, rtol=2e-4)


@needs_shared
def test_standard_deviations_of_the_logs() -> None:
    """pefr: sd and their standard errors with two decimals (ml and reml); smoking."""
    for name, sd, errors in (
        ("mixed_pefr_ml_sd", [107.05, 19.91], [18.68, 3.41]),
        ("mixed_pefr_reml_icc", [110.40, 19.91], [19.84, 3.41]),
        ("mixed_smoking_reml_kroger_estatdf", [339.28, 370.86], [6.31, 3.87]),
    ):
        f = case(name)
        np.testing.assert_allclose(np.exp(f.metric), sd, atol=0.00501)
        np.testing.assert_allclose(np.exp(f.metric) * se(f.vcov_metric), errors, atol=0.00501)


@needs_shared
def test_estimation_metric_of_the_egm_log() -> None:
    """e(b) printed by matrix list: lns1_1_1, lns2_1_1, lnsig_e."""
    f = case("mixed_egm_3level_null")
    np.testing.assert_allclose(f.beta, [-0.51002095], atol=1e-6)
    np.testing.assert_allclose(f.metric, [-0.57340893, -0.28063386, 0.21063435], atol=2e-5)
    assert [(p.kind, p.level, p.equation, p.i) for p in f.metric_params] == [
        ("lns", 1, 1, 1),
        ("lns", 2, 1, 1),
        ("lnsig_e", 0, 0, 1),
    ]


@needs_shared
def test_correlations_of_the_egm_log() -> None:
    """estat recov, corr: .3994262 and .5510233."""
    metric = case("mixed_egm_3level_growth").metric
    np.testing.assert_allclose(np.tanh(metric[[2, 5]]), [0.3994262, 0.5510233], atol=2e-6)


@needs_shared
class TestZeroVariance:
    """shared/cases/mixed_zero_variance: the boundary estimate itself is an accident, the rest is not."""

    def test_fit(self) -> None:
        f = fit(support.zero_variance())
        assert f.loglik == pytest.approx(-41.65331, abs=5e-6)
        np.testing.assert_allclose(f.beta, [0.938261, 1.682743, 0.3540235], atol=5e-7)
        np.testing.assert_allclose(se(f.vcov_beta), [0.0626023, 0.3765298, 0.6672312], atol=1e-7)
        assert f.natural[1] == pytest.approx(0.9408329, abs=1.1e-7)
        assert se(f.vcov_natural)[1] == pytest.approx(0.2429279, rel=5e-5)
        assert list(f.at_boundary) == [True, False]
        assert f.natural[0] < 1e-12
        assert f.lr_chi2 == pytest.approx(0.0, abs=1e-9)

    def test_interval_is_zero_to_infinity(self) -> None:
        """Stata prints 0 and . as the interval: exp(lns) underflows and overflows."""
        f = fit(support.zero_variance())
        with np.errstate(over="ignore"):
            ends = np.exp(2 * (f.metric[0] + np.array([-1.96, 1.96]) * np.sqrt(f.vcov_metric[0, 0])))
        assert ends[0] == 0.0
        assert np.isinf(ends[1])

    def test_log(self) -> None:
        """First and last lines of the log, and its length."""
        trace = fit(support.zero_variance()).optimisation.trace
        assert f"{trace[0]:.6f}" == "-41.789697"
        assert f"{trace[2]:.6f}" == "-41.653312"
        assert f"{trace[-1]:.5f}" == "-41.65331"
        assert len(trace) == 4


def test_statsmodels_agrees_on_a_random_slope() -> None:
    """MixedLM is an independent implementation; it stops by its own, looser rule."""
    import statsmodels.api as sm

    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(30), 8)
    x = np.column_stack([rng.normal(size=240), np.ones(240)])
    u = rng.normal(size=(30, 2)) @ np.array([[0.7, 0.2], [0.0, 1.0]])
    y = x @ [2.0, 1.0] + np.einsum("ij,ij->i", x, u[groups]) + rng.normal(size=240)
    for reml in (False, True):
        ours = fit_lmm(y, x, [Level.single("g", groups, x, "unstructured")], reml=reml)
        theirs = sm.MixedLM(y, x, groups, exog_re=x).fit(reml=reml, method="lbfgs")
        # statsmodels' restricted likelihood is on the same scale as Stata's
        assert ours.loglik == pytest.approx(theirs.llf, abs=1e-6)
        assert ours.loglik >= theirs.llf - 1e-9
        np.testing.assert_allclose(ours.beta, theirs.fe_params, rtol=1e-5)
        np.testing.assert_allclose(ours.levels[0].covariance, theirs.cov_re, rtol=1e-3)
        # statsmodels inverts the joint Hessian, we (and Stata) X'V^-1X: they agree only to first order
        np.testing.assert_allclose(se(ours.vcov_beta), theirs.bse_fe, rtol=2e-3)
