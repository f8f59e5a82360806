"""xi: variables against factor-variable regressions and what Stata's logs print."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def s() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


def test_notes(s: Session) -> None:
    """As printed in the log of grqreg's help page, ``xi: qreg price mpg i.foreign*i.rep78 headroom``."""
    out = s.run("xi: regress price mpg i.foreign*i.rep78 headroom")
    assert out.startswith(
        "i.foreign         _Iforeign_0-1       (naturally coded; _Iforeign_0 omitted)\n"
        "i.rep78           _Irep78_1-5         (naturally coded; _Irep78_1 omitted)\n"
        "i.for~n*i.rep78   _IforXrep_#_#       (coded as above)\n"
    )


def test_text_groups_are_numbered(s: Session) -> None:
    """R xi, remarks: ``i.make  _Imake_1-74  (_Imake_1 for make==AMC Concord omitted)``."""
    out = s.run("xi i.make")
    assert out == "i.make            _Imake_1-74         (_Imake_1 for make==AMC Concord omitted)\n"
    assert s.data.column("_Imake_74").label == "make==Volvo 260"
    assert s.data.column("_Imake_2").values().sum() == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("i.rep78", "i.rep78"),
        ("i.rep78*weight", "i.rep78##c.weight"),
        ("i.rep78|weight", "weight i.rep78#c.weight"),
        ("i.foreign*i.rep78", "i.foreign##i.rep78"),
        ("i.foreign*i.rep78 i.foreign*weight", "i.foreign##i.rep78 i.foreign##c.weight"),
        ("i.make if mpg<15", "i.c if mpg<15"),
    ],
)
def test_fit_equals_factor_variables(s: Session, old: str, new: str) -> None:
    s.run("egen c = group(make)")
    s.run(f"xi: regress mpg {old}")
    a = (s.e["rss"], s.e["df_m"], s.e["N"])
    s.run(f"regress mpg {new}")
    assert a == pytest.approx((s.e["rss"], s.e["df_m"], s.e["N"]), rel=1e-9, abs=1e-9)


def test_variables(s: Session) -> None:
    s.run("xi i.rep78*weight i.foreign*i.rep78")
    values = s.data.values
    rep, weight = values("rep78"), values("weight")
    assert np.isnan(values("_Irep78_2")).sum() == 5
    assert np.array_equal(values("_IrepXweigh_3"), np.where(np.isnan(rep), np.nan, (rep == 3) * weight), True)
    assert s.data.column("_Irep78_3").stype == "byte"
    assert s.data.column("_IrepXweigh_3").stype == "int"
    assert s.data.column("_IrepXweigh_3").label == "(rep78==3)*weight"
    assert s.data.column("_IforXrep_1_3").label == "foreign==1 & rep78==3"
    assert "_Irep78_1" not in s.data


def test_names_in_do_files() -> None:
    """Names that replication do-files rely on: ``_IageXfema_25`` (two digits leave four characters of female),
    ``_IyeaXjew_1500`` (four leave three), ``_Ieduc_atTB_0``, ``_IageXrac_1_2``."""
    s = Session()
    s.run(
        "set obs 4\ngenerate agegroup = 25 + 5*_n\ngenerate year = 1400+100*_n\ngenerate female = mod(_n,2)\n"
        "generate jewspresent = _n\ngenerate educ_atTB1_new = _n - 1\ngenerate race = _n"
    )
    s.run("xi i.agegroup*female, noomit")
    assert "_IageXfema_30" in s.data and "_Iagegroup_45" in s.data
    s.run("xi i.year*jewspresent i.educ_atTB1_new i.agegroup*i.race")
    for name in ("_IyeaXjew_1600", "_Ieduc_atTB_3", "_IageXrac_35_2"):
        assert name in s.data
    assert "_IageXfema_30" not in s.data


def test_dropping_prefix_and_omitted_group(s: Session) -> None:
    s.run("xi i.rep78\nxi, prefix(_S): quietly regress mpg i.rep78\nxi i.foreign")
    assert "_Srep78_2" in s.data and "_Iforeign_1" in s.data and "_Irep78_2" not in s.data
    out = s.run("char rep78[omit] 3\nxi i.rep78")
    assert "(naturally coded; _Irep78_3 omitted)" in out and "_Irep78_1" in s.data
    s.run('char rep78[omit]\nchar _dta[omit] prevalent\nchar make[omit] "Volvo 260"\nxi i.rep78 i.make')
    assert "_Irep78_3" not in s.data and "_Imake_74" not in s.data and "_Imake_1" in s.data


def test_negative_or_fractional_values_are_numbered(s: Session) -> None:
    s.run("generate g = rep78 - 3.5")
    out = s.run("xi i.g")
    assert out == "i.g               _Ig_1-5             (_Ig_1 for g==-2.5 omitted)\n"


def test_terms_within_other_commands(s: Session) -> None:
    s.run("xi: mixed mpg i.foreign*weight || rep78: , nolog")
    assert s.rc == 0 and s.e.matrix("b").cols[:3] == ("mpg:_Iforeign_1", "mpg:weight", "mpg:_IforXweigh_1")
    assert s.run('xi: display "i.rep78"') == "i.rep78\n"
    s.run("quietly xi: by foreign, sort: regress mpg i.rep78")
    assert s.rc == 0, s.text()


def test_made_variables_outlive_a_failing_command(s: Session) -> None:
    s.run("capture xi: regress nosuch i.rep78")
    assert "_Irep78_2" in s.data


def test_errors(s: Session) -> None:
    fails("xi: regress mpg i.rep78|i.foreign", 198, "I.xxx|I.yyy not allowed", session=s)
    fails("xi: regress mpg i.nosuch", 111, session=s)
    fails("xi i.rep78*make", 109, session=s)
    fails("xi rep78", 198, session=s)
    fails("xi, prefix(toolong): regress mpg i.rep78", 198, session=s)
    fails("xi, nosuch: regress mpg i.rep78", 198, "option nosuch not allowed", session=s)


def test_under_and_over_other_prefixes(s: Session) -> None:
    s.run("xi: bootstrap, reps(3) seed(1) nodots: regress mpg i.foreign*weight")
    assert s.rc == 0 and s.e.matrix("b").cols == ("_Iforeign_1", "weight", "_IforXweigh_1", "_cons")
    assert s.e["prefix"] == "bootstrap"
    s.run("bootstrap, reps(3) seed(1) nodots: xi: regress mpg i.foreign")
    assert s.rc == 0
    s.run("xi: stepwise, pr(.9): regress mpg (i.rep78) weight")
    assert s.rc == 0 and "_Irep78_5" in s.e.matrix("b").cols
    s.run("regress mpg weight*i.foreign", stop=True)
    before = s.rc
    s.run("xi: regress mpg weight*i.foreign")
    assert s.rc == before != 0
