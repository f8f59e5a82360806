"""What stands in the way of ``reshape``: the checks, their messages, and the lists of ``reshape error``."""

from __future__ import annotations

import textwrap

import numpy as np

from pystata_hlm.commands._reshaping import Shape, constant_names
from pystata_hlm.commands.list import alignment, cell_texts
from pystata_hlm.data import missing
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.data.sorting import sort_key
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import Listing
from pystata_hlm.runtime.context import Context

PICTURE = (
    "",
    "         long                                wide",
    "        +---------------+                   +------------------+",
    "        | i   j   a   b |                   | i   a1 a2  b1 b2 |",
    "        |---------------| <--- reshape ---> |------------------|",
    "        | 1   1   1   2 |                   | 1   1   3   2  4 |",
    "        | 1   2   3   4 |                   | 2   5   7   6  8 |",
    "        | 2   1   5   6 |                   +------------------+",
    "        | 2   2   7   8 |",
    "        +---------------+",
)


def _paragraph(text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width - 2, initial_indent="    ", subsequent_indent="    ", break_long_words=False
    )


def no_variables(width: int) -> StataError:
    text = "reshape looked for existing variables named a# and b# but could not find any.  Remember this picture:"
    return StataError(
        111,
        "\n".join(
            [
                "no xij variables found",
                "    You typed something like reshape wide a b, i(i) j(j).",
                *_paragraph(text, width),
                *PICTURE,
            ]
        ),
    )


def duplicate_rows(data: Dataset, shape: Shape, with_j: bool) -> np.ndarray:
    """Mask of observations that share i (and j) with another."""
    groups = data.groups([*shape.i, shape.j] if with_j else list(shape.i))
    return np.asarray(groups.sizes)[groups.codes] > 1


def varying(data: Dataset, shape: Shape) -> dict[str, np.ndarray]:
    """Variables that should be constant within i but are not, each with the mask of the groups' rows."""
    groups = data.groups(list(shape.i))
    first = groups.first_rows
    out = {}
    for name in constant_names(data, shape, {*shape.i, shape.j, *shape.long_names}):
        column = data.column(name)
        key = sort_key(column) if column.is_string else missing.ordered(*column.decoded())
        differ = key != key[first][groups.codes]
        if differ.any():
            bad = np.bincount(groups.codes, weights=differ, minlength=len(groups)) > 0
            out[name] = bad[groups.codes]
    return out


def check_wide_data(data: Dataset, shape: Shape, width: int) -> None:
    """r(9) when i does not identify the wide observations."""
    if not duplicate_rows(data, shape, False).any():
        return
    i = " ".join(shape.i)
    noun, verb = ("variable", "does") if len(shape.i) == 1 else ("variables", "do")
    text = (
        "Your data are currently wide.  You are performing a reshape long.  You specified "
        f"i({i}) and j({shape.j}).  In the current wide form, {noun} {i} should uniquely identify the "
        "observations.  Remember this picture:"
    )
    raise StataError(
        9,
        "\n".join(
            [
                f"{noun} {i} {verb} not uniquely identify the observations",
                *_paragraph(text, width),
                *PICTURE,
                "    Type reshape error for a list of the problem observations.",
            ]
        ),
    )


