"""snapshot: save and restore copies of the data.   snapshot {save [, label()] | label # "text" | restore # | list | erase _all|numlist}"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

MOST = 1000
LABEL_WIDTH = 80


@dataclass(frozen=True)
class Snapshot:
    data: Dataset
    label: str
    made: str

    def line(self, number: int) -> str:
        """``snapshot 1 (before changes) created at 18 Apr 2014 14:35``."""
        label = f" ({self.label})" if self.label else ""
        return f"snapshot {number}{label} created at {self.made}"


def _numbers(text: str, ctx: Context) -> list[int]:
    """Snapshot numbers of a numlist or ``_all``; r(111) for one that does not exist."""
    held: dict[int, Snapshot] = ctx.workspace.snapshots
    if text.strip() in ("", "_all"):
        return sorted(held)
    numbers = [int(value) for value in parse_numlist(text)]
    for number in numbers:
        if number not in held:
            raise StataError(111, f"snapshot {number} not found")
    return numbers


def _one(text: str, ctx: Context) -> int:
    if not text.strip().isdigit():
        raise StataError.invalid_syntax()
    return _numbers(text, ctx)[0]


def _save(text: str, ctx: Context) -> Stored:
    node = parse("anything", text)
    options = typed_options(node.clauses.options, (Opt("label", 3, "string"),), (), ctx)
    if node.text.strip():
        raise StataError.invalid_syntax()
    held = ctx.workspace.snapshots
    if len(held) >= MOST:
        raise StataError(1000, "system limit exceeded - see manual")
    number = max(held, default=0) + 1
    made = datetime.datetime.now().strftime("%d %b %Y %H:%M").lstrip("0")
    held[number] = Snapshot(ctx.data.copy(), options.get("label", "")[:LABEL_WIDTH], made)
    ctx.say(held[number].line(number))
    return Stored("r", scalars={"snapshot": float(number)})


def _label(text: str, ctx: Context) -> None:
    number, _, label = text.strip().partition(" ")
    place = _one(number, ctx)
    held = ctx.workspace.snapshots
    held[place] = replace(held[place], label=strip_quotes(label)[:LABEL_WIDTH])


def _restore(text: str, ctx: Context) -> None:
    ctx.data = ctx.workspace.snapshots[_one(text, ctx)].data.copy()


def _list(text: str, ctx: Context) -> None:
    held = ctx.workspace.snapshots
    numbers = _numbers(text, ctx)
    if numbers:
        ctx.emit(lines(*(held[number].line(number) for number in numbers)))


def _erase(text: str, ctx: Context) -> None:
    if not text.strip():
        raise StataError.invalid_syntax()
    for number in dict.fromkeys(_numbers(text, ctx)):
        del ctx.workspace.snapshots[number]


_SUBCOMMANDS = {
    "save": (4, _save),
    "label": (5, _label),
    "restore": (7, _restore),
    "list": (4, _list),
    "erase": (5, _erase),
}


@command("snapshot", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    end = next((k for k, ch in enumerate(text) if not ch.isalnum() and ch != "_"), len(text))
    word = match(text[:end], tuple((name, least) for name, (least, _) in _SUBCOMMANDS.items()))
    if word is None:
        raise StataError.invalid_syntax()
    return _SUBCOMMANDS[word][1](text[end:], ctx)
