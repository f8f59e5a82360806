"""``syntax``: what macros a description and a line give. Rules from [P] syntax."""

from __future__ import annotations

import pytest
from support import Session

SETUP = """quietly set obs 5
generate price = _n
generate mpg = _n * 2
generate weight = 1
generate byte rep78 = _n
generate str3 make = "a"
generate byte foreign = 0
"""


def macros(description: str, line: str, *names: str, setup: str = SETUP) -> dict[str, str]:
    """The macros that ``syntax`` leaves."""
    session = Session()
    session.run(setup)
    keep = "\n".join(f"global {name} `\"`{name}'\"'" for name in names)
    session.run(f"program p\nsyntax {description}\n{keep}\nend")
    log = session.run(f"p {line}".rstrip())
    assert session.rc == 0, log
    return {name: session.workspace.globals.get(name, "") for name in names}


VARLISTS = {
    # (description, typed): `varlist'
    ("varlist", "price mp"): "price mpg",
    ("varlist", "price-weight"): "price mpg weight",
    ("[varlist]", ""): "price mpg weight rep78 make foreign",
    ("[varlist(default=none)]", ""): "",
    ("[varlist(default=none numeric)]", "m*g"): "mpg",
    ("varlist(min=1 max=2)", "price mpg"): "price mpg",
    ("varname", "for"): "foreign",
    ("varname(string)", "make"): "make",
    ("varlist(fv)", "i.rep c.pr#c.mpg"): "i.rep78 c.price#c.mpg",
    ("varlist(fv)", "i.(rep78 for)"): "i.rep78 i.foreign",
    ("varlist(ts)", "L.price L2.mpg"): "L.price L2.mpg",
    ("newvarlist", "a b c1-c3"): "a b c1 c2 c3",
    ("newvarname", "a"): "a",
    ("varlist [if] [in]", "price if mpg>2 in 1/3"): "price",
    ("varlist", "price,"): "price",
}


@pytest.mark.parametrize("case", VARLISTS, ids=str)
def test_varlist(case: tuple[str, str]) -> None:
    assert macros(*case, "varlist")["varlist"] == VARLISTS[case]


CLAUSES: dict[tuple[str, str], dict[str, str]] = {
    ("[if] [in]", "if price>3 & mpg==4 in 2/5"): {"if": "if price>3 & mpg==4", "in": "in 2/5"},
    ("[if/] [in/]", "if price>3 in 2/5"): {"if": "price>3", "in": "2/5"},
    ("[if] [in]", ""): {"if": "", "in": ""},
    ("[if]", 'if make == "a if b"'): {"if": 'if make == "a if b"'},
    ("[if] [, x]", "if inlist(price, 1, 2), x"): {"if": "if inlist(price, 1, 2)", "x": "x"},
    ("[if] [, x]", ", x, if price>3"): {"if": "if price>3", "x": "x"},
    ("[if] [, x]", ", x if price>3"): {"if": "if price>3", "x": "x"},
    ("using", 'using "a b.dta"'): {"using": 'using "a b.dta"'},
    ("using/", 'using "a b.dta"'): {"using": "a b.dta"},
    ("[using/]", "using file"): {"using": "file"},
    ("[using]", ""): {"using": ""},
    ("newvarname =exp [if]", "z = price*2 if mpg>1"): {"varlist": "z", "exp": "= price*2", "if": "if mpg>1"},
    ("newvarname =/exp", "z = price == 2"): {"varlist": "z", "exp": "price == 2"},
    ("[fweight aweight]", "[fw=weight]"): {"weight": "fweight", "exp": "= weight"},
    ("[fw aw]", "[aw = weight*2]"): {"weight": "aweight", "exp": "= weight*2"},
    ("[pw/]", "[pweight=weight]"): {"weight": "pweight", "exp": "weight"},
    ("[fw aw]", "[w=weight]"): {"weight": "fweight", "exp": "= weight"},
    ("[aw fw]", "[weight=weight]"): {"weight": "aweight", "exp": "= weight"},
    ("[varlist] [fw]", ""): {"weight": "", "exp": ""},
    ("namelist", "a b_2 c"): {"namelist": "a b_2 c"},
    ("namelist(name=who)", "a b"): {"who": "a b"},
    ("name", "abc"): {"namelist": "abc"},
    ("anything", 'a "b c" (d e) if x'.replace(" if x", "")): {"anything": 'a "b c" (d e)'},
    ("anything(equalok)", "a = b == c"): {"anything": "a = b == c"},
    ("anything(everything)", "a if b in c using d"): {"anything": "a if b in c using d"},
    ('anything(name=all id="stuff") [if]', "x y if price>1"): {"all": "x y", "if": "if price>1"},
    ("[anything]", ""): {"anything": ""},
}


