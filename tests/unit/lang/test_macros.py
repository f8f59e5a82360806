"""Macro expansion: the forms of [P] macro and [U] 18.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.errors import StataError
from pystata_hlm.lang.macros import expand


class Env:
    """Macros of a small world; expressions are Python's."""

    def __init__(self) -> None:
        self.local = {
            "x": "mpg",
            "i": "1",
            "a1": "first",
            "v": "x",
            "vars": "a b c",
            "0": "y, detail",
            "1": "y",
            "*": "y x",
            "deferred": "\\`x'",
            "inner": "`x'",
            "dollar": "\\$g",
            "quoted": 'say "hi"',
            "loop": "`loop'",
        }
        self.glob = {"g": "global", "g1": "one", "mpg": "M", "h": "g", "path": "C:\\data", "S_1": "s"}

    def macro(self, name: str, scope: str) -> str:
        return (self.local if scope == "local" else self.glob).get(name, "")

    def set_macro(self, name: str, scope: str, text: str) -> None:
        self.local[name] = text

    def evaluate(self, text: str) -> str:
        return str(eval(text))

    def extended(self, text: str) -> str:
        return f"<{text}>"

    def stored_text(self, klass: str, name: str) -> str:
        return {"r(mean)": "21.3", "e(cmd)": "regress"}.get(f"{klass}({name})", "")


FORMS = {
    "`x'": "mpg",
    "gen `x'2 = `x'^2": "gen mpg2 = mpg^2",
    "`undefined'|": "|",
    "`a`i''": "first",
    "``v''": "mpg",
    "`0' `1' `*'": "y, detail y y x",
    "$g ${g} $undefined|": "global global |",
    "${g`i'} $g`i'": "one global1",
    "$`x' $$h": "M global",
    "$path\\x.dta $S_1": "C:\\data\\x.dta s",
    "$5 $ a$": "$5 $ a$",
    "`=1+`i''": "2",
    "`=2*3'x": "6x",
    "`: var label `x''": "<var label mpg>",
    "`:type x'": "<type x>",
    "`++i' `i'": "2 2",
    "`i++' `i'": "1 2",
    "`--i' `i--' `i'": "0 0 -1",
    "`macval(inner)'": "`x'",
    "`inner'": "mpg",
    "`deferred'": "`x'",
    "`dollar'": "$g",
    "`r(mean)' `e(cmd)' `r(none)'|": "21.3 regress |",
    "\\`x' \\$g": "`x' $g",
    '"data\\`x\'.dta"': '"data`x\'.dta"',
    "c:\\\\`x' a\\b \\\\server": "c:\\mpg a\\b \\\\server",
    '`"say "`x\'""\'': '`"say "mpg""\'',
    "`\"`quoted'\"'": '`"say "hi""\'',
    "`: word count `\"a b\"''": '<word count `"a b"\'>',
    "it`s open": "it`s open",
    "it`s `x'": "it`s mpg",
    "don't": "don't",
    "\"`x'\", '`x''": "\"mpg\", 'mpg'",
    "${g": "${g",
    "": "",
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items())
def test_forms(text: str, expected: str) -> None:
    assert expand(text, Env()) == expected


def test_a_macro_that_holds_itself_is_an_error() -> None:
    with pytest.raises(StataError) as caught:
        expand("`loop'", Env())
    assert caught.value.rc == 920


@given(st.text())
def test_text_without_marks_is_left_alone(text: str) -> None:
    text = text.replace("`", "").replace("$", "")
    assert expand(text, Env()) == text


@given(st.text("`'$\"{}x_i=: +\\()", max_size=20).filter(lambda t: "=" not in t))
def test_any_text_expands(text: str) -> None:
    assert isinstance(expand(text, Env()), str)


@given(st.lists(st.sampled_from(["a", "`x'", "$g", "${h}", " ", "`undefined'", '`"q"\'']), max_size=8))
def test_expansion_works_piece_by_piece(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert expand(text, Env()) == " ".join(expand(piece, Env()) for piece in pieces)
