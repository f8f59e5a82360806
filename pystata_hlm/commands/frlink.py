"""frlink: link frames.   frlink {1:1|m:1} varlist, frame(name [varlist]) [generate(newvar)] | frlink {dir|describe|rebuild} ..."""

from __future__ import annotations

import re

from pystata_hlm.commands import _frame_links
from pystata_hlm.commands._frame_links import Link
from pystata_hlm.commands._frames import existing
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.abbrev import match as abbreviation
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_KIND = re.compile(r"\s*(\w+)\s*:\s*(\w+)\b\s*(.*)", re.DOTALL)
_RULE = "  " + "-" * 77


def _new(kind: str, text: str, ctx: Context) -> Stored:
    """``frlink m:1 varlist, frame(name [varlist]) [generate(newvar)]``."""
    if kind not in ("1:1", "m:1"):
        raise StataError(198, f"{kind} invalid: type 1:1 or m:1")
    node = parse("anything", text)
    options = typed_options(
        node.clauses.options, (Opt("frame", 5, "text"), Opt("generate", 3, "text")), (), ctx
    )
    if "frame" not in options:
        raise StataError.option_required("frame()")
    if not node.text.strip():
        raise StataError.varlist_required()
    keys = tuple(expand_varlist(ctx.data, parse("varlist", node.text), varabbrev=ctx.settings.varabbrev))
    frame, _, rest = options["frame"].strip().partition(" ")
    other = existing(frame, ctx)
    others = tuple(expand_varlist(other, parse("varlist", rest), varabbrev=True)) if rest.strip() else keys
    if len(others) != len(keys):
        raise StataError(198, "option frame() must name as many variables as there are match variables")
    name = check(options.get("generate", frame).strip())
    if name in ctx.data:
        raise StataError.already_defined(name)
    return _make(Link(name, kind, keys, frame, others), ctx)


def _make(link: Link, ctx: Context) -> Stored:
    rows = _frame_links.match(link, ctx)
    column = _frame_links.linkage_column(link, rows)
    if link.name in ctx.data:
        old = ctx.data.column(link.name)
        ctx.data.set_column(link.name, column.with_(label=old.label))
    else:
        ctx.data.add(link.name, column)
    note, lacking = _frame_links.unmatched_note(rows, ctx)
    ctx.say(note)
    return Stored("r", scalars={"unmatched": float(lacking)})


def _dir(text: str, ctx: Context) -> Stored:
    if text.strip():
        raise StataError.invalid_syntax()
    found = _frame_links.links(ctx.data)
    count = len(found)
    noun = "variable" if count == 1 else "variables"
    if not found:
        ctx.say("  (no frlink variables found)")
    else:
        out = [f"  ({count} frlink {noun} found)", _RULE]
        out += [f"  {link.name} created by {link.command}" for link in found]
        out += [
            _RULE,
            '  Note: Type "frlink describe varname" to find out more, including whether the variable is',
            "        still valid.",
        ]
        ctx.say("\n".join(out))
    return Stored(
        "r", scalars={"n_vars": float(count)}, macros={"vars": " ".join(link.name for link in found)}
    )


def _describe(text: str, ctx: Context) -> Stored | None:
    link = _frame_links.find(text.strip(), ctx)
    other = ctx.workspace.frame_data(link.frame)
    out = ["  History:", _RULE, f"    Link variable {link.name} created on {link.date} by", ""]
    out += [f"    . {link.command}", ""]
    if other is not None:
        about = f"dataset {other.filename}" if other.filename else "an unnamed dataset"
        out.append(f"    Frame {link.frame} contains {about}")
    out += [_RULE, "", "  Verifying linkage ...", ""]
    ctx.say("\n".join(out))
    _frame_links.match(link, ctx)
    if not _frame_links.up_to_date(link, ctx):
        ctx.say(f"  Linkage is out of date; type frlink rebuild {link.name}")
        raise StataError(459, f"linkage variable {link.name} is invalid")
    ctx.say("  Linkage is up to date.")
    return None


def _rebuild(text: str, ctx: Context) -> Stored:
    node = parse("anything", text)
    options = typed_options(node.clauses.options, (Opt("frame", 5, "text"),), (), ctx)
    old = _frame_links.find(node.text.strip(), ctx)
    frame = options.get("frame", old.frame).strip()
    existing(frame, ctx)
    link = Link(old.name, old.kind, old.keys, frame, old.others)
    ctx.say(f"  rebuilding variable {link.name}; executing\n  -> {link.command}")
    stored = _make(link, ctx)
    ctx.say(f"  variable {link.name} successfully rebuilt")
    return stored


_SUBCOMMANDS = {"dir": (3, _dir), "describe": (1, _describe), "rebuild": (7, _rebuild)}


@command("frlink", syntax="raw", klass="r")
def run(call: Call, ctx: Context) -> Stored | None:
    found = _KIND.match(call.text)
    if found is not None:
        return _new(f"{found[1]}:{found[2]}".replace("n", "m"), found[3], ctx)
    word, _, rest = call.text.strip().partition(" ")
    full = abbreviation(word, tuple((name, least) for name, (least, _) in _SUBCOMMANDS.items()))
    if full is None:
        raise StataError.invalid_syntax()
    return _SUBCOMMANDS[full][1](rest, ctx)
