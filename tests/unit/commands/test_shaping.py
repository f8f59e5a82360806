"""range, aorder, move, separate, mkspline, numlabel, label language and save, tsfill, tsappend, and the options of
destring, split, levelsof, notes, duplicates, isid, recode, collapse: figures by hand from the manual's definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, example, fails


def auto() -> Session:
    s = Session()
    s.run(f"use {example('auto.dta')}")
    return s


def run(text: str) -> Session:
    s = Session()
    s.run(text)
    assert s.rc == 0, s.text()[-400:]
    return s


# ---------------------------------------------------------------- range, order


def test_range() -> None:
    s = run("range x 0 1 5\nrange y 10 0 3\nrange z -1 1")
    np.testing.assert_allclose(s.data.values("x"), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(s.data.values("y"), [10, 5, 0, np.nan, np.nan])
    np.testing.assert_allclose(s.data.values("z"), np.linspace(-1, 1, 5))
    assert "(2 missing values generated)" in s.text()
    for line, rc in (
        ("range x 0 1", 110),
        ("range q 0", 198),
        ("range q 0 1 2.5", 198),
        ("range q 0 a", 111),
    ):
        fails(line, rc, session=s)
    fails("range q 0 1", 2000)


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("move a d", "b c d a"),
        ("move d a", "d a b c"),
        ("move b b", "a b c d"),
        ("move c b", "a c b d"),
        ("rename (a b c d) (x10 x9 y x2)\naorder", "x2 x9 x10 y"),
        ("aorder d c", "c d a b"),
    ],
)
def test_move_and_aorder(line: str, order: str) -> None:
    assert run("set obs 1\ngen a=1\ngen b=1\ngen c=1\ngen d=1\n" + line).data.names == order.split()


# ---------------------------------------------------------------- separate, mkspline


def test_separate() -> None:
    """[D] separate: mpg0 and mpg1 with their labels; a string or noninteger by() counts 1, 2, ..."""
    s = auto()
    s.run("separate mpg, by(foreign)")
    assert s.rc == 0
    assert (s.data.column("mpg0").label, s.data.column("mpg1").label) == (
        "mpg, foreign == Domestic",
        "mpg, foreign == Foreign",
    )
    assert s.r["varlist"] == "mpg0 mpg1"
    mpg, foreign = s.data.values("mpg"), s.data.values("foreign")
    np.testing.assert_array_equal(s.data.values("mpg1"), np.where(foreign == 1, mpg, np.nan))
    s.run(
        "separate price, by(rep78) generate(p) missing shortlabel\nseparate make if mpg > 30, by(mpg) gen(m) seq"
    )
    assert s.rc == 0
    assert s.data.column("p5").label == "rep78 == 5"
    assert "p_" in s.data
    assert s.data.column("m1").is_string
    s.run("separate price, by(mpg > 20) generate(q)")
    assert (s.data.column("q0").label, s.data.column("q1").label) == ("price, !(mpg > 20)", "price, mpg > 20")
    fails("separate mpg, by(foreign)", 110, "variable mpg0 already defined", session=s)
    fails("separate mpg", 198, "option by() required", session=s)
    fails("separate mpg if mpg > 99, by(foreign)", 2000, session=s)


def test_linear_splines() -> None:
    """[R] mkspline, Methods and formulas; the columns add up to x (from the smallest knot on: slopes of intervals)."""
    s = auto()
    s.run("mkspline a 2500 b 3000 c = weight\nmkspline m 4 = weight, marginal\nmkspline p 3 = mpg, pctile")
    assert s.rc == 0
    w = s.data.values("weight")
    np.testing.assert_allclose(sum(s.data.values(name) for name in "abc"), w)
    np.testing.assert_allclose(s.data.values("b"), np.clip(w - 2500, 0, 500))
    knots = w.min() + (w.max() - w.min()) * np.arange(1, 4) / 4
    np.testing.assert_allclose(s.data.values("m1"), w)
    for k, knot in enumerate(knots):
        np.testing.assert_allclose(s.data.values(f"m{k + 2}"), np.maximum(0, w - knot), rtol=1e-6)
    assert s.r["N_knots"] == 2
    thirds = np.quantile(s.data.values("mpg"), [1 / 3, 2 / 3], method="averaged_inverted_cdf")
    np.testing.assert_allclose(s.r["knots"], [thirds])


def test_restricted_cubic_spline() -> None:
    """Harrell's knots, and a spline that is linear outside them; its formula written out for one value."""
    s = auto()
    log = s.run("mkspline m = mpg, cubic nknots(4) displayknots\nmkspline k = mpg, cubic knots(15 20 30)")
    assert s.rc == 0
    x = s.data.values("mpg")
    knots = np.quantile(x, [0.05, 0.35, 0.65, 0.95], method="averaged_inverted_cdf")  # Harrell (2001)
    assert f"{'mpg':>12} |" + "".join(f"{knot:>10g} " for knot in knots) in log
    np.testing.assert_array_equal(s.data.values("k1"), x)
    cut = lambda t: np.maximum(x - t, 0) ** 3  # noqa: E731
    expected = (cut(15) - (cut(20) * (30 - 15) - cut(30) * (20 - 15)) / (30 - 20)) / (30 - 15) ** 2
    np.testing.assert_allclose(s.data.values("k2"), expected, rtol=1e-5)
    high = run("range x 31 60 30\nmkspline k = x, cubic knots(5 10 20 30)").data
    for name in ("k2", "k3"):
        np.testing.assert_allclose(np.diff(high.values(name), 2), 0, atol=2e-3)