@pytest.mark.parametrize("case", CLAUSES, ids=str)
def test_clauses(case: tuple[str, str]) -> None:
    expected = CLAUSES[case]
    assert macros(*case, *expected) == expected


def test_new_variable_types() -> None:
    expected = {"varlist": "a b c s", "typlist": "double float float str5"}
    assert macros("newvarlist", "double a b c str5 s", *expected) == expected
    assert macros("newvarlist", "int(a b) c", "typlist") == {"typlist": "int int float"}


OPTIONS: dict[tuple[str, str], dict[str, str]] = {
    # optionally on, with and without abbreviation
    ("[, Detail]", ", d"): {"detail": "detail"},
    ("[, DETail]", ", deta"): {"detail": "detail"},
    ("[, detail]", ", detail"): {"detail": "detail"},
    ("[, Detail]", ""): {"detail": ""},
    # optionally off: the macro goes without the no
    ("[, noCONstant]", ", nocons"): {"constant": "noconstant"},
    ("[, nolog]", ", nolog"): {"log": "nolog"},
    ("[, noCONstant]", ""): {"constant": ""},
    # numbers
    ("[, Number(integer 5)]", ""): {"number": "5"},
    ("[, Number(integer 5)]", ", n(7)"): {"number": "7"},
    ("[, Number(integer -1)]", ", n(-3)"): {"number": "-3"},
    ("[, Tol(real 1e-6)]", ""): {"tol": "1e-6"},
    ("[, Tol(real 1)]", ", tol(.5)"): {"tol": ".5"},
    (", N(integer)", ", n(3)"): {"n": "3"},
    ("[, Level(cilevel)]", ""): {"level": "95"},
    ("[, Level(cilevel)]", ", l(90)"): {"level": "90"},
    # lists
    ("[, AT(numlist)]", ", at(1/3 10(5)20)"): {"at": "1 2 3 10 15 20"},
    ("[, AT(numlist integer ascending min=2 max=3 >0)]", ", at(1 2)"): {"at": "1 2"},
    ("[, AT(numlist sort)]", ", at(3 1 2)"): {"at": "1 2 3"},
    ("[, AT(numlist missingokay)]", ", at(1 .)"): {"at": "1 ."},
    ("[, AT(numlist)]", ""): {"at": ""},
    ("[, BY(varname)]", ", by(for)"): {"by": "foreign"},
    ("[, BY(varlist min=2)]", ", by(for mp)"): {"by": "foreign mpg"},
    ("[, Gen(newvarname)]", ", gen(z)"): {"gen": "z"},
    ("[, Gen(newvarlist)]", ", gen(z1-z3)"): {"gen": "z1 z2 z3"},
    ("[, Name(name)]", ", name(abc)"): {"name": "abc"},
    ("[, Names(namelist)]", ", n(a b)"): {"names": "a b"},
    # strings
    ("[, Title(string)]", ', t("a, b (c)")'): {"title": "a, b (c)"},
    ("[, Title(string)]", ", t(a  b)"): {"title": "a  b"},
    ("[, Title(string asis)]", ', t("a" "b")'): {"title": '"a" "b"'},
    ("[, Title(str)]", ', t(`"say "hi""\')'): {"title": 'say "hi"'},
    ("[, SAVing(passthru)]", ", sav(f, replace)"): {"saving": "saving(f, replace)"},
    ("[, SAVing(passthru)]", ""): {"saving": ""},
    # the rest
    ("[, Detail *]", ", det foo bar(1, 2) "): {"detail": "detail", "options": "foo bar(1, 2)"},
    ("[, *]", ""): {"options": ""},
    # required outside the brackets, optional inside
    (", ID(varname) [Detail]", ", id(foreign) d"): {"id": "foreign", "detail": "detail"},
    (", ID(varname) [Detail]", ", id(foreign)"): {"id": "foreign", "detail": ""},
    # an exact name goes before an abbreviation
    ("[, LONGer Long]", ", long"): {"longer": "", "long": "long"},
    ("[, save SAVing(string)]", ", save sav(x)"): {"save": "save", "saving": "x"},
    # a blank before the parenthesis
    ("[, Title(string)]", ", title (abc)"): {"title": "abc"},
}


