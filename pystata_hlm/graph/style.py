"""Stata's names for colours, symbols, sizes and line patterns, and the schemes that supply defaults.

RGB values of the named colours are the ones ``palette color`` reports; those of ``stcolor`` were posted
on Statalist (thread 1745571, March 2024). Sizes are per cent of the shorter side, as in [G-4] size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pystata_hlm.graph.spec import Color, Size

RGB = tuple[int, int, int]

COLORS: dict[str, RGB] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "blue": (0, 0, 255),
    "bluishgray": (217, 230, 235),
    "bluishgray8": (210, 215, 228),
    "brown": (156, 136, 71),
    "chocolate": (128, 64, 0),
    "cranberry": (193, 5, 52),
    "cyan": (0, 255, 255),
    "dimgray": (232, 232, 232),
    "dkgreen": (0, 96, 0),
    "dknavy": (30, 45, 83),
    "dkorange": (227, 126, 0),
    "ebblue": (0, 139, 188),
    "ebg": (198, 211, 223),
    "edkbg": (178, 191, 203),
    "edkblue": (62, 100, 125),
    "eggshell": (255, 251, 240),
    "eltblue": (130, 192, 233),
    "eltgreen": (151, 182, 176),
    "emerald": (45, 109, 102),
    "emidblue": (123, 146, 168),
    "erose": (191, 161, 156),
    "forest_green": (85, 117, 47),
    "gold": (255, 210, 0),
    "gray": (128, 128, 128),
    "green": (0, 128, 0),
    "khaki": (202, 194, 126),
    "lavender": (147, 141, 210),
    "lime": (0, 255, 0),
    "ltblue": (173, 216, 230),
    "ltbluishgray": (234, 242, 243),
    "ltbluishgray8": (225, 230, 240),
    "ltkhaki": (229, 218, 165),
    "magenta": (255, 0, 255),
    "maroon": (144, 53, 59),
    "midblue": (0, 128, 255),
    "midgreen": (0, 176, 0),
    "mint": (0, 255, 128),
    "navy": (26, 71, 111),
    "navy8": (39, 63, 111),
    "olive": (92, 71, 23),
    "olive_teal": (192, 220, 192),
    "orange": (255, 127, 0),
    "orange_red": (255, 69, 0),
    "pink": (255, 0, 128),
    "purple": (128, 0, 128),
    "red": (255, 0, 0),
    "sand": (217, 194, 99),
    "sandb": (255, 228, 116),
    "sienna": (160, 82, 45),
    "stone": (215, 210, 158),
    "sunflowerlime": (234, 255, 170),
    "teal": (110, 142, 132),
    "yellow": (255, 255, 0),
    **{f"gs{i}": (min(16 * i, 255),) * 3 for i in range(17)},
    "stc1": (26, 133, 255),
    "stc2": (212, 17, 89),
    "stc3": (0, 191, 127),
    "stc4": (255, 212, 0),
    "stc5": (79, 44, 153),
    "stc6": (255, 99, 51),
    "stc7": (77, 183, 255),
    "stc8": (124, 0, 21),
    "stc9": (15, 239, 175),
    "stc10": (250, 163, 7),
    "stc11": (117, 139, 253),
    "stc12": (254, 217, 183),
    "stc13": (8, 35, 76),
    "stc14": (248, 141, 173),
    "stc15": (15, 81, 86),
    "stblue": (26, 133, 255),
    "stgreen": (0, 191, 127),
    "stred": (212, 17, 89),
    "styellow": (255, 212, 0),
}

NONE = Color((255, 255, 255), 0.0)

_MODIFIED = re.compile(r"^(?P<base>.*?)(?P<mods>(?:[%*]\s*\d*\.?\d+)*)$")


def parse_color(text: str) -> Color | None:
    """A colour from ``navy``, ``navy%50``, ``red*.5``, ``%40``, ``"26 71 111"``, ``hsv 120 1 1``, ``none``.

    None when the name is unknown (Stata prints a note and draws with the default).
    """
    text = text.strip().strip('"').strip()
    m = _MODIFIED.match(text)
    if m is None:
        return None
    base = m["base"].strip().strip('"').strip()
    opacity: float | None = None
    intensity = 1.0
    for mark, number in re.findall(r"([%*])\s*(\d*\.?\d+)", m["mods"]):
        if mark == "%":
            opacity = min(float(number), 100.0) / 100.0
        else:
            intensity = float(number)
    if not base:
        return Color(None, opacity, intensity) if m["mods"] else None
    if base in ("none", "bg", "background", "fg", "foreground"):
        rgb = {"n": (255, 255, 255), "b": (255, 255, 255), "f": (0, 0, 0)}[base[0]]
        return NONE if base == "none" else Color(rgb, opacity, intensity)
    found = COLORS.get(base) or _numeric_color(base)
    return None if found is None else Color(found, opacity, intensity)


def _numeric_color(text: str) -> RGB | None:
    words = text.split()
    hsv = bool(words) and words[0] == "hsv"
    try:
        numbers = [float(w) for w in (words[1:] if hsv else words)]
    except ValueError:
        return None
    if hsv and len(numbers) == 3:
        import colorsys

        h, s, v = numbers
        r, g, b = colorsys.hsv_to_rgb((h % 360) / 360, min(s, 1.0), min(v, 1.0))
        return round(r * 255), round(g * 255), round(b * 255)
    if len(numbers) == 3 and all(0 <= n <= 255 for n in numbers):
        return int(numbers[0]), int(numbers[1]), int(numbers[2])
    if len(numbers) == 4 and all(0 <= n <= 255 for n in numbers):
        scale = 1.0 if max(numbers) <= 1 else 255.0
        c, m, y, k = (n / scale for n in numbers)
        return round(255 * (1 - c) * (1 - k)), round(255 * (1 - m) * (1 - k)), round(255 * (1 - y) * (1 - k))
    return None


def rgba(color: Color | None, default: Color) -> tuple[float, float, float, float]:
    """The drawn colour: intensity below 1 mixes with white, above 1 with black."""
    c = default if color is None else color
    rgb = c.rgb or default.rgb or (0, 0, 0)
    opacity = c.opacity if c.opacity is not None else default.opacity
    k = c.intensity * (default.intensity if c.rgb is None and color is not None else 1.0)
    if k <= 1:
        mixed = [255 - (255 - v) * k for v in rgb]
    else:
        mixed = [v / k for v in rgb]
    r, g, b = (v / 255 for v in mixed)
    return r, g, b, 1.0 if opacity is None else opacity


# ---------------------------------------------------------------- sizes

TEXT_SIZES: dict[str, float] = {
    "zero": 0.0,
    "minuscule": 0.4167,
    "quarter_tiny": 0.3472,
    "third_tiny": 0.4630,
    "half_tiny": 0.6944,
    "tiny": 1.3889,
    "vsmall": 2.7778,
    "small": 3.4722,
    "medsmall": 3.8194,
    "medium": 4.1667,
    "medlarge": 4.5139,
    "large": 4.8611,
    "vlarge": 5.5556,
    "huge": 6.9444,
    "vhuge": 9.7222,
    "default": 4.1667,
}
MARKER_SIZES: dict[str, float] = {
    "vtiny": 0.5,
    "tiny": 0.7,
    "vsmall": 1.0,
    "small": 1.4,
    "medsmall": 1.7,
    "medium": 2.1,
    "medlarge": 2.6,
    "large": 3.2,
    "vlarge": 4.0,
    "huge": 5.0,
    "vhuge": 7.0,
    "ehuge": 10.0,
}
LINE_WIDTHS: dict[str, float] = {
    "none": 0.0,
    "vvvthin": 0.02,
    "vvthin": 0.05,
    "vthin": 0.1,
    "thin": 0.15,
    "medthin": 0.25,
    "medium": 0.3,
    "medthick": 0.45,
    "thick": 0.8,
    "vthick": 1.3,
    "vvthick": 2.0,
    "vvvthick": 3.2,
}
MARGINS: dict[str, float] = {
    "zero": 0.0,
    "tiny": 0.7,
    "vsmall": 1.4,
    "small": 2.1,
    "medsmall": 2.8,
    "medium": 3.5,
    "medlarge": 5.0,
    "large": 6.5,
    "vlarge": 9.0,
}


def parse_size(text: str, names: dict[str, float]) -> Size | None:
    """A size from a name, a number (per cent of the shorter side), or ``*#`` (relative); None if unknown."""
    text = text.strip().strip('"').strip()
    if text in names:
        return Size(names[text])
    m = re.fullmatch(r"(\*)?\s*(\d*\.?\d+)", text)
    return Size(float(m[2]), bool(m[1])) if m else None