def check_long_data(data: Dataset, shape: Shape, width: int) -> None:
    """r(9) when j is not unique within i or another variable is not constant within i."""
    i, j = " ".join(shape.i), shape.j
    if duplicate_rows(data, shape, True).any():
        text = (
            "Your data are currently long.  You are performing a reshape wide.  You specified "
            f"i({i}) and j({j}).  There are observations within i({i}) with the same value of j({j}).  In the "
            "long data, variables i() and j() together must uniquely identify the observations."
        )
        raise StataError(
            9,
            "\n".join(
                [
                    f"values of variable {j} not unique within {i}",
                    *_paragraph(text, width),
                    *PICTURE,
                    "    Type reshape error for a list of the problem variables.",
                ]
            ),
        )
    bad = varying(data, shape)
    if not bad:
        return
    stubs = " ".join(shape.stubs)
    named = ", ".join([*shape.long_names, *shape.i, j])
    raise StataError(
        9,
        "\n".join(
            [
                *(f"variable {name} not constant within {i}" for name in bad),
                *_paragraph(
                    "Your data are currently long.  You are performing a reshape wide.  You typed something like",
                    width,
                ),
                "",
                f"        . reshape wide {stubs}, i({i}) j({j})",
                "",
                *_paragraph(
                    f"There are variables other than {named} in your data.  They must be constant within {i} "
                    "because that is the only way they can fit into wide data without loss of information.",
                    width,
                ),
                "",
                *_paragraph(
                    f"The variable or variables listed above are not constant within {i}.  Perhaps the values are "
                    "in error.  Type reshape error for a list of the problem observations.",
                    width,
                ),
                "",
                *_paragraph(
                    "Either that, or the values vary because they should vary, in which case you must either add "
                    "the variables to the list of xij variables to be reshaped, or drop them.",
                    width,
                ),
            ]
        ),
    )


# ---------------------------------------------------------------- reshape error


def show(shape: Shape, ctx: Context) -> None:
    """The problem observations of the last reshape that failed; the data are sorted by i (and j)."""
    data = ctx.data
    long = shape.j in data
    i, j = " ".join(shape.i), shape.j
    ctx.say(f"\ni ({i}) indicates the top-level grouping such as subject id.")
    if not long:
        ctx.say("\nThe data are in the wide form; there should be a single observation per i.")
        bad = duplicate_rows(data, shape, False)
        if not bad.any():
            _nothing(shape, ctx)
            return
        _list(
            f"{int(bad.sum()):,} of {data.n:,} observations have duplicate i values:",
            shape.i,
            bad,
            shape.i,
            ctx,
        )
        return
    ctx.say(f"\nj ({j}) indicates the subgrouping such as time.")
    bad = duplicate_rows(data, shape, True)
    keys = (*shape.i, j)
    if bad.any():
        ctx.say("\nThe data are in the long form;  j should be unique within i.")
        ctx.say("\nThere are multiple observations on the same j within i.")
        _list(
            f"The following {int(bad.sum()):,} of {data.n:,} observations have repeated j values:",
            keys,
            bad,
            keys,
            ctx,
        )
        return
    varies = varying(data, shape)
    if not varies:
        _nothing(shape, ctx)
        return
    names = constant_names(data, shape, {*keys, *shape.long_names})
    ctx.say(f"\nxij variables are {' '.join(shape.long_names)}.")
    ctx.say(f"\nThus, the following variable(s) should be constant within i:\n    {' '.join(names)}")
    for name in varies:
        mask = varying(ctx.data, shape)[name]
        groups = len(ctx.data.groups(list(shape.i), mask))
        _list(
            f"{name} not constant within i ({i}) for {groups:,} value{'' if groups == 1 else 's'} of i:",
            keys,
            mask,
            (*keys, name),
            ctx,
        )


def _nothing(shape: Shape, ctx: Context) -> None:
    i, j = " ".join(shape.i), shape.j
    ctx.say(
        f'{j} is unique within {i} and\nall the "reshape xi" variables are constant within {j};\n'
        'there is no error with which "reshape error" can help.'
    )


def _list(text: str, keys: tuple[str, ...], bad: np.ndarray, names: tuple[str, ...], ctx: Context) -> None:
    """Sort by the keys, then list the observations concerned."""
    data = ctx.data
    data.hidden["reshape"] = bad
    try:
        data.sort(keys)
    finally:
        marked = data.hidden.pop("reshape")
    ctx.say(f"\n{text}")
    rows = np.flatnonzero(marked)
    ctx.emit(
        Listing(
            heads=tuple(abbrev(name, 8) for name in names),
            aligns=tuple(alignment(data.column(name)) for name in names),
            cells=tuple(tuple(cell_texts(data, name, rows)) for name in names),
            obs=tuple((rows + 1).tolist()),
            options={"linesize": ctx.settings.linesize},
        )
    )
    ctx.say(f"\n(data now sorted by {' '.join(keys)})")
