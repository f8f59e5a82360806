"""The boxes of ``list``: table, display and clean formats.

``Listing.options`` (all optional):

format     "table", "display" or "clean"; without it table when the box fits in ``linesize``, else display
noobs      no observation numbers          noheader  no headings          header  repeat headings every k lines
separator  rule every k lines (default 5, 0 none)
breaks     positions (0-based lines) before which ``sepby()`` draws a rule; replaces ``separator``
divider    a bar between columns           linesize  80
footer     texts of a last line (``mean``, ``sum``, ``N``): list of (label, texts)
"""

from __future__ import annotations

from typing import Any

from pystata_hlm.formats import text_width
from pystata_hlm.output.items import Listing

MARGIN = 3  # narrowest column for observation numbers


def pad(text: str, width: int, align: str) -> str:
    """Text in a field of ``width`` display columns."""
    gap = " " * max(0, width - text_width(text))
    return text + gap if align == "left" else gap + text


def _widths(item: Listing) -> list[int]:
    header = not item.options.get("noheader")
    footer = item.options.get("footer", ())
    out = []
    for j, cells in enumerate(item.cells):
        texts = [*cells, *(texts[j] for _, texts in footer)]
        width = max(map(text_width, texts), default=0)
        out.append(max(width, text_width(item.heads[j])) if header else max(width, 1))
    return out


def _number_width(item: Listing) -> int:
    """Width of ``123.`` in front of the box; 0 without observation numbers."""
    if item.options.get("noobs"):
        return 0
    last = item.options.get("last_obs") or max(item.obs, default=0)
    return max(MARGIN, len(str(last)))


def render_listing(item: Listing, settings: Any = None) -> str:
    if not item.heads:
        return ""
    widths = _widths(item)
    kind = item.options.get("format")
    if kind == "clean":
        return _clean(item, widths)
    linesize: int = item.options.get("linesize") or getattr(settings, "linesize", None) or 80
    left = 5 + max(0, _number_width(item) - MARGIN) if not item.options.get("noobs") else 2
    if left + sum(widths) + 3 * len(widths) - 1 + 2 <= linesize or kind == "table":
        return _table(item, widths)
    return _display(item, widths, linesize - left - 2)


# ---------------------------------------------------------------- table format


def _separated(item: Listing, row: int) -> bool:
    """True when a rule goes before line ``row`` (0-based, never the first)."""
    if row == 0:
        return False
    breaks = item.options.get("breaks")
    if breaks is not None:
        return row in breaks
    every = item.options.get("separator", 5)
    return every > 0 and row % every == 0


def _prefixes(item: Listing) -> tuple[str, list[str]]:
    """Blanks before the box, and the same with observation numbers."""
    if item.options.get("noobs"):
        return "  ", ["  "] * len(item.obs)
    width = _number_width(item)
    return " " * (width + 2), [f"{obs:>{width}}. " for obs in item.obs]


def _table(item: Listing, widths: list[int]) -> str:
    between = " | " if item.options.get("divider") else "   "
    blank, numbers = _prefixes(item)
    span = sum(widths) + 3 * (len(widths) - 1) + 2
    joint = "-+-" if item.options.get("divider") else "---"

    def line(texts: list[str] | tuple[str, ...]) -> str:
        cells = [pad(t, w, a) for t, w, a in zip(texts, widths, item.aligns, strict=True)]
        return "| " + between.join(cells) + " |"

    edge = blank + "+" + "-" * span + "+"
    rule = blank + "|-" + joint.join("-" * w for w in widths) + "-|"
    header = blank + line(item.heads)
    out = [edge]
    if not item.options.get("noheader"):
        out += [header, rule]
    again = item.options.get("header") or 0
    rows = list(zip(*item.cells, strict=True))
    for k, texts in enumerate(rows):
        if again and k and k % again == 0:
            out += [edge, "", edge, header, rule]
        elif _separated(item, k):
            out.append(rule)
        out.append(numbers[k] + line(texts))
    for k, (label, texts) in enumerate(item.options.get("footer", ())):
        if k == 0:
            out.append(rule)
        out.append(f"{label:>{len(blank) - 1}} " + line(texts))
    out.append(edge)
    return "\n" + "".join(text + "\n" for text in out)


# ---------------------------------------------------------------- clean format


def _clean(item: Listing, widths: list[int]) -> str:
    if item.options.get("noobs"):
        blank, numbers = "    ", ["    "] * len(item.obs)
    else:
        width = _number_width(item)
        blank, numbers = " " * (width + 4), [f"{obs:>{width}}.   " for obs in item.obs]

    def line(texts: tuple[str, ...]) -> str:
        return "".join(pad(t, w, a) + "   " for t, w, a in zip(texts, widths, item.aligns, strict=True))[:-1]

    out = [] if item.options.get("noheader") else [blank + line(item.heads)]
    breaks = item.options.get("breaks") or ()
    every = item.options.get("separator", 0)
    for k, texts in enumerate(zip(*item.cells, strict=True)):
        if k in breaks or (every and k and k % every == 0):
            out.append("")
        out.append(numbers[k] + line(texts))
    for label, texts in item.options.get("footer", ()):
        out.append(f"{label:>{len(blank) - 2}}  " + line(texts))
    return "\n" + "".join(text + "\n" for text in out)


# ---------------------------------------------------------------- display format


def _lines(widths: list[int], room: int) -> list[range]:
    """Columns that go on each line: as many as fit in ``room`` characters between the borders."""
    out: list[range] = []
    start, used = 0, -1
    for j, width in enumerate(widths):
        cell = width + 3  # blank, text, blank, bar
        if j > start and used + cell > room:
            out.append(range(start, j))
            start, used = j, -1
        used += cell
    out.append(range(start, len(widths)))
    return out


def _spread(widths: list[int], span: int) -> list[tuple[int, int]]:
    """(left, right) blanks of each cell: the spare room is shared evenly, the remainder goes to the last cells."""
    spare = span - (sum(widths) + 3 * len(widths) - 1)
    share, rest = divmod(max(spare, 0), len(widths))
    extra = [share + (k >= len(widths) - rest) for k in range(len(widths))]
    return [(1 + e // 2, 1 + e - e // 2) for e in extra]


def _display(item: Listing, widths: list[int], room: int) -> str:
    groups = _lines(widths, room)
    span = max(sum(widths[j] for j in g) + 3 * len(g) - 1 for g in groups)
    blank, numbers = _prefixes(item)
    edge = blank + "+" + "-" * span + "+"
    rule = blank + "|" + "-" * span + "|"
    margins = [_spread([widths[j] for j in g], span) for g in groups]

    def line(texts: list[str], columns: range, blanks: list[tuple[int, int]]) -> str:
        parts = [
            " " * a + pad(texts[j], widths[j], item.aligns[j]) + " " * b
            for j, (a, b) in zip(columns, blanks, strict=True)
        ]
        return "|" + "|".join(parts) + "|"

    heads = list(item.heads)
    noheader = item.options.get("noheader")
    out: list[str] = []
    for k, row in enumerate(zip(*item.cells, strict=True)):
        out += ["", edge]
        for g, (columns, blanks) in enumerate(zip(groups, margins, strict=True)):
            if g:
                out.append(rule)
            prefix = numbers[k] if g == 0 else blank
            if noheader:
                out.append(prefix + line(list(row), columns, blanks))
            else:
                out.append(prefix + line(heads, columns, blanks))
                out.append(blank + line(list(row), columns, blanks))
        out.append(edge)
    return "".join(text + "\n" for text in out)
