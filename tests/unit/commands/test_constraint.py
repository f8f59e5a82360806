"""constraint: the sequence of [R] constraint, and the matrix of constraints that estimation commands ask for."""

import numpy as np
import pytest
from support import Session, fails

from pystata_hlm.commands._constraints import rows
from pystata_hlm.errors import StataError


def test_define_list_drop():
    s = Session()
    out = s.run("constraint 2 [Indemnity]2.site = 0\ncons de 10 price=weight\nconstraint list")
    assert out == "     2:  [Indemnity]2.site = 0\n    10:  price=weight\n"
    s.run("constraint get 2")
    assert (s.r["defined"], s.r["contents"]) == (1, "[Indemnity]2.site = 0")
    s.run("constraint get 3")
    assert s.r["defined"] == 0
    s.run("constraint free")
    assert s.r["free"] == "1"
    s.run("constraint drop 1, 10-11")
    assert list(s.workspace.constraints) == [2]
    s.run("constraint drop _all\nconstraint dir")
    assert s.workspace.constraints == {}


@pytest.mark.parametrize(
    ("line", "rc"),
    [("constraint 2000 x=0", 198), ("constraint foo", 198), ("constraint drop", 198), ("constraint", 198)],
)
def test_errors(line: str, rc: int):
    fails(line, rc)


ONE = ("x", "z", "w", "_cons")
TWO = ("a:x", "a:z", "a:_cons", "b:x", "b:z", "b:_cons")


@pytest.mark.parametrize(
    ("text", "names", "matrix", "values"),
    [
        ("x = z", ONE, [[1, -1, 0, 0]], [0]),
        ("x + 2*z = 4", ONE, [[1, 2, 0, 0]], [4]),
        ("w", ONE, [[0, 0, 1, 0]], [0]),
        ("x w", ONE, [[1, 0, 0, 0], [0, 0, 1, 0]], [0, 0]),
        ("_b[x] = 1 - _b[_cons]", ONE, [[1, 0, 0, 1]], [1]),
        ("[a]: x", TWO, [[1, 0, 0, 0, 0, 0]], [0]),
        ("[a=b]: x _cons", TWO, [[1, 0, 0, -1, 0, 0], [0, 0, 1, 0, 0, -1]], [0, 0]),
        ("[a]x = [b]z", TWO, [[1, 0, 0, 0, -1, 0]], [0]),
        ("[a]", TWO, [[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], [0, 0]),
    ],
)
def test_matrix(text: str, names: tuple[str, ...], matrix: list[list[float]], values: list[float]):
    s = Session()
    s.run(f"constraint 1 {text}")
    found = rows([1], names, s.executor.context)
    assert np.array_equal(found.matrix, matrix)
    assert np.array_equal(found.values, values)
    assert found.stored(names).cols[-1] == "_Cns:_r"


def test_dropped_and_contradictory():
    s = Session()
    s.run("constraint 1 x = z\nconstraint 2 z = x\nconstraint 3 nosuch = 1\nconstraint 4 x - z = 1")
    found = rows([1, 2, 3], ONE, s.executor.context)
    assert found.matrix.shape == (1, 4)
    assert [number for number, _ in found.dropped] == [2, 3]
    with pytest.raises(StataError) as error:
        rows([1, 4], ONE, s.executor.context)
    assert error.value.rc == 412


def test_ereturn_post_takes_the_constraint_matrix():
    s = Session()
    s.run(
        "matrix b = 1, 2\nmatrix colnames b = x _cons\nmatrix V = I(2)\nmatrix colnames V = x _cons\n"
        "matrix rownames V = x _cons\nmatrix C = 1, 0, 1\nereturn post b V C"
    )
    assert s.rc == 0
    assert s.e["Cns"].tolist() == [[1, 0, 1]]
    assert s.e["properties"] == "b V"
