"""for: the old loop, and prefixes on top of one another."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def s() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


def test_variables(s: Session) -> None:
    out = s.run("for var rep78 headroom: quietly replace X = 9 if X==. \\ generate zX = X")
    assert out.startswith("\n->  quietly replace rep78 = 9 if rep78==.\n")
    assert "\n->  generate zheadroom = headroom\n" in out
    assert (s.data.values("zrep78") == 9).sum() == 5


def test_parallel_lists(s: Session) -> None:
    s.run("for new q1-q3 \\ num 10(10)30, noheader: generate X = Y")
    assert [s.data.values(f"q{k}")[0] for k in (1, 2, 3)] == [10, 20, 30]


def test_named_letter_and_words(s: Session) -> None:
    assert s.run('for @ in any a "b c", noheader: display "@"') == "a\nb c\n"
    assert s.run("for num 1/2, dryrun: display X") == "\n->  display 1\n\n->  display 2\n"


def test_what_ran_before_an_error_stays(s: Session) -> None:
    s.run("for any y nosuch z: generate aX = 1 \\ replace X = 1", stop=False)
    assert s.rc == 111 and "ay" in s.data and "anosuch" not in s.data
    s.run("for any nosuch mpg, nostop: replace X = 1")
    assert s.rc == 0 and (s.data.values("mpg") == 1).all()


def test_errors(s: Session) -> None:
    fails("for foo 1/2: display X", 198, session=s)
    fails("for var mpg price \\ num 1/3: display X", 198, session=s)
    fails("for new mpg: generate X = 1", 110, session=s)
    fails("for var nosuch: display X", 111, session=s)


def test_stacks_of_prefixes(s: Session) -> None:
    s.run("sort foreign")
    out = s.run("by foreign: quietly noisily summarize mpg")
    assert out.count("Variable") == 2
    assert s.run("by foreign: noisily quietly summarize mpg").count("Variable") == 0
    out = s.run("by foreign: capture noisily summarize nosuch")
    assert s.rc == 0 and s.workspace.rc == 111 and "variable nosuch not found" in out
    assert s.run("by foreign: capture summarize mpg") == ""
    fails("by foreign: xi: regress mpg i.rep78", 190, "xi may not be combined with by", session=s)
    assert np.isfinite(s.data.values("mpg")).all()


@pytest.mark.parametrize(
    "line", ["svy: regress mpg weight", "mi estimate: regress mpg weight", "collect: ttest mpg"]
)
def test_prefixes_not_yet_supported(s: Session, line: str) -> None:
    fails(line, 199, f"command {line.split()[0].rstrip(':')} not yet supported", session=s)