def sized(size: Size | None, default: float) -> float:
    """The size in per cent, given the scheme's."""
    if size is None:
        return default
    return default * size.value if size.relative else size.value


# ---------------------------------------------------------------- symbols and line patterns

SYMBOLS: dict[str, str] = {
    "circle": "O", "diamond": "D", "triangle": "T", "square": "S", "plus": "+", "x": "x", "X": "X",
    "arrowf": "A", "arrow": "a", "pipe": "|", "v": "v", "V": "V",
    "smcircle": "o", "smdiamond": "d", "smtriangle": "t", "smsquare": "s", "smplus": "smplus", "smx": "x",
    "circle_hollow": "Oh", "diamond_hollow": "Dh", "triangle_hollow": "Th", "square_hollow": "Sh",
    "smcircle_hollow": "oh", "smdiamond_hollow": "dh", "smtriangle_hollow": "th", "smsquare_hollow": "sh",
    "point": "p", "none": "i",
}  # fmt: skip
SYMBOLS |= {code: code for code in (*"ODTS+Aa|odtspi", "Oh", "Dh", "Th", "Sh", "oh", "dh", "th", "sh")}


def parse_symbol(text: str) -> str | None:
    """Stata's one- or two-letter code of a symbol; None when unknown."""
    return SYMBOLS.get(text.strip().strip('"').strip())


