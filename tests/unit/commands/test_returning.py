"""return, ereturn, sreturn: [P] return, [P] ereturn."""

from __future__ import annotations

import numpy as np
import pytest
from support import Session, fails

from pystata_hlm.numeric import dist


def ran(text: str) -> Session:
    session = Session()
    session.run(text)
    assert session.rc == 0, session.text()
    return session


RCLASS = """program p, rclass
    return scalar a = 1/4
    return local b "two words"
    return local c = 2 + 3
    return scalar d = 7
    matrix M = (1, 2)
    return matrix M = M
end
p
"""


def test_return() -> None:
    session = ran(RCLASS)
    assert (session.r["a"], session.r["b"], session.r["c"]) == (0.25, "two words", "5")
    assert session.r["M"].tolist() == [[1, 2]]
    assert "M" not in session.workspace.matrices  # it moved
    # the latest comes first, as in Stata's listings of what programs return
    assert session.run("return list").splitlines()[:4] == [
        "",
        "scalars:",
        " " * 18 + "r(d) =  7",
        " " * 18 + "r(a) =  .25",
    ]


def test_return_waits_for_the_end() -> None:
    text = "program p, rclass\nquietly count\nreturn scalar N = 99\ndisplay r(N)\nend\nset obs 3\np\ndisplay r(N)"
    assert Session().run(text).splitlines()[-2:] == ["3", "99"]


def test_only_rclass_programs_return() -> None:
    session = ran("quietly set obs 3\nprogram p\nreturn scalar N = 99\nend\nquietly count\np")
    assert session.r["N"] == 3


def test_return_add_copy_clear() -> None:
    text = "program p, rclass\n{}\nend\nquietly set obs 3\np"
    assert ran(text.format("quietly count\nreturn add\nreturn scalar b = 1")).r.stored.scalars == {
        "b": 1.0,
        "N": 3.0,
    }
    session = ran(text.format("matrix M = (1)\nreturn matrix M = M, copy"))
    assert "M" in session.workspace.matrices and "M" in session.r
    assert len(ran(text.format("return scalar a = 1\nreturn clear")).r) == 0


def test_a_failing_program_returns_nothing() -> None:
    session = Session()
    session.run("program p, rclass\nreturn scalar a = 1\nerror 9\nend\nquietly set obs 3\nquietly count\np")
    assert session.rc == 9
    assert session.r["N"] == 3


def test_sreturn() -> None:
    session = ran('sreturn local a "x y"\nsreturn local b = 1 + 1')
    assert session.workspace.s.macros == {"b": "2", "a": "x y"}
    assert session.run('display "`s(a)\'"') == "x y\n"
    assert session.run("sreturn clear\nsreturn list") == ""


@pytest.mark.parametrize(
    "line", ["return", "return nosuch x", "return scalar x", "return scalar = 3", "sreturn scalar a = 1"]
)
def test_syntax_errors(line: str) -> None:
    fails(line, 198)


def test_string_in_a_scalar() -> None:
    fails('return scalar x = "a"', 109, "type mismatch")


# ---------------------------------------------------------------- ereturn

POST = """quietly set obs 5
generate y = 1
generate byte use = _n > 2
matrix b = (1, -2)
matrix V = (.25, 0 \\ 0, 1)
matrix colnames b = x _cons
matrix colnames V = x _cons
matrix rownames V = x _cons
"""


def test_post() -> None:
    session = ran(
        POST
        + "ereturn post b V, obs(30) dof(28) depname(y) esample(use)\nereturn local cmd mine\nereturn scalar k = 2"
    )
    e = session.e.stored
    assert e.scalars == {"k": 2.0, "df_r": 28.0, "N": 30.0}
    assert e.macros == {"cmd": "mine", "depvar": "y", "properties": "b V"}
    assert session.e.matrix("b").rows == ("y1",)
    assert session.workspace.matrices == {}
    assert session.data.names == ["y"]
    assert session.run("count if e(sample)") == "  3\n"
    assert session.run("display _b[x] + _se[_cons]") == "2\n"


def test_display_numbers() -> None:
    """t = 2 and -2; limits b +- t(28, .025) se."""
    session = ran(POST + "ereturn post b V, dof(28) depname(y)")
    lines = session.run("ereturn display").splitlines()
    half = float(dist.invttail(28, 0.025))
    assert lines[3].split()[2:] == [
        "1",
        ".5",
        "2.00",
        "0.055",
        f"{1 - half / 2:.7f}".replace("-0.", "-."),
        f"{1 + half / 2:.6f}",
    ]
    assert lines[1].split()[0] == "y"
    assert "P>|t|" in lines[1]
    odds = session.run("ereturn display, eform(Odds)").splitlines()
    assert odds[1].split()[2] == "Odds"
    assert odds[3].split()[2:4] == ["2.718282", "1.359141"]  # e and e/2, the delta method
    assert odds[3].split()[4:6] == ["2.00", "0.055"]


def test_tests_after_post() -> None:
    session = ran(POST + "ereturn post b V\nquietly test x")
    assert session.r["chi2"] == pytest.approx(4.0)
    session.run("quietly lincom x + _cons")
    assert session.r["estimate"] == pytest.approx(-1.0)
    assert session.r["se"] == pytest.approx(np.sqrt(1.25))


def test_repost() -> None:
    session = ran(
        POST
        + "ereturn post b V, obs(5) esample(use)\nmatrix c = (3, 4)\nmatrix colnames c = x _cons\nereturn repost b = c"
    )
    assert session.e["b"].tolist() == [[3, 4]]
    assert session.e["N"] == 5
    assert session.run("count if e(sample)") == "  3\n"
    text = "matrix c = (3, 4)\nmatrix colnames c = z _cons\nereturn repost b = c, rename"
    session.run(text)
    assert session.e.matrix("V").cols == ("z", "_cons")


@pytest.mark.parametrize(
    "line, rc, message",
    [
        ("ereturn post V", 503, "conformability error"),
        ("ereturn post b b", 503, "conformability error"),
        ("ereturn post nosuch", 111, "matrix nosuch not found"),
        ("matrix colnames V = a b\nereturn post b V", 507, "name conflict"),
        (
            "matrix V = (1,2\\3,4)\nmatrix colnames V = x _cons\nmatrix rownames V = x _cons\nereturn post b V",
            505,
            "matrix not symmetric",
        ),
        ("ereturn repost b = b", 301, "last estimates not found"),
        ("ereturn display", 301, "last estimates not found"),
    ],
)
def test_post_errors(line: str, rc: int, message: str) -> None:
    fails(POST + line, rc, message)


def test_post_alone_clears() -> None:
    session = ran(POST + "ereturn post b V\nereturn post")
    assert session.e.stored.empty
