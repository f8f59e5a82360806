"""mixed: layout against real logs, results, errors. Figures of the course notes are golden tests elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.support import Session, case, cut, example, fails, needs_shared, run_case

MAIN = (
    "mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector"
    " || id: female, cov(unstr) nolog"
)


@pytest.fixture(scope="module")
def hsb() -> Session:
    s = Session()
    s.run(f"sysuse hsb\n{MAIN}")
    assert s.rc == 0, s.text()
    return s


# ---------------------------------------------------------------- real logs

NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")
CASES = {  # case: output release (see source.txt), line size (coefficient tables widen with it: set lstretch)
    "mixed_country_margins_at": (18, 86),
    "mixed_country_null_icc": (18, 80),
    "mixed_nlswork_union": (18, 80),
    "mixed_lang_crosslevel": (17, 86),
    "mixed_oxboys_quartic": (17, 80),
    "mixed_egm_3level_growth": (17, 80),
    "mixed_egm_3level_null": (17, 80),
    "mixed_pefr_ml_sd": (18, 80),
    "mixed_pefr_reml_icc": (18, 80),
}


def close(ours: str, theirs: str) -> bool:
    """Equal, or within what Stata's stopping point leaves open: 2e-4 of the number (mixed-numerics.md, point 1)."""
    a, b = float(ours), float(theirs)
    return a == b or abs(a - b) <= 2e-4 * max(abs(a), abs(b))


@needs_shared
@pytest.mark.parametrize("name", CASES)
def test_real_log(name: str) -> None:
    """Every line of the mixed commands: same words at the same places, numbers equal up to Stata's stopping error."""
    release, linesize = CASES[name]
    found = case(name)
    log, _ = run_case(replace(found, do=f"set linesize {linesize}\n{found.do}"), release)
    ours = [p for p in cut(log) if p.command.startswith("mixed")]
    theirs = [p for p in cut(found.expected) if p.command.startswith("mixed")]
    assert len(ours) == len(theirs) > 0
    for a, b in zip(ours, theirs, strict=True):
        mine = [line for line in a.output if not line.startswith("Iteration")]
        real = [line for line in b.output if not line.startswith("Iteration")]
        assert len(mine) == len(real)
        for x, y in zip(mine, real, strict=True):
            assert NUMBER.sub("#", x).split() == NUMBER.sub("#", y).split(), (x, y)
            assert x.find("|") == y.find("|")
            assert abs(len(x) - len(y)) <= 1, (x, y)
            for p, q in zip(NUMBER.findall(x), NUMBER.findall(y), strict=True):
                assert close(p, q), (x, y)


@needs_shared
def test_boundary_variance() -> None:
    """A variance at zero: everything but the accidental digits of the component agrees (case mixed_zero_variance)."""
    found = case("mixed_zero_variance")
    log, s = run_case(found, 18)
    text = "\n".join(next(p for p in cut(log) if p.command.startswith("mixed")).output)
    for line in (
        "           x |    .938261   .0626023    14.99   0.000     .8155627    1.060959",
        "         1.w |   1.682743   .3765298     4.47   0.000     .9447577    2.420728",
        "Log likelihood =  -41.65331                          Prob > chi2      = 0.0000",
    ):
        assert line in text
    assert re.search(r"var\(_cons\) \|.* 0           \.$", text, re.MULTILINE)
    assert s.rc != 0 or "chibar2(01) = 0.00          Prob >= chibar2 = 1.0000" in text


# ---------------------------------------------------------------- stored results


def test_e_results(hsb: Session) -> None:
    """mixed-numerics.md, point 1 (recomputed independently there); counts of the notes' heading."""
    e = hsb.e
    # hsb.dta holds ses and mathach as float, the facts file used the csv's decimals: 6e-6 apart
    assert e["ll"] == pytest.approx(-23218.85365056923, abs=2e-5)
    assert (e["N"], e["df_m"], e["k_r"], e["rank"], e["df_c"]) == (7185, 8, 4, 13, 3)
    assert e["chi2"] == pytest.approx(849.53, abs=0.006)
    assert e["chi2_c"] == pytest.approx(190.77, abs=0.006)
    assert (e["N_g"][0, 0], e["g_min"][0, 0], e["g_max"][0, 0]) == (160, 14, 67)
    assert e["g_avg"][0, 0] == pytest.approx(7185 / 160)
    assert (e["cmd"], e["depvar"], e["ivars"], e["revars"], e["method"], e["vce"]) == (
        "mixed",
        "mathach",
        "id",
        "female _cons",
        "ML",
        "oim",
    )


