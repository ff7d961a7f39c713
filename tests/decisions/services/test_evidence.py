"""Files kept once by their digest, values pinned, evidence looked at again, and whoever is told when nobody does."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404
from django.utils import timezone

from approvals.models import LedgerEntry, Notice, User
from config.kit.refusals import BadInput, MoveRefused
from decisions.models import Decision, EvidenceDue, Upload, UploadGrant
from decisions.services import drafting, dues, moves, overdue, pinning, renewing, unnamed, uploading, versions
from metrics.models import Metric
from tests.factories.approvals import approver, owner, person
from tests.factories.decisions import BACKLOG, approve, draft, in_force, save
from tests.factories.dossiers import SOON
from tests.factories.metrics import metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = NOW.date()
TEXT = b"week;cases\n1;12\n"


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    }


def told(start: str = "evidence") -> set[User]:
    return {notice.to for notice in Notice.objects.filter(cause_key__contains=f":{start}:")}


def shift(decision: Decision, days: int, **fields: Any) -> None:
    """Let everything of a decision fall due so many days from today."""
    EvidenceDue.objects.filter(decision=decision).update(due_on=TODAY + timedelta(days=days))
    Decision.objects.filter(pk=decision.pk).update(evidence_due_on=TODAY + timedelta(days=days), **fields)


def test_the_same_file_is_kept_once(backlog: Metric) -> None:
    first, second = draft(), draft()
    grants = [uploading.keep(d, name=f"{d.pk}.csv", data=TEXT, by=d.owner) for d in (first, first, second)]
    assert Upload.objects.count() == 1
    assert grants[0] == grants[1] != grants[2]
    assert uploading.read(grants[2]) == TEXT
    assert uploading.held(second, "0" * 64) is None


def test_bytes_that_changed_are_not_given_out(backlog: Metric) -> None:
    decision = draft()
    grant = uploading.keep(decision, name="a.csv", data=TEXT, by=decision.owner)
    path = default_storage.path(f"{grant.upload.sha256[:2]}/{grant.upload.sha256}")
    with open(path, "wb") as file:
        file.write(b"week;cases\n1;99\n")
    with pytest.raises(MoveRefused, match="no longer those"):
        uploading.read(grant)
    uploading.keep(decision, name="a.csv", data=TEXT, by=decision.owner)  # the right bytes mend it
    assert uploading.read(grant) == TEXT


def test_a_file_that_no_save_came_to_name_is_removed_in_time_and_any_other_stays(backlog: Metric) -> None:
    first, second = draft(), draft()
    forgotten = uploading.keep(first, name="a.csv", data=TEXT, by=first.owner)
    used = uploading.keep(second, name="a.csv", data=TEXT, by=second.owner)
    lost = uploading.keep(first, name="b.csv", data=b"week;cases\n2;13\n", by=first.owner)
    path = Path(default_storage.path(f"{lost.upload.sha256[:2]}/{lost.upload.sha256}"))
    provenance = {"evidence": [{"id": "e9", "kind": "file", "title": "A", "sha256": used.upload.sha256}]}
    for said in (provenance, {}):  # named once, by a draft that can be put back
        section = second.sections.get(key="constraints")
        drafting.save_section(
            second,
            "constraints",
            section.content | {"provenance": said},
            expected_version=section.version,
            by=second.owner,
        )
    assert unnamed.remove(NOW + timedelta(hours=47)) == {"removed": 0, "named": 0}
    UploadGrant.objects.update(at=NOW - timedelta(hours=60))
    assert uploading.take(first, lost.upload.sha256) == lost
    assert unnamed.remove(NOW) == {"removed": 1, "named": 1}
    assert uploading.held(first, forgotten.upload.sha256) is None
    assert uploading.read(used) == TEXT
    assert path.exists(), "somebody is about to name it"
    assert unnamed.remove(NOW + timedelta(hours=99)) == {"removed": 1, "named": 0}
    assert not path.exists()
    assert Upload.objects.get() == used.upload


def test_only_writers_add_files_and_only_good_ones(backlog: Metric) -> None:
    decision = draft()
    with pytest.raises(BadInput, match="not kept"):
        uploading.keep(decision, name="a.exe", data=b"MZ", by=decision.owner)
    with pytest.raises(PermissionDenied):
        uploading.keep(decision, name="a.csv", data=TEXT, by=person())
    Decision.objects.update(classification="confidential")
    with pytest.raises(Http404):
        uploading.keep(decision, name="a.csv", data=TEXT, by=person())


def test_a_next_cycle_holds_the_files_it_still_names(backlog: Metric) -> None:
    decision = draft()
    grant = uploading.keep(decision, name="a.csv", data=TEXT, by=decision.owner)
    sha256 = grant.upload.sha256
    given = decision.sections.get(key="costs").content["provenance"]
    piece = {"id": "e5", "kind": "file", "title": "Figures", "reference": "a.csv", "sha256": sha256, "size": len(TEXT)}
    save(decision, "costs", provenance=given | {"evidence": [*given["evidence"], piece]})
    moves.abandon(decision, by=decision.owner, reason="Later.")
    later = moves.new_cycle(Decision.objects.get(pk=decision.pk), by=decision.owner)
    assert uploading.held(later, sha256) is not None


def test_a_pinned_value_says_which_one_it_is(backlog: Metric) -> None:
    who = owner()
    with pytest.raises(BadInput, match="no value"):
        pinning.pinned(metric(key="untold").key, by=who)
    with pytest.raises(BadInput, match="registry"):
        pinning.pinned("nothing", by=who)
    weekly(backlog, [4, 6])
    newest = pinning.pinned(BACKLOG, by=who)
    assert (newest.value, newest.revision, newest.definition_version) == (6, 1, 1)
    assert pinning.pinned(BACKLOG, by=who, day=weeks_ago(2) + timedelta(days=2)).value == 4
    with pytest.raises(BadInput, match="that day"):
        pinning.pinned(BACKLOG, by=who, day=date(2020, 1, 1))


def test_looking_again_moves_the_day_and_leaves_the_signed_text_alone(backlog: Metric) -> None:
    decision = in_force()
    text, later = versions.current(decision).text, SOON + timedelta(days=90)
    renewing.renew(
        decision, place="costs.e1", retrieved_on=TODAY, refresh_on=later, note="Still so.", by=decision.owner
    )
    decision = Decision.objects.get(pk=decision.pk)
    assert versions.current(decision).text == text
    assert EvidenceDue.objects.get(decision=decision, piece="costs.e1").due_on == later
    assert decision.evidence_due_on == SOON  # the others still have the earlier day
    assert LedgerEntry.objects.filter(stream=decision.stream, verb="evidence.refreshed").count() == 1
    moves.open_amendment(decision, by=decision.owner, reason="A better way.")
    save(decision, "constraints", text="None.")
    approve(moves.submit(decision, by=decision.owner))
    assert EvidenceDue.objects.get(decision=decision, piece="costs.e1").due_on == later


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"retrieved_on": None}, "which day"),
        ({"retrieved_on": TODAY + timedelta(days=2)}, "not come yet"),
        ({"refresh_on": None}, "by when"),
        ({"refresh_on": TODAY - timedelta(days=1)}, "after today"),
    ],
)
def test_looking_again_wants_sensible_days(backlog: Metric, fields: dict[str, Any], words: str) -> None:
    decision = in_force()
    given: dict[str, Any] = {"retrieved_on": TODAY, "refresh_on": SOON + timedelta(days=1)} | fields
    with pytest.raises(BadInput, match=words):
        renewing.renew(decision, place="costs.e1", by=decision.owner, **given)


def test_only_those_it_concerns_look_again_and_only_in_force(backlog: Metric) -> None:
    decision = in_force()
    days: dict[str, Any] = {"retrieved_on": TODAY, "refresh_on": SOON + timedelta(days=1)}
    with pytest.raises(PermissionDenied):
        renewing.renew(decision, place="costs.e1", by=person(), **days)
    with pytest.raises(MoveRefused, match="nothing of that name"):
        renewing.renew(decision, place="costs.e77", by=decision.owner, **days)
    unsigned = draft()
    with pytest.raises(MoveRefused, match="edit the evidence"):
        renewing.renew(unsigned, place="costs.e1", by=unsigned.owner, **days)


@pytest.mark.parametrize(
    ("late", "owners", "last"), [(0, False, False), (1, True, False), (14, True, False), (15, True, True)]
)
def test_overdue_evidence_reaches_its_owner_and_in_the_end_the_last_resort(
    backlog: Metric, late: int, owners: bool, last: bool
) -> None:
    decision, keeper, resort = in_force(), person(), approver()
    shift(decision, -late, owner_of_last_resort=resort)
    EvidenceDue.objects.filter(decision=decision, piece="costs.e1").update(person=keeper)
    for _ in range(2):
        overdue.tell(NOW)
    expected = ((decision.owner, owners), (keeper, owners), (resort, last))
    assert told() == {who for who, hears in expected if hears}
    assert Notice.objects.filter(cause_key__contains=":evidence:").count() == len(told())


def test_who_may_not_see_a_decision_is_not_told_of_its_evidence(backlog: Metric) -> None:
    decision, keeper = in_force(), person()
    EvidenceDue.objects.filter(decision=decision, piece="costs.e1").update(person=keeper)
    shift(decision, -1, classification="confidential")
    overdue.tell(NOW)
    assert told() == {decision.owner}


def test_decisions_from_before_get_their_days_written_down(backlog: Metric) -> None:
    decision = in_force()
    whole = dues.by_decision([decision.pk])[decision.pk]
    EvidenceDue.objects.all().delete()
    overdue.tell(NOW)
    assert sorted(map(str, dues.by_decision([decision.pk])[decision.pk])) == sorted(map(str, whole))
    assert {row.person for row in EvidenceDue.objects.all()} == {decision.owner}
