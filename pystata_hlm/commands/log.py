"""log: Copy the session's output to a file.   log using filename [, append replace text smcl name()] | log {close|off|on}

Only the text layout is written; a .smcl log holds the same plain lines.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.output.items import OutputItem, Text
from pystata_hlm.output.text import render
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import tokens

UNNAMED = "<unnamed>"


@dataclass
class Log:
    """An open log; the sink of the session is wrapped so that items go to it too."""

    name: str
    path: Path
    kind: str
    stream: TextIO
    on: bool = True


class Tee:
    """The session's sink, with every open log behind it."""

    def __init__(self, ctx: Context) -> None:
        self.sink = ctx.executor.sink
        self.settings = ctx.settings
        self.logs: dict[str, Log] = {}

    def __call__(self, item: OutputItem) -> None:
        self.sink(item)
        text = render(item, self.settings)
        for log in self.logs.values():
            if log.on:
                log.stream.write(text)
                log.stream.flush()


def tee(ctx: Context) -> Tee:
    sink = ctx.executor.sink
    if not isinstance(sink, Tee):
        sink = Tee(ctx)
        ctx.executor.sink = sink
    return sink


def open_logs(ctx: Context) -> dict[str, Log]:
    sink = ctx.executor.sink
    return sink.logs if isinstance(sink, Tee) else {}


def stamp() -> str:
    now = datetime.datetime.now()
    return f"{now.day:2d} {now:%b %Y, %H:%M:%S}"


def banner(log: Log, ctx: Context, event: str) -> str:
    """Name, file, type and time between (opening: under) rules."""
    rule = "-" * (ctx.settings.linesize - 1)
    where = f"       log:  {log.path}"
    room = ctx.settings.linesize - 1
    lines = [where[:room]]
    rest = where[room:]
    while rest:
        lines.append("> " + rest[: room - 2])
        rest = rest[room - 2 :]
    body = [f"      name:  {log.name}", *lines, f"  log type:  {log.kind}"]
    if event:
        body.append(f"{event:>10}:  {stamp()}")
    return "\n".join([rule, *body])


def announce(log: Log, text: str, ctx: Context) -> None:
    """A banner goes into its log even when the command runs quietly."""
    if ctx.executor.silent:
        log.stream.write(text + "\n")
        log.stream.flush()
    else:
        ctx.emit(Text(text))


def start(call: Call, ctx: Context, name: str) -> None:
    assert call.using is not None
    kind = ctx.settings.logtype
    path = ctx.workspace.resolve(call.using)
    if call.has("text"):
        kind = "text"
    elif call.has("smcl"):
        kind = "smcl"
    elif path.suffix.lower() == ".log":
        kind = "text"
    elif path.suffix.lower() == ".smcl":
        kind = "smcl"
    if not path.suffix:
        path = path.with_name(path.name + (".log" if kind == "text" else ".smcl"))
    logs = tee(ctx).logs
    if name in logs:
        raise StataError(604, "log file already open")
    if any(log.path == path for log in logs.values()):
        raise StataError(604, "log file already open")
    if path.exists() and not (call.has("replace") or call.has("append")):
        raise StataError.file_exists(str(path))
    try:
        stream = path.open("a" if call.has("append") else "w", encoding="utf-8")
    except OSError:
        raise StataError(603, f"file {path} could not be opened") from None
    log = Log(name, path, kind, stream)
    logs[name] = log
    announce(log, banner(log, ctx, "opened on"), ctx)


def _chosen(ctx: Context, name: str) -> Log:
    log = open_logs(ctx).get(name)
    if log is None:
        if name != UNNAMED:
            raise StataError(111, f"log {name} not found")
        raise StataError(606, "no log file open")
    return log


def close(ctx: Context, name: str) -> None:
    logs = open_logs(ctx)
    names = list(logs) if name == "_all" else [name]
    for each in names:
        log = _chosen(ctx, each)
        announce(log, banner(log, ctx, "closed on") + "\n" + "-" * (ctx.settings.linesize - 1), ctx)
        log.stream.close()
        del logs[each]


@command(
    "log",
    syntax="anything",
    allow={"using"},
    options=(
        Opt("append", 1),
        Opt("replace", 3),
        Opt("text", 1),
        Opt("smcl", 1),
        Opt("name", 4, "name"),
    ),
    unsupported=("nomsg",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    words = tokens(call.node.text)
    name = call.opt("name", UNNAMED)
    if call.using is not None:
        if words:
            raise StataError.invalid_syntax()
        start(call, ctx, name)
        return None
    if not words or match(words[0], (("query", 1),)):
        logs = open_logs(ctx)
        if not logs:
            ctx.say("(log closed)")
        for log in logs.values():
            ctx.say(banner(log, ctx, "" if log.on else "paused on"))
        return None
    action = words[0]
    if action == "close":
        close(ctx, words[1] if len(words) > 1 else name)
    elif action in ("on", "off"):
        log = _chosen(ctx, words[1] if len(words) > 1 else name)
        if action == "off":
            ctx.emit(Text(banner(log, ctx, "paused on") + "\n" + "-" * (ctx.settings.linesize - 1)))
            log.on = False
        else:
            log.on = True
            ctx.emit(Text(banner(log, ctx, "resumed on")))
    else:
        raise StataError(198, f"invalid '{action}' ")
    return None
