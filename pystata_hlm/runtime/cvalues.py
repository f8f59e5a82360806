"""``c()``: system values."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pystata_hlm.runtime.workspace import Workspace


def _today(ws: Workspace) -> str:
    return datetime.date.today().strftime("%d %b %Y").lstrip("0").rjust(11)


_VALUES: dict[str, Callable[[Workspace], float | str]] = {
    "N": lambda ws: float(ws.data.n),
    "k": lambda ws: float(len(ws.data.names)),
    "width": lambda ws: float(ws.data.width),
    "changed": lambda ws: float(ws.data.changed),
    "filename": lambda ws: ws.data.filename or "",
    "filedate": lambda ws: ws.data.timestamp or "",
    "sortedby": lambda ws: " ".join(ws.data.sortedby),
    "level": lambda ws: float(ws.settings.level),
    "linesize": lambda ws: float(ws.settings.linesize),
    "type": lambda ws: ws.settings.type,
    "more": lambda ws: "on" if ws.settings.more else "off",
    "rmsg": lambda ws: "on" if ws.settings.rmsg else "off",
    "varabbrev": lambda ws: "on" if ws.settings.varabbrev else "off",
    "scheme": lambda ws: ws.settings.scheme,
    "graphics": lambda ws: "on" if ws.settings.graphics else "off",
    "cformat": lambda ws: ws.settings.cformat,
    "pformat": lambda ws: ws.settings.pformat,
    "sformat": lambda ws: ws.settings.sformat,
    "maxvar": lambda ws: float(ws.settings.maxvar),
    "matsize": lambda ws: float(ws.settings.matsize),
    "version": lambda ws: float(ws.settings.release if ws.version is None else ws.version),
    "stata_version": lambda ws: float(ws.settings.release),
    "rc": lambda ws: float(ws.rc),
    "rng": lambda ws: ws.rng.kind,
    "rng_current": lambda ws: ws.rng.kind,
    "rngstate": lambda ws: ws.rng.state,
    "seed": lambda ws: ws.rng.state,
    "pwd": lambda ws: str(ws.cwd),
    "tmpdir": lambda ws: os.environ.get("TMPDIR", "/tmp"),
    "dirsep": lambda ws: "/",
    "os": lambda ws: {"darwin": "MacOSX", "win32": "Windows"}.get(sys.platform, "Unix"),
    "machine_type": lambda ws: platform.machine(),
    "hostname": lambda ws: platform.node(),
    "username": lambda ws: os.environ.get("USER", os.environ.get("USERNAME", "")),
    "mode": lambda ws: "batch",
    "current_date": _today,
    "current_time": lambda ws: datetime.datetime.now().strftime("%H:%M:%S"),
    "pi": lambda ws: 3.141592653589793,
    "epsdouble": lambda ws: 2.0**-52,
    "epsfloat": lambda ws: 2.0**-23,
    "maxdouble": lambda ws: 8.9884656743115795e307 * (1 - 2.0**-53),
    "mindouble": lambda ws: -8.9884656743115795e307 * (1 - 2.0**-53),
    "maxfloat": lambda ws: 1.70141173319264430e38,
    "minfloat": lambda ws: -1.70141173319264430e38,
    "smallestdouble": lambda ws: 2.0**-1022,
    "maxlong": lambda ws: 2147483620.0,
    "minlong": lambda ws: -2147483647.0,
    "maxint": lambda ws: 32740.0,
    "minint": lambda ws: -32767.0,
    "maxbyte": lambda ws: 100.0,
    "minbyte": lambda ws: -127.0,
    "maxstrvarlen": lambda ws: 2045.0,
    "maxvlabellen": lambda ws: 32000.0,
    "namelenchar": lambda ws: 32.0,
    "alpha": lambda ws: "a b c d e f g h i j k l m n o p q r s t u v w x y z",
    "ALPHA": lambda ws: "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
    "Mons": lambda ws: "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Months": lambda ws: (
        "January February March April May June July August September October November December"
    ),
    "Wdays": lambda ws: "Sun Mon Tue Wed Thu Fri Sat",
    "Weekdays": lambda ws: "Sunday Monday Tuesday Wednesday Thursday Friday Saturday",
}


def c_value(ws: Workspace, name: str) -> float | str | None:
    """``c(name)``, or None when there is no such value (Stata then gives an empty result)."""
    getter = _VALUES.get(name)
    return None if getter is None else getter(ws)


def c_names() -> list[str]:
    return sorted(_VALUES)
