"""import delimited, export delimited, insheet, outsheet: [D] import delimited, [D] insheet, [U] 21."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import Session, example, fails

from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset


def read(folder: Path, text: str, options: str = "", names: str = "", release: int = 18) -> Session:
    (folder / "x.csv").write_bytes(text.encode())
    s = Session(release, folder)
    s.run(f"import delimited {names} using x.csv, clear {options}")
    assert s.rc == 0, s.text()
    return s


def rows(s: Session) -> list[list[object]]:
    """The data as Python values, row by row; None for missing."""
    columns = []
    for column in s.data.columns.values():
        if column.is_string:
            columns.append([bytes(x).decode() for x in column.data.tolist()])
        else:
            columns.append([None if x != x else x for x in column.values().tolist()])
    return [list(row) for row in zip(*columns, strict=True)]


HEADINGS = {
    # first line -> names (data lines: numbers)
    "id,Score,Height (cm)": ["id", "score", "heightcm"],
    "id,id,x": ["id", "v2", "x"],
    "x,2010,y": ["v1", "v2", "v3"],  # a number: no headings
    ",a,b": ["v1", "a", "b"],
    "a b,_n,if": ["ab", "v2", "v3"],
    '"First name",x,y': ["firstname", "x", "y"],
    "1st,x,y": ["st", "x", "y"],
    "sex, name, dept": ["sex", "name", "dept"],
}


@pytest.mark.parametrize("heading", HEADINGS)
def test_variable_names(heading: str, tmp_path: Path) -> None:
    assert read(tmp_path, f"{heading}\n1,2,3\n4,5,6\n").data.names == HEADINGS[heading]


OPTIONS = {
    # options -> names, rows (of the file below)
    "": (["a", "b", "c"], [[1.0, "x", 3.5], [2.0, "y", None], [3.0, "z", 4.0]]),
    "rowrange(3)": (["a", "b", "c"], [[2.0, "y", None], [3.0, "z", 4.0]]),
    "rowrange(2:3)": (["a", "b", "c"], [[1.0, "x", 3.5], [2.0, "y", None]]),
    "rowrange(:2)": (["a", "b", "c"], [[1.0, "x", 3.5]]),
    "colrange(2)": (["b", "c"], [["x", 3.5], ["y", None], ["z", 4.0]]),
    "colrange(:1)": (["a"], [[1.0], [2.0], [3.0]]),
    "varnames(nonames)": (
        ["v1", "v2", "v3"],
        [["A", "B", "C"], ["1", "x", "3.5"], ["2", "y", ""], ["3", "z", "4"]],
    ),
    "varnames(1) case(upper)": (["A", "B", "C"], [[1.0, "x", 3.5], [2.0, "y", None], [3.0, "z", 4.0]]),
    "case(preserve) stringcols(1)": (["A", "B", "C"], [["1", "x", 3.5], ["2", "y", None], ["3", "z", 4.0]]),
    "stringcols(_all)": (["a", "b", "c"], [["1", "x", "3.5"], ["2", "y", ""], ["3", "z", "4"]]),
    "numericcols(2)": (["a", "b", "c"], [[1.0, None, 3.5], [2.0, None, None], [3.0, None, 4.0]]),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_options(options: str, tmp_path: Path) -> None:
    s = read(tmp_path, "A,B,C\n1,x,3.5\n2,y,\n3,z,4\n", options)
    names, expected = OPTIONS[options]
    assert s.data.names == names
    assert rows(s) == expected


def test_types_and_labels(tmp_path: Path) -> None:
    s = read(tmp_path, "Make,price\nA,4099\nB,13466.5\n")
    assert [c.stype for c in s.data.columns.values()] == ["str1", "float"]
    assert s.data.column("make").label == "Make" and s.data.column("price").label == ""
    assert read(tmp_path, "x\n1.5\n", "asdouble").data.column("x").stype == "double"
    s.run("set type double\nimport delimited using x.csv, clear")
    assert s.data.column("x").stype == "double"
    s.run("import delimited using x.csv, clear asfloat")
    assert s.data.column("x").stype == "float"


@pytest.mark.parametrize(
    ("release", "output"),
    [
        (18, "(encoding automatically selected: ISO-8859-1)\n(2 vars, 3 obs)\n"),
        (15, "(2 vars, 3 obs)\n"),
    ],
)
def test_messages(release: int, output: str, tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n3,4\n5,6\n", release=release).text() == output


def test_all_text_has_no_headings(tmp_path: Path) -> None:
    """convert_top_lines (SSC) describes it for insheet: data all of strings come as v1, v2, names in the first row."""
    s = read(tmp_path, "name,city\nAnn,Rome\n")
    assert s.data.names == ["v1", "v2"] and s.data.n == 2
    assert read(tmp_path, "name,city\nAnn,Rome\n", "varnames(1)").data.names == ["name", "city"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a\tb\n1\t2\n", ""),
        ("a;b\n1;2\n", 'delimiters(";")'),
        ("a;b\n1;2\n", "delim(semicolon)"),
        ("a\tb\n1\t2\n", 'delimiters("\\t")'),
        ("a\tb\n1\t2\n", "delimiters(tab)"),
        ("a   b\n 1  2\n", 'delimiters("whitespace")'),
        ("a||b\n1||2\n", 'delimiters("||", asstring)'),
        ("a,,b\n1,,2\n", 'delimiters(",", collapse)'),
        ("a,b\r\n1,2\r\n", ""),
        ("\na,b\n\n1,2\n\n", ""),
        ("\ufeffa,b\n1,2\n", ""),
    ],
)
def test_delimiters(text: str, options: str, tmp_path: Path) -> None:
    s = read(tmp_path, text, options)
    assert s.data.names == ["a", "b"] and rows(s) == [[1.0, 2.0]]


def test_quotes_and_lines(tmp_path: Path) -> None:
    text = 'id,say\n1,"two\nlines, and ""quotes"""\n2,b\n'
    assert rows(read(tmp_path, text, "bindquotes(strict)")) == [[1.0, 'two\nlines, and "quotes"'], [2.0, "b"]]
    s = read(tmp_path, text, "bindquotes(strict) maxquotedrows(1) varnames(1)")
    assert s.data.n == 3


