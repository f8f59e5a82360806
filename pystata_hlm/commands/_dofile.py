"""Running do-files: what ``do``, ``run`` and ``include`` share."""

from __future__ import annotations

from pathlib import Path

from pystata_hlm.errors import StataError
from pystata_hlm.lang.source import decode, read_do
from pystata_hlm.output.items import Echo, Text
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.executor import ExitDoFile, LeaveSession
from pystata_hlm.runtime.frames import new_frame
from pystata_hlm.runtime.words import raw_tokens, tokens

END = "\nend of do-file"


def locate(text: str, ctx: Context) -> Path:
    """The file meant; ``.do`` is added when there is no extension. r(601) when there is no such file."""
    path = ctx.workspace.resolve(text)
    if path.suffix == "":
        path = path.with_name(path.name + ".do")
    if not path.is_file():
        raise StataError.file_not_found(text if Path(text).suffix else f"{text}.do")
    return path


def split_line(text: str) -> tuple[str, str, list[str]]:
    """File name, the arguments as typed, and as words. A trailing ``, nostop`` is refused."""
    words = raw_tokens(text)
    if not words:
        raise StataError(198, "invalid file specification")
    name = strip_quotes(words[0])
    rest = text.strip()[len(words[0]) :].strip()
    if name.endswith(","):
        name, rest = name[:-1], "," + rest
    if rest.startswith(","):
        if "nostop".startswith(rest[1:].strip()) and rest[1:].strip():
            raise StataError.option_not_supported("nostop")
        raise StataError.option_not_allowed(rest[1:].strip())
    return name, rest, tokens(rest)


def run_file(text: str, ctx: Context, *, echo: bool, shared_locals: bool = False) -> None:
    """Run a do-file. An error prints its message and ``r(#);`` once, then ``end of do-file``."""
    name, arguments, words = split_line(text)
    path = locate(name, ctx)
    lines = read_do(decode(path.read_bytes()), str(path))
    executor = ctx.executor
    executor.idle = False
    try:
        if shared_locals:
            executor.run_lines(lines, echo=echo, report=True)
        else:
            with new_frame(ctx, path.name, arguments, words):
                executor.run_lines(lines, echo=echo, report=True)
    except LeaveSession:
        raise
    except ExitDoFile as leave:
        if leave.rc:
            if echo:
                ctx.emit(Text(END))
            raise StataError(leave.rc) from None
        executor.idle = False
        if echo:
            ctx.emit(Text(END))
        return
    except StataError as error:
        if not echo:
            raise
        ctx.emit(executor.error_item(error))
        ctx.emit(Text(END))
        raise StataError(error.rc) from error
    if echo:
        ctx.emit(Echo((". ",), tight=executor.idle))
        ctx.emit(Text(END.lstrip()))
    executor.idle = False
