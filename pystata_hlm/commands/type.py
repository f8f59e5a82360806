"""type: display the contents of a file.   type ["]filename["] [, asis showtabs starbang lines(#) smcl]"""

from __future__ import annotations

from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.textfile import read_bytes, to_utf8
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.output.smcl import to_text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("asis"), Opt("smcl"), Opt("showtabs"), Opt("starbang"), Opt("lines", 0, "int"))
MARKED_UP = (".smcl", ".sthlp", ".ihlp")


@command("type", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    _, options, name = shared.parsed(call.text, OPTIONS, (), ctx)
    path = ctx.workspace.resolve(shared.need_file(name))
    if not path.is_file():
        raise StataError.file_not_found(name)
    text = to_utf8(read_bytes(path, name))[0].decode("utf-8", "replace")
    shown = text.removesuffix("\n").split("\n") if text else []
    if "starbang" in options:
        shown = [one for one in shown if one.startswith("*!")]
    if "lines" in options:
        if options["lines"] < 1:
            raise StataError(198, "option lines() incorrectly specified")
        shown = shown[: options["lines"]]
    if "smcl" in options or (path.suffix.lower() in MARKED_UP and "asis" not in options):
        shown = [to_text(one, 0, ctx.settings.linesize) for one in shown]
    tab = "<T>" if "showtabs" in options else None
    shown = [one.replace("\t", tab) if tab else one.expandtabs(8) for one in shown]
    if shown:
        ctx.emit(lines(*shown))
    return None
