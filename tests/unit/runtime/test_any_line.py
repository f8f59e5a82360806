"""Whatever is typed, the answer is output or a Stata error with a code: no other exception, and the session goes on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session

DATA = """clear
set obs 6
generate x = _n
generate y = mod(_n*7, 5)
generate byte g = mod(_n, 2)
generate str5 s = "a"
label define lab 0 "z" 1 "o"
label values g lab
global G x
matrix A = (1,2\\3,4)
sort g
quietly regress y x
quietly summarize x"""

COMMANDS = """local global scalar matrix gettoken tokenize macro confirm display assert generate replace egen numlist unab
tsunab fvunab levelsof ds label format recode rename collapse merge frame estimates test lincom constraint svmat mkmat
file fvexpand fvrevar tsrevar program return ereturn summarize tabulate list sort gsort encode decode destring expand
split duplicates drop keep order char notes tempvar mark markout preserve restore type dir creturn statsby xi by
reshape regress mixed predict margins""".split()  # noqa: SIM905

ATOMS = """x y g s lab nosuch 1 -3 . .a 1e400 "a" "é" "" ( ) [ ] { } , = == + * / ^ & | ! ~ # ## i.g c.x L.x L.L.x _n _N
_all x-g x* 1/3 1(1)5 if in using detail %9.2f td(1jan2020) mean(x) ln(x) r(mean) e(b) _b[x] A A[1,1] J(2,2,.) : || \\
`x' $G `r(mean)' x=y =x (mean) byte str5 local varlist vce(robust) define list store x[ "open `"half 1b.g ibn.g @ ? ~x
"o":lab "q":nolab gen(z) by(g) replace""".split()  # noqa: SIM905

PREFIXES = [
    "",
    "",
    "",
    "quietly ",
    "by g: ",
    "bysort g (x): ",
    "capture ",
    "version 12: ",
    "xi: ",
    "nobreak ",
    "by g, rc0: ",
]


def line(rng: random.Random) -> str:
    words = [rng.choice(ATOMS) for _ in range(rng.randint(0, 6))]
    return f"{rng.choice(PREFIXES)}{rng.choice(COMMANDS)} {' '.join(words)}"


@pytest.mark.parametrize("seed", range(4))
def test_words_at_random(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    for _ in range(6):
        session = Session(cwd=tmp_path)
        session.run(DATA)
        for _ in range(25):
            typed = line(rng)
            session.run(typed)
            assert session.rc == 0 or session.last_error is not None, typed


@given(st.binary(max_size=80))
@settings(max_examples=150, deadline=None)
def test_bytes_at_random(raw: bytes) -> None:
    session = Session()
    folder = session.workspace.cwd
    text = raw.decode("latin-1")
    session.run(text.replace("!", " ").replace("shell", ""))  # no commands of the operating system
    assert session.rc >= 0 and session.workspace.cwd == folder


def test_no_such_home(tmp_path: Path) -> None:
    session = Session(cwd=tmp_path)
    session.run("type ~nosuchuser/x")
    assert session.rc == 601
    session.run("dir ~nosuchuser")
    session.run('assert fileexists("~nosuchuser/x") == 0')
    assert session.rc == 0
