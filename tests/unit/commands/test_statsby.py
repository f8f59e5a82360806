"""statsby: the real log, and slopes against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, compare_case, example, fails, needs_shared


@needs_shared
def test_case() -> None:
    compare_case("statsby_merge_lang")


def test_slopes() -> None:
    session = Session()
    session.run(f"use {example('snijders.dta')}")
    y, x, g = (session.data.values(name) for name in ("langpost", "iq_verb", "schoolnr"))
    session.run(
        "statsby a=_b[_cons] b=_b[iq_verb] n=e(N), by(schoolnr) clear double: regress langpost iq_verb"
    )
    assert session.rc == 0, session.text()
    for k, school in enumerate(np.unique(g)[:5]):
        slope, constant = np.polyfit(x[g == school], y[g == school], 1)
        assert session.data.values("b")[k] == pytest.approx(slope)
        assert session.data.values("a")[k] == pytest.approx(constant)
        assert session.data.values("n")[k] == (g == school).sum()


def test_r_results_and_failures() -> None:
    session = Session()
    session.run(f"use {example('auto.dta')}\ngenerate x = mpg if rep78 > 1")
    session.run("statsby mean=r(mean), by(rep78) clear nolegend: summarize x")
    assert session.data.n == 5 and np.isnan(session.data.values("mean")[0])
    fails("statsby mean=r(mean): summarize mean", 198, session=session)


def test_total_subsets_and_programs(tmp_path: object) -> None:
    session = Session(cwd=str(tmp_path))
    session.run(
        f"use {example('auto.dta')}\nprogram m, rclass\nsummarize mpg\nreturn scalar mean = r(mean)\n"
        "return scalar n = r(N)\nend\nstatsby mean=r(mean) n=r(n), by(foreign rep78) subsets nodots saving(f): m"
    )
    assert session.rc == 0, session.text()
    data = {name: session.data.values(name) for name in ("mpg", "rep78", "foreign")}
    session.run("use f, clear")
    # 8 groups of both, 2 of foreign, 5 of rep78, and the total of all 74
    assert session.data.n == 16
    rep, foreign, mean, n = (session.data.values(x) for x in ("rep78", "foreign", "mean", "n"))
    assert n[-1] == 74 and np.isnan(rep[-1]) and np.isnan(foreign[-1])
    for k in range(16):
        rows = np.ones(74, dtype=bool)
        if k < 15:
            rows &= ~np.isnan(data["rep78"])
        if not np.isnan(rep[k]):
            rows &= data["rep78"] == rep[k]
        if not np.isnan(foreign[k]):
            rows &= data["foreign"] == foreign[k]
        assert n[k] == rows.sum() and mean[k] == pytest.approx(data["mpg"][rows].mean())
    session.run(f"use {example('auto.dta')}, clear\nstatsby, by(foreign) total clear nodots: summarize mpg")
    assert session.data.n == 3 and session.data.values("N")[2] == 74


def test_where_results_go(tmp_path: object) -> None:
    session = Session(cwd=str(tmp_path))
    session.run(f"use {example('auto.dta')}\nstatsby, by(foreign) nodots saving(g): regress mpg weight")
    assert session.data.n == 74
    fails("statsby, by(foreign) saving(g): regress mpg weight", 602, session=session)
    session.run("generate x = 1")
    fails("statsby, by(foreign): regress mpg weight", 4, session=session)
    session.run("statsby _b _se, by(foreign) clear: regress mpg weight")
    assert session.data.names == ["foreign", "_b_weight", "_b_cons", "_se_weight", "_se_cons"]
