"""snapshot, cf, compare, contract, stack, xpose: figures from the manual's examples, from pandas and from closed forms."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Session, example, fails

LETTERS = "clear\ninput a b c d\n1 2 3 4\n5 6 7 8\nend\n"


def listed(session: Session) -> list[list[float | str | None]]:
    """The observations, None for missing."""
    out = []
    for name in session.data.names:
        column = session.data.column(name)
        if column.is_string:
            out.append([bytes(text).decode() for text in column.strings()])
        else:
            out.append([None if x != x else x for x in column.values().tolist()])
    return [list(row) for row in zip(*out, strict=True)]


# ---------------------------------------------------------------- snapshot


def test_snapshot() -> None:
    """[D] snapshot: numbers, labels and the line ``snapshot 1 (label) created at ...``."""
    session = Session()
    session.run("set obs 3\ngenerate x = _n")
    out = session.run('snapshot save, label("before changes")')
    assert out.startswith("snapshot 1 (before changes) created at ") and session.r["snapshot"] == 1
    session.run("replace x = 0\nsnapshot save\nsnapshot restore 1")
    assert session.data.values("x").tolist() == [1, 2, 3]
    session.run('snapshot label 2 "zeros"')
    assert [line.partition(" created")[0] for line in session.run("snapshot list").splitlines()] == [
        "snapshot 1 (before changes)",
        "snapshot 2 (zeros)",
    ]
    session.run("snapshot erase 1\nclear\nset obs 1\nsnapshot save")
    assert session.r["snapshot"] == 3  # one more than the highest there is
    session.run("snapshot erase _all\nsnapshot save")
    assert session.r["snapshot"] == 1


@pytest.mark.parametrize(
    ("line", "code"),
    {"snapshot restore 9": 111, "snapshot erase 1/3": 111, "snapshot": 198, "snapshot keep": 198}.items(),
)
def test_snapshot_errors(line: str, code: int) -> None:
    fails(f"set obs 2\ngenerate x = 1\n{line}", code)


# ---------------------------------------------------------------- cf, compare


def test_cf(tmp_path: Path) -> None:
    """``mpg:  2 mismatches`` / ``obs 5. 59 in master; 15 in using`` and r(9): a log in cnblogs.com/xkdn/p/17880452."""
    session = Session(cwd=tmp_path)
    session.run(f'use "{example("auto.dta")}"\nsave mycf\nreplace mpg = 59 in 5\nreplace mpg = 55 in 11')
    out = session.run("cf mpg price using mycf, verbose")
    assert out.splitlines() == [
        "             mpg:  2 mismatches",
        "                     obs 5. 59 in master; 15 in using",
        "                     obs 11. 55 in master; 14 in using",
        "r(9);",
    ]
    assert session.rc == 9
    assert session.run("cf make price using mycf") == "" and session.r["Nsum"] == 0
    assert session.run("cf make price using mycf, all").splitlines() == [
        "            make:  match",
        "           price:  match",
    ]
    session.run("generate new = 1\ntostring price, replace")
    out = session.run("cf new price rep78 using mycf, all")
    assert "new:  does not exist in using" in out and "price:  str5 in master but int in using" in out
    assert "rep78:  match" in out  # missing equals missing
    fails("cf mpg using nofile", 601, session=session)
    fails("cf mpg", 100, session=session)
    session.run("drop in 1")
    fails("cf make using mycf", 9, session=session)


def test_compare_counts_and_differences() -> None:
    """The columns of [D] compare; the figures are counted from the data typed in."""
    session = Session()
    session.run("input x y\n1 2\n5 2\n5 1\n3 3\n. 4\n. .\n. 1\nend")
    assert session.run("compare x y").splitlines() == [
        "",
        "                                        ---------- Difference ----------",
        "                            Count       Minimum      Average     Maximum",
        "------------------------------------------------------------------------",
        "x<y                             1            -1           -1          -1",
        "x=y                             1",
        "x>y                             2             3          3.5           4",
        "                       ----------",
        "Jointly defined                 4            -1          1.5           4",
        "x missing only                  2",
        "Jointly missing                 1",
        "                       ----------",
        "Total                           7",
    ]
    session.workspace.settings.release = 16
    assert "jointly defined" in session.run("compare x y if y < 4")
    fails("compare x", 102, session=session)
    fails("compare x y if x > 100 & x < 101", 2000, session=session)
    session.run("generate s = string(x)")
    fails("compare x s", 109, session=session)


# ---------------------------------------------------------------- contract

DATA = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25)


@settings(max_examples=40, deadline=None)
@given(DATA, st.booleans())
def test_contract_equals_pandas(data: list[tuple[int, int]], zero: bool) -> None:
    session = Session()
    session.run("input a b\n" + "\n".join(f"{a} {b}" for a, b in data) + "\nend")
    session.run(f"contract a b, percent(p) cfreq(c) cpercent(cp) {'zero' if zero else ''}")
    frame = pd.DataFrame(data, columns=["a", "b"])
    if zero:
        counts = pd.crosstab(frame["a"], frame["b"]).stack()
    else:
        counts = frame.groupby(["a", "b"]).size()
    assert session.data.names == ["a", "b", "_freq", "c", "p", "cp"]
    assert session.data.values("_freq").tolist() == counts.tolist()
    assert list(zip(session.data.values("a"), session.data.values("b"), strict=True)) == list(counts.index)
    assert session.data.values("p").tolist() == pytest.approx((100 * counts / len(data)).tolist())
    assert session.data.values("c").tolist() == counts.cumsum().tolist()
    assert session.data.sortedby == ("a", "b") and session.data.values("cp")[-1] == pytest.approx(100)


def test_contract_zero() -> None:
    """N. J. Cox on Statalist, 22 May 2006: centre month, zero."""
    session = Session()
    session.run('input str1 centre month\n"A" 1\n"A" 2\n"B" 2\n"B" 3\nend\ncontract centre month, zero')
    assert listed(session) == [
        ["A", 1, 1],
        ["A", 2, 1],
        ["A", 3, 0],
        ["B", 1, 0],
        ["B", 2, 1],
        ["B", 3, 1],
    ]


def test_contract_weights_missing_formats() -> None:
    session = Session()
    session.run(f'use "{example("auto.dta")}"\ncontract foreign rep78 [fweight=turn] if price < 5000, nomiss')
    auto = pd.read_stata(example("auto.dta"), convert_categoricals=False)
    auto = auto[(auto["price"] < 5000) & auto["rep78"].notna()]
    expected = auto.groupby(["foreign", "rep78"])["turn"].sum()
    assert session.data.values("_freq").tolist() == expected.tolist()
    assert (
        session.data.column("foreign").value_label == "origin" and session.data.column("_freq").stype == "int"
    )
    session.run(f'use "{example("auto.dta")}", clear\ncontract rep78, float percent(p)')
    assert session.data.column("p").stype == "float" and session.data.column("p").format == "%8.2f"
    assert listed(session)[-1][:2] == [None, 5]


@pytest.mark.parametrize(
    ("line", "code"),
    {
        "contract": 100,
        "contract a, freq(a)": 110,
        "contract a, freq(n) cfreq(n)": 110,
        "contract a, freq(1n)": 198,
        "contract a, format(x) percent(p)": 198,
        "contract a if a > 100": 2000,
        "contract a [aweight=b]": 101,
        "contract nosuch": 111,
    }.items(),
)
def test_contract_errors(line: str, code: int) -> None:
    fails(LETTERS + line, code)


# ---------------------------------------------------------------- stack, xpose


def test_stack_example() -> None:
    """The listing of help stack (stata.com/help.cgi?stack)."""
    session = Session()
    session.run(LETTERS + "stack a b c d, into(e f) clear")
    assert session.data.names == ["_stack", "e", "f"]
    assert listed(session) == [[1, 1, 2], [1, 5, 6], [2, 3, 4], [2, 7, 8]]


STACKS = {
    "stack a b c d, into(e f) wide clear": (
        ["_stack", "e", "f", "a", "b", "c", "d"],
        [[1, 1, 2, 1, 2, None, None], [2, 3, 4, None, None, 3, 4]],
    ),
    "stack a b c b, group(2) clear": (["_stack", "a", "b"], [[1, 1, 2], [2, 3, 2]]),
    "stack a b c b, into(y x) wide clear": (
        ["_stack", "y", "x", "a", "b", "c"],
        [[1, 1, 2, 1, 2, None], [2, 3, 2, None, 2, 3]],
    ),
    "stack a b c d, into(v1-v4) clear": (["_stack", "v1", "v2", "v3", "v4"], [[1, 1, 2, 3, 4]]),
    "stack a-d, group(4) clear": (["_stack", "a"], [[1, 1], [2, 2], [3, 3], [4, 4]]),
}


@pytest.mark.parametrize(("line", "names", "rows"), [(k, *v) for k, v in STACKS.items()])
def test_stack(line: str, names: list[str], rows: list[list[float | None]]) -> None:
    session = Session()
    session.run(LETTERS + "keep in 1\n" + line)
    assert session.rc == 0, session.text()
    assert session.data.names == names and listed(session) == rows


@pytest.mark.parametrize(
    ("line", "code"),
    {
        "stack a b c d, into(e f)": 4,
        "stack a b c d, clear": 198,
        "stack a b c d, into(e f) group(2) clear": 198,
        "stack a b c d, into(v1-v3) clear": 198,
        "stack a b c d, group(3) clear": 198,
        "stack a s, into(e) clear": 109,
        "stack a b, into(e e) clear": 198,
        "stack a b, into(1e) clear": 198,
        "xpose": 198,
        "xpose, clear format(x)": 198,
        "xpose a, clear": 101,
    }.items(),
)
def test_stack_and_xpose_errors(line: str, code: int) -> None:
    session = Session()
    session.run(LETTERS + 'generate s = "x"')
    session.run(line)
    assert session.rc in ((110, code) if "e e" in line else (code,)), session.text()
    assert session.data.names == ["a", "b", "c", "d", "s"]


def test_xpose_and_back() -> None:
    """[D] xpose: variables become observations, strings missing; _varname keeps and gives back the names."""
    session = Session()
    session.run(LETTERS + 'generate s = "x"\nxpose, clear varname')
    assert session.data.names == ["v1", "v2", "_varname"]
    assert listed(session) == [[1, 5, "a"], [2, 6, "b"], [3, 7, "c"], [4, 8, "d"], [None, None, "s"]]
    assert session.data.column("v1").stype == "float"
    session.run("xpose, clear")
    assert session.data.names == ["a", "b", "c", "d", "s"]
    assert [row[:4] for row in listed(session)] == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_xpose_types_and_formats() -> None:
    session = Session()
    session.run("input long a double b\n123456789 .1\nend\nformat b %15.3f\nxpose, clear promote format")
    assert session.data.column("v1").stype == "double" and session.data.column("v1").format == "%15.3f"
    assert session.data.values("v1").tolist() == [123456789, 0.1]
    session.run("xpose, clear format(%6.1f)")
    assert session.data.column("v2").format == "%6.1f" and session.data.column("v2").stype == "float"
    session.run("clear\ninput a\n.b\n3\nend\nxpose, clear\ncount if v1 == .b")
    assert session.r["N"] == 1
