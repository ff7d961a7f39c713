"""Writing a definition, reading it before signing, and granting who may."""

import re

import pytest

from metrics.models import Metric
from metrics.services import definitions, registry
from tests.factories.approvals import approver, owner, person, signed_in, steward
from tests.factories.metrics import COMPLETE, metric

pytestmark = pytest.mark.django_db


class TestDefinition:
    def typed(self, metric: Metric, /, **changes: object) -> dict[str, object]:
        stored = {name: str(value) for name, value in COMPLETE.items()}
        least = {"name": metric.name, "cadence": "weekly", "time_zone": "UTC", "level": "operational",
                 "timing": "lagging", "measures": "outcome", "version": metric.version}  # fmt: skip
        return stored | least | changes

    def test_what_is_typed_is_saved(self):
        target = metric(approved=False)
        data = self.typed(target, formula="a / b", settle_after="48", counter_metrics="", personal_data="on")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        assert answer.status_code == 302
        draft = target.definitions.get()
        assert (draft.formula, draft.settle_after.days, draft.personal_data) == ("a / b", 2, True)

    def test_a_stale_save_is_a_409_that_shows_the_difference_and_keeps_what_was_typed(self):
        target = metric(approved=False)
        data = self.typed(target, meaning="Mine.")
        definitions.save_draft(target, changes={"meaning": "Theirs."}, expected_version=None, by=steward())
        client = signed_in(steward())
        answer = client.post(f"/metrics/{target.key}/definition/", data)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "Theirs." in page
        assert "Mine." in page
        seen = re.search(r'name="version" value="(\d+)"', page).group(1)
        assert client.post(f"/metrics/{target.key}/definition/", data | {"version": seen}).status_code == 302
        assert target.definitions.get().meaning == "Mine."

    def test_bad_fields_come_back_with_sentences(self):
        target = metric(approved=False)
        data = self.typed(target, target="NaN", tolerance_low="9", tolerance_high="1", time_zone="Mars/Base")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        assert answer.status_code == 422
        assert "Enter a number" in answer.content.decode()

    def test_what_contradicts_itself_comes_back_with_sentences(self):
        target = metric(approved=False)
        data = self.typed(target, tolerance_low="9", tolerance_high="1", time_zone="Mars/Base", counter_metrics="none")
        page = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data).content.decode()
        assert "below the lower end" in page
        assert "is not a time zone" in page

    def test_save_and_send_keeps_what_was_typed_and_shows_the_form_with_what_is_missing(self):
        target = metric(approved=False)
        data = self.typed(target, formula="a / b", sources="", submit="")
        answer = signed_in(steward()).post(f"/metrics/{target.key}/definition/", data)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert f'href="/metrics/{target.key}/definition/#id_sources"' in page
        assert 'id="id_sources"' in page
        assert target.definitions.get().formula == "a / b"

    def test_sending_an_incomplete_definition_lists_everything_missing(self):
        target = registry.create_metric(key="bare", name="Bare", by=None)
        answer = signed_in(steward()).post(f"/metrics/{target.key}/submit/")
        page = answer.content.decode()
        assert answer.status_code == 409
        for sentence in ("Say what the metric means.", "Give the formula", "Name the owner"):
            assert sentence in page


class TestPeople:
    def test_grants_are_given_and_taken_back_in_the_browser(self):
        hidden, who = metric(classification="confidential", owner=owner()), person()
        client, address = signed_in(hidden.owner), f"/metrics/{hidden.key}/people/"
        client.post(address, {"person": who.pk, "permission": "contribute_metric"})
        assert Metric.objects.visible_to(who).get() == hidden
        number = re.search(r'name="revoke" value="(\d+)"', client.get(address).content.decode()).group(1)
        client.post(address, {"revoke": number})
        assert not Metric.objects.visible_to(who).exists()
        for nonsense in (number, "x", "-1", "9" * 30, "9" * 5000, "\x00"):
            assert client.post(address, {"revoke": nonsense}).status_code == 302

    @pytest.mark.parametrize(
        "data", [{"person": "99999", "permission": "view_metric"}, {"permission": "all"}, {"classification": "x"}, {}]
    )
    def test_nonsense_is_a_sentence(self, data):
        answer = signed_in(steward()).post(f"/metrics/{metric().key}/people/", data)
        assert answer.status_code == 422

    def test_another_metrics_grant_is_not_taken_back(self):
        one, other, who = metric(), metric(), person()
        registry.grant(other, to=who, permission="manage_metric", by=None)
        number = other.metricuserobjectpermission_set.get().pk
        signed_in(steward()).post(f"/metrics/{one.key}/people/", {"revoke": number})
        assert other.metricuserobjectpermission_set.exists()


def test_an_approver_reads_a_definition_before_signing_it():
    target = metric(approved=False, owner=owner(first_name="Olive", last_name="Owner"), steward=steward())
    asked = approver()
    request = definitions.submit(target, by=target.owner)
    page = signed_in(asked).get(f"/approvals/{request.pk}/").content.decode()
    for words in (
        f"Olive Owner ({target.owner.username})",
        "Definition of",
        "Formula",
        "Fallback in outages",
        "Higher is better",
    ):
        assert words in page
    review = signed_in(target.steward).get(f"/metrics/{target.key}/").content.decode()
    assert "Version 1 is in review" in review
    assert "Withdraw" in review
    assert f'href="/approvals/{request.pk}/"' in review
    assert "Edit definition" not in review
