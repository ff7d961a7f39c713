"""Words from people, checked where they are stored."""

from config.kit.refusals import BadInput
from config.kit.text import clean_text

LONGEST = 10_000


def clean_words(field: str, text: str) -> str:
    """Return the text trimmed; BadInput for what cannot be kept."""
    try:
        return clean_text(text, max_length=LONGEST)
    except ValueError as error:
        raise BadInput({field: [str(error)]}) from error


def needed_words(field: str, text: str, sentence: str) -> str:
    """Return the text trimmed; BadInput with the sentence when there is none."""
    words = clean_words(field, text)
    if not words:
        raise BadInput({field: [sentence]})
    return words
