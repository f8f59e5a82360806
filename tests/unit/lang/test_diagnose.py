"""Messages and return codes of syntax errors. "log": as in Stata logs in public repositories."""

from __future__ import annotations

import pytest

from pystata_hlm.errors import StataError
from pystata_hlm.lang.diagnose import unbalanced
from pystata_hlm.lang.parser import parse

ERRORS = (
    # start, text, return code, message, offending text
    ("standard", "if id = 2", 101, "=exp not allowed", "="),  # log: drop if id = 2
    ("standard", "id == 1", 198, "== invalid name", "=="),  # log: mean id == 1
    ("generate", "60%tax = 1", 198, "60 invalid name", "60"),  # log
    ("generate", "4score=1", 198, "4score invalid name", "4score"),  # log
    ("generate", "price == h", 198, "== invalid name", "=="),  # log
    ("generate", "wage_n", 100, "=exp required", ""),  # log
    ("generate", "fgt0=", 198, "invalid syntax", ""),  # log
    ("standard", "-> shapiro", 198, "- invalid name", "-"),  # log
    ("standard", "*/trying", 198, "/ invalid name", "/"),  # log
    ("display", "'begin_year'", 198, "'begin_year' invalid name", "'begin_year'"),  # log
    ("generate", "y = x z", 198, "invalid 'z' ", "z"),
    ("generate", "y = (x", 132, "too few ')' or ']'", ""),
    ("generate", "y = x)", 132, "too many ')' or ']'", ")"),
    ("generate", "x = 1 if y = 2", 198, "invalid syntax", "="),
    ("standard", 'x, title("a', 132, "too few quotes", '"a'),
    ("standard", 'x, title(`"a"', 132, "too few quotes", '`"a"'),
    ("standard", "x if", 198, "invalid syntax", ""),
    ("standard", "x if y if z", 198, "invalid syntax", None),
    ("expr", "1 +", 198, "invalid syntax", ""),
    ("expr", "1 + * 2", 198, "invalid syntax", "*"),
    ("varlist", "a b 1", 198, "1 invalid name", "1"),
    ("expr", "x" * 33, 198, "x" * 33 + " invalid name", None),
    ("generate", "v = if foreign", 198, "invalid syntax", None),
    ("atspec", "x=(1 a)", 121, "invalid numlist", None),
)


@pytest.mark.parametrize(("start", "text", "rc", "message", "offending"), ERRORS)
def test_errors(start: str, text: str, rc: int, message: str, offending: str | None) -> None:
    with pytest.raises(StataError) as caught:
        parse(start, text)
    assert (caught.value.rc, caught.value.message) == (rc, message)
    if offending is not None:
        assert caught.value.span is not None
        assert text[slice(*caught.value.span)] == offending


@pytest.mark.parametrize(
    ("text", "complaint"),
    {
        "a (b) [c]": None,
        '"(" )': "too many ')' or ']'",
        "((a)": "too few ')' or ']'",
        '"a': "too few quotes",
        '")"': None,
    }.items(),
)
def test_unbalanced(text: str, complaint: str | None) -> None:
    assert unbalanced(text) == complaint
