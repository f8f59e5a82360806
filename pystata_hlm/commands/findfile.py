"""findfile: Find a file along the ado-path.   findfile filename [, path(path) all]"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.adopath import AdoPath
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("findfile", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text, _, tail = call.text.partition(",")
    name = strip_quotes(text)
    options = typed_options(
        parse("options", tail.strip()) if tail.strip() else (),
        (Opt("path", 1, "text"), Opt("all", 1)),
        ("nodescend:3",),
        ctx,
    )
    if not name:
        raise StataError(198, "invalid file specification")
    ws = ctx.workspace
    ado = ws.ado
    if "path" in options:
        elements = [strip_quotes(part) for part in strip_quotes(options["path"]).split(";") if part.strip()]
        ado = AdoPath(ado.dirs, elements)
    found: Iterator[Path] = ado.find_all(name, ws.cwd)
    paths = [
        path.as_posix() for path in (found if "all" in options else [p for p in [next(found, None)] if p])
    ]
    if not paths:
        raise StataError(601, f'file "{name}" not found')
    for path in paths:
        ctx.say(path)
    return Stored("r", macros={"fn": " ".join(f'"{p}"' for p in paths) if len(paths) > 1 else paths[0]})
