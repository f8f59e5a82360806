"""total, ratio, proportion: closed forms, printed figures, replay and errors."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, example, fails


def auto(lines: str, release: int = 18) -> tuple[Session, str]:
    s = Session(release)
    s.run(f'use "{example("auto.dta")}"')
    return s, s.run(lines)


def test_total() -> None:
    """Standard error sqrt(n) s, t interval with n-1 degrees of freedom."""
    s, text = auto("total mpg")
    x = s.data.values("mpg")
    assert s.e["b"][0, 0] == 1576
    assert s.e["V"][0, 0] == pytest.approx(74 * x.var(ddof=1))
    assert "         mpg |       1576   49.76878      1476.811    1675.189" in text
    assert s.run("total") == text


def test_total_of_groups_and_weights() -> None:
    s, _ = auto("total mpg, over(foreign)")
    x, g = s.data.values("mpg"), s.data.values("foreign")
    z = np.column_stack([x * (g == 0), x * (g == 1)])
    assert s.e["V"] == pytest.approx(74 * np.cov(z.T))
    assert s.e.matrix("b").cols == ("c.mpg@0bn.foreign", "c.mpg@1.foreign")
    s.run("total mpg [fw=rep78]")
    w = s.data.values("rep78")
    assert s.e["b"][0, 0] == np.nansum(w * x)
    repeated = np.repeat(x[~np.isnan(w)], w[~np.isnan(w)].astype(int))
    assert s.e["V"][0, 0] == pytest.approx(len(repeated) * repeated.var(ddof=1))


def test_proportion() -> None:
    """[R] proportion prints these figures for rep78 of auto.dta."""
    s, text = auto("proportion rep78")
    lines = text.splitlines()
    assert "          2  |    .115942   .0385422       .058317    .2173648" in lines
    assert "          3  |   .4347826   .0596787      .3214848    .5553295" in lines
    assert s.e.matrix("b").cols[:2] == ("1bn.rep78", "2.rep78")
    assert s.e["b"].sum() == pytest.approx(1)
    p = 8 / 69
    assert s.e["V"][1, 1] == pytest.approx(p * (1 - p) / 69)
    assert s.e["V"][1, 2] == pytest.approx(-p * 30 / 69 / 69)


def test_proportion_normal_and_over() -> None:
    s, text = auto("proportion foreign, citype(normal)")
    assert "Logit" not in text
    s.run("proportion foreign, over(rep78)")
    assert s.e["b"].shape == (1, 10)
    s.run("display _b[1.foreign@5.rep78]")
    assert s.text().rstrip().endswith(".81818182")


def test_ratio() -> None:
    s, text = auto("ratio (r1: mpg/weight) (price/weight)")
    y, x = s.data.values("mpg"), s.data.values("weight")
    r = y.sum() / x.sum()
    d = (y - r * x) / x.sum()
    assert s.e["b"][0, 0] == pytest.approx(r)
    assert s.e["V"][0, 0] == pytest.approx(74 * d.var(ddof=1))
    assert "           r1: mpg/weight" in text
    assert s.e.matrix("b").cols == ("r1", "_ratio_2")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("total", 301),
        ("total nosuch", 111),
        ("total t", 109),
        ("ratio x", 198),
        ("ratio x/nosuch", 111),
        ("proportion x, citype(wilson)", 198),
        ("total x if x > 100", 2000),
        ("total x, vce(bootstrap)", 198),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f'set obs 5\ngen x = _n\ngen str3 t = "a"\n{line}', rc)


def test_ci_as_it_was_up_to_release_14() -> None:
    s, old = auto("version 13: ci mpg foreign")
    assert old == s.run("ci means mpg foreign")
    binomial = s.run("version 13: ci foreign, binomial")
    assert binomial == s.run("ci proportions foreign")
    fails("set obs 3\ngen x = _n\nci x", 198)
