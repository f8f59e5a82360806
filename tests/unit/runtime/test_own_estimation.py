"""Programs of a user's own that estimate and predict, or bear the name of a prefix; else at the prompt; errors in macros."""

import numpy as np
import pytest
from support import Session, fails

from pystata_hlm.lang.source import read_do

MYREG = """sysuse hsb
program myreg, eclass
syntax varlist [if] [in]
tempname b V
quietly regress `varlist' `if' `in'
matrix `b' = e(b)
matrix `V' = e(V)
ereturn post `b' `V'
ereturn local cmd "myreg"
end
program myreg_p
syntax newvarname [if] [in] [, TWICE]
tempvar xb
matrix score double `xb' = e(b) `if' `in'
if "`twice'" != "" replace `xb' = 2*`xb'
generate `typlist' `varlist' = `xb'
end
myreg mathach ses
"""


def fitted() -> Session:
    s = Session()
    s.run(MYREG)
    assert s.rc == 0
    return s


def test_predict_by_the_program_that_e_predict_names():
    s = fitted()
    s.run("ereturn local predict myreg_p\npredict double p, twice\npredict q if female")
    assert s.rc == 0
    b = s.e["b"][0]
    assert s.data.column("p").stype == "double"
    assert np.allclose(s.data.values("p"), 2 * (b[0] * s.data.values("ses") + b[1]))
    assert np.isnan(s.data.values("q")).sum() == 3390
    fails("predict z, foo", 198, "option foo not allowed", session=s)


def test_linear_prediction_without_e_predict():
    s = fitted()
    assert "(option xb assumed; fitted values)" in s.run("predict p")
    s.run("predict double se, stdp\nquietly regress mathach ses\npredict r\npredict double t, stdp")
    assert np.array_equal(s.data.values("p"), s.data.values("r"))
    assert np.allclose(s.data.values("se"), s.data.values("t"), rtol=1e-12)
    fails("myreg mathach ses\npredict z, residuals", 198, "option residuals not yet supported", session=s)


def test_program_named_like_a_prefix():
    s = Session()
    s.run('program simulate\ndisplay "mine `0\'"\nend')
    assert s.run("simulate mean=r(mean), reps(3): sum x") == "mine mean=r(mean), reps(3): sum x\n"
    assert s.run("noisily simulate x: y") == "mine x: y\n"
    assert s.run("quietly simulate x: y") == ""
    s.run('program quietly\ndisplay "never"\nend')
    assert s.run("quietly display 1") == ""


@pytest.mark.parametrize(
    ("chunks", "out"),
    [
        (["if 0 {\ndisplay 1\n}", "", "else if 0 {\ndisplay 2\n}", "else {\ndisplay 3\n}"], "3\n"),
        (["if 1 display 5", "else display 6"], "5\n"),
        (["if 0 display 5", "* remark", "else display 6"], "6\n"),
    ],
)
def test_else_typed_after_its_if(chunks: list[str], out: str):
    s = Session()
    for chunk in chunks:
        assert s.executor.run_typed(read_do(chunk, "<stdin>")) == 0
    assert s.text() == out


@pytest.mark.parametrize(
    "before", [[], ["if 1 display 1", "display 2"], ["if 1 display 1", "else display 2"]]
)
def test_else_without_an_if(before: list[str]):
    s = Session()
    for chunk in before:
        s.executor.run_typed(read_do(chunk, "<stdin>"))
    assert s.executor.run_typed(read_do("else display 3", "<stdin>")) == 198


def test_capture_takes_errors_of_macro_expansion():
    s = Session()
    out = s.run(
        "capture display `=1+'\ndisplay _rc\ncapture noisily display \"`: type nosuch'\"\ndisplay _rc"
    )
    assert out == "198\nvariable nosuch not found\n111\n"
    fails("quietly display `=nosuch'", 111, "nosuch not found")


def test_what_is_no_name_is_no_command():
    fails("}", 199, "} is not a valid command name")
    fails("3", 199, "3 is not a valid command name")
    fails("nosuchcmd", 199, "command nosuchcmd is unrecognized")
