"""Flow of control: [P] if, [P] foreach, [P] forvalues, [P] while, [P] continue, [P] capture."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

from pystata_hlm.errors import StataError
from pystata_hlm.expr import quick
from pystata_hlm.expr.evaluate import evaluate_scalar
from pystata_hlm.lang.parser import parse, split_condition
from pystata_hlm.lang.shape import parse_line, split_if
from pystata_hlm.lang.source import read_do


def out(text: str) -> list[str]:
    """The output of lines that run together, as in a do-file."""
    session = Session()
    session.executor.run_lines(read_do(text), echo=False)
    return session.text().split("\n")[:-1]


def words(text: str) -> str:
    """The output as one line."""
    return " ".join(out(text))


# ---------------------------------------------------------------- loops

RANGES = {
    "1/4": "1 2 3 4",
    "1 / 4": "1 2 3 4",
    "-1/1": "-1 0 1",
    "4/1": "",
    "1(2)6": "1 3 5",
    "1 (2) 6": "1 3 5",
    "6(-2)1": "6 4 2",
    "1 3 to 7": "1 3 5 7",
    "1 3 : 7": "1 3 5 7",
    "1 3:7": "1 3 5 7",
    "10 8 to 5": "10 8 6",
    "0(.25)1": "0 .25 .5 .75 1",
    "1.5/3.4": "1.5 2.5",
    "1/2.5": "1 2",
    "`a'/`=`a'+1'": "3 4",
    "1e2/101": "100 101",
    "1000000(1000000)3000000": "1000000 2000000 3000000",
}


@pytest.mark.parametrize("range_", RANGES)
def test_forvalues(range_: str) -> None:
    assert words(f'local a 3\nforvalues i = {range_} {{\ndisplay "`i\'"\n}}') == RANGES[range_]


def test_forvalues_adds_the_step() -> None:
    """Statalist 2014: with a step of .1 the last value is missed from 20 to 75, and met before 20 and from 76
    (hence the rounding errors of the additions count, and there is no tolerance)."""
    for stop, reached in ((15, True), (19, True), (20, False), (50, False), (75, False), (76, True)):
        session = Session()
        session.run(f"forvalues i = 0(0.1){stop} {{\nlocal a = round(`i', .01)\n}}")
        assert (float(session.executor.macro("a", "local")) == stop) is reached


@pytest.mark.parametrize("range_", ["", "1", "a/b", "1(0)3", "1/nan", "1 2 3", "1(1", "1/./3"])
def test_forvalues_errors(range_: str) -> None:
    session = Session()
    session.run(f"forvalues i = {range_} {{\ndisplay `i'\n}}")
    assert session.rc == 198


FOREACH = {
    'x in a "b c" d': "a|b c|d|",
    "x in `list'": "p|q|",
    "x in": "",
    "x of local list": "p|q|",
    "x of loc nosuch": "",
    "x of global G": "r|s t|",
    "x of numlist 1/3 7(-2)3": "1|2|3|7|5|3|",
    "x of num .5 1": ".5|1|",
    "x of varlist a*": "a1|a2|",
    "x of varlist a1-b": "a1|a2|b|",
    "x of newlist n1-n3 m": "n1|n2|n3|m|",
    "x of newlist n08-n10": "n08|n09|n10|",
}


@pytest.mark.parametrize("head", FOREACH)
def test_foreach(head: str) -> None:
    setup = (
        'local list p q\nglobal G r "s t"\nquietly set obs 1\nforeach v in a1 a2 b {\ngenerate `v\' = 1\n}\n'
    )
    body = "local seen `\"`seen'`x'|\"'"
    assert words(f'{setup}foreach {head} {{\n{body}\n}}\ndisplay "`seen\'"') == FOREACH[head]


@pytest.mark.parametrize(
    "head, rc",
    [
        ("x of varlist nosuch", 111),
        ("x of newlist 1a", 198),
        ("x of numlist a", 121),
        ("x of local a b", 198),
        ("x of nothing a", 198),
        ("x", 198),
        ("of numlist 1/2", 198),
    ],
)
def test_foreach_errors(head: str, rc: int) -> None:
    session = Session()
    session.run(f"quietly set obs 1\ngenerate y = 1\nforeach {head} {{\n}}")
    assert session.rc == rc


def test_loop_macro_is_gone() -> None:
    assert out('local i 9\nforvalues i = 1/2 {\n}\ndisplay "[`i\']"') == ["[]"]
    assert out('foreach x in a b {\ncontinue, break\n}\ndisplay "[`x\']"') == ["[]"]


def test_body_may_change_the_loop_macro() -> None:
    assert words("forvalues i = 1/3 {\nlocal i = `i' * 10\ndisplay `i'\n}") == "10 20 30"


def test_continue_and_break() -> None:
    assert (
        words("forvalues i = 1/5 {\nif `i' == 2 continue\nif `i' == 4 continue, break\ndisplay `i'\n}")
        == "1 3"
    )
    nested = (
        "forvalues i = 1/2 {\nforvalues j = 1/3 {\nif `j' == 2 {\ncontinue, br\n}\ndisplay \"`i'`j'\"\n}\n}"
    )
    assert words(nested) == "11 21"
    assert words("local i 0\nwhile 1 {\nif `++i' > 3 continue, break\ndisplay `i'\n}") == "1 2 3"
    assert words("foreach x in 1 2 3 {\ncapture {\nif `x' == 2 continue\n}\ndisplay `x'\n}") == "1 3"


def test_continue_outside() -> None:
    fails("continue", 198)
    fails("forvalues i = 1/2 {\n}\nif 1 continue, break", 198)


def test_while() -> None:
    assert words("local i 3\nwhile `i' {\ndisplay `i'\nlocal --i\n}") == "3 2 1"
    fails("while 1 display 1", 100, "{ required")
    fails("forvalues i = 1/2 display 1", 100, "{ required")


# ---------------------------------------------------------------- if

BRANCHES = {
    "if {0} {{\ndi 1\n}}\nelse {{\ndi 2\n}}": ("1", "2"),
    "if {0} di 1\nelse di 2": ("1", "2"),
    "if {0} {{\ndi 1\n}}\nelse if 0 {{\ndi 2\n}}\nelse if 1 {{\ndi 3\n}}\nelse {{\ndi 4\n}}": ("1", "3"),
    "if {0} di 1\nelse if 0 di 2\nelse di 3": ("1", "3"),
    "if {0} {{\ndi 1\n}}\n* comment\n\nelse {{\ndi 2\n}}": ("1", "2"),
    "if {0} di 1\nelse {{\ndi 2\n}}": ("1", "2"),
    "if {0} if 1 di 1\ndi 2": ("1 2", "2"),
    "if {0} quietly di 1\nelse noisily di 2": ("", "2"),
    "if({0}){{\ndi 1\n}}": ("1", ""),
}
CONDITIONS = (
    "1",
    "1 == 1",
    "`a' == 3 & `a' > 2",
    "-1",
    ".",
    '"`s\'" == "a b"',
    "mod(`a', 2)",
    "!0",
    "s0 == 5",
)


@pytest.mark.parametrize("form", BRANCHES)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_if(form: str, condition: str) -> None:
    setup = "local a 3\nlocal s a b\nscalar s0 = 5\n"
    yes, no = BRANCHES[form]
    assert words(setup + form.format(condition)) == yes
    assert words(setup + form.format(f"!({condition})" if condition != "." else "0")) == no


def test_if_in_a_loop_sees_changes() -> None:
    """A line taken apart once must not remember what its macros held."""
    body = "if `i' > 2 local s `s' big`i'\nelse local s `s' small`i'"
    assert words(f'forvalues i = 1/4 {{\n{body}\n}}\ndi "`s\'"') == "small1 small2 big3 big4"
    changing = "foreach c in 1 0 .5 x -1 2 {\nif `c' > 0 di \"`c'\"\n}"
    assert words("scalar x = 7\n" + changing) == "1 .5 x 2"
    assert words('foreach c in "1 &" "0 &" "0 |" {\nif `c\' 1 di "`c\'"\n}') == "1 & 0 |"


def test_macros_of_a_branch_not_taken() -> None:
    """[P] if: single-line forms expand their macros whether or not they are run; blocks do not."""
    assert words("local i 1\nif 0 di `++i'\nelse di `++i'\ndi `i'") == "3 3"
    assert words("local i 1\nif 0 {\ndi `++i'\n}\ndi `i'") == "1"


def test_if_errors() -> None:
    fails('if "a" di 1', 109, "type mismatch")
    fails("else di 1", 198)
    fails("if nosuch == 1 di 1", 111, "nosuch not found")


# ---------------------------------------------------------------- capture, quietly


def test_capture() -> None:
    assert words("capture error 459\ndi _rc\ncapture\ndi _rc") == "459 0"
    assert words("capture noisily display nosuch\ndi _rc") == "nosuch not found 111"
    assert words("capture {\nlocal x 5\n}\ndi `x'") == "5"
    assert words('forvalues i = 1/2 {\ncapture confirm number `i\'x\nif _rc di "no"\n}') == "no no"


def test_bare_braces() -> None:
    assert words("{\ndi 1\n{\ndi 2\n}\n}") == "1 2"


# ---------------------------------------------------------------- quick expressions agree with the evaluator

_LEAVES = st.one_of(
    st.integers(0, 300).map(str),
    st.floats(0, 1e6, allow_nan=False).map(lambda x: f"{x:.6g}"),
    st.sampled_from(
        ["a", "b", "r(N)", "e(ll)", '"x"', '"`y"', '"a b"', ".", ".a", "1e300", "0", "nosuch", "t"]
    ),
)


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "==", "!=", "<", "<=", ">", ">=", "&", "|"])
    functions = st.sampled_from(["abs", "ceil", "exp", "floor", "int", "ln", "sqrt"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        st.tuples(inner, operators, inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        st.tuples(functions, inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, inner).map(lambda t: f"mod({t[0]},{t[1]})"),
        inner.map(lambda t: f"-{t}"),
        inner.map(lambda t: f"!({t})"),
    )


EXPRESSIONS = st.recursive(_LEAVES, _combine, max_leaves=5)


def _outcome(run: object) -> object:
    try:
        found = run()  # type: ignore[operator]
    except StataError as error:
        return (error.rc, error.message)
    return "missing" if found != found else found


SESSION = Session()
SESSION.run('scalar a = 2.5\nscalar b = -3\nscalar t = "text"\nquietly set obs 3\nquietly count')


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_quick_agrees(text: str) -> None:
    executor = SESSION.executor
    expected = _outcome(lambda: evaluate_scalar(parse("expr", text), executor.env()))
    assert _outcome(lambda: quick.value(text, executor)) == expected
    assert _outcome(lambda: quick.value(text, executor)) == expected  # the shape is known now


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS, st.data())
def test_lines_agree(text: str, data: st.DataObject) -> None:
    """Numbers replaced by macros: the prepared line gives what the expanded text gives."""
    executor = SESSION.executor
    pieces = text.split(" ")
    for k, piece in enumerate(pieces):
        if piece.isdigit() and data.draw(st.booleans()):
            executor.frame.locals[f"m{k}"] = data.draw(
                st.sampled_from([piece, "-2", "1.5", "a", "3 + 4", ""])
            )
            pieces[k] = f"`m{k}'"
    line = " ".join(pieces)
    compute = quick.line(line)
    expected = _outcome(lambda: quick.value(executor.expand(line), executor))
    assert _outcome(lambda: compute(executor)) == expected


SPLITS = [
    "5>3 local y = 5",
    '"a b"=="a b" & 4<5 di "x" 3',
    "x==1 replace y=2 in 3",
    "(4==5) di 1",
    "5 > 3",
    '1 di `"a "b" c"\'',
]


@pytest.mark.parametrize("text", SPLITS)
def test_split_if(text: str) -> None:
    for _ in range(2):
        assert split_if(text) == split_condition(text)


LINES = [
    ("standard", "x y if g=={} in {}/{}"),
    ("standard", 'x if inlist(z,{},{}), detail sep({}) title("a {} b")'),
    ("generate", "x = y*{} + {}.5 if z>{}"),
    ("generate", 's = "v{}" + string({})'),
    ("display", '"a {} b" x+{} _col({}) %9.2f {}'),
    ("assertion", "x=={} if y<{}"),
    ("egen", "m = mean(x+{}) if g=={}, by(a)"),
]


@pytest.mark.parametrize("start, form", LINES)
def test_parse_line(start: str, form: str) -> None:
    def shown(node: object) -> str:
        import re

        return re.sub(r"(start|end)=\d+", "", repr(node))

    for values in (
        ("1", "2", "3", "4"),
        ("7", "007", "10", "9"),
        ("123456789", "0", "5", "6"),
        ("734003001", "1", "2", "3"),
    ):
        text = form.format(*values)
        assert shown(parse_line(start, text)) == shown(parse(start, text))


def test_blocks_are_shown_as_they_run() -> None:
    """if, else and ``capture noisily {``: prompt, command, its output, no empty lines; a branch not taken is shown
    too. Read off public logs (see ``lang.echo``)."""
    text = 'if 1 {\n  display "in"\n  if 0 {\n    display 1\n  }\n  else {\n    display 2\n  }\n}\nelse {\n  display "out"\n}\n'
    s = Session()
    assert s.run(text, echo=True) == (
        '\n. if 1 {\n.   display "in"\nin\n.   if 0 {\n.     display 1\n.   }\n.   else {\n.     display 2\n2\n.   }\n. }\n'
        '\n. else {\n.   display "out"\n. }\n'
    )
    assert (
        s.run('capture noisily {\n  display "a"\n}\n', echo=True)
        == '\n. capture noisily {\n.   display "a"\na\n. }\n'
    )
    assert s.run('quietly {\n  display "a"\n}\n', echo=True) == "\n. quietly {\n"
