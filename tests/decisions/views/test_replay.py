"""A condition is replayed while it is written, and the replay stays with what was written."""

import re

from django.db import connection
from django.urls import reverse

from decisions.domain import conditions as c
from decisions.models import Decision
from decisions.services import drafting
from metrics import guards
from metrics.models import Metric
from tests.factories import decisions as make
from tests.factories.approvals import owner, signed_in

ROW = {
    "conditions-TOTAL_FORMS": "1",
    "conditions-INITIAL_FORMS": "1",
    "conditions-0-id": "c1",
    "conditions-0-metric": make.BACKLOG,
}


def replayed(client, draft, whole="", **typed):
    query = f"?item=a1&row=conditions-0{whole}"
    data = ROW | {f"conditions-0-{name}": value for name, value in typed.items()}
    return client.post(reverse("decision_replay", args=[draft.reference]) + query, data)


def html_of(answer):
    assert answer.status_code == 200
    return answer.content.decode()


# As typed → how it reads.
TYPED = [
    ({"kind": "above", "bound": "7", "sustained": "2"}, "when Backlog growth is above 7 % for 2 settled weeks"),
    (
        {"kind": "outside", "low": "1", "high": "9", "clear__low": "2", "clear__high": "8"},
        "until it is inside 2 to 8 %",
    ),
    (
        {"kind": "change", "change__percent": "20", "change__periods": "4"},
        "rises by more than 20 % against 4 weeks before",
    ),
    ({"kind": "process", "process__rules": "1, 5", "baseline__periods": "20"}, "breaks Nelson rules 1, 5 against"),
    ({"kind": "drift", "drift__chart": "cusum", "baseline__periods": "20", "drift__slack": "1"}, "(k 1 σ, h 5 σ"),
    ({"kind": "stale", "stale__grace": "P3D"}, "within its cadence and 3 days of grace"),
    (
        {"kind": "forecast", "bound": "9", "forecast__probability": "80", "forecast__horizon": "4"},
        "is 80 % likely to be above 9 % within 4 weeks",
    ),
    ({"kind": "definition", "definition_version": "1"}, "is no longer version 1"),
    (
        {
            "kind": "all",
            "parts-TOTAL_FORMS": "2",
            "parts-INITIAL_FORMS": "0",
            "parts-0-kind": "above",
            "parts-0-bound": "7",
            "parts-1-metric": make.RESOLUTION,
            "parts-1-kind": "below",
            "parts-1-bound": "60",
        },
        "when (Backlog growth is above 7 %) and (Support resolution rate is below 60 %)",
    ),
]


def test_every_kind_reads_as_a_sentence_while_it_is_typed_and_brings_its_own_fields(desk, draft):
    own = {"bound", "low", "change__percent", "process__rules", "stale__grace", "definition_version"}
    for typed, words in TYPED:
        assert words in html_of(replayed(desk, draft, **typed))
        html = html_of(replayed(desk, draft, whole="&whole=1", **typed))
        assert words in html
        assert [name for name in typed if f'name="conditions-0-{name}"' not in html] == []
        assert [name for name in own - typed.keys() if f'name="conditions-0-{name}"' in html] == []


def test_the_replay_says_how_often_how_long_and_how_late(desk, draft):
    html = html_of(replayed(desk, draft, kind="above", bound="7"))
    assert "It would have fired 10 times in 52 settled periods" in html
    for fact in ("Time in breach", "How late", "Last fired", "Noise alone would fire it", "52 values"):
        assert fact in html
    assert "<svg" in html
    assert "the bound lies within the metric" in html  # cries wolf
    assert drafting.dossier_of(draft).criteria.assumptions[0].conditions[0].bound == 10  # nothing is stored


BAD = [
    {"kind": "above", "bound": "many"},
    {"kind": "above", "bound": "1e400"},
    {"kind": "nonsense", "bound": "\x00"},
    {"kind": "above", "bound": "7", "sustained": "0"},
    {"kind": "process", "process__rules": "one"},
    {"kind": "forecast", "bound": "9", "forecast__probability": "800", "forecast__horizon": "4"},
    {"kind": "above", "bound": "7", "metric": "no such metric"},
    {"kind": "any", "parts-TOTAL_FORMS": "1", "parts-INITIAL_FORMS": "0", "parts-0-kind": "any"},
    {"kind": "any", "parts-TOTAL_FORMS": "-5", "parts-INITIAL_FORMS": "x"},
]


