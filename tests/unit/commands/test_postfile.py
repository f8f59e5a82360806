"""postfile, post, postclose, postutil: the sequence of the manual's example ([P] postfile), types and errors."""

from pathlib import Path

import pytest
from support import Session, fails


def test_results_of_a_loop(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run(
        "tempname sim\n"
        "postfile `sim' double(mu se) str10 who byte n using results, replace\n"
        "forvalues i = 1/3 {\npost `sim' (`i'/3) (sqrt(`i')) (\"run `i'\") (`i'*50)\n}\n"
        "postclose `sim'\nuse results, clear"
    )
    assert s.rc == 0
    assert [c.stype for c in s.data.columns.values()] == ["double", "double", "str10", "byte"]
    assert s.data.values("mu").tolist() == [1 / 3, 2 / 3, 1]
    assert s.data.column("who").strings().tolist() == [b"run 1", b"run 2", b"run 3"]
    assert s.data.values("n").tolist()[:2] == [50, 100]
    assert s.data.column("n").is_missing().tolist() == [False, False, True]  # 150 is beyond byte


def test_data_in_memory_stay_and_may_share_names(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run("sysuse hsb\npostfile p ses x1-x3 using out\npost p (.a) (r(nothing)) (_N) (2)\npostclose p")
    assert s.rc == 0
    assert s.data.n == 7185
    s.run("use out, clear")
    assert s.data.names == ["ses", "x1", "x2", "x3"]
    assert s.data.column("ses").codes().tolist() == [1]
    assert s.data.values("x2").tolist() == [7185]


def test_every_writes_on_the_way(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run("postfile p x using out, every(2)\npost p (1)\npost p (2)\npost p (3)\nuse out")
    assert s.data.values("x").tolist() == [1, 2]
    s.run("postclose p\nuse out, clear")
    assert s.data.n == 3


def test_dir_and_clear(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run("postfile p x using a\npostfile q x using b\npost p (5)")
    assert "b.dta" in s.run("postutil dir")
    assert s.r["names"] == "p q"
    s.run("postutil clear\npostfile p x using a, replace")
    assert s.rc == 0


OPEN = "postfile p x str5 y using out, replace\n"


@pytest.mark.parametrize(
    ("lines", "rc", "message"),
    [
        ("post nosuch (1)", 111, "post nosuch not found"),
        (OPEN + "post p (1)", 198, "too few expressions specified"),
        (OPEN + 'post p (1) ("a") (2)', 198, "too many expressions specified"),
        (
            OPEN + 'post p ("a") ("a")',
            109,
            "type mismatch\npost:  above message corresponds to expression 1, variable x",
        ),
        (OPEN + "post p 1", 198, "invalid syntax"),
        (OPEN + "postfile p z using other", 110, "post p already exists"),
        (OPEN + "postfile q z using out", 602, "file out.dta already exists"),
        ("postfile q z z using out", 110, "variable z already defined"),
        ("postfile q using out", 100, "varlist required"),
        ("postfile q z", 100, "using required"),
        ("postclose nosuch", 111, "post nosuch not found"),
        ("postutil foo", 198, "invalid syntax"),
    ],
)
def test_errors(lines: str, rc: int, message: str, tmp_path: Path):
    fails(lines, rc, message, session=Session(cwd=tmp_path))
