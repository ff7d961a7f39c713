"""Long words of people made short for a label or a line of a list, never without a sign that more was said."""

NEAR = 20  # how far back a space is looked for; Japanese and Thai have none


def brief(text: str, most: int = 80) -> str:
    """Return the text on one line, with an ellipsis where it is longer than `most`, at a space if one is near."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    space = -1 if line[most - 1] == " " else kept.rfind(" ", most - NEAR)
    return f"{kept[:space] if space > 0 else kept.rstrip()}…"