def test_bad_input_is_never_an_error_of_the_server(desk, draft):
    for typed in BAD:
        assert "Mend what is marked" in html_of(replayed(desk, draft, whole="&whole=1", **typed)), typed
        # While it is typed nothing above is marked yet, so the answer itself says what is wrong.
        live = html_of(replayed(desk, draft, **typed))
        assert re.search(r'<p class="quiet">.*\w.*</p>', live), typed
        assert "Mend what is marked" not in live


REFUSED = [
    ({"kind": "above"}, "is missing: give a number"),
    ({"kind": "above", "bound": "7", "clear__bound": "9"}, "The clear bound must not lie above"),
    ({"kind": "outside", "low": "9", "high": "1"}, "The lower bound must lie below the upper bound"),
    ({"kind": "process", "process__rules": "9", "baseline__periods": "20"}, "different numbers with commas"),
    ({"kind": "above", "bound": "7", "sustained_for": "a while"}, "“Periods in a row”"),
    ({"kind": "any"}, "Give it at least one condition to put together"),
    ({"kind": "forecast", "bound": "9"}, "“Probability”: give a number of percent"),
    ({"kind": "definition"}, "is no longer version 1"),
]


def test_what_the_language_refuses_is_a_sentence_in_the_preview(desk, draft):
    for typed, sentence in REFUSED:
        assert sentence in html_of(replayed(desk, draft, **typed)), typed


def test_a_row_that_the_page_does_not_have_is_not_found(desk, draft):
    address = reverse("decision_replay", args=[draft.reference])
    assert desk.post(address + "?item=a1&row=conditions-7", ROW).status_code == 404
    assert desk.post(address + "?item=nothing&row=conditions-0", ROW).status_code == 404
    assert desk.post(address + "?item=a1&row=conditions-0", {}).status_code == 404


def test_a_short_history_is_said_to_be_short(desk, draft):
    guards.lift(connection)
    metric = Metric.objects.get(key=make.BACKLOG)
    keep = metric.observations.order_by("-period_start").values_list("pk", flat=True)[:3]
    type(metric.observations.all())(metric.observations.model).exclude(pk__in=list(keep))._raw_delete("default")
    assert "too little history" in html_of(replayed(desk, draft, kind="above", bound="7"))


def test_without_scripts_a_button_shows_the_replay_and_keeps_what_was_typed(desk, draft):
    page = reverse("decision_edit", args=[draft.reference, "criteria"]) + "?item=a1"
    typed = {"conditions-0-kind": "below", "conditions-0-bound": "3", "f-statement": "Typed, not saved."}
    evidence = {"evidence-TOTAL_FORMS": "0", "evidence-INITIAL_FORMS": "0"}
    html = html_of(desk.post(page, ROW | typed | evidence | {"version": "1", "preview": "conditions-0"}))
    assert "when Backlog growth is below 3 %" in html
    assert "Typed, not saved." in html
    assert (
        drafting.dossier_of(Decision.objects.get(pk=draft.pk)).criteria.assumptions[0].statement != "Typed, not saved."
    )


def test_a_metric_that_the_typist_may_not_see_is_not_replayed(desk, draft):
    Metric.objects.filter(key=make.BACKLOG).update(classification="confidential", owner=owner(), steward=owner())
    html = html_of(replayed(desk, draft, kind="above", bound="7"))
    assert "<svg" not in html


class TestKept:
    """What the dossier holds."""

    def of(self, decision) -> c.Backtest:
        fresh = Decision.objects.get(pk=decision.pk)
        return drafting.dossier_of(fresh).criteria.assumptions[0].conditions[0].backtest

    def test_a_condition_is_kept_with_its_replay(self, draft):
        kept = self.of(draft)
        assert (kept.values, kept.periods, kept.fired, kept.share) == (52, 52, 0, 0)
        assert len(kept.points) == 52
        assert kept.definition_version == 1
        assert kept.as_of

    def test_saving_nothing_new_changes_nothing(self, draft):
        before = draft.sections.get(key="criteria")
        make.save(draft, "criteria")
        assert draft.sections.get(key="criteria").version == before.version

    def test_what_comes_in_with_the_content_is_not_believed(self, draft):
        content = draft.sections.get(key="criteria").content
        content["assumptions"][0]["conditions"][0]["backtest"] |= {"fired": 0, "share": "0", "warning": "All is well."}
        content["assumptions"][0]["conditions"][0]["bound"] = "7"
        make.save(draft, "criteria", assumptions=content["assumptions"])
        assert self.of(draft).fired == 10
        assert self.of(draft).warning != "All is well."


def test_a_person_outside_is_told_nothing(draft):
    assert replayed(signed_in(owner()), draft, kind="above", bound="7").status_code == 403
