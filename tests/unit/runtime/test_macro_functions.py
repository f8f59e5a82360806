"""Macro functions against [P] macro and [P] macro lists: each value is the one the entry gives or says."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Session, fails

SETUP = """
set obs 3
gen byte x = _n
gen str5 name = "abc"
label variable x "A label"
label define lbl 1 "Low" 2 "Medium" .a "Refused"
label values x lbl
label data "Some data"
format x %8.2f
char x[one] first text
char _dta[two] second
sort x
local A a b c a
local B c d
local dup a b c b
local one b
local quotes `"`"a"' `"b c"' `"b "c" d"'"'
local text aa bb aab aa
local empty
global G x y
scalar s1 = 3
scalar s2 = "txt"
matrix M = (1,2\\3,4)
matrix rownames M = eq:r1 eq:r2
matrix colnames M = mpg c.x#2.g
"""

VALUES = {
    # data attributes
    "variable label x": "A label",
    "var lab x": "A label",
    "value label x": "lbl",
    "value label name": "",
    "data label": "Some data",
    "type name": "str5",
    "type x": "byte",
    "format x": "%8.2f",
    "sortedby": "x",
    "label lbl 2": "Medium",
    "label lbl 2 3": "Med",
    "label (x) 1": "Low",
    "label (x) .a": "Refused",
    "label (x) 9": "9",
    "label (x) 9, strict": "",
    "label lbl maxlength": "7",
    "label nosuch 4": "4",
    "char x[one]": "first text",
    "char x[]": "one",
    "char _dta[two]": "second",
    "char x[nosuch]": "",
    "permname x": "x1",
    "permname fresh": "fresh",
    "permname verylongname, length(8)": "verylong",
    # parsing
    "word count a b c": "3",
    'word count "a b" c': "2",
    "word count": "0",
    "word 2 of a b c": "b",
    'word 1 of "a b" c': "a b",
    "word 4 of a b c": "",
    "word 1+1 of a b c": "b",
    'piece 1 20 of "Here we have a really long line to break"': "Here we have a",
    'piece 2 20 of "Here we have a really long line to break"': "really long line to",
    'piece 4 20 of "Here we have a really long line to break"': "",
    'piece 1 4 of "abcdefgh"': "abcd",
    'piece 1 4 of "abcdefgh", nobreak': "abcdefgh",
    "strlen local text": "12",
    "length local text": "12",
    "ustrlen global G": "3",
    "copy local A": "a b c a",
    'subinstr local text "aa" "X"': "X bb aab aa",
    'subinstr local text "aa" "X", all': "X bb Xb X",
    'subinstr local text "aa" "X", all word': "X bb aab X",
    'subinstr local text "aa" ""': " bb aab aa",
    'subinstr global G "x" `"q"\'': "q y",
    'subinstr local empty "x" "y", all': "",
    "upper abc": "ABC",
    "display %5.2f 3.14159": " 3.14",
    "di 1/4": ".25",
    'display "a" 1': "a1",
    # lists
    "list uniq A": "a b c",
    "list dups A": "a",
    "list sort A": "a a b c",
    "list rsort A": "c b a a",
    "list clean quotes": 'a "b c" `"b "c" d"\'',
    "list sizeof quotes": "3",
    "list A | B": "a b c a d",
    "list A & B": "c",
    "list A - B": "a b a",
    "list A-B": "a b a",
    "list dup - one": "a c b",
    "list B in A": "0",
    "list empty in A": "1",
    "list A == A": "1",
    "list A === B": "0",
    "list sizeof empty": "0",
    'list posof "c" in A': "3",
    'list posof "z" in A': "0",
    "list uniq global(G)": "x y",
    "list local(A) - global(G)": "a b c a",
    # names
    "rownames M": "r1 r2",
    "roweq M": "eq eq",
    "rowfullnames M": "eq:r1 eq:r2",
    "colnames M": "mpg c.x#2.g",
    "coleq M": "_ _",
    "colfullnames M": "mpg c.x#2.g",
    "colnames M, quoted": '"mpg" "c.x#2.g"',
    "rowsof M": "2",
    "rownlfs M": "1",
    "all globals": "G",
    'all globals "z*"': "",
    "all numeric scalars": "s1",
    "all string scalars": "s2",
    'all scalars "s*"': "s1 s2",
    "all matrices": "M",
    # the session
    'adosubdir "xyz.ado"': "x",
    'adosubdir "_gmean.ado"': "_",
    "environment PYSTATA_TEST": "hello",
    "tsnorm ldl": "L2D",
    "tsnorm L.D.x, varname": "LD.x",
}


