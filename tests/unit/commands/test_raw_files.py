"""infile, infix, outfile: [D] infile (free format), [D] infile (fixed format), [D] infix, [D] outfile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import Session, example, fails

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset


def values(s: Session) -> list[list[object]]:
    out = []
    for column in s.data.columns.values():
        if column.is_string:
            out.append([bytes(x).decode() for x in column.data.tolist()])
        else:
            out.append([None if x != x else round(float(x), 6) for x in column.values().tolist()])
    return [list(row) for row in zip(*out, strict=True)]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(cwd=tmp_path)


def put(session: Session, name: str, text: str) -> None:
    (session.workspace.cwd / name).write_text(text)


# ---------------------------------------------------------------- free format

FREE = {
    # varlist -> (text, rows, names)
    "a b": [
        ("1 2\n3 4\n", [[1, 2], [3, 4]]),
        ("1 2 3\n4", [[1, 2], [3, 4]]),
        ("1,2\n3,,", [[1, 2], [3, None]]),
    ],
    "a str5 b": [("1 'x y' 2 \"z\"", [[1, "x y"], [2, "z"]]), ("1 abcdefg", [[1, "abcde"]])],
    "a _skip b": [("1 2 3\n4 5 6\n", [[1, 3], [4, 6]])],
    "a _skip(2) b": [("1 2 3 4", [[1, 4]])],
    "byte(a b) c": [("1 . 3.5", [[1, None, 3.5]])],
    "x1-x3": [("1 2 3\t4 5 6", [[1, 2, 3], [4, 5, 6]])],
}


@pytest.mark.parametrize("varlist", FREE)
def test_free_format(varlist: str, session: Session) -> None:
    for text, rows in FREE[varlist]:
        put(session, "f.raw", text)
        out = session.run(f"infile {varlist} using f, clear")
        assert session.rc == 0, out
        assert values(session) == rows
        noun = "observation" if len(rows) == 1 else "observations"
        assert out.endswith(f"({len(rows)} {noun} read)\n")


def test_free_format_notes(session: Session) -> None:
    put(session, "f.raw", "1 x\n2 3\n4")
    assert session.run("infile a b using f.raw") == (
        "(eof not at end of obs)\n'x' cannot be read as a number for b[1]\n(3 observations read)\n"
    )
    session.run("infile a b using f.raw in 1/2, clear")
    assert session.data.n == 2
    session.run("infile a b using f.raw in 1/99, clear")
    assert session.data.n == 3
    session.run("infile a b using f.raw if a > 1, clear")
    assert values(session) == [[2, 3], [4, None]]


def test_automatic_and_by_variable(session: Session) -> None:
    put(session, "f.raw", "1 male\n2 female\n3 male\n")
    session.run("infile id sex using f, automatic")
    assert [text for _, text in session.data.value_labels["sex"].items()] == ["male", "female"]
    assert session.data.values("sex").tolist() == [1, 2, 1]
    put(session, "g.raw", "1 2 3 4 5 6")
    session.run("infile a b using g, byvariable(3) clear")
    assert values(session) == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize("release", [14, 18])
def test_hospital_data(release: int) -> None:
    """Rodriguez' hospital data: 1,060 births to 501 mothers (case melogit_hospital)."""
    path = example("hospital.dat")
    s = Session(release)
    out = s.run(f"infile hosp loginc distance dropout college mother using {path}, clear")
    assert out == "(1,060 observations read)\n"
    assert len(np.unique(s.data.values("mother"))) == 501


# ---------------------------------------------------------------- fixed format

HIGHWAY = "4.58 55  .46\n2.86 60  4.4\n1.61     2.2\n"
INFIX = {
    # specifications -> (text, rows)
    "rate 1-4 speed 6-7 acc 9-12": (HIGHWAY, [[4.58, 55, 0.46], [2.86, 60, 4.4], [1.61, None, 2.2]]),
    "str rate 1-4 acc 9-12": (HIGHWAY, [["4.58", 0.46], ["2.86", 4.4], ["1.61", 2.2]]),
    "2 firstlineoffile byte speed 6-7": (HIGHWAY, [[60], [None]]),
    "2 lines 1: str n 1-4 2: a 1-2": ("Joe \n12\nAnn\n 7\n", [["Joe", 12], ["Ann", 7]]),
    "2 lines str n 1-4 / a 1-2": ("Joe \n12\nAnn\n 7\n", [["Joe", 12], ["Ann", 7]]),
    "2 lines str n 1:1-4 a 2:1-2": ("Joe \n12\nAnn\n 7\n", [["Joe", 12], ["Ann", 7]]),
    "id 1 long x 2": ("12\n34", [[1, 2], [3, 4]]),
}


