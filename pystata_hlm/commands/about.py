"""about: Show the version of this program.   about"""

from __future__ import annotations

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("about", varlist="none", allow=frozenset())
def run(call: Call, ctx: Context) -> Stored | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        number = version("pystata-hlm")
    except PackageNotFoundError:
        number = "(not installed)"
    ctx.say(f"\npystata_hlm {number}: runs Stata do-files without Stata.")
    ctx.say(f"Output in the wording of Stata {ctx.settings.release} (set release # changes it).")
    ctx.say("Not affiliated with StataCorp LLC; Stata is its trademark.")
    return None
