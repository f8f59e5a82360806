"""Every command has a file, a test and working abbreviations; the documents hold. Declarations: test_command_table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import ROOT

from pystata_hlm.runtime import registry
from pystata_hlm.runtime.spec import CommandSpec

COMMANDS: dict[str, CommandSpec] = registry.all_commands()
SPECS = sorted({spec.name: spec for spec in COMMANDS.values()}.values(), key=lambda spec: spec.name)
EACH = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


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
