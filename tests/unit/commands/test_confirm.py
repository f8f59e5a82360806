"""confirm in all its forms: [P] confirm."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Session

SETUP = """quietly set obs 2
generate price = 1
generate int rank = 1
generate str5 make = "a"
scalar sc = 1
matrix m = (1)
"""

FORMS = {
    # what is confirmed: return code
    "existence x": 0,
    "existence": 6,
    "number 5": 0,
    "number -1.5e3": 0,
    "number 5x": 7,
    "number": 7,
    "integer number 5": 0,
    "integer number 5.5": 7,
    "integer 5": 198,
    "names a b_1": 0,
    "names 1a": 7,
    "scalar sc": 0,
    "scalar nosuch": 111,
    "matrix m": 0,
    "matrix nosuch": 111,
    "format %9.2f": 0,
    "format 9.2f": 7,
    "numeric format %9.2f": 0,
    "numeric format %9s": 7,
    "string format %9s": 0,
    "date format %td": 0,
    "date format %9.0g": 7,
    "variable price make": 0,
    "v price": 0,
    "var pri": 0,
    "variable pri, exact": 111,
    "variable p*": 0,
    "variable nosuch": 111,
    "numeric variable price": 0,
    "numeric variable make": 7,
    "string variable make": 0,
    "string variable price": 7,
    "str5 variable make": 0,
    "str6 variable make": 7,
    "float variable price": 0,
    "int variable rank": 0,
    "byte variable rank": 7,
    "new variable a b": 0,
    "new variable price": 110,
    "new var 1a": 7,
    "file here.txt": 0,
    'file "with, comma.txt"': 0,
    "file nosuch.txt": 601,
    "new file nosuch.txt": 0,
    "new file here.txt": 602,
    "variable price, foo": 198,
    "": 198,
    "nonsense price": 198,
}


@pytest.mark.parametrize("form", FORMS)
def test_return_code(form: str, tmp_path: Path) -> None:
    (tmp_path / "here.txt").write_text("x")
    (tmp_path / "with, comma.txt").write_text("x")
    session = Session(cwd=tmp_path)
    session.run(SETUP)
    session.run(f"confirm {form}")
    assert session.rc == FORMS[form]


MESSAGES = {
    "number abc": "'abc' found where number expected",
    "integer number 1.5": "'1.5' found where integer expected",
    "numeric variable make": "'make' found where numeric variable expected",
    "existence": "nothing found where something expected",
    "matrix nosuch": "matrix nosuch not found",
    "variable nosuch": "variable nosuch not found",
    "new variable price": "variable price already defined",
}


@pytest.mark.parametrize("form", MESSAGES)
def test_message(form: str) -> None:
    session = Session()
    session.run(SETUP)
    session.run(f"confirm {form}")
    assert session.last_error is not None
    assert session.last_error.message == MESSAGES[form]
