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


def _folder(codeword: str) -> Callable[[Workspace], str]:
    return lambda ws: ws.ado.dirs.get(codeword, "")


def _locale() -> str:
    name = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "en_US").partition(".")[0]
    return name if name not in ("C", "POSIX") else "en_US"


def _processors(ws: Workspace) -> float:
    return float(os.cpu_count() or 1)


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
    "rng": lambda ws: ws.rng_kind,
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
    "userversion": lambda ws: float(ws.settings.release if ws.version is None else ws.version),
    "edition": lambda ws: "MP",
    "edition_real": lambda ws: "MP",
    "flavor": lambda ws: "IC",
    "bit": lambda ws: 64.0,
    "SE": lambda ws: 1.0,
    "MP": lambda ws: 1.0,
    "processors": lambda ws: float(ws.settings.processors or os.cpu_count() or 1),
    "processors_lic": _processors,
    "processors_mach": _processors,
    "processors_max": _processors,
    "console": lambda ws: "console",
    "osdtl": lambda ws: platform.release(),
    "byteorder": lambda ws: "lohi" if sys.byteorder == "little" else "hilo",
    "sysdir_stata": _folder("STATA"),
    "sysdir_base": _folder("BASE"),
    "sysdir_site": _folder("SITE"),
    "sysdir_plus": _folder("PLUS"),
    "sysdir_personal": _folder("PERSONAL"),
    "sysdir_oldplace": _folder("OLDPLACE"),
    "adopath": lambda ws: ";".join(ws.ado.path),
    "max_N_theory": lambda ws: float(ws.settings.obs_limit),
    "max_N_current": lambda ws: float(ws.settings.obs_limit),
    "max_k_theory": lambda ws: float(ws.settings.maxvar),
    "max_k_current": lambda ws: float(ws.settings.maxvar),
    "max_width_theory": lambda ws: 1048576.0,
    "max_matsize": lambda ws: 65534.0,
    "min_matsize": lambda ws: 10.0,
    "max_matdim": lambda ws: 65534.0,
    "max_it_cvars": lambda ws: 64.0,
    "max_it_fvars": lambda ws: 8.0,
    "max_macrolen": lambda ws: 15480200.0,
    "macrolen": lambda ws: 4227143.0,
    "charlen": lambda ws: 67783.0,
    "max_cmdlen": lambda ws: 15480216.0,
    "cmdlen": lambda ws: 4227159.0,
    "namelen": lambda ws: 32.0,
    "namelenbyte": lambda ws: 128.0,
    "eqlen": lambda ws: 1337.0,
    "maxstrlvarlen": lambda ws: 2000000000.0,
    "frame": lambda ws: ws.frame,
    "memory": lambda ws: float(ws.data.memory()),
    "niceness": lambda ws: 5.0,
    "pagesize": lambda ws: 24.0,
    "dp": lambda ws: ws.settings.dp,
    "logtype": lambda ws: ws.settings.logtype,
    "iterlog": lambda ws: "on" if ws.settings.iterlog else "off",
    "clevel": lambda ws: float(ws.settings.level),
    "showbaselevels": lambda ws: ws.settings.showbaselevels,
    "showemptycells": lambda ws: "on" if ws.settings.showemptycells else "off",
    "showomitted": lambda ws: "on" if ws.settings.showomitted else "off",
    "fvlabel": lambda ws: "on" if ws.settings.fvlabel else "off",
    "fvwrap": lambda ws: 1.0,
    "fvwrapon": lambda ws: "word",
    "lstretch": lambda ws: "on",
    "coeftabresults": lambda ws: "on",
    "trace": lambda ws: "on" if ws.settings.trace else "off",
    "tracedepth": lambda ws: float(ws.settings.tracedepth),
    "tracesep": lambda ws: "on" if ws.settings.tracesep else "off",
    "traceindent": lambda ws: "on" if ws.settings.traceindent else "off",
    "traceexpand": lambda ws: "on" if ws.settings.traceexpand else "off",
    "tracenumber": lambda ws: "on" if ws.settings.tracenumber else "off",
    "tracehilite": lambda ws: "",
    "matastrict": lambda ws: "off",
    "maxiter": lambda ws: float(ws.settings.maxiter),
    "emptycells": lambda ws: "keep",
    "searchdefault": lambda ws: "all",
    "rngstream": lambda ws: 1.0,
    "locale_ui": lambda ws: _locale(),
    "locale_functions": lambda ws: _locale(),
    "locale_icudflt": lambda ws: _locale(),
    "obs_t": lambda ws: "byte" if ws.data.n <= 100 else "int" if ws.data.n <= 32740 else "long",
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


_SYSTEM_MACROS = {
    "S_DATE": "current_date",
    "S_TIME": "current_time",
    "S_FN": "filename",
    "S_FNDATE": "filedate",
    "S_OS": "os",
    "S_MACH": "machine_type",
    "S_MODE": "mode",
    "S_ADO": "adopath",
}


def system_macro(ws: Workspace, name: str) -> str:
    """Global macros that are always there: ``$S_DATE``, ``$S_TIME``, ``$S_FN`` ...; "" for any other name."""
    which = _SYSTEM_MACROS.get(name)
    if which is None:
        return f"{ws.settings.level:g}" if name == "S_level" else ""
    return str(c_value(ws, which) or "")


def c_names() -> list[str]:
    return sorted(_VALUES)
