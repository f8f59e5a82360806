"""estimates: store, restore and compare estimation results.   estimates {store|restore|save|use|for|table|stats ...} ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import _estimates, _estimates_file, _estimates_table, _files
from pystata_hlm.commands import _estimates_notes as _notes
from pystata_hlm.data.column import Column
from pystata_hlm.data.dta_write import time_stamp
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import Cell, Col, Row, Table
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.workspace import E_SAMPLE, StoredEstimates

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

SUBCOMMANDS = (
    ("store", 3),
    ("restore", 3),
    ("replay", 3),
    ("table", 3),
    ("stats", 4),
    ("dir", 3),
    ("query", 1),
    ("drop", 4),
    ("clear", 5),
    ("title", 3),
    ("save", 3),
    ("use", 3),
    ("describe", 3),
    ("notes", 4),
    ("esample", 3),
    ("for", 3),
)
LACKING = ("selected",)
_FIRST = re.compile(r"\s*([a-z]+)\s*(:?)")


@command("estimates", min=3, klass="", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    found = _FIRST.match(call.text)
    if found is None:
        raise StataError(198, "subcommand required")
    name = _subcommand(found[1])
    if name in _notes.RUN:
        return _notes.RUN[name](call.text[found.end(1) :], ctx)
    node: nodes.Anything = parse("anything", call.text)
    call.node, call.option_nodes = node, node.clauses.options
    if node.clauses.using is not None and name != "describe":
        raise StataError(101, "using not allowed")
    return _RUN[name](call, ctx, node.text.split()[1:])


def _subcommand(word: str) -> str:
    for name, shortest in SUBCOMMANDS:
        if len(word) >= shortest and name.startswith(word):
            return name
    if word in LACKING:
        raise StataError(199, f"estimates {word} not yet supported")
    raise StataError(198, f"invalid subcommand {word}")


def _no_options(call: Call, ctx: Context) -> None:
    typed_options(call.option_nodes, (), (), ctx)


def _names(words: list[str], ctx: Context) -> list[StoredEstimates]:
    """Names, ``.``, ``*``, ``_all``; none means the active results."""
    if not words:
        words = ["."]
    out: list[StoredEstimates] = []
    for word in words:
        if word in ("*", "_all"):
            out += list(ctx.workspace.estimates.values())
        else:
            out.append(_estimates.find(word, ctx))
    return out


# ---------------------------------------------------------------- store, restore, replay


def _store(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates store name [, title(string) nocopy]"""
    options = typed_options(call.option_nodes, (Opt("title", 5, "string"), Opt("nocopy", 6)), (), ctx)
    if len(words) != 1 or not is_valid_name(words[0]) or len(words[0]) > 27:
        raise StataError.invalid_name(words[0]) if words else StataError.invalid_syntax()
    ws = ctx.workspace
    if ws.e.empty:
        raise StataError.last_estimates_not_found()
    name = words[0]
    given = ws.e.macros.get("title", "") if ws.e.macros.get("cmd") == "mean" else ""
    title = options.get("title", _notes.title(ws.e) or given)
    ws.estimates[name] = StoredEstimates(name, ws.e, title)
    sample = ws.e_sample().astype(np.int8)
    column = Column(sample, "byte", "%8.0g", "esample() from estimates store")
    if ctx.data.n:
        if _estimates.variable(name) in ctx.data:
            ctx.data.set_column(_estimates.variable(name), column)
        else:
            ctx.data.add(_estimates.variable(name), column)
    ws.current_estimates = name
    if "nocopy" in options:
        ws.clear_estimates()


