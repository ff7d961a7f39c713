"""Decisions that rest on data in doubt: marked beside their standing, in their record, and cleared by themselves."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import LedgerEntry, Notice
from decisions.models import Decision, Doubt, Reevaluation
from decisions.services import doubting, moves, questions, record_content, record_people, sweeping
from metrics.models import FormulaInput, Metric, QualityIncident
from tests.factories.approvals import person
from tests.factories.decisions import RESOLUTION, in_force, submitted
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db


def doubted(severity: str = "high", key: str = RESOLUTION) -> QualityIncident:
    """A severe check of a metric fails."""
    now = timezone.now()
    return QualityIncident.objects.create(
        metric=Metric.objects.get(key=key),
        check_key="accuracy",
        severity=severity,
        sentence="It differs.",
        opened_at=now,
        since=now,
        last_seen_at=now,
    )


def ended(incident: QualityIncident) -> None:
    incident.state, incident.ended_at = QualityIncident.State.CLOSED, timezone.now()
    incident.save()


def text_of(client: Client, url: str) -> str:
    return re.sub(r"\s+", " ", client.get(url).content.decode())


def record_of(decision: Decision) -> dict[str, Any]:
    about = record_content.frozen(decision)
    return record_content.content(about, record_content.covering(about.last.seq), record_people.identities(about))


@pytest.fixture
def decision(backlog: Metric, kept: Any) -> Decision:
    return kept(in_force)


def test_a_severe_incident_marks_once_and_its_end_clears(decision: Decision) -> None:
    incident = doubted()
    assert doubting.mark(timezone.now()) == {"marked": 1}
    assert doubting.mark(timezone.now()) == {}
    assert Notice.objects.filter(to=decision.owner, title__contains="rests on data in doubt").count() == 1
    ended(incident)
    assert doubting.mark(timezone.now()) == {"cleared": 1}
    incident.state = QualityIncident.State.OPEN
    incident.save()
    assert doubting.mark(timezone.now()) == {"marked": 1}
    assert Doubt.objects.count() == 2
    verbs = LedgerEntry.objects.filter(stream=decision.stream, verb__startswith="decision.data")
    assert [each.verb.partition("_")[2] for each in verbs.order_by("seq")] == ["in_doubt", "cleared", "in_doubt"]


def test_a_lighter_incident_another_metric_and_an_ended_decision_are_left_alone(decision: Decision) -> None:
    doubted("medium")
    doubted(key=metric().key)
    assert doubting.mark(timezone.now()) == {}
    assert "doubts" in dict(sweeping.JOBS)
    doubted(key="backlog_growth")
    assert doubting.mark(timezone.now()) == {"marked": 1}
    moves.close(
        decision, by=decision.owner, outcome="achieved", process="sound", reason="Done.", process_reason="Well."
    )
    assert doubting.mark(timezone.now()) == {"cleared": 1}


def test_what_is_calculated_from_a_metric_in_doubt_is_in_doubt_too(decision: Decision) -> None:
    used, between = metric(), metric()
    FormulaInput.objects.create(metric=between, input=used)
    FormulaInput.objects.create(metric=Metric.objects.get(key=RESOLUTION), input=between)
    incident = doubted(key=used.key)
    assert doubting.mark(timezone.now()) == {"marked": 1}
    assert Doubt.objects.get().incident == incident


def test_whoever_signs_is_told_before(backlog: Metric, client: Client) -> None:
    decision, request = submitted()
    used = metric()
    FormulaInput.objects.create(metric=Metric.objects.get(key=RESOLUTION), input=used)
    client.force_login(decision.owner)
    assert "data in doubt" not in text_of(client, f"/approvals/{request.pk}/")
    doubted(key=used.key)
    Metric.objects.filter(key="backlog_growth").update(classification="confidential")
    doubted(key="backlog_growth")
    doubted("medium")
    page = text_of(client, f"/approvals/{request.pk}/")
    assert f"It would rest on data in doubt: {used.name}, accuracy, since" in page
    assert "It would rest on data in doubt: a confidential metric, since" in page
    assert page.count("It would rest on data in doubt") == 2


def test_it_changes_neither_state_nor_standing_and_is_said_everywhere(decision: Decision, client: Client) -> None:
    client.force_login(decision.owner)
    before = text_of(client, f"/decisions/{decision.reference}/")
    assert "Data in doubt" not in before
    doubted()
    doubting.mark(timezone.now())
    decision.refresh_from_db()
    assert decision.state == "in_force"
    name = Metric.objects.get(key=RESOLUTION).name
    page = text_of(client, f"/decisions/{decision.reference}/")
    assert f"{name}, accuracy, since" in page
    assert "Sound" in page
    assert "Data in doubt" in text_of(client, "/decisions/?quality=doubt")
    assert decision.reference not in text_of(client, "/decisions/?quality=nonsense")
    assert "Rests on data in doubt" in text_of(client, "/")
    rows = b"".join(client.get("/decisions.csv?quality=doubt").streaming_content).decode().splitlines()
    assert rows[1].endswith(",yes")
    asked = questions.question(decision, by=decision.owner, text="Does it still hold?")
    assert f"{name}, accuracy, since" in text_of(client, f"/reevaluations/{asked.pk}/")
    assert Reevaluation.objects.count() == 1


def test_a_metric_that_may_not_be_seen_is_not_named(decision: Decision, client: Client) -> None:
    hidden = Metric.objects.get(key=RESOLUTION)
    hidden.classification = "confidential"
    hidden.save()
    doubted()
    doubting.mark(timezone.now())
    client.force_login(person())
    page = text_of(client, f"/decisions/{decision.reference}/")
    assert "a metric you may not see, since" in page
    assert f"{hidden.name}, accuracy" not in page


def test_the_record_tells_of_it_the_same_each_time(decision: Decision) -> None:
    assert record_of(decision)["doubts"] == []
    incident = doubted()
    doubting.mark(timezone.now())
    first = record_of(decision)
    [told] = first["doubts"]
    assert (told["metric"], told["check"], told["until"]) == (RESOLUTION, "accuracy", None)
    ended(incident)
    assert json.dumps(record_of(decision)) == json.dumps(first), "only what the ledger says changes a record"
    doubting.mark(timezone.now() + timedelta(seconds=1))
    assert record_of(decision)["doubts"][0]["until"]