def test_empty_lines(tmp_path: Path) -> None:
    assert read(tmp_path, "a,b\n1,2\n\n3,4\n", "emptylines(fill)").data.n == 3


def test_locale(tmp_path: Path) -> None:
    text = "a;b\n1.234,5;1\n2,5;2\n"
    assert rows(read(tmp_path, text, 'delim(";") parselocale(de_DE)')) == [[1234.5, 1.0], [2.5, 2.0]]
    s = read(tmp_path, text, 'delim(";") decimalseparator(",") groupseparator(".")')
    assert rows(s) == [[1234.5, 1.0], [2.5, 2.0]]
    assert read(tmp_path, text, 'delim(";")').data.column("a").stype == "str7"


def test_names_given(tmp_path: Path) -> None:
    s = read(tmp_path, "1,2,3\n4,5,6\n", names="x y")
    assert s.data.names == ["x", "y", "v3"]


def test_long_strings(tmp_path: Path) -> None:
    s = read(tmp_path, "id,t\n1," + "x" * 5000 + "\n2,y\n")
    assert s.data.column("t").stype == "strL" and s.data.column("t").data[0] == b"x" * 5000


ERRORS = [
    ("import delimited nosuch.csv", 601, "file nosuch.csv not found"),
    ("import delimited nosuch", 601, "file nosuch.csv not found"),
    ("import delimited", 198, "invalid file specification"),
    ("import delimited x.csv, nosuch", 198, "option nosuch not allowed"),
    ("import delimited x.csv, bindquotes(odd)", 198, "option bindquotes() incorrectly specified"),
    ("import delimited x.csv, rowrange(3:1)", 198, "option rowrange() incorrectly specified"),
    ("import delimited x.csv, varnames(nine)", 198, "option varnames() incorrectly specified"),
    ("import delimited x.csv, case(odd)", 198, "option case() incorrectly specified"),
    ("import delimited x.csv, encoding(klingon)", 198, "encoding klingon not found"),
    ("import delimited x.csv, parselocale(xx_XX)", 198, "parselocale(xx_XX) not found"),
    ("import delimited x.csv if 1", 101, "if not allowed"),
    ("import fred GDP", 198, "import fred not yet supported"),
    ("import nosuch x", 198, "import: unknown subcommand nosuch"),
    ("export sasxport5 x", 198, "export sasxport5 not yet supported"),
    ("export delimited", 198, "invalid file specification"),
    ("insheet a b", 100, "using required"),
    ("insheet using x.csv, tab comma", 198, "only one of options tab, comma, and delimiter() is allowed"),
]


