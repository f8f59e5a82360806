"""creturn: List system values and settings.   creturn list"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.cvalues import c_names, c_value
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

NAME, VALUE = 23, 22
RULE = "    " + "-" * 75
_GROUPS = (
    (
        "System values",
        "current_date current_time",
        "stata_version version userversion",
        "edition edition_real bit SE MP processors processors_lic processors_mach processors_max mode console",
        "os osdtl hostname machine_type byteorder username",
    ),
    (
        "Directories and paths",
        "sysdir_stata sysdir_base sysdir_site sysdir_plus sysdir_personal sysdir_oldplace tmpdir",
        "adopath pwd dirsep",
    ),
    (
        "System limits",
        "max_N_theory max_k_theory max_width_theory",
        "max_matsize min_matsize max_matdim",
        "max_it_cvars max_it_fvars",
        "max_macrolen macrolen charlen max_cmdlen cmdlen namelenbyte namelenchar eqlen",
    ),
    (
        "Numerical and string limits",
        "mindouble maxdouble epsdouble smallestdouble",
        "minfloat maxfloat epsfloat",
        "minlong maxlong",
        "minint maxint",
        "minbyte maxbyte",
        "maxstrvarlen maxstrlvarlen maxvlabellen",
    ),
    ("Current dataset", "frame N k width changed filename filedate"),
    ("Memory settings", "memory maxvar niceness"),
    (
        "Output settings",
        "more rmsg dp linesize pagesize logtype iterlog level clevel",
        "showbaselevels showemptycells showomitted fvlabel fvwrap fvwrapon lstretch",
        "cformat sformat pformat coeftabresults",
    ),
    ("Graphics settings", "graphics scheme"),
    (
        "Trace (program debugging) settings",
        "trace tracedepth tracesep traceindent traceexpand tracenumber tracehilite",
    ),
    ("Mata settings", "matastrict"),
    ("RNG settings", "rng rng_current rngstate rngstream"),
    ("Unicode settings", "locale_ui locale_functions locale_icudflt"),
    ("Other settings", "type maxiter searchdefault varabbrev emptycells matsize"),
    ("Other system values", "pi alpha ALPHA Mons Months Wdays Weekdays"),
)
_SETTINGS = frozenset(
    """clevel cformat coeftabresults dp emptycells fvlabel fvwrap fvwrapon graphics iterlog level linesize
    locale_functions locale_ui logtype lstretch matastrict matsize maxiter maxvar more niceness pagesize pformat
    processors rmsg rng rngstate rngstream scheme searchdefault sformat showbaselevels showemptycells showomitted
    trace tracedepth traceexpand tracehilite traceindent tracenumber tracesep type varabbrev""".split()  # noqa: SIM905
)


def _line(name: str, ctx: Context) -> str:
    value = c_value(ctx.workspace, name)
    shown = (
        f'"{value}"'
        if isinstance(value, str)
        else format_macro_number(value if value is not None else float("nan"))
    )
    note = f"(set {name})" if name in _SETTINGS else ""
    room = VALUE - 1 if note else ctx.settings.linesize - NAME - 4
    if len(shown) > room:
        shown = shown[: room - 3] + '.."'
    return f"{f'c({name})':>{NAME}} = {shown:<{VALUE}}{note}".rstrip()


@command("creturn", syntax="raw", light=True)
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.split()
    if len(words) != 1 or not is_abbreviation(words[0], "list", 1):
        raise StataError.invalid_syntax()
    known = set(c_names())
    for title, *blocks in _GROUPS:
        lines = [f"\n{title}\n", RULE]
        for block in blocks:
            lines += [_line(name, ctx) for name in block.split() if name in known]
            lines.append(RULE)
        ctx.say("\n".join(lines))
    return None
