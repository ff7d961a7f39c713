"""Writing SVG: escaping, the print palette, text widths, the frame with title and description."""

import hashlib
import math
import re
from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe

INK, QUIET, LINE, EDGE = "#16212a", "#4a5963", "#d9dfdf", "#7c8a92"
ACCENT, OK, WARN, BAD, INFO = "#0d5568", "#0b5f3d", "#7a4b00", "#9b231b", "#27468a"
BAD_SOFT, PAPER = "#fbe7e4", "#ffffff"
TONES = {
    "bad": BAD,
    "break": BAD,
    "warn": WARN,
    "ok": OK,
    "target": OK,
    "info": INFO,
    "limit": QUIET,
    "mean": QUIET,
    "reference": QUIET,
    "band": QUIET,
}
STROKES = {"grid": LINE, "axis": EDGE}
FONT = 12.0
LINE_HEIGHT = 14.0
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SLIM, _WIDE = frozenset("iIjl.,:;'|!()[]tfr -\u202f\u00a0"), frozenset("mwMW@%—…")


def clean(text: str) -> str:
    """Return the text fit for XML: characters that no document may hold are replaced, markup is escaped."""
    return escape(_UNSAFE.sub("\ufffd", text))


def at(value: float) -> str:
    """Write a coordinate to a tenth of a unit, which no eye can tell from the exact one."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def text_width(text: str, size: float = FONT) -> float:
    """Estimate how wide text is drawn in Inter; on the generous side, so that labels keep apart."""
    total = 0.0
    for character in text:
        if character in _SLIM:
            total += 0.36
        elif character in _WIDE:
            total += 0.95
        elif character >= "\u1100":
            total += 1.0
        elif character.isupper():
            total += 0.72
        else:
            total += 0.61
    return total * size


def fit(text: str, width: float, size: float = FONT) -> str:
    """Shorten text with an ellipsis until it is no wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def label(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    tone: str = "",
    fill: str = QUIET,
    full: str = "",
    bold: bool = False,
) -> str:
    """Return a text element; `full` becomes its tooltip when the text was shortened."""
    ends = "" if anchor == "start" else f' text-anchor="{anchor}"'
    weight = ' font-weight="600"' if bold else ""
    kind = f' class="{tone}"' if tone else ""
    tip = f"<title>{clean(full)}</title>" if full and full != text else ""
    return f'<text x="{at(x)}" y="{at(y)}"{ends}{weight}{kind} fill="{fill}">{tip}{clean(text)}</text>'


def rule(
    x1: float, y1: float, x2: float, y2: float, kind: str, *, stroke: str = "", dash: str = "", width: str = "1"
) -> str:
    """Return a straight line of a class."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line class="{kind}" x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}"'
        f' stroke="{stroke or STROKES[kind]}" stroke-width="{width}"{dashes}/>'
    )


def document(
    parts: Sequence[str], *, width: float, height: float, title: str, description: str, kind: str = "chart"
) -> SafeString:
    """Frame the parts as one image with a name; ids come from the content: the same data, the same bytes."""
    body = "".join(parts)
    seed = f"{kind}|{width}|{title}|{description}|{body}"
    key = "c" + hashlib.blake2b(seed.encode("utf-8", "replace"), digest_size=6).hexdigest()
    named = f"{key}t {key}d" if description else f"{key}t"
    about = f'<desc id="{key}d">{clean(description)}</desc>' if description else ""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{kind}" viewBox="0 0 {at(width)} {at(height)}" role="img"'
        f' aria-labelledby="{named}" font-family="Inter, sans-serif" font-size="{at(FONT)}">'
        f'<title id="{key}t">{clean(title)}</title>{about}{body}</svg>'
    )
    return mark_safe(svg)  # every text in it went through clean()


def finite(value: float | None) -> float | None:
    """Return the number, or None for a missing, infinite or undefined one; what no float can span is cut."""
    if value is None or not math.isfinite(value):
        return None
    return max(-1e300, min(1e300, float(value)))
