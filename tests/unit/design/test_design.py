"""Factor variables: order of terms, column names, bases, empty cells, collinearity, replay.

Orders and names come from the course notes' tables and from the logs in ../shared/cases (named beside each).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import read_dta
from pystata_hlm.design.collinear import independent
from pystata_hlm.design.matrix import Design, build, design, markout
from pystata_hlm.design.terms import expand_terms
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "examples"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="shared example data are not here")


def dataset(columns: Mapping[str, Sequence[float]]) -> Dataset:
    data = Dataset()
    for name, cells in columns.items():
        data.add(name, Column.numeric(np.array(cells, dtype=float), None, "double"))
    return data


def small() -> Dataset:
    rng = np.random.default_rng(5)
    n = 240
    return dataset(
        {
            "ses": rng.normal(size=n),
            "meanses": rng.normal(size=n),
            "sector": np.arange(n) % 2,
            "female": (np.arange(n) // 2) % 2,
            "rep": 1 + (np.arange(n) // 4) % 3,
            "y": rng.normal(size=n),
        }
    )


SMALL = small()


def make(text: str, data: Dataset = SMALL, constant: bool = True) -> Design:
    return design(data, parse("varlist", text), np.ones(data.n, dtype=bool), constant)[0]


# varlist -> what the table shows: estimated and omitted columns, no base ones
SHOWN = {
    # notes, "mixed mathach ..." (the main model)
    "c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector": (
        "ses meanses c.ses#c.meanses o.ses 1.sector 1.sector#c.ses 1.female o.meanses 1.female#c.meanses "
        "1.female#1.sector _cons"
    ),
    # notes, the cubic model
    "c.ses##c.meanses##c.meanses##c.meanses c.ses##i.sector i.female##c.meanses##c.meanses##c.meanses "
    "i.female##i.sector": (
        "ses meanses c.ses#c.meanses c.meanses#c.meanses c.ses#c.meanses#c.meanses "
        "c.meanses#c.meanses#c.meanses c.ses#c.meanses#c.meanses#c.meanses o.ses 1.sector 1.sector#c.ses "
        "1.female o.meanses 1.female#c.meanses 1.female#c.meanses#c.meanses "
        "1.female#c.meanses#c.meanses#c.meanses 1.female#1.sector _cons"
    ),
    "ses meanses c.ses#c.meanses": "ses meanses c.ses#c.meanses _cons",  # mixed_lang_crosslevel
    "c.ses##i.rep": "ses 2.rep 3.rep 2.rep#c.ses 3.rep#c.ses _cons",  # oneway_pwcorr_clients
    "ses ib3.rep": "ses 1.rep 2.rep _cons",  # regress_auto_factor
    "i.sector##i.female##c.ses": (
        "1.sector 1.female 1.sector#1.female ses 1.sector#c.ses 1.female#c.ses 1.sector#1.female#c.ses _cons"
    ),
    "i.sector#c.ses": "0b.sector#c.ses 1.sector#c.ses _cons",  # no main effect: a slope at every level
    "i.female i.female#i.sector": "1.female 0b.female#1.sector 1.female#1.sector _cons",
    "i.(sector female)#c.ses ses": "1.sector#c.ses 1.female#c.ses ses _cons",
    "sector#female": "0b.sector#1.female 1.sector#0b.female 1.sector#1.female _cons",
    "1.sector 2.rep": "1.sector 2.rep _cons",
    "i(2 3).rep": "2.rep 3.rep _cons",
    "ib(last).rep": "1.rep 2.rep _cons",
    "ib(#2).rep": "1.rep 3.rep _cons",
    "i.rep ib2.rep#c.ses": "1.rep 3.rep 1.rep#c.ses 2b.rep#c.ses 3.rep#c.ses _cons",
    "ses ses meanses": "ses o.ses meanses _cons",
    "io2.rep": "2o.rep 3.rep _cons",
    "c.(ses meanses)##i.sector": "ses meanses 1.sector 1.sector#c.ses 1.sector#c.meanses _cons",
}


@pytest.mark.parametrize("text", SHOWN)
def test_columns(text: str) -> None:
    recipe = make(text).recipe
    shown = [c.name for c in recipe.columns if c.status != "base"]
    assert shown == SHOWN[text].split()


FULL = {
    # the names of e(b), base columns included
    "c.ses##i.sector": "ses 0b.sector 1.sector 0b.sector#co.ses 1.sector#c.ses _cons",
    "i.female##i.sector": (
        "0b.female 1.female 0b.sector 1.sector 0b.female#0b.sector 0b.female#1o.sector 1o.female#0b.sector "
        "1.female#1.sector _cons"
    ),
    "ib2.rep": "1.rep 2b.rep 3.rep _cons",
}


@pytest.mark.parametrize("text", FULL)
def test_names_of_every_column(text: str) -> None:
    assert make(text).recipe.names == tuple(FULL[text].split())


def test_no_base() -> None:
    assert make("ibn.rep", constant=False).recipe.names == ("1bn.rep", "2.rep", "3.rep")
    with_constant = make("ibn.rep")
    assert [n.text() for n in with_constant.notes] == ["note: 3.rep omitted because of collinearity."]


def test_notes_of_repeated_variables() -> None:
    notes = make("c.ses##c.meanses c.ses##i.sector i.female##c.meanses").notes
    # notes, robust model
    assert [n.text(14) for n in notes] == [
        "note: ses omitted because of collinearity",
        "note: meanses omitted because of collinearity",
    ]


def test_frequent_base() -> None:
    data = dataset({"g": [1, 2, 2, 3, 2, 1]})
    assert make("ib(freq).g", data).recipe.names == ("1.g", "2b.g", "3.g", "_cons")


def test_base_is_the_first_level_of_the_sample() -> None:
    data = dataset({"g": [1, 2, 3, 2, 3, 1]})
    sample = np.array([False, True, True, True, True, False])
    assert design(data, parse("varlist", "i.g"), sample)[0].recipe.names == ("2b.g", "3.g", "_cons")


@needs_examples
def test_empty_cells() -> None:
    """Case twoway_anova_regress_effort: notes, statuses and coefficients of the log."""
    data = read_dta(EXAMPLES / "effort.dta")
    setting, effort = data.values("setting"), data.values("effort")
    groups = {
        "setting_g": np.select([setting <= 69, setting <= 79], [1.0, 2.0], 3.0),
        "effort_g": np.select([effort <= 4, effort <= 14], [1.0, 2.0], 3.0),
    }
    for name, values in groups.items():
        data.add(name, Column.numeric(values, None, "byte"))
    found = make("i.setting_g##i.effort_g", data)
    assert [n.text() for n in found.notes] == [
        "note: 1b.setting_g#3.effort_g identifies no observations in the sample.",
        "note: 3.setting_g#3.effort_g omitted because of collinearity.",
    ]
    status = {c.plain_name: c.status for c in found.recipe.columns}
    assert status["1b.setting_g#3.effort_g"] == "empty"
    assert status["3.setting_g#3.effort_g"] == "omitted"
    b = np.linalg.lstsq(found.x, data.values("change"), rcond=None)[0]
    log = [3.333333, 6.333333, 8.583333, 19.33333, -14.58333, -0.3333333, -6.583333, 2.666667]
    assert b == pytest.approx(log, rel=1e-6)
    assert found.recipe.widen(b)[[0, 8, 14]].tolist() == [0, 0, 0]


@needs_examples
def test_coefficients_of_an_interaction() -> None:
    """Case oneway_pwcorr_clients: regress mental_health_T2 c.mental_health_T1##i.program."""
    data = read_dta(EXAMPLES / "clients.dta")
    found = make("c.mental_health_T1##i.program", data)
    b = np.linalg.lstsq(found.x, data.values("mental_health_T2"), rcond=None)[0]
    log = [0.0038108, 14.13882, 2.227825, 27.30439, -0.0375708, -0.0286832, -0.2851331, 94.43455]
    assert b == pytest.approx(log, rel=1e-5, abs=6e-8)


