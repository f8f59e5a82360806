"""reshape: convert data between wide and long form.   reshape {long|wide} stubnames, i(varlist) [j(varname [values]) string]

Also ``reshape error`` and the advanced syntax: reshape i | j | xij | xi, then reshape long | wide; query; clear.
"""

from __future__ import annotations

from dataclasses import replace

from pystata_hlm.commands import _reshape_problems as problems
from pystata_hlm.commands._reshaping import Shape, find_values, j_values, to_long, to_wide
from pystata_hlm.commands._subset import names_in
from pystata_hlm.commands.display import wrap
from pystata_hlm.data.dataset import DTA, Dataset
from pystata_hlm.data.names import check
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_trimmed
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt
from pystata_hlm.runtime.words import quoted, tokens

OPTIONS = (Opt("i", 1, "text"), Opt("j", 1, "text"), Opt("string", 1), Opt("atwl", 4, "string"))
# what reshape remembers with the data, under the names that Stata uses
KEEP_I, KEEP_J, KEEP_STUBS, KEEP_STRING = "ReS_i", "ReS_j", "ReS_Xij", "ReS_str"
KEEP_VALUES, KEEP_XI, KEEP_ATWL = "ReS_jv", "ReS_Xi", "ReS_atwl"
KEPT = (KEEP_I, KEEP_J, KEEP_STUBS, KEEP_STRING, KEEP_VALUES, KEEP_XI, KEEP_ATWL)
J_LABEL, J_VALUE_LABEL, X_LABEL = "__JVarLab", "__JValLabName", "__XijVarLab"


@command("reshape", syntax="anything", allow=set(), options=OPTIONS)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.node.text.strip().partition(" ")
    if call.has("atwl") and word != "xij":
        raise StataError.option_not_allowed("atwl()")
    if word not in ("long", "wide") and any(call.has(option) for option in ("i", "j")):
        raise StataError.option_not_allowed("i()" if call.has("i") else "j()")
    if call.has("string") and word not in ("long", "wide", "j"):
        raise StataError.option_not_allowed("string")
    if word in ("long", "wide"):
        shape = _shape(rest, call, ctx, to_long=word == "long")
        try:
            (_long if word == "long" else _wide)(shape, ctx)
        except StataError as error:
            if error.rc == 9:  # reshape error looks at what was wanted
                changed = ctx.data.changed
                _remember(ctx.data, shape)
                ctx.data.changed = changed
                error.data_changed = True
            raise
    elif word in ("i", "j", "xij", "xi"):
        _define(word, rest, call, ctx)
    elif word == "clear":
        for name in (
            *KEPT,
            J_LABEL,
            J_VALUE_LABEL,
            *(n for n in ctx.data.data_chars if n.startswith(X_LABEL)),
        ):
            if name in ctx.data.data_chars:
                ctx.data.set_char(DTA, name, "")
    elif word == "error":
        problems.show(_check(_remembered(ctx.data), ctx), ctx)
    elif word in ("", "query"):
        _query(_remembered(ctx.data), ctx)
    else:
        raise StataError(198, f"invalid '{word}' ")
    return None


# ---------------------------------------------------------------- what is to be done


def _remembered(data: Dataset) -> Shape:
    chars = data.data_chars
    return Shape(
        tuple(chars.get(KEEP_I, "").split()),
        chars.get(KEEP_J, ""),
        tuple(chars.get(KEEP_STUBS, "").split()),
        tuple(tokens(chars.get(KEEP_VALUES, ""))),
        chars.get(KEEP_STRING) == "1",
        chars.get(KEEP_ATWL, ""),
        tuple(chars[KEEP_XI].split()) if KEEP_XI in chars else None,
    )


