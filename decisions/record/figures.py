"""The record's charts, drawn by the kit."""

from collections.abc import Sequence
from html import escape

from django.utils.safestring import SafeString, mark_safe
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M

from config.kit.charts import bar_chart, dot_plot
from config.kit.numbers import rounded
from decisions.domain.dossier import Estimate

ACCENT, INK, QUIET, LINE = "#0d5568", "#16212a", "#4a5963", "#d9dfdf"


def estimates(rows: Sequence[tuple[str, Estimate]], *, title: str, unit: str = "") -> SafeString | None:
    """Draw estimates as ranges over one axis; None when none is given."""
    known = [(name, e) for name, e in rows if e.likely is not None]
    if not known:
        return None
    ranges = []
    for name, e in known:
        likely = float(e.likely or 0)
        low, high = (likely if end is None else float(end) for end in (e.low, e.high))
        ranges.append((name, low, likely, high))
    return dot_plot(ranges, title=title, description="Low, likely and high for each option.", unit=unit)


def values(rows: Sequence[tuple[str, float]], leader: str) -> SafeString:
    """Draw the value of each option, best first."""
    return bar_chart(
        [(name, float(rounded(value, 1))) for name, value in rows],
        title="Value of each option",
        description="Weighted value from 0 to 100, best first.",
        highlight=leader,
    )


def trade_off(first: str, second: str, stance: float, placed: Sequence[tuple[str, float]]) -> SafeString:
    """Draw the two poles with the agreed stance above the line and the options on and below it."""
    left, right, level = 20.0, 700.0, 46.0

    def x(position: float) -> float:
        return left + (right - left) * min(100.0, max(0.0, position)) / 100

    # The further out an option lies, the deeper its name, so that names and lines do not cross on their side.
    rows = sorted(placed, key=lambda option: abs(option[1] - 60))
    height = level + 16 + 18 * len(rows)
    parts = [
        f'<text x="{left}" y="14" font-weight="600" fill="{INK}">{escape(first)}</text>',
        f'<text x="{right}" y="14" font-weight="600" text-anchor="end" fill="{INK}">{escape(second)}</text>',
        f'<line x1="{left}" y1="{level}" x2="{right}" y2="{level}" stroke="{LINE}" stroke-width="2"/>',
        f'<path d="M{x(stance) - 6:.1f} {level - 14} h12 l-6 9 z" fill="{ACCENT}"/>',
        f'<text x="{x(stance):.1f}" y="{level - 19}" text-anchor="middle" fill="{ACCENT}">agreed stance</text>',
    ]
    for index, (name, position) in enumerate(rows):
        y = level + 26 + 18 * index
        anchor, offset = ("end", -7) if position > 60 else ("start", 7)
        parts.append(
            f'<line x1="{x(position):.1f}" y1="{level}" x2="{x(position):.1f}" y2="{y}" stroke="{LINE}"/>'
            f'<circle cx="{x(position):.1f}" cy="{level}" r="4" fill="#ffffff" stroke="{INK}" stroke-width="1.5"/>'
            f'<text x="{x(position) + offset:.1f}" y="{y}" text-anchor="{anchor}" fill="{QUIET}">'
            f"{escape(name)}, {position:g}</text>"
        )
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height:g}" role="img" font-family="Inter"'
        f' font-size="12"><title>The trade-off between {escape(first)} and {escape(second)}</title>'
        f"{''.join(parts)}</svg>"
    )
    return mark_safe(drawn)  # every text in it is escaped


def qr_code(text: str) -> SafeString:
    """Draw a QR code, one path of dark modules, with the quiet margin that readers need."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    size = len(rows)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" viewBox="0 0 {size} {size}" role="img">'
        f'<title>QR code: {escape(text)}</title><path d="{dark}" fill="{INK}"/></svg>'
    )
    return mark_safe(drawn)  # every text in it is escaped