@pytest.mark.parametrize(("line", "rc", "message"), ERRORS)
def test_errors(line: str, rc: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    fails(line, rc, message, session=Session(cwd=tmp_path))


def test_data_in_memory_stay(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    for line in ("import delimited x.csv", "insheet using x.csv"):
        fails(
            f"sysuse hsb\n{line}", 18, "you must start with an empty dataset", session=Session(cwd=tmp_path)
        )
    fails("sysuse hsb\nimport delimited x.csv, clear delim()", 198, session=Session(cwd=tmp_path))


# ---------------------------------------------------------------- export


def test_export(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    out = s.run(
        'input id str12 name x\n1 "ab" 3.58\n2 `"say "hi""\' .\n3 plain .a\nend\n'
        'replace name = "a,b" in 1\n'
        "label define yes 1 one\nlabel values id yes\nexport delimited using a"
    )
    assert out.endswith("file a.csv saved\n"), out
    text = (tmp_path / "a.csv").read_text()
    # a float with all its digits: 3.58 is 3.5799999
    assert text == 'id,name,x\none,"a,b",3.5799999\n2,"say ""hi""",\n3,plain,.a\n'
    s.run("export delimited id x using a.csv in 1, nolabel novarnames delimiter(tab) datafmt replace")
    assert (tmp_path / "a.csv").read_text() == "1\t3.58\n"
    s.run("export delimited name using a.csv if id==3, quote replace")
    assert (tmp_path / "a.csv").read_text() == 'name\n"plain"\n'
    before = (tmp_path / "a.csv").read_bytes()
    fails("export delimited using a", 602, "file a.csv already exists", session=s)
    fails("export delimited nosuch using a, replace", 111, session=s)
    fails("export delimited using a if id > 5, replace", 2000, session=s)
    assert (tmp_path / "a.csv").read_bytes() == before
    assert s.run("export delimited using new, replace") == "(file new.csv not found)\nfile new.csv saved\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "new.csv"]


def test_outsheet(tmp_path: Path) -> None:
    """auto: outsheet writes display formats, tabs, strings and labels in quotes."""
    s = Session(cwd=tmp_path)
    s.run(f"use {example('auto.dta')}\noutsheet make mpg rep78 foreign gear using a in 3")
    assert (tmp_path / "a.out").read_text() == (
        'make\tmpg\trep78\tforeign\tgear_ratio\n"AMC Spirit"\t22\t.\t"Domestic"\t3.08\n'
    )
    s.run("outsheet make price rep78 foreign using b.csv in 3, comma noquote nolabel nonames")
    assert (tmp_path / "b.csv").read_text() == "AMC Spirit,3799,.,0\n"
    s.run("insheet using a.out, clear\n")
    assert s.data.names == ["make", "mpg", "rep78", "foreign", "gear_ratio"]
    s.run(
        'insheet a b c d using b.csv, clear comma nonames\ninsheet using b.csv, clear delimiter(",") double case'
    )
    assert s.rc == 0


def test_insheet_of_the_users_guide(tmp_path: Path) -> None:
    """[U] 21.2.4: data1.raw without and data2.raw with names on the first line."""
    body = "M,Joe Smith,288,14\nM,K Marx,238,12\nF,Farber,211,7\n"
    (tmp_path / "data1.raw").write_text(body)
    (tmp_path / "data2.raw").write_text("sex, name, dept, division\n" + body)
    s = Session(cwd=tmp_path)
    assert s.run("insheet using data1") == "(4 vars, 3 obs)\n"
    assert s.data.names == ["v1", "v2", "v3", "v4"]
    s.run("insheet using data2, clear")
    assert s.data.names == ["sex", "name", "dept", "division"]
    assert rows(s)[0] == ["M", "Joe Smith", 288.0, 14.0]


NUMBERS = st.one_of(
    st.integers(-2147483647, 2147483620).map(float),
    st.floats(-1e300, 1e300, allow_subnormal=False),
    st.sampled_from(["", ".a", ".z"]),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(NUMBERS, st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"]), max_size=6)),
             min_size=1, max_size=8),
)  # fmt: skip
def test_round_trip(tmp_path: Path, found: list[tuple[object, str]]) -> None:
    """export delimited, import delimited: doubles exactly, missing codes, any text."""
    values = np.array([np.nan if isinstance(x, str) else x for x, _ in found])
    codes = np.array(
        [(missing.code_of(x) or 0) if isinstance(x, str) else 0 for x, _ in found], dtype=np.int8
    )
    texts = np.array(["t" + text for _, text in found])
    data = Dataset({
        "x": Column.numeric(values, codes, "double"),
        "y": Column.numeric(np.arange(float(len(found))), None, "int"),
        "s": Column.text(np.strings.encode(texts, "utf-8")),
    })  # fmt: skip
    s = Session(cwd=tmp_path)
    s.workspace.data = data.copy()
    s.run(
        "export delimited using r.csv, replace\n"
        "import delimited using r.csv, clear asdouble encoding(utf-8) varnames(1) bindquotes(strict) "
        "maxquotedrows(unlimited) numericcols(1)"
    )
    assert s.rc == 0, s.text()
    back = s.data
    assert np.array_equal(back.values("x"), data.values("x"), equal_nan=True)
    old, new = data.column("x").codes(), back.column("x").codes()
    assert (old if old is not None else 0 * codes).tolist() == (
        new if new is not None else 0 * codes
    ).tolist()
    assert back.column("s").data.tolist() == data.column("s").data.tolist()


def test_against_pandas_and_fast(tmp_path: Path) -> None:
    """200,000 lines against pandas, in seconds (a million take five times as long)."""
    n = 200_000
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({
        "i": np.arange(n), "x": rng.normal(size=n).round(4), "g": rng.integers(0, 90, n),
        "t": rng.choice(["a", "b,c", 'd"e'], n), "big": rng.integers(10**10, 10**12, n),
    })  # fmt: skip
    frame.to_csv(tmp_path / "big.csv", index=False)
    s = Session(cwd=tmp_path)
    start = time.process_time()
    s.run("import delimited using big.csv, asdouble")
    assert time.process_time() - start < 6
    assert [c.stype for c in s.data.columns.values()] == ["long", "double", "byte", "str3", "double"]
    for name in ("i", "x", "g", "big"):
        assert np.array_equal(s.data.values(name), frame[name].to_numpy(dtype=float))
    assert [b.decode() for b in s.data.column("t").data.tolist()] == frame["t"].tolist()