@pytest.mark.parametrize(
    ("line", "rc"),
    [
        ("mkspline a = mpg, cubic nknots(8)", 198),
        ("mkspline a = mpg, cubic knots(1 2)", 198),
        ("mkspline a 3 = make", 109),
        ("mkspline a 1 = mpg", 198),
        ("mkspline a 20 b = mpg, pctile", 198),
        ("mkspline a 20 b 10 c = mpg", 198),
        ("mkspline a 30 b = mpg if mpg > 99", 2000),
        ("gen a1 = 1\nmkspline a 2 = mpg", 110),
    ],
)
def test_mkspline_errors(line: str, rc: int) -> None:
    fails(line, rc, session=auto())


# ---------------------------------------------------------------- labels


def test_numlabel() -> None:
    """[D] labelbook: the default mask is "#. ", and remove takes off what add put on."""
    s = run('label define a 1 one 2 two .z "not asked"\nnumlabel a, add')
    assert [t for _, t in s.data.value_labels["a"].items()] == ["1. one", "2. two", ".z. not asked"]
    s.run('numlabel, remove\nnumlabel _all, add mask("[#] ")')
    assert [t for _, t in s.data.value_labels["a"].items()] == ["[1] one", "[2] two", "[.z] not asked"]
    s.run('numlabel a, remove mask("[#] ")\nlabel define a 2 "2. two", modify')
    assert "label not modified" in s.run("numlabel a, add detail")
    s.run("numlabel a, add force")
    assert [t for _, t in s.data.value_labels["a"].items()] == ["1. one", "2. two", ".z. not asked"]
    fails("numlabel a", 198, session=s)
    fails("numlabel b, add", 111, "value label b not found", session=s)


def test_label_language() -> None:
    """The characteristics that [D] label language documents, and a round trip through a file."""
    s = run(
        'set obs 2\ngen x = _n\nlabel define en 1 one\nlabel values x en\nlabel variable x "The x"\nlabel data "D"\n'
        "label language en, rename\nlabel language de, new\nlabel define de 1 eins\nlabel values x de\n"
        'label variable x "Das x"\nlabel data "T"'
    )
    assert s.data.data_chars["_lang_list"] == "en de"
    assert s.data.data_chars["_lang_c"] == "de"
    assert dict(s.data.column("x").chars) == {"_lang_v_en": "The x", "_lang_l_en": "en"}
    s.run("label language en")
    column = s.data.column("x")
    assert (column.label, column.value_label, s.data.label) == ("The x", "en", "D")
    assert column.chars["_lang_v_de"] == "Das x"
    log = s.run("label language")
    assert "    Available languages:\n            en\n            de\n" in log
    assert (s.r["k"], s.r["language"], s.r["languages"]) == (2, "en", "en de")
    s.run("tempfile f\nsave `f'\nuse `f', clear\nlabel language de")
    assert s.data.column("x").value_label == "de"
    assert "de" in s.data.value_labels
    s.run("label language fr, new copy")
    assert s.data.column("x").label == "Das x"
    s.run("label language en, delete\nlabel language fr, delete")
    assert s.data.column("x").label == "Das x"
    assert s.data.data_chars["_lang_c"] == "de"
    for line, rc in (
        ("label language xx", 111),
        ("label language de, new", 110),
        ("label language de, delete", 198),
        ("label language q, copy", 198),
        ("label language q, new delete", 198),
        ("label language 1q, new", 198),
    ):
        fails(line, rc, session=s)


