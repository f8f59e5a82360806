"""net: Packages from the net: which of them are provided here.   net install pkgname [, all replace force from()]

Nothing is downloaded: what would need a connection is r(677), as when Stata cannot reach the host.
"""

from __future__ import annotations

from pystata_hlm.commands import _packages
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

SUBCOMMANDS = (
    ("install", 3),
    ("describe", 1),
    ("get", 3),
    ("from", 4),
    ("cd", 2),
    ("link", 4),
    ("search", 3),
    ("query", 5),
    ("set", 3),
    ("sj", 2),
    ("stb", 3),
)
OPTIONS = (Opt("all"), Opt("replace"), Opt("force"), Opt("from", 0, "text"))


@command("net", syntax="anything", any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.node.text.split()
    sub = match(words[0], SUBCOMMANDS) if words else None
    if sub is None:
        raise StataError(198, f"net {words[0]} invalid" if words else "invalid syntax")
    if sub == "search":
        ctx.execute("search " + " ".join(words[1:]))
        return None
    typed_options(call.option_nodes, OPTIONS, (), ctx)
    if sub == "install":
        _packages.install("net install", strip_quotes(" ".join(words[1:])).removesuffix(".pkg"), ctx)
    elif sub == "describe" and len(words) > 1:
        _packages.describe(strip_quotes(words[1]), ctx)
    elif sub == "set":
        raise StataError(199, "net set not yet supported")
    else:
        raise StataError(677, f"net {sub}: pystata_hlm does not connect to the net")
    return None
