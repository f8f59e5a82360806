"""correlate and pwcorr: printed output of Stata, the course notes' matrix, numpy and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, compare_case, example, fails, needs_shared

DATA = """set obs 30
set seed 1
gen x = rnormal()
gen y = x + rnormal()
gen z = rnormal()
replace z = . in 1/4
gen w = mod(_n, 4) + 1
gen str2 s = "a"
"""


def columns(s: Session, *names: str) -> np.ndarray:
    return np.column_stack([s.data.values(name) for name in names])


@needs_shared
def test_correlate_case() -> None:
    compare_case("correlate_wrapped")


@needs_shared
def test_pwcorr_case() -> None:
    compare_case("oneway_pwcorr_clients", only="^pwcorr")


def test_notes_matrix() -> None:
    """HLM Diagnostics notes, section 2."""
    out = Session().run("sysuse hsb\npwcorr mathach ses female meanses sector size").splitlines()
    assert [line.rstrip() for line in out[-6:]] == [
        "     mathach |   1.0000",
        "         ses |   0.3608   1.0000",
        "      female |  -0.1231  -0.0679   1.0000",
        "     meanses |   0.3437   0.5306  -0.0589   1.0000",
        "      sector |   0.2040   0.1896   0.0065   0.3573   1.0000",
        "        size |  -0.0506  -0.0673  -0.0388  -0.1268  -0.4237   1.0000",
    ]


def test_correlate_is_listwise_and_pwcorr_is_not() -> None:
    s = Session()
    s.run(DATA + "quietly correlate x y z")
    x = columns(s, "x", "y", "z")
    assert s.r["N"] == 26
    np.testing.assert_allclose(s.r["C"], np.corrcoef(x[4:].T), rtol=1e-12)
    s.run("quietly pwcorr x y z")
    assert s.r["N"] == 30
    assert s.r["rho"] == pytest.approx(np.corrcoef(x[:, 0], x[:, 1])[0, 1], rel=1e-12)
    assert s.r["C"][2, 0] == pytest.approx(np.corrcoef(x[4:, 0], x[4:, 2])[0, 1], rel=1e-12)


def test_covariance() -> None:
    s = Session()
    s.run(DATA + "quietly correlate x y, covariance")
    cov = np.cov(columns(s, "x", "y").T)
    np.testing.assert_allclose(s.r["C"], cov, rtol=1e-12)
    assert (s.r["Var_1"], s.r["cov_12"], s.r["Var_2"]) == pytest.approx((cov[0, 0], cov[0, 1], cov[1, 1]))


def test_covariances_have_seven_columns() -> None:
    """[R] correlate prints 2.86775 for the variance of medage (2.867755); columns are nine wide."""
    s = Session()
    s.run(f'use "{example("census.dta")}"')
    lines = s.run("correlate medage pop, covariance").splitlines()
    assert lines[4] == "      medage |  2.86775"
    assert all(len(line) == len(lines[3]) for line in lines[5:6])


@pytest.mark.parametrize("kind", ["fweight", "aweight"])
def test_weights(kind: str) -> None:
    s = Session()
    s.run(DATA + f"quietly correlate x y [{kind}=w], covariance")
    x = columns(s, "x", "y").T
    w = s.data.values("w")
    assert s.r["N"] == (w.sum() if kind == "fweight" else 30)
    which = {"fweights": w.astype(int)} if kind == "fweight" else {"aweights": w}
    expected = np.cov(x, ddof=1, **which) if kind == "fweight" else np.cov(x, ddof=0, **which) * 30 / 29
    np.testing.assert_allclose(s.r["C"], expected, rtol=1e-12)


def test_significance_and_adjustments() -> None:
    from scipy import stats

    s = Session()
    s.run(DATA)
    p = stats.pearsonr(s.data.values("x")[4:], s.data.values("z")[4:]).pvalue

    def printed(options: str) -> str:
        return s.run(f"pwcorr x z y, sig {options}").splitlines()[7].split("|")[1].split()[0]

    assert printed("") == f"{p:.4f}"
    assert printed("bonferroni") == f"{min(1, 3 * p):.4f}"
    assert printed("sidak") == f"{1 - (1 - p) ** 3:.4f}"


def test_star_obs_print() -> None:
    s = Session()
    s.run(DATA)
    starred = s.run("pwcorr x y z, star(.05) obs").splitlines()
    row = starred.index(next(line for line in starred if line.lstrip().startswith("y |")))
    assert starred[row].startswith("           y |   0.7") or "*" in starred[row]
    assert starred[row].count("*") == 1
    assert starred[row + 1] == "             |       30       30"
    shown = s.run("pwcorr x y z, print(5)").splitlines()
    assert shown[-1].split("|")[1].split() == ["1.0000"]


def test_names_and_panels() -> None:
    s = Session()
    s.run("set obs 5\nforvalues i = 1/9 {\ngen averylongname`i' = mod(_n * `i', 7)\n}")
    lines = s.run("correlate averylongname*").splitlines()
    assert lines[2] == "             | averyl~1 averyl~2 averyl~3 averyl~4 averyl~5 averyl~6 averyl~7"
    assert lines[4] == "averylongna~1 |   1.0000" or lines[4] == "averylongn~1 |   1.0000"
    assert sum(line.startswith("-------------+") for line in lines) == 2


def test_string_variables_are_left_out() -> None:
    out = Session().run(DATA + "correlate x s y")
    assert "(s ignored because string variable)\n(obs=30)\n" in out


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("correlate x y if x > 99", 2000, "no observations"),
        ("correlate x y in 1", 2001, "insufficient observations"),
        ("pwcorr x y, bonferroni sidak", 198, None),
        ("pwcorr x y, star(0)", 198, "option star() incorrectly specified"),
        ("pwcorr x y if x > 99", 2000, "no observations"),
    ],
)
def test_errors(line: str, rc: int, message: str | None) -> None:
    fails(DATA + line, rc, message)
