"""An option that a command declares must be read somewhere in the command's code: none is accepted and ignored.

The search is lexical: the option's name stands as a string in the command's module, or in a shared command module
that it imports, more often than in the declaration itself.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pystata_hlm.runtime import registry

PACKAGE = Path(registry.__file__).parents[1]

NO_EFFECT = {
    # option: why accepting it changes nothing
    ("assert", "fast"): "stops at the first contradiction: the outcome is the same",
    ("ci", "exact"): "names the default interval",
    ("collapse", "fast"): "leaves out the restoring at Break, which we always do",
    ("compress", "nocoalesce"): "strL coalescing only affects memory that we do not share",
    ("import", "favorstrfixed"): "fixed-length strings are what we take up to str2045",
    ("list", "compress"): "names the default",
    ("list", "fast"): "leaves out the computing of column widths in advance: same table",
    ("merge", "sorted"): "a promise about the data that saves sorting: same result",
    ("mixed", "variance"): "names the default",
    ("mixed", "log"): "names the default",
    ("xtmixed", "log"): "names the default",
    ("nestreg", "waldtable"): "names the default",
    ("preserve", "changed"): "saves writing unchanged data to disk: our preserve keeps them in memory",
    ("preserve", "memory"): "where the copy is kept",
    ("preserve", "frame"): "where the copy is kept",
    ("sort", "stable"): "our sort always is",
}


def module_file(name: str) -> Path | None:
    path = PACKAGE.parent / Path(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.exists():
            return candidate
    return None


@cache
def family(module: str) -> str:
    """The text of a command's module and of the command modules it imports."""
    seen: set[str] = set()
    pending = [module]
    texts = []
    while pending:
        name = pending.pop()
        file = module_file(name)
        if name in seen or file is None:
            continue
        seen.add(name)
        text = file.read_text(encoding="utf-8")
        texts.append(text)
        for source, names in re.findall(
            r"from (pystata_hlm\.(?:commands|graph)[\w.]*) import ([^\n(]+|\([^)]*\))", text
        ):
            pending.append(source)
            pending += [f"{source}.{word}" for word in re.findall(r"\w+", names)]
    return "\n".join(texts)


def test_every_option_is_read() -> None:
    ignored = []
    for spec in {id(s): s for s in registry.all_commands().values()}.values():
        text = family(spec.run.__module__)
        for option in spec.options:
            uses = len(re.findall(rf"[\"']{re.escape(option.name)}[\"']", text))
            if uses < 2 and (spec.name, option.name) not in NO_EFFECT:
                ignored.append(f"{spec.name}, {option.name}")
    assert not ignored


def test_the_exceptions_exist() -> None:
    commands = registry.all_commands()
    for command, option in NO_EFFECT:
        assert option in {o.name for o in commands[command].options}, (command, option)


def test_suboptions_are_read() -> None:
    """The same for options declared anywhere in the package: their names stand at least once outside ``Opt(...)``."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py"))
    ignored = {
        name
        for name in re.findall(r"Opt\(\s*[\"'](\w+)[\"']", text)
        if len(re.findall(rf"[\"']{name}[\"']", text)) < 2 and name not in {option for _, option in NO_EFFECT}
    }
    assert not ignored