PATTERNS: dict[str, tuple[float, ...]] = {
    # lengths on, off, on, off ... in line widths
    "solid": (),
    "dash": (6, 3),
    "dot": (1, 2.2),
    "dash_dot": (6, 2.5, 1, 2.5),
    "shortdash": (3, 2),
    "shortdash_dot": (3, 2, 1, 2),
    "longdash": (10, 3),
    "longdash_dot": (10, 2.5, 1, 2.5),
    "longdash_shortdash": (10, 2.5, 3, 2.5),
    "dash_dot_dot": (6, 2.2, 1, 2.2, 1, 2.2),
    "dash_3dot": (6, 2.2, 1, 2.2, 1, 2.2, 1, 2.2),
    "longdash_3dot": (10, 2.2, 1, 2.2, 1, 2.2, 1, 2.2),
    "tight_dot": (1, 1.2),
    "vshortdash": (2, 1.5),
    "blank": (0, 1),
}
_STROKES = {"_": 10.0, "-": 4.0, ".": 1.0}


def line_dashes(pattern: str) -> tuple[float, ...] | None:
    """On-off lengths of a pattern's name or formula (``l _ - . #``); () is solid, None is unknown."""
    pattern = pattern.strip().strip('"').strip()
    if pattern in PATTERNS:
        return PATTERNS[pattern]
    if not pattern or set(pattern) - set("l_-.#"):
        return None
    if "l" in pattern:
        return ()
    out: list[float] = []
    for mark in pattern:
        if mark == "#":
            if out:
                out[-1] += 1.5
        else:
            out += [_STROKES[mark], 2.2]
    return tuple(out) or None


# ---------------------------------------------------------------- schemes


@dataclass(frozen=True, slots=True)
class Scheme:
    """Defaults of a scheme. Sizes in per cent of the shorter side, ``width``/``height`` in inches."""

    name: str
    palette: tuple[str, ...]
    symbols: tuple[str, ...] = ("O",)
    patterns: tuple[str, ...] = ("solid",)
    width: float = 7.5
    height: float = 4.5
    background: str = "white"
    plot_background: str = "white"
    plot_outline: str = "none"
    foreground: str = "black"
    title_color: str = "black"
    title_size: float = 5.0
    title_position: int = 12
    grid_color: str = "gs13"
    grid_width: float = 0.15
    x_grid: bool = False
    horizontal_labels: bool = True
    label_size: float = 3.5
    axis_title_size: float = 3.8
    marker_size: float = 1.5
    line_width: float = 0.45
    bar_fill: str = "stc1"
    bar_intensity: float = 70.0
    bar_line: str = "black"
    box_intensity: float = 70.0
    band: str | None = None
    """Colour of confidence bands; None: the layer's own, translucent."""
    legend_position: int = 3
    legend_frame: bool = False
    legend_columns: int = 2
    heading_fill: str = "none"
    heading_line: str = "none"
    reference: str = "gs8"
    notes: dict[str, str] = field(default_factory=dict)


