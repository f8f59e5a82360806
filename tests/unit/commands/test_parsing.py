"""gettoken and tokenize: [P] gettoken, [P] tokenize."""

from __future__ import annotations

import pytest
from support import Session, fails

from pystata_hlm.commands._tokens import all_tokens, next_token

TOKENS = {
    # (text, parse(), bind, match): token, rest
    ("this is what", " ", False, False): ("this", " is what"),
    ("  this is", " ", False, False): ("this", " is"),
    ('"a b" c', " ", False, False): ("a b", " c"),
    ('`"a "b" c"\' d', " ", False, False): ('a "b" c', " d"),
    ("a,b c", ", ", False, False): ("a", ",b c"),
    (",b c", ", ", False, False): (",", "b c"),
    ("a b,c", ",", False, False): ("a b", ",c"),
    (" a b,c", ",", False, False): (" a b", ",c"),
    ("y=x+1", "=", False, False): ("y", "=x+1"),
    ("(2+3)/2", " ", False, True): ("2+3", "/2"),
    ("(a (b c) d) e", " ", False, True): ("a (b c) d", " e"),
    ("(a b) c", " ", False, False): ("(a", " b) c"),
    ("f(a b) c", " ", True, False): ("f(a b)", " c"),
    ("x[1, 2] c", " ,", True, False): ("x[1, 2]", " c"),
    ("f(a b) c", " ", False, False): ("f(a", " b) c"),
    ("(a", " ", False, True): ("(a", ""),
    ('"a', " ", False, False): ('"a', ""),
}


@pytest.mark.parametrize("case", TOKENS, ids=str)
def test_next_token(case: tuple[str, str, bool, bool]) -> None:
    text, separators, bind, match = case
    token = next_token(text, separators, bind=bind, match=match)
    assert token is not None
    assert (token.text, token.rest) == TOKENS[case]


def test_no_token() -> None:
    assert next_token("", " ") is None
    assert next_token("   ", " ") is None
    assert all_tokens("") == []


def display(text: str) -> str:
    session = Session()
    log = session.run(text)
    assert session.rc == 0, log
    return log.rstrip("\n")


def test_gettoken() -> None:
    head = 'local 0 `""a b" (c d), e"\'\n'
    assert display(head + "gettoken first rest : 0\ndi `\"`first'|`rest'\"'") == "a b| (c d), e"
    assert display(head + "gettoken first rest : 0, quotes qed(q)\ndi `\"`first'|`q'\"'") == '"a b"|1'
    more = 'gettoken first 0 : 0\ngettoken second 0 : 0, match(par) parse(" ,")\n'
    assert display(head + more + "di `\"`second'|`par'|`0'\"'") == "c d|(|, e"
    assert display(head + "gettoken (global) G (local) x : (local) 0\ndi `\"$G|`x'\"'") == "a b| (c d), e"


def test_gettoken_lookahead_keeps_the_source() -> None:
    assert display("local 0 a b\ngettoken t : 0\ndi \"`t'|`0'\"") == "a|a b"


def test_gettoken_at_the_end() -> None:
    assert display("local x a\ngettoken t x : x\ngettoken t x : x\ndi \"[`t'][`x']\"") == "[][]"


@pytest.mark.parametrize("line", ["gettoken", "gettoken a b", "gettoken a : ", "gettoken a b c : d"])
def test_gettoken_errors(line: str) -> None:
    fails(line, 198, "invalid syntax")


TOKENIZED = {
    "some  words": "some|words|||some words",
    '"a b" c': "a b|c|||a b c",
    '"some words"': "some|words|||some words",
    'a+b c, parse("+")': "a|+|b c||a + b c",
    'a+ b, parse(" +")': "a|+|b||a + b",
    ', parse(",")': "||||",
}


@pytest.mark.parametrize("typed", TOKENIZED)
def test_tokenize(typed: str) -> None:
    text = f"local 1 old\nlocal 4 old\ntokenize {typed}\ndi \"`1'|`2'|`3'|`4'|`*'\""
    assert display(text) == TOKENIZED[typed]
