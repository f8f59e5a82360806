"""cls, saveold, sreturn."""

from __future__ import annotations

import pytest
from support import Session, fails

from pystata_hlm.data.io import read_dta


def test_cls_prints_nothing():
    assert Session().run("cls") == ""


@pytest.mark.parametrize(
    ("version", "magic"), {11: b"\x72", 12: b"\x73", 13: b"<stata_dta><header><release>117"}.items()
)
def test_saveold(tmp_path, version, magic):
    """Release numbers of the format: 114 for Stata 11, 115 for 12, 117 for 13 (help dta)."""
    s = Session(cwd=tmp_path)
    s.run(f"sysuse hsb\nsaveold old, version({version})")
    assert s.rc == 0, s.text()
    assert (tmp_path / "old.dta").read_bytes().startswith(magic)
    again = read_dta(tmp_path / "old.dta")
    assert again.n == 7185
    assert (again.column("ses").data == s.data.column("ses").data).all()


def test_saveold_refuses_unknown_releases(tmp_path):
    s = Session(cwd=tmp_path)
    s.run("sysuse hsb")
    fails("saveold old, version(3)", 198, session=s)
    assert not (tmp_path / "old.dta").exists()


def test_sreturn():
    s = Session()
    assert s.run("sreturn list") == ""
    assert s.rc == 0
    s.run("sreturn list nosuch")
    assert s.rc == 198
