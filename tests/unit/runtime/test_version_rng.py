"""Which random-number generator a version uses: kiss32 below 14, mt64 from 14 on (../shared/reference/random-numbers.md)."""

from __future__ import annotations

import pytest
from support import Session


@pytest.mark.parametrize(
    ("lines", "draws"),
    [
        ("version 13\nset seed 12345", ".309106 .6852276 .1277815 .5617244"),
        ("version 14\nset seed 12345", ".3576297 .4004426 .6893833 .5597356"),
        ("set rng kiss32\nset seed 10101", ".1679665 .3197621 .7911349 .7193382"),
        ("version 12\nset rng mt64\nset seed 12345", ".3576297 .4004426 .6893833 .5597356"),
        ("set rng kiss32\nset rng default\nset seed 12345", ".3576297 .4004426 .6893833 .5597356"),
    ],
)
def test_first_draws(lines: str, draws: str) -> None:
    s = Session()
    s.run(f"{lines}\nset obs 4\ngenerate double u = runiform()")
    assert s.rc == 0
    for ours, printed in zip(s.data.values("u"), draws.split(), strict=True):
        assert ours == pytest.approx(float(printed), abs=5.1e-8)


def test_prefix_gives_the_generator_back() -> None:
    """``version 13: set seed`` seeds kiss32 only; the other stream goes on where it was."""
    s = Session()
    s.run("set seed 12345\nscalar a = runiform()\nversion 13: set seed 1\nscalar b = runiform()")
    assert s.workspace.scalars["b"] == pytest.approx(0.400442617044061255, abs=1e-12)
    assert s.run("display c(rng) c(rng_current)") == "defaultmt64\n"
