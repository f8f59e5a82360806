"""``pystata-hlm lint``: report, JSON, exit status, programs of other files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pystata_hlm.front.cli import main


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def lint(*arguments: object) -> int:
    return main(["lint", *map(str, arguments)])


def test_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "a.do", "sum x\nnosuchcmd y\nreg y x if a = 2\ncap zzzz\n")
    assert lint(path) == 0
    out = capsys.readouterr().out
    assert "1 file, 5 command lines: 80.0% parse, 40.0% are implemented" in out
    assert "nosuchcmd" in out
    assert f"{path}:3:14: =exp not allowed r(101)" in out
    assert "1 further line is under capture" in out


def test_json(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.do", "program foo\nend\nfoo\nsum x, nosuch\nesttab m1\nesttab m2\ngen x = 1 +\n"
    )
    target = tmp_path / "out.json"
    assert lint(path, "--json", target) == 0
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found["format"] == 1
    (file,) = found["files"]
    assert (file["lines"], file["commands"], file["parsed"], file["implemented"]) == (7, 6, 5, 2)
    assert file["programs"] == ["foo"]
    assert not file["runs"]
    assert [(p["line"], p["command"], p["parses"]) for p in file["problems"]] == [
        (4, "summarize", True),
        (5, "esttab", True),
        (6, "esttab", True),
        (7, "generate", False),
    ]
    assert found["lacking"] == [
        {"kind": "command", "name": "esttab", "source": "community", "count": 2, "files": 1},
        {"kind": "option", "name": "summarize, nosuch", "source": "official", "count": 1, "files": 1},
    ]
    assert found["overall"]["parsed_share"] == round(5 / 6, 6)


def test_a_file_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path, "a.do", "sum x\n")
    assert lint(tmp_path / "none.do", good) == 1
    captured = capsys.readouterr()
    assert "none.do" in captured.err
    assert "1 file, 1 command line" in captured.out


def test_json_that_cannot_be_written(tmp_path: Path) -> None:
    assert lint(write(tmp_path, "a.do", "sum x\n"), "--json", tmp_path / "none" / "out.json") == 1


@pytest.mark.parametrize("text", ["", "* only a comment\n", "\ufeffsum x\r\n", "/* unclosed\nsum x"])
def test_odd_files(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.do"
    path.write_bytes(text.encode())
    assert lint(path) == 0


def test_eight_bit_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.do"
    path.write_bytes('label var x "Stra\u00dfe"\n'.encode("latin-1"))
    assert lint(path) == 0
    assert "100% parse" in capsys.readouterr().out


def implemented(capsys: pytest.CaptureFixture[str]) -> bool:
    return "100% are implemented" in capsys.readouterr().out


def test_programs_of_a_file_that_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "sub/programs.do", "program define foo\nend\n")
    assert lint(write(tmp_path, "a.do", 'do "sub/programs.do"\nfoo\n')) == 0
    assert implemented(capsys)


def test_programs_of_the_file_that_runs_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "master.do", 'program foo\nend\ndo "$code/b.do"\n')
    write(tmp_path, "b.do", "foo\n")
    assert lint(tmp_path) == 0
    assert implemented(capsys)


def test_ado_files_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "foo.ado", "program foo\nend\n")
    assert lint(write(tmp_path, "a.do", "foo\n")) == 0
    assert implemented(capsys)
    assert lint(write(tmp_path / "elsewhere", "a.do", "foo\n")) == 0
    assert not implemented(capsys)


def test_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.do", "sum x\n")
    write(tmp_path, "deep/b.do", "sum x\n")
    write(tmp_path, "c.txt", "sum x\n")
    assert lint(tmp_path) == 0
    assert "2 files, 2 command lines" in capsys.readouterr().out
