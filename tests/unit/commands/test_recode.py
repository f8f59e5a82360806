"""recode: rules, labels, notes. The rules are those of [D] recode."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, fails

SETUP = "set obs 6\ngenerate x = _n\nreplace x = . in 5\nreplace x = .a in 6\n"


def result(command: str, name: str = "x") -> list[float | None]:
    session = Session()
    session.run(SETUP)
    session.run(command)
    assert session.rc == 0, session.text()
    return [None if np.isnan(v) else float(v) for v in session.data.values(name)]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("1=10", [10, 2, 3, 4, None, None]),
        ("1 2=10 3=30", [10, 10, 30, 4, None, None]),
        ("1/3=0", [0, 0, 0, 4, None, None]),
        ("min/2=0 3/max=1", [0, 0, 1, 1, None, None]),
        ("(min/2=0) (else=9)", [0, 0, 9, 9, 9, 9]),
        ("(1=2) (2=3) (3=1)", [2, 3, 1, 4, None, None]),
        ("(missing=0)", [1, 2, 3, 4, 0, 0]),
        ("(nonmissing=0)", [0, 0, 0, 0, None, None]),
        ("(.=7)", [1, 2, 3, 4, 7, None]),
        ("(.a=7)", [1, 2, 3, 4, None, 7]),
        ("(1/4=.)", [None] * 6),
        ("(1/2=1) (2/4=2)", [1, 1, 2, 2, None, None]),
        ("(*=5)", [5] * 6),
        ("1=-1 2=1.5", [-1, 1.5, 3, 4, None, None]),
    ],
)
def test_rules(rules: str, expected: list[float | None]) -> None:
    assert result(f"recode x {rules}") == expected


def test_if_and_copyrest() -> None:
    assert result("recode x (1/4=0) if _n < 3, generate(y)", "y") == [0, 0, None, None, None, None]
    assert result("recode x (1/4=0) if _n < 3, generate(y) copyrest", "y") == [0, 0, 3, 4, None, None]


def test_notes_by_release() -> None:
    session = Session(release=18)
    assert session.run(SETUP + "recode x 1/2=0").splitlines()[-1] == "(2 changes made to x)"
    session = Session(release=16)
    assert session.run(SETUP + "recode x 1/2=0").splitlines()[-1] == "(x: 2 changes made)"


def test_labels_and_generated_variable() -> None:
    session = Session()
    session.run(SETUP + 'label variable x "The x"\n')
    out = session.run('recode x (1/2=1 "low values") (3/4=2 high), generate(y) label(yl)')
    assert out == "(3 differences between x and y)\n"
    column = session.data.column("y")
    assert (column.label, column.value_label) == ("RECODE of x (The x)", "yl")
    assert dict(session.data.value_labels["yl"].items()) == {1: "low values", 2: "high"}


def test_errors() -> None:
    fails(SETUP + 'generate str1 s = "a"\nrecode s (1=2)', 109)
    fails(SETUP + "recode x (1=2), generate(x)", 110, "variable x already defined")
    fails(SETUP + "recode x (a=2)", 198)
    fails(SETUP + 'recode x (1=2 "lab")', 198)
    fails(SETUP + "recode (1=2)", 100)
