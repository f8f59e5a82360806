"""search: Look for words in the names, summaries and help of all commands.   search word [word ...] [, all local]"""

from __future__ import annotations

from pystata_hlm.commands import _help, _packages
from pystata_hlm.errors import StataError
from pystata_hlm.runtime import community
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, CommandSpec
from pystata_hlm.runtime.words import tokens

_SOURCES = ("all", "local")
_REMOTE = ("net", "sj", "faq", "author", "entry", "exact", "toc", "historical", "or", "manual")


def entry(spec: CommandSpec, width: int = 67) -> list[str]:
    """A name, dots, and the summary at the right margin; the syntax beneath."""
    head = f"Help    {spec.name}"
    room = width - len(head) - len(spec.summary) - 1
    dots = (" ." * (room // 2)).rjust(room) if room >= 2 else ""
    lines = [f"{head}{dots} {spec.summary}", f"        (help {spec.name})"]
    if spec.syntax_line:
        lines.append(f"        {spec.syntax_line}")
    return lines


def _community(words: list[str]) -> list[str]:
    """The packages of our index that one of the words names."""
    out: list[str] = []
    for word in words:
        if community.is_known(word):
            found = _packages.lines(word)
            out += [line for line in found if found[0] not in out]
    return out


@command("search", min=3, syntax="raw", aliases=(("findit", 0),))
def run(call: Call, ctx: Context) -> Stored | None:
    text, _, options = call.text.partition(",")
    for option in options.split():
        if option in _REMOTE:
            raise StataError.option_not_supported(option)
        if option not in _SOURCES:
            raise StataError.option_not_allowed(option)
    words = [strip_quotes(word) for word in tokens(text)]
    if not words:
        raise StataError(198, "search what?")
    found = _help.matches(words)
    lines = [
        "",
        "Keyword search",
        "",
        f"        Keywords:  {' '.join(words)}",
        "          Search:  (1) Commands and help of pystata_hlm",
        "",
        "Search of commands and help",
        "",
    ]
    for spec in found:
        lines += [*entry(spec), ""]
    packages = _community(words)
    if packages:
        lines += ["Community-contributed commands", "", *packages, ""]
    if not found and not packages:
        lines += ["(nothing found)", ""]
    ctx.say("\n".join(lines[:-1]))
    return None
