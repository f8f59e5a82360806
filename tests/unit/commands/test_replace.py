"""replace: promotion, counts, and the sequential reading of x[_n-1].

The rules are those of [D] generate: an expression that refers to the variable's own earlier observations sees
them already replaced, later ones not yet. The reference here is that definition, run observation by observation.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.commands import _sequential
from pystata_hlm.commands._recurrence import NotSequential
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from tests.support import Session, fails


def values(session: Session, name: str) -> list[float | None]:
    return [None if np.isnan(v) else float(v) for v in session.data.values(name)]


def start(numbers: list[float | None], stype: str = "double") -> Session:
    session = Session()
    session.run(f"set obs {len(numbers)}\ngenerate {stype} x = .\ngenerate id = _n")
    for k, number in enumerate(numbers, 1):
        if number is not None:
            session.run(f"quietly replace x = {number} in {k}")
    assert session.rc == 0
    return session


def test_carry_forward_cascades() -> None:
    session = start([5, None, None, 7, None])
    out = session.run("replace x = x[_n-1] if missing(x)")
    assert out == "(3 real changes made)\n"
    assert values(session, "x") == [5, 5, 5, 7, 7]


def test_leads_do_not_cascade() -> None:
    session = start([None, None, 3, None])
    session.run("replace x = x[_n+1] if missing(x)")
    assert values(session, "x") == [None, 3, 3, None]


def test_recurrence_longer_than_the_window() -> None:
    n = 1500
    session = Session()
    session.run(f"set obs {n}\ngenerate double x = 1\nreplace x = x[_n-1] * 1.001 + 1 in 2/l")
    expected = [1.0]
    for _ in range(n - 1):
        expected.append(expected[-1] * 1.001 + 1)
    np.testing.assert_array_equal(session.data.values("x"), expected)


def test_rounding_through_the_type_at_each_step() -> None:
    session = Session()
    session.run("set obs 100\ngenerate x = 0.1\nreplace x = x[_n-1] + 0.1 if _n > 1")
    expected = [np.float32(0.1)]
    for _ in range(99):
        expected.append(np.float32(np.float64(expected[-1]) + 0.1))
    np.testing.assert_array_equal(session.data.column("x").data, np.array(expected, dtype=np.float32))


def test_by_groups_first_value() -> None:
    session = start([4, 9, 2, 8, 1, 3])
    session.run("generate g = 1 + (_n > 3)\nbysort g: replace x = x[1]")
    assert values(session, "x") == [4, 4, 4, 8, 8, 8]


def test_condition_is_sequential_too() -> None:
    session = start([1, 0, 0, 0])
    session.run("replace x = 1 if x[_n-1] == 1")
    assert values(session, "x") == [1, 1, 1, 1]


def test_strings_carry_forward() -> None:
    session = Session()
    session.run('set obs 4\ngenerate str3 s = "ab" in 1\nreplace s = s[_n-1] if s == ""')
    assert session.data.column("s").data.tolist() == [b"ab"] * 4


@pytest.mark.parametrize(
    ("stype", "command", "note", "now"),
    [
        ("byte", "replace x = 101 in 1", "variable x was byte now int\n(1 real change made)\n", "int"),
        ("byte", "replace x = 1.5", "variable x was byte now float\n(3 real changes made)\n", "float"),
        ("int", "replace x = 40000 in 2", "variable x was int now long\n(1 real change made)\n", "long"),
        ("byte", "replace x = 101 in 1, nopromote", "(1 real change made, 1 to missing)\n", "byte"),
        ("byte", "replace x = . if _n > 1", "(2 real changes made, 2 to missing)\n", "byte"),
        ("byte", "replace x = x", "(0 real changes made)\n", "byte"),
        ("float", "replace x = x + 1", "(3 real changes made)\n", "float"),
    ],
)
def test_promotion_and_counts(stype: str, command: str, note: str, now: str) -> None:
    session = start([1, 2, 3], stype)
    assert session.run(command) == note
    assert session.data.column("x").stype == now


def test_string_promotion() -> None:
    session = Session()
    session.run('set obs 2\ngenerate s = "ab"')
    assert session.run('replace s = "abcde" in 2') == "variable s was str2 now str5\n(1 real change made)\n"
    assert session.data.column("s").format == "%9s"


def test_float_constant_is_no_change() -> None:
    """1.1 stored as float differs from the double 1.1, but storing it again changes nothing."""
    session = Session()
    session.run("set obs 3\ngenerate x = 1.1")
    assert session.run("replace x = 1.1") == "(0 real changes made)\n"


def test_extended_missing_values_differ() -> None:
    session = start([None, None])
    assert session.run("replace x = .a in 1") == "(1 real change made, 1 to missing)\n"


def test_errors() -> None:
    fails("set obs 2\ngenerate x = 1\nreplace y = 2", 111, "variable y not found")
    fails('set obs 2\ngenerate x = 1\nreplace x = "a"', 109, "type mismatch")
    fails("set obs 2\ngenerate x = 1\ngenerate x = 2", 110, "variable x already defined")
    fails('set obs 2\ngenerate byte x = "a"', 109, "type mismatch")


def test_random_numbers_are_drawn_once() -> None:
    """The repeated passes see the same draws: seed 1 gives the same numbers as one pass of generate."""
    first, second = Session(), Session()
    first.run("set seed 1\nset obs 5\ngenerate double u = runiform()")
    second.run("set seed 1\nset obs 5\ngenerate double x = 0\nreplace x = x[_n-1] + runiform() if _n > 1\n")
    drawn = second.data.values("x")
    assert drawn[0] == 0 and (np.diff(drawn) > 0).all()
    np.testing.assert_allclose(drawn, np.cumsum(np.append(0, first.data.values("u")[:4])))


# ---------------------------------------------------------------- the loop against repeated passes

NUMBERS = st.one_of(st.integers(-3, 120).map(float), st.sampled_from([0.1, 1e300, 40000.0, -0.5]), st.none())
EXPRESSIONS = st.sampled_from(
    [
        "x[_n-1] + 1",
        "x[_n-1] * id - x",
        "x[_n-1]",
        "x[1] + x[_N]",
        "x[_n+1] / x[_n-1]",
        "x[id - 1] ^ 2",
        "cond(x[_n-1] > 3, x[_n-1], -x[_n-2])",
        "cond(x[_n-1], 1, x[_n-1], .b)",
        "max(x[_n-1], id, x)",
        "min(x[_n-2], x[_n-1])",
        "missing(x[_n-1]) + !x[_n-1]",
        "abs(x[_n-1]) + floor(x[_n-1]) + ceil(x[_n-1]) + int(x[_n-1])",
        "round(x[_n-1] * 1.37, .1)",
        "(x[_n-1] == x) | (x[_n-1] < 2 & id > 2)",
        "id[_n-1] + x[_n-1]",
        "+x[_n-1] * .a",
        "sqrt(x[_n-1]) + exp(x[_n-1])",
        "x[x[_n-1]]",
    ]
)
CONDITIONS = st.sampled_from(
    ["", " if missing(x)", " if id != 3", " if x[_n-1] >= x", " if x[_n-1]", " in 2/l"]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(NUMBERS, min_size=3, max_size=7),
    st.sampled_from(["byte", "int", "long", "float", "double"]),
    EXPRESSIONS,
    CONDITIONS,
    st.sampled_from(["", ", nopromote"]),
    st.booleans(),
)
def test_loop_agrees_with_passes(
    numbers: list[float | None], stype: str, exp: str, condition: str, promote: str, grouped: bool
) -> None:
    """Two ways to the same rule; the passes promote the type with all the values of a pass at hand, so types are compared
    only where both end with the same one."""
    grouped = grouped and not condition.startswith(" in")
    command = f"{'by g: ' if grouped else ''}replace x = {exp}{condition}{promote}"
    results = []
    for refuse in (False, True):
        session = start([], "double")
        values = [np.nan if number is None else number for number in numbers]
        codes = np.array(
            [2 if number is None and k % 2 else 0 for k, number in enumerate(numbers)], dtype=np.int8
        )
        kind = storage.promote(stype, np.array(values))
        session.workspace.data = Dataset(
            {
                "x": Column.numeric(np.array(values), codes, kind),
                "id": Column.numeric(np.arange(1.0, len(values) + 1), None, "byte"),
                "g": Column.numeric((np.arange(len(values)) > 2).astype(float), None, "byte"),
            }
        )
        session.workspace.data.sortedby = ("g",)
        with pytest.MonkeyPatch.context() as patch:
            if refuse:
                patch.setattr(_sequential, "recurrence", _refuse)
            assert session.run(command) != "", session.last_error
            assert session.rc == 0
        results.append(session.data.column("x"))
    loop, passes = results
    if loop.stype == passes.stype:
        np.testing.assert_array_equal(loop.values(), passes.values())
        np.testing.assert_array_equal(*(missing.combine_codes(len(c), c.codes()) for c in results))
    else:
        np.testing.assert_allclose(loop.values(), passes.values(), rtol=1e-6)


def _refuse(*args: object) -> None:
    raise NotSequential


def test_a_million_links() -> None:
    session = Session()
    session.run("set obs 1000000\ngenerate double x = 1\nreplace x = x[_n-1] + 1 in 2/l")
    np.testing.assert_array_equal(session.data.values("x"), np.arange(1.0, 1_000_001.0))
