"""ssc: Community packages: which of them are provided here.   ssc install|describe pkgname [, all replace]

Nothing is downloaded. ``ssc install`` of a package that we provide does nothing and succeeds; of any other it is
r(601), as when Stata does not find the package.
"""

from __future__ import annotations

from pystata_hlm.commands import _packages
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import match_option, strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

SUBCOMMANDS = (
    ("install", 4),
    ("describe", 1),
    ("new", 0),
    ("hot", 0),
    ("uninstall", 0),
    ("type", 0),
    ("copy", 0),
)
OPTIONS = (Opt("all"), Opt("replace"), Opt("n", 1, "int"), Opt("author", 0, "text"))


@command("ssc", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    head, _, options = call.text.partition(",")
    for option in parse("options", options.strip()):
        if match_option(option.name, OPTIONS) is None:
            raise StataError.option_not_allowed(option.name)
    words = [strip_quotes(word) for word in head.split()]
    sub = match(words[0], SUBCOMMANDS) if words else None
    if sub is None:
        raise StataError(198, f"ssc {words[0]} invalid" if words else "invalid syntax")
    if sub == "install" and len(words) == 2:
        _packages.install("ssc install", words[1].removesuffix(".pkg"), ctx)
    elif sub == "describe" and len(words) == 2:
        _packages.describe(words[1], ctx)
    elif sub in ("install", "describe"):
        raise StataError.invalid_syntax()
    else:
        raise StataError(199, f"ssc {sub} not yet supported")
    return None
