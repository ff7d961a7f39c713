"""What templates say: numbers as people write them, days near and far, every error of every form."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.utils import timezone

from config.templatetags.premise import day, due, moment, num, percent, problems, short
from decisions.queries.sensitivity import tenth
from decisions.record import words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "—"),
        ("", "—"),
        (0, "0"),
        (Decimal("1E+2"), "100"),
        (Decimal("-12.50"), "−12.5"),
        (1234, "1234"),
        (12345.5, "12\u202f345.5"),
        (Decimal("-1234567.25"), "−1\u202f234\u202f567.25"),
        (float("nan"), "—"),
        (True, "True"),
        ("words", "words"),
    ],
)
def test_numbers_are_written_for_reading(value: object, expected: str) -> None:
    assert num(value) == expected


def test_places_are_kept_when_asked_for() -> None:
    assert num(Decimal("2"), 2) == "2.00"
    assert num(-0.001, 1) == "0.0"
    assert percent(0.256) == "26\u202f%"
    assert percent(Decimal("0.2555"), 1) == "25.6\u202f%"


@pytest.mark.parametrize(
    ("value", "shown"), [(57.25, "57.3"), (0.45, "0.5"), (0.35, "0.3"), (1e22, "10000000000000000000000.0")]
)
def test_halves_are_rounded_up_wherever_a_figure_stands(value: float, shown: str) -> None:
    # As a browser's toFixed(1) has them, of what a float exactly is.
    assert {num(value, 1).replace("\u202f", ""), words.points(value), tenth(value)} == {shown}
    assert percent(None) == "—"


def test_days_and_times_carry_their_machine_form() -> None:
    assert day(date(2027, 1, 5)) == '<time datetime="2027-01-05">5 Jan 2027</time>'
    assert day("2027-01-05") == day(date(2027, 1, 5))
    assert day(None) == "—"
    at = datetime(2027, 1, 5, 14, 5, tzinfo=UTC)
    assert moment(at) == '<time datetime="2027-01-05T14:05:00+00:00">5 Jan 2027, 14:05 UTC</time>'
    assert moment(None) == "—"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "due today"),
        (1, "due tomorrow"),
        (-1, "overdue by 1 day"),
        (5, "due in 5 days"),
        (-13, "overdue by 13 days"),
        (14, "due in 2 weeks"),
        (59, "due in 8 weeks"),
        (90, "due in 3 months"),
    ],
)
def test_how_far_off_a_day_is(days: int, words: str) -> None:
    assert f">{words}<" in due(timezone.localdate() + timedelta(days=days))


def test_a_digest_is_shortened_to_what_eyes_compare() -> None:
    assert short("0123456789abcdef") == "0123456789ab"


class NameForm(forms.Form):
    name = forms.CharField(label="Name")
    kind = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect, label="Kind")

    def clean(self) -> None:
        self.add_error(None, "Nothing fits together.")


def test_a_summary_names_every_problem_and_its_place() -> None:
    rows = forms.formset_factory(NameForm, min_num=1, validate_min=True)
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "x", "form-0-kind": "z"}
    found = problems(NameForm({}), rows(data), [NameForm(), None], {"id_total": ["Too much."]}, "One more thing.", "")
    assert [(problem.label, problem.anchor) for problem in found] == [
        ("", ""),
        ("Name", "id_name"),
        ("Kind", "id_kind_0"),
        ("", ""),
        ("Kind", "id_form-0-kind_0"),
        ("", "id_total"),
        ("", ""),
    ]
    assert found[0].sentence == "Nothing fits together."
    assert found[-1].sentence == "One more thing."
