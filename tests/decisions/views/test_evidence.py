"""The register of evidence and the framing's page, as people use them."""

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from decisions.domain.dossier import Snapshot
from decisions.domain.writing import dossier_to
from decisions.models import Decision, Upload
from decisions.services import drafting
from metrics.models import Metric
from tests.factories import decisions as make
from tests.factories.approvals import owner, person, signed_in
from tests.factories.dossiers import RESOLUTION, dossier, evidence, provenance
from tests.factories.metrics import metric, weekly

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    }


@pytest.fixture
def registered(db):
    """The two metrics that the sample dossier rests on, without values."""
    for key in (make.RESOLUTION, make.BACKLOG):
        metric(key=key)


def test_a_file_is_added_once_ticked_twice_and_taken_again(registered):
    draft = make.draft(owner())
    client = signed_in(draft.owner)
    data = b"week;cases\n1;12\n"
    answer = client.post(
        reverse("decision_piece_new", args=[draft.reference]) + "?kind=file",
        {
            "title": "Cases by week",
            "file": SimpleUploadedFile("../cases.csv", data, content_type="text/html"),
            "section": "costs",
            "supports": ["cost:a", "score:q1:b"],
            "refresh_on": "2027-06-01",
        },
    )
    assert answer.status_code == 302
    upload = Upload.objects.get()
    piece = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).costs.provenance.evidence[-1]
    assert (piece.kind, piece.reference, piece.sha256) == ("file", "cases.csv", upload.sha256)
    assert piece.supports == ("cost:a", "score:q1:b")
    page = client.get(reverse("decision_evidence", args=[draft.reference])).content.decode()
    assert "Cases by week" in page
    assert "Cost of “Option A”" in page
    answer = client.get(reverse("decision_file", args=[draft.reference, upload.sha256]))
    assert answer.content == data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cases.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "text/csv"
    other = make.draft(owner())
    assert client.get(reverse("decision_file", args=[other.reference, upload.sha256])).status_code == 404


def test_a_file_survives_what_else_is_wrong_with_the_form(registered):
    draft = make.draft(owner())
    client = signed_in(draft.owner)
    address = reverse("decision_piece_new", args=[draft.reference]) + "?kind=file"
    bad = {"file": SimpleUploadedFile("a.csv", b"a;b\n"), "section": "costs", "refresh_on": "soon"}
    answer = client.post(address, bad)
    assert answer.status_code == 422
    kept = Upload.objects.get().sha256
    assert kept in answer.content.decode()
    assert client.post(address, {"kept": kept, "section": "costs"}).status_code == 302


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("link", {"title": ""}, "Give a title"),
        ("link", {"reference": "javascript:alert(1)"}, "https://"),
        ("link", {"title": "x", "retrieved_on": "2026-05-02", "refresh_on": "2026-05-01"}, "after it was retrieved"),
        ("file", {}, "Choose a file"),
        ("file", {"file": SimpleUploadedFile("a.html", b"<script>")}, "not kept"),
        ("file", {"kept": "0" * 64}, "Choose the file again"),
        ("metric", {}, "Choose a metric"),
        ("metric", {"metric": RESOLUTION}, "no value yet"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(registered, kind, typed, words):
    draft = make.draft(owner())
    address = reverse("decision_piece_new", args=[draft.reference]) + f"?kind={kind}"
    answer = signed_in(draft.owner).post(address, {"section": "costs"} | typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_an_empty_file_is_refused_with_one_sentence(registered):
    draft = make.draft(owner())
    address = reverse("decision_piece_new", args=[draft.reference]) + "?kind=file"
    sent = {"file": SimpleUploadedFile("a.csv", b""), "section": "costs"}
    html = signed_in(draft.owner).post(address, sent).content.decode()
    assert "The file is empty." in html
    assert "The submitted file is empty." not in html
    assert "Choose a file." not in html


def test_a_pinned_value_is_fixed_and_the_page_says_what_became_of_it(registered):
    target = Metric.objects.get(key=RESOLUTION)
    weekly(target, [71, 74], until=2)
    draft = make.draft(owner())
    client = signed_in(draft.owner)
    address = reverse("decision_piece_new", args=[draft.reference]) + "?kind=metric"
    client.post(address, {"metric": RESOLUTION, "section": "impacts", "title": "Rate"})
    piece = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).impacts.provenance.evidence[-1]
    assert (piece.snapshot.value, piece.snapshot.revision) == (74, 1)
    register = reverse("decision_evidence", args=[draft.reference])
    assert "Since then" not in client.get(register).content.decode()
    weekly(target, [80])
    assert "Since then: 80" in client.get(register).content.decode()
    assert drafting.dossier_of(Decision.objects.get(pk=draft.pk)).impacts.provenance.evidence[-1] == piece


def test_a_piece_is_changed_and_removed_in_its_place(registered):
    draft = make.draft(owner())
    client = signed_in(draft.owner)
    address = reverse("decision_piece", args=[draft.reference, "options.b.e1"])
    assert client.get(address).status_code == 200
    client.post(address, {"title": "Minutes", "reference": "M-1", "supports": ["cost:b"], "version": "1"})
    option = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).options.options[1]
    assert (option.evidence[0].title, option.evidence[0].supports) == ("Minutes", ("cost:b",))
    assert client.post(address, {"remove": "1", "version": "1"}).status_code == 409
    client.post(address, {"remove": "1", "version": "2"})
    assert not drafting.dossier_of(Decision.objects.get(pk=draft.pk)).options.options[1].evidence
    assert client.get(address).status_code == 404


