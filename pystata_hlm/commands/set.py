"""set: Change a setting of the session.   set setname value [, permanently]

Each setting is one ``@setting`` entry below: full name, shortest abbreviation, and what to do with the text.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from pystata_hlm.commands._setobs import set_obs
from pystata_hlm.errors import StataError
from pystata_hlm.formats import parse_format
from pystata_hlm.lang.abbrev import match
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import RELEASES
from pystata_hlm.runtime.spec import Call

Setting = Callable[[str, Context], None]
_SETTINGS: dict[str, tuple[int, Setting]] = {}


def setting(name: str, shortest: int = 0) -> Callable[[Setting], Setting]:
    """Register a setting."""

    def register(run: Setting) -> Setting:
        _SETTINGS[name] = (shortest, run)
        return run

    return register


# ---------------------------------------------------------------- readers of values


def on_off(text: str) -> bool:
    if text not in ("on", "off"):
        raise StataError(198, f"invalid '{text}' " if text else "invalid syntax")
    return text == "on"


def number(text: str, ctx: Context) -> float:
    if not text:
        raise StataError.invalid_syntax()
    value = ctx.scalar(parse("expr", text))
    if not isinstance(value, float) or value != value:
        raise StataError.invalid_syntax()
    return value


def whole(text: str, ctx: Context, low: int, high: int) -> int:
    value = number(text, ctx)
    if value != int(value) or not low <= value <= high:
        raise StataError(198, f"value must be between {low} and {high}")
    return int(value)


def one_of(text: str, *words: str) -> str:
    if text not in words:
        raise StataError(198, f"invalid '{text}' " if text else "invalid syntax")
    return text


def flag(name: str, attribute: str, shortest: int = 0) -> None:
    """An on/off setting kept in ``Settings.attribute``."""

    def run(text: str, ctx: Context) -> None:
        setattr(ctx.settings, attribute, on_off(text))

    _SETTINGS[name] = (shortest, run)


# ---------------------------------------------------------------- data and random numbers


@setting("obs", 3)
def _obs(text: str, ctx: Context) -> None:
    set_obs(text if text.isdigit() else str(number(text, ctx)), ctx)


@setting("seed", 2)
def _seed(text: str, ctx: Context) -> None:
    """A number, or the state that c(rngstate) gave."""
    text = strip_quotes(text)
    if text.startswith("X"):
        _rngstate(text, ctx)
        return
    value = number(text, ctx)
    if not 0 <= value < 2**31:
        raise StataError(198, "seed must be between 0 and 2,147,483,647")
    ctx.rng.seed(int(value))


@setting("rngstate")
def _rngstate(text: str, ctx: Context) -> None:
    try:
        ctx.rng.set_state(strip_quotes(text))
    except ValueError:
        raise StataError(198, "invalid random-number state") from None


@setting("rng")
def _rng(text: str, ctx: Context) -> None:
    if text == "mt64s":
        raise StataError(198, "random-number generator mt64s not yet supported")
    kind = one_of(text, "default", "mt64", "kiss32")
    ctx.workspace.choose_rng(kind)


@setting("sortseed")
def _sortseed(text: str, ctx: Context) -> None:
    whole(strip_quotes(text), ctx, 0, 2**31 - 1)  # ties keep their order here, whatever the seed


@setting("type", 2)
def _type(text: str, ctx: Context) -> None:
    kinds = ("byte", "int", "long", "float", "double")
    if text not in kinds and not (text.startswith("str") and text[3:].isdigit()):
        raise StataError(198, f"invalid '{text}' ")
    ctx.settings.type = text


# ---------------------------------------------------------------- output


@setting("linesize", 2)
def _linesize(text: str, ctx: Context) -> None:
    ctx.settings.linesize = whole(text, ctx, 40, 255)


@setting("level", 2)
def _level(text: str, ctx: Context) -> None:
    value = number(text, ctx)
    if not 10 <= value <= 99.99:
        raise StataError(198, "level must be between 10 and 99.99 inclusive")
    ctx.settings.level = value


def _table_format(name: str, widest: int) -> None:
    def run(text: str, ctx: Context) -> None:
        fmt = strip_quotes(text)
        if fmt:
            parsed = parse_format(fmt)
            if parsed.is_string or parsed.is_date:
                raise StataError(120, "invalid %format")
            if parsed.width > widest:
                raise StataError(198, f"{name} has a maximum width of {widest}")
        setattr(ctx.settings, name, fmt)

    _SETTINGS[name] = (0, run)


_table_format("cformat", 9)
_table_format("pformat", 5)
_table_format("sformat", 8)


@setting("showbaselevels")
def _showbaselevels(text: str, ctx: Context) -> None:
    ctx.settings.showbaselevels = one_of(text or "off", "on", "off", "all")


flag("showemptycells", "showemptycells")
flag("showomitted", "showomitted")
flag("fvlabel", "fvlabel")
flag("iterlog", "iterlog")
flag("varabbrev", "varabbrev")
flag("graphics", "graphics", 1)
flag("more", "more", 2)
flag("rmsg", "rmsg", 1)
flag("parseerror", "parseerror")


@setting("scheme")
def _scheme(text: str, ctx: Context) -> None:
    name = strip_quotes(text)
    if not name:
        raise StataError.invalid_syntax()
    from pystata_hlm.graph.style import scheme

    if scheme(name) is None:
        raise StataError(111, f"scheme {name} not found")
    ctx.settings.scheme = name


@setting("dp")
def _dp(text: str, ctx: Context) -> None:
    if one_of(text, "period", "comma") == "comma":
        raise StataError(198, "set dp comma not yet supported")


@setting("emptycells")
def _emptycells(text: str, ctx: Context) -> None:
    if one_of(text, "keep", "drop") == "drop":
        raise StataError(198, "set emptycells drop not yet supported")


flag("trace", "trace", 2)
flag("traceexpand", "traceexpand", 6)
flag("tracesep", "tracesep")
flag("traceindent", "traceindent", 6)
flag("tracenumber", "tracenumber", 6)


@setting("tracedepth", 6)
def _tracedepth(text: str, ctx: Context) -> None:
    ctx.settings.tracedepth = whole(text, ctx, 0, 32000)


def _default_only(name: str, *usual: str) -> None:
    """A setting whose other values would change results or output here, and are lacking."""

    def run(text: str, ctx: Context) -> None:
        if strip_quotes(text) not in usual:
            raise StataError(198, f"set {name} {text} not yet supported")

    _SETTINGS[name] = (0, run)


_default_only("output", "proc")
_default_only("tracehilite", "")
_default_only("fvwrap", "1")
_default_only("fvwrapon", "word")
_default_only("fvtrack", "term")
_default_only("coeftabresults", "on")
_default_only("clevel", "95")
_default_only("dots", "on")
_default_only("lstretch", "", "off")
_default_only("rngstream", "1")
_default_only("collect_label", "default")
_default_only("collect_style", "default")
_default_only("collect_warn", "on")
_default_only("collect_double", "on")
_default_only("table_style", "table")
_default_only("etable_style", "etable")
_default_only("dtable_style", "dtable")


@setting("logtype", 4)
def _logtype(text: str, ctx: Context) -> None:
    ctx.settings.logtype = "text" if one_of(text, "t", "text", "s", "smcl").startswith("t") else "smcl"


@setting("maxiter")
def _maxiter(text: str, ctx: Context) -> None:
    ctx.settings.maxiter = whole(text, ctx, 0, 16000)


@setting("processors")
def _processors(text: str, ctx: Context) -> None:
    """How many processes bootstrap, jackknife, permute and simulate may use."""
    ctx.settings.processors = whole(text, ctx, 1, os.cpu_count() or 1)


@setting("release")
def _release(text: str, ctx: Context) -> None:
    """Ours: the Stata release whose wording output imitates."""
    ctx.settings.release = int(one_of(text, *(str(r) for r in RELEASES)))


# ---------------------------------------------------------------- memory


@setting("matsize", 3)
def _matsize(text: str, ctx: Context) -> None:
    size = whole(text, ctx, 10, 65534)
    if ctx.settings.release >= 16:
        ctx.say("set matsize ignored.\n    Matrices need no such setting any more.")
    else:
        ctx.settings.matsize = size


@setting("maxvar")
def _maxvar(text: str, ctx: Context) -> None:
    if ctx.data.names:
        raise StataError(4, "no; data in memory would be lost")
    ctx.settings.maxvar = whole(text, ctx, 2048, 120_000)


@setting("memory", 3)
def _memory(text: str, ctx: Context) -> None:
    ctx.say("set memory ignored.\n    Memory is taken as it is needed.")


# ---------------------------------------------------------------- what only an interactive Stata has

_INTERFACE = """
    adosize autotabgraphs checksum conren copycolor dockable dockingguides doublebuffer fastscroll
    floatresults floatwindows haverdir httpproxy httpproxyhost httpproxyport iconwindow
    include_bitmap locale_functions locale_ui locksplitters logmsg maxdb max_memory min_memory
    niceness notifyuser obsolete pagesize pinnable playsnd printcolor reventries
    revkeyboard revwindow scheme_graph scrollbufsize searchdefault segmentsize smoothfonts timeout1
    timeout2 update_interval update_prompt update_query varkeyboard varlabelpos varwidth virtual
    docx_hardbreak docx_paramode doeditbackup eolchar excelxlsxlargefile fredkey java_heapmax java_home
    lapack_mkl lapack_mkl_cnr linegap matacache matafavor matalibs matalnum matamofirst mataoptimize
    matasolvetol matastrict max_preservemem maxbezierpath odbcdriver odbcmgr python_exec
    python_userpath reshape_favor sortmethod sortrngstate
""".split()  # noqa: SIM905


def _no_effect(text: str, ctx: Context) -> None:
    """Settings of windows, network and memory that change no result here."""


for _name in _INTERFACE:
    _SETTINGS.setdefault(_name, (0, _no_effect))


def known() -> list[str]:
    return sorted(_SETTINGS)


@command("set", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.text.strip()
    if not words:
        ctx.execute("query")
        return None
    body, comma, option = words.partition(",")
    if comma and not (len(option.strip()) >= 4 and "permanently".startswith(option.strip())):
        raise StataError.option_not_allowed(option.strip())
    name, _, value = body.strip().partition(" ")
    full = match(name, ((key, shortest) for key, (shortest, _) in _SETTINGS.items()))
    if full is None:
        raise StataError(198, f"invalid '{name}' ")
    _SETTINGS[full][1](value.strip(), ctx)
    return None
