"""frame: several datasets in memory.   frame {create|change|copy|put|post|drop|rename|dir|pwf|reset} ... | frame name: command

``frame name {`` runs a block of commands in the frame. Errors: r(110) the frame exists already, r(111) there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pystata_hlm.commands import _files, _frames
from pystata_hlm.commands._postfiles import Entry, column_of
from pystata_hlm.commands._syntax_lead import new_variables
from pystata_hlm.commands.post import entry, expressions
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_WORD = re.compile(r"\s*(\w+)\s*(.*)$", re.DOTALL)


def create(text: str, ctx: Context) -> Stored | None:
    """``frame create name [newvarlist]``: an empty frame, or one with variables to post to."""
    found = _WORD.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    name = _frames.new_name(found[1], ctx)
    made = Dataset()
    if found[2]:
        here, ctx.data = ctx.data, Dataset()  # the variables are new to the frame, whatever this one holds
        try:
            types, names = new_variables(found[2], ctx)
        finally:
            ctx.data = here
        for variable, stype in zip(names, types, strict=True):
            made.add(variable, column_of([], stype))
        made.changed = False
    ctx.workspace.other_frames[name] = made
    return None


def _change(text: str, ctx: Context) -> Stored | None:
    return _frames.change(one_name(text), ctx)


def one_name(text: str) -> str:
    words = text.split()
    if len(words) != 1:
        raise StataError.invalid_syntax()
    return words[0]


def _two(text: str) -> tuple[str, str]:
    words = text.split()
    if len(words) != 2:
        raise StataError.invalid_syntax()
    return words[0], words[1]


def _copy(text: str, ctx: Context) -> Stored | None:
    """``frame copy from to [, replace]``."""
    node = parse("anything", text)
    options = typed_options(node.clauses.options, (Opt("replace"),), (), ctx)
    source, target = _two(node.text)
    data = _frames.existing(source, ctx)
    ws = ctx.workspace
    if "replace" not in options or ws.frame_data(target) is None:
        _frames.new_name(target, ctx)
    if target == source:
        return None
    if target == ws.frame:
        ctx.data = data.copy()
    else:
        ws.other_frames[target] = data.copy()
    return None


def _put(text: str, ctx: Context) -> Stored | None:
    """``frame put [varlist] [if] [in], into(newframe)``."""
    node = parse("anything", text)
    options = typed_options(node.clauses.options, (Opt("into", 0, "text"),), (), ctx)
    if "into" not in options:
        raise StataError.option_required("into()")
    clauses = node.clauses
    if not node.text.strip() and clauses.if_ is None and clauses.in_ is None:
        raise StataError.varlist_required()
    if clauses.using is not None or clauses.weight is not None:
        raise StataError.invalid_syntax()
    name = _frames.new_name(options["into"].strip(), ctx)
    data = ctx.data.copy()
    _files.restrict(data, node.text, clauses, ctx)
    data.changed = True
    ctx.workspace.other_frames[name] = data
    return None


def _post(text: str, ctx: Context) -> Stored | None:
    """``frame post name (exp) (exp) ...``: an observation more in the frame."""
    found = _WORD.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    name, data = found[1], _frames.existing(found[1], ctx)
    texts = expressions(found[2])
    if len(texts) != data.k:
        few = "few" if len(texts) < data.k else "many"
        raise StataError(198, f"too {few} expressions specified: frame {name} has {data.k} variables")
    row: dict[str, Entry] = {}
    for k, (variable, column) in enumerate(data.columns.items(), 1):
        try:
            row[variable] = entry(texts[k - 1], column.stype, ctx)
        except StataError as error:
            place = f"above message corresponds to expression {k}, variable {variable}"
            raise StataError(error.rc, f"{error.message}\n{place}") from None
    data.set_obs(data.n + 1)
    for variable, posted in row.items():
        column = data.column(variable)
        cells = column.data.copy()
        cells[-1] = column_of([posted], column.stype).data[0]
        data.set_column(variable, column.with_(data=cells))
    return None


def _drop(text: str, ctx: Context) -> Stored | None:
    names = text.split()
    if not names:
        raise StataError.invalid_syntax()
    for name in names:
        _frames.existing(name, ctx)
        if name == ctx.workspace.frame:
            raise StataError(110, f"frame {name} is the current frame and may not be dropped")
    for name in dict.fromkeys(names):
        ctx.workspace.drop_frame(name)
    return None


def _rename(text: str, ctx: Context) -> Stored | None:
    old, new = _two(text)
    data = _frames.existing(old, ctx)
    _frames.new_name(new, ctx)
    ws = ctx.workspace
    if old == ws.frame:
        ws.frame = new
    else:
        ws.other_frames[new] = data
        ws.drop_frame(old)
    return None


def _plain(action: Callable[[Context], Stored | None]) -> Callable[[str, Context], Stored | None]:
    """A subcommand without arguments."""

    def run_plain(text: str, ctx: Context) -> Stored | None:
        if text.strip():
            raise StataError.invalid_syntax()
        return action(ctx)

    return run_plain


def _reset(ctx: Context) -> None:
    ctx.workspace.reset_frames()


SUBCOMMANDS: dict[str, tuple[int, Callable[[str, Context], Stored | None]]] = {
    "create": (2, create),
    "change": (2, _change),
    "copy": (4, _copy),
    "put": (3, _put),
    "post": (4, _post),
    "drop": (4, _drop),
    "rename": (3, _rename),
    "dir": (3, _plain(_frames.directory)),
    "pwf": (3, _plain(_frames.show_current)),
    "reset": (5, _plain(_reset)),
}
_LACKING = ("save", "use", "describe", "modify")


@command("frame", syntax="raw", prefix=True, block=True, aliases=(("frames", 6),))
def run(call: Call, ctx: Context) -> Stored | None:
    executor = ctx.executor
    block, executor.block = executor.block, None
    text = call.text.strip()
    if call.prefix_command or block is not None:
        with _frames.in_frame(one_name(text), ctx):
            if block is not None:
                block()
            else:
                ctx.execute(call.prefix_command)
        return None
    if not text:
        return _frames.show_current(ctx)
    found = _WORD.match(text)
    if found is None:
        raise StataError.invalid_syntax()
    word = match(found[1], tuple((name, least) for name, (least, _) in SUBCOMMANDS.items()))
    if word is None:
        if found[1] in _LACKING:
            raise StataError.command_not_supported(f"frames {found[1]}")
        raise StataError(199, f"subcommand frame {found[1]} is unrecognized")
    return SUBCOMMANDS[word][1](found[2], ctx)