@needs_examples
def test_explicit_base() -> None:
    """Case regress_auto_factor: regress mpg headroom gear_ratio ib3.rep78 (69 complete rows of 74)."""
    data = read_dta(EXAMPLES / "auto.dta")
    found, sample = design(
        data, parse("varlist", "headroom gear_ratio ib3.rep78"), np.ones(data.n, dtype=bool)
    )
    assert sample.sum() == 69
    assert found.recipe.names == (
        "headroom", "gear_ratio", "1.rep78", "2.rep78", "3b.rep78", "4.rep78", "5.rep78", "_cons",
    )  # fmt: skip
    b = np.linalg.lstsq(found.x, data.values("mpg")[sample], rcond=None)[0]
    log = [-0.9726907, 6.847879, -0.0441395, 1.159456, -0.0451649, 4.357189, 2.853261]
    assert b == pytest.approx(log, rel=1e-5, abs=6e-8)


ERRORS = {
    "i.ses": (452, "ses:  factor variables may not contain"),
    "sector#ses": (452, "ses:  factor variables may not contain"),
    "i.nosuch": (111, "variable nosuch not found"),
    "L.ses": (111, "time variable not set"),
    "ib(#7).rep": (198, "invalid base level #7"),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(text: str) -> None:
    with pytest.raises(StataError) as caught:
        make(text)
    rc, start = ERRORS[text]
    assert caught.value.rc == rc
    assert caught.value.message.startswith(start)


def test_factor_errors() -> None:
    with pytest.raises(StataError, match="x:  factor variables may not contain noninteger values"):
        make("i.x", dataset({"x": [1, 2.5]}))
    with pytest.raises(StataError, match="x:  factor variables may not contain negative values"):
        make("i.x", dataset({"x": [-1, 2]}))
    data = dataset({"y": [1, 2]})
    data.add("s", Column.text(np.array([b"a", b"b"])))
    with pytest.raises(StataError) as caught:
        make("i.s", data)
    assert caught.value.rc == 109


# ---------------------------------------------------------------- plain varlists

PLAIN = {
    "ses y": ["ses", "y"],
    "ses-female": ["ses", "meanses", "sector", "female"],
    "*ses": ["ses", "meanses"],
    "m*": ["meanses"],
    "fem": ["female"],
    "_all": SMALL.names,
    "s??": ["ses"],
}


@pytest.mark.parametrize("text", PLAIN)
def test_plain_varlist(text: str) -> None:
    assert expand_varlist(SMALL, parse("varlist", text)) == list(PLAIN[text])


def test_plain_varlist_errors() -> None:
    for text, rc, message in (
        ("nosuch", 111, "variable nosuch not found"),
        ("se", 111, "se ambiguous abbreviation"),
        ("i.rep", 101, "factor-variable and time-series operators not allowed"),
        ("rep#sector", 101, "factor-variable and time-series operators not allowed"),
    ):
        with pytest.raises(StataError) as caught:
            expand_varlist(SMALL, parse("varlist", text))
        assert (caught.value.rc, caught.value.message) == (rc, message)
    with pytest.raises(StataError, match="variable fem not found"):
        expand_varlist(SMALL, parse("varlist", "fem"), varabbrev=False)


# ---------------------------------------------------------------- replay

MODEL = "c.ses##c.meanses c.ses##i.rep i.female##i.sector"


def test_replay_on_new_rows_and_held_values() -> None:
    found = make(MODEL)
    recipe = found.recipe
    assert np.array_equal(recipe.evaluate(SMALL), found.x)
    rows = np.array([3, 9, 100])
    assert np.array_equal(recipe.evaluate(SMALL, rows), found.x[rows])
    names = [recipe.names[k] for k in recipe.kept]
    held = recipe.evaluate(SMALL, rows, {"ses": 2.0, "rep": 3.0})
    assert held[:, names.index("ses")].tolist() == [2, 2, 2]
    assert held[:, names.index("3.rep#c.ses")].tolist() == [2, 2, 2]
    assert held[:, names.index("2.rep")].tolist() == [0, 0, 0]
    assert np.array_equal(held[:, names.index("c.ses#c.meanses")], 2 * SMALL.values("meanses")[rows])
    shares = recipe.evaluate(SMALL, rows, {"rep": {1: 0.5, 2: 0.25, 3: 0.25}, "ses": 2.0})
    assert shares[:, names.index("2.rep#c.ses")].tolist() == [0.5, 0.5, 0.5]


def test_linear_prediction_equals_the_matrix_product() -> None:
    found = make(MODEL)
    b = np.random.default_rng(1).normal(size=found.x.shape[1])
    full = found.recipe.widen(b)
    assert found.recipe.linear(SMALL, full) == pytest.approx(found.x @ b, abs=1e-12)
    assert found.recipe.evaluate(SMALL, every=True) @ full == pytest.approx(found.x @ b, abs=1e-12)


def test_widen_a_covariance_matrix() -> None:
    recipe = make("i.rep ses").recipe
    k = len(recipe.kept)
    wide = recipe.widen(np.ones((k, k)))
    assert wide.shape == (5, 5) and wide[0].tolist() == [0] * 5 and wide[1, 1:].tolist() == [1] * 4


def test_markout() -> None:
    data = dataset({"a": [1, np.nan, 3], "b": [1, 2, np.nan]})
    sample = np.array([True, True, True])
    assert markout(data, ["a", "b"], sample).tolist() == [True, False, False]
    assert sample.all()


# ---------------------------------------------------------------- collinearity


def by_rank(x: np.ndarray, constant: bool) -> list[bool]:
    """The definition: a column is kept when it raises the rank of the kept ones before it."""
    kept = np.ones((len(x), 1)) if constant else np.zeros((len(x), 0))
    result = []
    for column in x.T:
        wider = np.column_stack([kept, column])
        grows = (
            np.linalg.matrix_rank(wider, tol=1e-8) > np.linalg.matrix_rank(kept, tol=1e-8)
            if kept.size
            else column.any()
        )
        result.append(bool(grows))
        if grows:
            kept = wider
    return result


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.booleans())
def test_sweep_keeps_what_raises_the_rank(seed: int, rank: int, constant: bool) -> None:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(30, rank))
    mix = rng.integers(-2, 3, size=(rank, 7)).astype(float)
    x = base @ mix + (5.0 if seed % 3 == 0 else 0.0) * rng.integers(0, 2, size=7)
    assert independent(x, constant).tolist() == by_rank(x, constant)


