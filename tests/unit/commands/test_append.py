"""append against pandas, its options and its errors ([D] append)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

ROWS = st.lists(st.tuples(st.integers(-200, 200), st.floats(-1e6, 1e6, width=32)), max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("append")


def typed(session: Session, names: str, rows: list[tuple[int, float]]) -> None:
    lines = "\n".join(f"{a} {b!r}" for a, b in rows)
    session.run(f"clear\ninput {names}\n{lines}\nend")
    assert session.rc == 0, session.text()


@settings(max_examples=30, deadline=None)
@given(ROWS, ROWS, ROWS)
def test_equals_pandas_concat(
    folder: Path, a: list[tuple[int, float]], b: list[tuple[int, float]], c: list[tuple[int, float]]
) -> None:
    session = Session(cwd=folder)
    typed(session, "int x double y", b)
    session.run("save b, replace emptyok")
    typed(session, "long x double z", c)
    session.run("save c, replace emptyok")
    typed(session, "int x double y", a)
    session.run("append using b c, generate(source)")
    assert session.rc == 0, session.text()
    frames = [
        pd.DataFrame(rows, columns=names)
        for rows, names in ((a, ["x", "y"]), (b, ["x", "y"]), (c, ["x", "z"]))
    ]
    both = pd.concat(frames, ignore_index=True).reindex(columns=["x", "y", "z"]).astype(float)
    for name in ("x", "y", "z"):
        np.testing.assert_array_equal(session.data.values(name), both[name])
    assert session.data.values("source").tolist() == [0] * len(a) + [1] * len(b) + [2] * len(c)
    assert session.data.column("x").stype == "long" and session.data.sortedby == ()


@pytest.fixture
def files(tmp_path: Path) -> Session:
    session = Session(cwd=tmp_path)
    session.run(
        'input str3 s byte k float f\n"abc" 1 2\nend\nlabel define k 1 "one"\nlabel values k k\nnote: first\nsave one\n'
        'clear\ninput str8 s long k double f\n"abcdefgh" 70000 .5\nend\nlabel define k 1 "eins"\nlabel values k k\n'
        "note: second\nsave two\nclear\ninput byte s\n5\nend\nsave three\nuse one, clear"
    )
    assert session.rc == 0, session.text()
    return session


def test_types_widen_and_say_so(files: Session) -> None:
    """``(variable x was byte, now long to accommodate using data's values)``, Statalist passim."""
    out = files.run("append using two")
    for name, old, new in (("s", "str3", "str8"), ("k", "byte", "long"), ("f", "float", "double")):
        assert f"(variable {name} was {old}, now {new} to accommodate using data's values)" in out
    assert "(label k already defined)" in out
    assert files.data.value_labels["k"].items() == [(1, "one")]
    assert list(files.data.notes().values()) == ["first", "second"]


def test_options(files: Session) -> None:
    files.run("append using two, keep(s) nolabel nonotes")
    assert files.data.names == ["s", "k", "f"] and np.isnan(files.data.values("k")[1])
    assert list(files.data.notes().values()) == ["first"]
    files.run("use three, clear\nappend using one, force")
    assert files.data.column("s").stype == "byte" and files.data.column("s").is_missing().tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    {
        "append": 100,
        "append using nofile": 601,
        "append using two nofile": 601,
        "append using three": 106,
        "append using two three": 106,
        "append using two, generate(k)": 110,
        "append using two, keep(nosuch)": 111,
        "append s using two": 100,
        "append using two, nosuch": 198,
    }.items(),
)
def test_errors(files: Session, line: str, code: int) -> None:
    fails(line, code, session=files)
