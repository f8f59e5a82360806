"""query: Show the settings of the session.   query"""

from __future__ import annotations

from dataclasses import fields

from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


@command("query", min=1, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    rows = [(field.name, shown(getattr(ctx.settings, field.name))) for field in fields(ctx.settings)]
    rows.append(("rng", ctx.rng.kind))
    ctx.say("\n".join(["", *(f"    set {name:<16} {value}" for name, value in rows)]))
    return None
