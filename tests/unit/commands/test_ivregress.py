"""ivregress 2sls: Card (1995) as printed by Wooldridge (Introductory Econometrics, example 15.4); closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import SHARED, Session, fails

CARD = SHARED / "data" / "examples" / "card.dta"


@pytest.fixture(scope="module")
def card() -> Session:
    if not CARD.exists():
        pytest.skip("shared data absent")
    s = Session()
    s.run(f'use "{CARD}", clear')
    return s


def test_return_to_education(card: Session) -> None:
    """Wooldridge's table 15.1: educ .132 (.055), exper .108 (.024), black -.147 (.054); n = 3,010."""
    line = "ivregress 2sls lwage exper expersq black smsa south smsa66 reg662-reg669 (educ = nearc4), small"
    log = card.run(line)
    b, se = card.e["b"][0], np.sqrt(np.diag(card.e["V"]))
    assert (b[0], se[0], b[1], se[1], b[3], se[3]) == pytest.approx(
        (0.132, 0.055, 0.108, 0.024, -0.147, 0.054), abs=6e-4
    )
    assert card.e["N"] == 3010 and card.e["df_r"] == 3010 - 16
    assert (
        "Endogenous: educ" in log and "Instrumental variables 2SLS regression            Number of obs" in log
    )


def test_one_instrument_has_a_closed_form(card: Session) -> None:
    """b = cov(z, y) / cov(z, x); unadjusted and robust variances with divisor N."""
    y, x, z = (card.data.values(name) for name in ("lwage", "educ", "nearc4"))
    card.run("quietly ivregress 2sls lwage (educ = nearc4)")
    slope = np.cov(z, y)[0, 1] / np.cov(z, x)[0, 1]
    assert card.e["b"][0, 0] == pytest.approx(slope, rel=1e-9)
    e = y - y.mean() - slope * (x - x.mean())
    zc = z - z.mean()
    n = len(y)
    assert card.e["V"][0, 0] == pytest.approx(np.mean(e**2) * np.sum(zc**2) / np.sum(zc * x) ** 2, rel=1e-9)
    card.run("quietly ivregress 2sls lwage (educ = nearc4), vce(robust)")
    assert card.e["V"][0, 0] == pytest.approx(np.sum(zc**2 * e**2) / np.sum(zc * x) ** 2, rel=1e-9)
    robust = card.e["V"][0, 0]
    card.run("quietly ivregress 2sls lwage (educ = nearc4), robust small")
    assert card.e["V"][0, 0] == pytest.approx(robust * n / (n - 2), rel=1e-9)


def test_exogenous_regressors_instrument_themselves(card: Session) -> None:
    """With the regressor among the instruments it is least squares; predictions and margins follow."""
    card.run("quietly regress lwage educ exper")
    b = card.e["b"].copy()
    card.run("generate copy = educ\nquietly ivregress 2sls lwage exper (educ = copy), small")
    np.testing.assert_allclose(card.e["b"], b, rtol=1e-8)
    card.run("predict double r, residuals\nquietly margins")
    assert card.data.values("r").mean() == pytest.approx(0, abs=1e-10)
    assert card.r["b"][0, 0] == pytest.approx(card.data.values("lwage").mean(), rel=1e-9)
    card.run("drop r copy")


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("ivregress 2sls lwage exper (educ exper = nearc4)", 498, None),
        ("ivregress 2sls lwage exper (educ fatheduc = nearc4)", 481, None),
        ("ivregress gmm lwage (educ = nearc4)", 198, "ivregress gmm not yet supported"),
        ("ivregress 2sls lwage educ", 198, None),
        ("ivregress 2sls lwage (nosuch = nearc4)", 111, "variable nosuch not found"),
        ("ivregress 2sls", 100, "varlist required"),
    ],
)
def test_errors(card: Session, line: str, rc: int, message: str | None) -> None:
    fails(line, rc, message, session=card)
