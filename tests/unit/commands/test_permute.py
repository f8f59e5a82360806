"""permute: exact intervals and layout of printed logs, p-values against all permutations."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pystata_hlm.commands.permute import share, shuffled, twice
from tests.support import Session, example, fails


@pytest.mark.parametrize(
    ("c", "n", "printed"),
    [  # c, n, p, SE(p) and interval as Stata printed them (public logs of permute and of ritest, which uses its table)
        (5229, 10000, (".5229", ".0050", ".513055", ".5327317")),
        (14, 500, (".0280", ".0074", ".0153906", ".0465333")),
        (529, 5000, (".1058", ".0044", ".0974064", ".1146569")),
        (0, 100, (".0000", ".0000", "0", ".0362167")),
    ],
)
def test_exact_intervals(c: int, n: int, printed: tuple[str, ...]) -> None:
    extreme = (np.arange(n) < c)[:, None]
    found = share(extreme, np.ones((n, 1), dtype=bool), 95.0)
    assert f"{found.p[0]:.4f}"[1:] == printed[0]
    assert found.se[0] == pytest.approx(float(printed[1]), abs=1e-4)
    assert found.ci[:, 0] == pytest.approx([float(printed[2]), float(printed[3])], abs=6e-7)


def test_two_sided() -> None:
    good = np.ones((1000, 1), dtype=bool)
    lower, upper = (share((np.arange(1000) < c)[:, None], good, 95.0) for c in (998, 3))
    both = twice(lower, upper, 95.0)
    assert both.p[0] == pytest.approx(0.006)
    assert both.se[0] == pytest.approx(np.sqrt(0.006 * 0.994 / 1000))
    assert both.ci[:, 0] == pytest.approx([0.006 - 1.959964 * both.se[0], 0.006 + 1.959964 * both.se[0]])


def test_shuffled_stays_within_strata() -> None:
    s = Session()
    codes = np.array([1, 0, 1, 0, 2, 1, 0])
    for _ in range(20):
        order = shuffled(codes, s.workspace.rng)
        assert sorted(order) == list(range(7)) and np.array_equal(codes[order], codes)


DATA = "clear\nset obs 8\ngenerate g = _n > 4\ngenerate y = (_n*7 + 3*g)/4"


def test_p_value_approaches_the_exact_one() -> None:
    """All 70 allocations by hand; 400 shuffles lie within 4 standard errors."""
    s = Session(16)
    s.run(f"{DATA}\npermute g d=(r(mu_2)-r(mu_1)), reps(400) seed(5) nodots right: ttest y, by(g)")
    y = s.data.values("y")
    observed = y[4:].mean() - y[:4].mean()
    every = [y[list(c)].mean() - np.delete(y, c).mean() for c in combinations(range(8), 4)]
    exact = np.mean(np.array(every) >= observed - 1e-7)
    assert abs(s.r["p"][0, 0] - exact) < 4 * np.sqrt(exact * (1 - exact) / 400) + 1e-12
    assert s.r["b"][0, 0] == pytest.approx(observed)
    assert (s.r["N"], s.r["permvar"], s.r["right"], s.r["reps"][0, 0]) == (8, "g", "right", 400)
    assert np.array_equal(s.data.values("g"), np.repeat([0, 1], 4))


def test_layout_to_release_16() -> None:
    s = Session(16)
    out = s.run(f"{DATA}\npermute g r(mu_1), reps(20) seed(1): ttest y, by(g)")
    assert "Permutation replications (20)\n----+--- 1" in out
    assert "Monte Carlo permutation results                 Number of obs     =          8\n" in out
    assert "\n      command:  ttest y, by(g)\n        _pm_1:  r(mu_1)\n  permute var:  g\n\n" in out
    assert (
        "------------------------------------------------------------------------------\n"
        "T            |     T(obs)       c       n   p=c/n   SE(p) [95% Conf. Interval]\n"
        "-------------+----------------------------------------------------------------\n"
        "       _pm_1 |      4.375 " in out
    )
    assert "Note: Confidence interval is with respect to p=c/n.\nNote: c = #{|T| >= |T(obs)|}\n" in out


def test_rows_from_release_17() -> None:
    s = Session()
    out = s.run(f"{DATA}\npermute g d=r(mu_1), reps(20) seed(1) nodots: ttest y, by(g)")
    assert "Permutation variable: g" in out and "Number of permutations = 20" in out
    for side in ("lower", "upper", "two-sided"):
        assert f" {side} " in out
    lower, upper = s.r["p_lower"][0, 0], s.r["p_upper"][0, 0]
    assert s.r["p_twosided"][0, 0] == pytest.approx(min(1, 2 * min(lower, upper)))
    assert "upper" not in s.run("permute g d=r(mu_1), reps(20) nodots left nolegend: ttest y, by(g)").replace(
        "p_upper", ""
    )


def test_estimation_sample_and_saving(tmp_path: object) -> None:
    s = Session(cwd=str(tmp_path))
    s.run(f"use {example('auto.dta')}")
    s.run("permute mpg _b[rep78], reps(6) nodots saving(p): regress mpg rep78")
    assert s.r["N"] == 69
    s.run("use p, clear")
    assert s.data.names == ["_pm_1"] and s.data.n == 6


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("permute nosuch r(mu_1): ttest y, by(g)", 111),
        ("permute g r(mu_1), left right: ttest y, by(g)", 198),
        ("permute g r(foo): ttest y, by(g)", 322),
        ("permute g r(mu_1), reps(0): ttest y, by(g)", 198),
        ("permute: ttest y, by(g)", 100),
        ("permute", 198),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"{DATA}\n{line}", rc)