def test_label_save(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    log = s.run('label define a 1 "one two" .b "x"\nlabel define b 0 no\nlabel save using labels')
    assert "file labels.do saved" in log
    text = (tmp_path / "labels.do").read_text()
    assert text.splitlines() == [
        'label define a 1 `"one two"\', modify',
        'label define a .b `"x"\', modify',
        'label define b 0 `"no"\', modify',
    ]
    fails("label save using labels", 602, session=s)
    fails("label save c using labels, replace", 111, session=s)
    s.run("label drop _all\ndo labels")
    assert sorted(s.data.value_labels) == ["a", "b"]


def test_labels_widen_formats() -> None:
    """[D] label: %9.0g becomes %12.0g for a label of 12 characters, unless nofix."""
    text = "set obs 1\ngen x = 1\ngen y = 1\nlabel define l 1 twelve_chars\n"
    s = run(text + "label values x l\nlabel values y l, nofix")
    assert (s.data.column("x").format, s.data.column("y").format) == ("%12.0g", "%9.0g")
    s.run("label define l 2 thirteen_char, modify")
    assert (s.data.column("x").format, s.data.column("y").format) == ("%13.0g", "%13.0g")


# ---------------------------------------------------------------- time


PANEL = "input p t y\n1 1 1\n1 3 3\n2 2 4\nend\n"


def test_tsfill() -> None:
    s = run(PANEL + "xtset p t\ntsfill")
    assert list(zip(s.data.values("p"), s.data.values("t"), strict=True)) == [(1, 1), (1, 2), (1, 3), (2, 2)]
    s.run("tsfill, full")
    assert s.data.values("t").tolist() == [1, 2, 3, 1, 2, 3]
    np.testing.assert_array_equal(s.data.values("y"), [1, np.nan, 3, np.nan, 4, np.nan])
    s = run("input t\n0\n.5\n2\nend\nreplace t = t * 4\ntsset t, delta(2)\ntsfill")
    assert s.data.values("t").tolist() == [0, 2, 4, 6, 8]
    fails("tsfill, full", 198, session=s)
    fails("set obs 2\ntsfill", 111, "time variable not set, use tsset varname ...")


def test_tsappend() -> None:
    s = run(PANEL + "xtset p t\ntsappend, add(2)")
    assert s.data.values("t").tolist() == [1, 3, 4, 5, 2, 3, 4]
    s = run(PANEL + "xtset p t\ntsappend, add(1) panel(2)")
    assert s.data.values("t").tolist() == [1, 3, 2, 3]
    s = run("input t\n480\n481\nend\ntsset t, monthly\ntsappend, last(2000m4) tsfmt(tm)")
    assert s.data.values("t").tolist() == [480, 481, 482, 483]
    for line in ("tsappend", "tsappend, add(0)", "tsappend, last(2000m5)", "tsappend, add(1) panel(1)"):
        fails(line, 198, session=s)


# ---------------------------------------------------------------- options of older commands


def test_destring_options() -> None:
    s = run(
        'input str8 a str8 b str6 c str6 d\n"1,234" "$5 50" "10%" "1,5"\n"12" "x" "3" "2"\nend\n'
        'destring a, ignore(",") generate(a1)\ndestring b, ignore("$ ", aschars) force generate(b1)\n'
        "destring c, percent generate(c1)\ndestring d, dpcomma replace"
    )
    assert s.data.values("a1").tolist() == [1234, 12]
    np.testing.assert_array_equal(s.data.values("b1"), [550, np.nan])
    assert s.data.values("c1").tolist() == [0.1, 3]
    assert s.data.values("d").tolist() == [1.5, 2]
    for line in (
        "a: character , removed; a1 generated as int",
        "b: characters $ space removed; b1 generated as int",
        "c: character % removed; c1 generated as double",
    ):
        assert line in s.text()


def test_split_destrings_with_options() -> None:
    s = run('input str12 s\n"1a;2;3%"\nend\nsplit s, parse(;) destring force percent')
    assert s.data.names == ["s", "s1", "s2", "s3"]
    assert s.data.values("s3").tolist() == [0.03]
    fails("split s, parse(;) force", 198, session=s)
    fails("split s, limit(0)", 198, session=s)


def test_levelsof_matrix() -> None:
    s = run("input x\n3\n1\n3\n.a\nend\nlevelsof x, matrow(M) missing\nlevelsof x, hexadecimal")
    np.testing.assert_array_equal(s.workspace.matrices["M"].values, [[1], [3], [np.nan]])
    assert s.r["levels"] == "+1.0000000000000X+000 +1.8000000000000X+001"
    fails('gen str1 z = "a"\nlevelsof z, matrow(M)', 198, session=s)


def test_notes_subcommands() -> None:
    s = run("set obs 1\ngen x = 1\nnote: at TS here\nnote x: one\nnote x: two\nnote x: three")
    assert " TS " not in s.data.notes()[1]
    assert "(1 note dropped)" in s.run("notes drop x in 2")
    s.run("notes renumber x\nnotes replace x in 2: changed")
    assert s.data.notes("x") == {1: "one", 2: "changed"}
    assert s.run("notes search CHANGED") == "\nx:\n  2.  changed\n"
    assert s.run("notes x in 1") == "\nx:\n  1.  one\n"
    fails("notes replace x in 9: q", 198, session=s)
    fails("notes drop x in 9", 198, session=s)


def test_duplicates_examples() -> None:
    s = run("input a b\n1 1\n2 2\n1 1\n1 1\n3 3\n2 2\nend")
    log = s.run("duplicates examples")
    assert [row.split() for row in log.splitlines() if row.startswith("  |")][2:] == [
        ["|", "1", "3", "1", "1", "1", "|"],
        ["|", "2", "2", "2", "2", "2", "|"],
    ]
    assert "+" not in s.run("duplicates list a, clean")
    fails("duplicates report, clean", 198, session=s)


def test_isid_using(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run("input a b\n1 1\n1 2\nend\nsave t\nclear\nisid a b using t")
    assert s.rc == 0
    fails("isid a using t", 459, session=s)
    fails("isid a using nothere", 601, session=s)


def test_recode_test_names_idle_and_overlapping_rules() -> None:
    s = run("input x\n1\n2\n3\nend")
    log = s.run("recode x (1 2=1) (2/3=2) (9=4), generate(y) test")
    assert "rule 3 was never invoked" in log
    assert "rules 1 and 2 overlap" in log
    assert s.data.values("y").tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    ("statistic", "weight"),
    [("sd", "pw"), ("semean", "pw"), ("semean", "iw"), ("sebinomial", "aw"), ("sepoisson", "iw")],
)
def test_collapse_refuses_weights(statistic: str, weight: str) -> None:
    fails(f"set obs 3\ngen x = _n\ncollapse ({statistic}) x [{weight}=x]", 135)


STATISTICS = {
    "mean": lambda g: g.mean(),
    "sd": lambda g: g.std(),
    "min": lambda g: g.min(),
    "max": lambda g: g.max(),
    "sum": lambda g: g.sum(),
    "count": lambda g: g.count(),
    "median": lambda g: g.median(),
    "semean": lambda g: g.sem(),
    "firstnm": lambda g: g.first(),
    "lastnm": lambda g: g.last(),
}


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(-9, 9))), min_size=1, max_size=25)
)
def test_collapse_against_pandas(rows: list[tuple[int, int | None]]) -> None:
    text = "".join(f"{g} {'.' if x is None else x}\n" for g, x in rows)
    made = " ".join(f"({name}) v{name}=x" for name in STATISTICS)
    s = run(f"input g double x\n{text}end\ncollapse {made}, by(g)")
    frame = pd.DataFrame(rows, columns=["g", "x"]).astype({"x": float})
    grouped = frame.groupby("g")["x"]
    for name, compute in STATISTICS.items():
        np.testing.assert_allclose(s.data.values(f"v{name}"), compute(grouped), rtol=1e-9, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text("abc de", max_size=4), min_size=1, max_size=12))
def test_encode_then_decode(words: list[str]) -> None:
    lines = "".join(f'"{word}"\n' for word in words)
    s = run(f"input str6 s\n{lines}end\nencode s, generate(n)\ndecode n, generate(t)")
    assert [bytes(v) for v in s.data.column("t").data.tolist()] == [word.encode() for word in words]