_ST = tuple(f"stc{i}" for i in range(1, 16))
_S2 = (
    "navy", "maroon", "forest_green", "dkorange", "teal", "cranberry", "lavender", "khaki", "sienna",
    "emidblue", "emerald", "brown", "erose", "gold", "bluishgray",
)  # fmt: skip
_S1 = (
    "dkgreen", "orange_red", "navy", "maroon", "teal", "sienna", "orange", "magenta", "cyan", "red", "lime",
    "brown", "purple", "olive_teal", "ltblue",
)  # fmt: skip
_MONO = (
    "gs6", "gs10", "gs8", "gs4", "black", "gs12", "gs2", "gs7", "gs9", "gs11", "gs13", "gs5", "gs3",
    "gs14", "gs15",
)  # fmt: skip
_MONO_PATTERNS = (
    "solid",
    "dash",
    "shortdash_dot",
    "longdash_dot",
    "dot",
    "dash_dot",
    "longdash",
    "shortdash",
)
_MONO_SYMBOLS = ("O", "D", "S", "T", "+", "X", "Oh", "Dh", "Sh", "Th")

STCOLOR = Scheme("stcolor", _ST)
S2COLOR = Scheme(
    "s2color", _S2, width=5.5, height=4.0, background="ltbluishgray", title_color="dknavy",
    grid_color="ltbluishgray", grid_width=0.3, horizontal_labels=False, bar_fill="khaki", bar_intensity=100.0,
    bar_line="brown", box_intensity=100.0, band="gs12", legend_position=6, legend_frame=True,
    title_position=12, heading_fill="bluishgray", heading_line="bluishgray", marker_size=2.1,
    reference="maroon",
)  # fmt: skip
S1COLOR = replace(
    S2COLOR, name="s1color", palette=_S1, background="white", title_color="black", grid_color="gs14",
    plot_outline="black", bar_fill="gs10", bar_line="black", heading_fill="none", heading_line="black",
)  # fmt: skip
_SCHEMES: dict[str, Scheme] = {
    s.name: s
    for s in (
        STCOLOR,
        replace(STCOLOR, name="stcolor_alt", width=5.5, height=4.0, legend_position=6, legend_frame=False),
        replace(STCOLOR, name="stgcolor"),
        replace(STCOLOR, name="stmono1", palette=_MONO, patterns=_MONO_PATTERNS, bar_fill="gs10"),
        replace(STCOLOR, name="stmono2", palette=_MONO, symbols=_MONO_SYMBOLS, patterns=_MONO_PATTERNS,
                bar_fill="gs10"),
        S2COLOR,
        replace(S2COLOR, name="s2color8"),
        replace(S2COLOR, name="s2gcolor", background="white", grid_color="gs14"),
        replace(S2COLOR, name="s2mono", palette=_MONO, symbols=_MONO_SYMBOLS, patterns=_MONO_PATTERNS,
                background="gs15", grid_color="gs14", bar_fill="gs10", bar_line="gs4", title_color="black",
                heading_fill="gs13", heading_line="gs13", reference="gs8"),
        S1COLOR,
        replace(S1COLOR, name="s1mono", palette=_MONO, symbols=_MONO_SYMBOLS, patterns=_MONO_PATTERNS,
                reference="gs8"),
        replace(S1COLOR, name="sj", palette=_MONO, symbols=_MONO_SYMBOLS, patterns=_MONO_PATTERNS,
                reference="gs8"),
    )
}  # fmt: skip

DEFAULT_SCHEME = "stcolor"


def scheme(name: str | None) -> Scheme | None:
    """The scheme of that name; None when there is none."""
    return _SCHEMES.get(name or DEFAULT_SCHEME)


def scheme_names() -> tuple[str, ...]:
    return tuple(_SCHEMES)
