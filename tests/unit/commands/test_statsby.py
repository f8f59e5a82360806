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