def test_a_section_saved_in_its_own_page_keeps_what_only_the_register_knows(registered):
    draft = make.draft(owner())
    given = draft.sections.get(key="constraints").content["provenance"]
    piece = {"id": "e1", "kind": "file", "title": "T", "reference": "a.csv", "sha256": "b" * 64, "supports": ["costs"]}
    make.save(draft, "constraints", provenance=given | {"evidence": [piece]})
    fields = {
        "f-text": "No more.",
        "p-assumption_owner": draft.owner.username,
        "p-refresh_on": "2027-01-01",
        "evidence-TOTAL_FORMS": "1",
        "evidence-INITIAL_FORMS": "1",
        "evidence-0-id": "e1",
        "evidence-0-title": "Renamed",
        "version": "2",
    }
    answer = signed_in(draft.owner).post(reverse("decision_edit", args=[draft.reference, "constraints"]), fields)
    assert answer.status_code == 302
    (stored,) = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).constraints.provenance.evidence
    assert (stored.title, stored.kind, stored.sha256, stored.supports) == ("Renamed", "file", "b" * 64, ("costs",))


def _with_pieces(by, count):
    """A draft with so many pieces of evidence, a few of them pinned values."""
    pieces = tuple(
        replace(
            evidence(f"e{n}"),
            title=f"Source {n}",
            kind="metric" if n % 8 == 0 else "link",
            reference=RESOLUTION if n % 8 == 0 else f"https://example.org/{n}",
            snapshot=Snapshot(value=70 + n, period_start="2026-01-05T00:00:00.000000Z") if n % 8 == 0 else Snapshot(),
            supports=(f"cost:{'abc'[n % 3]}", "constraints"),
        )
        for n in range(count)
    )
    base = dossier(by.username)
    costs = replace(base.costs, provenance=replace(provenance(by.username), evidence=pieces))
    content = dossier_to(replace(base, costs=costs))
    return drafting.create_decision(title="Many", by=by, content=content)


def test_the_register_asks_no_more_at_twice_the_size(registered):
    by, seen = owner(), []
    client = signed_in(by)
    for count in (40, 80):
        url = reverse("decision_evidence", args=[_with_pieces(by, count).reference])
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url)
        assert answer.status_code == 200
        assert len(answer.content) <= 60_000
        seen.append(len(queries))
    assert seen[0] == seen[1] <= 15


def test_the_register_is_filtered_and_sent_as_csv(registered):
    by = owner()
    url = reverse("decision_evidence_csv", args=[_with_pieces(by, 9).reference])
    answer = signed_in(by).get(url + "?kind=metric&section=costs")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 3
    assert "Cost of “Option A”" in lines[1]


def test_the_framing_is_agreed_reopened_and_confirmed_on_its_page(registered):
    draft, framer = make.draft(owner()), person()
    url = reverse("decision_framing", args=[draft.reference])
    client, other = signed_in(draft.owner), signed_in(framer)
    assert client.post(url, {"reopen": "1", "reason": ""}).status_code == 422
    assert client.post(url, {"reopen": "1", "reason": "Another goal."}).status_code == 302
    locked = client.get(reverse("decision_options", args=[draft.reference])).content.decode()
    assert "once everyone named has agreed" in locked
    assert client.post(url, {"ask": "1", "framers": [framer.username]}).status_code == 302
    assert "Agree to the framing" in other.get("/").content.decode()
    for each in (other, client):
        page = each.get(url).content.decode()
        digest = page.partition('name="agree" value="')[2].partition('"')[0]
        assert each.post(url, {"agree": digest}).status_code == 302
    assert "Scores to confirm" in client.get(url).content.decode()
    assert client.post(url, {"confirm": "ticked"}).status_code == 409
    assert client.post(url, {"confirm": "all"}).status_code == 302
    assert "Scores to confirm" not in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 409


def test_closed_cells_keep_their_scores_whatever_is_posted(registered):
    draft = make.draft(owner())
    client = signed_in(draft.owner)
    url = reverse("decision_framing", args=[draft.reference])
    client.post(url, {"reopen": "1", "reason": "Another goal."})
    version = draft.sections.get(key="criteria").version
    before = drafting.dossier_of(draft).criteria.scores
    client.post(
        reverse("decision_options", args=[draft.reference]),
        {"version": version, "m-weight-q1": "70", "m-weight-q2": "30", "m-q1-a": "99"},
    )
    after = drafting.dossier_of(Decision.objects.get(pk=draft.pk)).criteria
    assert after.scores == before
    assert after.criteria[0].weight == 70
