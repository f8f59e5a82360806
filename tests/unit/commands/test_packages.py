"""ssc, net, findit: answered from our own index; what an unknown command may have been meant to be."""

from __future__ import annotations

import pytest
from support import Session

from pystata_hlm.runtime import community, registry


@pytest.mark.parametrize(
    ("line", "rc", "said"),
    [
        ("ssc install mrunning", 0, "provided by pystata_hlm"),
        ("ssc install mrunning, replace all", 0, "nothing to install"),
        ("ssc install spmap, replace", 601, "package spmap is not available in pystata_hlm"),
        ("ssc install nosuchpackage", 601, '"nosuchpackage" not found'),
        ("ssc desc spmap", 0, "package spmap: not available"),
        ("ssc describe nosuchpackage", 601, "not found"),
        ("ssc hot", 199, "not yet supported"),
        ("ssc nosuch x", 198, "invalid"),
        ("ssc install spmap, nosuch", 198, "option nosuch not allowed"),
        ("ssc", 198, "invalid syntax"),
        ('net install mrunning, from("http://example.org/x") replace', 0, "provided by pystata_hlm"),
        ("net install spmap", 601, "not available"),
        ("net from http://example.org", 677, "does not connect"),
        ("net nosuch", 198, "invalid"),
        ("net install spmap, nosuch", 198, "option nosuch not allowed"),
        ("findit mrunning", 0, "package mrunning: provided"),
        ("search spmap", 0, "package spmap: not available"),
        ("help spmap", 111, "community-contributed"),
    ],
)
def test_answers(line: str, rc: int, said: str) -> None:
    session = Session()
    out = session.run(line)
    assert said in out
    assert session.rc == rc


def test_capture_goes_on() -> None:
    assert "601\n" in Session().run("capture ssc install spmap\ndisplay _rc")


@pytest.mark.parametrize(
    ("word", "note"),
    [
        ("summarise", "(did you mean summarize?)"),
        ("regresss", "(did you mean regress?)"),
        ("xtregg", "(did you mean xtreg?)"),
        ("esttab", "(community-contributed, package estout: not available in pystata_hlm)"),
        ("zzyzx", ""),
    ],
)
def test_a_note_after_the_official_message(word: str, note: str) -> None:
    if registry.find(word) is not None:
        pytest.skip(f"{word} is a command now")
    lines = Session().run(f"{word} a b").splitlines()
    assert lines == [f"command {word} is unrecognized", *([note] if note else []), "r(199);"]


def test_the_index_has_no_package_twice() -> None:
    names = [name for commands in community.packages().values() for name in commands]
    assert len(names) == len(set(names))


def test_parse_errors_point_at_the_column() -> None:
    session = Session()
    assert session.run("clear\nset obs 1\ngen x = 1 +* 2").splitlines()[-2:] == ["invalid syntax", "r(198);"]
    assert session.run("set parseerror on\ngen x = 1 +* 2").splitlines()[-4:] == [
        "invalid syntax",
        "     x = 1 +* 2",
        "            ^",
        "r(198);",
    ]
    assert session.run("set parseerror off\ngen x = 1 +* 2").splitlines()[-2:] == [
        "invalid syntax",
        "r(198);",
    ]


def test_old_colours_of_display() -> None:
    assert Session().run('display in ye "a" in gr 1 in r "b" as inp 2') == "a1b2\n"


def test_prefixes_before_words_of_flow() -> None:
    text = """
quietly foreach v in a b {
noisily display "`v'"
}
capture noisily if 1 == 2 {
display "no"
}
else {
display "else"
}
quietly if 1 noisily display "one line"
capture forvalues i = 1/2 {
error 111
}
display _rc
"""
    assert Session().run(text).split() == ["a", "b", "else", "one", "line", "111"]
