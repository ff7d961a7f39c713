"""Rich text: Markdown in, a short list of harmless tags out."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

ALLOWED_TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
ALLOWED_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
ALLOWED_SCHEMES = {"http", "https", "mailto"}

# Raw HTML is switched off, so it shows as the text it is; nh3 is the second lock.
_PARSER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_PARSER.disable("image")


def plain(text: str) -> str:
    """Return the words of the text on one line, without its marks, for where one line is all the room there is."""
    return " ".join(" ".join(_said(token) for token in _PARSER.parse(text)).split())


def _said(token: Token) -> str:
    if token.type == "inline":
        return "".join(map(_said, token.children or ()))
    return " " if token.type in {"softbreak", "hardbreak"} else token.content


def render(text: str) -> SafeString:
    """Return the text as HTML; its headings start at h4, below those of any page."""
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
    written = _PARSER.renderer.render(tokens, _PARSER.options, {})
    cleaned = nh3.clean(
        written,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(cleaned)  # nh3 left only the allowed tags
