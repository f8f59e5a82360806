"""simulate: programs run again and again, and their results as data."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails

PROGRAM = """program lnsim, rclass
syntax [, obs(integer 10) mu(real 0)]
drop _all
set obs `obs'
generate z = `mu' + rnormal()
summarize z
return scalar mean = r(mean)
return scalar var = r(Var)
end
"""


def test_results_replace_the_data() -> None:
    """Means of 25 standard normals have standard deviation 1/5: within 4 Monte-Carlo standard errors."""
    s = Session()
    s.run(PROGRAM + "simulate mean=r(mean) r(var), reps(200) seed(2) nodots: lnsim, obs(25)")
    assert s.data.names == ["mean", "_sim_2"] and s.data.n == 200
    assert s.data.column("mean").label == "r(mean)" and s.data.label == "simulate: lnsim"
    assert abs(s.data.values("mean").std(ddof=1) * 5 - 1) < 4 / np.sqrt(2 * 200)
    assert s.data.values("_sim_2").mean() == pytest.approx(1, abs=4 * np.sqrt(2 / 24 / 200))


def test_first_replication_is_the_command_after_set_seed() -> None:
    s = Session()
    s.run(
        PROGRAM + "set seed 7\nlnsim\nscalar m = r(mean)\nsimulate m=r(mean), reps(2) seed(7) nodots: lnsim"
    )
    assert s.data.values("m")[0] == np.float32(s.workspace.scalars["m"])


def test_coefficients_and_standard_errors() -> None:
    s = Session()
    s.run(f"use {example('auto.dta')}\nsimulate _b _se, reps(2) nodots: regress mpg weight")
    assert s.data.names == ["_b_weight", "_b_cons", "_se_weight", "_se_cons"]
    assert s.data.values("_b_weight")[0] == pytest.approx(-0.0060087, abs=1e-7)
    assert s.workspace.e.empty


def test_layout_and_saving(tmp_path: object) -> None:
    s = Session(cwd=str(tmp_path))
    out = s.run(PROGRAM + "simulate mean=r(mean), reps(20) saving(f, double): lnsim, obs(5)")
    assert out.endswith(
        "\n      Command: lnsim, obs(5)\n         mean: r(mean)\n\nSimulations (20): .........10.........20 done\n"
    )
    s.run("use f, clear")
    assert s.data.column("mean").stype == "double" and s.data.n == 20
    old = Session(15)
    out = old.run(PROGRAM + "simulate mean=r(mean), reps(50): lnsim")
    assert "      command:  lnsim\n         mean:  r(mean)\n\nSimulations (50)\n----+--- 1" in out
    fails("simulate mean=r(mean), reps(2) saving(f): summarize mean", 602, session=s)


def test_failures_are_marked() -> None:
    s = Session()
    s.run(
        "program odd, rclass\nscalar count = count + 1\nif mod(count,2) error 499\nreturn scalar k = count\nend\nscalar count = 1\n"
    )
    out = s.run("simulate k=r(k), reps(4): odd")
    assert "Simulations (4): x.x. done" in out and np.isnan(s.data.values("k")).sum() == 2
    s.run("scalar count = 1\nsimulate k=r(k), reps(4) nodots reject(r(k)>4): odd")
    assert np.isnan(s.data.values("k")).sum() == 3


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("simulate r(mean): summarize x", 198),
        ("simulate r(mean), reps(3): summarize nosuch", 111),
        ("simulate, reps(3): display 1", 198),
        ("simulate r(mean), reps(0): summarize x", 198),
        ("simulate r(mean), reps(3) trace: summarize x", 198),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(f"set obs 3\ngenerate x = _n\n{line}", rc)
