"""saveold: save in the format of an older release.   saveold filename [, version(#) replace nolabel all]"""

from __future__ import annotations

from pystata_hlm.commands import _files
from pystata_hlm.commands.save import save
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_FORMATS = {11: 114, 12: 115, 13: 117}


@command(
    "saveold",
    syntax="anything",
    allow=set(),
    options=(Opt("replace"), Opt("nolabel", 3, "off"), Opt("orphans"), Opt("version", 1, "int")),
    unsupported=("all",),
)
def run(call: Call, ctx: Context) -> Stored | None:
    version = call.opt("version", 13)
    if version not in _FORMATS:
        raise StataError(198, "version() must be 11, 12, or 13")
    name = _files.file_argument(call.node.text)
    if not name:
        raise StataError(198, "invalid file specification")
    ctx.say(f"(saving in Stata {version} format)")
    save(name, call, ctx, _FORMATS[version])
    return None
