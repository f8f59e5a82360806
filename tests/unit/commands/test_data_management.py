"""use, save, drop, keep, rename, label, sort, order, format, describe and kin: data, messages, errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support import Session, example, fails


@pytest.fixture
def auto() -> Session:
    session = Session()
    session.run(f"use {example('auto.dta')}")
    return session


def small() -> Session:
    session = Session()
    session.run(
        "set obs 4\ngenerate a = _n\ngenerate b1 = 5 - _n\ngenerate b2 = a * 2\ngenerate str2 s = string(_n)"
    )
    return session


# ---------------------------------------------------------------- files


def test_save_use_round_trip(tmp_path: Path) -> None:
    session = Session(cwd=tmp_path)
    assert (
        session.run('set obs 3\ngenerate x = _n\nlabel data "tiny"\nsave one').splitlines()[-1]
        == "file one.dta saved"
    )
    assert session.run("save one") == "file one.dta already exists\nr(602);\n"
    assert session.run("save one, replace") == "file one.dta saved\n"
    assert session.run("save two, replace") == "(file two.dta not found)\nfile two.dta saved\n"
    assert (
        session.run("generate y = 1\nuse one")
        == "no; dataset in memory has changed since last saved\nr(4);\n"
    )
    assert session.run("use one, clear") == "(tiny)\n"
    assert session.data.names == ["x"]
    assert session.run("use x if x > 1 using one") == "(tiny)\n"
    assert session.data.n == 2
    assert session.run("use nowhere, clear") == "file nowhere.dta not found\nr(601);\n"
    assert session.data.n == 2


def test_save_note_before_17(tmp_path: Path) -> None:
    session = Session(release=16, cwd=tmp_path)
    out = session.run("set obs 1\ngenerate x = 1\nsave one, replace")
    assert out.splitlines()[-2:] == ["(note: file one.dta not found)", "file one.dta saved"]


def test_use_keeps_labels_types_and_missing_values(tmp_path: Path, auto: Session) -> None:
    auto.workspace.cwd = tmp_path
    auto.run("replace rep78 = .c in 2\nformat price %12.2f\nsave copy\nuse copy, clear")
    assert auto.data.column("rep78").codes()[1] == 3
    assert auto.data.column("price").format == "%12.2f"
    assert auto.data.column("foreign").value_label == "origin"
    assert auto.data.column("make").stype == "str18"


def test_sysuse() -> None:
    session = Session()
    session.run("sysuse hsb")
    assert session.data.n == 7185
    assert session.run("sysuse dir").strip().startswith("hsb.dta")
    session.run("sysuse sandstone, clear")
    assert session.rc == 601
    assert session.last_error is not None and "StataCorp" in session.last_error.message
    assert session.data.n == 7185


def test_set_obs_wording() -> None:
    assert Session(18).run("set obs 1000") == "Number of observations (_N) was 0, now 1,000.\n"
    assert Session(16).run("set obs 1000") == "number of observations (_N) was 0, now 1,000\n"
    fails("set obs 5\nset obs 3", 198)


# ---------------------------------------------------------------- rows and variables


@pytest.mark.parametrize(
    ("command", "left", "message"),
    [
        ("drop if a > 2", [1, 2], "(2 observations deleted)\n"),
        ("drop in 1", [2, 3, 4], "(1 observation deleted)\n"),
        ("drop in 2/3 if a == 3", [1, 2, 4], "(1 observation deleted)\n"),
        ("drop if a > 9", [1, 2, 3, 4], "(0 observations deleted)\n"),
        ("keep if a > 2", [3, 4], "(2 observations deleted)\n"),
        ("keep in -1/l", [4], "(3 observations deleted)\n"),
        ("drop if missing(a)", [1, 2, 3, 4], "(0 observations deleted)\n"),
        ("bysort a: drop if _n > 1", [1, 2, 3, 4], "(0 observations deleted)\n"),
    ],
)
def test_rows(command: str, left: list[float], message: str) -> None:
    session = small()
    assert session.run(command) == message
    assert session.data.values("a").tolist() == left


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("drop b*", ["a", "s"]),
        ("keep b* s", ["b1", "b2", "s"]),
        ("drop _all", []),
        ("order s", ["s", "a", "b1", "b2"]),
        ("order a, last", ["b1", "b2", "s", "a"]),
        ("order s, before(b1)", ["a", "s", "b1", "b2"]),
        ("order s a, after(b2)", ["b1", "b2", "s", "a"]),
        ("order s b2 b1, alphabetic", ["b1", "b2", "s", "a"]),
        ("rename a alpha", ["alpha", "b1", "b2", "s"]),
        ("rename (a s) (s a)", ["s", "b1", "b2", "a"]),
        ("rename b* beta*", ["a", "beta1", "beta2", "s"]),
        ("rename b# c#", ["a", "c1", "c2", "s"]),
        ("rename b# c#_old", ["a", "c1_old", "c2_old", "s"]),
        ("rename *1 *one", ["a", "bone", "b2", "s"]),
        ("rename (b1 b2) x_=", ["a", "x_b1", "x_b2", "s"]),
        ("rename b1-s (x y z)", ["a", "x", "y", "z"]),
        ("rename *, upper", ["A", "B1", "B2", "S"]),
        ("rename b?, proper", ["a", "B1", "B2", "s"]),
        ("clonevar t = s", ["a", "b1", "b2", "s", "t"]),
        ("generate z = 1, before(a)", ["z", "a", "b1", "b2", "s"]),
    ],
)
def test_variables(command: str, names: list[str]) -> None:
    session = small()
    session.run(command)
    assert session.rc == 0, session.text()
    assert session.data.names == names


def test_variable_errors() -> None:
    setup = "set obs 4\ngenerate a = _n\ngenerate b = 1\n"
    fails(setup + "drop c", 111, "variable c not found")
    fails(setup + "drop", 198, "invalid syntax")
    fails(setup + "drop a if b", 198, "invalid syntax")
    fails(setup + "rename a b", 110, "variable b already defined")
    fails(setup + "rename a 1a", 198)
    fails(setup + "rename c d", 111, "variable c not found")
    fails(setup + "rename (a b) (c)", 198)
    fails(setup + "order a, before(c)", 111, "variable c not found")


# ---------------------------------------------------------------- sorting


def test_sort_and_gsort() -> None:
    session = Session()
    session.run("set obs 5\ngenerate x = mod(_n, 2)\nreplace x = . in 3\ngenerate id = _n")
    session.run("sort x id")
    assert session.data.values("id").tolist() == [2, 4, 1, 5, 3]
    assert session.data.sortedby == ("x", "id")
    session.run("gsort -x id")
    assert session.data.values("id").tolist() == [1, 5, 2, 4, 3]
    session.run("gsort -x -id, mfirst generate(k)")
    assert session.data.values("id").tolist() == [3, 5, 1, 4, 2]
    assert session.data.values("k").tolist() == [1, 2, 3, 4, 5]


def test_count(auto: Session) -> None:
    assert auto.run("count if mpg > 20") == "  36\n"
    assert auto.r["N"] == 36
    assert Session().run("set obs 7185\ncount").splitlines()[-1] == "  7,185"


# ---------------------------------------------------------------- labels


def test_labels(auto: Session) -> None:
    auto.run('label variable price "Price, in $"\nlabel data "cars"')
    assert (auto.data.column("price").label, auto.data.label) == ("Price, in $", "cars")
    auto.run('label define yn 0 "no" 1 "yes" .a "asked not"\nlabel values foreign rep78 yn')
    assert auto.data.column("rep78").value_label == "yn"
    assert auto.run("label list yn") == "yn:\n           0 no\n           1 yes\n          .a asked not\n"
    assert auto.r["k"] == 3 and auto.r["nemiss"] == 1
    auto.run("label values foreign .")
    assert auto.data.column("foreign").value_label == ""
    auto.run('label define yn 1 "YES" 2 "maybe", modify')
    assert dict(auto.data.value_labels["yn"].items())[1] == "YES"
    auto.run("label copy yn other\nlabel drop yn")
    assert "other" in auto.data.value_labels and "yn" not in auto.data.value_labels
    assert "other" in auto.run("label dir")


def test_label_errors() -> None:
    setup = 'set obs 1\ngenerate x = 1\nlabel define v 1 "a"\n'
    fails(setup + 'label define v 2 "b"', 110, "value label v already defined")
    fails(setup + 'label define v 1 "b", add', 180, "invalid attempt to modify label")
    fails(setup + "label list w", 111, "value label w not found")
    fails(setup + 'label variable z "b"', 111, "variable z not found")
    fails(setup + 'label define w 1.5 "b"', 198)


# ---------------------------------------------------------------- describe, format, types


def test_describe_before_17(auto: Session) -> None:
    """Layout of Stata 14-16, as in the log of github.com file id 41422212597 of the search index (AEA P&P table)."""
    auto.workspace.settings.release = 16
    auto.run("note mpg: from the EPA")
    lines = auto.run("describe").splitlines()
    assert lines[2] == "  obs:            74                          1978 automobile data"
    assert lines[3].startswith(" vars:            12                          ")
    assert lines[4] == " size:         3,182                          (_dta has notes)"
    assert lines[6] == "              storage   display    value"
    assert lines[7] == "variable name   type    format     label      variable label"
    assert "mpg             int     %8.0g               * Mileage (mpg)" in lines
    assert "                                            * indicated variables have notes" in lines
    assert lines[-2] == "Sorted by: foreign"
    assert lines[-1] == "     Note: Dataset has changed since last saved."


def test_long_labels_wrap() -> None:
    """Two more blanks on the second line, as in Stata's documentation of a dataset with
    ``group(title event_start_year proceed_year state country)``."""
    session = Session()
    session.run(
        "set obs 1\ngenerate conf_event_id = 1\n"
        'label variable conf_event_id "group(title event_start_year proceed_year state country)"'
    )
    assert session.run("describe conf_event_id").splitlines()[-2:] == [
        "conf_event_id   float   %9.0g                 group(title event_start_year",
        "                                                proceed_year state country)",
    ]


def test_describe_results(auto: Session) -> None:
    auto.run("describe, short")
    assert (auto.r["N"], auto.r["k"], auto.r["width"], auto.r["changed"]) == (74, 12, 43, 0)


def test_format(auto: Session) -> None:
    auto.run("format %9.2f price mpg\nformat make %10s")
    assert auto.data.column("mpg").format == "%9.2f"
    assert auto.data.column("make").format == "%10s"
    fails("set obs 1\ngenerate x = 1\nformat x %10s", 109)
    fails("set obs 1\ngenerate x = 1\nformat x %q", 120, "invalid %format")


def test_compress(auto: Session) -> None:
    """Stata's own well-known output for the auto data: 370 bytes."""
    assert auto.run("compress") == (
        "  variable make was str18 now str17\n  variable mpg was int now byte\n  variable rep78 was int now byte\n"
        "  variable trunk was int now byte\n  variable turn was int now byte\n  (370 bytes saved)\n"
    )


