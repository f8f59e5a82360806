"""The command table: every command says what it does and how it is written, and its options do not collide."""

from __future__ import annotations

import pytest

from pystata_hlm.commands._help import specs
from pystata_hlm.lang.abbrev import collisions
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.spec import WEIGHT_KINDS, CommandSpec

SPECS = specs()
SHARED = {
    "egen": "options of different functions",
    "list": "di is divider",
    "order": "a is after",
    "permute": "le is left, l is level",
    "testparm": "eq is equal",
}
"""Commands with abbreviations that two options would take: the one declared first has it."""
KINDS = (
    "flag off text flagortext string int real level name newvar varname varlist numlist expr".split()  # noqa: SIM905
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_summary_and_syntax_line(spec: CommandSpec) -> None:
    """Module docstring: ``name: summary.   syntax line``."""
    assert spec.summary, f"{spec.name} has no summary"
    assert spec.syntax_line, f"{spec.name} has no syntax line (three blanks after the summary)"
    words = spec.syntax_line.split()
    names = {name for name, _ in spec.names} | {name[:k] for name, k in spec.names}
    assert words[0].strip("[]:,") in names or any(name in spec.syntax_line for name in names)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_options_do_not_collide(spec: CommandSpec) -> None:
    lacking = [entry.partition(":") for entry in spec.unsupported]
    table = [(o.name, o.min) for o in spec.options] + [(n, int(m or 0)) for n, _, m in lacking]
    names = [name for name, _ in table]
    assert len(names) == len(set(names))
    assert spec.name in SHARED or not collisions(table)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_declarations(spec: CommandSpec) -> None:
    assert set(spec.weights) <= set(WEIGHT_KINDS)
    assert spec.klass in ("", "r", "e", "s")
    assert spec.byable in ("", "loop", "vector")
    assert all(option.kind in KINDS for option in spec.options)
    assert all(0 <= option.min <= len(option.name) for option in spec.options)


def test_names_we_lack_are_told_from_names_nobody_has() -> None:
    lacking = registry.known_unimplemented()
    assert "xtgls" in lacking
    assert "esttab" not in lacking
    assert not any(word.startswith("_") for word in lacking)
