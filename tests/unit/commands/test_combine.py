"""merge, append, reshape, collapse, duplicates against pandas and against Stata's printed tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta
from tests.support import Session, example, fails


def dataset(**columns: object) -> Dataset:
    made = {}
    for name, values in columns.items():
        array = np.asarray(values)
        if array.dtype.kind in "US":
            made[name] = Column.text(np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array)
        else:
            made[name] = Column.numeric(array.astype(float), None, "double")
    return Dataset(made)


def frame(session: Session) -> pd.DataFrame:
    return pd.DataFrame({name: session.data.values(name) for name in session.data.names})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(2)
    write_dta(dataset(id=[1, 2, 3, 4], x=[10, 20, np.nan, 40]), tmp_path / "a.dta")
    write_dta(dataset(id=[3, 4, 5], x=[31, 41, 51], y=[7, 8, 9]), tmp_path / "b.dta")
    write_dta(dataset(id=rng.integers(1, 7, 30), z=np.arange(30)), tmp_path / "many.dta")
    return tmp_path


def merged(folder: Path, command: str, release: int = 18) -> tuple[Session, str]:
    session = Session(release, cwd=folder)
    session.run("use a")
    out = session.run(command)
    return session, out


# The table is Stata 17's, as printed in merges found in public logs (counts differ): case statsby_merge_lang, and
# UK Data Service teaching notes "merge 1:1 MCSID CNUM00 using temp_5y.dta".
TABLE_17 = """
    Result                      Number of obs
    -----------------------------------------
    Not matched                             3
        from master                         2  (_merge==1)
        from using                          1  (_merge==2)

    Matched                                 2  (_merge==3)
    -----------------------------------------
"""

# Stata 16, as in P. Dickman's log of "merge m:1 _year sex _age using popmort".
TABLE_16 = """
    Result                           # of obs.
    -----------------------------------------
    not matched                             3
        from master                         2  (_merge==1)
        from using                          1  (_merge==2)

    matched                                 2  (_merge==3)
    -----------------------------------------
