"""timer: Time sections of code.   timer {on # | off # | list [#] | clear [#]}"""

from __future__ import annotations

import time

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def _which(words: list[str]) -> int | None:
    if not words:
        return None
    if len(words) > 1 or not words[0].isdigit() or not 1 <= int(words[0]) <= 100:
        raise StataError(198, "timer number must be between 1 and 100")
    return int(words[0])


@command("timer", klass="r", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    timers = ctx.workspace.timers
    sub, which = (words[0] if words else ""), _which(words[1:])
    now = time.perf_counter()
    if sub in ("on", "off"):
        if which is None:
            raise StataError.invalid_syntax()
        started, total, count = timers.get(which, (None, 0.0, 0))
        if sub == "on":
            timers[which] = (now, total, count + 1 if started is None else count)
        elif started is not None:
            timers[which] = (None, total + now - started, count)
        return None
    if sub == "clear":
        for key in [which] if which is not None else list(timers):
            timers.pop(key, None)
        return None
    if sub != "list":
        raise StataError.invalid_syntax()
    scalars: dict[str, float] = {}
    for key in sorted(timers):
        if which is not None and key != which:
            continue
        started, total, count = timers[key]
        if started is not None:
            total += now - started
        ctx.say(f"{key:4d}: {total:10.2f} /{count:9d} = {total / max(count, 1):12.4f}")
        scalars |= {f"t{key}": total, f"nt{key}": float(count)}
    return Stored("r", scalars)