@pytest.mark.parametrize("specification", INFIX)
def test_infix(specification: str, session: Session) -> None:
    text, rows = INFIX[specification]
    put(session, "h.raw", text)
    session.run(f"infix {specification} using h")
    assert session.rc == 0, session.text()
    assert values(session) == rows


def test_infix_with_a_dictionary(session: Session) -> None:
    put(session, "h.raw", HIGHWAY)
    dictionary = "infix dictionary using h.raw {\n\trate 1-4\n\tspeed 6-7\n\tstr acc 9-12\n}\n"
    put(session, "h.dct", dictionary)
    out = session.run("infix using h")
    assert out == f"\n{dictionary}\n(3 observations read)\n"
    assert values(session)[0] == [4.58, 55, ".46"]
    put(session, "other.raw", "9.99 11    1\n")
    session.run("infix using h, using(other.raw) clear")
    assert values(session) == [[9.99, 11, "1"]]


def test_dictionary_of_the_technical_bulletin(session: Session) -> None:
    """STB: the dictionary's own lines are the records; blank ones count, entries beyond the variables do not."""
    put(
        session,
        "ini.dct",
        "dictionary {\n   int x1\n   int x2\n   int x3\n}\n11 12 13\n21 22\n\n23 31 32 33\n",
    )
    out = session.run("infile using ini")
    assert out.endswith("(4 observations read)\n")
    assert values(session) == [[11, 12, 13], [21, 22, None], [None, None, None], [23, 31, 32]]


DICTIONARIES = {
    # directives -> (data, rows)
    'float x %3f "Ex"\n int y %2f': ("12345\n", [[123, 45]]),
    # Kantor, Statalist 2004-05: a point is put in where there is none, one that is there takes precedence
    "x %3.1f": ("123\n1.2\n -5\n", [[12.3], [1.2], [-0.5]]),
    "str5 a %5s str5 b %5S": (" ab   cd \n", [["ab", " cd "]]),
    "_column(4) x %2f _column(1) y %2f": ("12345\n", [[45, 12]]),
    "x %1f _skip(2) y %1f": ("1234\n", [[1, 4]]),
    "_lines(2) x %1f _line(2) y %1f": ("12\n34\n56\n78\n", [[1, 3], [5, 7]]),
    "x %1f _newline y %1f": ("12\n34\n", [[1, 3]]),
    "_first(2) x": ("head\n1\n2\n", [[1], [2]]),
    "_lrecl(3) x %3f": ("123456", [[123], [456]]),
    "x str8 s y": ('1 "a b" 3\n', [[1, "a b", 3]]),
    "* a comment\nbyte x\n_skip\ny": ("1 2\n", [[1, 2]]),
}


@pytest.mark.parametrize("directives", DICTIONARIES)
def test_dictionaries(directives: str, session: Session) -> None:
    text, rows = DICTIONARIES[directives]
    put(session, "d.dct", f"infile dictionary using d.raw {{\n{directives}\n}}\n")
    put(session, "d.raw", text)
    session.run("infile using d")
    assert session.rc == 0, session.text()
    assert values(session) == rows


def test_dictionary_labels(session: Session) -> None:
    put(session, "d.dct", 'dictionary {\nint x:xl %2f "The x"\n}\n12\n')
    session.run("infile using d")
    column = session.data.column("x")
    assert (column.stype, column.label, column.value_label) == ("int", "The x", "xl")


