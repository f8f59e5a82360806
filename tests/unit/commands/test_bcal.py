"""bcal, bofd(), dofb(). The calendar ``simple`` and its figures are those of [D] Datetime business calendars and [D] bcal
(18nov2011 + 1 = 21nov2011, 28nov2011 - 1 = 23nov2011; 10 days omitted, 20 included, 121.8 and 243.5 a year)."""

from pathlib import Path

import numpy as np
import pytest
from support import Session, fails

SIMPLE = """* Business calendar of the manual
version 12
purpose "Example for manual"
dateformat dmy
range 01nov2011 30nov2011
centerdate 01nov2011
omit dayofweek (Sa Su)
omit date 24nov2011
omit date 25nov2011
"""
RULES = """version 12
dateformat ymd
range 2010jan4 2013dec31
centerdate 2011-1-3
omit dayofweek (Sa Su)
omit date *jan1 and (+1) if dow(Su)
omit dowinmonth +4 Th of Nov and +1
omit dowinmonth -1 Mo of (May)
from 2012oct29 to 2012oct30: omit dayofweek (Mo Tu)
from 2012.12.1 to .: omit date *-12-24 if year(2012) & !dow(We)
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "simple.stbcal").write_text(SIMPLE)
    (tmp_path / "rules.stbcal").write_text(RULES)
    return Session(cwd=tmp_path)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('bofd("simple", td(01nov2011))', "0"),
        ('bofd("simple", td(11nov2011))', "8"),
        ('bofd("simple", td(12nov2011))', "."),
        ('bofd("simple", td(01dec2011))', "."),
        ('bofd("simple", .)', "."),
        ('%td dofb(bofd("simple", td(18nov2011)) + 1, "simple")', "21nov2011"),
        ('%td dofb(bofd("simple", td(28nov2011)) - 1, "simple")', "23nov2011"),
        ('dofb(20, "simple")', "."),
        ('dofb(-1, "simple")', "."),
        ('bofd("rules", td(02jan2012))', "."),  # 1 January 2012 was a Sunday
        ('bofd("rules", td(24nov2011))', "."),  # Thanksgiving
        ('bofd("rules", td(25nov2011))', "."),
        ('bofd("rules", td(30may2011))', "."),  # last Monday of May
        ('bofd("rules", td(23may2011)) < .', "1"),
        ('bofd("rules", td(30oct2012))', "."),
        ('bofd("rules", td(30oct2013)) < .', "1"),
        ('bofd("rules", td(24dec2012))', "."),
        ('bofd("rules", td(24dec2013)) < .', "1"),
        ('bofd("rules", td(04jan2011))', "1"),
        ('bofd("rules", td(31dec2010))', "-1"),
    ],
)
def test_conversions(expression: str, value: str, session: Session):
    assert session.run(f"display {expression}").strip() == value


def test_describe(session: Session):
    out = session.run("bcal describe %tbsimple")
    assert "  Business calendar simple (format %tbsimple):" in out
    assert "121.8              approx. days/year" in out
    assert "243.5              approx. days/year" in out
    r = session.r
    assert (r["omitted"], r["included"], r["min_date_td"], r["max_date_tb"]) == (10, 20, 18932, 19)
    assert r["purpose"] == "Example for manual"
    assert "simple" in session.run("bcal dir sim*")
    assert session.run("bcal dir nosuch*") == ""


def test_create_from_data(session: Session, tmp_path: Path):
    session.run(
        'clear\nset obs 30\ngen d = td(31oct2011) + _n\ngen b = bofd("simple", d)\ndrop if missing(b)\n'
        'bcal create mine, from(d) purpose("made here")\ngen c = bofd("mine", d)'
    )
    assert session.rc == 0
    assert np.array_equal(session.data.values("b"), session.data.values("c"))
    text = (tmp_path / "mine.stbcal").read_text()
    assert "omit dayofweek (Su Sa)\nomit date 24nov2011\nomit date 25nov2011\n" in text
    fails("bcal create mine, from(d)", 602, "file mine.stbcal already exists", session=session)
    fails("bcal create other, from(d) maxgap(4)", 198, session=session)


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        (
            'display bofd("nosuch", 3)',
            601,
            "business calendar nosuch not found\nfile nosuch.stbcal not found",
        ),
        ("bcal load nosuch", 601, "business calendar nosuch not found\nfile nosuch.stbcal not found"),
        ("bcal load bad", 198, "business calendar line 3: omit dayofweek (Xx)\ninvalid syntax"),
        ("bcal foo", 198, "invalid 'foo' "),
        ("bcal create x", 198, "option from() required"),
        ("display bofd(3, 3)", 109, "type mismatch"),
    ],
)
def test_errors(line: str, rc: int, message: str, session: Session, tmp_path: Path):
    (tmp_path / "bad.stbcal").write_text(
        "range 1nov2011 2nov2011\ncenterdate 1nov2011\nomit dayofweek (Xx)\n"
    )
    fails(line, rc, message, session=session)


def test_format_is_refused_by_name():
    fails(
        "clear\nset obs 1\ngen b = 1\nformat b %tbsimple",
        120,
        "business calendar formats (%tb) not yet supported",
    )
