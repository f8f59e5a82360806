"""rolling against pandas and numpy ([TS] rolling)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import Session, fails

from pystata_hlm.commands._qualify import with_condition

SERIES = (
    "set obs 24\nset seed 3\ngenerate t = ym(2000,1) + _n - 1\nformat t %tm\ntsset t\n"
    "generate x = rnormal()\ngenerate y = 1 + 2*x + rnormal()\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    {
        " y x": " y x if T ",
        " y x, robust": " y x if T , robust",
        " y x if z > 1, robust": " y x if (z > 1) & T , robust",
        ' y x if s == "a, if b" in 1/5, r': ' y x if (s == "a, if b") & T in 1/5, r',
        " y x [aw=w]": " y x if T [aw=w]",
        " y x if a | b [aw=w] , r": " y x if (a | b) & T [aw=w], r",
        " y L(1/2).x, vce(bootstrap, reps(3))": " y L(1/2).x if T , vce(bootstrap, reps(3))",
        " y x[1] if x[_n-1] > 2": " y x[1] if (x[_n-1] > 2) & T ",
    }.items(),
)
def test_condition_is_added(text: str, expected: str) -> None:
    assert with_condition(text, "T") == expected


def test_regression_windows() -> None:
    session = Session()
    session.run(SERIES)
    x, y, t = (session.data.values(name).copy() for name in "xyt")
    out = session.run("rolling _b r2=e(r2), window(8) clear: regress y x")
    assert out.startswith(
        "(running regress on estimation sample)\n\nRolling replications (17): .........10..."
    )
    assert session.data.names == ["start", "end", "_b_x", "_b_cons", "r2"]
    assert session.data.column("start").format == "%tm" and session.data.label == "rolling: regress"
    for k in range(17):
        design = np.column_stack([x[k : k + 8], np.ones(8)])
        b = np.linalg.lstsq(design, y[k : k + 8], rcond=None)[0]
        assert session.data.values("_b_x")[k] == pytest.approx(b[0], rel=1e-6)
        assert session.data.values("_b_cons")[k] == pytest.approx(b[1], rel=1e-5)
        assert (session.data.values("start")[k], session.data.values("end")[k]) == (t[k], t[k + 7])


def windows(session: Session) -> list[tuple[float, float]]:
    return list(zip(session.data.values("start").tolist(), session.data.values("end").tolist(), strict=True))


@pytest.mark.parametrize(
    ("options", "expected"),
    {
        "window(4)": [(k, k + 3) for k in range(1, 8)],
        "window(4) stepsize(3)": [(1, 4), (4, 7), (7, 10)],
        "window(7) recursive": [(1, 7), (1, 8), (1, 9), (1, 10)],
        "window(7) rrecursive": [(1, 10), (2, 10), (3, 10), (4, 10)],
        "window(3) start(4) end(8)": [(4, 6), (5, 7), (6, 8)],
        "window(10)": [(1, 10)],
    }.items(),
)
def test_windows(options: str, expected: list[tuple[int, int]]) -> None:
    session = Session()
    session.run(
        f"set obs 10\ngenerate t = _n\ntsset t\ngenerate x = t^2\nrolling m=r(mean) n=r(N), {options} clear nodots: summarize x"
    )
    assert windows(session) == expected
    means = [sum(k * k for k in range(a, b + 1)) / (b + 1 - a) for a, b in expected]
    assert session.data.values("m").tolist() == pytest.approx(means, rel=1e-6)


def test_lags_reach_back_before_the_window() -> None:
    """The command gets a condition, not a part of the data: the first window but one has all its lags."""
    session = Session()
    session.run(SERIES + "rolling n=e(N), window(6) clear: regress y L.x")
    assert session.data.values("n").tolist() == [5] + [6] * 18


def test_panels_missing_and_failing_windows() -> None:
    session = Session()
    session.run(
        "input id t x\n1 1 5\n1 2 6\n1 3 7\n2 1 8\n2 2 .\n2 3 .\n2 4 2\nend\ntsset id t\n"
        "rolling s=r(sum) n=r(N), window(2) clear keep(x): summarize x"
    )
    frame = pd.DataFrame({name: session.data.values(name) for name in session.data.names})
    assert list(frame.columns) == ["id", "start", "end", "s", "n", "x"]
    assert frame["id"].tolist() == [1, 1, 2, 2, 2] and frame["s"].tolist()[:3] == [11, 13, 8]
    assert frame["n"].tolist()[:3] == [2, 2, 1] and frame["x"].tolist()[:2] == [6, 7]
    session = Session()
    session.run(SERIES + "replace x = . in 1/6\nrolling _b, window(5) clear: regress y x")
    assert session.rc == 0 and np.isnan(session.data.values("_b_x")[0])


def test_saving_keeps_the_data(tmp_path: Path) -> None:
    session = Session(cwd=tmp_path)
    session.run(SERIES + "regress y x\nrolling r(mean), window(3) saving(w): summarize x")
    assert session.data.names == ["t", "x", "y"] and session.e["N"] == 24
    session.run("use w, clear")
    assert session.data.names == ["start", "end", "_stat_1"] and session.data.n == 22
    fails("tsset end\nrolling r(mean), window(3) saving(w): summarize end", 602, session=session)


@pytest.mark.parametrize(
    ("line", "code"),
    {
        "rolling, clear: summarize x": 198,
        "rolling, window(3): summarize x": 4,
        "rolling, window(0) clear: summarize x": 198,
        "rolling, window(99) clear: summarize x": 2001,
        "rolling, window(3) recursive rrecursive clear: summarize x": 198,
        "rolling, window(3) clear: summarize nosuch": 111,
        "rolling, window(3) clear keep(nosuch): summarize x": 111,
        "rolling nosuch, window(3) clear: summarize x": 111,
        "rolling, window(3) clear: by x: summarize x": 190,
        "rolling, window(3) clear": 198,
    }.items(),
)
def test_errors(line: str, code: int) -> None:
    fails(SERIES + line, code)


def test_no_time_variable() -> None:
    fails("set obs 3\ngenerate x = 1\nrolling, window(2) clear: summarize x", 111)
