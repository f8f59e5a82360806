"""graph: The graph command.   graph {twoway|box|hbox|combine|export|...} ..."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from pystata_hlm.commands.graphs.bar import draw_bars
from pystata_hlm.commands.graphs.box import draw_boxes
from pystata_hlm.commands.graphs.common import check_name, finish, gph_path, save_graph, shown_path
from pystata_hlm.commands.graphs.twoway import draw_twoway
from pystata_hlm.errors import StataError
from pystata_hlm.graph.build import grid_shape
from pystata_hlm.graph.options import parse_figure_options
from pystata_hlm.graph.spec import Combined, Drawing, Words
from pystata_hlm.graph.words import (
    Given,
    abbreviations,
    match,
    matched,
    no_argument,
    numbers,
    one_number,
    required,
    split_comma,
    split_options,
    tokens,
)
from pystata_hlm.output.items import Graph
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

_WORD = re.compile(r"\s*([A-Za-z_]\w*)")

FORMAT_NAMES = {
    "png": "PNG",
    "pdf": "PDF",
    "svg": "SVG",
    "eps": "EPS",
    "ps": "PS",
    "tif": "TIFF",
    "tiff": "TIFF",
    "jpg": "JPG",
    "jpeg": "JPG",
}
_KNOWN_FORMATS = frozenset({"wmf", "emf", "gif"})


def found(ctx: Context, name: str | None) -> Graph:
    """The graph of that name, or the current one; r(111)/r(198) when there is none."""
    graphs = ctx.workspace.graphs
    if name is None:
        name = ctx.workspace.current_graph or "Graph"
    if name not in graphs:
        raise StataError(111, f"graph {name} not found")
    return graphs[name]


def _options(text: str, table: str, lacking: str = "") -> dict[str, str | None]:
    names = matched(split_options(text), abbreviations(table), abbreviations(lacking))
    return {full: option.argument for full, option in names}


def _flag(options: dict[str, str | None], name: str) -> bool:
    if options.get(name) is not None:
        raise StataError.option_not_allowed(f"{name}()")
    return name in options


# ---------------------------------------------------------------- export


def export(text: str, ctx: Context) -> None:
    """graph export filename [, as() replace name() width() height()]"""
    head, rest = split_comma(text)
    words = tokens(head)
    if not words:
        raise StataError(198, "invalid file specification")
    name = words[0].text if len(words) == 1 else head
    options = _options(
        rest,
        "as:2 replace:3 name:2 width:1 height:1",
        "fontface:4 orientation:2 logo:4 mag:3 preview:4 quality:3 cmyk:4 ignorefont:6",
    )
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name.replace("\\", "/").rsplit("/", 1)[-1] else ""
    kind = (options.get("as") or suffix or "").strip().strip('"').lower()
    if not kind:
        kind = "ps"  # Stata's default
    if kind not in FORMAT_NAMES:
        if kind in _KNOWN_FORMATS:
            raise StataError.option_not_supported(f"as({kind})")
        raise StataError(198, f"output file suffix .{kind} not recognized; specify option as()")
    if not suffix:
        name = f"{name}.{kind}"
    graph = found(ctx, _graph_name(options.get("name")))
    path = ctx.workspace.resolve(name)
    again = _flag(options, "replace")
    exists = path.exists()
    if exists and not again:
        raise StataError.file_exists(str(path) if path.is_absolute() and name == str(path) else name)
    if not path.parent.is_dir():
        raise StataError(603, f"file {name} could not be opened")
    if again and not exists and ctx.settings.release >= 17:
        ctx.say(f"(file {name} not found)")
    from pystata_hlm.graph.compile import export as write

    try:
        write(graph.spec, path, _pixels(options, "width"), _pixels(options, "height"), kind)
    except OSError:
        raise StataError(603, f"file {name} could not be opened") from None
    label = FORMAT_NAMES[kind]
    if ctx.settings.release >= 16:
        ctx.say(f"file {name} saved as {label} format")
    else:
        ctx.say(f"(file {name} written in {label} format)")


def _graph_name(text: str | None) -> str | None:
    return None if text is None else text.strip().strip('"')


def _pixels(options: dict[str, str | None], name: str) -> int | None:
    if name not in options:
        return None
    value = one_number(options[name] or "", name)
    if value != int(value) or not 8 <= value <= 16000:
        raise StataError(198, f"{name}() must be between 8 and 16000")
    return int(value)


# ---------------------------------------------------------------- graphs in memory


def display(text: str, ctx: Context) -> None:
    """graph display [name] [, xsize() ysize() scheme() scale()]"""
    head, rest = split_comma(text)
    graph = found(ctx, head or None)
    notes: list[str] = []
    given = split_options(rest)
    for option in given:
        if match(option.name, abbreviations("xsize:3 ysize:3 scheme:3 scale:3 margins:0")) is None:
            raise StataError.option_not_allowed(option.name)
    o = parse_figure_options(given, notes)
    spec: Drawing = graph.spec
    spec = replace(
        spec,
        width=o.width if o.width is not None else spec.width,
        height=o.height if o.height is not None else spec.height,
        scheme=o.scheme or spec.scheme,
        scale=spec.scale * o.scale,
    )
    for note in notes:
        ctx.say(note)
    ctx.emit(Graph(spec, graph.name))


def save(text: str, ctx: Context) -> None:
    """graph save [name] filename [, replace asis]"""
    head, rest = split_comma(text)
    options = _options(rest, "replace:3 asis:4")
    words = [t.text for t in tokens(head)]
    if len(words) not in (1, 2):
        raise StataError.invalid_syntax()
    graph = found(ctx, words[0] if len(words) == 2 else None)
    path = gph_path(ctx, words[-1])
    exists = path.exists()
    if exists and not _flag(options, "replace"):
        raise StataError.file_exists(shown_path(words[-1], ".gph"))
    if not exists and _flag(options, "replace") and ctx.settings.release >= 17:
        ctx.say(f"(file {shown_path(words[-1], '.gph')} not found)")
    save_graph(ctx, graph, words[-1])


def use(text: str, ctx: Context) -> None:
    """graph use filename [, name() nodraw scheme()]"""
    from pystata_hlm.graph.store import read

    head, rest = split_comma(text)
    words = [t.text for t in tokens(head)]
    if len(words) != 1:
        raise StataError.invalid_syntax()
    notes: list[str] = []
    options = parse_figure_options(split_options(rest), notes)
    check_name(ctx, options)
    spec = _read_file(ctx, words[0], read)
    finish(ctx, replace(spec, scheme=options.scheme or spec.scheme), options, notes, spec.kind)


def _read_file(ctx: Context, text: str, read: Callable[..., Drawing]) -> Drawing:
    path = gph_path(ctx, text)
    if not path.is_file():
        raise StataError.file_not_found(shown_path(text, ".gph"))
    return read(path)


def drop(text: str, ctx: Context) -> None:
    """graph drop {names|_all}"""
    names = text.split()
    graphs = ctx.workspace.graphs
    if not names:
        raise StataError.invalid_syntax()
    if names == ["_all"]:
        graphs.clear()
        ctx.workspace.current_graph = ""
        return
    for name in names:
        found(ctx, name)
    for name in names:
        graphs.pop(name, None)
        if ctx.workspace.current_graph == name:
            ctx.workspace.current_graph = next(reversed(graphs), "")


def close(text: str, ctx: Context) -> None:
    """graph close [names|_all]: there are no windows here; the graphs stay in memory, as they do in Stata."""
    for name in text.split():
        if name != "_all" and "*" not in name and "?" not in name:
            found(ctx, name)


def rename(text: str, ctx: Context, keep: bool = False) -> None:
    """graph rename [old] new [, replace]"""
    head, rest = split_comma(text)
    options = _options(rest, "replace:3")
    words = head.split()
    if len(words) not in (1, 2):
        raise StataError.invalid_syntax()
    old = found(ctx, words[0] if len(words) == 2 else None)
    new = words[-1]
    if re.fullmatch(r"[A-Za-z_]\w{0,31}", new) is None:
        raise StataError.invalid_name(new)
    if new in ctx.workspace.graphs and not _flag(options, "replace"):
        raise StataError(110, f"graph {new} already exists")
    if not keep:
        ctx.workspace.graphs.pop(old.name)
    ctx.workspace.graphs[new] = Graph(old.spec, new)
    ctx.workspace.current_graph = new


def copy(text: str, ctx: Context) -> None:
    """graph copy [old] new [, replace]"""
    rename(text, ctx, keep=True)


def directory(text: str, ctx: Context) -> None:
    """graph dir: names of the graphs in memory"""
    if text.strip():
        raise StataError.option_not_supported("graph dir patterns")
    names = sorted(ctx.workspace.graphs)
    if names:
        ctx.say("  " + "  ".join(names))


# ---------------------------------------------------------------- combine

_COMBINE = abbreviations("rows:3 cols:3 holes:4 iscale:6 colfirst:4 altshrink:6")
_COMBINE_LACKING = abbreviations(
    "xcommon:4 ycommon:4 imargin:4 commonscheme:6 style:2 plotregion:5 by:2 legend:3 xlabel:3 ylabel:3"
)


def combine(text: str, ctx: Context) -> None:
    """graph combine name [name ...] [, rows() cols() holes() iscale() colfirst title() ...]"""
    from pystata_hlm.graph.store import read

    head, rest = split_comma(text)
    names = tokens(head)
    if not names:
        raise StataError(198, "nothing to combine")
    own: dict[str, str | None] = {}
    others: list[Given] = []
    for option in split_options(rest):
        full = match(option.name, _COMBINE)
        if full is not None:
            own[full] = option.argument
        elif (lacking := match(option.name, _COMBINE_LACKING)) is not None:
            raise StataError.option_not_supported(lacking)
        else:
            others.append(option)
    notes: list[str] = []
    options = parse_figure_options(others, notes)
    check_name(ctx, options)
    specs: list[Drawing] = []
    for name in names:
        if not name.quoted and name.text in ctx.workspace.graphs:
            specs.append(ctx.workspace.graphs[name.text].spec)
        elif name.quoted or "." in name.text:
            specs.append(_read_file(ctx, name.text, read))
        else:
            raise StataError(111, f"graph {name.text} not found")
    holes = tuple(int(v) for v in numbers(own["holes"] or "", "holes")) if "holes" in own else ()
    rows, columns = grid_shape(len(specs), _count(own, "rows"), _count(own, "cols"), len(holes))
    if "colfirst" in own:
        no_argument(Given("colfirst", own["colfirst"]))
        order = [r * columns + c for c in range(columns) for r in range(rows)]
        places = sorted(range(len(specs)), key=lambda k: order[k])
        specs = [specs[k] for k in places]
    if "altshrink" in own:
        raise StataError.option_not_supported("altshrink")
    factor = 1.0
    if "iscale" in own:
        text = (own["iscale"] or "").strip()
        factor = one_number(text.removeprefix("*"), "iscale")
        if not text.startswith("*"):
            factor /= max(rows, columns) ** -0.45
    if factor != 1.0:
        specs = [replace(s, scale=s.scale * factor) for s in specs]
    drawing = Combined(
        tuple(specs),
        rows,
        columns,
        options.title or Words(),
        options.subtitle or Words(),
        options.note or Words(),
        options.caption or Words(),
        options.scheme,
        options.width,
        options.height,
        options.scale,
        options.graph_region,
        holes,
    )
    finish(ctx, drawing, options, notes, "combine")


def _count(options: dict[str, str | None], name: str) -> int | None:
    return None if name not in options else int(one_number(required(Given(name, options[name]), name), name))


# ---------------------------------------------------------------- dispatch

_SUBCOMMANDS: dict[str, tuple[int, Callable[[str, Context], None]]] = {
    "twoway": (2, draw_twoway),
    "box": (3, lambda text, ctx: draw_boxes(text, ctx, horizontal=False)),
    "hbox": (4, lambda text, ctx: draw_boxes(text, ctx, horizontal=True)),
    "bar": (3, lambda text, ctx: draw_bars(text, ctx, horizontal=False)),
    "hbar": (4, lambda text, ctx: draw_bars(text, ctx, horizontal=True)),
    "combine": (3, combine),
    "export": (3, export),
    "display": (2, display),
    "save": (4, save),
    "use": (3, use),
    "drop": (4, drop),
    "close": (5, close),
    "rename": (3, rename),
    "copy": (4, copy),
    "dir": (3, directory),
}
_LACKING = abbreviations("dot:3 pie:3 matrix:6 describe:2 query:5 set:3 print:5 play:4 replay:6")
_BARE = frozenset({"scatter", "line", "connected", "histogram", "lowess"})


def run(call: Call, ctx: Context) -> Stored | None:
    m = _WORD.match(call.text)
    if m is None:
        raise StataError.invalid_syntax()
    word, rest = m[1], call.text[m.end() :]
    full = match(word, {name: least for name, (least, _) in _SUBCOMMANDS.items()})
    if full is not None:
        _SUBCOMMANDS[full][1](rest.strip(), ctx)
        return None
    lacking = match(word, _LACKING)
    if lacking is not None:
        raise StataError.command_not_supported(f"graph {lacking}")
    if word in _BARE:
        raise StataError(198, f"{word} is not a graph subcommand; type graph twoway {word}")
    raise StataError(198, f"unknown graph type {word}")
