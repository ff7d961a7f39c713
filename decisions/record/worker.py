"""Draws one sheet in a process of its own: JSON on standard input, the PDF on standard output."""

import sys

from decisions.record.rendering import draw
from decisions.record.sheets import Sheet


def main() -> int:
    """Read, draw, write."""
    sheet, fonts = Sheet.from_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(draw(sheet, fonts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
