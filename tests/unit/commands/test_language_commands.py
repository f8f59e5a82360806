"""display, macros, scalars, temporary names, do-files, settings and the like."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from support import Session, case, compare_case, cut, example, fails, needs_shared, run_case


@needs_shared
@pytest.mark.parametrize(
    "name", ["lang_local_global_macros", "lang_capture_rc_errors", "lang_return_ereturn_list"]
)
def test_case(name: str) -> None:
    compare_case(name)


# ---------------------------------------------------------------- display

DISPLAYED = {
    "display 2/3": ".66666667",
    "di 1/3*3": "1",
    "di -1/3": "-.33333333",
    "di 1e10": "1.000e+10",
    "di 123456789": "1.235e+08",
    "di 12345678": "12345678",
    "di .": ".",
    "di .a": ".a",
    'di "a" 1 "b"': "a1b",
    'di "a", 1, "b"': "a 1 b",
    "di %9.2f 3.14159": "     3.14",
    "di %-9.2f 3.14159 1": "3.14     1",
    "di %12.0gc 1234567": "   1,234,567",
    "di %td 0": "01jan1960",
    'di %10s "abc"': "       abc",
    'di %-6s "abc" "|"': "abc   |",
    'di "x" _col(5) "y"': "x   y",
    'di "x" _column(1) "y"': "xy",
    'di "x" _skip(3) "y"': "x   y",
    'di _dup(3) "ab"': "ababab",
    'di "a" _newline "b"': "a\nb",
    'di "a" _n(2) "b"': "a\n\nb",
    "di _char(65)": "A",
    'di as text "a" as result 1 in red "b" as error 2': "a1b2",
    'di "{hline 5}{c |}{bf:bold} {ralign 6:ab}"': "-----|bold     ab",
    'di "{txt}{space 2}{col 6}x"': "     x",
    'di `"a "quoted" word"\'': 'a "quoted" word',
    "di 1 == 1 & 2 > 3": "0",
    'di strupper("abc") + "d"': "ABCd",
    "di": "",
}


@pytest.mark.parametrize("line", DISPLAYED)
def test_display(line: str) -> None:
    """Values as in the Stata manuals; %10.0g is the default format ([P] display)."""
    assert Session().run(line) == DISPLAYED[line] + "\n"


def test_display_continue_keeps_the_column() -> None:
    s = Session()
    assert s.run('di "ab" _continue\ndi _col(6) "c"\ndi _col(3) "d"') == "ab   c\n  d\n"


def test_display_wraps_at_the_line_size() -> None:
    out = Session().run('set linesize 40\ndi "' + "x" * 50 + '"')
    assert out == "x" * 39 + "\n> " + "x" * 11 + "\n"


def test_display_first_observation() -> None:
    assert Session().run("set obs 3\ngen x = _n + 4\ndi x").splitlines()[-1] == "5"


def test_display_errors() -> None:
    fails("display nosuch", 111, "nosuch not found")
    fails("display %9s 3", 109, "type mismatch")


# ---------------------------------------------------------------- macros

MACROS = {
    "local a 1 + 2": "1 + 2",
    "local a = 1 + 2": "3",
    'local a "1 + 2"': "1 + 2",
    "local a = 1/3": ".3333333333333333",
    'local a = "x" + "y"': "xy",
    "local a : word 2 of p q r": "q",
    "local a : word count p q r": "3",
    "local a : display %5.1f 2.26": "  2.3",
    'local a `"say "hi""\'': 'say "hi"',
    "local a": "",
}


@pytest.mark.parametrize("line", MACROS)
def test_local(line: str) -> None:
    s = Session()
    s.run(line)
    assert s.rc == 0
    assert s.executor.macro("a", "local") == MACROS[line]


def test_increments_nesting_and_globals() -> None:
    s = Session()
    s.run('local i = 1\nlocal ++i\nlocal --i\nlocal ++i\nlocal x2 yes\nglobal g`i\' "a b"')
    assert s.run("di \"`x`i'' ${g2} ${g`i'}\"") == "yes a b a b\n"
    assert s.workspace.globals == {"g2": "a b"}


def test_macro_list_drop_shift() -> None:
    s = Session()
    s.run("global one 1\nglobal two 2\nlocal here 3\ntokenize a b c")
    listed = s.run("macro list")
    assert "two:            2\n" in listed
    assert "_here:          3\n" in listed
    s.run("macro shift")
    assert (s.executor.macro("1", "local"), s.executor.macro("*", "local")) == ("b", "b c")
    s.run("macro drop o*")
    assert list(s.workspace.globals) == ["two"]
    s.run("macro drop _all")
    assert not s.workspace.globals


def test_tokenize_parse() -> None:
    s = Session()
    s.run('tokenize "a,b c", parse(",")')
    assert [s.executor.macro(str(k), "local") for k in (1, 2, 3, 4)] == ["a", ",", "b c", ""]


def test_scalars() -> None:
    s = Session()
    s.run('scalar x = 3\nscalar define root = sqrt(2)\nscalar s = "hello"')
    assert (
        s.run("scalar list x root s")
        == "         x =          3\n      root =  1.4142136\n         s = hello\n"
    )
    assert s.run("di x + 1") == "4\n"
    s.run("scalar drop x")
    assert set(s.workspace.scalars) == {"root", "s"}
    fails("scalar drop nosuch", 111, "nosuch not found")


def test_temporary_objects_end_with_their_do_file(tmp_path: Path) -> None:
    (tmp_path / "t.do").write_text(
        "tempvar v w\ntempname m\ntempfile f\ngen `v' = 1\nscalar `m' = 2\nglobal seen `v' `m'\nglobal file `f'\n"
        "save `f'\n"
    )
    s = Session(cwd=tmp_path)
    s.run("set obs 2\ngen keepme = 1\nrun t.do")
    assert s.rc == 0
    assert s.data.names == ["keepme"]
    assert not s.workspace.scalars
    first, second = s.workspace.globals["seen"].split()
    assert re.fullmatch(r"__[0-9A-Z]{6}", first) and first != second
    assert not Path(s.workspace.globals["file"]).exists()


# ---------------------------------------------------------------- do-files


def test_do_has_its_own_locals_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "in.do").write_text("display \"[`1'] [`2'] [`x']\"\nlocal x inner\nglobal args `0'\n")
    s = Session(cwd=tmp_path)
    out = s.run('local x outer\ndo in.do one "two words"\ndi "`x\'"')
    assert "[one] [two words] []" in out
    assert out.splitlines()[-1] == "outer"
    assert s.workspace.globals["args"] == 'one "two words"'
    s.run("include in")
    assert s.executor.macro("x", "local") == "inner"


def test_run_is_silent_and_exit_stops_a_do_file(tmp_path: Path) -> None:
    (tmp_path / "a.do").write_text("global a 1\nexit\nglobal a 2\n")
    s = Session(cwd=tmp_path)
    assert s.run("run a") == ""
    assert s.workspace.globals["a"] == "1"


def test_errors_go_up_through_nested_do_files(tmp_path: Path) -> None:
    (tmp_path / "inner.do").write_text("global reached 1\nlist nosuch\nglobal reached 2\n")
    (tmp_path / "outer.do").write_text("do inner\nglobal reached 3\n")
    s = Session(cwd=tmp_path)
    out = s.run("do outer")
    assert s.rc == 111
    assert s.workspace.globals["reached"] == "1"
    assert out.count("no variables defined") + out.count("variable nosuch not found") == 1
    assert out.count("end of do-file") == 2
    assert out.count("r(111);") == 3
    assert s.run("capture do outer\ndi _rc") == "111\n"


def test_exit_with_a_code_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "a.do").write_text("exit 9\n")
    s = Session(cwd=tmp_path)
    s.run("do a")
    assert s.rc == 9
    fails("do nosuch", 601, "file nosuch.do not found")


# ---------------------------------------------------------------- settings


def test_set() -> None:
    s = Session()
    s.run(
        "set more off\nset linesize 100\nset level 90\nset type double\nset varabbrev off\nset cformat %6.3f"
    )
    s.run("set release 15\nset rng kiss32\nset seed 5\nset graphics off\nset iterlog off")
    assert s.rc == 0
    found = s.workspace.settings
    assert (found.linesize, found.level, found.type, found.varabbrev) == (100, 90, "double", False)
    assert (found.cformat, found.release, found.graphics, found.iterlog) == ("%6.3f", 15, False, False)
    assert s.workspace.rng.kind == "kiss32"
    assert s.run("set obs 1000").startswith("number of observations (_N) was 0, now 1,000")


def test_seed_as_the_random_numbers_file_has_it() -> None:
    """../shared/reference/random-numbers.md: first runiform() after set seed 12345."""
    s = Session()
    s.run("set seed 12345\nscalar u = runiform()")
    assert s.workspace.scalars["u"] == pytest.approx(0.357629722888425872, abs=1e-16)
    s.run("local state = c(rngstate)\nscalar a = runiform()\nset rngstate `state'\nscalar b = runiform()")
    assert s.workspace.scalars["a"] == s.workspace.scalars["b"]


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("set linesize 10", 198),
        ("set level 5", 198),
        ("set nosuch 3", 198),
        ("set more maybe", 198),
        ("set seed -1", 198),
        ("set cformat %20.3f", 198),
        ("set cformat nonsense", 120),
        ("set scheme nosuch", 111),
        ("set trace maybe", 198),
        ("set release 12", 198),
    ],
)
def test_set_errors(line: str, rc: int) -> None:
    s = fails(line, rc)
    assert s.workspace.settings == Session().workspace.settings


# ---------------------------------------------------------------- checks


def test_assert() -> None:
    s = Session()
    s.run("set obs 4\ngen x = _n\nassert x < 5\nassert x < 3 in 1/2\nassert 1 == 1")
    assert s.rc == 0
    out = s.run("assert x < 3")
    assert out == "2 contradictions in 4 observations\nassertion is false\nr(9);\n"


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("confirm variable x", 0),
        ("confirm numeric variable x", 0),
        ("confirm string variable x", 7),
        ("confirm variable nosuch", 111),
        ("confirm new variable y", 0),
        ("confirm new variable x", 110),
        ("confirm file nosuch.dta", 601),
        ("confirm new file nosuch.dta", 0),
        ("confirm number 3.5", 0),
        ("confirm number abc", 7),
        ("confirm integer number 3", 0),
        ("confirm integer number 3.5", 7),
        ("confirm scalar nosuch", 111),
        ("confirm matrix nosuch", 111),
        ("confirm names a b", 0),
        ("confirm exact variable x", 198),
        ("confirm variable xx, exact", 111),
    ],
)
def test_confirm(line: str, rc: int) -> None:
    s = Session()
    s.run("set obs 2\ngen x = 1")
    s.run(line)
    assert s.rc == rc, s.last_error


def test_error_command() -> None:
    assert Session().run("error 2001") == "insufficient observations\nr(2001);\n"
    assert Session().run("capture error 459\ndi _rc") == "459\n"


def test_version() -> None:
    assert Session().run("version 13\nversion 16.1") == ""
    assert Session(17).run("version") == "version 17.0\n"
    fails("version 99", 9)
    assert Session().run("version 14: di 3") == "3\n"


def test_cd_and_pwd(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    s = Session(cwd=tmp_path)
    assert s.run("cd sub") == f"{tmp_path / 'sub'}\n"
    assert s.run("pwd") == f"{tmp_path / 'sub'}\n"
    fails("cd nosuchfolder", 170)


def test_timer() -> None:
    s = Session()
    s.run("timer on 1\nsleep 20\ntimer off 1")
    out = s.run("timer list")
    assert re.fullmatch(r"   1: +0\.\d\d / +1 = +0\.\d{4}\n", out)
    assert s.r["t1"] >= 0.02
    s.run("timer clear")
    assert s.run("timer list") == ""


# ---------------------------------------------------------------- stored results


def test_return_list_sections() -> None:
    s = Session()
    s.run("set obs 5\ngen x = _n\ngen y = _n^2\nquietly correlate x y")
    assert s.run("return list") == (
        "\nscalars:\n"
        "                  r(N) =  5\n"
        "                r(rho) =  .9811049102515929\n"
        "\nmatrices:\n"
        "                  r(C) :  2 x 2\n"
    )


def test_empty_lists_and_unknown_subcommands() -> None:
    assert Session().run("return list") == ""
    assert Session().run("ereturn list") == ""
    fails("return nosuch", 198)


# ---------------------------------------------------------------- logs


def test_log_has_what_follows(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run("log using out.log, text", echo=True)
    s.run("di 1 + 1\nquietly di 5\nlog off\ndi 7\nlog on\ndi 8\nlog close", echo=True)
    text = (tmp_path / "out.log").read_text()
    assert text.splitlines()[1:4] == [
        "      name:  <unnamed>",
        f"       log:  {tmp_path / 'out.log'}"[:79],
        *(
            [f"> {str(tmp_path / 'out.log')[66:]}"]
            if len(str(tmp_path / "out.log")) > 66
            else ["  log type:  text"]
        ),
    ]
    assert "\n. di 1 + 1\n2\n" in text
    assert "\n7\n" not in text
    assert "\n8\n" in text
    assert " closed on:  " in text
    assert "nothing" not in s.run("log query")


def test_log_errors(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("old\n")
    s = Session(cwd=tmp_path)
    s.run("log close")
    assert s.rc == 606
    s.run("log using a")
    assert s.rc == 0
    s.run("log using b")
    assert s.rc == 604
    s.run("log close\nlog using a.log")
    assert s.rc == 602
    s.run("log using a.log, append\nlog close")
    assert (tmp_path / "a.log").read_text().startswith("old\n---")


# ---------------------------------------------------------------- help


def test_search_finds_mrunning() -> None:
    """The notes search for mrunning."""
    out = Session().run("search mrunning")
    assert "Keywords:  mrunning" in out
    assert re.search(r"^Help    mrunning[ .]+ \w+", out, re.MULTILINE)


def test_search_without_a_hit() -> None:
    assert "(nothing found)" in Session().run("search qqqzzz")


def test_help_shows_syntax_and_options() -> None:
    out = Session().run("help su")
    assert "su[mmarize]" in out
    assert "sep[arator](#)" in out
    fails("help stcox", 111)


def test_unknown_and_lacking_commands() -> None:
    assert Session().run("xtgls y x") == "command xtgls not yet supported\nr(199);\n"
    assert Session().run("zzyzx") == "command zzyzx is unrecognized\nr(199);\n"


# ---------------------------------------------------------------- matrices


@needs_shared
def test_matrix_list_case() -> None:
    """Stata's optimiser stops at the 5th to 7th digit, so the figures are compared as numbers."""
    log, _ = run_case(found := case("mixed_egm_3level_null"))
    ours, theirs = ({p.key: p.output for p in cut(text)} for text in (log, found.expected))
    key = "mat list e(b) // to get names"
    assert ours[key][:3] == theirs[key][:3]
    assert len(ours[key][3]) == len(theirs[key][3])
    numbers = [[float(word) for word in out[key][3].split()[1:]] for out in (ours, theirs)]
    assert numbers[0] == pytest.approx(numbers[1], rel=2e-5)
    key = "display v3/(v3 + v2 + v1), (v2 + v3)/(v3 + v2 + v1)"
    shares = [[float(word) for word in out[key][0].split()] for out in (ours, theirs)]
    assert shares[0] == pytest.approx(shares[1], rel=2e-5)