@pytest.mark.parametrize("case", OPTIONS, ids=str)
def test_options(case: tuple[str, str]) -> None:
    expected = OPTIONS[case]
    assert macros(*case, *expected) == expected


ERRORS = {
    ("varlist", ""): (100, "varlist required"),
    ("varlist", "nosuch"): (111, "variable nosuch not found"),
    ("varlist", "price if 1"): (101, "if not allowed"),
    ("varlist", "price in 1"): (101, "in range not allowed"),
    ("varlist", "price using f"): (101, "using not allowed"),
    ("varlist", "price = 3"): (101, "=exp not allowed"),
    ("varlist", "price [fw=weight]"): (101, "weights not allowed"),
    ("varlist [fw]", "price [pw=weight]"): (101, "pweights not allowed"),
    ("varlist", "price, opt"): (101, "options not allowed"),
    ("varlist [, x]", "price, opt"): (198, "option opt not allowed"),
    ("varlist [, x]", "price, opt(3)"): (198, "option opt() not allowed"),
    ("varlist [, x]", "price, x x"): (198, "option x not allowed"),
    ("[, Detail]", ", de3"): (198, "option de3 not allowed"),
    ("[, DETail]", ", de"): (198, "option de not allowed"),
    ("varlist(min=2)", "price"): (102, "too few variables specified"),
    ("varlist(max=1)", "price mpg"): (103, "too many variables specified"),
    ("varname", "price mpg"): (103, "too many variables specified"),
    ("varlist(numeric)", "price make"): (
        109,
        "string variables not allowed in varlist;\nmake is a string variable",
    ),
    ("varlist", "i.price"): (101, "factor-variable and time-series operators not allowed"),
    ("varlist(ts)", "i.price"): (101, "factor-variable and time-series operators not allowed"),
    ("newvarlist", "price"): (110, "variable price already defined"),
    ("newvarlist", "1a"): (198, "1a invalid name"),
    ("using", ""): (100, "using required"),
    ("newvarname =exp", "z"): (100, "=exp required"),
    ("anything", ""): (100, "something required"),
    ('anything(id="stuff")', ""): (100, "stuff required"),
    ("", "price"): (101, "varlist not allowed"),
    (", ID(varname)", ""): (198, "option id() required"),
    (", Detail", ""): (198, "option detail required"),
    ("[, N(integer 3)]", ", n(2.5)"): (198, "option n() incorrectly specified"),
    ("[, N(integer 3)]", ", n(x)"): (198, "option n() incorrectly specified"),
    ("[, Level(cilevel)]", ", level(100)"): (198, "level() must be between 10 and 99.99 inclusive"),
    ("[, BY(varname)]", ", by(nosuch)"): (111, "variable nosuch not found"),
    ("[, BY(varname)]", ", by(price mpg)"): (103, "too many variables specified"),
    ("[, Gen(newvarname)]", ", gen(price)"): (110, "variable price already defined"),
    ("[, AT(numlist integer)]", ", at(1.5)"): (
        126,
        "at() invalid -- invalid numlist has noninteger elements",
    ),
    ("[, AT(numlist max=1)]", ", at(1 2)"): (123, "at() invalid -- invalid numlist has too many elements"),
    ("[, AT(numlist min=3)]", ", at(1 2)"): (122, "at() invalid -- invalid numlist has too few elements"),
    ("[, AT(numlist >=0)]", ", at(-1)"): (
        125,
        "at() invalid -- invalid numlist has elements outside of allowed range",
    ),
    ("[, AT(numlist ascending)]", ", at(2 1)"): (
        124,
        "at() invalid -- invalid numlist has elements out of order",
    ),
    ("[, AT(numlist)]", ", at(abc)"): (121, "at() invalid -- invalid numlist"),
    ("varlist(min=1 bad=2)", "price"): (197, "invalid syntax"),
    ("[, N(integer)]", ""): (197, "invalid syntax"),
    ("[, N(strange 3)]", ""): (197, "invalid syntax"),
}


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_errors(case: tuple[str, str]) -> None:
    description, line = case
    session = Session()
    session.run(SETUP + f"program p\nsyntax {description}\nend")
    session.run(f"p {line}".rstrip())
    assert session.last_error is not None
    assert (session.rc, session.last_error.message) == ERRORS[case]


