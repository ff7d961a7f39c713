"""The calculator: questions in the address, answers in sentences, and every bad figure told beside its field."""

import pytest

from tests.factories.approvals import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client):
    """Send figures and return status and page."""
    client.force_login(person())

    def send(**figures):
        answer = client.get("/metrics/calculator/", figures)
        return answer.status_code, answer.content.decode().replace("\u202f", " ")

    return send


@pytest.mark.parametrize(
    "figures, words",
    [
        ({"ask": "interval", "first": "78", "first_cases": "412"}, "78 % of 412: between 73.8 % and 81.7 %"),
        (
            {"ask": "interval", "of": "mean", "first": "9.26146", "first_deviation": "0.022789", "first_cases": "195"},
            "between 9.25824 and 9.26468",
        ),
        (
            {"ask": "change", "first": "81", "first_cases": "400", "second": "78", "second_cases": "412"},
            "A difference of −3 percentage points, from the first to the second: it is within what chance does.",
        ),
        (
            {"ask": "change", "first": "81", "first_cases": "400", "second": "70", "second_cases": "412", "looks": "5"},
            "at least once in 14.2 % of all comparisons, not in 5 %",
        ),
        (
            {
                "ask": "change",
                "first": "81",
                "first_cases": "4",
                "second": "70",
                "second_cases": "4",
                "comparisons": "5",
            },
            "p below 0.01 for the first (Holm)",
        ),
        ({"ask": "size", "base": "50", "effect": "25", "power": "90"}, "77 in each group: 154 cases in all"),
        ({"ask": "size", "base": "50", "effect": "-25", "ratio": "2"}, "in the second group"),
        ({"ask": "size", "of": "mean", "effect": "1", "deviation": "1", "power": "90"}, "23 in each group"),
        (
            {"ask": "interval", "of": "mean", "first": "123456789", "first_deviation": "3", "first_cases": "100"},
            "between 123 456 788.4 and 123 456 789.6",
        ),
        ({"ask": "effect", "base": "20", "cases": "400"}, "a rise to 28.48 % or a fall to 12.69 %"),
        ({"ask": "effect", "of": "mean", "deviation": "3", "cases": "40"}, "a difference of 1.9 or more"),
    ],
)
def test_a_question_is_answered_in_a_sentence(ask, figures, words):
    status, page = ask(**figures)
    assert status == 200
    assert words in page


@pytest.mark.parametrize(
    "figures, words",
    [
        ({"ask": "interval", "first": "NaN", "first_cases": "412"}, "Enter a number, for example 12.5."),
        ({"ask": "interval", "first": "101", "first_cases": "412"}, "A share lies between 0 and 100 %."),
        ({"ask": "interval", "first": "50", "first_cases": "0"}, "greater than or equal to 1"),
        ({"ask": "interval", "first": "50", "first_cases": "9" * 30}, "less than or equal to"),
        ({"ask": "interval", "first": "50", "first_cases": "5", "level": "100"}, "Confidence stays below 100 %"),
        ({"ask": "size", "base": "98", "effect": "5"}, "leads outside 0 to 100 %"),
        ({"ask": "size", "base": "50", "effect": "0"}, "Give a difference other than 0."),
        ({"ask": "size", "base": "50", "effect": "0.000001"}, "more cases than there could be"),
        ({"ask": "size", "base": "50", "effect": "5", "alpha": "0"}, "Enter between 0.0001 and 40 %."),
        ({"ask": "size", "base": "50", "effect": "5", "power": "3"}, "Power lies above the share of false alarms."),
        ({"ask": "size", "base": "50", "effect": "5", "ratio": "0"}, "Enter a ratio between 0.001 and 1000."),
        ({"ask": "size", "base": "50", "effect": "5", "sides": "three"}, "Select a valid choice"),
        ({"ask": "effect", "base": "50", "cases": "3"}, "So few cases would not show"),
        ({"ask": "effect", "of": "mean", "cases": "3", "deviation": "0"}, "Give a standard deviation above 0."),
        ({"ask": "size", "of": "mean", "effect": "0.000001", "deviation": "999999999999999"}, "too small beside"),
        (
            {"ask": "interval", "of": "mean", "first": "5", "first_deviation": "1", "first_cases": "1"},
            "A mean needs at least two cases.",
        ),
    ],
)
def test_a_bad_figure_is_told_and_kept(ask, figures, words):
    status, page = ask(**figures)
    assert status == 422
    assert words in page


def test_a_question_begun_with_some_figures_asks_for_the_rest(ask):
    status, page = ask(ask="size", base="79")
    assert status == 200
    assert 'value="79"' in page
    assert "There is a problem" not in page
    assert ask(ask="nonsense", of="nonsense")[0] == 200
