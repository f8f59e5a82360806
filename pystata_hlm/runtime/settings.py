"""Session settings (``set`` and ``c()``)."""

from __future__ import annotations

from dataclasses import dataclass

RELEASES = (14, 15, 16, 17, 18)


@dataclass
class Settings:
    """release: the output wording to imitate (14..18). Formats "" mean Stata's own choice."""

    release: int = 18
    linesize: int = 80
    level: float = 95.0
    type: str = "float"
    cformat: str = ""
    pformat: str = ""
    sformat: str = ""
    varabbrev: bool = True
    more: bool = False
    graphics: bool = True
    scheme: str = "stcolor"
    showbaselevels: str = "off"
    showemptycells: bool = True
    showomitted: bool = True
    fvlabel: bool = True
    iterlog: bool = True
    dp: str = "period"
    rmsg: bool = False
    parseerror: bool = False
    logtype: str = "smcl"
    trace: bool = False
    tracedepth: int = 32000
    traceexpand: bool = True
    tracesep: bool = True
    traceindent: bool = True
    tracenumber: bool = False
    pause: bool = False
    maxiter: int = 300
    maxvar: int = 5000
    matsize: int = 400
    obs_limit: int = 2_147_483_619
    processors: int = 0
    """Workers of the resampling prefixes; 0: as many as the machine has."""
    webuse: str = ""
    """Address set by ``webuse set``; "" for Stata Press."""

    @property
    def new_headings(self) -> bool:
        """``Coefficient  Std. err.`` (17 on) against ``Coef.   Std. Err.``."""
        return self.release >= 17

    @property
    def compact_header(self) -> bool:
        return self.release >= 18
