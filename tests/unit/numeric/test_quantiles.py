"""Percentiles and plot coordinates against printed Stata output and closed forms."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.numeric.quantiles import (
    box,
    default_bins,
    histogram,
    percentiles,
    probability_normal,
    quantile_normal,
)

pd = pytest.importorskip("pandas")
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="shared data not present")
DETAIL = (1, 5, 10, 25, 50, 75, 90, 95, 99)


def auto(name):
    return pd.read_stata(DATA / "examples" / "auto.dta", convert_categoricals=False)[name].to_numpy(float)


@needs_data
def test_printed_percentiles():
    """cases/summarize_detail_price, and the notes' summarize ses, detail."""
    price = [3291, 3748, 3895, 4195, 5006.5, 6342, 11385, 13466, 15906]
    assert percentiles(auto("price"), DETAIL).tolist() == price
    ses = pd.read_csv(DATA / "hsb.csv").ses.to_numpy(float)
    expected = [-1.848, -1.318, -1.038, -0.538, 0.002, 0.602, 1.022, 1.212, 1.512]
    np.testing.assert_allclose(percentiles(ses, DETAIL), expected, atol=1e-12)


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=40),
    st.integers(1, 99),
)
def test_weighted_percentile_is_that_of_repeated_rows_and_halves_the_data(rows, p):
    x, w = (np.array(c, dtype=float) for c in zip(*rows, strict=True))
    repeated = np.repeat(x, w.astype(int))
    value = percentiles(x, p, w)[0]
    assert value == percentiles(repeated, p)[0]
    assert 100 * np.sum(repeated < value) <= p * len(repeated)
    assert 100 * np.sum(repeated <= value) >= p * len(repeated)


def test_ties_of_weight_and_percentage_average():
    assert percentiles(np.array([1.0, 2, 3, 4]), (25, 50, 75)).tolist() == [1.5, 2.5, 3.5]
    assert percentiles(np.array([1.0, 2, 3, 4]), 60)[0] == 3
    assert np.isnan(percentiles(np.array([]), 50)).all()
    # 0.1 + 0.2 is not 0.3: weights summing to half by way of rounding error still average
    assert percentiles(np.array([1.0, 2, 3]), 50, np.array([0.1, 0.2, 0.3]))[0] == 2.5


def test_altdef_interpolates_at_n_plus_1():
    """(n+1)p/100 = 2.75 of 1, 2, 4, ... : 2 + .75(4-2)"""
    x = np.array([1.0, 2, 4, 8, 16, 32, 64, 128, 256, 512])
    assert percentiles(x, 25, altdef=True)[0] == 3.5
    assert percentiles(x, (1, 99), altdef=True).tolist() == [1, 512]


@needs_data
def test_histogram_notes():
    """The notes' (bin=12, start=100, width=217.75); (bin=8, start=12, width=3.625) of auto's mpg."""
    size = pd.read_csv(DATA / "hsb.csv").groupby("id")["size"].first().to_numpy(float)
    h = histogram(size)
    assert (h.bins, h.start, h.width) == (12, 100, 217.75)
    assert h.counts.sum() == 160
    m = histogram(auto("mpg"))
    assert (m.bins, m.start, m.width) == (8, 12, 3.625)
    five = histogram(auto("mpg"), width=5.0)
    assert (five.bins, five.start) == (6, 12)


def test_default_bins():  # mixed-numerics.md, point 7
    assert (default_bins(7185), default_bins(160), default_bins(1)) == (38, 12, 1)


def test_bins_are_closed_on_the_left_and_the_last_on_both_sides():
    h = histogram(np.array([0.0, 1, 1, 2, 3, 4]), width=1.0)
    assert h.counts.tolist() == [1, 2, 1, 2]
    assert h.edges.tolist() == [0, 1, 2, 3, 4]
    assert (h.density * h.width).sum() == pytest.approx(1)
    assert h.percent.tolist() == pytest.approx([100 / 6, 100 / 3, 100 / 6, 100 / 3])
    shifted = histogram(np.array([1.0, 3.0]), start=0.0, bins=3)
    assert (shifted.width, shifted.counts.tolist()) == (1.0, [0, 1, 1])
    with pytest.raises(ValueError):
        histogram(np.array([1.0, 3.0]), start=2.0)


def test_discrete_histogram():
    h = histogram(np.array([1.0, 1, 3, 5]), discrete=True)
    assert (h.start, h.width, h.counts.tolist()) == (1, 2, [2, 1, 1])
    assert h.centres.tolist() == [1, 3, 5]


def test_quantile_normal_coordinates():
    """i/(n+1) = .25 .5 .75: invnormal gives -+.67448975; mean 2, sd 1."""
    xs, q = quantile_normal(np.array([3.0, 1.0, 2.0]))
    assert xs.tolist() == [1, 2, 3]
    np.testing.assert_allclose(q, [2 - 0.6744897501960817, 2, 2 + 0.6744897501960817])
    p, expected = probability_normal(np.array([3.0, 1.0, 2.0]))
    np.testing.assert_allclose(p, [0.15865525393145707, 0.5, 0.8413447460685429])
    assert expected.tolist() == [0.25, 0.5, 0.75]


def test_box():
    b = box(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 30]))
    assert (b.lower_adjacent, b.q25, b.median, b.q75, b.upper_adjacent) == (1, 3, 5, 7, 8)
    assert b.outside.tolist() == [30]


@needs_data
def test_box_of_the_notes():
    """ses: fences -.538 - 1.71 and .602 + 1.71; the notes clip at -2.9 and 1.9, above the upper whisker."""
    ses = pd.read_csv(DATA / "hsb.csv").ses.to_numpy(float)
    b = box(ses)
    assert b.upper_adjacent == ses[ses <= 0.602 + 1.71].max()
    assert b.lower_adjacent == ses[ses >= -0.538 - 1.71 - 1e-9].min()
    assert b.outside.size == ((ses > 2.312) | (ses < -2.2481)).sum()