def _remember(data: Dataset, shape: Shape) -> None:
    for name, text in (
        (KEEP_I, " ".join(shape.i)),
        (KEEP_J, shape.j),
        (KEEP_STUBS, " ".join(shape.stubs)),
        (KEEP_STRING, "1" if shape.string else "0"),
        (KEEP_VALUES, " ".join(map(quoted, shape.values))),
        (KEEP_XI, " ".join(shape.xi or ())),
        (KEEP_ATWL, shape.atwl),
    ):
        if text or name in data.data_chars:
            data.set_char(DTA, name, text)


def _check(shape: Shape, ctx: Context) -> Shape:
    """r(111) when i, j or the stubs are not defined."""
    if not (shape.i or shape.j or shape.stubs):
        raise StataError(111, "data have not been reshaped yet")
    for word, part in (("i", shape.i), ("j", shape.j), ("xij", shape.stubs)):
        if not part:
            raise StataError(111, f"reshape {word} not defined")
    for name in shape.i:
        ctx.data.column(name)
    return shape


def _j(text: str, string: bool) -> tuple[str, tuple[str, ...]]:
    """``year 80-82``: the variable and its values as texts."""
    j, _, given = text.strip().partition(" ")
    if not given.strip():
        return j, ()
    if string:
        return j, tuple(tokens(given))
    return j, tuple(format_trimmed(v, "%12.0g") for v in parse_numlist(_dashes(given)))


def _dashes(text: str) -> str:
    """``80-82`` is 80/82."""
    out = []
    for word in text.split():
        first, dash, last = word.partition("-")
        out.append(f"{first}/{last}" if dash and first.isdigit() and last.isdigit() else word)
    return " ".join(out)


def _stubs(words: list[str], ctx: Context, to_long: bool) -> tuple[str, ...]:
    out: list[str] = []
    for word in words:
        out += [word] if to_long or "@" in word else names_in(word, ctx)
    return tuple(dict.fromkeys(out))


def _shape(text: str, call: Call, ctx: Context, to_long: bool) -> Shape:
    """i, j and stubs as typed, or as remembered from the last reshape or the advanced syntax."""
    words = text.split()
    if not words:
        if call.options:
            raise StataError.invalid_syntax()
        shape = _check(_remembered(ctx.data), ctx)
        if to_long == (shape.j in ctx.data):
            raise StataError(110, f"data already {'long' if to_long else 'wide'}")
        return shape
    if not call.has("i"):
        raise StataError.option_required("i()")
    string = call.has("string")
    j, values = _j(call.opt("j", "_j" if to_long else ""), string)
    if not j:
        raise StataError.option_required("j()")
    if not to_long:
        j = ctx.data.find(j, ctx.settings.varabbrev)
    return Shape(tuple(names_in(call.opt("i"), ctx)), j, _stubs(words, ctx, to_long), values, string)


def _define(word: str, text: str, call: Call, ctx: Context) -> None:
    """``reshape i``, ``j``, ``xij``, ``xi``: one part of the definition."""
    shape = _remembered(ctx.data)
    if not text.strip() and word != "xi":
        raise StataError.varlist_required()
    if word == "i":
        shape = replace(shape, i=tuple(names_in(text, ctx)))
    elif word == "j":
        j, values = _j(text, call.has("string"))
        shape = replace(shape, j=j, values=values, string=call.has("string"))
    elif word == "xij":
        shape = replace(shape, stubs=tuple(text.split()), atwl=call.opt("atwl", ""))
    else:
        shape = replace(shape, xi=tuple(names_in(text, ctx)) if text.strip() else None)
    _remember(ctx.data, shape)


