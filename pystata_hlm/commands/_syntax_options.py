"""Matching options against a ``syntax`` description, by their declared types."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from pystata_hlm.commands._syntax_lead import check_count, check_names, new_variables, varlist
from pystata_hlm.commands._syntax_spec import Description, OptionSpec, read_lead, specifiers, wrong
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_macro_number
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.runtime.bind import strip_quotes

if TYPE_CHECKING:
    from pystata_hlm.commands._syntax_match import Typed
    from pystata_hlm.runtime.context import Context

Macros = dict[str, str]


def match_options(description: Description, typed: Typed, out: Macros, ctx: Context) -> None:
    for spec in description.options:
        out.setdefault(spec.macro, _default(spec, ctx))
    if typed.options and not description.options and not description.rest:
        raise StataError(101, "options not allowed")
    found: set[OptionSpec] = set()
    left: list[str] = []
    for name, argument, raw in typed.options:
        option = _find(description.options, name, argument is not None, found)
        if option is None:
            if not description.rest:
                raise StataError.option_not_allowed(name if argument is None else f"{name}()")
            left.append(raw.strip())
            continue
        found.add(option)
        out[option.macro] = _value(option, argument, ctx)
    for spec in description.options:
        if spec.required and spec not in found:
            raise StataError.option_required(f"{spec.name}()" if spec.argument else spec.name)
    if description.rest:
        out["options"] = " ".join(left)


def _find(
    options: tuple[OptionSpec, ...], name: str, argument: bool, found: set[OptionSpec]
) -> OptionSpec | None:
    fitting = [o for o in options if o.argument == argument and o not in found]
    for option in fitting:
        if option.name == name:
            return option
    for option in fitting:
        if len(name) >= option.least and option.name.startswith(name):
            return option
    return None


def _default(spec: OptionSpec, ctx: Context) -> str:
    if spec.kind in ("integer", "real"):
        return spec.detail
    if spec.kind == "cilevel":
        return format_macro_number(ctx.settings.level)
    return ""


def _value(spec: OptionSpec, argument: str | None, ctx: Context) -> str:
    if argument is None:
        return spec.name
    return _VALUES[spec.kind](spec, argument.strip(), ctx)


def _incorrect(spec: OptionSpec) -> StataError:
    return StataError(198, f"option {spec.name}() incorrectly specified")


_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def _number(spec: OptionSpec, text: str, ctx: Context) -> str:
    if not _PLAIN.fullmatch(text) and not (spec.kind == "real" and re.fullmatch(r"\.[a-z]?", text)):
        raise _incorrect(spec)
    if spec.kind == "integer" and float(text) != int(float(text)):
        raise _incorrect(spec)
    return text


def _level(spec: OptionSpec, text: str, ctx: Context) -> str:
    if not _PLAIN.fullmatch(text) or not 10 <= float(text) <= 99.99:
        raise StataError(198, f"{spec.name}() must be between 10 and 99.99 inclusive")
    return text


_BOUND = re.compile(r"(>=|<=|>|<)\s*([-+]?[\d.]+)")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def numlist(text: str, rules: str, prefix: str = "") -> list[float]:
    """A numlist under ``integer ascending min=# range(>=0 <5) ...``; r(121) to r(127)."""

    def fail(rc: int, message: str) -> StataError:
        return StataError(rc, f"{prefix}invalid numlist{message}")

    inner = re.search(r"range\s*\(([^)]*)\)", rules)
    bounds = inner[1] if inner else rules
    outside = rules.replace(inner[0], " ") if inner else rules
    outside = _BOUND.sub(" ", outside)
    flags: set[str] = set()
    least, most = 1, None
    for key, value in specifiers(outside):
        if value is None:
            flags.add(key)
        elif key == "min" and value.isdigit():
            least = int(value)
        elif key == "max" and value.isdigit():
            most = int(value)
        else:
            raise wrong()
    unknown = flags - {"ascending", "descending", "integer", "missingokay", "sort"}
    if unknown:
        raise wrong()
    try:
        values = parse_numlist(text)
    except StataError as error:
        if error.rc == 122 and least == 0:
            return []
        raise StataError(error.rc, prefix + error.message) from None
    if len(values) < least:
        raise fail(122, " has too few elements")
    if most is not None and len(values) > most:
        raise fail(123, " has too many elements")
    missing = [v for v in values if v != v]
    if missing and "missingokay" not in flags:
        raise fail(127, " has missing values")
    known = [v for v in values if v == v]
    for sign, limit in _BOUND.findall(bounds):
        if not all(_COMPARE[sign](v, float(limit)) for v in known):
            raise fail(125, " has elements outside of allowed range")
    if "integer" in flags and any(v != int(v) for v in known):
        raise fail(126, " has noninteger elements")
    if "sort" in flags:
        values = sorted(known) + missing
    pairs = list(pairwise(known))
    if ("ascending" in flags and any(a >= b for a, b in pairs)) or (
        "descending" in flags and any(a <= b for a, b in pairs)
    ):
        raise fail(124, " has elements out of order")
    return values


def _numlist(spec: OptionSpec, text: str, ctx: Context) -> str:
    return " ".join(map(format_macro_number, numlist(text, spec.detail, f"{spec.name}() invalid -- ")))


def _variables(spec: OptionSpec, text: str, ctx: Context) -> str:
    return " ".join(varlist(read_lead(spec.kind, spec.detail, False), text, ctx))


def _new_variables(spec: OptionSpec, text: str, ctx: Context) -> str:
    _, names = new_variables(text, ctx)
    if not names:
        raise _incorrect(spec)
    check_count(len(names), read_lead(spec.kind, spec.detail, False))
    return " ".join(names)


def _names(spec: OptionSpec, text: str, ctx: Context) -> str:
    names = text.split()
    if not names:
        raise _incorrect(spec)
    check_names(names, read_lead(spec.kind, spec.detail, False))
    return " ".join(names)


_VALUES: dict[str, Callable[[OptionSpec, str, Context], str]] = {
    "integer": _number,
    "real": _number,
    "cilevel": _level,
    "numlist": _numlist,
    "varlist": _variables,
    "varname": _variables,
    "newvarlist": _new_variables,
    "newvarname": _new_variables,
    "namelist": _names,
    "name": _names,
    "string": lambda spec, text, ctx: text if spec.detail == "asis" else strip_quotes(text),
    "passthru": lambda spec, text, ctx: f"{spec.name}({text})",
}
