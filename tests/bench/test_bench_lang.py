"""What the language layer costs: a line parsed for the first time and again, macro expansion, reading a do-file.

Aims: a new line < 300 us, a line seen before < 2 us, the grammar tables < 0.12 s.
Run: pytest tests/bench/test_bench_lang.py --benchmark-only
"""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from pystata_hlm.lang import parser
from pystata_hlm.lang.macros import expand
from pystata_hlm.lang.source import read_do

LINES = {
    "standard": "y x1 if foreign == {} & mpg > 20, detail",
    "generate": "double z = x[_n-1] + {} if g == 2",
    "mixed": "mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses if x > {} || id: female, cov(unstr)",
    "twoway": "scatter mathach ses1, mcolor(yellow) || lowess mathach ses{}, lcolor(red) ||",
    "display": '"a" x _col(5) %9.2f x + {}',
}


class Env:
    def __init__(self) -> None:
        self.local = {"i": "3", "x": "mpg"}

    def macro(self, name: str, scope: str) -> str:
        return self.local.get(name, "")

    def set_macro(self, name: str, scope: str, text: str) -> None:
        self.local[name] = text

    def evaluate(self, text: str) -> str:
        return text

    extended = evaluate

    def stored_text(self, klass: str, name: str) -> str:
        return name


@pytest.mark.parametrize("start", LINES)
def test_new_line(benchmark: Any, start: str) -> None:
    numbers = count(10**6)
    benchmark(lambda: parser.parse(start, LINES[start].format(next(numbers))))


def test_seen_line(benchmark: Any) -> None:
    benchmark(parser.parse, "standard", LINES["standard"].format(1))


def test_grammar_tables(benchmark: Any) -> None:
    parser.parse("expr", "1")  # lark is imported, the tables are on disk
    benchmark(parser._engine.__wrapped__)


def test_expand(benchmark: Any) -> None:
    benchmark(expand, "generate y`i' = `x'^2 if g == `i'", Env())


def test_read_do(benchmark: Any) -> None:
    text = (
        "* comment\nforeach v in a b {\n  sum `v' if x == 1, /// more\n   detail\n}\ngen y = 1 // c\n" * 200
    )
    benchmark(read_do, text)
