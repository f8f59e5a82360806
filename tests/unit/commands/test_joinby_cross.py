"""joinby and cross against pandas, and the examples of [D] joinby."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

KEYS = st.lists(st.integers(1, 4), min_size=1, max_size=8)
WHICH = {"none": "inner", "master": "left", "using": "right", "both": "outer"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("joinby")


def save(session: Session, name: str, **columns: list[int]) -> None:
    """A dataset typed in as Stata's input would have it."""
    values = "\n".join(" ".join(map(str, row)) for row in zip(*columns.values(), strict=True))
    session.run(f"clear\ninput {' '.join(columns)}\n{values}\nend\nsave {name}, replace")
    assert session.rc == 0, session.text()


def observed(session: Session, names: list[str]) -> list[tuple[float | None, ...]]:
    lists = [[None if x != x else x for x in session.data.values(name).tolist()] for name in names]
    return sorted(zip(*lists, strict=True), key=repr)


@settings(max_examples=40, deadline=None)
@given(KEYS, KEYS, st.sampled_from(sorted(WHICH)))
def test_equals_pandas(folder: Path, left: list[int], right: list[int], which: str) -> None:
    session = Session(cwd=folder)
    save(session, "u", id=right, y=list(range(100, 100 + len(right))))
    save(session, "m", id=left, x=list(range(len(left))))
    session.run(f"joinby id using u, unmatched({which})")
    assert session.rc == 0, session.text()
    a = pd.DataFrame({"id": left, "x": range(len(left))}, dtype=float)
    b = pd.DataFrame({"id": right, "y": range(100, 100 + len(right))}, dtype=float)
    both = a.merge(b, how=WHICH[which], on="id", indicator=True)  # type: ignore[call-overload]
    both["_merge"] = both["_merge"].map({"left_only": 1.0, "right_only": 2.0, "both": 3.0}).astype(float)
    expected = [tuple(None if v != v else v for v in row) for row in both.itertuples(index=False)]
    assert observed(session, ["id", "x", "y", "_merge"]) == sorted(expected, key=repr)
    assert session.data.sortedby == ("id",)


@settings(max_examples=25, deadline=None)
@given(KEYS, KEYS)
def test_cross_is_the_cartesian_product(folder: Path, left: list[int], right: list[int]) -> None:
    session = Session(cwd=folder)
    save(session, "u", b=right)
    save(session, "m", a=left)
    session.run("cross using u")
    assert observed(session, ["a", "b"]) == sorted(
        ((float(a), float(b)) for a in left for b in right), key=repr
    )


@pytest.fixture
def families(tmp_path: Path) -> Session:
    """The child and parent data printed in [D] joinby."""
    session = Session(cwd=tmp_path)
    save(
        session,
        "child",
        family_id=[1025, 1025, 1025, 1026, 1027],
        child_id=[3, 1, 4, 2, 5],
        x1=[11, 12, 10, 13, 15],
        x2=[320, 300, 275, 280, 210],
    )
    save(
        session,
        "parent",
        family_id=[1030, 1025, 1025, 1026, 1026, 1030],
        parent_id=[10, 11, 12, 13, 14, 15],
        x1=[39, 20, 27, 30, 26, 32],
        x3=[600, 643, 721, 760, 668, 684],
    )
    return session


def test_families(families: Session) -> None:
    """Parents with children: 2 x 3 in family 1025, 2 x 1 in 1026; x1 is the parents'."""
    families.run("joinby family_id using child")
    assert families.data.n == 8 and "_merge" not in families.data
    assert set(families.data.values("x1").tolist()) == {20, 27, 30, 26}


def test_update_replace_and_labels(families: Session) -> None:
    families.run("replace x1 = . in 2\njoinby family_id using child, unmatched(both) update")
    at = families.data.values("parent_id") == 11
    assert families.data.values("x1")[at].tolist() == [11, 12, 10]
    assert families.data.values("_merge")[at].tolist() == [4, 4, 4]
    out = families.run("tabulate _merge")
    assert "only in master data" in out and "only in using data" in out
    families.run("use parent, clear\njoinby family_id using child, update replace")
    assert set(families.data.values("x1").tolist()) == {10, 11, 12, 13}


def test_common_variables_are_the_keys(families: Session) -> None:
    families.run("joinby using child")  # family_id and x1 in common, no pair agrees in both
    assert families.rc == 0 and families.data.n == 0


@pytest.mark.parametrize(
    ("line", "code"),
    {
        "joinby family_id": 100,
        "joinby nosuch using child": 111,
        "joinby parent_id using child": 111,
        "joinby family_id using nofile": 601,
        "joinby family_id using child, replace": 198,
        "joinby family_id using child, unmatched(all)": 198,
        "joinby family_id using child, unmatched(both) _merge(x1)": 110,
        "joinby family_id using child parent": 198,
        "cross using nofile": 601,
        "cross": 100,
        "cross x1 using child": 198,
    }.items(),
)
def test_errors(families: Session, line: str, code: int) -> None:
    fails(line, code, session=families)