MATRICES = {
    "(1,2\\3,4)": [[1, 2], [3, 4]],
    "(1,2\\3,4)'": [[1, 3], [2, 4]],
    "(1,2\\3,4)*(1\\1)": [[3], [7]],
    "2*(1,2) - (1,1)": [[1, 3]],
    "inv((2,0\\0,4))": [[0.5, 0], [0, 0.25]],
    "invsym((2,2\\2,2))": [[0.5, 0], [0, 0]],
    "I(2)": [[1, 0], [0, 1]],
    "J(1,3,7)": [[7, 7, 7]],
    "diag((1,2))": [[1, 0], [0, 2]],
    "vecdiag((1,2\\3,4))": [[1, 4]],
    "cholesky((4,2\\2,2))": [[2, 0], [1, 1]],
    "(sqrt(9), trace(I(3)))": [[3, 3]],
    "nullmat(nosuch), (1,2)": [[1, 2]],
}


@pytest.mark.parametrize("text", MATRICES)
def test_matrix_expressions(text: str) -> None:
    s = Session()
    s.run(f"matrix A = {text}")
    assert s.rc == 0, s.last_error
    np.testing.assert_allclose(s.workspace.matrices["A"].values, MATRICES[text])


def test_matrix_names_subscripts_and_assignment() -> None:
    s = Session()
    s.run("matrix A = (1,2,3\\4,5,6)\nmatrix rownames A = a b\nmatrix colnames A = x y z")
    assert s.workspace.matrices["A"].cols == ("x", "y", "z")
    s.run('matrix B = A[2,2...]\nmatrix C = A["a","z"]\nmatrix A[1,1] = 9')
    assert s.workspace.matrices["B"].values.tolist() == [[5, 6]]
    assert s.workspace.matrices["B"].cols == ("y", "z")
    assert s.workspace.matrices["C"].values.tolist() == [[3]]
    assert s.run("di A[1,1]") == "9\n"
    s.run("matrix D = A \\ (0,0,0)")
    assert s.workspace.matrices["D"].rows == ("a", "b", "r1")


def test_matrix_list_symmetric() -> None:
    s = Session()
    s.run("matrix S = (2,1\\1,3)")
    assert s.run("matrix list S") == ("\nsymmetric S[2,2]\n    c1  c2\nr1   2\nr2   1   3\n")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("matrix list nosuch", 111),
        ("matrix A = (1,2\\3)", 503),
        ("matrix A = (1,2)*(1,2)", 503),
        ("matrix A = inv((1,1\\1,1))", 506),
        ("matrix A = (1,2", 198),
        ("matrix drop nosuch", 111),
    ],
)
def test_matrix_errors(line: str, rc: int) -> None:
    fails(line, rc)


@needs_shared
def test_e_of_b_keeps_its_names() -> None:
    s = Session()
    s.run(f"use {example('auto.dta')}\nquietly regress price mpg i.foreign\nmatrix A = e(b)")
    assert s.workspace.matrices["A"].cols == ("mpg", "0b.foreign", "1.foreign", "_cons")
