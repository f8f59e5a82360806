"""merge in both grammars: against pandas, and the errors of [D] merge."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta


def table(**columns: list[float]) -> Dataset:
    return Dataset({name: Column.numeric(np.array(v, float), None, "double") for name, v in columns.items()})


def rows(session: Session) -> list[tuple[float | None, ...]]:
    """The observations as a sorted list; None for missing."""
    data = session.data
    lists = [[None if x != x else x for x in data.values(name).tolist()] for name in data.names]
    return sorted(zip(*lists, strict=True), key=repr)


KEYS = st.lists(st.integers(1, 6), max_size=12)


def joined(master: list[int], using: list[int], command: str, folder: Path) -> Session:
    """Master has id, k (its key), x; using has id, y."""
    write_dta(table(id=list(map(float, using)), y=[100.0 + i for i in range(len(using))]), folder / "u.dta")
    session = Session(cwd=folder)
    session.workspace.data = table(id=list(map(float, master)), x=[float(i) for i in range(len(master))])
    session.run(command)
    return session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("merge")


@settings(max_examples=60, deadline=None)
@given(KEYS, KEYS, st.sampled_from(["1:1", "m:1", "1:m"]))
def test_equals_pandas_outer_join(folder: Path, left: list[int], right: list[int], kind: str) -> None:
    if kind[0] == "1":
        left = list(dict.fromkeys(left))
    if kind[2] == "1":
        right = list(dict.fromkeys(right))
    session = joined(left, right, f"merge {kind} id using u", folder)
    assert session.rc == 0, session.text()
    a = pd.DataFrame({"id": left, "x": range(len(left))}, dtype=float)
    b = pd.DataFrame({"id": right, "y": [100 + i for i in range(len(right))]}, dtype=float)
    both = a.merge(b, how="outer", on="id", indicator=True)
    both["_merge"] = both["_merge"].map({"left_only": 1.0, "right_only": 2.0, "both": 3.0}).astype(float)
    expected = [tuple(None if v != v else v for v in row) for row in both.itertuples(index=False)]
    assert rows(session) == sorted(expected, key=repr)
    # the order: the master's keys ascending, then what is only in the using data, ascending
    ids, codes = session.data.values("id"), session.data.values("_merge")
    assert (np.diff(ids[codes != 2]) >= 0).all() and (np.diff(ids[codes == 2]) >= 0).all()
    assert (np.diff((codes == 2).astype(int)) >= 0).all()


@settings(max_examples=40, deadline=None)
@given(KEYS, KEYS)
def test_duplicated_keys_are_an_error_where_1_is_claimed(
    folder: Path, left: list[int], right: list[int]
) -> None:
    unique = len(set(left)) == len(left), len(set(right)) == len(right)
    for kind in ("1:1", "1:m", "m:1", "m:m"):
        session = joined(left, right, f"merge {kind} id using u, noreport", folder)
        fine = (kind[0] == "m" or unique[0]) and (kind[2] == "m" or unique[1])
        assert session.rc == (0 if fine else 459)
        if not fine:
            assert session.data.names == ["id", "x"]


@settings(max_examples=40, deadline=None)
@given(KEYS, KEYS)
def test_many_to_many_pairs_one_by_one(folder: Path, left: list[int], right: list[int]) -> None:
    """[D] merge: within a group first with first ...; the last of the shorter side repeats."""
    session = joined(left, right, "merge m:m id using u, nogenerate noreport", folder)
    groups: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i, key in enumerate(left):
        groups[key][0].append(i)
    for i, key in enumerate(right):
        groups[key][1].append(100 + i)
    expected = []
    for key, (xs, ys) in groups.items():
        for k in range(max(len(xs), len(ys))):
            x = float(xs[min(k, len(xs) - 1)]) if xs else None
            y = float(ys[min(k, len(ys) - 1)]) if ys else None
            expected.append((float(key), x, y))
    assert rows(session) == sorted(expected, key=repr)


VALUES = st.lists(st.sampled_from([1.0, 2.0, float("nan")]), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, VALUES, VALUES, st.booleans())
def test_update_and_replace(
    folder: Path, a: list[float], b: list[float], c: list[float], d: list[float], replace: bool
) -> None:
    """pandas: combine_first fills what is missing; a conflict in any variable makes 5, a filled cell 4."""
    write_dta(table(id=[1, 2, 3, 4, 5], v=c, w=d), folder / "u.dta")
    session = Session(cwd=folder)
    session.workspace.data = table(id=[1, 2, 3, 4, 5], v=a, w=b)
    session.run(f"merge 1:1 id using u, update {'replace' if replace else ''}")
    mine, theirs = pd.DataFrame({"v": a, "w": b}), pd.DataFrame({"v": c, "w": d})
    expected = theirs.combine_first(mine) if replace else mine.combine_first(theirs)
    conflict = (mine.notna() & theirs.notna() & (mine != theirs)).any(axis=1)
    filled = (mine.isna() & theirs.notna()).any(axis=1)
    for name in ("v", "w"):
        np.testing.assert_array_equal(session.data.values(name), expected[name])
    np.testing.assert_array_equal(
        session.data.values("_merge"), np.where(conflict, 5, np.where(filled, 4, 3))
    )


def test_by_observation(folder: Path) -> None:
    session = joined([7, 8, 9], [1, 2], "merge 1:1 _n using u, keepusing(y)", folder)
    assert rows(session) == [(7.0, 0.0, 100.0, 3.0), (8.0, 1.0, 101.0, 3.0), (9.0, 2.0, None, 1.0)]


# ---------------------------------------------------------------- options and errors


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_dta(table(id=[2, 3], b=[5, 6]), tmp_path / "b.dta")
    write_dta(table(id=[1, 3, 4], c=[7, 9, 10]), tmp_path / "c.dta")
    write_dta(table(id=[1, 2], a=[1, 2]), tmp_path / "a.dta")
    Session(cwd=tmp_path).run(
        "use b\ntostring id, generate(sid)\ndrop id\nrename sid id\nsave strings\n"
        'use b, clear\nlabel define g 5 "five"\nlabel values b g\nnote: of b\nnote b: a note\nsave labelled\n'
        "use b, clear\nrename b a\ntostring a, replace\nsave texts"
    )
    return tmp_path


def use(files: Path, commands: str = "", release: int = 18) -> Session:
    session = Session(release, cwd=files)
    session.run(f"use a\n{commands}")
    return session


@pytest.mark.parametrize(
    ("words", "left"),
    {
        "match": [3],
        "matched": [3],
        "mat": [3],
        "3": [3],
        "1 3": [1, 3],
        "master match": [1, 3],
        "mas us": [1, 2],
        "using": [2],
        "match_update match_conflict": [],
    }.items(),
)
def test_keep(files: Path, words: str, left: list[int]) -> None:
    session = use(files, f"merge 1:1 id using b, keep({words})")
    assert session.data.values("_merge").tolist() == left


def test_the_table_counts_what_is_kept(files: Path) -> None:
    """Logs with keep(match) show "Not matched 0" and one line of matches."""
    out = use(files).run("merge 1:1 id using b, keep(match) nogenerate")
    assert out.splitlines() == [
        "",
        "    Result                      Number of obs",
        "    -----------------------------------------",
        "    Not matched                             0",
        "    Matched                                 1  ",
        "    -----------------------------------------",
    ]


def test_assert_leaves_the_merged_data(files: Path) -> None:
    """[D] merge: when assert() fails, the merged result is left in memory; r(9)."""
    session = use(files, "capture merge 1:1 id using b, assert(match using)")
    assert session.workspace.rc == 9 and session.data.values("_merge").tolist() == [1, 3, 2]
    session = use(files, "merge 1:1 id using b, assert(match using master)")
    assert session.rc == 0
    session = use(files, "merge 1:1 id using b, assert(match)")
    assert session.rc == 9 and "(merged result left in memory)" in session.text()


ERRORS = {
    "merge 1:1 id using b c": 198,
    "merge 1:1 id using b, keep(3 nothing)": 198,
    "merge 1:1 id using b, replace": 198,
    "merge 1:1 id using b, generate(x) nogenerate": 198,
    "merge 1:1 id using b, generate(a)": 110,
    "merge 1:1 id using b, generate(1x)": 198,
    "merge 1:1 id using b, keepusing(nosuch)": 111,
    "merge 1:1 id using b, uniqusing": 198,
    "merge 1:1 id using b, sort": 198,
    "merge 1:1 using b": 100,
    "merge 1:1 id": 100,
    "merge 2:1 id using b": 198,
    "merge 1:1 id using strings": 106,
    "merge 1:1 id using texts": 106,
    "merge 1:1 a using b": 111,
    "merge 1:1 id using nofile": 601,
    "merge id using b, keepusing(b)": 198,
    "merge id using b c, sort update": 198,
    "merge id using b nofile, sort": 601,
    "merge id using b, sort _merge(a)": 110,
    "merge id using b c, sort keep(nosuch)": 111,
}


@pytest.mark.parametrize(("line", "code"), ERRORS.items())
def test_errors_leave_the_data_alone(files: Path, line: str, code: int) -> None:
    session = use(files)
    fails(line, code, session=session)


def test_string_and_number(files: Path) -> None:
    """The wording of r(106) as quoted in Statalist threads about merge and append."""
    session = use(files, "merge 1:1 id using texts")
    assert session.last_error is not None
    assert session.last_error.message == (
        "variable a is double in master but str1 in using data\n"
        "    You could specify merge's force option to ignore this numeric/string mismatch.  The using variable\n"
        "    would then be treated as if it contained numeric missing value."
    )
    session.run("merge 1:1 id using texts, force")
    assert session.data.column("a").stype == "double"
    np.testing.assert_array_equal(session.data.values("a"), [1, 2, np.nan])


def test_labels_and_notes(files: Path) -> None:
    session = use(files, "merge 1:1 id using labelled, noreport")
    assert "g" in session.data.value_labels and list(session.data.notes().values()) == ["of b"]
    assert list(session.data.notes("b").values()) == ["a note"]
    session = use(files, "merge 1:1 id using labelled, noreport nolabel nonotes")
    assert "g" not in session.data.value_labels and not session.data.notes()
    session = use(files, 'label define g 1 "x"')
    assert session.run("merge 1:1 id using labelled, noreport") == "(label g already defined)\n"
    assert session.data.value_labels["g"].items() == [(1, "x")]


# ---------------------------------------------------------------- the old grammar


def test_several_files(files: Path) -> None:
    """[R] merge, release 9: 1 master only, 2 one using dataset only, 3 at least two datasets; _merge1, _merge2 tell
    which using datasets an observation is in."""
    session = use(files, "merge id using b c, sort")
    assert rows(session) == [
        (1.0, 1.0, None, 7.0, 3.0, 0.0, 1.0),
        (2.0, 2.0, 5.0, None, 3.0, 1.0, 0.0),
        (3.0, None, 6.0, 9.0, 3.0, 1.0, 1.0),
        (4.0, None, None, 10.0, 2.0, 0.0, 1.0),
    ]
    assert session.data.names == ["id", "a", "b", "c", "_merge", "_merge1", "_merge2"]
    session = use(files, "merge id using b c, sort nokeep nosummary _merge(m) keep(c)")
    assert session.data.names == ["id", "a", "c", "m"] and rows(session) == [
        (1.0, 1.0, 7.0, 3.0),
        (2.0, 2.0, None, 3.0),
    ]


def test_sort_implies_unique_unless_one_side_is_named(files: Path) -> None:
    session = use(files, "expand 2 if id == 1\nmerge id using b, sort uniqusing")
    assert session.rc == 0 and session.data.n == 4
    session = use(files, "expand 2 if id == 1\nmerge id using b, sort")
    assert session.rc == 459 and session.data.names == ["id", "a"]
