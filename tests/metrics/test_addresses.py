"""No metric may have a key that would hide its page behind another page's address."""

from metrics.domain.meaning import key_errors
from metrics.urls import urlpatterns


def test_the_first_word_of_every_other_address_is_no_key():
    routes = [str(each.pattern).split("/") for each in urlpatterns]
    words = {parts[1] for parts in routes if parts[0] == "metrics" and len(parts) > 2 and "<" not in parts[1]}
    assert "new" in words
    assert [word for word in sorted(words) if not key_errors(word)] == []