def test_b_names_and_metric(hsb: Session) -> None:
    b = hsb.e.matrix("b")
    assert b.cols[-4:] == ("lns1_1_1:_cons", "lns1_1_2:_cons", "atr1_1_1_2:_cons", "lnsig_e:_cons")
    assert "mathach:1.sector#c.ses" in b.cols
    assert "mathach:o.ses" in b.cols
    values = dict(zip(b.cols, b.values[0], strict=True))
    v1, v2 = np.exp(2 * values["lns1_1_1:_cons"]), np.exp(2 * values["lns1_1_2:_cons"])
    cov = np.tanh(values["atr1_1_1_2:_cons"]) * np.sqrt(v1 * v2)
    assert v1 == pytest.approx(0.94474663, rel=2e-6)
    assert v2 == pytest.approx(2.8973529, rel=1e-6)
    assert cov == pytest.approx(-1.0919253, rel=1e-6)
    assert np.exp(2 * values["lnsig_e:_cons"]) == pytest.approx(36.37820299, rel=1e-8)


def test_v_is_block_diagonal(hsb: Session) -> None:
    """mixed-numerics.md, point 2."""
    b, v = hsb.e.matrix("b"), hsb.e["V"]
    k = sum(not c.startswith(("lns", "atr")) for c in b.cols)
    assert np.abs(v[:k, k:]).max() == 0.0
    assert np.linalg.eigvalsh(v[k:, k:]).min() > 0


def test_coefficients_by_name(hsb: Session) -> None:
    out = hsb.run("display _b[1.sector#c.ses] _newline _b[c.ses#1.sector] _newline _se[ses]")
    first, second, third = out.split()
    assert first == second
    assert float(third) == pytest.approx(0.1473012, abs=2e-6)  # the notes


def test_robust_is_cluster_on_the_top_level() -> None:
    """mixed-numerics.md, point 3."""
    s = Session()
    s.run(f"sysuse hsb\n{MAIN} vce(robust)")
    robust = s.e["V"]
    assert s.e["chi2"] == pytest.approx(1204.56, abs=0.01)
    assert s.e["N_clust"] == 160
    se = np.sqrt(np.diag(robust))
    names = s.e.matrix("b").cols
    assert se[names.index("mathach:ses")] == pytest.approx(0.1408365, abs=1e-6)
    assert "chi2_c" not in s.e
    s.run(f"{MAIN} vce(cluster id)")
    assert np.allclose(s.e["V"], robust)


def test_replay_and_level(hsb: Session) -> None:
    first = hsb.run("mixed")
    assert "Wald chi2(8)     = 849.53" in first
    again = hsb.run("mixed, level(90) noheader noretable")
    assert "[90% conf. interval]" in again
    assert "Random-effects" not in again


def test_sd_metric_rows() -> None:
    s = Session()
    out = s.run("sysuse hsb\nmixed mathach ses || id: ses, cov(un) stddev nolog")
    assert list(re.findall(r"(\w+\([\w,]+\)) \|", out)) == [
        "sd(ses)",
        "sd(_cons)",
        "corr(ses,_cons)",
        "sd(Residual)",
    ]


def test_by_residuals_names() -> None:
    s = Session()
    s.run("sysuse hsb\nmixed mathach ses || id:, residuals(independent, by(female)) nolog")
    assert s.e.matrix("b").cols[-2:] == ("lnsig_e:_cons", "r_lns2ose:_cons")
    assert s.e["rbyvar"] == "female"


