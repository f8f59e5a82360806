"""expand, mvdecode, mvencode, ds, erase, xtile, fillin, split, input, codebook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support import Session, compare_case, example, fails, needs_shared


@pytest.fixture
def auto() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


@needs_shared
def test_codebook_case() -> None:
    compare_case("summarize_detail_price", only="^codebook")


def test_codebook_units_and_missing(auto: Session) -> None:
    out = auto.run("codebook gear_ratio rep78")
    assert "                 Range: [2.19,3.89]                   Units: .01" in out
    assert "         Unique values: 5                         Missing .: 5/74" in out
    assert "            Tabulation: Freq.  Value\n                            2  1\n" in out


def test_codebook_strings(auto: Session) -> None:
    """The examples are those that Stata's documentation of the command prints for make."""
    out = auto.run("codebook make")
    assert "                  Type: String (str18), but longest is str17" in out
    for name in ("Cad. Deville", "Dodge Magnum", "Merc. XR-7", "Pont. Catalina"):
        assert f'"{name}"' in out
    assert out.endswith("               Warning: Variable has embedded blanks.\n")


def test_expand(auto: Session) -> None:
    assert auto.run("expand 2 if foreign, generate(new)") == "(22 observations created)\n"
    assert auto.data.n == 96 and auto.data.values("new").sum() == 22
    out = auto.run("expand rep78 in 1/3")
    assert out == "(1 missing count ignored; observations not deleted)\n(4 observations created)\n"


def test_mvdecode_mvencode(auto: Session) -> None:
    assert auto.run(r"mvdecode rep78, mv(1=.a \ 2)") == "       rep78: 10 missing values generated\n"
    assert np.bincount(auto.data.column("rep78").codes())[1] == 2
    assert auto.run(r"mvencode rep78, mv(.a=1 \ else=9)") == "       rep78: 15 missing values recoded\n"
    assert (auto.data.values("rep78") == 9).sum() == 13
    fails("set obs 2\ngenerate x = 9\nmvencode x, mv(9)", 9)


def test_ds(auto: Session) -> None:
    """Column by column, in the layout of the real ``describe, simple`` (case describe_variants_auto)."""
    assert auto.run("ds").splitlines()[0] == "make          rep78         weight        displacement"
    auto.run("ds, has(type string)")
    assert auto.r["varlist"] == "make"
    auto.run("ds, not(type string) has(vallabel)")
    assert auto.r["varlist"] == "foreign"
    auto.run("ds price-turn, not")
    assert auto.r["varlist"] == "make displacement gear_ratio foreign"


def test_erase(tmp_path: Path) -> None:
    session = Session(cwd=tmp_path)
    (tmp_path / "x.txt").write_text("")
    session.run("erase x.txt")
    assert session.rc == 0 and not (tmp_path / "x.txt").exists()
    assert session.run("erase x.txt") == "file x.txt not found\nr(601);\n"


def test_xtile(auto: Session) -> None:
    """By definition: 1 + the number of quantiles below the value."""
    auto.run("xtile q = price, nquantiles(4)")
    x = np.sort(auto.data.values("price"))
    cuts = [x[18], (x[36] + x[37]) / 2, x[55]]  # 74 observations: ceil(18.5), 37 and 38, ceil(55.5)
    np.testing.assert_array_equal(auto.data.values("q"), 1 + np.searchsorted(cuts, auto.data.values("price")))


def test_fillin() -> None:
    session = Session()
    session.run("set obs 4\ngenerate a = ceil(_n/2)\ngenerate b = _n\ngenerate y = 1\nfillin a b")
    data = pd.DataFrame({name: session.data.values(name) for name in session.data.names})
    assert len(data) == 8 and data["_fillin"].sum() == 4
    assert data[data["_fillin"] == 1]["y"].isna().all()
    assert data[["a", "b"]].drop_duplicates().shape[0] == 8


def test_split(auto: Session) -> None:
    auto.run("split make, generate(w) limit(2)")
    assert auto.data.column("w1").data[0] == b"AMC" and auto.data.column("w2").data[0] == b"Concord"
    session = Session()
    session.run('set obs 2\ngenerate s = "1,2" in 1\nreplace s = "3" in 2\nsplit s, parse(,) destring')
    assert session.data.values("s1").tolist() == [1, 3]


def test_input() -> None:
    session = Session()
    session.run('input x str5 name byte z\n1 "Ann" 3\n2 Bob .a\n. "C D" 4\nend')
    assert session.rc == 0, session.text()
    assert session.data.column("name").data.tolist() == [b"Ann", b"Bob", b"C D"]
    assert session.data.column("z").stype == "byte" and session.data.column("z").codes()[1] == 1
    session.run("input w\n5\n6\nend")
    np.testing.assert_array_equal(session.data.values("w"), [5, 6, np.nan])


def test_input_of_ranges_groups_and_further_observations() -> None:
    """[D] input: new varlists ([U] 11.4.2), types for groups; without names the lines are further observations."""
    session = Session()
    session.run("input y1-y3 str4 s byte(a b)\n1 2 3 ab 4 5\n2 3 . zz 5 6\nend\ninput\n7 8 9 q 1 2\nend")
    assert session.rc == 0, session.text()
    assert list(session.data.names) == ["y1", "y2", "y3", "s", "a", "b"]
    np.testing.assert_array_equal(session.data.values("y3"), [3, np.nan, 9])
    assert session.data.column("b").stype == "byte" and session.data.column("s").data.tolist()[2] == b"q"
    session.run("input y1\n1\nend")
    assert session.rc == 110
