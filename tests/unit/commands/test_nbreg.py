"""nbreg: statsmodels, the layout of [R] nbreg, what ties it to poisson."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, fails

DATA = """sysuse hsb, clear
keep in 1/1500
generate count = floor(mathach + 3)
"""


@pytest.fixture(scope="module")
def hsb() -> Session:
    s = Session()
    s.run(DATA)
    assert s.rc == 0
    return s


@pytest.mark.parametrize(("dispersion", "kind"), [("mean", "nb2"), ("constant", "nb1")])
def test_against_statsmodels(hsb: Session, dispersion: str, kind: str) -> None:
    import statsmodels.api as sm

    x = np.column_stack([hsb.data.values("ses"), hsb.data.values("female"), np.ones(hsb.data.n)])
    y = hsb.data.values("count")
    made = sm.NegativeBinomial(y, x, loglike_method=kind).fit(disp=0, maxiter=500, method="bfgs", gtol=1e-7)
    log = hsb.run(f"nbreg count ses female, dispersion({dispersion})")
    np.testing.assert_allclose(hsb.e["b"][0, :3], made.params[:3], rtol=1e-4)
    assert np.exp(hsb.e["b"][0, 3]) == pytest.approx(made.params[3], rel=1e-4)
    assert hsb.e["ll"] == pytest.approx(made.llf, rel=1e-8)
    name = "alpha" if dispersion == "mean" else "delta"
    assert hsb.e[name] == pytest.approx(made.params[3], rel=1e-4)
    for text in ("Fitting Poisson model:", "Fitting constant-only model:", "Fitting full model:"):
        assert f"\n{text}\n\nIteration 0:" in log
    assert f"Dispersion: {dispersion}" in log and f"    /ln{name} |" in log and f"       {name} |" in log
    assert f"LR test of {name}=0: chibar2(01) = " in log
    ll = hsb.e["ll"]
    chi2 = hsb.e["chi2_c"]
    hsb.run("quietly poisson count ses female")
    assert chi2 == pytest.approx(2 * (ll - hsb.e["ll"]), rel=1e-9)


def test_irr_predictions_and_margins(hsb: Session) -> None:
    log = hsb.run("nbreg count i.female, irr nolog nolrtest")
    y, f = hsb.data.values("count"), hsb.data.values("female")
    ratio = y[f == 1].mean() / y[f == 0].mean()  # saturated: the score of the mean is zero in each group
    assert np.exp(hsb.e["b"][0, 1]) == pytest.approx(ratio, rel=1e-8)
    assert "IRR" in log and "LR test" not in log
    hsb.run("predict double n\nquietly margins female")
    assert hsb.r["b"][0] == pytest.approx([y[f == 0].mean(), y[f == 1].mean()], rel=1e-8)
    assert hsb.data.values("n").mean() == pytest.approx(y.mean(), rel=1e-9)
    hsb.run("drop n")


def test_margins_carry_the_exposure(hsb: Session) -> None:
    """Predicted events contain the exposure; the rate does not."""
    hsb.run(
        "quietly poisson count female, exposure(size)\npredict double n\npredict double r, ir\nquietly margins"
    )
    assert hsb.r["b"][0, 0] == pytest.approx(hsb.data.values("n").mean(), rel=1e-9)
    hsb.run("quietly margins, predict(ir)")
    assert hsb.r["b"][0, 0] == pytest.approx(hsb.data.values("r").mean(), rel=1e-9)
    hsb.run("quietly margins, expression(exp(predict(xb, nooffset)))")
    assert hsb.r["b"][0, 0] == pytest.approx(hsb.data.values("r").mean(), rel=1e-9)
    hsb.run("drop n r")


@pytest.mark.parametrize("dispersion", ["mean", "constant"])
def test_without_overdispersion_it_is_poisson(hsb: Session, dispersion: str) -> None:
    hsb.run("quietly poisson female ses")
    b, v, ll = hsb.e["b"][0].copy(), hsb.e["V"].copy(), hsb.e["ll"]
    log = hsb.run(f"nbreg female ses, dispersion({dispersion}) nolog")
    np.testing.assert_allclose(hsb.e["b"][0, :2], b, rtol=1e-5)
    np.testing.assert_allclose(hsb.e["V"][:2, :2], v, rtol=1e-4)
    assert hsb.e["ll"] == pytest.approx(ll, rel=1e-6) and hsb.e["converged"] == 1
    assert "chibar2(01) = 0.00                 Prob >= chibar2 = 1.000" in log


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("nbreg mathach ses", 459, "mathach must be greater than or equal to zero"),
        ("nbreg count ses, dispersion(foo)", 198, "option dispersion() incorrectly specified"),
        ("nbreg count ses if ses > 100", 2000, "no observations"),
    ],
)
def test_errors(hsb: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=hsb)