def test_nearly_collinear_columns_are_kept() -> None:
    year = np.arange(1980.0, 2020.0).repeat(5)
    x = np.column_stack([year, year**2, year**3])
    assert independent(x, True).tolist() == [True, True, True]
    assert independent(np.column_stack([year, 3 * year + 7, np.full(len(year), 4.0)]), True).tolist() == [
        True,
        False,
        False,
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(["c.ses", "c.meanses", "i.sector", "i.rep"]), min_size=2, max_size=3, unique=True
    )
)
def test_full_factorial_is_written_out(parts: list[str]) -> None:
    """a##b##c is a b a#b c a#c b#c a#b#c."""
    written: list[str] = []
    for part in parts:
        written += [part] + [f"{term}#{part}" for term in written]
    short = make("##".join(parts)).recipe
    long = make(" ".join(written)).recipe
    assert short.names == long.names


def test_terms_and_bases() -> None:
    terms = expand_terms(SMALL, parse("varlist", "c.ses##ib2.rep ses"))
    assert [t.label for t in terms.terms] == ["ses", "rep", "rep#c.ses", "ses"]
    assert [t.repeat for t in terms.terms] == [False, False, False, True]
    assert terms.names == ("ses", "rep")
    assert build(SMALL, terms).recipe.factors["rep"].base == 2
