"""An experiment as evidence: pinned as it stood, shown wherever evidence is, and telling what became of it since."""

import dataclasses

import pytest
from django.urls import reverse

from decisions.domain.dossier import Background, Dossier, Evidence, Finding, Provenance
from decisions.domain.reading import dossier_from
from decisions.domain.reviewing import parts_of
from decisions.domain.writing import dossier_to, section_to
from decisions.models import Decision
from decisions.record import words
from decisions.services import drafting
from metrics.services import judging
from tests.factories import decisions as make
from tests.factories.approvals import owner, signed_in
from tests.factories.experiments import looked, planned, running
from tests.factories.metrics import metric

FINDING = Finding(
    experiment=12,
    metric="form_rate",
    hypothesis="A shorter form is finished more often.",
    plan_digest="a" * 64,
    result="“Short” 40 %, “Long” 50 %.",
    look=1,
    verdict="not_supported",
    reason="Fewer finished.",
    concerns=("It was judged before its time.",),
    despite="The season ended.",
    pinned_at="2026-11-09T07:05:00.000000Z",
)
SAID = (
    "Not supported. Hypothesis: A shorter form is finished more often. “Short” 40 %, “Long” 50 %. "
    "Reason: Fewer finished. Against it: It was judged before its time. It stands all the same: The season ended. "
    f"Plan {'a' * 64}, as of 9 Nov 2026, 07:05 UTC."
)
TRIED = Evidence(id="e1", kind="experiment", title="Shorter form", reference="E-0012", finding=FINDING)


@pytest.mark.django_db
def test_an_experiment_is_pinned_with_plan_figures_and_verdict():
    for key in (make.RESOLUTION, make.BACKLOG):
        metric(key=key)
    by = owner()
    tried = looked(running(by=by), (160, 400), (200, 400))
    unstarted, draft = planned(by=by), make.draft(by)
    address = reverse("decision_piece_new", args=[draft.reference]) + "?kind=experiment"
    client = signed_in(by)
    form = client.get(address).content.decode()
    assert f"{tried.reference} Shorter form (running)" in form
    assert unstarted.reference not in form
    for wrong in ("", "999", "x", str(unstarted.pk)):
        assert client.post(address, {"experiment": wrong, "section": "impacts"}).status_code == 422
    sent = {"experiment": tried.pk, "section": "impacts", "supports": ["option:b"]}
    assert client.post(address, sent).status_code == 302
    piece = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).impacts.provenance.evidence[-1]
    assert (piece.kind, piece.reference, piece.title) == ("experiment", tried.reference, "Shorter form")
    assert (piece.finding.plan_digest, piece.finding.verdict, piece.finding.look) == (tried.plan_digest, "", 1)
    assert "a difference of 10 percentage points" in piece.finding.result
    register = reverse("decision_evidence", args=[draft.reference])
    shown = client.get(register).content.decode()
    assert "still running" in shown
    assert reverse("experiment", args=[tried.pk]) in shown
    judging.judge(tried, verdict="supported", reason="More finished.", by=by)
    assert "Since then: judged, supported." in client.get(register).content.decode()
    assert drafting.dossier_of(Decision.objects.get(pk=draft.pk)).impacts.provenance.evidence[-1] == piece
    page = client.get(reverse("decision_piece", args=[draft.reference, f"impacts.{piece.id}"])).content.decode()
    assert "Still running. Hypothesis: A shorter form" in page
    _secret(tried.metric)
    other = signed_in(owner()).get(register)
    assert other.status_code == 200
    assert reverse("experiment", args=[tried.pk]) not in other.content.decode()


def _secret(on):
    on.classification = "confidential"
    on.save()


def test_reviewers_and_the_record_read_all_of_it():
    background = Background(provenance=Provenance(evidence=(TRIED,)))
    parts = parts_of(Dossier(background=background))
    table = next(each for part in parts for each in part.fields if each.label == "Evidence")
    assert dict(zip(table.header, table.rows[0], strict=True))["Finding"] == SAID
    assert SAID.rstrip(".") in words.source(TRIED)


def test_a_dossier_with_it_reads_back_and_one_without_it_is_written_as_ever():
    whole = Dossier(background=Background(provenance=Provenance(evidence=(TRIED,))))
    assert dossier_from(dossier_to(whole)) == whole
    plain = dataclasses.replace(TRIED, kind="link", finding=Finding())
    assert set(section_to(plain)) == {"id", "kind", "title", "reference", "retrieved_on", "refresh_on"}
