"""program: Define, list and drop programs.   program [define] name [, rclass ...] | dir | drop names | list

The lines of a definition reach the executor as a block (``runtime.programs.define``); here are the other forms.
"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.nodes import Block, LogicalLine
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_SUBCOMMANDS = (("dir", 2), ("drop", 4), ("list", 1), ("define", 2))


def _size(block: Block) -> int:
    return sum(len(line) + 1 for line in block.body)


def _dir(ctx: Context) -> None:
    programs = list(ctx.workspace.programs.values())
    total = 0
    for program in reversed(programs):
        size = _size(program.block)
        total += size
        ctx.say(f"{'ado' if program.ado is not None else '':>6}{size:>10,}  {program.name}")
    if programs:
        ctx.say(f"{'':6}{'-' * 10}\n{total:>16,}")


def _lines(lines: tuple[LogicalLine, ...]) -> list[str]:
    """The lines of a body, comments and blank lines left out, inner blocks spelt out."""
    out: list[str] = []
    for line in lines:
        block = line.block
        if not line.text and block is None:
            continue
        braces = block is not None and block.kind == "{"
        indent = line.raw[0][: len(line.raw[0]) - len(line.raw[0].lstrip())].expandtabs(8)
        out.append(f"{indent}{line.text}{' {' if braces and line.text else '{' if braces else ''}")
        if block is None:
            continue
        out += _lines(block.lines) if block.lines else list(block.body)
        out += [physical.expandtabs(8).rstrip() for physical in block.close]
    return out


def _list(names: list[str], ctx: Context) -> None:
    programs = ctx.workspace.programs
    if not names or names == ["_all"]:
        names = list(programs)
    for name in names:
        if name not in programs:
            raise StataError.not_found(name)
        program = programs[name]
        notes = f"{program.klass}class" if program.klass else ""
        if program.byable:
            notes += f"{' ' if notes else ''}byable({program.byable}{'' if program.header else ', noheader'})"
        if program.sortpreserve:
            notes += f"{' ' if notes else ''}sortpreserve"
        ctx.say(f"{name}{', ' + notes if notes else ''}:")
        for k, text in enumerate(_lines(program.block.lines), 1):
            ctx.say(f"{k:3d}. {text}")


@command("program", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    from pystata_hlm.runtime import programs

    words = call.text.split()
    sub = match(words[0], _SUBCOMMANDS) if words else None
    if sub == "dir" and len(words) == 1:
        _dir(ctx)
    elif sub == "drop" and len(words) > 1:
        programs.drop(words[1:], ctx.executor)
    elif sub == "list":
        _list(words[1:], ctx)
    else:
        raise StataError.invalid_syntax()
    return None