def test_recast(auto: Session) -> None:
    assert auto.run("recast byte price") == "price:  74 values would be changed; not changed\n"
    assert auto.data.column("price").stype == "int"
    auto.run("recast double price")
    assert auto.data.column("price").stype == "double"
    assert auto.run("recast byte price, force") == "price:  74 values changed\n"
    assert np.isnan(auto.data.values("price")).all()


# ---------------------------------------------------------------- strings and numbers


def test_encode_decode(auto: Session) -> None:
    auto.run("decode foreign, generate(s)\nencode s, generate(n)")
    assert auto.data.column("s").stype == "str8"
    column = auto.data.column("n")
    assert (column.stype, column.format, column.value_label, column.label) == (
        "long",
        "%8.0g",
        "n",
        "Car origin",
    )
    np.testing.assert_array_equal(column.values(), auto.data.values("foreign") + 1)
    fails("set obs 1\ngenerate x = 1\nencode x, generate(y)", 107, "not possible with numeric variable")
    fails("set obs 1\ngenerate x = 1\ndecode x, generate(y)", 182)


@pytest.mark.parametrize(
    ("texts", "options", "message", "values"),
    [
        (["1", "2"], "", "s: all characters numeric; replaced as byte\n", [1, 2]),
        (
            ["1.5", ""],
            "",
            "s: all characters numeric; replaced as double\n(1 missing value generated)\n",
            [1.5, None],
        ),
        (["1000", "-2"], "", "s: all characters numeric; replaced as int\n", [1000, -2]),
        (["1e3", " 7 "], "", "s: all characters numeric; replaced as int\n", [1000, 7]),
        (["a", "2"], "", "s: contains nonnumeric characters; no replace\n", None),
        (
            ["a", "2"],
            " force",
            "s: contains nonnumeric characters; replaced as byte\n(1 missing value generated)\n",
            [None, 2],
        ),
        (["$1,000", "$2"], ' ignore("$,")', "s: characters $ , removed; replaced as int\n", [1000, 2]),
        (["1,000", "2"], ' ignore(",")', "s: character , removed; replaced as int\n", [1000, 2]),
    ],
)
def test_destring(texts: list[str], options: str, message: str, values: list[float | None] | None) -> None:
    session = Session()
    session.run(f'set obs 2\ngenerate str10 s = "{texts[0]}" in 1\nreplace s = "{texts[1]}" in 2')
    assert session.run(f"destring s, replace{options}") == message
    if values is None:
        assert session.data.column("s").is_string
    else:
        got = [None if np.isnan(v) else v for v in session.data.values("s")]
        assert got == values


