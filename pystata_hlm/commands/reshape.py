"""reshape: convert data between wide and long form.   reshape long|wide stubnames, i(varlist) [j(varname [values]) string]"""

from __future__ import annotations

from pystata_hlm.commands._reshaping import (
    Shape,
    check_identified,
    find_values,
    j_values,
    long_name,
    to_long,
    to_wide,
    wide_name,
)
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_trimmed
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OPTIONS = (Opt("i", 1, "text"), Opt("j", 1, "text"), Opt("string", 1), Opt("atwl", 4, "text"))
# what reshape remembers with the data, under the names that Stata uses
KEEP_I, KEEP_J, KEEP_STUBS, KEEP_STRING = "ReS_i", "ReS_j", "ReS_Xij", "ReS_str"
J_LABEL, J_VALUE_LABEL, X_LABEL = "__JVarLab", "__JValLabName", "__XijVarLab"


@command("reshape", syntax="anything", allow=set(), options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.node.text.split()
    if not words or words[0] not in ("long", "wide"):
        if words and words[0] in ("i", "j", "xij", "xi", "clear", "query"):
            raise StataError(198, f"reshape {words[0]} not yet supported")
        raise StataError(198, "reshape must be followed by long or wide")
    if call.has("atwl"):
        raise StataError.option_not_supported("atwl()")
    shape = _shape(words[1:], call, ctx, wide_to_long=words[0] == "long")
    if words[0] == "long":
        _long(shape, ctx)
    else:
        _wide(shape, ctx)
    return None


def _shape(words: list[str], call: Call, ctx: Context, wide_to_long: bool) -> Shape:
    """i, j and stubs as typed, or as remembered from the last reshape."""
    data, chars = ctx.data, ctx.data.data_chars
    if not words:
        if KEEP_I not in chars:
            raise StataError(111, "data have not been reshaped yet")
        return Shape(
            tuple(chars[KEEP_I].split()),
            chars[KEEP_J],
            tuple(chars[KEEP_STUBS].split()),
            (),
            chars.get(KEEP_STRING) == "1",
        )
    if not call.has("i"):
        raise StataError(198, "option i() required")
    i = tuple(expand_varlist(data, parse("varlist", call.opt("i")), varabbrev=ctx.settings.varabbrev))
    j, _, given = call.opt("j", "_j" if wide_to_long else "").strip().partition(" ")
    if not j:
        raise StataError(198, "option j() required")
    values: tuple[str, ...] = ()
    if given.strip():
        values = (
            tuple(given.split())
            if call.has("string")
            else tuple(format_trimmed(v, "%12.0g") for v in parse_numlist(given))
        )
    stubs: list[str] = []
    for word in words:
        if wide_to_long or "@" in word:
            stubs.append(word)
        else:
            stubs += expand_varlist(data, parse("varlist", word), varabbrev=ctx.settings.varabbrev)
    return Shape(i, j, tuple(stubs), values, call.has("string"))


def _remember(data: Dataset, shape: Shape) -> None:
    for name, text in (
        (KEEP_I, " ".join(shape.i)),
        (KEEP_J, shape.j),
        (KEEP_STUBS, " ".join(shape.stubs)),
        (KEEP_STRING, "1" if shape.string else "0"),
    ):
        data.data_chars[name] = text


def _long(shape: Shape, ctx: Context) -> None:
    data = ctx.data
    check(shape.j)
    if shape.j in data:
        raise StataError(110, f"variable {shape.j} already exists\n    Data are already long.")
    values = shape.values or find_values(data, shape)
    if not values:
        stub = shape.stubs[0]
        raise StataError(
            111,
            f"no xij variables found\n    You typed something like reshape long {stub}, i("
            f"{' '.join(shape.i)}) j({shape.j}).\n    reshape looked for existing variables named "
            f"{stub}# but could not find any.",
        )
    for stub in shape.stubs:
        if not any(wide_name(stub, value) in data for value in values):
            raise StataError(111, f"no xij variables found: there are no variables {wide_name(stub, '#')}")
        if ("@" not in stub and stub in data) or long_name(stub) in data:
            raise StataError.already_defined(long_name(stub))
    for name in shape.i:
        data.column(name)
    check_identified(data, shape)
    shape = Shape(shape.i, shape.j, shape.stubs, values, shape.string)
    out = to_long(data, shape)
    chars = data.data_chars
    if chars.get(KEEP_J) == shape.j:
        column = out.column(shape.j).with_(label=chars.get(J_LABEL, ""))
        if not shape.string and chars.get(J_VALUE_LABEL):
            column = column.with_(value_label=chars[J_VALUE_LABEL])
        out.set_column(shape.j, column, same_values=True)
    for stub in shape.stubs:
        label = chars.get(X_LABEL + long_name(stub), "")
        if label:
            name = long_name(stub)
            out.set_column(name, out.column(name).with_(label=label), same_values=True)
    _remember(out, shape)
    ctx.data = out
    _report(shape, data, out, ctx, wide_to_long=True)


def _wide(shape: Shape, ctx: Context) -> None:
    data = ctx.data
    for name in (*shape.i, shape.j, *(long_name(stub) for stub in shape.stubs)):
        data.column(name)
    column = data.column(shape.j)
    if column.is_string != shape.string:
        if column.is_string:
            raise StataError(109, f"variable {shape.j} is string; specify string option")
        shape = Shape(shape.i, shape.j, shape.stubs, shape.values, False)
    values, _ = j_values(data, shape.j)
    shape = Shape(shape.i, shape.j, shape.stubs, values, shape.string)
    out = to_wide(data, shape)
    _remember(out, shape)
    out.data_chars[J_LABEL] = column.label
    out.data_chars[J_VALUE_LABEL] = column.value_label
    for stub in shape.stubs:
        out.data_chars[X_LABEL + long_name(stub)] = data.column(long_name(stub)).label
    out.data_chars = {name: text for name, text in out.data_chars.items() if text}
    ctx.data = out
    _report(shape, data, out, ctx, wide_to_long=False)


def _few(names: list[str]) -> str:
    """Up to three names, else ``a1 a2 ... a9``."""
    return " ".join(names) if len(names) <= 3 else f"{names[0]} {names[1]} ... {names[-1]}"


def _report(shape: Shape, before: Dataset, after: Dataset, ctx: Context, wide_to_long: bool) -> None:
    new = ctx.settings.release >= 17
    first, second = ("wide", "long") if wide_to_long else ("long", "wide")
    if new:
        first, second = first.capitalize(), second.capitalize()

    def line(text: str, left: str, right: str) -> str:
        return f"{text}{left:>{39 - len(text)}}   ->   {right}"

    def count(value: int) -> str:
        return f"{value:,}".ljust(12) if new else f"{value:>5}"

    def number(value: int) -> str:
        return f"{value:,}" if new else str(value)

    listed = " ".join(shape.values)
    j_text = f"j variable ({len(shape.values)} values)"
    out = [
        f"(j = {listed})" if new else f"(note: j = {listed})",
        "",
        line("Data", first, second),
        "-" * 77,
        line("Number of observations" if new else "Number of obs.", number(before.n), count(after.n)),
        line("Number of variables", number(before.k), count(after.k)),
        line(j_text, "", shape.j) if wide_to_long else line(j_text, shape.j, "(dropped)"),
        "xij variables:",
    ]
    for stub in shape.stubs:
        names = _few([wide_name(stub, value) for value in shape.values])
        own = long_name(stub)
        out.append(line("", names, own) if wide_to_long else line("", own, names))
    ctx.emit(lines(*out, "-" * 77))
