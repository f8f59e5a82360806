"""tsset: Declare data to be time-series data.   tsset [panelvar] timevar [, unit format(%fmt) delta(spec) clear]"""

from __future__ import annotations

from pystata_hlm.commands import _timeset
from pystata_hlm.data.timesettings import TimeSettings, time_settings
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("tsset", klass="r", max_vars=2, allow=frozenset(), options=_timeset.OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.varlist:
        panel, time = ("", *call.varlist)[-2:]
        return _timeset.run(call, ctx, TimeSettings(panel, time))
    if not time_settings(ctx.data).time and not call.has("clear"):
        raise StataError(111, "time variable not set, use tsset varname ...")
    return _timeset.run(call, ctx, None)
