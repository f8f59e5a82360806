"""The prompt, fed through a pipe and through a terminal."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import ROOT

from pystata_hlm.front.cli import main


@pytest.fixture
def talk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Type lines; what the prompt shows. Input that is not a terminal is echoed."""

    def call(text: str, *arguments: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        assert main(list(arguments)) == 0
        shown, errors = capsys.readouterr()
        assert errors == ""
        return shown

    return call


def test_commands_and_errors(talk):
    shown = talk("sysuse hsb\nsummarize nosuch\ncount\nexit, clear\ndisplay 99\n")
    assert "\n. summarize nosuch\nvariable nosuch not found\nr(111);\n\n. count\n  7,185\n" in shown
    assert "99" not in shown


def test_end_of_input_leaves(talk):
    shown = talk("display 6*7\n")
    assert shown.endswith("\n. display 6*7\n42\n\n. \n")


@pytest.mark.parametrize(
    ("text", "shown"),
    {
        "forvalues i = 1/2 {\ndisplay `i'*10\n}\n": "10\n20\n",
        "display 1 + ///\n2\n": "> 2\n3\n",
        "display 1 /* a\nb */ + 4\n": "5\n",
        "local a = 5\ndisplay `a'\n": "5\n",
        "#delimit ;\ndisplay 3\n+ 4;\n#delimit cr\ndisplay 8\n": "7\n",
        'if 1 == 1 {\ndisplay "yes"\n}\n': "yes\n",
    }.items(),
)
def test_several_lines(talk, text, shown):
    log = talk(text)
    assert shown in log and "r(" not in log


def test_banner_is_ours(talk):
    first = talk("").splitlines()[0]
    assert first.startswith("pystata_hlm") and "Copyright" not in first


def test_graphs_from_the_prompt(talk, tmp_path):
    talk("sysuse hsb\nhistogram ses\n", "--graphs", "pictures")
    assert [p.name for p in (tmp_path / "pictures").iterdir()] == ["01_histogram.png"]


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_terminal_keeps_history(tmp_path):
    import pty

    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "TERM": "dumb"}
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pystata_hlm"],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        cwd=tmp_path,
        env=environment,
    )
    os.close(screen)
    os.write(keyboard, b"display 11*11\nexit\n")
    shown = b""
    while True:
        try:
            part = os.read(keyboard, 4096)
        except OSError:  # the other side has closed
            break
        if not part:
            break
        shown += part
    assert process.wait(timeout=20) == 0
    os.close(keyboard)
    assert b"121" in shown and b"Traceback" not in shown
    assert "display 11*11" in (tmp_path / ".pystata_hlm_history").read_text()