"""


def test_one_to_one(folder: Path) -> None:
    session, out = merged(folder, "merge 1:1 id using b")
    assert out == TABLE_17
    data = frame(session)
    assert data["id"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(data["x"], [10, 20, np.nan, 40, 51])  # the master's x, the using's in row 5
    np.testing.assert_array_equal(data["y"], [np.nan, np.nan, 7, 8, 9])
    assert data["_merge"].tolist() == [1, 1, 3, 3, 2]
    assert dict(session.data.value_labels["_merge"].items())[3] == "Matched (3)"


def test_wording_before_17(folder: Path) -> None:
    session, out = merged(folder, "merge 1:1 id using b", release=16)
    assert out == TABLE_16
    assert dict(session.data.value_labels["_merge"].items())[3] == "matched (3)"


def test_all_matched_is_one_line(folder: Path) -> None:
    session, out = merged(folder, "merge 1:1 id using a")
    assert out.splitlines()[3:5] == [
        "    Not matched                             0",
        "    Matched                                 4  (_merge==3)",
    ]
    assert session.data.sortedby == ("id",)


def test_update_and_replace(folder: Path) -> None:
    session, out = merged(folder, "merge 1:1 id using b, update")
    assert frame(session)["_merge"].tolist() == [1, 1, 4, 5, 2]
    np.testing.assert_array_equal(frame(session)["x"], [10, 20, 31, 40, 51])
    assert "        nonmissing conflict                 1  (_merge==5)" in out
    session, _ = merged(folder, "merge 1:1 id using b, update replace")
    np.testing.assert_array_equal(frame(session)["x"], [10, 20, 31, 41, 51])


@pytest.mark.parametrize("how", ["1:m", "m:1"])
def test_many(folder: Path, how: str) -> None:
    """Against a pandas outer join."""
    session = Session(cwd=folder)
    first, second = ("a", "many") if how == "1:m" else ("many", "a")
    session.run(f"use {first}\nmerge {how} id using {second}, noreport")
    ours = frame(session).sort_values(["id", "z"])[["id", "x", "z"]].to_numpy()
    left = pd.DataFrame({"id": [1.0, 2, 3, 4], "x": [10.0, 20, np.nan, 40]})
    reread = Session(cwd=folder)
    reread.run("use many")
    theirs = (
        pd.merge(left, frame(reread), how="outer", on="id")
        .sort_values(["id", "z"])[["id", "x", "z"]]
        .to_numpy()
    )
    np.testing.assert_array_equal(ours, theirs)


def test_keep_nogenerate_keepusing(folder: Path) -> None:
    session, out = merged(folder, "merge 1:1 id using b, keep(match) nogenerate keepusing(y)")
    assert session.data.names == ["id", "x", "y"] and session.data.n == 2
    assert "_merge" not in out


def test_merge_errors(folder: Path) -> None:
    session = Session(cwd=folder)
    session.run("use a")
    message = "variable id does not uniquely identify observations in the using data"
    fails("merge m:1 id using many", 459, message, session=session)
    fails("merge 1:1 id using nowhere", 601, "file nowhere.dta not found", session=session)
    fails("merge 1:1 foo using b", 111, "variable foo not found", session=session)
    fails("merge 1:1 y using b", 111, session=session)
    session.run("generate _merge = 1")
    fails("merge 1:1 id using b", 110, "variable _merge already defined", session=session)


def test_append(folder: Path) -> None:
    session = Session(cwd=folder)
    session.run("use a\nrecast int id\nappend using b many, generate(src)")
    data = frame(session)
    assert session.data.names == ["id", "x", "y", "z", "src"]
    assert len(data) == 37 and data["src"].value_counts().to_dict() == {2: 30, 0: 4, 1: 3}
    assert data["y"][4:7].tolist() == [7, 8, 9] and data["y"][:4].isna().all()
    assert session.data.column("id").stype == "double"
    assert "(variable id was int, now double to accommodate using data's values)" in session.text()


def test_append_type_conflict(tmp_path: Path) -> None:
    write_dta(dataset(id=["a", "b"]), tmp_path / "s.dta")
    session = Session(cwd=tmp_path)
    session.run("set obs 2\ngenerate id = _n")
    fails("append using s", 106, session=session)
    session.run("append using s, force")
    assert session.data.n == 4 and np.isnan(session.data.values("id")[2:]).all()


def test_duplicates(folder: Path) -> None:
    session = Session(cwd=folder)
    session.run("use many\nduplicates tag id, generate(d)")
    data = frame(session)
    np.testing.assert_array_equal(data["d"], data.groupby("id")["id"].transform("size") - 1)
    out = session.run("duplicates report id")
    assert out.startswith("\nDuplicates in terms of id\n\n--------------------------------------\n")
    assert session.r["unique_value"] == data["id"].nunique()
    assert (
        session.run("duplicates drop")
        == "\nDuplicates in terms of all variables\n\n(0 observations are duplicates)\n"
    )
    session.run("duplicates drop id, force")
    assert session.data.values("z").tolist() == data.drop_duplicates("id")["z"].tolist()


# ---------------------------------------------------------------- reshape


def wide() -> Session:
    session = Session()
    session.workspace.data = dataset(
        id=[1, 2, 3],
        sex=[0, 1, 0],
        inc80=[5000, 2000, 3000],
        inc81=[5500, 2200, 2000],
        ue80=[0, 1, 0],
        ue81=[1, 0, 0],
    )
    return session


def test_reshape_two_stubs_and_back() -> None:
    session = wide()
    session.run("reshape long inc ue, i(id) j(year)")
    assert session.data.names == ["id", "year", "inc", "ue", "sex"]
    assert session.data.values("year").tolist() == [80, 81] * 3
    assert session.data.values("inc").tolist() == [5000, 5500, 2000, 2200, 3000, 2000]
    assert session.data.values("ue").tolist() == [0, 1, 1, 0, 0, 0]
    session.run("reshape wide")
    assert session.data.names == ["id", "inc80", "ue80", "inc81", "ue81", "sex"]
    assert session.data.values("inc81").tolist() == [5500, 2200, 2000]


def test_reshape_at_and_missing_cells() -> None:
    session = Session()
    session.workspace.data = dataset(id=[1, 2], a1x=[1, 2], a3x=[5, 6])
    session.run("reshape long a@x, i(id) j(t)")
    assert session.data.names == ["id", "t", "ax"]
    assert session.data.values("ax").tolist() == [1, 5, 2, 6]
    session.run("drop in 1\nreshape wide ax, i(id) j(t)")
    np.testing.assert_array_equal(session.data.values("ax1"), [np.nan, 2])


def test_reshape_wording_before_17() -> None:
    session = wide()
    session.workspace.settings.release = 16
    lines = session.run("reshape long inc ue, i(id) j(year)").splitlines()
    assert lines[0] == "(note: j = 80 81)"
    assert lines[4] == "Number of obs.                        3   ->       6"


def test_reshape_errors() -> None:
    fails("reshape long foo, i(id) j(t)", 111, session=wide())
    fails("reshape long inc, i(sex) j(t)", 9, session=wide())
    fails("reshape long", 111, "data have not been reshaped yet", session=wide())
    session = Session()
    session.run(f"use {example('bplong.dta')}")
    fails("reshape wide bp, i(sex) j(when)", 9, session=session)
    session.run("generate k = _n")
    fails("reshape wide bp, i(patient) j(when)", 9, session=session)
    assert "variable k not constant within patient\n" in str(session.last_error)


# ---------------------------------------------------------------- collapse


def test_collapse() -> None:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    data = frame_of(session, ["price", "mpg", "rep78", "foreign"])
    session.run(
        "collapse (mean) price mrep=rep78 (sd) s=mpg (count) n=rep78 (p25) q=price (max) mpg (sum) tot=mpg (first) f=mpg, "
        "by(foreign)"
    )
    assert session.data.names == ["foreign", "price", "mrep", "s", "n", "q", "mpg", "tot", "f"]
    by = data.groupby("foreign")
    for name, expected in {
        "price": by["price"].mean(),
        "mrep": by["rep78"].mean(),
        "s": by["mpg"].std(),
        "n": by["rep78"].count(),
        "mpg": by["mpg"].max(),
        "tot": by["mpg"].sum(),
        "f": by["mpg"].first(),
    }.items():
        np.testing.assert_allclose(session.data.values(name), expected, rtol=1e-6)
    assert session.data.column("mpg").stype == "int"
    assert session.data.column("price").label == "(mean) price"
    assert session.data.column("foreign").value_label == "origin"


def test_collapse_weights() -> None:
    session = Session()
    session.workspace.data = dataset(x=[1, 2, 4, np.nan], w=[1, 3, 2, 5])
    session.run("collapse (mean) m=x (sum) t=x (count) n=x (median) p=x [fweight=w]")
    expanded = np.repeat([1, 2, 4], [1, 3, 2])
    got = {name: session.data.values(name)[0] for name in session.data.names}
    assert got == pytest.approx({"m": expanded.mean(), "t": expanded.sum(), "n": 6, "p": np.median(expanded)})


def frame_of(session: Session, names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: session.data.values(name) for name in names})


def test_old_syntax(folder: Path) -> None:
    session = Session(cwd=folder)
    session.run("use b\nsort id\nsave b, replace\nuse a\nsort id")
    out = session.run("merge id using b")
    assert out == "(note: you are using old merge syntax; see [D] merge for new syntax)\n"
    assert frame(session)["_merge"].tolist() == [1, 1, 3, 3, 2]
    assert session.data.column("_merge").value_label == ""
    session.run("use a, clear")
    fails("merge id using b", 5, "master data not sorted", session=session)


def test_append_to_nothing_and_merge_with_no_rows(folder: Path) -> None:
    session = Session(cwd=folder)
    session.run("append using a")
    assert session.rc == 0 and session.data.n == 4 and session.data.names == ["id", "x"]
    session.run("drop if 1\nmerge 1:1 id using b, noreport")
    assert session.rc == 0 and frame(session)["_merge"].tolist() == [2, 2, 2]
