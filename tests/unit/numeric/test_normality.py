"""Normality tests against the course notes, the Stata manual's auto-data examples and scipy.stats."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pystata_hlm.numeric.normality import (
    LADDER,
    TooFewObservationsError,
    ladder,
    moments,
    royston_adjustment,
    rung,
    skewness_kurtosis_test,
)

pd = pytest.importorskip("pandas")
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="shared data not present")

# chi2(2) columns of the notes' ladder tables (None: undefined, "." : exp(-K2/2) underflows).  The last two of
# size are a current Stata's, not the notes' old release's (mixed-numerics.md, point 6).
NOTES = {
    "size": [60.02, 31.36, 8.37, 7.18, 16.55, 58.10, 98.72, 140.29],
    "mathach": [758.08, 758.90, 914.19, None, None, None, ".", ".", "."],
    "mathach_c": [595.26, 1029.42, 914.19, 380.40, ".", ".", ".", ".", "."],
}


def hsb(name):
    data = pd.read_csv(DATA / "hsb.csv")
    if name == "size":
        return data.groupby("id")["size"].first().to_numpy(float)
    x = data.mathach.to_numpy(float)
    return x if name == "mathach" else (x - x.min() + 1).astype(np.float32).astype(float)


@needs_data
@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("as_float", [False, True])
def test_ladder_of_the_notes(name, as_float):
    """Whether the transformed values are kept as doubles or floats does not show in two decimals."""
    x = hsb(name)
    for power, expected in zip(LADDER, NOTES[name], strict=False):
        y = rung(power, x)
        if expected is None:
            assert y is None
            continue
        test = skewness_kurtosis_test(y.astype(np.float32).astype(float) if as_float else y)
        if expected == ".":
            assert np.isnan(test.chi2)
            assert np.isnan(test.p)
        else:
            assert round(test.chi2, 2) == expected


@needs_data
def test_ladder_probabilities_of_the_notes():
    p = [test.p for _, test in ladder(hsb("size"))]
    assert [f"{v:.3f}" for v in p[:6]] == ["0.000", "0.000", "0.015", "0.028", "0.000", "0.000"]


@needs_data
def test_manual_examples_on_auto():
    """[R] sktest (mpg, trunk) and [R] ladder (mpg)."""
    auto = pd.read_stata(DATA / "examples" / "auto.dta", convert_categoricals=False)
    printed = {"mpg": (0.0015, 0.0804, 10.95, 0.0042), "trunk": (0.9115, 0.0445, 4.19, 0.1228)}
    for name, expected in printed.items():
        t = skewness_kurtosis_test(auto[name].to_numpy(float))
        got = (round(t.p_skewness, 4), round(t.p_kurtosis, 4), round(t.chi2, 2), round(t.p, 4))
        assert got == expected
    rungs = [43.59, 27.03, 10.95, 4.94, 0.87, 0.20, 2.36, 11.99, 24.30]
    assert [round(t.chi2, 2) for _, t in ladder(auto.mpg.to_numpy(float))] == rungs


@settings(max_examples=50, deadline=None)
@given(st.integers(20, 400), st.integers(0, 10_000))
def test_parts_equal_scipy(n, seed):
    x = np.random.default_rng(seed).gamma(3.0, size=n)
    t = skewness_kurtosis_test(x, adjust=False)
    assert t.z_skewness == pytest.approx(stats.skewtest(x).statistic, rel=1e-9)
    assert t.z_kurtosis == pytest.approx(stats.kurtosistest(x).statistic, rel=1e-9)
    assert t.p_skewness == pytest.approx(stats.skewtest(x).pvalue, rel=1e-8)
    joint = stats.normaltest(x)
    assert (t.chi2, t.p) == (t.k2, t.p_k2)
    assert (t.k2, t.p_k2) == pytest.approx((joint.statistic, joint.pvalue), rel=1e-8)


def test_frequency_weights_are_repeated_rows():
    x, w = np.array([1.0, 2, 3, 7, 9.5, 4]), np.array([3, 1, 2, 5, 1, 4])
    a, b = skewness_kurtosis_test(x, w.astype(float)), skewness_kurtosis_test(np.repeat(x, w))
    for field in ("n", "skewness", "kurtosis", "chi2", "p"):
        assert getattr(a, field) == pytest.approx(getattr(b, field), rel=1e-12)


@needs_data
def test_moments_of_summarize_detail():
    """The notes' summarize ses, detail."""
    m = moments(pd.read_csv(DATA / "hsb.csv").ses.to_numpy(float))
    assert [f"{v:.7g}" for v in (m.mean, m.variance, m.skewness, m.kurtosis)] == [
        "0.0001433542",
        "0.6073945",
        "-0.2281447",
        "2.620279",
    ]


def test_underflow_is_missing():
    assert np.isnan(royston_adjustment(1495.0, 7185)).all()
    assert np.isfinite(royston_adjustment(1480.0, 7185)).all()


def test_small_and_constant_samples():
    with pytest.raises(TooFewObservationsError):
        skewness_kurtosis_test(np.arange(7.0))
    assert np.isnan(skewness_kurtosis_test(np.full(20, 3.0)).chi2)