def test_weight_note() -> None:
    session = Session()
    session.run(SETUP + "program p\nsyntax varlist [aw fw]\nend")
    assert session.run("p price [w=weight]") == "(analytic weights assumed)\n"


def test_syntax_reads_zero() -> None:
    session = Session()
    session.run(SETUP)
    log = session.run(
        'local 0 "price if mpg>2, name(q)"\nsyntax varlist [if], Name(string)\ndi "`varlist\'|`if\'|`name\'"'
    )
    assert log == "price|if mpg>2|q\n"


# ---------------------------------------------------------------- marking the sample

MARK = """quietly set obs 6
generate x = _n if _n != 2
generate y = _n if _n != 5
generate w = _n - 1
generate str1 s = cond(_n == 3, "", "a")
"""
SAMPLES = {
    # (description, line, marksample options): rows marked
    ("varlist", "x", ""): [1, 3, 4, 5, 6],
    ("varlist", "x y", ""): [1, 3, 4, 6],
    ("varlist", "x y", "novarlist"): [1, 2, 3, 4, 5, 6],
    ("varlist [if] [in]", "x if y > 3 in 1/5", ""): [4, 5],
    ("varlist [if/]", "x if y > 3", ""): [4, 5, 6],
    ("varlist [fw]", "x [fw=w]", ""): [3, 4, 5, 6],
    ("varlist [fw]", "x [fw=w]", "zeroweight"): [1, 3, 4, 5, 6],
    ("varlist [fw/]", "x [fw=w]", ""): [3, 4, 5, 6],
    ("varlist", "x s", ""): [],
    ("varlist", "x s", "strok"): [1, 4, 5, 6],
    ("varlist(fv)", "i.x#c.y", ""): [1, 3, 4, 6],
}


@pytest.mark.parametrize("case", SAMPLES, ids=str)
def test_marksample(case: tuple[str, str, str]) -> None:
    description, line, options = case
    session = Session()
    session.run(MARK)
    session.run(
        f"program p\nsyntax {description}\nmarksample touse, {options}\ngenerate byte t = `touse'\nend\np {line}"
    )
    assert session.rc == 0, session.text()
    marked = session.data.values("t")
    assert [k + 1 for k in range(6) if marked[k]] == SAMPLES[case]
    assert session.data.column("t").stype == "byte"


def test_mark_and_markout() -> None:
    session = Session()
    session.run(MARK + "mark t if x > 1 in 1/5\nmarkout t y")
    assert session.data.values("t").tolist() == [0, 1, 1, 1, 0, 0]  # a missing x is greater than 1
    session.run("mark u\nmarkout u s, strok")
    assert session.data.values("u").tolist() == [1, 1, 0, 1, 1, 1]
    session.run("replace x = .a in 1\nmark v\nmarkout v x, sysmissok")
    assert session.data.values("v").tolist() == [0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("weights, rc", [("[fw=-w]", 402), ("[fw=w/2]", 401)])
def test_bad_weights(weights: str, rc: int) -> None:
    session = Session()
    session.run(MARK + f"program p\nsyntax varlist [fw]\nmarksample touse\nend\np x {weights}")
    assert session.rc == rc
