"""regress, predict after it and vif: numbers against statsmodels, odd samples, messages."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support import Session, example, fails, needs_shared

pytestmark = needs_shared


def auto() -> Session:
    s = Session()
    s.run(f"use {example('auto.dta')}\nkeep if rep78<.")
    return s


def arrays(s: Session) -> tuple[np.ndarray, np.ndarray]:
    x = np.column_stack([s.data.values("mpg"), s.data.values("foreign"), np.ones(s.data.n)])
    return s.data.values("price"), x


@pytest.mark.parametrize("kind", ["HC1", "HC2", "HC3"])
def test_robust_with_frequency_weights_equals_repeated_rows(kind: str) -> None:
    """statsmodels on the expanded data (fweights stand for equal rows, leverages too)."""
    import statsmodels.api as sm

    s = auto()
    y, x = arrays(s)
    index = np.repeat(np.arange(s.data.n), s.data.values("rep78").astype(int))
    reference = sm.OLS(y[index], x[index]).fit().get_robustcov_results(kind)
    vce = {"HC1": "robust"}.get(kind, kind.lower())
    s.run(f"regress price mpg foreign [fw=rep78], vce({vce})")
    np.testing.assert_allclose(s.e["b"][0], reference.params, rtol=1e-9)
    np.testing.assert_allclose(s.e["V"], reference.cov_params(), rtol=1e-8)


def test_clusters_with_frequency_weights() -> None:
    import statsmodels.api as sm

    s = auto()
    y, x = arrays(s)
    index = np.repeat(np.arange(s.data.n), s.data.values("rep78").astype(int))
    groups = s.data.values("turn").astype(int)[index]
    reference = sm.OLS(y[index], x[index]).fit().get_robustcov_results("cluster", groups=groups)
    s.run("regress price mpg foreign [fw=rep78], vce(cluster turn)")
    np.testing.assert_allclose(s.e["V"], reference.cov_params(), rtol=1e-8)


def test_sum_of_weights_line() -> None:
    """Stata prints it for the weights that it scales (release 16 on: as a plain number)."""
    s = auto()
    assert s.run("regress price mpg [aw=weight]").startswith("(sum of wgt is 209,210)\n")
    assert s.run("regress price mpg [pw=weight]").startswith("(sum of wgt is 209,210)\n")
    assert "sum of wgt" not in s.run("regress price mpg [fw=rep78]")
    old = Session(release=15)
    old.run(f"use {example('auto.dta')}\nkeep if rep78<.")
    assert old.run("regress price mpg [aw=weight]").startswith("(sum of wgt is   2.0921e+05)\n")


def test_perfect_fit_as_stata_prints_it() -> None:
    """A published Stata log of a regression on a copy of the dependent variable: Residual 0, F ., Root MSE 0."""
    out = auto().run("generate copy = price\nregress price mpg copy")
    assert "F(2, 66)        =         ." in out
    assert "Residual |           0        66           0   R-squared       =    1.0000" in out
    assert "Root MSE        =         0" in out
    assert "        copy |          1          .        .       .            .           ." in out


def test_constant_outcome() -> None:
    out = auto().run("generate one = 1\nregress one price")
    assert "Total |           0        68           0   Root MSE        =         0" in out
    assert "       price |          0          .        .       .            .           ." in out


def test_as_many_observations_as_coefficients() -> None:
    s = auto()
    assert "Number of obs     =          2" in s.run("regress price mpg in 1/2, robust")
    assert s.rc == 0 and not np.asarray(s.e["V"]).any()


def test_one_observation() -> None:
    fails(
        f"use {example('auto.dta')}\nregress price in 1", 2001, "insufficient observations", session=Session()
    )


def test_string_weights() -> None:
    fails(f"use {example('auto.dta')}\nregress price mpg [aw=make]", 109, "type mismatch")


@pytest.mark.parametrize(
    "statistic", ["rstandard", "rstudent", "leverage", "cooksd", "stdf", "stdr", "dfits"]
)
def test_diagnostics_need_the_ordinary_covariance(statistic: str) -> None:
    """[R] regress postestimation: not available after vce() other than ols."""
    fails(f"use {example('auto.dta')}\nregress price mpg, robust\npredict d, {statistic}", 198)


def test_influence_statistics() -> None:
    import statsmodels.api as sm

    s = auto()
    y, x = arrays(s)
    influence = sm.OLS(y, x).fit().get_influence()
    s.run("regress price mpg foreign")
    s.run("predict double rs, rsta\npredict double rt, rstu\npredict double h, lev\npredict double c, cook")
    s.run("predict double d, dfits")
    for name, values in (
        ("rs", influence.resid_studentized_internal),
        ("rt", influence.resid_studentized_external),
        ("h", influence.hat_matrix_diag),
        ("c", influence.cooks_distance[0]),
        ("d", influence.dffits[0]),
    ):
        np.testing.assert_allclose(s.data.values(name), values, rtol=1e-9)


@pytest.mark.parametrize(
    ("make", "terms", "omitted"),
    [
        ("generate x3 = 2*mpg", "mpg x3 weight", "mpg"),
        ("generate x3 = 2*mpg", "x3 mpg weight", "mpg"),
        ("generate x3 = mpg/2", "mpg x3 weight", "x3"),
        ("generate x3 = mpg", "mpg x3 weight", "x3"),
        ("generate x3 = (mpg + 1e-7*turn)*1e6", "mpg x3", "mpg"),
        ("generate x3 = 1 - foreign", "foreign x3", "x3"),
        ("generate x3 = 1 - foreign", "c.mpg##c.mpg##c.mpg x3 foreign", "foreign"),
    ],
)
def test_which_of_collinear_regressors_is_omitted(make: str, terms: str, omitted: str) -> None:
    """The larger one stays: Stata 17 omits x1 of ``x1 x2`` with x2 = (x1 + noise)*1e6, and x1 of ``x1 x3`` with
    x3 = 2*x1; of copies the second (public logs)."""
    s = Session()
    s.run(f"use {example('auto.dta')}\n{make}")
    out = s.run(f"regress price {terms}")
    assert out.startswith(f"note: {omitted} omitted because of collinearity.\n"), out[:200]


def test_fewer_clusters_than_coefficients() -> None:
    """F(rank of V - 1, G - 1) without a value, as in public Stata logs."""
    s = auto()
    out = s.run("regress price mpg weight turn, vce(cluster foreign)")
    assert re.search(r"F\(0, 1\) +=          \.\n", out)
    assert s.e["df_m"] == 0
    out = s.run("regress price mpg weight turn length trunk, vce(cluster rep78)")
    assert re.search(r"F\(3, 4\) +=          \.\n", out)


def test_joint_test_does_not_depend_on_units() -> None:
    s = auto()
    s.run("regress price mpg weight turn, robust")
    f = s.e["F"]
    s.run("replace mpg = mpg*1e9\nrecast double turn\nreplace turn = turn*1e-9")
    s.run("regress price mpg weight turn, robust")
    assert s.e["F"] == pytest.approx(f, rel=1e-6)
    assert s.e["df_m"] == 3
