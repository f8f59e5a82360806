"""matrix and its kin: [P] matrix define, matrix utility, matrix accum, matrix mkmat; values by hand or by numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

SETUP = (
    "matrix A = (1,2\\3,4)\nmatrix B = (2,0\\1,5)\nmatrix S = (4,2\\2,3)\nmatrix v = (1,2,3)\nscalar k = 2\n"
)
A, B, S = np.array([[1.0, 2], [3, 4]]), np.array([[2.0, 0], [1, 5]]), np.array([[4.0, 2], [2, 3]])
v = np.array([[1.0, 2, 3]])

EXPRESSIONS = {
    "A": A,
    "(1,2\\3,4)": A,
    "(1, 1+1 \\ k+1, 2^2)": A,
    "A + B": A + B,
    "A - B": A - B,
    "-A": -A,
    "A*B": A @ B,
    "A*B'": A @ B.T,
    "A'*B": A.T @ B,
    "2*A": 2 * A,
    "A*k": 2 * A,
    "A/4": A / 4,
    "A/0": np.full((2, 2), np.nan),
    "A#B": np.kron(A, B),
    "A*B#(1)": A @ B,
    "v#v'": np.kron(v, v.T),
    "A,B": np.hstack([A, B]),
    "A\\B": np.vstack([A, B]),
    "(A,B)\\(B,A)": np.block([[A, B], [B, A]]),
    "A[2,1]": [[3.0]],
    "A[1...,2]": [[2.0], [4.0]],
    "A[.,1]": [[1.0], [3.0]],
    "v[1,2..3]": [[2.0, 3.0]],
    "v[1,2...]": [[2.0, 3.0]],
    'A["r2","c1"]': [[3.0]],
    "inv(S)": np.linalg.inv(S),
    "invsym(S)": np.linalg.inv(S),
    "invsym((1,1\\1,1))": [[1.0, 0], [0, 0]],
    "inv(A)*A": np.eye(2),
    "cholesky(S)": [[2, 0], [1, math.sqrt(2)]],
    "corr(S)": [[1, 2 / math.sqrt(12)], [2 / math.sqrt(12), 1]],
    "diag(v)": np.diag([1.0, 2, 3]),
    "diag(v')": np.diag([1.0, 2, 3]),
    "vecdiag(A)": [[1.0, 4]],
    "I(2)": np.eye(2),
    "J(2,3,7)": np.full((2, 3), 7.0),
    "hadamard(A,B)": A * B,
    "vec(A)": [[1.0], [3], [2], [4]],
    "vech(S)": [[4.0], [2], [3]],
    "invvech((4\\2\\3))": S,
    "invvech(vech(S))": S,
    "invvecp(vecp(S))": S,
    "sweep(S,1)": [[0.25, 0.5], [-0.5, 2.0]],  # a22 - a21 a12/a11 = 3 - 4/4
    "sweep(sweep(S,1),2)": np.linalg.inv(S),
    "nullmat(nosuch), v": v,
    "nullmat(A) \\ B": np.vstack([A, B]),
    "trace(A)": [[5.0]],
    "det(A*B)": [[-20.0]],
    "rowsof(v)": [[1.0]],
    "colsof(v)": [[3.0]],
    "el(A,2,1)": [[3.0]],
    "el(A,3,1)": [[np.nan]],
    "sqrt(trace(A*B) + 1)": [[math.sqrt(2 + 2 + 20 + 1)]],
    "(1, 2 > 1, k == 3)": [[1.0, 1, 0]],
    "issymmetric(S)": [[1.0]],
    "mreldif(A, A + (0,0\\0,1))": [[1 / 6]],
    "diag0cnt((0,1\\1,0))": [[2.0]],
    "matmissing((1,.))": [[1.0]],
    'colnumb(v,"c2")': [[2.0]],
    'colnumb(v,"z")': [[np.nan]],
    "(.a, .)": [[np.nan, np.nan]],
    "1e-3*A": A / 1000,
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(expression: str) -> None:
    s = Session()
    s.run(SETUP + f"matrix X = {expression}")
    assert s.rc == 0, s.last_error
    np.testing.assert_allclose(
        s.workspace.matrices["X"].values, EXPRESSIONS[expression], rtol=1e-12, atol=1e-12
    )


NAMES = {
    "A*B'": ("a b", "x y"),
    "A'": ("p:c p:d", "a b"),
    "A + B": ("a b", "p:c p:d"),
    "A#B": ("a:x a:y b:x b:y", "c:r c:s d:r d:s"),
    "A \\ B": ("a b x y", "p:c p:d"),
    "A, B": ("a b", "p:c p:d r s"),
    "A \\ (1,2)": ("a b r1", "p:c p:d"),
    "inv(A)": ("p:c p:d", "a b"),
    "diag(A[1,1...])": ("p:c p:d", "p:c p:d"),
    "vecdiag(A)": ("r1", "p:c p:d"),
    "vec(A)": ("c:a c:b d:a d:b", "c1"),
    "sweep(A,2)": ("a p:d", "p:c b"),
    'A["b","p:"]': ("b", "p:c p:d"),
    "2*A/3": ("a b", "p:c p:d"),
}


@pytest.mark.parametrize("expression", NAMES)
def test_names(expression: str) -> None:
    s = Session()
    s.run(
        "matrix A = (1,2\\3,4)\nmatrix B = A\nmatrix rownames A = a b\nmatrix colnames A = p:c p:d\n"
        f"matrix rownames B = x y\nmatrix colnames B = r s\nmatrix X = {expression}"
    )
    assert s.rc == 0, s.last_error
    x = s.workspace.matrices["X"]
    assert (" ".join(x.rows), " ".join(x.cols)) == NAMES[expression]


STRIPES = {
    "matrix rownames A = a b": "a b",
    "matrix rownames A = eq:a b": "eq:a b",
    "matrix rownames A = a": "a a",
    "matrix roweq A = one": "one:r1 one:r2",
    "matrix roweq A = one two": "one:r1 two:r2",
    "matrix rownames A = x: y:\nmatrix rownames A = :a :b": "x:a y:b",
    "matrix roweq A = one\nmatrix roweq A = _": "r1 r2",
    'matrix rownames A = "Row one" "Row two"': "Row one Row two",
    "matrix rown A = 1.g c.x#2.g": "1.g c.x#2.g",
}


@pytest.mark.parametrize("lines", STRIPES)
def test_row_and_equation_names(lines: str) -> None:
    s = Session()
    s.run("matrix A = (1\\2)\n" + lines)
    assert " ".join(s.workspace.matrices["A"].rows) == STRIPES[lines]
    s.run("matrix A = (1,2)\n" + lines.replace("row", "col"))
    assert " ".join(s.workspace.matrices["A"].cols) == STRIPES[lines].replace("r1", "c1").replace("r2", "c2")


ERRORS = {
    "matrix X = A*v": (503, "conformability error"),
    "matrix X = A + v": (503, "conformability error"),
    "matrix X = A[3,1]": (503, "conformability error"),
    "matrix X = (1,2\\3)": (503, "conformability error"),
    "matrix X = inv((1,.\\2,3))": (504, "matrix has missing values"),
    "matrix X = cholesky(A)": (505, "matrix not symmetric"),
    "matrix X = invsym(A)": (505, "matrix not symmetric"),
    "matrix X = cholesky((1,2\\2,1))": (506, "matrix not positive definite"),
    "matrix X = corr((0,0\\0,1))": (508, "matrix has zero values"),
    "matrix X = nosuch": (111, "nosuch not found"),
    "matrix list nosuch": (111, "matrix nosuch not found"),
    "matrix drop nosuch": (111, "matrix nosuch not found"),
    "matrix rownames nosuch = a": (111, "matrix nosuch not found"),
    "matrix rownames A = a b c": (503, "conformability error"),
    "matrix A[3,3] = 1": (503, "conformability error"),
    "matrix nosuch[1,1] = 1": (111, "matrix nosuch not found"),
    "matrix X =": (198, "invalid syntax"),
    "matrix rename A v": (110, "v already defined"),
    "matrix list A, nosuch": (198, "option nosuch not allowed"),
    "matrix input X = (1,2\\3)": (503, "conformability error"),
    "matrix svd U w V = v": (503, "conformability error"),
    "matrix symeigen X l = A": (505, "matrix not symmetric"),
    'matrix X = "text"': (198, None),
    "display A*B": (111, "A not found"),
    "display inv(A)": (509, "matrix operators that return matrices not allowed in this context"),
}


@pytest.mark.parametrize("line", ERRORS)
def test_errors(line: str) -> None:
    rc, message = ERRORS[line]
    fails(SETUP + line, rc, message)


def test_elements_are_set_in_place() -> None:
    s = Session()
    s.run(SETUP + 'matrix A[1,2] = 9\nmatrix A["r2",1] = (7,8)\nmatrix define B[1,1] = I(2)')
    np.testing.assert_array_equal(s.workspace.matrices["A"].values, [[1, 9], [7, 8]])
    np.testing.assert_array_equal(s.workspace.matrices["B"].values, np.eye(2))
    assert s.run('di A[1,2] + el(A,2,1) " " A["r1","c2"] " " A[5,5]') == "16 9 .\n"


def test_input_rename_drop_and_the_names_of_scalars() -> None:
    s = Session()
    s.run("matrix input A = (1 2 \\ .a 4)\nmatrix rename A Z\nscalar Q = 1\nmatrix Q = (1)\nmatrix W = (2)")
    assert list(s.workspace.matrices) == ["Z", "Q", "W"] and not s.workspace.scalars
    s.run("matrix drop Z W")
    assert list(s.workspace.matrices) == ["Q"]
    s.run("matrix drop _all")
    assert not s.workspace.matrices


LISTED = {
    "matrix list A": "\nA[2,2]\n    c1  c2\nr1   1   2\nr2   3   4\n",
    "matrix list S": "\nsymmetric S[2,2]\n    c1  c2\nr1   4\nr2   2   3\n",
    "matrix list S, nohalf": "\nS[2,2]\n    c1  c2\nr1   4   2\nr2   2   3\n",
    "matrix list A, noheader noblank": "    c1  c2\nr1   1   2\nr2   3   4\n",
    "matrix list A, nonames": "\nA[2,2]\n  1  2\n  3  4\n",
    "matrix list A, title(My matrix)": "\nA[2,2]:  My matrix\n    c1  c2\nr1   1   2\nr2   3   4\n",
    "matrix list v, format(%6.2f)": "\nv[1,3]\n        c1      c2      c3\nr1    1.00    2.00    3.00\n",
}


@pytest.mark.parametrize("line", LISTED)
def test_list(line: str) -> None:
    s = Session()
    s.run(SETUP)
    out = s.run(line)
    assert [text.rstrip() for text in out.splitlines()] == LISTED[line].splitlines()


def test_list_missing_and_wide() -> None:
    s = Session()
    s.run("matrix A = (.a,.z\\.,1)")
    assert s.run("matrix list A, nodotz").splitlines()[3].rstrip() == "r1  .a"
    s.run("matrix W = J(1,30,0)\nset linesize 40")
    assert [len(line) <= 40 for line in s.run("matrix list W").splitlines()]
    assert s.run("matrix list W").count("r1") == 5  # 7 columns of 5 in 39 characters


# ---------------------------------------------------------------- decompositions


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=9, max_size=9))
def test_decompositions_give_the_matrix_back(numbers: list[int]) -> None:
    rows = [numbers[k : k + 3] for k in (0, 3, 6)]
    text = "\\".join(",".join(map(str, row)) for row in rows)
    s = Session()
    s.run(
        f"matrix A = ({text})\nmatrix S = A*A'\nmatrix svd U w V = A\nmatrix R = U*diag(w)*V'\n"
        "matrix symeigen X l = S\nmatrix Q = X*diag(l)*X'\nmatrix eigenvalues re im = A"
    )
    assert s.rc == 0, s.last_error
    held = {name: matrix.values for name, matrix in s.workspace.matrices.items()}
    np.testing.assert_allclose(held["R"], held["A"], atol=1e-8)
    np.testing.assert_allclose(held["Q"], held["S"], atol=1e-6)
    assert (np.diff(held["l"][0]) <= 1e-9).all()
    assert held["re"].sum() == pytest.approx(np.trace(held["A"]), abs=1e-8)
    assert held["im"].sum() == pytest.approx(0, abs=1e-8)


# ---------------------------------------------------------------- data to matrices and back

DATA = "set obs 5\ngen x = _n\ngen y = x^2\ngen g = 1 + (x > 2)\ngen w = x\nreplace y = . in 5\n"


def test_accum() -> None:
    s = Session()
    assert s.run(DATA + "matrix accum A = x y").endswith("(obs=4)\n")
    x = np.array([[k, k * k, 1.0] for k in range(1, 5)])
    a = s.workspace.matrices["A"]
    np.testing.assert_allclose(a.values, x.T @ x)
    assert a.rows == a.cols == ("x", "y", "_cons") and s.r["N"] == 4
    s.run("matrix accum D = x y, deviations noconstant means(m)")
    centred = x[:, :2] - x[:, :2].mean(axis=0)
    np.testing.assert_allclose(s.workspace.matrices["D"].values, centred.T @ centred)
    np.testing.assert_allclose(s.workspace.matrices["m"].values, [[2.5, 7.5]])
    s.run("matrix accum F = x [fw=w] if x < 4, noconstant")
    assert s.workspace.matrices["F"].values == [[1 * 1 + 2 * 4 + 3 * 9]] and s.r["N"] == 6
    s.run("matrix vecaccum v = y x if x < 4")
    v = s.workspace.matrices["v"]
    assert v.rows == ("y",) and v.cols == ("x", "_cons")
    np.testing.assert_allclose(v.values, [[1 + 8 + 27, 1 + 4 + 9]])


def test_accum_by_groups() -> None:
    s = Session()
    s.run(DATA + "drop in 5\ngen row = _n\nreplace row = _n - 2 if g == 2\nmatrix W = (2,1\\1,3)")
    s.run("matrix glsaccum A = x, group(g) glsmat(W) row(row) noconstant")
    assert s.rc == 0, s.last_error
    w = np.array([[2.0, 1], [1, 3]])
    expected = sum(x @ w @ x for x in (np.array([1.0, 2]), np.array([3.0, 4])))
    assert s.workspace.matrices["A"].values == [[expected]]
    s.run("matrix opaccum B = x, group(g) opvar(y) noconstant")
    assert s.workspace.matrices["B"].values == [[(1 + 8) ** 2 + (27 + 64) ** 2]]


def test_mkmat_svmat_matname() -> None:
    s = Session()
    s.run(
        DATA + 'gen str2 id = "a" + string(x)\nmkmat x y, matrix(M) nomissing rownames(id)\nmkmat y if g == 2'
    )
    m = s.workspace.matrices["M"]
    assert m.rows == ("a1", "a2", "a3", "a4") and m.cols == ("x", "y")
    np.testing.assert_array_equal(m.values[:, 1], [1, 4, 9, 16])
    assert s.workspace.matrices["y"].values.shape == (3, 1) and s.workspace.matrices["y"].rows[0] == "r1"
    out = s.run("clear\nsvmat double M\nsvmat M, names(col)\nsvmat M, names(matcol)\nsvmat M, names(z)")
    assert "Number of observations (_N) was 0, now 4." in out
    assert s.data.names == ["M1", "M2", "x", "y", "Mx", "My", "z1", "z2"]
    assert s.data.column("M1").stype == "double" and s.data.column("x").stype == "float"
    s.run("matname M x _cons, columns(1..2)\nmatname M a b, rows(2..3) explicit")
    assert s.workspace.matrices["M"].cols == ("x", "_cons")
    assert s.workspace.matrices["M"].rows == ("a1", "a", "b", "a4")
    fails("svmat M, names(z)", 110, "variable z1 already defined", session=s)


def test_score() -> None:
    s = Session()
    s.run(DATA + "matrix b = (2, 10, -1)\nmatrix colnames b = x 2.g _cons\nmatrix score double xb = b")
    assert s.rc == 0, s.last_error
    np.testing.assert_allclose(s.data.values("xb"), [1, 3, 15, 17, 19])
    s.run("matrix coleq b = one one two\nmatrix score c = b, eq(two)\nmatrix score d = b if x > 3, eq(#1)")
    np.testing.assert_allclose(s.data.values("c"), [-1] * 5)
    np.testing.assert_allclose(s.data.values("d"), [np.nan] * 3 + [18, 20])
    fails("matrix score e = b, eq(three)", 303, session=s)
