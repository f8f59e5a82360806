"""tabulate, tab1, tab2: printed output of Stata and definitions."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, compare_case, fails, needs_shared

DATA = """set obs 12
gen a = mod(_n, 3)
gen b = mod(_n, 4)
gen x = _n
replace a = . in 12
label define al 0 "zero" 1 "one" 2 "two"
label values a al"""


@needs_shared
@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("tabulate_rep78", None),
        ("tab_chi2_expected_exact", "^tab"),
        ("rng_seed3846_rbinomial", "^tab"),
        ("mixed_egm_3level_growth", "^tab"),
        ("recode_tabsum_testparm_effort", "^tab"),
        ("twoway_anova_regress_effort", "^tab"),
    ],
)
def test_case(name: str, only: str | None) -> None:
    compare_case(name, only=only)


def test_one_way() -> None:
    s = Session()
    out = s.run(DATA + "\ntabulate a")
    assert out.splitlines()[-7:] == [
        "          a |      Freq.     Percent        Cum.",
        "------------+-----------------------------------",
        "       zero |          3       27.27       27.27",
        "        one |          4       36.36       63.64",
        "        two |          4       36.36      100.00",
        "------------+-----------------------------------",
        "      Total |         11      100.00",
    ]
    assert dict(s.r) == {"N": 11, "r": 3}


@pytest.mark.parametrize(
    ("options", "stubs"),
    [
        ("missing", ["zero", "one", "two", "."]),
        ("nolabel", ["0", "1", "2"]),
        ("sort", ["one", "two", "zero"]),
        ("sort missing", ["one", "two", "zero", "."]),
    ],
)
def test_one_way_options(options: str, stubs: list[str]) -> None:
    s = Session()
    s.run(DATA)
    lines = s.run(f"tabulate a, {options}").splitlines()[3:-2]
    assert [line.split("|")[0].strip() for line in lines] == stubs


def test_long_labels_widen_the_stub_and_headings_wrap() -> None:
    s = Session()
    s.run(
        DATA
        + '\nlabel define al 0 "a rather long label", modify\nlabel variable a "Quite a long heading here"'
    )
    lines = s.run("tabulate a").splitlines()
    assert lines[1:5] == [
        "       Quite a long |",
        "       heading here |      Freq.     Percent        Cum.",
        "--------------------+-----------------------------------",
        "a rather long label |          3       27.27       27.27",
    ]


def test_generate() -> None:
    s = Session()
    s.run(DATA + "\ntabulate a, generate(d) nofreq\ntabulate b, generate(e) nofreq")
    column = s.data.column("d2")
    assert column.stype == "byte"
    assert column.label == "a==one"
    assert s.data.column("e1").label == "b==     0.0000"
    values = column.values()
    assert np.isnan(values[11])
    assert values[:3].tolist() == [1, 0, 0]


def test_two_way_stored_results_and_matrices() -> None:
    s = Session()
    s.run(DATA + "\ntabulate a b, all exact matcell(F) matrow(R) matcol(C) nolog")
    assert list(s.r)[:3] == ["N", "r", "c"]
    assert (s.r["N"], s.r["r"], s.r["c"]) == (11, 3, 4)
    assert s.workspace.matrices["F"].values.sum() == 11
    assert s.workspace.matrices["R"].values.ravel().tolist() == [0, 1, 2]
    assert s.workspace.matrices["C"].values.ravel().tolist() == [0, 1, 2, 3]
    assert {
        "chi2",
        "p",
        "chi2_lr",
        "p_lr",
        "CramersV",
        "gamma",
        "ase_gam",
        "taub",
        "ase_taub",
        "p_exact",
    } <= set(s.r)


def test_two_way_statistics_layout() -> None:
    """A public log of ``tabulate, all exact`` prints these widths; the wording changed with release 17."""
    new = Session().run(DATA + "\ntabulate a b, all exact nolog").splitlines()
    old = Session(16).run(DATA + "\ntabulate a b, all exact nolog").splitlines()
    assert [line.split("=")[0] for line in new[-6:]] == [
        "          Pearson chi2(6) ",
        " Likelihood-ratio chi2(6) ",
        "               Cramér's V ",
        "                    gamma ",
        "          Kendall's tau-b ",
        "           Fisher's exact ",
    ]
    assert old[-5].startswith(" likelihood-ratio chi2(6) = ")


def test_two_way_layers_share_one_key() -> None:
    lines = Session().run(DATA + "\ntabulate a b, row col cell expected cchi2").splitlines()
    key = lines.index("| Key                |")
    assert [line.strip("| ") for line in lines[key + 2 : key + 8]] == [
        "frequency",
        "expected frequency",
        "chi2 contribution",
        "row percentage",
        "column percentage",
        "cell percentage",
    ]


def test_aweights_are_scaled_to_n() -> None:
    s = Session()
    s.run(DATA + "\ntabulate a [aw=x], matcell(F)")
    weights = {0: 3 + 6 + 9, 1: 1 + 4 + 7 + 10, 2: 2 + 5 + 8 + 11}
    expected = [weights[k] * 11 / 66 for k in range(3)]
    assert s.workspace.matrices["F"].values.ravel().tolist() == pytest.approx(expected)
    assert s.r["N"] == pytest.approx(11)


def test_fweights_count() -> None:
    s = Session()
    s.run(DATA + "\ntabulate a [fw=x], matcell(F)")
    assert s.workspace.matrices["F"].values.ravel().tolist() == [18, 22, 26]


def test_summarize_means_by_group() -> None:
    lines = Session().run(DATA + "\ntabulate a, summarize(x) nostandard").splitlines()
    assert lines[-5:] == [
        "       zero |           6           3",
        "        one |         5.5           4",
        "        two |         6.5           4",
        "------------+------------------------",
        "      Total |           6          11",
    ]


def test_no_observations_is_no_error() -> None:
    s = Session()
    out = s.run(DATA + "\ntabulate a if x > 99")
    assert out.splitlines()[-1] == "no observations"
    assert (s.rc, s.r["N"]) == (0, 0)


def test_tab1_and_tab2_titles() -> None:
    s = Session()
    out = s.run(DATA + "\ntab1 a b").splitlines()
    assert "-> tabulation of a  " in out
    assert "-> tabulation of b  " in out
    out = s.run("tab2 a b x, firstonly").splitlines()
    assert [line for line in out if line.startswith("->")] == [
        "-> tabulation of a by b  ",
        "-> tabulation of a by x  ",
    ]


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("tabulate", 100, "varlist required"),
        ("tabulate a b x", 103, "too many variables specified"),
        ("tabulate a, chi2", 198, "option chi2 not allowed"),
        ("tabulate a b, plot", 198, "option plot not allowed"),
        ("tabulate a b, generate(z)", 198, "option generate() not allowed"),
        ("tabulate a, generate(x)", None, None),
        ("tabulate a [pw=x]", 101, None),
        ("tabulate a, means", 198, "option means not allowed"),
    ],
)
def test_errors(line: str, rc: int | None, message: str | None) -> None:
    if rc is None:  # x1 is free, so this is fine
        assert Session().run(DATA + "\n" + line)
        return
    fails(DATA + "\n" + line, rc, message)


def test_generate_leaves_data_alone_when_a_name_is_taken() -> None:
    fails(DATA + "\ngen d2 = 1\ntabulate a, generate(d)", 110, "variable d2 already defined")


def test_g_is_gamma_or_generate() -> None:
    s = Session()
    assert "gamma =" in s.run(DATA + "\ntabulate a b, g")
    s.run("tabulate a, g(q)")
    assert {"q1", "q2", "q3"} <= set(s.data.names)
