"""What the interpreter adds to a trivial command in a loop, the text of which changes at every pass.

Aims (issue 3): at most 20 us a command once its line has been seen; a million passes with a local increment in at
most 20 s, with one ``scalar`` arithmetic line in at most 40 s. Run: pytest tests/bench/test_bench_loop.py
Set LOOP_PASSES=1000000 for the full number of passes (default 50,000).

Where the time goes, see README.md in this folder; ``python tests/bench/test_bench_loop.py`` prints a profile.
"""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from pystata_hlm.lang.source import read_do
from pystata_hlm.runtime.executor import Executor
from pystata_hlm.runtime.workspace import Workspace

PASSES = int(os.environ.get("LOOP_PASSES", "50000"))

LOOPS = {
    # name: (body, microseconds a pass allowed)
    "empty": ("", 5),
    "local": ("local x = `x' + 1", 20),
    "local ++": ("local ++x", 20),
    "scalar": ("scalar s = s + `i'", 40),
    "scalar with functions": ("scalar s = s + mod(`i', 7) / 2", 40),
    "one-line if": ("if mod(`i', 2) == 0 local y = `i'", 40),
    "if block": ("if `i' > 5 {\nlocal y = `i'\n}", 40),
    "local text": ("local y `x' `i'", 20),
    "call": ("nothing `i'", 60),
}
SETUP = "program nothing\nargs a\nend\nlocal x 0\nscalar s = 0\n"


def executor() -> Executor:
    made = Executor(Workspace(), lambda item: None)
    made.run_lines(read_do(SETUP, "<bench>"), echo=False)
    return made


def loop(body: str, passes: int) -> str:
    return f"forvalues i = 1/{passes} {{\n{body}\n}}\n"


@pytest.mark.parametrize("name", LOOPS)
def test_cost_of_a_pass(name: str, record_property: Any) -> None:
    body, allowed = LOOPS[name]
    made = executor()
    made.run_lines(read_do(loop(body, 100), "<bench>"), echo=False)
    lines = read_do(loop(body, PASSES), "<bench>")
    best = float("inf")
    for _ in range(2):  # other work on the machine can only make it slower
        start = time.perf_counter()
        made.run_lines(lines, echo=False)
        best = min(best, (time.perf_counter() - start) / PASSES * 1e6)
        if best <= allowed:
            break
    record_property("microseconds", best)
    print(f"{name}: {best:.1f} us a pass (at most {allowed:g} asked for)")


def test_loops_compute() -> None:
    made = executor()
    made.run_lines(read_do(loop("local x = `x' + `i'\nscalar s = s + `i'", 1000), "<bench>"), echo=False)
    assert made.macro("x", "local") == "500500"
    assert made.workspace.scalars["s"] == 500500.0


def profile(body: str, passes: int = 50_000) -> None:
    """Print the functions that a loop spends its time in."""
    import cProfile
    import pstats

    made = executor()
    made.run_lines(read_do(loop(body, 100), "<bench>"), echo=False)
    lines = read_do(loop(body, passes), "<bench>")
    profiler = cProfile.Profile()
    profiler.runcall(made.run_lines, lines, echo=False)
    print(body)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(12)


if __name__ == "__main__":
    for text in ("local x = `x' + 1", "scalar s = s + `i'", "local y `x' `i'", "nothing `i'"):
        profile(text)
