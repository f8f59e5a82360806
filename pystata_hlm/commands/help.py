"""help: Show what a command does and how to write it.   help [command_name]"""

from __future__ import annotations

from pystata_hlm.commands import _help
from pystata_hlm.errors import StataError
from pystata_hlm.runtime import community, registry
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def overview() -> list[str]:
    """All commands with their summaries."""
    specs = _help.specs()
    width = max(len(spec.name) for spec in specs)
    lines = ["Commands (help NAME tells more; search WORD looks for a word)", ""]
    return lines + [f"    {spec.name:<{width}}  {spec.summary}" for spec in specs]


@command("help", min=1, syntax="raw", aliases=(("chelp", 0), ("whelp", 0)))
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.partition(",")[0].split()
    if not words:
        ctx.say("\n" + "\n".join(overview()))
        return None
    spec = registry.find(words[0])
    if spec is None:
        known = registry.known_unimplemented().get(words[0])
        if known is not None:
            raise StataError(111, f"help for {known} not found: the command is not yet supported")
        package = community.package_of(words[0])
        if package is not None:
            raise StataError(
                111, f"help for {words[0]} not found: a community-contributed command (package {package})"
            )
        raise StataError(111, f"help for {' '.join(words)} not found\ntry search {' '.join(words)}")
    ctx.say("\n" + "\n".join(_help.page(spec)))
    return None