def _query(shape: Shape, ctx: Context) -> None:
    def line(text: str, spec: str, given: str) -> str:
        return f"  {text:<29}reshape {spec:<4}{given}".rstrip()

    values = " ".join(map(quoted, shape.values))
    string = ", string" if shape.string else ""
    atwl = f", atwl({shape.atwl})" if shape.atwl else ""
    ctx.emit(
        lines(
            "",
            f"  {'Definition':<29}Command",
            "  " + "-" * 66,
            line("group id variable(s)", "i", " ".join(shape.i) or "(not defined)"),
            line("within-group variable", "j", f"{shape.j or '(not defined)'} {values}".strip() + string),
            line("varying within group", "xij", (" ".join(shape.stubs) or "(not defined)") + atwl),
            line(
                "constant within group",
                "xi",
                "(all other variables)" if shape.xi is None else " ".join(shape.xi),
            ),
            "  " + "-" * 66,
        )
    )


# ---------------------------------------------------------------- the two directions


def _long(shape: Shape, ctx: Context) -> None:
    data = ctx.data
    check(shape.j)
    if shape.j in data:
        raise StataError(110, f"variable {shape.j} already exists\n    Data are already long.")
    values = shape.values or find_values(data, shape)
    if not values:
        raise problems.no_variables(ctx.settings.linesize)
    for stub in shape.stubs:
        if not any(shape.wide(stub, value) in data for value in values):
            raise problems.no_variables(ctx.settings.linesize)
        name = check(shape.long(stub))
        if name in data and not any(name == shape.wide(stub, value) for value in values):
            raise StataError.already_defined(name)
    for name in shape.i:
        data.column(name)
    problems.check_wide_data(data, shape, ctx.settings.linesize)
    if data.n * len(values) > ctx.settings.obs_limit:
        raise StataError(901, "no room to add more observations")
    given, shape = shape, replace(shape, values=values)
    out = to_long(data, shape)
    chars = data.data_chars
    if chars.get(KEEP_J) == shape.j:
        column = out.column(shape.j).with_(label=chars.get(J_LABEL, ""))
        if not shape.string and chars.get(J_VALUE_LABEL):
            column = column.with_(value_label=chars[J_VALUE_LABEL])
        out.set_column(shape.j, column, same_values=True)
    for name in shape.long_names:
        label = chars.get(X_LABEL + name, "")
        if label:
            out.set_column(name, out.column(name).with_(label=label), same_values=True)
    _remember(out, given)
    ctx.data = out
    _report(shape, data, out, ctx, wide_to_long=True)


def _wide(shape: Shape, ctx: Context) -> None:
    data = ctx.data
    for name in (*shape.i, shape.j, *shape.long_names):
        data.column(name)
    column = data.column(shape.j)
    if column.is_string and not shape.string:
        raise StataError(109, f"variable {shape.j} is string; specify string option")
    shape = replace(shape, string=column.is_string)
    values, _ = j_values(data, shape.j)
    problems.check_long_data(data, shape, ctx.settings.linesize)
    if shape.values:
        wanted = set(shape.values)
        unknown = wanted - set(values)
        if unknown == wanted:
            raise StataError.no_observations()
        values = tuple(value for value in values if value in wanted)
    given, shape = shape, replace(shape, values=values)
    for value in values:
        for stub in shape.stubs:
            check(shape.wide(stub, value))
    out = to_wide(data, shape)
    _remember(out, given)
    out.data_chars[J_LABEL] = column.label
    out.data_chars[J_VALUE_LABEL] = column.value_label
    for name in shape.long_names:
        out.data_chars[X_LABEL + name] = data.column(name).label
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
        wrap(f"(j = {listed})" if new else f"(note: j = {listed})", 0, ctx.settings.linesize),
        "",
        line("Data", first, second),
        "-" * 77,
        line("Number of observations" if new else "Number of obs.", number(before.n), count(after.n)),
        line("Number of variables", number(before.k), count(after.k)),
        line(j_text, "", shape.j) if wide_to_long else line(j_text, shape.j, "(dropped)"),
        "xij variables:",
    ]
    for stub in shape.stubs:
        names = _few([shape.wide(stub, value) for value in shape.values])
        own = shape.long(stub)
        out.append(line("", names, own) if wide_to_long else line("", own, names))
    ctx.emit(lines(*out, "-" * 77))
