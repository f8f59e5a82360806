"""codebook: describe the contents of variables.   codebook [varlist] [if] [in] [, tabulate(#) compact mv notes header all]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.commands._storing import distinct_texts
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column, longest
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, format_trimmed
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

LEFT, RIGHT = 22, 59  # columns where the colons stand


@dataclass(frozen=True)
class Words:
    """Wording of a release: from 17 on capitals and one blank after the colon, before it small letters and two."""

    new: bool

    def __call__(self, text: str) -> str:
        return text if self.new else text[0].lower() + text[1:]

    @property
    def gap(self) -> str:
        return " " if self.new else "  "

    def line(self, label: str, text: str) -> str:
        return f"{self(label):>{LEFT}}:{self.gap}{text}"

    def pair(self, label: str, text: str, second: str, other: str) -> str:
        left = self.line(label, text)
        return f"{left}{self(second):>{RIGHT - len(left)}}:{self.gap}{other}"


def units(values: np.ndarray) -> float:
    """The largest power of ten of which every value is a multiple (values as written in decimals)."""
    x = np.unique(np.abs(values[values != 0]))
    if not x.size:
        return 1.0
    for exponent in range(9, -16, -1):
        scaled = x / 10.0**exponent
        if np.all((scaled > 0.5) & (np.abs(scaled - np.rint(scaled)) <= 1e-12 * scaled)):
            return 10.0**exponent
    return 1e-15


def _heading(name: str, label: str, width: int) -> list[str]:
    rule = "-" * width
    room = width - len(name) - 1
    text = label if label else "(unlabeled)"
    return ["", rule, f"{name} {text[:room]:>{room}}", rule, ""]


def numeric_lines(data: Dataset, name: str, rows: np.ndarray, most: int, words: Words) -> list[str]:
    column = data.column(name)
    values, codes = column.take(rows).decoded()
    x = values[~np.isnan(values)]
    absent = np.isnan(values)
    extended = 0 if codes is None else int(np.count_nonzero(codes))
    plain = int(absent.sum()) - extended
    label = data.value_labels.get(column.value_label)
    kind = f"{'Numeric' if words.new else 'numeric'} ({column.stype})"
    out = [words.line("Type", kind)]
    if column.value_label:
        note = "" if label is not None else ", but label does not exist"
        out.append(words.line("Label", column.value_label + note))
    out.append("")
    if x.size:
        unit_values = x.astype(np.float32).astype(str).astype(float) if column.stype == "float" else x
        span = f"[{format_trimmed(float(x.min()), '%9.0g')},{format_trimmed(float(x.max()), '%9.0g')}]"
        out.append(words.pair("Range", span, "Units", format_trimmed(units(unit_values), "%9.0g")))
    else:
        out.append(words.line("Range", "[.,.]"))
    levels, counts = np.unique(x, return_counts=True)
    out.append(words.pair("Unique values", f"{len(levels):,}", "Missing .", f"{plain:,}/{len(rows):,}"))
    if extended:
        assert codes is not None
        out.append(
            words.pair(
                "Unique mv codes",
                f"{len(np.unique(codes[absent]))}",
                "Missing .*",
                f"{extended:,}/{len(rows):,}",
            )
        )
    out.append("")
    if len(levels) <= most:
        return out + _tabulation(column, data, levels, counts, values, codes, words)
    grouped = Grouped(x, np.zeros(len(x), dtype=np.int64), 1)
    fmt = "%8.0g" if words.new else "%9.0g"
    out += [
        f"{words('Mean'):>{LEFT}}:{format_number(float(grouped.mean()[0]), fmt)}",
        f"{'Std. dev.' if words.new else 'std. dev':>{LEFT}}:{format_number(float(grouped.sd()[0]), fmt)}",
        "",
    ]
    points = (10, 25, 50, 75, 90)
    first = 8 if words.new else 11
    heads = "".join(f"{p}%".rjust(first if k == 0 else 10) for k, p in enumerate(points))
    numbers = [format_trimmed(float(grouped.percentile(p)[0]), "%8.0g") for p in points]
    cells = "".join(text.rjust(first if k == 0 else 10) for k, text in enumerate(numbers))
    return [*out, f"{words('Percentiles'):>{LEFT}}:{heads}", " " * (LEFT + 1) + cells]


def _tabulation(
    column: Column,
    data: Dataset,
    levels: np.ndarray,
    counts: np.ndarray,
    values: np.ndarray,
    codes: np.ndarray | None,
    words: Words,
) -> list[str]:
    """Frequencies of the values, with labels when there are any; missing values come last."""
    entries = [(int(c), float(v), 0) for v, c in zip(levels.tolist(), counts.tolist(), strict=True)]
    absent = np.isnan(values)
    if absent.any():
        found = missing.combine_codes(len(values), codes)[absent]
        kinds, numbers = np.unique(found, return_counts=True)
        entries += [
            (int(c), float("nan"), int(k)) for k, c in zip(kinds.tolist(), numbers.tolist(), strict=True)
        ]
    label = data.value_labels.get(column.value_label)
    lead = f"{words('Tabulation'):>{LEFT}}:{words.gap}"
    indent = " " * (LEFT + 1)

    def number(value: float, code: int) -> str:
        return missing.text_of(code) if value != value else format_trimmed(value, "%10.0g")

    if label is None:
        out = [f"{lead}Freq.  Value"]
        return out + [f"{indent}{f'{c:,}':>{5 + len(words.gap)}}  {number(v, k)}" for c, v, k in entries]
    out = [f"{lead}Freq.   Numeric  Label"]
    for c, v, k in entries:
        text = label.text(v, k) or ""
        out.append(f"{indent}{f'{c:,}':>{5 + len(words.gap)}}{number(v, k):>10}  {text}".rstrip())
    return out


def string_lines(data: Dataset, name: str, rows: np.ndarray, most: int, words: Words) -> list[str]:
    column = data.column(name).take(rows)
    levels, index = distinct_texts(column)
    counts = np.bincount(index, minlength=len(levels)).tolist()
    pairs = [(text, n) for text, n in zip(levels, counts, strict=True) if text]
    reached = np.cumsum([n for _, n in pairs])
    filled = int(reached[-1]) if pairs else 0
    empty = len(rows) - filled
    width = longest(column.data)
    exact = column.stype == "strL" or width == storage.str_width(column.stype)
    shorter = "" if exact else f", but longest is str{width}"
    kind = f"{'String' if words.new else 'string'} ({column.stype}){shorter}"
    out = [
        words.line("Type", kind),
        "",
        words.pair("Unique values", f"{len(pairs):,}", 'Missing ""', f"{empty:,}/{len(rows):,}"),
        "",
    ]
    indent = " " * (LEFT + 1) + words.gap
    if len(pairs) <= most:
        out.append(f"{words('Tabulation'):>{LEFT}}:{words.gap}Freq.  Value")
        room = 5 + len(words.gap)
        entries = [*((n, f'"{text}"') for text, n in pairs), *([(empty, '""')] if empty else [])]
        out += [f"{' ' * (LEFT + 1)}{f'{n:,}':>{room}}  {text}" for n, text in entries]
    else:
        for k in range(1, 5):
            place = int(np.searchsorted(reached, max(1, filled * k // 5)))
            lead = f"{words('Examples'):>{LEFT}}:{words.gap}" if k == 1 else indent
            out.append(f'{lead}"{pairs[place][0]}"')
    warnings = []
    if any(text.startswith(" ") for text, _ in pairs):
        warnings.append("leading")
    if any(" " in text.strip(" ") for text, _ in pairs):
        warnings.append("embedded")
    if any(text.endswith(" ") for text, _ in pairs):
        warnings.append("trailing")
    if warnings:
        kinds = warnings[0] if len(warnings) == 1 else ", ".join(warnings[:-1]) + f" and {warnings[-1]}"
        noun = "Variable" if words.new else "variable"
        out += ["", words.line("Warning", f"{noun} has {kinds} blanks{'.' if words.new else ''}")]
    return out


def missing_pattern(data: Dataset, name: str, rows: np.ndarray, words: Words) -> list[str]:
    """``mv``: variables whose missing values imply missing values here (``-->``) or go with them (``<->``)."""
    here = data.column(name).take(rows).is_missing()
    if not here.any():
        return []
    out: list[str] = []
    for other in data.names:
        there = data.column(other).take(rows).is_missing()
        if other == name or not there.any() or (there & ~here).any():
            continue
        arrow = "-->" if (here & ~there).any() else "<->"
        lead = f"{words('Missing values'):>{LEFT}}:" if not out else " " * (LEFT + 1)
        out.append(f"{lead}{abbrev(other, 12):>13}==mv {arrow} {name}==mv")
    return ["", *out] if out else []


def _header(data: Dataset) -> list[str]:
    facts = [("Dataset", data.filename), ("Last saved", data.timestamp.strip()), ("Label", data.label)]
    facts += [("Number of variables", f"{data.k:,}"), ("Number of observations", f"{data.n:,}")]
    facts.append(("Size", f"{data.width * data.n:,} bytes ignoring labels, etc."))
    return ["", *(f"{label:>24}:  {text}" for label, text in facts if text)]


def _notes(notes: dict[int, str]) -> list[str]:
    return [f"  {number}.  {text}" for number, text in notes.items()]


def compact(data: Dataset, names: tuple[str, ...], rows: np.ndarray, width: int) -> list[str]:
    """One line for each variable: observations, distinct values, mean, minimum, maximum, label."""
    table = [("Variable", "Obs", "Unique", "Mean", "Min", "Max", "Label")]
    for name in names:
        column = data.column(name).take(rows)
        if column.is_string:
            levels, index = distinct_texts(column)
            used = [
                n
                for text, n in zip(levels, np.bincount(index, minlength=len(levels)).tolist(), strict=True)
                if text
            ]
            obs, unique, figures = int(sum(used)), len(used), (".", ".", ".")
        else:
            x = column.values()
            x = x[~np.isnan(x)]
            obs, unique = len(x), len(np.unique(x))
            values = (float(x.mean()), float(x.min()), float(x.max())) if obs else (np.nan,) * 3
            figures = tuple(format_trimmed(v, "%9.0g") for v in values)  # type: ignore[assignment]
        table.append((abbrev(name, 12), f"{obs}", f"{unique}", *figures, column.label))
    widths = [max(len(row[k]) for row in table) for k in range(6)]
    gaps = (0, 3, 1, 2, 2, 2)
    out = [""]
    for k, row in enumerate(table):
        line = f"{row[0]:<{widths[0]}}"
        line += "".join(" " * gaps[j] + row[j].rjust(widths[j]) for j in range(1, 6))
        out.append(f"{line}  {row[6]}"[:width].rstrip())
        if k == 0:
            out.append("-" * width)
    return [*out, "-" * width]


@command(
    "codebook",
    varlist="all",
    options=(
        Opt("tabulate", 1, "int", 9),
        Opt("compact", 1),
        Opt("dots", 0),
        Opt("notes", 1),
        Opt("header", 1),
        Opt("all", 1),
        Opt("mv", 0),
    ),
    unsupported=("problems:1", "languages:1", "detail:1"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    rows = np.flatnonzero(call.sample)
    words = Words(ctx.settings.release >= 17)
    if call.has("compact"):
        if call.has("dots"):
            ctx.say("." * len(call.varlist))
        ctx.emit(lines(*compact(ctx.data, call.varlist, rows, ctx.settings.linesize - 1)))
        return None
    if call.has("dots"):
        raise StataError(198, "option dots may be specified only with option compact")
    out: list[str] = []
    if call.has("header") or call.has("all"):
        out += _header(ctx.data)
    if (call.has("notes") or call.has("all")) and ctx.data.notes():
        out += ["", "_dta:", *_notes(ctx.data.notes())]
    for name in call.varlist:
        column = ctx.data.column(name)
        out += _heading(name, column.label, ctx.settings.linesize - 1)
        work = string_lines if column.is_string else numeric_lines
        out += work(ctx.data, name, rows, call.opt("tabulate", 9), words)
        if call.has("mv"):
            out += missing_pattern(ctx.data, name, rows, words)
        if (call.has("notes") or call.has("all")) and ctx.data.notes(name):
            out += ["", f"{name}:", *_notes(ctx.data.notes(name))]
    if out:
        ctx.emit(lines(*out))
    return None
