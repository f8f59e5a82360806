"""Certification scripts: do-files of assertions about the language, one for each chapter. Each must run to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Session

from pystata_hlm.lang.source import read_do

FOLDER = Path(__file__).parent / "certification"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.do"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(name: str, tmp_path: Path) -> None:
    path = FOLDER / name
    text = path.read_text(encoding="utf-8")
    assert sum(line.lstrip().startswith("assert ") for line in text.splitlines()) > 10
    session = Session(cwd=tmp_path)
    session.run(f'do "{path.as_posix()}"')
    assert session.rc == 0, session.text()[-1500:]
    assert read_do(text, name)[-1].error is None


def test_there_are_scripts() -> None:
    assert {"control.do", "programs.do"} <= set(SCRIPTS)