def _restore(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates restore name"""
    _no_options(call, ctx)
    if len(words) != 1:
        raise StataError.invalid_syntax()
    model = _estimates.find(words[0], ctx)
    _estimates.activate(model, ctx)
    ctx.say(f"(results {model.name} are active now)")


def _replay(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates replay [namelist]"""
    ws = ctx.workspace
    before = (ws.e, ws.current_estimates, ctx.data.hidden.get(E_SAMPLE))
    rule = "-" * (ctx.settings.linesize - 1)
    for model in _names(words, ctx):
        if words:
            ctx.say(f"\n{rule}\nModel {model.name}\n{rule}")
            _estimates.activate(model, ctx)
        estimation = ctx.estimation
        if estimation.replay is None:
            raise StataError(301, "results cannot be replayed")
        estimation.replay(estimation, {}, ctx)
    ws.e, ws.current_estimates = before[0], before[1]
    if before[2] is not None:
        ctx.data.hidden[E_SAMPLE] = before[2]


# ---------------------------------------------------------------- listing


def _table(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estimates table [namelist] [, stats() star b() se t p keep() drop() eform ...]"""
    models = _names(words, ctx)
    for item in _estimates_table.items(models, call.option_nodes, ctx):
        ctx.emit(item)
    return Stored("r", macros={"names": " ".join(m.name for m in models)})


def _stats(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estimates stats [namelist] [, n(#)]"""
    options = typed_options(call.option_nodes, (Opt("n", 1, "real"),), ("bicdetail",), ctx)
    found = [_estimates.criteria(m, options.get("n")) for m in _names(words, ctx)]
    for item in _estimates.criteria_items(found, ctx.settings):
        ctx.emit(item)
    return _estimates.stored_criteria(found)


def _dir(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estimates dir [namelist]"""
    _no_options(call, ctx)
    models = _names(words, ctx) if words else list(ctx.workspace.estimates.values())
    if models:
        ctx.say()
        ctx.emit(_directory(models, ctx))
    return Stored("r", macros={"names": " ".join(m.name for m in models)})


def _directory(models: list[StoredEstimates], ctx: Context) -> Table:
    titles = max([len(m.title) for m in models] + [5])
    body = []
    for m in models:
        e = m.stored
        depvar = "Mean" if e.macros.get("cmd") == "mean" else e.macros.get("depvar", "").split(" ")[0]
        k = len(e.matrices["b"].cols) if "b" in e.matrices else 0
        body.append(
            Row(
                m.name,
                (
                    Cell(f" {e.macros.get('cmd', '')}"),
                    Cell(_estimates.abbrev(depvar, 12)),
                    Cell(float(k), "%9.0g"),
                    Cell(f"  {m.title}"),
                ),
            )
        )
    columns = (
        Col("Command", 9, align="left"),
        Col("variable", 11),
        Col("param.", 11),
        Col("Title", titles + 2, align="left"),
    )
    return Table(
        "\nName",
        12,
        columns,
        tuple(body),
        top=True,
        bottom=True,
        head_text=("           Dependent  Number of        ", " Command    variable     param.  Title "),
        name="estimates",
    )


def _query(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates query"""
    _no_options(call, ctx)
    ws = ctx.workspace
    cmd = ws.e.macros.get("cmd", "")
    if ws.e.empty:
        ctx.say("(no active results)")
    elif ws.current_estimates:
        ctx.say(f"(active results produced by {cmd}; also stored as {ws.current_estimates})")
    else:
        ctx.say(f"(active results produced by {cmd}; not yet stored)")


def _drop(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates drop namelist"""
    _no_options(call, ctx)
    if not words:
        raise StataError.invalid_syntax()
    for model in _names(words, ctx):
        _forget(model.name, ctx)


def _forget(name: str, ctx: Context) -> None:
    ws = ctx.workspace
    ws.estimates.pop(name, None)
    if _estimates.variable(name) in ctx.data:
        ctx.data.drop([_estimates.variable(name)])
    if ws.current_estimates == name:
        ws.current_estimates = ""


def _clear(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates clear"""
    _no_options(call, ctx)
    for name in list(ctx.workspace.estimates):
        _forget(name, ctx)


# ---------------------------------------------------------------- files


def _results_file(text: str, ctx: Context) -> tuple[str, Path]:
    shown = _files.with_suffix(_files.file_argument(text), ".ster")
    if shown == ".ster":
        raise StataError(198, "invalid file specification")
    return shown, ctx.workspace.resolve(shown)


def _after_word(call: Call) -> str:
    """The text after the subcommand."""
    return str(call.node.text.strip().partition(" ")[2].strip())


def _save(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates save filename [, append replace]"""
    options = typed_options(call.option_nodes, (Opt("append"), Opt("replace")), ("all",), ctx)
    ws = ctx.workspace
    if ws.e.empty:
        raise StataError.last_estimates_not_found()
    shown, path = _results_file(_after_word(call), ctx)
    exists = path.exists()
    if exists and not ("replace" in options or "append" in options):
        raise StataError.file_exists(shown)
    before = _estimates_file.read(path, shown) if exists and "append" in options else []
    result = _estimates_file.Saved(ws.e, _notes.title(ws.e), time_stamp().strip())
    _estimates_file.write(path, shown, [*before, result])
    if "replace" in options and not exists:
        note = f"file {shown} not found"
        ctx.say(f"({note})" if ctx.settings.release >= 17 else f"(note: {note})")
    ctx.say(f"file {shown} saved")


def _numbered(text: str, options: dict[str, Any], ctx: Context) -> tuple[str, _estimates_file.Saved, int]:
    shown, path = _results_file(text, ctx)
    held = _estimates_file.read(path, shown)
    number = options.get("number", 1)
    if not 1 <= number <= len(held):
        raise StataError(198, f"number({number}) out of range\nfile {shown} contains {len(held)} results")
    return shown, held[number - 1], len(held)


def _use(call: Call, ctx: Context, words: list[str]) -> None:
    """estimates use filename [, number(#)]"""
    options = typed_options(call.option_nodes, (Opt("number", 3, "int"),), (), ctx)
    _, found, _ = _numbered(_after_word(call), options, ctx)
    ws = ctx.workspace
    ws.clear_estimates()
    ws.e = found.stored


def _describe(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estimates describe [name] | estimates describe using filename [, number(#)]"""
    options = typed_options(call.option_nodes, (Opt("number", 3, "int"),), (), ctx)
    scalars: dict[str, float] = {}
    if call.node.clauses.using is not None:
        _, found, count = _numbered(call.node.clauses.using, options, ctx)
        stored, title, when = found.stored, found.title, f" saved on {found.stamp}"
        scalars["nestresults"] = float(count)
    else:
        if len(words) > 1:
            raise StataError.invalid_syntax()
        model = _estimates.find(words[0] if words else ".", ctx)
        stored, title, when = model.stored, model.title or _notes.title(model.stored), ""
    comma = "," if when else ""
    name = f' "{title}"' if title else ""
    ctx.say(f"\n  Estimation results{name}{when}{comma} produced by\n")
    ctx.say(f"     . {stored.macros.get('cmdline', stored.macros.get('cmd', ''))}")
    for line in _notes.listed(stored):
        ctx.say(line)
    return Stored("r", scalars, {"title": title, "cmdline": stored.macros.get("cmdline", "")})


_RUN: dict[str, Callable[[Call, Context, list[str]], Stored | None]] = {
    "store": _store,
    "restore": _restore,
    "replay": _replay,
    "table": _table,
    "stats": _stats,
    "dir": _dir,
    "query": _query,
    "drop": _drop,
    "clear": _clear,
    "save": _save,
    "use": _use,
    "describe": _describe,
}
