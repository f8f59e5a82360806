"""mixed with weights: frequency weights are repetitions, sampling weights imply robust; pwscale(); errors."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails

SETUP = """
generate w = 1 + mod(_n, 3)
generate w2 = 1 + mod(id, 4)
"""
EXPANDED = """
expand w*w2
bysort id week: generate copy = mod(_n - 1, w2)
egen new = group(id copy)
"""


def pig(more: str = "") -> Session:
    s = Session()
    s.run(f'use "{example("pig.dta")}"\n{SETUP}{more}')
    assert s.rc == 0, s.text()
    return s


@pytest.mark.parametrize("vce", ["", "vce(robust)"])
def test_frequency_weights_repeat(vce: str) -> None:
    a, b = pig(), pig(EXPANDED)
    ours = a.run(f"mixed weight week [fw=w] || id: week, fweight(w2) cov(un) nolog {vce}")
    theirs = b.run(f"mixed weight week || new: week, cov(un) nolog {vce}")
    assert (
        ours.replace("    id", "   new")
        .replace("in id", "in new")
        .replace("variable: id ", "variable: new")
        .replace("\nid:", "\nnew:")
        .split()
        == theirs.split()
    )
    for name in ("N", "ll", "chi2", "N_g", "g_min", "g_max", "b", "V"):
        np.testing.assert_allclose(a.e[name], b.e[name], rtol=1e-7, atol=1e-10)
    assert (a.e["wtype"], a.e["wexp"], a.e["fweight1"]) == ("fweight", "= w", "w2")
    assert a.run("estat group").split() == b.run("estat group").replace("new", "id").split()


def test_sampling_weights() -> None:
    """The point estimates of the same frequency weights; robust standard errors that count groups once."""
    a, b = pig(), pig()
    a.run("mixed weight week [fw=w] || id: week, fweight(w2) nolog")
    log = b.run("mixed weight week [pw=w] || id: week, pweight(w2) nolog")
    np.testing.assert_allclose(a.e["b"], b.e["b"], rtol=1e-8)
    assert b.e["ll"] == pytest.approx(a.e["ll"], abs=1e-8)
    assert (b.e["N"], b.e["N_clust"], b.e["vcetype"], b.e["pweight1"]) == (432, 48, "Robust", "w2")
    assert "Mixed-effects regression " in log
    assert "Log pseudolikelihood = " in log
    assert "(Std. err. adjusted for 48 clusters in id)" in log
    assert "LR test" not in log
    same = pig()
    same.run("mixed weight week [pw=w] || id: week, pweight(w2) vce(cluster id) nolog")
    np.testing.assert_allclose(same.e["V"], b.e["V"], rtol=1e-10)


def test_constant_sampling_weights_change_nothing() -> None:
    """Weights of one everywhere are vce(robust); a common factor of group weights scales the likelihood only."""
    s = pig("generate one = 1\ngenerate five = 5")
    s.run("mixed weight week || id:, vce(robust) nolog")
    b, v, ll = s.e["b"], s.e["V"], s.e["ll"]
    s.run("mixed weight week [pw=one] || id:, nolog")
    np.testing.assert_allclose(s.e["V"], v, rtol=1e-9)
    s.run("mixed weight week || id:, pweight(five) nolog")
    np.testing.assert_allclose(s.e["b"], b, rtol=1e-7)
    np.testing.assert_allclose(s.e["V"], v, rtol=1e-6)
    assert s.e["ll"] == pytest.approx(5 * ll, rel=1e-9)


@pytest.mark.parametrize(
    ("scale", "observation", "group"),
    [
        ("size", "w*9/total", "w2"),
        ("effective", "w*total/squares", "w2"),
        ("gk", "1", "w2*total/9"),
    ],
)
def test_pwscale(scale: str, observation: str, group: str) -> None:
    """The definitions of [ME] mixed, computed by hand (every pig has nine observations)."""
    s = pig()
    s.run(
        "bysort id: egen double total = total(w)\ngenerate double ww = w^2\nbysort id: egen double squares = total(ww)"
    )
    s.run(f"generate double a = {observation}\ngenerate double g = {group}")
    s.run("mixed weight week [pw=a] || id: week, pweight(g) nolog")
    b, v = s.e["b"], s.e["V"]
    s.run(f"mixed weight week [pw=w] || id: week, pweight(w2) pwscale({scale}) nolog")
    np.testing.assert_allclose(s.e["b"], b, rtol=1e-7)
    np.testing.assert_allclose(s.e["V"], v, rtol=1e-6, atol=1e-12)
    assert s.e["pwscale"] == scale


def test_without_groups() -> None:
    """Sampling weights in a model without random effects: the coefficients and V of regress but for its divisor."""
    s = pig()
    s.run("regress weight week [pw=w]")
    b, v = s.e["b"][0], s.e["V"]
    s.run("mixed weight week [pw=w], nolog")
    np.testing.assert_allclose(s.e["b"][0, :2], b, rtol=1e-10)
    np.testing.assert_allclose(s.e["V"][:2, :2] * (431 / 432) * (432 / 430), v, rtol=1e-9)


def test_rows_without_weight_are_left_out() -> None:
    s = pig("replace w = . in 1\nreplace w2 = 0 if id == 48")
    s.run("mixed weight week [pw=w] || id:, pweight(w2) nolog")
    assert s.e["N"] == 432 - 1 - 9


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        (
            "mixed weight week [pw=w] || id:, reml",
            101,
            "weights not allowed with restricted maximum likelihood",
        ),
        ("mixed weight week || id:, pweight(w)", 459, "pweights not constant within groups defined by id"),
        ("mixed weight week || id:, fweight(w2/2)", 401, "may not use noninteger frequency weights"),
        ("mixed weight week || id:, pweight(-w2)", 402, "negative weights encountered"),
        ("mixed weight week || id:, pweight(nosuch)", 111, "nosuch not found"),
        (
            "mixed weight week || id:, pweight(w2) fweight(w2)",
            198,
            "only one of fweight() and pweight() is allowed",
        ),
        ("mixed weight week [pw=w] || id:, vce(oim)", 198, "vce(oim) not allowed with sampling weights"),
        ("mixed weight week || id:, pwscale(size)", 198, "option pwscale() requires sampling weights"),
        (
            "mixed weight week [pw=w] || id:, pwscale(foo)",
            198,
            "option pwscale() incorrectly specified: foo not allowed",
        ),
        (
            "mixed weight week [pw=w] || id: || week:, pwscale(gk)",
            198,
            "option pwscale() is allowed only with two-level models",
        ),
        ("mixed weight week [iw=w] || id:", 101, "iweights not allowed"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f'use "{example("pig.dta")}"\n{SETUP}{line}', rc, message)
