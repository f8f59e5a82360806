"""Laws behind the fast paths: blocks of rows, slices of groups and exact sums give what the plain definitions give.

The references are the definitions themselves: one evaluation over all rows, one command for each group's rows, ``math.fsum``,
the storage ranges of [D] Data types, numpy's rounding, and pandas.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.commands._reduce import Grouped, group_sums
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.expr import blocks
from pystata_hlm.expr.functions.string import to_number
from pystata_hlm.expr.functions.text import plain_numbers
from pystata_hlm.runtime import byloop
from tests.support import Session

TYPES = ("byte", "int", "long", "float", "double")


def session_of(**columns: tuple[list[float | None], str]) -> Session:
    session = Session()
    made = {}
    for name, (numbers, stype) in columns.items():
        values = np.array([np.nan if v is None else v for v in numbers], dtype=float)
        codes = np.array([k % 3 if v is None else 0 for k, v in enumerate(numbers)], dtype=np.int8)
        made[name] = Column.numeric(values, codes, stype)
    session.workspace.data = Dataset(made)
    return session


def contents(session: Session, name: str) -> tuple[str, list[object]]:
    """Type and exact contents: bits, so that .a is not . and a NaN equals itself."""
    column = session.data.column(name)
    return column.stype, column.data.tobytes() if column.is_string else missing.ordered(
        *column.decoded()
    ).tolist()


# ---------------------------------------------------------------- blocks

NUMBERS = st.one_of(
    st.none(),
    st.integers(-200, 200).map(float),
    st.sampled_from([0.1, 1e300, -1e39, 32741.0, 2147483621.0, 16777217.0, 1.5]),
)
EXPRESSIONS = [
    "x + y",
    "x * y - x / y",
    "x",
    "cond(x > y, x, .b)",
    "x == . | y < 3",
    "-x^2",
    "y[_n-1] + y[_N]",
    "_n + _N",
    "sum(x)",
    "max(x, y, 3)",
    'string(y) + "z"',
    "1e308 * 10",
    ".c",
    "100.5",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=9),
    st.sampled_from(TYPES),
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(["", " if y > 2", " if x[_n-1] < y", " in 1"]),
    st.sampled_from(["generate double new =", "generate byte new =", "generate new =", "replace x ="]),
    st.booleans(),
)
def test_blocks_do_not_show(
    rows: list[tuple[float | None, float | None]],
    stype: str,
    exp: str,
    condition: str,
    start: str,
    grouped: bool,
) -> None:
    if grouped and condition != " in 1":
        start = f"by g: {start}"
    results = []
    for size in (2, 1000):
        kind = storage.promote(stype, np.array([np.nan if x is None else x for x, _ in rows]))
        session = session_of(
            x=([x for x, _ in rows], kind),
            y=([y for _, y in rows], "double"),
            g=([float(k // 3) for k in range(len(rows))], "byte"),
        )
        session.workspace.data.sortedby = ("g",)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "BLOCK", size)
            text = session.run(f"{start} {exp}{condition}")
        name = "new" if "new" in session.data else "x"
        results.append((session.rc, text, contents(session, name)))
    assert results[0] == results[1]


@given(st.lists(NUMBERS, min_size=1, max_size=12), st.sampled_from(TYPES))
def test_few_values_tell_the_type(numbers: list[float | None], old: str) -> None:
    values = np.array([np.nan if v is None else v for v in numbers], dtype=float)
    assert storage.promote(old, storage.telling_values(values)) == storage.promote(old, values)


@given(st.lists(st.floats(width=64), min_size=1, max_size=8), st.sampled_from(TYPES))
def test_stored_numbers_are_rounded_or_missing(numbers: list[float], stype: str) -> None:
    """[D] Data types: floats to nearest, integers truncated toward zero, out of range missing."""
    values = np.array(numbers)
    session = session_of(x=([0.0] * len(numbers), "byte"))
    session.data.set_column("x", Column.numeric(values, None, "double"))
    session.run(f"generate {stype} new = x")
    low, high = storage.RANGES[stype]
    for given_, got in zip(values.tolist(), session.data.values("new").tolist(), strict=True):
        if stype in storage.INTEGER_TYPES:
            inside = math.isfinite(given_) and low <= math.trunc(given_) <= high
            wanted = float(math.trunc(given_)) if inside else math.nan
        elif stype == "float":
            with np.errstate(over="ignore"):
                wanted = float(np.float32(given_))
            wanted = wanted if abs(wanted) < 2.0**127 else math.nan
        else:
            wanted = given_ if abs(given_) < 2.0**1023 else math.nan
        assert got == wanted or (math.isnan(got) and math.isnan(wanted)), given_


@given(
    st.lists(st.booleans(), min_size=1, max_size=9),
    st.sampled_from([np.int8, np.int16, np.int32, np.float32, np.float64]),
)
def test_blend_is_where(picked: list[bool], kind: type) -> None:
    rng = np.random.default_rng(len(picked))
    yes, no = (rng.integers(-100, 100, len(picked)).astype(kind) for _ in range(2))
    mask = np.array(picked)
    np.testing.assert_array_equal(missing.blend(mask, yes, no), np.where(mask, yes, no))


@given(st.lists(st.one_of(NUMBERS, st.sampled_from([1e200, -3.0])), max_size=8))
def test_ordered_and_back(numbers: list[float | None]) -> None:
    values = np.array([np.nan if v is None else v for v in numbers], dtype=float)
    codes = np.array([k % 27 if v is None else 0 for k, v in enumerate(numbers)], dtype=np.int8)
    back, kinds = missing.from_ordered(missing.ordered(values, codes))
    np.testing.assert_array_equal(back, values)
    np.testing.assert_array_equal(missing.combine_codes(len(values), kinds), codes)


def test_a_byte_for_each_of_many_observations() -> None:
    session = Session()
    session.run("set obs 3000000\ngenerate byte b = 1\nreplace b = 2 if _n > 2999999")
    assert session.data.memory() == 3_000_000
    assert session.data.column("b").data[-2:].tolist() == [1, 2]


# ---------------------------------------------------------------- by-groups

GROUPED = [
    "summarize x",
    "summarize x y, detail",
    "count if x > 2",
    "list x y",
    "tabulate y",
    "correlate x y",
    "regress x y",
    "regress x y [aw=w]",
    "summarize x [fw=w]",
    "tabstat x y, statistics(mean sd)",
    "ci means x",
    "assert x < 1e6",
]


@pytest.mark.parametrize("command", GROUPED)
def test_slices_show_what_masks_show(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    x = rng.integers(0, 9, 24).astype(float)
    columns = {
        "x": ([None if v == 8 else v for v in x.tolist()], "float"),
        "y": (rng.integers(0, 3, 24).astype(float).tolist(), "byte"),
        "w": (rng.integers(1, 4, 24).astype(float).tolist(), "byte"),
        "g": ([0.0] * 10 + [1.0] + [2.0] * 13, "byte"),
    }
    results = []
    for sliced in (True, False):
        session = session_of(**columns)
        monkeypatch.setattr(byloop, "_sliceable", lambda call, sliced=sliced: sliced)
        text = session.run(f"sort g\nby g: {command}")
        assert text or command.startswith("assert")
        sample = session.workspace.e_sample().tolist()
        results.append((session.rc, text, dict(session.r), sorted(session.e), sample, session.data.names))
    assert repr(results[0]) == repr(results[1])


def test_e_sample_of_the_last_group_spans_all_rows() -> None:
    session = session_of(
        x=([1.0, 2.0, 4.0, 3.0, 5.0, 4.0, 6.0], "byte"),
        y=([1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 7.0], "byte"),
        g=([0.0] * 3 + [1.0] * 4, "byte"),
    )
    session.run("sort g\nquietly by g: regress x y\ngenerate used = e(sample)")
    assert session.data.values("used").tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_a_failing_group_leaves_the_data_whole() -> None:
    session = session_of(x=([1.0, 2.0, 3.0], "byte"), g=([0.0, 0.0, 1.0], "byte"))
    session.run("sort g\nby g: assert x < 3")
    assert session.rc == 9
    assert session.data.n == 3


# ---------------------------------------------------------------- sums and groups


@given(
    st.lists(
        st.tuples(st.floats(-1e12, 1e12, allow_subnormal=False), st.integers(0, 3)), min_size=1, max_size=60
    )
)
def test_sums_are_exact_to_the_last_bits(rows: list[tuple[float, int]]) -> None:
    """Each group's sum is within one part in 2**52 of the sum of magnitudes' exact result, as ``math.fsum`` gives it."""
    values, codes = np.array([v for v, _ in rows]), np.array([c for _, c in rows])
    got = group_sums(values, codes, 4)
    for group in range(4):
        exact = math.fsum(values[codes == group])
        room = 2.0**-52 * abs(exact) + 2.0**-100 * float(np.abs(values).max())
        assert abs(got[group] - exact) <= room


def test_cancelling_sums() -> None:
    """1e16 + 1 - 1e16 + 0.1, ten times: plain addition in double gives 1, the answer is 11."""
    values = np.array([1e16, 1.0, -1e16, 0.1] * 10)
    assert math.fsum(values) == pytest.approx(11, rel=1e-15)
    assert group_sums(values, np.zeros(40, dtype=np.int64), 1)[0] == pytest.approx(11, rel=1e-15)


def test_whole_numbers_add_up_exactly() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(-(2**40), 2**40, 10_000)
    codes = rng.integers(0, 7, 10_000)
    wanted = [int(values[codes == g].sum()) for g in range(7)]
    assert group_sums(values.astype(float), codes, 7).tolist() == wanted


def test_statistics_against_pandas() -> None:
    rng = np.random.default_rng(1)
    values, codes = rng.normal(size=5000), rng.integers(0, 40, 5000)
    theirs = pd.Series(values).groupby(codes)
    grouped = Grouped(values, codes, 40)
    for ours, name in (
        (grouped.mean(), "mean"),
        (grouped.min(), "min"),
        (grouped.max(), "max"),
        (grouped.sd(), "std"),
    ):
        np.testing.assert_allclose(ours, getattr(theirs, name)(), rtol=1e-13)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, -1.0, 0.0, 2.0, 1e9]), st.integers(0, 2)), min_size=1, max_size=30
    ),
    st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_edges_of_groups(rows: list[tuple[float | None, int]], picked: list[bool]) -> None:
    """First and last rows of groups in any order, with rows left out, by definition."""
    session = session_of(a=([v for v, _ in rows], "double"), b=([float(v) for _, v in rows], "byte"))
    mask = np.array(picked[: len(rows)])
    if not mask.any():
        return
    groups = session.data.groups(["a", "b"], mask)
    for group in range(len(groups)):
        members = np.flatnonzero(groups.codes == group)
        assert groups.first_rows[group] == members[0]
        assert groups.last_rows[group] == members[-1]
        assert groups.sizes[group] == len(members)
    assert (groups.codes[~mask] == -1).all()


# ---------------------------------------------------------------- order of missing values


def test_missing_values_in_sorts_groups_and_extremes() -> None:
    """[U] 12.2.1: all numbers < . < .a < ... < .z; gsort puts missing values last in descending order too; max() and min()
    leave them out of account."""
    session = Session()
    session.run(
        "set obs 5\ngenerate x = 3\nreplace x = .a in 1\nreplace x = . in 2\nreplace x = -1 in 3\nreplace x = .z in 4"
    )
    session.run("sort x\ngenerate byte a = _n\ngenerate text = string(x)")
    assert session.data.column("text").data.tolist() == [b"-1", b"3", b".", b".a", b".z"]
    session.run("gsort -x\nreplace text = string(x)")
    assert session.data.column("text").data.tolist()[:2] == [b"3", b"-1"]
    session.run("gsort -x, mfirst\nreplace text = string(x)")
    assert session.data.column("text").data.tolist() == [b".z", b".a", b".", b"3", b"-1"]
    session.run("bysort x: generate g = _N\ngenerate big = max(x, 0)\nsummarize g")
    assert session.r["mean"] == 1
    assert session.data.values("big").tolist() == [0, 3, 0, 0, 0]


def test_float_and_double_are_compared_as_doubles() -> None:
    """[U] 13.12: 1.1 stored as float is not 1.1; float(1.1) is."""
    session = Session()
    session.run("set obs 1\ngenerate float f = 1.1\ngenerate double d = 1.1")
    session.run(
        "generate byte same = f == 1.1\ngenerate byte rounded = f == float(1.1)\ngenerate byte wide = d == 1.1"
    )
    assert [session.data.values(name)[0] for name in ("same", "rounded", "wide")] == [0, 1, 1]


# ---------------------------------------------------------------- spelling numbers


@given(st.lists(st.text("0123456789.-+ e", max_size=7), min_size=1, max_size=6))
def test_plain_numbers_are_what_real_reads(texts: list[str]) -> None:
    raw = np.array([text.encode() for text in texts], dtype="S")
    found = plain_numbers(raw)
    if found is not None:
        np.testing.assert_array_equal(found, [to_number(text) for text in raw.tolist()])


@given(
    st.lists(st.one_of(st.integers(-(10**8), 10**8).map(float), st.floats(-1e9, 1e9)), min_size=1, max_size=6)
)
def test_string_shows_numbers_by_their_format(numbers: list[float]) -> None:
    from pystata_hlm.formats import format_number

    session = session_of(x=(numbers, "double"))
    session.run("generate s = string(x)")
    wanted = [format_number(value, "%9.0g").strip().encode() for value in numbers]
    assert session.data.column("s").data.tolist() == wanted
