"""Help texts made from what commands declare: syntax line, summary, options."""

from __future__ import annotations

import re
import sys
import textwrap

from pystata_hlm.runtime import registry
from pystata_hlm.runtime.spec import CommandSpec, Opt

_ARGUMENTS = {
    "real": "#",
    "int": "#",
    "level": "#",
    "text": "...",
    "string": "text",
    "name": "name",
    "newvar": "newvar",
    "varname": "varname",
    "varlist": "varlist",
    "numlist": "numlist",
    "expr": "exp",
}


def option_text(option: Opt) -> str:
    """``separator(#)`` with its shortest abbreviation in brackets: ``sep[arator](#)``."""
    least = option.min or len(option.name)
    rest = option.name[least:]
    shown = option.name[:least] + (f"[{rest}]" if rest else "")
    if option.kind == "flagortext":
        return f"{shown}[(...)]"
    argument = _ARGUMENTS.get(option.kind)
    return f"{shown}({argument})" if argument else shown


def command_text(name: str, shortest: int) -> str:
    rest = name[shortest:]
    return name[:shortest] + (f"[{rest}]" if rest else "")


def specs() -> list[CommandSpec]:
    """Every command once, by name."""
    seen: dict[int, CommandSpec] = {}
    for spec in registry.all_commands().values():
        seen.setdefault(id(spec), spec)
    return sorted(seen.values(), key=lambda spec: spec.name)


def details(spec: CommandSpec) -> str:
    """The rest of the module's docstring, without the paragraphs that say where a layout was seen."""
    doc = (sys.modules[spec.run.__module__].__doc__ or "").strip()
    paragraphs = re.split(r"\n\s*\n", doc.partition("\n")[2].strip())
    return "\n\n".join(p for p in paragraphs if "../shared" not in p and "``_" not in p)


def page(spec: CommandSpec) -> list[str]:
    """What ``help`` shows of one command."""
    names = ", ".join(command_text(name, shortest) for name, shortest in spec.names)
    lines = [names, "-" * len(names), "", f"    {spec.summary}", "", "Syntax", ""]
    lines += textwrap.wrap(
        spec.syntax_line or spec.name, 74, initial_indent="    ", subsequent_indent="        "
    )
    more = details(spec)
    if more:
        lines += ["", "Remarks", ""]
        for paragraph in re.split(r"\n\s*\n", more):
            lines += textwrap.wrap(
                " ".join(paragraph.split()), 74, initial_indent="    ", subsequent_indent="    "
            )
            lines.append("")
        lines.pop()
    if spec.options:
        lines += ["", "Options", ""]
        texts = [option_text(option) for option in spec.options]
        lines += textwrap.wrap("   ".join(texts), 74, initial_indent="    ", subsequent_indent="    ")
    facts = []
    if spec.byable:
        facts.append("by is allowed.")
    if spec.weights:
        facts.append(f"Weights: {', '.join(spec.weights)}.")
    if spec.klass:
        facts.append(f"Results are stored in {spec.klass}().")
    if facts:
        lines += ["", "    " + "  ".join(facts)]
    return lines


def matches(words: list[str]) -> list[CommandSpec]:
    """Commands whose name, summary, syntax or remarks hold every word."""
    wanted = [word.lower() for word in words]
    found = []
    for spec in specs():
        text = " ".join([*(n for n, _ in spec.names), spec.summary, spec.syntax_line, details(spec)]).lower()
        if all(word in text for word in wanted):
            found.append(spec)
    return found
