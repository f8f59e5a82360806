"""Macros as programs use them: nesting, escapes, evaluation and numbers ([U] 18.3, [P] macro)."""

from __future__ import annotations

import pytest
from support import Session, fails

SETUP = """
local list a b c
local i 2
local x mpg
local x2 second
global g1 one
global g g1
local deferred "\\`x'"
local nested `"he said "hi""'
"""

LINES = {
    "di \"`:word `i' of `list''\"": "b",
    "di \"`: word `=`i'+1' of `list''\"": "c",
    "di \"`=2*`=1+1''\"": "4",
    "di \"``deferred''\"": "",  # the macro called mpg
    "di \"`x'`i'_`x`i''\"": "mpg2_second",
    'di "$g ${g}x $$g"': "g1 g1x one",
    'di "\\$g \\`x\'"': "$g `x'",
    "di \"`deferred' `macval(deferred)'\"": "mpg `x'",
    "di `\"`nested'\"'": 'he said "hi"',
    "di \"`: word count `nested''\"": "3",
    "di \"`i++' `i' `--i' `++i'\"": "2 3 2 3",
    "di \"[`nosuch'$nosuch`r(nosuch)'`e(nosuch)']\"": "[]",
    'di "it\'s $ a`b"': "it's $ a`b",
    "di \"`=1/3' `=.a' `=1e10' `=-.5' `=\"text\"'\"": ".3333333333333333 .a 10000000000 -.5 text",
    "di \"`c(N)' `=c(k)' `c(nosuch)'|\"": "0 0 |",
    'di "$S_level" " " ("$S_DATE" == "`c(current_date)\'")': "95 1",
    'di "`=substr("`x\'", 1, 1)\'"': "m",
}


@pytest.mark.parametrize("line", LINES)
def test_lines(line: str) -> None:
    s = Session()
    s.run(SETUP)
    assert s.run(line) == LINES[line] + "\n", s.last_error


def test_missing_values_keep_their_kind() -> None:
    s = Session()
    s.run("local a = .a\nscalar b = .b\nscalar c = .c + 1\nlocal d = scalar(b)")
    macro = s.executor.macro
    assert (macro("a", "local"), macro("d", "local")) == (".a", ".b")
    assert s.run("di b c b + 1") == ".b..\n"
    assert s.run("scalar list b c") == "         b =         .b\n         c =          .\n"


def test_expression_errors_stop_the_line() -> None:
    fails("local a = nosuch + 1", 111, "nosuch not found")
    fails('di "`=1 +\'"', 198)


def test_a_name_is_a_scalar_or_a_matrix() -> None:
    s = Session()
    s.run("matrix x = (1,2)\nscalar x = 3")
    assert not s.workspace.matrices and s.workspace.scalars == {"x": 3.0}
    s.run("matrix x = (1,2)")
    assert not s.workspace.scalars and list(s.workspace.matrices) == ["x"]
