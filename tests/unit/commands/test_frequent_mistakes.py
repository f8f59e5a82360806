"""Frequent mistakes and Stata's answer: message and return code as printed in [P] error, in the manuals' remarks, on
stata.com's FAQs and in logs on Statalist. Data, results and macros must be as before the mistake."""

from __future__ import annotations

import pytest
from support import Session

DATA = """clear
input str8 make price mpg byte foreign rep
AMC 4099 22 0 3
Buick 5788 18 0 3
Audi 6295 23 1 5
BMW 9735 25 1 4
VW 5899 18 0 .
end
label define origin 0 "Domestic" 1 "Foreign"
label values foreign origin
"""

CASES = [
    # names
    ("summarize nosuch", 111, "variable nosuch not found"),
    ("regress price nosuch", 111, "variable nosuch not found"),
    ("generate x = nosuch + 1", 111, "nosuch not found"),
    ("generate price = 1", 110, "variable price already defined"),
    ("generate 1x = 1", 198, "1x invalid name"),
    ("egen price = mean(mpg)", 110, "variable price already defined"),
    ("replace nosuch = 1", 111, "variable nosuch not found"),
    ("drop nosuch", 111, "variable nosuch not found"),
    ("keep nosuch", 111, "variable nosuch not found"),
    ("rename nosuch x", 111, "variable nosuch not found"),
    ("rename price mpg", 110, "variable mpg already defined"),
    ("sort nosuch", 111, "variable nosuch not found"),
    ("order nosuch", 111, "variable nosuch not found"),
    ("display nosuch", 111, "nosuch not found"),
    ("scalar y = nosuch", 111, "nosuch not found"),
    ("local x = nosuch", 111, "nosuch not found"),
    ("matrix list nosuch", 111, "matrix nosuch not found"),
    ("confirm variable nosuch", 111, "variable nosuch not found"),
    ("label values nosuch origin", 111, "variable nosuch not found"),
    ("label define origin 5 x", 110, "value label origin already defined"),
    ("collapse price, by(nosuch)", 111, "variable nosuch not found"),
    ("mixed price mpg || nosuch:", 111, "variable nosuch not found"),
    # types
    ("generate x = make + 1", 109, "type mismatch"),
    ('generate x = price + "a"', 109, "type mismatch"),
    ("replace make = 1", 109, "type mismatch"),
    ('replace price = "a"', 109, "type mismatch"),
    ('summarize price if foreign == "Domestic"', 109, "type mismatch"),
    ("summarize price if make == 1", 109, "type mismatch"),
    ("encode price, generate(x)", 107, "not possible with numeric variable"),
    ("decode make, generate(x)", 107, "not possible with string variable"),
    # syntax
    ("generate x = (1+2", 132, "too few ')' or ']'"),
    ("display )", 132, "too many ')' or ']'"),
    ("generate x = 1 +", 198, "invalid syntax"),
    ("generate x = nofunc(1)", 133, "unknown function nofunc()"),
    ("generate x = ln(1,2)", 198, "invalid syntax"),
    ("generate x", 100, "=exp required"),
    ("replace price", 100, "=exp required"),
    ("summarize price if", 198, "invalid syntax"),
    ("summarize price if mpg = 20", 101, "=exp not allowed"),
    ("summarize price in 100", 198, "observation numbers out of range"),
    ("summarize price in 5/2", 198, "observation numbers out of range"),
    ("summarize price, foo", 198, "option foo not allowed"),
    ("summarize price detail", 111, "variable detail not found"),
    ("tabulate mpg foreign price", 103, "too many variables specified"),
    ("sort", 100, "varlist required"),
    ("drop", 198, "invalid syntax"),
    ("nosuchcmd price", 199, "command nosuchcmd is unrecognized"),
    ("}", 199, "} is not a valid command name"),
    ("foreach v in a b", 100, "{ required"),
    ("error 198", 198, "invalid syntax"),
    ("egen x = nofun(price)", 133, "unknown egen function nofun()"),
    ("format price %foo", 120, "invalid %format"),
    ("matrix A = (1,2\\3)", 503, "conformability error"),
    # data
    ("by rep: generate n = _n", 5, "not sorted"),
    ("isid rep", 459, "variable rep should never be missing"),
    ("isid foreign", 459, "variable foreign does not uniquely identify the observations"),
    ("assert price > 5000", 9, None),
    ("duplicates drop foreign", 198, "option force required when duplicates drop is given a varlist"),
    ("destring make", 198, "must specify either generate or replace option"),
    ("tostring price", 198, "must specify either generate or replace option"),
    ("merge 1:1 make using nosuchfile", 601, "file nosuchfile.dta not found"),
    ("append using nosuchfile", 601, "file nosuchfile.dta not found"),
    ("append", 100, "using required"),
    ("use nosuchfile, clear", 601, "file nosuchfile.dta not found"),
    ("use nosuchfile", 4, "no; dataset in memory has changed since last saved"),
    ("restore", 622, "nothing to restore"),
    ("do nosuch.do", 601, "file nosuch.do not found"),
    ("log close", 606, "no log file open"),
    ("generate x = L.price", 111, "time variable not set"),
    ("xtreg price mpg, fe", 459, "must specify panelvar; use xtset"),
    # estimation
    ("regress make price", 109, None),
    ("regress price mpg if foreign == 5", 2000, "no observations"),
    ("regress", 301, "last estimates not found"),
    ("predict x", 301, "last estimates not found"),
    ("test price", 301, "last estimates not found"),
    ("lincom price", 301, "last estimates not found"),
    ("estimates store a", 301, "last estimates not found"),
    ("estimates restore nosuch", 111, "estimation result nosuch not found"),
    ("regress price mpg [fw=mpg/7]", 401, "may not use noninteger frequency weights"),
    ("regress price mpg [fw=-1]", 402, "negative weights encountered"),
    ("regress price mpg, vce(foo)", 198, "vcetype 'foo' not allowed"),
    ("regress price mpg, cluster", 198, "option cluster() incorrectly specified"),
    ("ttest price", 100, "by() option required"),
    ("ttest price, by(rep)", 420, "more than 2 groups found, only 2 allowed"),
    ("mixed make mpg || rep:", 109, None),
]


@pytest.mark.parametrize(("line", "rc", "message"), CASES, ids=[case[0] for case in CASES])
def test_mistake(line: str, rc: int, message: str | None) -> None:
    session = Session()
    session.run(DATA + "scalar kept = 5\nlocal kept k\nquietly summarize price")
    before = {name: session.data.column(name) for name in session.data.names}
    mean = session.r["mean"]
    session.run(line)
    assert session.rc == rc, session.text()[-300:]
    if message is not None:
        assert session.last_error is not None and session.last_error.message.splitlines()[0] == message
    assert {name: session.data.column(name) for name in session.data.names} == before
    assert session.r["mean"] == mean
    session.run('assert scalar(kept) == 5 & "`kept\'" == "k" & _N == 5')
    assert session.rc == 0


def test_there_are_eighty() -> None:
    assert len(CASES) >= 80
