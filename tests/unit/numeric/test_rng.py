"""Random numbers against Stata's printed draws (reference/random-numbers.md) and a scalar Algorithm M."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.numeric.mersenne import Kiss32, MersenneTwister64
from pystata_hlm.numeric.rng import StataRNG, normal_tables

SHARED = Path(__file__).resolve().parents[4] / "shared"
EXAMPLES = SHARED / "data" / "examples"


def printed(values, figures):
    """Each value, kept as float, rounds to the printed figure."""
    for value, figure in zip(values, figures.split(), strict=True):
        last_place = 10.0 ** -len(figure.partition(".")[2])
        assert abs(value - float(figure)) <= 0.5 * last_place + 2.0**-24 * abs(value)


def test_mt64_known_output():
    # ISO C++ [rand.predef]: 10000th output of mt19937_64 with its default seed 5489
    assert int(MersenneTwister64(5489).peek(10_000)[-1]) == 9981545732273789042


@pytest.mark.parametrize(
    ("seed", "figures"),
    [
        (123456789, ".3488717 .2668857 .1366463 .0285569 .8689333"),
        (12345, ".3576297 .4004426 .6893833 .5597356 .5744513"),
        (3846, ".1659382 .6308511 .1930597 .7247796 .7172119"),
    ],
)
def test_runiform(seed, figures):
    printed(StataRNG(seed=seed).uniform(5), figures)


def test_runiform_full_precision():  # shared/reference/mixed-numerics.md, point 9
    expected = [0.357629722888425872, 0.400442617044061255, 0.689383317002768448]
    assert StataRNG(seed=12345).uniform(3).tolist() == expected


def test_fresh_session_is_seed_123456789():
    assert (StataRNG().uniform(4) == StataRNG(seed=123456789).uniform(4)).all()


@pytest.mark.parametrize(
    ("seed", "figures"),
    [
        (12345, ".9592000 -.0018050 .5440771 .0016287 .3576809"),
        (123456789, "2.025588 1.042631 .2977124 -1.722132 -.7291995"),
        (3846, "1.0896515 -1.4436181 .4417830 -.9209695 .8677554"),
        (  # 16 draws: cases/rng_seed6_rnormal_list
            6,
            "-.4705035 -.3938664 -.2524172 -1.404408 -.8082101 -.0387205 1.185362 -.2958094 "
            "-1.179235 1.503948 .0767283 -.627642 -1.122534 -1.491838 .0291835 -.7714012",
        ),
    ],
)
def test_rnormal(seed, figures):
    n = len(figures.split())
    printed(StataRNG(seed=seed).normal(n), figures)


def test_alias_table():
    alias, threshold, _, _ = normal_tables()
    expected = """1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 15 2 2 2 3 3 4 4 6 6 8 9 9 10 11 12 13
        1 2 3 4 1 2 5 3 6 4 1 2 5 7 3 6 4 8 1 2 5 7 3 9 6 4 8 10 1 2 5 7"""
    assert alias.tolist() == [int(a) for a in expected.split()]
    heads = """.844724 .621701 .755870 .236970 .940230 .297354 .843099 .845122 .303952 .243803 .732944
        .810867 .518982 .899420 1"""
    np.testing.assert_allclose(threshold[1:16], [float(h) for h in heads.split()], atol=5e-7)


@pytest.mark.skipif(not EXAMPLES.exists(), reason="shared data not present")
def test_simulated_file_bit_for_bit():
    """clustered_seed3846.dta, written by Stata: all 1,003 rows of the five drawn or computed variables."""
    pd = pytest.importorskip("pandas")
    data = pd.read_stata(EXAMPLES / "clustered_seed3846.dta")
    group = data.id.to_numpy().astype(int) - 1
    rng = StataRNG(seed=3846)
    u0 = rng.normal_ms(0, 10, 500).astype(np.float32)
    n = rng.uniform_int(1, 3, 500)
    centre = rng.normal_ms(100, 10, 500).astype(np.float32)
    x = rng.normal_ms(centre[group].astype(float), 10, len(data)).astype(np.float32)
    e = rng.normal(len(data)).astype(np.float32)
    assert (u0[group] == data.u0).all()
    assert (n[group] == data.n).all()
    assert (x == data.x).all()
    assert (e == data.e).all()


def test_rbinomial_case():
    """cases/rng_seed3846_rbinomial: the two-way table of two coins tossed 1,000 times."""
    rng = StataRNG(seed=3846)
    nickel, quarter = rng.binomial(1, 0.75, 1000), rng.binomial(1, 0.5, 1000)
    table = [[int(((nickel == i) & (quarter == j)).sum()) for j in (0, 1)] for i in (0, 1)]
    assert table == [[104, 140], [377, 379]]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="shared data not present")
def test_runiform_case():
    """cases/rng_seed3846_runiform: first draw of each country, carried to its members."""
    pd = pytest.importorskip("pandas")
    country = pd.read_stata(EXAMPLES / "simulated_multilevel_data.dta").country
    draws = pd.Series(StataRNG(seed=3846).uniform(len(country)).astype(np.float32).astype(float))
    u = draws.groupby(country.to_numpy()).transform("first")
    printed((u.mean(), u.std(), u.min(), u.max()), ".6174022 .2374704 .0733026 .9657055")


def test_kiss32_startup():
    """cases/figures_rng_kiss32_startup."""
    figures = """.1369841 .6432207 .5578017 .6047949 .684176 .1086679 .6184582 .0610638 .5552388 .8714491
        .2551499 .0445188 .4241557 .8983462 .5219247 .8414094 .2110077 .5644092 .2648021 .9477426
        .2769154 .1180158 .4079702 .7219492 .871691"""
    printed(StataRNG("kiss32").uniform(25), figures)


@pytest.mark.parametrize(
    ("seed", "figures"),
    [
        (472195, ".247166610788553953 .593119932804256678"),
        (12345, ".309106 .6852276 .1277815 .5617244"),
        (10101, ".1679665 .3197621 .7911349 .7193382"),
    ],
)
def test_kiss32_seeded(seed, figures):
    printed(StataRNG("kiss32", seed).uniform(len(figures.split())), figures)


def test_kiss32_vectorised_equals_step_by_step():
    x, y, z, w = Kiss32.START
    mask = 2**32 - 1
    expected = []
    for _ in range(3000):
        x = (69069 * x + 1234567) & mask
        y ^= (y << 13) & mask
        y ^= y >> 17
        y ^= (y << 5) & mask
        z = 65184 * (z & 65535) + (z >> 16)
        w = 63663 * (w & 65535) + (w >> 16)
        expected.append((x + y + z + (w << 16)) & mask)
    assert Kiss32().peek(3000).tolist() == expected


def scalar_normals(seed, n):
    """Algorithm M one draw at a time, and the number of uniforms used."""
    alias, threshold, d, e = (t.tolist() for t in normal_tables())
    u = iter(StataRNG(seed=seed).uniform(4 * n + 100).tolist())
    used, out = 0, []

    def draw():
        nonlocal used
        used += 1
        return next(u)

    for _ in range(n):
        sign = 1 if draw() < 0.5 else -1
        j, u3 = int(64 * draw()), draw()
        t = threshold[j]
        piece, f = (j, u3 / t) if u3 < t else (alias[j], (u3 - t) / (1 - t))
        if piece < 32:
            x = (piece - 1 + f) / 8
        while 32 <= piece < 63:
            lo, hi = sorted((draw(), draw()))
            k = piece - 32
            x = (k + lo) / 8
            if hi <= d[k] or hi <= lo + e[k] * (math.exp((((k + 1) / 8) ** 2 - x * x) / 2) - 1):
                break
        while piece == 63:
            a, b = draw(), draw()
            x = math.sqrt(3.875**2 - 2 * math.log(b))
            if a * x < 3.875:
                break
        out.append(sign * x)
    return np.array(out), used


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(1, 3000))
def test_batch_normals_equal_scalar_draws_and_use_the_same_uniforms(seed, n):
    expected, used = scalar_normals(seed, n)
    rng = StataRNG(seed=seed)
    np.testing.assert_allclose(rng.normal(n), expected, rtol=1e-13)
    after = StataRNG(seed=seed)
    after.uniform(used)
    assert (rng.uniform(5) == after.uniform(5)).all()


def test_tail_draws_are_reached():
    assert np.abs(StataRNG(seed=77).normal(120_000)).max() > 3.875


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 2000), st.sampled_from(["mt64", "kiss32"]))
def test_state_round_trip(seed, k, kind):
    rng = StataRNG(kind, seed)
    rng.uniform(k)
    text = rng.state
    expected = rng.uniform(700)
    assert len(text) == {"mt64": 5011, "kiss32": 41}[kind]
    other = StataRNG()
    other.set_state(text)
    assert other.kind == kind
    assert (other.uniform(700) == expected).all()


def test_kiss32_state_text_of_a_fresh_session():
    # x, y, z, w of random-numbers.md in hexadecimal
    assert StataRNG("kiss32").state[:33] == "X" + "075bcd151f123bb5159a55e500228657"


def test_bad_states_and_seeds():
    for text in ("", "XAA12", "X12", "XAA" + "z" * 5008):
        with pytest.raises(ValueError):
            StataRNG().set_state(text)
    with pytest.raises(ValueError):
        StataRNG(seed=2**31)


def test_set_rng_keeps_both_streams():
    rng = StataRNG(seed=1)
    first = rng.uniform(1)
    rng.set_kind("kiss32")
    rng.uniform(3)
    rng.set_kind("mt64")
    assert (np.append(first, rng.uniform(2)) == StataRNG(seed=1).uniform(3)).all()


def test_runiformint_takes_top_bits_and_rejects():
    raw = MersenneTwister64(42).peek(400).tolist()
    for a, b in ((1, 3), (0, 100), (5, 5), (-3, 4)):
        largest = b - a
        tops = [x >> (64 - largest.bit_length()) for x in raw]
        expected = [a + t for t in tops if t <= largest][:100]
        rng = StataRNG(seed=42)
        assert rng.uniform_int(a, b, 60).tolist() + rng.uniform_int(a, b, 40).tolist() == expected


def test_runiformint_varying_ranges_are_drawn_in_order():
    raw = iter(MersenneTwister64(9).peek(500).tolist())
    highs = np.array([3, 3, 10, 1, 7, 7, 2], dtype=float)
    expected = []
    for h in highs.astype(int).tolist():
        value = next(x >> (64 - h.bit_length()) for x in raw if x >> (64 - h.bit_length()) <= h)
        expected.append(value)
    assert StataRNG(seed=9).uniform_int(0, highs, 7).tolist() == expected


def test_vector_parameters_and_missing():
    m, s = np.array([0.0, 10.0, 0.0, 1.0]), np.array([1.0, 2.0, -1.0, np.nan])
    z = StataRNG(seed=4).normal(4)
    got = StataRNG(seed=4).normal_ms(m, s, 4)
    assert got[:2].tolist() == [z[0], 10 + 2 * z[1]]
    assert np.isnan(got[2:]).all()
    assert np.isnan(StataRNG().uniform_int(5, 1, 2)).all()
    assert np.isnan(StataRNG().binomial(0, 0.5, 1)).all()


@pytest.mark.parametrize(
    ("name", "args", "mean", "variance"),
    [
        ("binomial", (10, 0.3), 3, 2.1),
        ("binomial", (7, 0.8), 5.6, 1.12),
        ("poisson", (4.2,), 4.2, 4.2),
        ("poisson", (1e6,), 1e6, 1e6),
        ("negative_binomial", (3, 0.4), 4.5, 11.25),
        ("gamma", (2.0, 3.0), 6, 18),
        ("beta", (2.0, 3.0), 0.4, 0.04),
        ("chi2", (5,), 5, 10),
        ("t", (7,), 0, 1.4),
        ("exponential", (2.0,), 2, 4),
        ("logistic", (1.0, 1.0), 1, math.pi**2 / 3),
        ("laplace", (0, 1.0), 0, 2),
        ("inverse_gaussian", (2.0, 3.0), 2, 8 / 3),
        ("weibull", (2.0, 1.0), math.gamma(1.5), 1 - math.gamma(1.5) ** 2),
    ],
)
def test_moments(name, args, mean, variance):
    n = 20_000
    x = getattr(StataRNG(seed=20), name)(*args, n)
    assert abs(x.mean() - mean) < 4 * math.sqrt(variance / n)
    assert abs(x.var() / variance - 1) < 0.12


def test_binomial_vector_equals_scalar_parameters():
    sizes = np.where(np.arange(400) % 2, 12.0, 30.0)
    u = StataRNG(seed=8).binomial(sizes, 0.35, 400)
    for size in (12.0, 30.0):
        same = StataRNG(seed=8).binomial(size, 0.35, 400)
        assert (u[sizes == size] == same[sizes == size]).all()


def test_weibull_formula():
    u = StataRNG(seed=3).uniform(6)
    np.testing.assert_allclose(StataRNG(seed=3).weibull(1.7, 2.5, 6), 2.5 * (-np.log(u)) ** (1 / 1.7))
