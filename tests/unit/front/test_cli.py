"""The command line: called in this process where that shows the same, in one of its own where it matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from support import ROOT

from pystata_hlm.front.cli import main, quoted
from pystata_hlm.runtime.words import tokens

GOOD = "sysuse hsb\ncount if female == 1\nsummarize mathach\n"
BAD = "sysuse hsb\nsummarize mathach\nsummarize nosuch\ndisplay 1\n"


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def call(*arguments: str) -> Done:
        status = main(list(arguments))
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "good.do").write_text(GOOD)
    (tmp_path / "bad.do").write_text(BAD)
    (tmp_path / "args.do").write_text("display `1' + `2'\ndisplay `\"`3'\"'\ndisplay `\"`0'\"'\n")
    (tmp_path / "graph.do").write_text("sysuse hsb\nhistogram mathach\nquietly scatter mathach ses\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_log_on_standard_output(folder, run):
    done = run("do", "good.do")
    assert done.status == 0 and done.err == ""
    assert done.out.startswith("\n. sysuse hsb\n")
    assert "\n. count if female == 1\n  3,795\n\n. summarize mathach\n" in done.out
    assert done.out.endswith("\n. \nend of do-file\n")
    assert "Stata/" not in done.out and "StataCorp" not in done.out


def test_error_stops_with_status_1(folder, run):
    done = run("do", "bad.do")
    assert done.status == 1
    assert done.out.endswith("variable nosuch not found\nr(111);\n\nend of do-file\nr(111);\n")
    assert "display" not in done.out
    assert done.err == ""


def test_missing_do_file(folder, run):
    done = run("do", "none")
    assert done.status == 1
    assert done.out == "file none.do not found\nr(601);\n"


def test_exit_code_of_the_do_file(folder, run):
    (folder / "leave.do").write_text("display 1\nexit 9\n")
    done = run("do", "leave.do")
    assert done.status == 1 and done.out.endswith("end of do-file\nr(9);\n")
    (folder / "leave.do").write_text("display 1\nexit, STATA clear\ndisplay 2\n")
    done = run("do", "leave.do")
    assert done.status == 0 and "\n2\n" not in done.out


def test_batch_writes_the_log(folder, run, monkeypatch):
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    done = run("-b", "do", "../good.do")
    assert (done.status, done.out) == (0, "")
    assert (folder / "sub" / "good.log").read_text(encoding="utf-8") == run("do", "../good.do").out
    assert not list((folder / "sub").glob("*.part"))


def test_batch_prints_only_the_return_code(folder, run):
    done = run("-b", "do", "bad.do")
    assert (done.status, done.out) == (1, "r(111);\n")
    assert (folder / "bad.log").read_text(encoding="utf-8").endswith("end of do-file\nr(111);\n")


def test_arguments(folder, run):
    done = run("do", "args.do", "2", "-3", "a b")
    assert "\n. display `1' + `2'\n-1\n" in done.out
    assert "\na b\n" in done.out
    assert '\n2 -3 "a b"\n' in done.out


@pytest.mark.parametrize("text", ["a", "a b", "", 'say "x"', "a,b", "C:\\data\\new"])
def test_quoted_arguments_survive(text):
    assert tokens(quoted(text)) == [text]


@pytest.mark.parametrize(
    "order",
    [
        ["--graphs", "g", "do", "graph.do", "--json", "j.json"],
        ["do", "graph.do", "--graphs", "g", "--json=j.json"],
        ["do", "--json", "j.json", "graph.do", "--graphs", "g"],
    ],
)
def test_options_before_and_after(folder, run, order):
    assert run(*order).status == 0
    assert sorted(p.name for p in (folder / "g").iterdir()) == ["01_histogram.png", "02_twoway.png"]
    assert (folder / "g" / "01_histogram.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "j.json").read_text())["rc"] == 0


def test_graphs_folder_that_cannot_be_made(folder, run):
    done = run("do", "graph.do", "--graphs", "good.do")
    assert done.status == 1 and done.out.endswith("r(603);\n") and "Traceback" not in done.err


def test_release(folder, run):
    assert "Std. Dev." in run("do", "good.do", "--release", "14").out
    assert "Std. dev." in run("do", "good.do").out


def test_json(folder, run):
    run("do", "good.do", "--json", "out.json")
    record = json.loads((folder / "out.json").read_text())
    assert (record["rc"], record["error"], record["command"]) == (0, "", "")
    assert [entry["command"] for entry in record["commands"]] == GOOD.splitlines()
    load, count, summary = record["commands"]
    assert "r" not in load and count["r"]["scalars"] == {"N": 3795.0}
    assert "e" not in summary
    assert abs(summary["r"]["scalars"]["mean"] - 12.74785) < 5e-6  # the notes


def test_json_of_an_error(folder, run):
    run("do", "bad.do", "--json", "out.json")
    record = json.loads((folder / "out.json").read_text())
    assert (record["rc"], record["error"]) == (111, "variable nosuch not found")
    assert record["command"] == "summarize nosuch"
    assert [entry["rc"] for entry in record["commands"]] == [0, 0, 111]


def test_json_names_the_innermost_command(folder, run):
    (folder / "outer.do").write_text("capture do bad.do\ndo inner.do\n")
    (folder / "inner.do").write_text("foreach x in 1 {\n  use nosuch.dta\n}\n")
    run("run", "outer.do", "--json", "out.json")
    record = json.loads((folder / "out.json").read_text())
    assert (record["rc"], record["command"]) == (601, "foreach x in 1")


def test_json_has_matrices_and_null_for_missing(folder, run):
    (folder / "e.do").write_text("sysuse hsb\nregress mathach ses\nsummarize ses if ses > 100\n")
    run("do", "e.do", "--json", "out.json")
    _, regress, summary = json.loads((folder / "out.json").read_text())["commands"]
    b = regress["e"]["matrices"]["b"]
    assert b["rows"] == ["y1"] and b["cols"] == ["ses", "_cons"] and len(b["values"][0]) == 2
    assert regress["e"]["macros"]["cmd"] == "regress"
    assert summary["r"]["scalars"]["N"] == 0


def test_json_that_cannot_be_written(folder, run):
    done = run("do", "good.do", "--json", "no/such/folder.json")
    assert done.status == 1 and "No such file or directory" in done.err and "Traceback" not in done.err


def test_run_is_silent(folder, run):
    done = run("run", "good.do")
    assert (done.status, done.out) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["do"],
        ["-b"],
        ["--json", "x.json"],
        ["undo", "good.do"],
        ["--release", "13", "do", "good.do"],
        ["--nosuch"],
    ],
)
def test_mistakes_in_the_command_line(arguments, capsys):
    with pytest.raises(SystemExit) as leave:
        main(arguments)
    assert leave.value.code == 2
    assert "usage: pystata-hlm" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("pystata-hlm 0.")


# ---------------------------------------------------------------- in a process of its own

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def test_process(folder):
    command = [sys.executable, "-m", "pystata_hlm", "do", "bad.do"]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=ENVIRONMENT, check=False
    )
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.endswith(
        "\n. summarize nosuch\nvariable nosuch not found\nr(111);\n\nend of do-file\nr(111);\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="pipes break otherwise on Windows")
def test_reader_that_goes_away(folder):
    (folder / "long.do").write_text("forvalues i = 1/20000 {\n display `i'\n}\n")
    command = f"{sys.executable} -m pystata_hlm do long.do | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert done.stderr == ""
