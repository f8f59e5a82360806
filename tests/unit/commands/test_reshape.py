"""reshape: round trips, the advanced syntax, what it says about problem observations ([D] reshape)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, fails

WIDE = """clear
input id sex inc80 inc81 inc82 ue80 ue81 ue82
1 0 5000 5500 6000 0 1 0
2 1 2000 2200 3300 1 0 0
3 0 3000 2000 1000 0 0 1
end
"""
LONG = WIDE + "quietly reshape long inc ue, i(id) j(year)\n"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=6, unique=True),
    st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True),
    st.integers(0, 1000),
)
def test_long_then_wide_is_the_identity(ids: list[int], times: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-50, 50, (len(ids), len(times)))
    text = f"clear\nset obs {len(ids)}\ngen id = .\ngen z = .\n"
    text += "".join(
        f"replace id = {v} in {k + 1}\nreplace z = {v * v} in {k + 1}\n" for k, v in enumerate(ids)
    )
    for j, t in enumerate(times):
        text += f'gen x{t} = .\nformat x{t} %9.2f\nlabel variable x{t} "at {t}"\n'
        text += "".join(f"replace x{t} = {values[i, j]} in {i + 1}\n" for i in range(len(ids)))
    s = Session()
    s.run(text + "reshape long x, i(id) j(t)\nreshape wide")
    assert s.rc == 0, s.text()[-300:]
    order = np.argsort(ids)
    for j, t in enumerate(times):
        np.testing.assert_array_equal(s.data.values(f"x{t}"), values[order, j])
        assert s.data.column(f"x{t}").format == "%9.2f"
    np.testing.assert_array_equal(s.data.values("z"), np.array(ids)[order] ** 2)


def test_several_i_and_string_j() -> None:
    s = Session()
    s.run(
        "clear\ninput g h str5 who x\n1 1 ann 5\n1 1 bob 6\n1 2 ann 7\n2 1 bob 8\nend\n"
        "reshape wide x, i(g h) j(who) string\n"
    )
    assert s.data.names == ["g", "h", "xann", "xbob"]
    np.testing.assert_array_equal(s.data.values("xbob"), [6, np.nan, 8])
    s.run("reshape long")
    assert s.data.n == 6
    assert s.data.column("who").stype == "str3"
    assert s.data.column("who").data.tolist() == [b"ann", b"bob"] * 3


def test_values_of_j_may_be_chosen() -> None:
    s = Session()
    s.run(WIDE + "keep id inc*\nreshape long inc, i(id) j(year 80 82)")
    assert s.data.names == ["id", "year", "inc", "inc81"]
    assert s.data.values("year").tolist() == [80, 82] * 3
    s.run("reshape wide inc, i(id) j(year 82)")
    assert s.data.names == ["id", "inc82", "inc81"]


def test_rows_added_in_between_are_not_lost() -> None:
    s = Session()
    s.run(
        LONG
        + "set obs 10\nreplace id = 1 in 10\nreplace year = 83 in 10\nreplace sex = 0 in 10\nreshape wide"
    )
    assert "inc83" in s.data
    assert s.data.n == 3


def test_advanced_syntax() -> None:
    s = Session()
    s.run(WIDE + "reshape i id\nreshape j year\nreshape xij inc@r ue, atwl(_)\nreshape xi sex")
    assert s.rc == 0
    s.run("rename inc# inc#r\nreshape long")
    assert s.rc == 0
    assert s.data.names == ["id", "year", "inc_r", "ue", "sex"]
    assert s.data.data_chars["ReS_i"] == "id"
    log = s.run("reshape query")
    assert "reshape xij inc@r ue, atwl(_)" in log
    s.run("reshape wide")
    assert s.data.names[:3] == ["id", "inc80r", "ue80"]
    s.run("reshape clear")
    assert not [name for name in s.data.data_chars if name.startswith("ReS")]
    fails("reshape long", 111, "data have not been reshaped yet", session=s)


def test_error_of_repeated_j() -> None:
    """The message of [D] reshape, example of a mistake in long data."""
    s = Session()
    s.run(LONG + "replace year = 80 if id == 2 & year == 81")
    before = s.data
    s.run("reshape wide inc ue, i(id) j(year)")
    assert s.rc == 9
    message = str(s.last_error).splitlines()
    assert message[0] == "values of variable year not unique within id"
    assert message[1] == "    Your data are currently long.  You are performing a reshape wide.  You"
    assert message[-1] == "    Type reshape error for a list of the problem variables."
    assert s.data.values("inc").tolist() == before.values("inc").tolist()
    log = s.run("reshape error")
    assert "following 2 of 9 observations have repeated j values" in log
    assert "  4. |  2     80 |" in log
    assert "(data now sorted by id year)" in log


def test_error_of_varying_variables() -> None:
    s = Session()
    s.run(LONG + "replace sex = 5 in 1\nreshape wide inc ue, i(id) j(year)")
    assert str(s.last_error).startswith("variable sex not constant within id\n")
    log = s.run("reshape error")
    assert "sex not constant within i (id) for 1 value of i:" in log
    assert s.run("replace sex = 0 in 1\nreshape error").count("there is no error") == 1


def test_error_of_repeated_i() -> None:
    s = Session()
    s.run(WIDE + "replace id = 2 in 3\nreshape long inc ue, i(id) j(year)")
    assert (s.rc, str(s.last_error).splitlines()[0]) == (
        9,
        "variable id does not uniquely identify the observations",
    )
    assert "2 of 3 observations have duplicate i values:" in s.run("reshape error")


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        (WIDE + "reshape long foo, i(id) j(t)", 111),
        (WIDE + "reshape long inc, j(t)", 198),
        (WIDE + "reshape long inc, i(id) j(sex)", 110),
        (WIDE + "reshape wide inc, i(id) j(t)", 111),
        (WIDE + "reshape long inc, i(id) j(t) atwl(x)", 198),
        (WIDE + "reshape sideways", 198),
        (WIDE + "reshape i nosuch", 111),
        (WIDE + "reshape j", 100),
        (LONG + "reshape long", 110),
        (LONG + "replace year = . in 1\nreshape wide inc ue, i(id) j(year)", 498),
        (LONG + "replace year = 80.5 in 1\nreshape wide inc ue, i(id) j(year)", 498),
        (LONG + "replace year = -1 in 1\nreshape wide inc ue, i(id) j(year)", 198),
        (LONG + "gen inc80 = 1\nreshape wide inc ue, i(id) j(year)", 110),
        (LONG + "tostring year, replace\nreshape wide inc ue, i(id) j(year)", 109),
    ],
)
def test_errors(line: str, rc: int) -> None:
    fails(line, rc)
