"""codebook: describe the contents of variables.   codebook [varlist] [if] [in] [, tabulate(#) compact]"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column, longest
from pystata_hlm.data.dataset import Dataset
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
    raw = [bytes(text) for text in column.data.tolist()]
    texts = sorted(text for text in raw if text)
    width = longest(column.data)
    shorter = (
        ""
        if column.stype == "strL" or width == storage.str_width(column.stype)
        else f", but longest is str{width}"
    )
    kind = f"{'String' if words.new else 'string'} ({column.stype}){shorter}"
    levels, counts = np.unique(np.array(texts, dtype="S") if texts else np.zeros(0, "S1"), return_counts=True)
    empty = len(raw) - len(texts)
    out = [
        words.line("Type", kind),
        "",
        words.pair("Unique values", f"{len(levels):,}", 'Missing ""', f"{empty:,}/{len(rows):,}"),
        "",
    ]
    indent = " " * (LEFT + 1) + words.gap
    shown = [f'"{level.decode("utf-8", "replace")}"' for level in levels.tolist()]
    if len(levels) <= most:
        out.append(f"{words('Tabulation'):>{LEFT}}:{words.gap}Freq.  Value")
        room = 5 + len(words.gap)
        pairs = [*zip(counts.tolist(), shown, strict=True)] + ([(empty, '""')] if empty else [])
        out += [f"{' ' * (LEFT + 1)}{f'{c:,}':>{room}}  {text}" for c, text in pairs]
    else:
        picked = [texts[max(1, len(texts) * k // 5) - 1].decode("utf-8", "replace") for k in range(1, 5)]
        for k, text in enumerate(picked):
            lead = f"{words('Examples'):>{LEFT}}:{words.gap}" if k == 0 else indent
            out.append(f'{lead}"{text}"')
    warnings = []
    if any(text.startswith(b" ") for text in texts):
        warnings.append("leading")
    if any(b" " in text.strip(b" ") for text in texts):
        warnings.append("embedded")
    if any(text.endswith(b" ") for text in texts):
        warnings.append("trailing")
    if warnings:
        kinds = warnings[0] if len(warnings) == 1 else ", ".join(warnings[:-1]) + f" and {warnings[-1]}"
        noun = "Variable" if words.new else "variable"
        out += ["", words.line("Warning", f"{noun} has {kinds} blanks{'.' if words.new else ''}")]
    return out


@command(
    "codebook",
    varlist="all",
    options=(Opt("tabulate", 1, "int", 9),),
    unsupported=(
        "compact:1",
        "notes:1",
        "header:1",
        "mv:1",
        "problems:1",
        "languages:1",
        "all:1",
        "detail:1",
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    rows = np.flatnonzero(call.sample)
    words = Words(ctx.settings.release >= 17)
    out: list[str] = []
    for name in call.varlist:
        column = ctx.data.column(name)
        out += _heading(name, column.label, ctx.settings.linesize - 1)
        work = string_lines if column.is_string else numeric_lines
        out += work(ctx.data, name, rows, call.opt("tabulate", 9), words)
    if out:
        ctx.emit(lines(*out))
    return None
