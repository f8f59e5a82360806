"""#delimit: messages as in Stata logs on the web (``delimiter now ;``, and no blank line after it)."""

from __future__ import annotations

from tests.support import fails, run


def test_semicolons_and_back() -> None:
    log = run("#delimit ;\ndisplay 1\n +2;\n#delimit cr\ndisplay 4")
    assert log.strip().splitlines() == [
        ". #delimit ;",
        "delimiter now ;",
        ". display 1",
        ">  +2;",
        "3",
        "",
        ". #delimit cr",
        "delimiter now cr",
        ". display 4",
        "4",
    ]


def test_something_else_is_an_error() -> None:
    fails("#delimit x", 198)
