"""The grammar files, the builder and the parser agree; building them is fast enough."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark
from lark.grammar import NonTerminal, Terminal

from pystata_hlm.errors import StataError
from pystata_hlm.lang import parser
from pystata_hlm.lang.builder import Builder


@pytest.fixture(scope="module")
def plain() -> Lark:
    """The grammar without builder and cache."""
    return Lark(
        parser.grammar_text(), start=list(parser.START_RULES), parser="lalr", maybe_placeholders=False
    )


def test_every_rule_with_a_tree_has_a_builder_method(plain: Lark) -> None:
    needed = set()
    for rule in plain.rules:
        name = rule.alias or rule.origin.name
        passes_through = rule.options.expand1 and len([s for s in rule.expansion if not filtered(s)]) == 1
        if not name.startswith("_") and not (passes_through and not rule.alias):
            needed.add(str(name))
    methods = {name for name in vars(Builder) if not name.startswith("_")}
    assert needed - methods == set()
    assert methods - needed == set()


def filtered(symbol: object) -> bool:
    return isinstance(symbol, Terminal) and symbol.filter_out


def test_no_inlined_rule_is_taken_for_a_method(plain: Lark) -> None:
    """Lark would call a builder attribute that happens to be named like an inlined rule or a terminal."""
    names = {rule.origin.name for rule in plain.rules if rule.origin.name.startswith("_")}
    names |= {terminal.name for terminal in plain.terminals}
    assert [name for name in names if hasattr(Builder, name)] == []


def test_every_rule_and_terminal_is_reachable(plain: Lark) -> None:
    reached = set(parser.START_RULES)
    rules: dict[str, list[object]] = {}
    for rule in plain.rules:
        rules.setdefault(str(rule.origin.name), []).extend(rule.expansion)
    todo = list(reached)
    used = set()
    while todo:
        for symbol in rules[todo.pop()]:
            if isinstance(symbol, NonTerminal) and symbol.name not in reached:
                reached.add(str(symbol.name))
                todo.append(str(symbol.name))
            elif isinstance(symbol, Terminal):
                used.add(symbol.name)
    assert set(rules) - reached == set()
    assert {terminal.name for terminal in plain.terminals} - used == {"BLANK"}


def test_every_file_of_the_folder_is_read() -> None:
    assert sorted(path.stem for path in parser.grammar_dir().glob("*.lark")) == sorted(parser.FILES)


@pytest.mark.parametrize("start", parser.START_RULES)
@given(text=st.text("ab_1.2 \"'`()[]{},=<>!~|&^*/+-:#?\\@\n\t$%ñi in if using c.r(_b[e", max_size=30))
def test_any_text_parses_or_is_a_stata_error(start: str, text: str) -> None:
    try:
        parser.parse(start, text)
    except StataError as error:
        assert error.rc in (100, 101, 121, 122, 123, 132, 198)
        assert error.message


def test_unknown_start_rule() -> None:
    with pytest.raises(ValueError, match="unknown start rule"):
        parser.parse("nonsense", "x")


def test_lark_is_imported_with_the_first_parse_only() -> None:
    code = "import sys, pystata_hlm.lang.parser; assert 'lark' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tables_are_kept_between_runs(tmp_path: object) -> None:
    code = "from pystata_hlm.lang.parser import parse, cache_file; parse('expr', '1+1'); print(cache_file())"
    env = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "LOCALAPPDATA": str(tmp_path),
        "HOME": str(tmp_path),
    }
    run = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    assert os.path.isfile(run.stdout.strip())
    broken = run.stdout.strip()
    with open(broken, "wb") as file:
        file.write(b"not a cache")
    run = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True)
    assert run.stderr == ""
    assert os.path.getsize(broken) > 1000  # built anew


def test_speed() -> None:
    """A line seen before costs a dictionary look-up; a new one below a millisecond (CI is slow)."""
    lines = [f'y x{k} if z == {k} & (w > 2 | v < 3), detail title("a (b")' for k in range(100)]
    parser.parse("standard", "y x if z == 1, detail title(a)")
    start = time.perf_counter()
    for line in lines:
        parser.parse("standard", line)
    new = (time.perf_counter() - start) / len(lines)
    start = time.perf_counter()
    for line in lines * 20:
        parser.parse("standard", line)
    seen = (time.perf_counter() - start) / (20 * len(lines))
    assert new < 3e-3
    assert seen < 20e-6
