from __future__ import annotations

import pytest

from pystata_hlm.lang.nodes import CommandLine
from pystata_hlm.lang.prefixes import command_word, split, top_level_colon

PREFIXES = {
    "qui": ("quietly", False),
    "quietly": ("quietly", False),
    "n": ("noisily", False),
    "noi": ("noisily", False),
    "cap": ("capture", False),
    "capture": ("capture", False),
    "by": ("by", True),
    "bys": ("bysort", True),
    "bysort": ("bysort", True),
    "xi": ("xi", True),
    "version": ("version", True),
    "bootstrap": ("bootstrap", True),
    "statsby": ("statsby", True),
    "svy": ("svy", True),
    "eststo": ("eststo", True),
}

LINES = {
    "sum x": ([], "sum", " x"),
    "quietly sum x": ([("quietly", "")], "sum", " x"),
    "qui: sum x": ([("quietly", "")], "sum", " x"),
    "cap noi sum x": ([("capture", ""), ("noisily", "")], "sum", " x"),
    "by foreign: summ price": ([("by", "foreign")], "summ", " price"),
    "bys id:gen n=_n": ([("bysort", "id")], "gen", " n=_n"),
    "bysort id (t), rc0: qui gen y:l=1": ([("bysort", "id (t), rc0"), ("quietly", "")], "gen", " y:l=1"),
    "mixed y || id: x": ([], "mixed", " y || id: x"),
    "bootstrap, cluster(id): mixed y || id: x": ([("bootstrap", ", cluster(id)")], "mixed", " y || id: x"),
    "bootstrap b=_b[eq:x], reps(5): reg y x": ([("bootstrap", "b=_b[eq:x], reps(5)")], "reg", " y x"),
    'statsby "a:b": reg y x': ([("statsby", '"a:b"')], "reg", " y x"),
    "xi: reg y i.a*i.b": ([("xi", "")], "reg", " y i.a*i.b"),
    "xi i.a": ([], "xi", " i.a"),
    "version 14: reg y x": ([("version", "14")], "reg", " y x"),
    "version 14": ([], "version", " 14"),
    "svy, subpop(if a): mean x": ([("svy", ", subpop(if a)")], "mean", " x"),
    "eststo m1: mixed y || id: x": ([("eststo", "m1")], "mixed", " y || id: x"),
    "capture": ([("capture", "")], "", ""),
    "  count if x": ([], "count", " if x"),
    'di"x"': ([], "di", '"x"'),
    "list,": ([], "list", ","),
    "sort-x": ([], "sort", "-x"),
    "if(a) di 1": ([], "if", "(a) di 1"),
    "_pctile x": ([], "_pctile", " x"),
    "#delimit ;": ([], "#delimit", " ;"),
    "!dir": ([], "!", "dir"),
    "mata: x=1": ([], "mata", ": x=1"),
    "}": ([], "}", ""),
    "* a comment": ([], "", ""),
    "qui * a comment": ([("quietly", "")], "", ""),
    "": ([], "", ""),
    "by x y": ([], "by", " x y"),
}


@pytest.mark.parametrize(("text", "expected"), LINES.items())
def test_split(text: str, expected: tuple[list[tuple[str, str]], str, str]) -> None:
    prefixes, word, rest = expected
    assert split(text, PREFIXES.get) == CommandLine(tuple(prefixes), word, rest)


@pytest.mark.parametrize(
    ("text", "at"),
    {"a: b": 1, "(a:b): c": 5, '"a:b"': -1, '`"a":"b"\' : c': 10, "x[a:b] c": -1, "": -1}.items(),
)
def test_top_level_colon(text: str, at: int) -> None:
    assert top_level_colon(text) == at


def test_word_and_rest_keep_the_text() -> None:
    for text in LINES:
        word, rest = command_word(text)
        assert text.strip().startswith(word) and text.endswith(rest)
