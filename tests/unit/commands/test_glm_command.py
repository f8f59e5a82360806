"""glm: statsmodels as oracle, closed forms, agreement with regress, logit, poisson and nbreg; its heading."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, fails

DATA = """sysuse hsb, clear
keep in 1/1200
generate byte high = mathach > 15
generate count = floor(mathach + 3)
generate double pos = mathach + 4
generate byte tries = 30
"""


@pytest.fixture(scope="module")
def hsb() -> Session:
    s = Session()
    s.run(DATA)
    assert s.rc == 0
    return s


CASES = [
    ("high", "binomial", "logit", lambda f, k: f.Binomial(k.Logit())),
    ("high", "binomial", "probit", lambda f, k: f.Binomial(k.Probit())),
    ("high", "binomial", "cloglog", lambda f, k: f.Binomial(k.CLogLog())),
    ("high", "binomial", "loglog", lambda f, k: f.Binomial(k.LogLog())),
    ("count", "poisson", "log", lambda f, k: f.Poisson(k.Log())),
    ("pos", "gamma", "log", lambda f, k: f.Gamma(k.Log())),
    ("pos", "gaussian", "log", lambda f, k: f.Gaussian(k.Log())),
    ("pos", "igaussian", "log", lambda f, k: f.InverseGaussian(k.Log())),
    ("count", "nbinomial 1", "log", lambda f, k: f.NegativeBinomial(k.Log(), alpha=1.0)),
]


@pytest.mark.parametrize(("y", "family", "link", "oracle"), CASES)
def test_against_statsmodels(hsb: Session, y: str, family: str, link: str, oracle) -> None:  # type: ignore[no-untyped-def]
    import statsmodels.api as sm

    x = np.column_stack([hsb.data.values("ses"), hsb.data.values("female"), np.ones(hsb.data.n)])
    made = sm.GLM(hsb.data.values(y), x, oracle(sm.families, sm.families.links)).fit(tol=1e-13, maxiter=200)
    hsb.run(f"quietly glm {y} ses female, family({family}) link({link})")
    assert hsb.rc == 0
    np.testing.assert_allclose(hsb.e["b"][0], made.params, rtol=2e-5, atol=1e-7)
    assert hsb.e["deviance"] == pytest.approx(made.deviance, rel=1e-8)
    assert hsb.e["deviance_p"] == pytest.approx(made.pearson_chi2, rel=1e-6)
    hsb.run(f"quietly glm {y} ses female, family({family}) link({link}) vce(eim)")
    np.testing.assert_allclose(np.sqrt(np.diag(hsb.e["V"])), made.bse, rtol=1e-4)


def test_the_gaussian_is_regress(hsb: Session) -> None:
    hsb.run("quietly regress mathach ses female")
    b, v, ll, rss = hsb.e["b"].copy(), hsb.e["V"].copy(), hsb.e["ll"], hsb.e["rss"]
    log = hsb.run("glm mathach ses female")
    np.testing.assert_allclose(hsb.e["b"], b, rtol=1e-9)
    np.testing.assert_allclose(hsb.e["V"], v, rtol=1e-8)
    assert (hsb.e["ll"], hsb.e["deviance"]) == pytest.approx((ll, rss))
    n = hsb.e["N"]
    assert hsb.e["aic"] == pytest.approx((-2 * ll + 6) / n)
    assert hsb.e["bic"] == pytest.approx(rss - (n - 3) * np.log(n))
    assert "Generalized linear models                         Number of obs   =      1,200" in log
    assert "Variance function: V(u) = 1                       [Gaussian]" in log
    assert "Link function    : g(u) = u                       [Identity]" in log
    assert "             |                 OIM\n" in log


def test_the_other_commands(hsb: Session) -> None:
    for line, other in (
        ("glm high ses, family(binomial)", "logit high ses"),
        ("glm count ses, f(p)", "poisson count ses"),
        ("glm high ses, f(b) l(p) vce(robust)", "probit high ses, vce(robust)"),
        ("glm high ses [fw=sector+1], f(b)", "logit high ses [fw=sector+1]"),
    ):
        hsb.run(f"quietly {line}")
        b, v, ll = hsb.e["b"].copy(), hsb.e["V"].copy(), hsb.e["ll"]
        hsb.run(f"quietly {other}")
        np.testing.assert_allclose(b, hsb.e["b"], rtol=1e-6)
        np.testing.assert_allclose(v, hsb.e["V"], rtol=1e-5)
        assert ll == pytest.approx(hsb.e["ll"], rel=1e-9)
    hsb.run("quietly nbreg count ses")
    alpha, b = hsb.e["alpha"], hsb.e["b"].copy()
    log = hsb.run("glm count ses, family(nbinomial ml)")
    np.testing.assert_allclose(hsb.e["b"][0], b[0, :2], rtol=1e-5)
    assert f"V(u) = u+({alpha:.4g})u^2" in log


def test_scale_eform_and_predictions(hsb: Session) -> None:
    hsb.run("quietly glm count ses, family(poisson)")
    v, x2, df = hsb.e["V"].copy(), hsb.e["deviance_p"], hsb.e["df"]
    log = hsb.run("glm count ses, family(poisson) scale(x2) eform")
    np.testing.assert_allclose(hsb.e["V"], v * x2 / df, rtol=1e-9)
    assert (
        "IRR" in log and "(Standard errors scaled using square root of Pearson X2-based dispersion.)" in log
    )
    hsb.run("predict double m\npredict double r, pearson\npredict double d, deviance\npredict double h, hat")
    m, r, d, h = (hsb.data.values(name) for name in "mrdh")
    y = hsb.data.values("count")
    np.testing.assert_allclose(r, (y - m) / np.sqrt(m))
    assert np.sum(d**2) == pytest.approx(hsb.e["deviance"], rel=1e-9)
    assert h.sum() == pytest.approx(2, rel=1e-8)
    hsb.run("quietly margins")
    assert hsb.r["b"][0, 0] == pytest.approx(y.mean(), rel=1e-9)
    hsb.run("drop m r d h")


def test_grouped_binomial(hsb: Session) -> None:
    """Counts out of a number, a variable or a constant, are one model."""
    hsb.run("generate n10 = 40\nquietly glm count ses, family(binomial n10)")
    b, ll = hsb.e["b"].copy(), hsb.e["ll"]
    log = hsb.run("glm count ses, family(binomial 40)")
    np.testing.assert_allclose(hsb.e["b"], b)
    assert hsb.e["ll"] == pytest.approx(ll)
    assert "V(u) = u*(1-u/40)" in log and "[Binomial]" in log


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("glm high ses, family(foo)", 198, "unknown family() foo"),
        ("glm high ses, family(binomial) link(foo)", 198, "unknown link() foo"),
        ("glm count ses, family(poisson) link(logit)", 198, None),
        ("glm mathach ses, family(gamma)", 499, "dependent variable mathach has nonpositive values"),
        ("glm mathach ses, family(binomial)", 499, None),
        ("glm high ses, irls", 198, "option irls not yet supported"),
        ("glm high ses, scale(0)", 198, "option scale() incorrectly specified"),
    ],
)
def test_errors(hsb: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=hsb)
