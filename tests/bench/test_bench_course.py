"""The main job and start-up, as a user sees them: whole processes, wall time and peak memory.

make bench
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "do_files" / "hlm_diagnostics.do"


def timed(folder: Path, *arguments: str) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pystata_hlm", *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def report(what: str, seconds: float, limit: float) -> None:
    """Measured, never asserted: a loaded machine proves nothing."""
    verdict = "within" if seconds <= limit else "OVER"
    print(f"\n{what}: {seconds:.2f} s ({verdict} the {limit:g} s asked for)")


def test_course_with_graphs_and_bootstrap(tmp_path: Path) -> None:
    """The whole course do-file, 50 bootstrap replications and all graphs saved: within 30 s (issue 2)."""
    seconds = timed(tmp_path, "--graphs", "graphs", "do", str(COURSE))
    assert len(list((tmp_path / "graphs").glob("*.png"))) == 25
    report("course do-file, graphs saved", seconds, 30)


def test_course_without_pictures(tmp_path: Path) -> None:
    report("course do-file, no pictures", timed(tmp_path, "do", str(COURSE)), 30)


@pytest.mark.parametrize("job", ["empty do-file", "prompt"])
def test_start_up(tmp_path: Path, job: str) -> None:
    """From the shell to the first prompt, or through an empty do-file: within half a second. The best of five."""
    (tmp_path / "empty.do").write_text("")
    arguments = ["do", "empty.do"] if job == "empty do-file" else []
    report(f"start-up, {job}", min(timed(tmp_path, *arguments) for _ in range(5)), 0.5)


def test_bare_python(tmp_path: Path) -> None:
    """For comparison: Python with numpy, which start-up cannot undercut."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import numpy"], cwd=tmp_path, check=True)
        best = min(best, time.perf_counter() - start)
    print(f"\npython -c 'import numpy': {best:.2f} s")