ERRORS = [
    ("infile a b", 100, "using required"),
    ("infile a a using f", 110, "variable a already defined"),
    ("infile 1x using f", 198, "invalid syntax"),
    ("infile a using nofile", 601, "file nofile.raw not found"),
    ("infile using nofile", 601, "file nofile.dct not found"),
    ("infile using f.raw", 613, "file f.raw does not contain dictionary"),
    ("infile using bad", 614, "dictionary invalid"),
    ("infile a using f, nosuch", 198, "option nosuch not allowed"),
    ("infix a 5-2 using f", 198, "5-2 invalid column range"),
    ("infix a using f", 198, "invalid syntax"),
    ("infix a 1-2 using nofile", 601, "file nofile.raw not found"),
    ("infix a 1-2", 100, "using required"),
]


@pytest.mark.parametrize(("line", "rc", "message"), ERRORS)
def test_errors(line: str, rc: int, message: str, session: Session) -> None:
    put(session, "f.raw", "1 2\n")
    put(session, "bad.dct", "dictionary {\n%%% \n}\n")
    fails(line, rc, message, session=session)


def test_data_in_memory_stay(session: Session) -> None:
    put(session, "f.raw", "1 2\n")
    for line in ("infile a b using f", "infix a 1 using f"):
        fails(f"sysuse hsb, clear\n{line}", 18, "you must start with an empty dataset", session=session)


# ---------------------------------------------------------------- outfile


def test_outfile(session: Session) -> None:
    session.run(f"use {example('auto.dta')}\nkeep make mpg rep78 foreign\nkeep in 3")
    session.run("outfile using a")
    line = (session.workspace.cwd / "a.raw").read_text()
    assert line.split() == ['"AMC', 'Spirit"', "22", ".", '"Domestic"']
    session.run("outfile using a, comma replace")
    assert (session.workspace.cwd / "a.raw").read_text() == '"AMC Spirit",22,,"Domestic"\n'
    session.run("outfile using a, comma missing nolabel noquote replace")
    assert (session.workspace.cwd / "a.raw").read_text() == "AMC Spirit,22,.,0\n"
    session.run("outfile make using a, runtogether replace")
    assert (session.workspace.cwd / "a.raw").read_text() == "AMC Spirit\n"
    fails("outfile using a", 602, "file a.raw already exists", session=session)
    fails("outfile a", 111, session=session)
    fails("outfile mpg using b, rjs fjs", 198, session=session)
    fails("outfile mpg using b, runtogether", 109, session=session)


def test_outfile_lines(session: Session) -> None:
    """Lines break at 80 characters, unless wide; infile reads either."""
    session.run(
        "set obs 2\nforvalues k = 1/12 {\ngenerate x`k' = `k' + _n/4\n}\noutfile using a\noutfile using b, wide"
    )
    folder = session.workspace.cwd
    lines = (folder / "a.raw").read_text().splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= 80
    assert len((folder / "b.raw").read_text().splitlines()) == 2
    for name in "ab":
        session.run(f"infile x1-x12 using {name}, clear")
        assert values(session) == [[k + n / 4 for k in range(1, 13)] for n in (1, 2)]


def test_outfile_dictionary(session: Session) -> None:
    session.run(f"use {example('auto.dta')}\nkeep make mpg rep78 foreign\noutfile using d, dictionary")
    before = values(session)
    session.run("infile using d, clear automatic")
    assert session.rc == 0, session.text()
    after = values(session)
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert session.data.column("mpg").label == "Mileage (mpg)"
    assert session.data.column("foreign").value_label == "origin"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(-9999, 9999), st.from_regex(r"[A-Za-z .,']{0,7}", fullmatch=True)),
        min_size=1,
        max_size=8,
    )
)
def test_outfile_then_infile(tmp_path: Path, found: list[tuple[int, str]]) -> None:
    s = Session(cwd=tmp_path)
    numbers, texts = zip(*found, strict=True)
    data = Dataset({
        "x": Column.numeric(np.array(numbers, dtype=float), None, "int"),
        "s": Column.text(np.array([t.encode() for t in texts], dtype="S8"), "str8"),
    })  # fmt: skip
    for options in ("", "wide", "comma"):
        s.workspace.data = data.copy()
        s.run(f"outfile using r, replace {options}\ninfile x str8 s using r, clear")
        assert s.rc == 0, s.text()
        assert s.data.values("x").tolist() == list(numbers)
        assert [b.decode() for b in s.data.column("s").data.tolist()] == list(texts)