@pytest.fixture(scope="module")
def session() -> Session:
    s = Session()
    s.run(SETUP)
    assert s.rc == 0, s.text()
    return s


@pytest.mark.parametrize("function", VALUES)
def test_values(function: str, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSTATA_TEST", "hello")
    session.run(f"local result : {function}")
    assert session.rc == 0, session.last_error
    assert session.executor.macro("result", "local") == VALUES[function]


def test_in_quotes_and_options() -> None:
    s = Session()
    s.run(SETUP)
    assert s.run("di \"`: variable label x' and `:word 2 of a b'\"") == "A label and b\n"
    s.run('local new : subinstr local text "aa" "X", all count(local n)')
    assert s.executor.macro("n", "local") == "3"
    s.run("quietly summarize x")
    assert "mean" in s.run('di "`: r(scalars)\'"').split()
    assert s.run('di "`: r(macros)\'|"') == "|\n"


def test_dir(tmp_path: Path) -> None:
    for name in ("b.do", "a.do", "c.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "sub").mkdir()
    s = Session(cwd=tmp_path)
    s.run('local f : dir . files "*.do"\nlocal d : dir "." dirs "*"\nlocal o : dir . other "*", nofail')
    macro = s.executor.macro
    assert (macro("f", "local"), macro("d", "local"), macro("o", "local")) == ('"a.do" "b.do"', '"sub"', "")
    fails('local f : dir "nosuch" files "*"', 601)


def test_temporary_names() -> None:
    s = Session()
    s.run("local v : tempvar\nlocal w : tempvar\nlocal f : tempfile")
    assert s.executor.macro("v", "local").startswith("__")
    assert s.executor.macro("v", "local") != s.executor.macro("w", "local")
    assert s.executor.macro("f", "local")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("local a : nosuch x", 198),
        ("local a : word", 198),
        ("local a : variable label nosuch", 111),
        ("local a : list A + B", 198),
        ("local a : rownames nosuch", 111),
        ("local a : all nosuch", 198),
        ('local a : subinstr local b "x" "y", nosuch', 198),
        ("local a : label (nosuch) 1", 111),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails("set obs 1\ngen x = 1\n" + line, rc)


# ---------------------------------------------------------------- what macros hold


def test_long_and_quoted_contents() -> None:
    s = Session()
    s.run('local one `"a "b" c"\'\nlocal two `"x"\' `"y"\'\nlocal three "p" "q"\nlocal open "p')
    macro = s.executor.macro
    assert macro("one", "local") == 'a "b" c'
    assert macro("two", "local") == '`"x"\' `"y"\''
    assert macro("three", "local") == '"p" "q"'
    assert macro("open", "local") == '"p'
    s.run(
        'local long ""\nforvalues i = 1/16 {\nlocal long `"`long\'`long\'x"\'\n}\nlocal n : strlen local long'
    )
    assert macro("n", "local") == "65535"


def test_names_of_macros() -> None:
    s = Session()
    s.run("local " + "a" * 31 + " 1")
    assert s.rc == 0
    fails("local " + "a" * 32 + " 1", 198, "a" * 32 + " invalid name")
    fails("global 1x 1", 198, "1x invalid name")
