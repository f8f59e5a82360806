"""Association in two-way tables: against scipy, textbook figures and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.numeric import contingency as c

# Agresti, Categorical Data Analysis (2nd ed., table 2.8): income by job satisfaction; gamma .2211 (ASE .1172)
JOB = np.array([[1, 3, 10, 6], [2, 3, 10, 7], [1, 6, 14, 12], [0, 1, 9, 11]], dtype=float)
TABLES = st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=2, max_size=3)


def test_gamma_of_agresti() -> None:
    gamma, ase = c.gamma(JOB)
    assert gamma == pytest.approx(0.2211, abs=5e-5)
    assert ase == pytest.approx(0.1172, abs=5e-5)


def test_chi_squared_of_agresti() -> None:
    assert c.pearson(JOB)[0] == pytest.approx(5.9655, abs=5e-5)
    assert c.likelihood_ratio(JOB)[0] == pytest.approx(6.7641, abs=5e-4)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_against_scipy(rows: list[list[int]]) -> None:
    from scipy import stats

    t = np.array(rows, dtype=float)
    if (t.sum(0) == 0).any() or (t.sum(1) == 0).any():
        return
    for lambda_, ours in ((1, c.pearson(t)), ("log-likelihood", c.likelihood_ratio(t))):
        chi2, p, _, _ = stats.chi2_contingency(t, correction=False, lambda_=lambda_)
        assert ours == pytest.approx((chi2, p), abs=1e-9)
    x, y = (np.repeat(index.ravel(), t.astype(int).ravel()) for index in np.indices(t.shape))
    tau = stats.kendalltau(x, y).statistic
    assert c.tau_b(t)[0] == pytest.approx(tau, abs=1e-12, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 15), min_size=2, max_size=2), min_size=2, max_size=2))
def test_fisher_2x2_against_scipy(rows: list[list[int]]) -> None:
    from scipy import stats

    t = np.array(rows)
    found = c.fisher(t)
    if (t.sum(0) == 0).any() or (t.sum(1) == 0).any():
        assert found.p == 1
        return
    assert found.p == pytest.approx(stats.fisher_exact(t)[1], rel=1e-6)
    tails = [stats.fisher_exact(t, alternative=side)[1] for side in ("less", "greater")]
    assert found.one_sided == pytest.approx(min(tails), rel=1e-9)


def test_fisher_r_by_c_against_full_enumeration() -> None:
    from itertools import product
    from math import factorial, prod

    t = np.array([[3, 1, 2], [0, 2, 3], [1, 1, 4]])
    rows, columns = t.sum(1), t.sum(0)

    def weight(cells: np.ndarray) -> float:
        return 1 / prod(factorial(int(x)) for x in cells.ravel())

    total = extreme = 0.0
    for a, b, d, e in product(range(8), repeat=4):
        inner = np.array([[a, b, rows[0] - a - b], [d, e, rows[1] - d - e]])
        last = columns - inner.sum(0)
        full = np.vstack([inner, last])
        if (full < 0).any():
            continue
        w = weight(full)
        total += w
        extreme += w if w <= weight(t) * (1 + 1e-7) else 0
    assert c.fisher(t).p == pytest.approx(extreme / total, rel=1e-10)


def test_enumerations_are_those_stata_prints() -> None:
    """../shared/cases/tab_chi2_expected_exact: tab foreign rep78, exact."""
    t = np.array([[2, 8, 27, 9, 2], [0, 0, 3, 9, 9]])
    assert c.fisher(t).stages == ((5, 1), (4, 3), (3, 24), (2, 203), (1, 0))


def test_cramers_v_has_a_sign_in_2x2_tables() -> None:
    t = np.array([[1.0, 9.0], [9.0, 1.0]])
    assert c.cramers_v(t) == pytest.approx(-0.8)
    assert c.cramers_v(t[::-1]) == pytest.approx(0.8)


def test_degenerate_tables_have_no_test() -> None:
    t = np.array([[3.0, 4.0]])
    assert np.isnan(c.pearson(t)).all()
    assert np.isnan(c.gamma(t)).all()
    assert np.isnan(c.tau_b(t)).all()