def test_headings_by_release() -> None:
    for release, words in {
        16: ("Coef.   Std. Err.", "[95% Conf. Interval]", "Number of groups  =        160"),
        17: ("Coefficient  Std. err.", "[95% conf. interval]", "Number of groups  =        160"),
        18: ("Coefficient  Std. err.", "[95% conf. interval]", "Number of groups =    160"),
    }.items():
        out = Session(release).run("sysuse hsb\nmixed mathach ses || id:")
        for word in words:
            assert word in out
        log = {
            16: "Iteration 0:   log likelihood",
            17: "Iteration 0:   log likelihood",
            18: "Iteration 0:  Log",
        }
        assert log[release] in out


def test_string_groups() -> None:
    path = example("egm.dta")
    s = Session()
    s.run(f'use "{path}"\nmixed math year || schoolid: || childid:, nolog')
    assert s.rc == 0
    assert tuple(s.e["N_g"][0]) == (60, 1721)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("mixed", 301, "last estimates not found"),
        ("mixed mathach nosuch || id:", 111, "variable nosuch not found"),
        ("mixed mathach ses || nosuch:", 111, "variable nosuch not found"),
        ("mixed mathach ses || id: ses, cov(foo)", 198, "covariance(foo) not allowed"),
        ("mixed mathach ses || id:, foo", 198, "option foo not allowed"),
        ("mixed mathach ses || id:, dfmethod(kroger)", 198, "option dfmethod() not yet supported"),
        ("mixed mathach || id: ses || id: ses", 198, "random effect ses specified twice at level id"),
        ("mixed mathach ses || id:, residuals(ar 1)", 198, "option t() required"),
        (
            "mixed mathach ses || id: R.female, cov(un)",
            198,
            "covariance(unstructured) with R.female not yet supported",
        ),
        ("mixed mathach ses if mathach > 100 || id:", 2000, "no observations"),
        ("mixed mathach ses || id:, level(5)", 198, "level() must be between 10 and 99.99 inclusive"),
        ("mixed mathach ses [aw=female] || id:", 101, "aweights not allowed"),
        ("mixed mathach i.ses || id:", 452, "ses:  factor variables may not contain noninteger values"),
    ],
)
def test_errors(line: str, rc: int, message: str) -> None:
    fails(f"sysuse hsb\n{line}", rc, message)


def test_failed_fit_keeps_results(hsb: Session) -> None:
    before = hsb.workspace.e
    hsb.run("mixed mathach nosuch || id:")
    assert hsb.rc == 111
    assert hsb.workspace.e is before


def test_icc_of_a_variance_at_zero() -> None:
    """The interval on the logit scale is the whole range; nothing overflows."""
    s = Session()
    s.run("set obs 12\ngenerate y = _n\ngenerate one = 1\nmixed y || one:, nolog\nestat icc")
    assert s.rc == 0, s.text()
    assert s.r["icc2"] < 1e-6
    np.testing.assert_array_equal(s.r["ci2"], [[0.0, 1.0]])


# ---------------------------------------------------------------- xtmixed


@needs_shared
def test_xtmixed_log() -> None:
    """The older command: its log, fixed heading and standard deviations (case xtmixed_lang_null_blup)."""
    found = case("xtmixed_lang_null_blup")
    log, _ = run_case(found, 18)
    ours = next(p for p in cut(log) if p.command.startswith("xtmixed")).output
    theirs = next(p for p in cut(found.expected) if p.command.startswith("xtmixed")).output
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert NUMBER.sub("#", x).split() == NUMBER.sub("#", y).split(), (x, y)
        assert len(x) == len(y)
        assert all(close(p, q) for p, q in zip(NUMBER.findall(x), NUMBER.findall(y), strict=True))


def test_xtmixed_is_mixed() -> None:
    s = Session()
    s.run("sysuse hsb\nxtmixed mathach ses || id: ses, cov(un)")
    old = s.e["b"].copy()
    assert s.e["cmd"] == "xtmixed"
    assert "var(ses)" in s.run("xtmixed, variance nofetable noheader")
    assert "sd(ses)" in s.run("xtmixed, nofetable noheader")
    s.run("mixed")
    assert s.rc == 301
    s.run("predict u*, reffects\nestat icc\nquietly mixed mathach ses || id: ses, cov(un)")
    assert s.rc == 0
    assert np.array_equal(s.e["b"], old)
