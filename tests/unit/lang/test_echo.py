"""The echo of do-file lines, as in printed Stata logs (the reference cases, and logs on the web)."""

from __future__ import annotations

from pathlib import Path

import pytest

from pystata_hlm.lang.echo import echo, echo_close, echo_open, style
from pystata_hlm.lang.source import decode, read_do


def test_echo_in_logs_of_the_cases() -> None:
    """Every command of the reference logs is echoed as the log shows it (trailing blanks are no evidence)."""
    cases = Path(__file__).resolve().parents[4] / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("reference cases are not here")
    checked = 0
    for path in sorted(cases.glob("*/case.do")):
        log = [
            line.rstrip() for line in (path.parent / "expected.txt").read_text(encoding="utf-8").split("\n")
        ]
        for line in read_do(decode(path.read_bytes())):
            shown = [text.rstrip() for text in echo(line)]
            if len(shown) > 1 and shown[0] in log:
                at = log.index(shown[0])
                assert log[at : at + len(shown)] == shown
                checked += 1
    assert checked >= 8


def test_echo_of_blocks() -> None:
    """As in logs on the web: a number after each command, a plain prompt after a blank or comment line."""
    source = "while `j'<=100{\n\nuse a,clear\n  \n /* note */\nquietly sample 10\nif 1 {\ndi 1 ///\n 2\n}\n}"
    (line,) = read_do(source)
    assert echo(line) == (
        ". while `j'<=100{",
        "  2. ",
        ". use a,clear",
        "  3.   ",
        ".  /* note */",
        ". quietly sample 10",
        "  4. if 1 {",
        "  5. di 1 ///",
        ">  2",
        "  6. }",
        "  7. }",
    )


def test_echo_of_programs() -> None:
    (line,) = read_do("program f\n di 1\nend")
    assert echo(line) == (". program f", "  1.  di 1", "  2. end")


def test_echo_of_branches() -> None:
    """As in a log on the web: a branch is shown line by line, also one that is not taken."""
    first, second = read_do(
        "if _rc != 0 {\n    confirm variable Q6\n    if _rc == 0 {\n        di 1\n    }\n}\nelse {\n\n}"
    )
    assert echo(first) == (
        ". if _rc != 0 {",
        ".     confirm variable Q6",
        ".     if _rc == 0 {",
        ".         di 1",
        ".     }",
        ". }",
    )
    assert (echo_open(first), echo_close(first)) == ((". if _rc != 0 {",), (". }",))
    assert echo(second) == (". else {", ". ", ". }")


STYLES = {
    "foreach x in a {": "numbered",
    "forv i=1/3 {": "numbered",
    "qui while 1 {": "numbered",
    "program f": "numbered",
    "input x": "numbered",
    "if 1 {": "plain",
    "else if 1 {": "plain",
    "{": "plain",
    "noisily {": "plain",
    "cap n {": "plain",
    "qui {": "silent",
    "capture: {": "silent",
    "sum x": "plain",
}


@pytest.mark.parametrize(("text", "expected"), STYLES.items())
def test_style(text: str, expected: str) -> None:
    assert style(read_do(text)[0]) == expected


def test_silent_blocks_show_their_first_line() -> None:
    (line,) = read_do("quietly {\n sum x\n}")
    assert echo(line) == (". quietly {",)
    assert echo_close(line) == ()
