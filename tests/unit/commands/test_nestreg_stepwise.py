"""nestreg and stepwise: tests against sums of squares, the manual's steps, printed wording."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def s() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}\ngenerate weight2 = weight^2")
    return session


def rss(s: Session, names: list[str]) -> float:
    y = s.data.values("mpg")
    x = np.column_stack([np.ones(len(y)), *(s.data.values(name) for name in names)])
    ok = ~np.isnan(s.data.values("rep78"))
    return float(np.linalg.lstsq(x[ok], y[ok], rcond=None)[1][0])


def test_blocks(s: Session) -> None:
    """F = (RSS_k-1 - RSS_k)/q / (RSS_k/df), every model on the 69 observations of the last."""
    out = s.run("nestreg, store(m): regress mpg (weight turn) foreign (headroom rep78)")
    blocks = [["weight", "turn"], ["foreign"], ["headroom", "rep78"]]
    before, chosen, df = rss(s, []), [], 68
    total = before
    for k, block in enumerate(blocks):
        chosen += block
        df -= len(block)
        now = rss(s, chosen)
        f, q, residual, p, r2, change = s.r["wald"][k]
        assert (q, residual) == (len(block), df)
        assert f == pytest.approx((before - now) / q / (now / df))
        assert r2 == pytest.approx(1 - now / total) and 0 <= p < 1
        assert np.isnan(change) if k == 0 else change == pytest.approx((before - now) / total)
        before = now
    assert "\nBlock  1: weight turn\n" in out and "\nBlock  3: headroom rep78\n" in out
    assert "  | Block |       F     df        df   Pr > F       R2    in R2 |\n" in out
    assert s.e["N"] == 69
    s.run("count if e(sample)")
    assert s.r["N"] == 69
    s.run("estimates restore m1")
    assert s.e["N"] == 69 and s.e["df_m"] == 2
    assert "Source" not in s.run("nestreg, quietly: regress mpg (weight turn) foreign")
    assert s.data.values("mpg")[2] == 22


def test_steps_of_the_manual(s: Session) -> None:
    """[R] stepwise, the example of backward selection on the automobile data."""
    out = s.run("stepwise, pr(.2): regress mpg weight weight2 (displ gear) turn headroom foreign price")
    assert out.startswith(
        "\nWald test, begin with full model:\n"
        "p = 0.7116 >= 0.2000, removing headroom\n"
        "p = 0.3944 >= 0.2000, removing displacement gear_ratio\n"
        "p = 0.2798 >= 0.2000, removing price\n\n"
    )
    old = Session(15)
    out = old.run(
        f"use {example('auto.dta')}\ngenerate weight2 = weight^2\n"
        "stepwise, pr(.2): regress mpg weight weight2 (displ gear) turn headroom foreign price"
    )
    assert "                      begin with full model\np = 0.7116 >= 0.2000  removing headroom\n" in out


def test_kinds_of_selection(s: Session) -> None:
    model = "regress mpg weight weight2 (displ gear) turn headroom foreign price"
    s.run(f"stepwise, pe(.2): {model}")
    assert s.e.matrix("b").cols == ("weight", "weight2", "turn", "foreign", "_cons")
    s.run(f"stepwise, pr(.2) pe(.1): {model}")
    for name in s.e.matrix("b").cols[:-1]:
        s.run(f"test {name}")
        assert s.r["p"] < 0.2
    s.run("sw, pr(.05) hierarchical: regress mpg weight foreign headroom turn")
    assert s.e.matrix("b").cols == ("weight", "_cons")
    out = s.run("stepwise, pe(.05) lockterm1: regress mpg headroom (i.rep78) weight")
    assert "begin with term 1 model" in out and s.e.matrix("b").cols[0] == "headroom" and s.e["N"] == 69
    assert "p < 0.2000 for all terms in model" in s.run("stepwise, pr(.2): regress mpg weight")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("stepwise: regress mpg weight", 198),
        ("stepwise, pr(.1) pe(.2): regress mpg weight", 198),
        ("stepwise, pr(2): regress mpg weight", 198),
        ("stepwise, pr(.2): regress mpg nosuch", 111),
        ("stepwise, pr(.2): summarize mpg weight", 199),
        ("stepwise, pr(.2) lr: regress mpg weight", 198),
        ("nestreg: regress mpg", 102),
        ("nestreg, lrtable: regress mpg weight", 198),
        ("nestreg: regress mpg (weight nosuch)", 111),
    ],
)
def test_errors(s: Session, line: str, rc: int) -> None:
    fails(line, rc, session=s)
