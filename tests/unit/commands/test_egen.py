"""egen against pandas, scipy and definitions, on random data with missing values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from tests.support import Session, example, fails

N = 400


@pytest.fixture
def session() -> Session:
    rng = np.random.default_rng(5)
    session = Session()
    x = np.round(rng.normal(10, 4, N), 1)
    x[rng.random(N) < 0.1] = np.nan
    data = Dataset(
        {
            "x": Column.numeric(x, None, "double"),
            "y": Column.numeric(rng.integers(0, 9, N).astype(float), None, "byte"),
            "g": Column.numeric(rng.integers(1, 30, N).astype(float), None, "int"),
            "h": Column.numeric(rng.integers(1, 4, N).astype(float), None, "byte"),
        }
    )
    session.workspace.data = data
    return session


def frame(session: Session) -> pd.DataFrame:
    return pd.DataFrame({name: session.data.values(name) for name in session.data.names})


REFERENCES = {
    "mean(x)": lambda s: s.mean(),
    "sd(x)": lambda s: s.std(),
    "total(x)": lambda s: s.sum(),
    "sum(x)": lambda s: s.sum(),
    "min(x)": lambda s: s.min(),
    "max(x)": lambda s: s.max(),
    "count(x)": lambda s: s.count(),
    "median(x)": lambda s: s.median(),
    "mad(x)": lambda s: (s - s.median()).abs().median(),
    "mdev(x)": lambda s: (s - s.mean()).abs().mean(),
    "skew(x)": lambda s: stats.skew(s.dropna()),
    "kurt(x)": lambda s: stats.kurtosis(s.dropna(), fisher=False),
}


@pytest.mark.parametrize("call", REFERENCES)
@pytest.mark.parametrize("form", ["by()", "prefix"])
def test_by_group(session: Session, call: str, form: str) -> None:
    if form == "by()":
        session.run(f"egen double out = {call}, by(g)")
    else:
        session.run(f"bysort g: egen double out = {call}")
    assert session.rc == 0
    data = frame(session)
    expected = data.groupby("g")["x"].transform(REFERENCES[call])
    np.testing.assert_allclose(data["out"], expected, rtol=1e-12, atol=1e-14)


def test_percentiles_follow_stata_definition(session: Session) -> None:
    """P = np/100: the mean of x[P] and x[P+1] when P is whole, else x[ceil(P)] ([R] summarize, methods)."""
    session.run("egen double p = pctile(x), p(25) by(h)\negen double q = iqr(x), by(h)")
    data = frame(session)

    def percentile(x: pd.Series, p: float) -> float:
        ordered = np.sort(x.dropna())
        place = len(ordered) * p / 100
        k = int(place)
        return (ordered[k - 1] + ordered[k]) / 2 if place == k else ordered[k]

    expected = data.groupby("h")["x"].transform(lambda s: percentile(s, 25))
    np.testing.assert_array_equal(data["p"], expected)
    expected = data.groupby("h")["x"].transform(lambda s: percentile(s, 75) - percentile(s, 25))
    np.testing.assert_array_equal(data["q"], expected)


@pytest.mark.parametrize(
    ("option", "method", "sign"),
    [("", "average", 1), (", track", "min", 1), (", field", "min", -1), (", unique", "ordinal", 1)],
)
def test_rank(session: Session, option: str, method: str, sign: int) -> None:
    session.run(f"egen r = rank(x){option}")
    data = frame(session)
    used = data["x"].notna()
    np.testing.assert_array_equal(data["r"][used], stats.rankdata(sign * data["x"][used], method=method))
    assert data["r"][~used].isna().all()


ROWS = {
    "rowmean(x y h)": lambda d: d.mean(axis=1),
    "rowtotal(x y h)": lambda d: d.sum(axis=1),
    "rowsd(x y h)": lambda d: d.std(axis=1),
    "rowmin(x y h)": lambda d: d.min(axis=1),
    "rowmax(x y h)": lambda d: d.max(axis=1),
    "rowmedian(x y h)": lambda d: d.median(axis=1),
    "rowmiss(x y h)": lambda d: d.isna().sum(axis=1),
    "rownonmiss(x y h)": lambda d: d.notna().sum(axis=1),
    "rowfirst(x y h)": lambda d: d.bfill(axis=1).iloc[:, 0],
    "rowlast(x y h)": lambda d: d.ffill(axis=1).iloc[:, -1],
}


@pytest.mark.parametrize("call", ROWS)
def test_rows(session: Session, call: str) -> None:
    session.run(f"egen double out = {call}")
    data = frame(session)
    np.testing.assert_allclose(data["out"], ROWS[call](data[["x", "y", "h"]]), rtol=1e-12)


def test_total_of_nothing_is_zero_unless_missing(session: Session) -> None:
    session.run("replace x = . if g == 3\negen a = total(x), by(g)\negen b = total(x), by(g) missing")
    data = frame(session)
    assert (data["a"][data["g"] == 3] == 0).all()
    assert data["b"][data["g"] == 3].isna().all()
    assert data["b"][data["g"] != 3].notna().all()


def test_group_and_tag(session: Session) -> None:
    session.run("egen k = group(g h)\negen t = tag(g h)")
    data = frame(session)
    expected = data.groupby(["g", "h"]).ngroup() + 1
    np.testing.assert_array_equal(data["k"], expected)
    np.testing.assert_array_equal(data["t"], ~data.duplicated(["g", "h"]))
    assert session.data.column("t").stype == "byte"
    assert session.data.column("k").label == "group(g h)"


def test_group_leaves_missing_out_unless_asked(session: Session) -> None:
    session.run("egen k = group(x)\negen m = group(x), missing")
    data = frame(session)
    assert (data["k"].isna() == data["x"].isna()).all()
    assert data["m"].notna().all()
    assert data["m"][data["x"].isna()].nunique() == 1
    assert data["m"][data["x"].isna()].iloc[0] == data["m"].max()


def test_sample_and_missing_note(session: Session) -> None:
    out = session.run("egen m = mean(y) if h == 1")
    data = frame(session)
    outside = int((data["h"] != 1).sum())
    assert out == f"({outside:,} missing values generated)\n"
    assert data["m"].notna().sum() == N - outside
    assert session.data.column("m").data.dtype == np.float32
    assert data["m"].dropna().iloc[0] == np.float32(data["y"][data["h"] == 1].mean())


def test_std_and_mode(session: Session) -> None:
    session.run(
        "egen double z = std(x)\negen double w = std(x), mean(100) sd(15)\negen m = mode(y), by(g) minmode"
    )
    data = frame(session)
    z = (data["x"] - data["x"].mean()) / data["x"].std()
    np.testing.assert_allclose(data["z"], z, rtol=1e-12)
    np.testing.assert_allclose(data["w"], 100 + 15 * z, rtol=1e-12)
    np.testing.assert_array_equal(data["m"], data.groupby("g")["y"].transform(lambda s: s.mode().min()))


def test_several_modes_are_missing_with_a_warning() -> None:
    session = Session()
    session.run("set obs 4\ngenerate x = mod(_n, 2)")
    out = session.run("egen m = mode(x)")
    assert out.startswith("Warning: at least one group contains multiple modes.")
    assert out.endswith("(4 missing values generated)\n")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("seq()", [1, 2, 3, 4, 5, 6]),
        ("seq(), from(1) to(3)", [1, 2, 3, 1, 2, 3]),
        ("seq(), from(3) to(1)", [3, 2, 1, 3, 2, 1]),
        ("seq(), from(1) to(2) block(2)", [1, 1, 2, 2, 1, 1]),
        ("fill(1 2)", [1, 2, 3, 4, 5, 6]),
        ("fill(1 1 2 2)", [1, 1, 2, 2, 3, 3]),
        ("fill(0 1 0 1)", [0, 1, 0, 1, 0, 1]),
        ("fill(4 2)", [4, 2, 0, -2, -4, -6]),
        ("cut(id), at(1,3,5,7)", [1, 1, 3, 3, 5, 5]),
        ("cut(id), at(2 4 6)", [None, 2, 2, 4, 4, None]),
        ("cut(id), at(1,3,5,7) icodes", [0, 0, 1, 1, 2, 2]),
        ("cut(id), group(3)", [0, 0, 1, 1, 2, 2]),
        ("anymatch(id), values(2 5)", [0, 1, 0, 0, 1, 0]),
        ("anycount(id half), values(1/3)", [1, 2, 1, 1, 0, 1]),
        ("anyvalue(id), values(2/4)", [None, 2, 3, 4, None, None]),
        ("diff(id half)", [1, 1, 1, 1, 1, 1]),
        ("pc(id)", [100 * k / 21 for k in range(1, 7)]),
    ],
)
def test_sequences(call: str, expected: list[float | None]) -> None:
    """Examples worked from the descriptions in [D] egen."""
    session = Session()
    session.run(f"set obs 6\ngenerate id = _n\ngenerate half = id / 2\negen double out = {call}")
    assert session.rc == 0, session.text()
    got = [None if np.isnan(v) else float(v) for v in session.data.values("out")]
    assert got == pytest.approx(expected)


def test_concat_and_ends() -> None:
    session = Session()
    session.run(f"use {example('auto.dta')}\negen s = concat(make foreign), punct(/)\negen f = ends(make)")
    assert session.data.column("s").data[0] == b"AMC Concord/0"
    session.run("egen d = concat(make foreign), decode punct(/)")
    assert session.data.column("d").data[0] == b"AMC Concord/Domestic"
    assert session.data.column("f").data[0] == b"AMC"


def test_group_label() -> None:
    session = Session()
    session.run(f"use {example('auto.dta')}\negen k = group(foreign rep78), label")
    texts = dict(session.data.value_labels["k"].items())
    assert texts[1] == "Domestic 1"
    assert texts[8] == "Foreign 5"


def test_errors() -> None:
    setup = 'set obs 3\ngenerate x = _n\ngenerate str1 s = "a"\n'
    fails(setup + "egen x = mean(x)", 110, "variable x already defined")
    fails(setup + "egen y = nonsense(x)", 133, "unknown egen function nonsense()")
    fails(setup + "egen y = mean(s)", 109, "type mismatch")
    fails(setup + "egen y = mean(z)", 111)
    fails(setup + "egen y = mean(x), track", 198, "option track not allowed")
    fails(setup + "bysort x: egen y = rowmean(x)", 190, "egen ... rowmean() may not be combined with by")


MISSING = "clear\ninput g x y\n1 1 2\n1 .a 2\n1 3 .\n2 . .b\n2 . .\nend\n"


def test_missing_option_of_min_max_and_mode() -> None:
    """[D] egen: with missing, missing values are treated like other values (and are larger than numbers)."""
    s = Session()
    s.run(
        MISSING + "egen a = max(x), by(g) missing\negen b = min(x), by(g) missing\negen c = max(x), by(g)\n"
        "egen d = mode(y), by(g) missing minmode\negen e = mode(y), by(g)"
    )
    assert s.rc == 0
    for name, values, codes in (
        ("a", [np.nan] * 5, [1, 1, 1, 0, 0]),
        ("b", [1, 1, 1, np.nan, np.nan], None),
        ("c", [3, 3, 3, np.nan, np.nan], None),
        ("d", [2, 2, 2, np.nan, np.nan], None),
        ("e", [2, 2, 2, np.nan, np.nan], None),
    ):
        np.testing.assert_array_equal(s.data.values(name), values)
        if codes is not None:
            found = s.data.column(name).codes()
            assert found is not None and found.tolist() == codes


def test_short_options_belong_to_their_function() -> None:
    """p() is punct() of concat() and p() of pctile(); t() is to() of seq() and t() of ma()."""
    s = Session()
    s.run(
        MISSING + "label define yl 2 twotwo\nlabel values y yl\negen a = concat(g y), p(-)\n"
        "egen b = concat(g y), decode maxl(3) p(/)\negen c = pctile(g), p(25)\negen d = seq(), f(2) t(4)\n"
        "egen e = ma(g), t(3)\negen f = ma(g), t(3) nomiss"
    )
    assert s.rc == 0
    assert s.data.column("a").data.tolist() == [b"1-2", b"1-2", b"1-.", b"2-.b", b"2-."]
    assert s.data.column("b").data.tolist() == [b"1/two", b"1/two", b"1/.", b"2/.b", b"2/."]
    assert s.data.values("c").tolist() == [1] * 5
    assert s.data.values("d").tolist() == [2, 3, 4, 2, 3]
    np.testing.assert_allclose(s.data.values("e"), [np.nan, 1, 4 / 3, 5 / 3, np.nan], rtol=1e-6)
    np.testing.assert_allclose(s.data.values("f"), [1, 1, 4 / 3, 5 / 3, 2], rtol=1e-6)


def test_group_label_with_suboptions() -> None:
    s = Session()
    s.run(
        MISSING + "label define zz 1 old\negen k = group(g y), label(zz, replace truncate(1)) missing\n"
        "egen h = group(g), label"
    )
    assert [text for _, text in s.data.value_labels["zz"].items()] == ["1 2", "1 .", "2 .", "2 ."]
    assert s.data.column("h").value_label == "h"
    fails("egen q = group(g), label(zz)", 110, "value label zz already defined", session=s)
    fails("egen q = mean(x), p(50)", 198, "option p() not allowed", session=s)
    fails("egen q = fill(1 2) if g == 1", 198, session=s)
    fails("egen q = ma(g), t(2)", 198, session=s)


def test_ends_of_nothing_and_of_long_strings() -> None:
    s = Session()
    s.run('gen str5 a = "x"\negen b = ends(a), last')
    assert s.rc == 0
    s = Session()
    s.run('set obs 2\ngen strL a = "one two " + string(_n)\negen b = ends(a), last\negen c = ends(a), tail')
    assert s.data.column("b").data.tolist() == [b"1", b"2"]
    assert s.data.column("c").data.tolist() == [b"two 1", b"two 2"]