def test_tostring(auto: Session) -> None:
    assert auto.run("tostring mpg, replace") == "mpg was int now str2\n"
    assert (
        auto.run("tostring gear_ratio, generate(g)")
        == "gear_ratio cannot be converted reversibly; no generate\n"
    )
    assert auto.run("tostring headroom, generate(h) format(%9.1f)") == "h generated as str3\n"
    assert auto.data.column("h").data[0] == b"2.5"


# ---------------------------------------------------------------- preserve, identification, levels


def test_preserve_restore(auto: Session) -> None:
    auto.run("preserve\nkeep if foreign\ndrop make")
    assert auto.run("preserve") == "already preserved\nr(621);\n"
    auto.run("restore")
    assert (auto.data.n, auto.data.k) == (74, 12)
    assert auto.run("restore") == "nothing to restore\nr(622);\n"
    auto.run("preserve\ndrop in 1/70\nrestore, not")
    assert auto.data.n == 4


def test_data_come_back_at_the_end_of_a_do_file(tmp_path: Path, auto: Session) -> None:
    auto.workspace.cwd = tmp_path
    (tmp_path / "inner.do").write_text("preserve\ndrop if foreign\n")
    auto.run("do inner")
    assert auto.data.n == 74
    (tmp_path / "kept.do").write_text("preserve\ndrop if foreign\nrestore, not\n")
    auto.run("do kept")
    assert auto.data.n == 52


def test_isid_and_levelsof(auto: Session) -> None:
    assert auto.run("isid make") == ""
    assert (
        auto.run("isid foreign") == "variable foreign does not uniquely identify the observations\nr(459);\n"
    )
    assert auto.run("levelsof rep78") == "1 2 3 4 5\n"
    assert auto.r["levels"] == "1 2 3 4 5" and auto.r["r"] == 5
    assert auto.run("levelsof rep78, missing separate(,)") == "1,2,3,4,5,.\n"


def test_clear(auto: Session) -> None:
    auto.run("scalar z = 1\nclear")
    assert auto.data.k == 0 and "z" in auto.workspace.scalars
    auto.run("clear all")
    assert "z" not in auto.workspace.scalars


def test_notes_and_chars(auto: Session) -> None:
    auto.run("notes drop _dta\nnotes: first\nnotes mpg: about mpg\nchar mpg[unit] miles")
    assert auto.run("notes") == "\n_dta:\n  1.  first\n\nmpg:\n  1.  about mpg\n"
    assert auto.data.get_chars("mpg")["unit"] == "miles"
    auto.run("notes drop mpg in 1")
    assert auto.data.notes("mpg") == {}
