"""import excel, export excel ([D] import excel); import spss, import sas against pyreadstat."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from support import Session, fails

openpyxl = pytest.importorskip("openpyxl")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(cwd=tmp_path)


def book(session: Session, name: str, **sheets: list[list[Any]]) -> None:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(session.workspace.cwd / name)


def sheet_rows(session: Session, name: str, title: str | None = None) -> list[list[Any]]:
    found = openpyxl.load_workbook(session.workspace.cwd / name)
    sheet = found[title] if title else found.worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


DAY = datetime.datetime(2020, 1, 5)
TABLE = [
    ["id", "Full Name", "x", "day", 1999, "x"],
    [1, "Ann", 0.5, DAY, 7, None],
    [2, None, 200, DAY, None, None],
    [3, 4.5, None, None, 8, None],
]


def test_import(session: Session) -> None:
    book(session, "a.xlsx", First=TABLE, Second=[[1, 2], [3, 4]])
    assert session.run('import excel "a.xlsx", firstrow') == "(6 vars, 3 obs)\n"
    data = session.data
    assert data.names == ["id", "FullName", "x", "day", "E", "F"]
    assert [c.stype for c in data.columns.values()] == ["byte", "str3", "double", "int", "byte", "byte"]
    assert [c.label for c in data.columns.values()] == ["id", "Full Name", "x", "day", "1999", "x"]
    assert data.column("FullName").data.tolist() == [b"Ann", b"", b"4.5"]
    assert data.values("day").tolist()[:2] == [21919.0, 21919.0]  # 05jan2020
    assert data.column("day").format == "%tdnn/dd/CCYY"
    session.run("import excel using a.xlsx, sheet(Second) clear")
    assert session.data.names == ["A", "B"] and session.data.values("B").tolist() == [2, 4]
    session.run("import excel using a.xlsx, cellrange(A2:C3) clear case(lower)")
    assert (session.data.k, session.data.n) == (3, 2)
    session.run("import excel using a.xlsx, cellrange(:C) clear")
    assert session.rc == 198
    session.run("import excel using a.xlsx, cellrange(B1) firstrow clear case(lower)")
    assert session.data.names == ["fullname", "x", "day", "E", "F"]
    session.run("import excel name=B id=A using a.xlsx, cellrange(A2) clear")
    assert session.data.names == ["name", "id"]
    session.run('import excel using a.xlsx, cellrange(A2) allstring("%9.2f") clear')
    assert session.data.column("C").data.tolist() == [b"0.50", b"200.00", b""]


def test_describe(session: Session) -> None:
    book(session, "a.xlsx", First=TABLE, Second=[[1, 2], [3, 4]])
    out = session.run("import excel a.xlsx, describe")
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["Sheet", "|", "Range"],
        [out.splitlines()[2].strip()],
        ["First", "|", "A1:F4"],
        ["Second", "|", "A1:B2"],
    ]
    assert (session.r["N_worksheet"], session.r["worksheet_2"], session.r["range_1"]) == (
        2,
        "Second",
        "A1:F4",
    )
    assert session.data.k == 0


def test_export(session: Session) -> None:
    session.run(
        "set obs 3\ngenerate byte g = _n\nlabel define gl 1 one\nlabel values g gl\nlabel variable g Group\n"
        'generate str5 s = "=a" in 1\ngenerate d = td(05jan2020) in 1\nformat d %td\n'
    )
    assert session.run("export excel using b.xlsx, firstrow(variables)") == "file b.xlsx saved\n"
    assert sheet_rows(session, "b.xlsx") == [
        ["g", "s", "d"],
        ["one", "=a", DAY],
        [2, None, None],
        [3, None, None],
    ]
    session.run(
        'export excel g d using b.xlsx if g < 3, sheet("new") cell(B2) firstrow(varl) nolabel missing(".")'
    )
    assert sheet_rows(session, "b.xlsx", "new")[1:] == [
        [None, "Group", "d"],
        [None, 1, DAY],
        [None, 2, "."],
    ]
    session.run('export excel g using b.xlsx in 3, sheet("new", modify) cell(A1)')
    assert (
        sheet_rows(session, "b.xlsx", "new")[0][0] == 3
        and sheet_rows(session, "b.xlsx", "new")[1][1] == "Group"
    )
    session.run('export excel g using b.xlsx in 3, sheet("new") sheetreplace\n')
    assert sheet_rows(session, "b.xlsx", "new") == [[3]]
    session.run("export excel d using b.xlsx in 1, replace datestring(%tdCCYY-NN-DD)")
    assert sheet_rows(session, "b.xlsx") == [["2020-01-05"]]


ERRORS = [
    ("export excel using b.xlsx", 602, "file b.xlsx already exists"),
    (
        'export excel using b.xlsx, sheet("Sheet1")',
        602,
        "worksheet Sheet1 already exists, must specify sheet(..., replace) or sheet(..., modify)",
    ),
    ("export excel using b.xlsx, replace firstrow(odd)", 198, "option firstrow() incorrectly specified"),
    ("export excel using b.xlsx, replace cell(11)", 198, "option cell() incorrectly specified"),
    ("export excel using b.xlsx, replace datestring(odd)", 120, "invalid %format"),
    ("import excel nofile", 601, "file nofile.xls not found"),
    ("import excel b.xlsx, sheet(nosuch)", 601, "worksheet nosuch not found"),
    ("import excel b.xlsx, cellrange(A0:B1)", 198, "option cellrange() incorrectly specified"),
    ("import excel text.xlsx", 603, "file text.xlsx could not be loaded"),
    ("import excel b.xlsx, locale(x)", 198, "option locale() not yet supported"),
]


@pytest.mark.parametrize(("line", "rc", "message"), ERRORS)
def test_errors(line: str, rc: int, message: str, session: Session) -> None:
    (session.workspace.cwd / "text.xlsx").write_text("no workbook")
    session.run("set obs 2\ngenerate x = 1\nexport excel using b.xlsx\nsave x")
    before = (session.workspace.cwd / "b.xlsx").read_bytes()
    fails(line, rc, message, session=session)
    assert (session.workspace.cwd / "b.xlsx").read_bytes() == before


def test_changed_data_stay(session: Session) -> None:
    book(session, "a.xlsx", First=TABLE)
    fails("set obs 2\ngenerate x = 1\nimport excel a.xlsx", 4, session=session)


def test_without_the_library(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    book(session, "a.xlsx", First=TABLE)
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    fails("import excel a.xlsx", 198, session=session)
    assert "pip install" in session.text()


# ---------------------------------------------------------------- SPSS and SAS


def test_spss(session: Session) -> None:
    frame = pd.DataFrame({
        "Id": [1.0, 2, 3, 4], "score": [1.5, 98, 99, float("nan")], "name": ["a", "", "ccc", "d"],
        "day": [datetime.date(2020, 1, 5)] * 4,
    })  # fmt: skip
    pyreadstat.write_sav(
        frame, str(session.workspace.cwd / "a.sav"), file_label="Title",
        column_labels={"Id": "Identifier"}, variable_value_labels={"Id": {1: "one", 2: "two"}, "score": {99: "gone"}},
        missing_ranges={"score": [98, 99]},
    )  # fmt: skip
    assert session.run("import spss using a.sav, case(lower)") == "(4 vars, 4 obs)\n"
    data = session.data
    assert data.names == ["id", "score", "name", "day"] and data.label == "Title"
    assert data.column("id").label == "Identifier" and data.column("id").stype == "byte"
    label = data.value_label_of("id")
    assert label is not None and [text for _, text in label.items()] == ["one", "two"]
    codes = data.column("score").codes()
    assert codes is not None and codes.tolist() == [0, 1, 2, 0]  # 98 -> .a, 99 -> .b
    label = data.value_label_of("score")
    assert label is not None and label.text(float("nan"), 2) == "gone"
    assert data.column("day").format == "%td" and data.values("day").tolist() == [21919.0] * 4
    assert data.column("name").data.tolist() == [b"a", b"", b"ccc", b"d"]
    session.run("import spss score Id using a if Id > 2, clear")
    assert session.data.names == ["Id", "score"] and session.data.n == 2
    fails("import spss a, clear nosuch", 198, session=session)
    (session.workspace.cwd / "bad.sav").write_text("no")
    fails("import spss bad, clear", 603, "file bad.sav could not be loaded", session=session)
    fails("import sas nofile", 601, "file nofile.sas7bdat not found", session=session)


def test_sas_transport(session: Session) -> None:
    frame = pd.DataFrame({"ID": [1.0, 2.0], "X": [0.5, float("nan")], "S": ["a", "bb"]})
    pyreadstat.write_xport(frame, str(session.workspace.cwd / "a.xpt"), file_format_version=5)
    session.run("import sasxport5 a.xpt")
    assert session.rc == 0, session.text()
    assert session.data.names == ["id", "x", "s"]
    assert session.data.values("x")[0] == 0.5 and session.data.column("s").data.tolist() == [b"a", b"bb"]
