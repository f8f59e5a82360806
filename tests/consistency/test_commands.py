"""Every command: help text, syntax line, a test, options that do not collide, documentation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import ROOT

from pystata_hlm.runtime import registry
from pystata_hlm.runtime.spec import WEIGHT_KINDS, CommandSpec

COMMANDS: dict[str, CommandSpec] = registry.all_commands()
SPECS = sorted({spec.name: spec for spec in COMMANDS.values()}.values(), key=lambda spec: spec.name)
EACH = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)

KINDS = {
    "flag", "real", "int", "text", "string", "name", "newvar", "varname", "varlist", "numlist", "expr", "flagortext",
    "off", "level",
}  # fmt: skip


@EACH
def test_summary_and_syntax(spec: CommandSpec) -> None:
    """The docstring's first line is ``name: summary.   syntax``."""
    assert spec.summary and not spec.summary.endswith(".")
    assert spec.syntax_line, f"{spec.name}: no syntax line (three blanks after the summary)"
    if spec.name != "vif":  # documented as estat vif
        assert re.search(rf"(?:^|\W){re.escape(spec.name)}", spec.syntax_line), spec.syntax_line


@EACH
def test_options(spec: CommandSpec) -> None:
    names = [opt.name for opt in spec.options]
    assert len(set(names)) == len(names)
    for opt in spec.options:
        assert opt.kind in KINDS, f"{opt.name}: {opt.kind}"
        assert 0 <= opt.min <= len(opt.name)


@EACH
def test_option_abbreviations_do_not_collide(spec: CommandSpec) -> None:
    """No abbreviation means two options; a full name goes before another option's abbreviation."""
    full = {opt.name for opt in spec.options}
    owner: dict[str, str] = {}
    for opt in spec.options:
        for length in range(opt.min or len(opt.name), len(opt.name) + 1):
            text = opt.name[:length]
            if text in full and text != opt.name:
                continue
            assert owner.setdefault(text, opt.name) == opt.name, f"{text}: {owner[text]} and {opt.name}"


@EACH
def test_option_is_not_both_done_and_lacking(spec: CommandSpec) -> None:
    lacking = {entry.partition(":")[0] for entry in spec.unsupported}
    assert not lacking & {opt.name for opt in spec.options}


@EACH
def test_declaration(spec: CommandSpec) -> None:
    assert spec.klass in ("", "r", "e", "s")
    assert spec.byable in ("", "loop", "vector")
    assert set(spec.weights) <= set(WEIGHT_KINDS)
    assert set(spec.allow) <= {"if", "in", "using", "exp"}
    assert 0 <= spec.min <= len(spec.name)


def test_abbreviations_find_their_command() -> None:
    """The shortest abbreviation of each command runs it (the registry refuses collisions when it loads)."""
    for spec in SPECS:
        for word, shortest in spec.names:
            assert registry.lookup(word[: shortest or len(word)]) is spec, word


def _tests() -> str:
    folders = (ROOT / "tests" / "unit", ROOT / "tests" / "golden", ROOT / "do_files")
    texts = [
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".py", ".do", ".toml")
    ]
    return "\n".join(texts)


TESTS = _tests()


@EACH
def test_has_a_test(spec: CommandSpec) -> None:
    """Some test or do-file runs the command, by its name or an abbreviation."""
    words = [re.escape(word[:k]) for word, shortest in spec.names for k in range(shortest, len(word) + 1)]
    pattern = rf"(?:^|[\"'`\n:]|\\n|\bquietly |\bcapture |\bqui |\bcap )\s*(?:{'|'.join(words)})\b"
    assert re.search(pattern, TESTS, re.MULTILINE), f"no test runs {spec.name}"


def test_one_file_for_each_command() -> None:
    """A command stands in the file of its name (or shares a family's file)."""
    for spec in SPECS:
        module = spec.run.__module__
        assert module.startswith("pystata_hlm.commands."), module
        assert not module.rpartition(".")[2].startswith("_"), f"{spec.name} in {module}"


def test_list_of_commands_is_current() -> None:
    from make_commands import page

    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == page(), "run: make docs"


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs").glob("*.md")) + [ROOT / "README.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_readme_has_two_set_up_commands() -> None:
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks[:2] == ["python3 run.py course\n", "python3 run.py test\n"]
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
