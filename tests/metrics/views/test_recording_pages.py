"""Recording one value, and importing many."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from metrics.services import registry
from tests.factories.approvals import approver, auditor, owner, signed_in, steward
from tests.factories.metrics import metric, weekly, weeks_ago

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_a_value_lands_and_the_page_says_so(self):
        target = metric()
        answer = signed_in(steward()).post(
            f"/metrics/{target.key}/record/", {"period_start": weeks_ago(1).isoformat(), "value": "81,5"}, follow=True
        )
        assert answer.redirect_chain == [(f"/metrics/{target.key}/", 302)]
        assert "Recorded 81.5" in answer.content.decode()
        assert target.observations.get().value == Decimal("81.5")

    def test_a_correction_asks_for_its_reason_and_keeps_what_was_typed(self):
        target = metric()
        weekly(target, [80])
        client, data = signed_in(steward()), {"period_start": weeks_ago(1).isoformat(), "value": "82"}
        answer = client.post(f"/metrics/{target.key}/record/", data)
        assert answer.status_code == 422
        assert "already has 80" in answer.content.decode()
        assert 'value="82"' in answer.content.decode()
        assert client.post(f"/metrics/{target.key}/record/", data | {"reason": "Recount"}).status_code == 302
        assert target.observations.get(revision=2).reason == "Recount"

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"value": "NaN"}, "Enter a number"),
            ({"value": "1e400"}, "too large"),
            ({"value": ""}, "required"),
            ({"period_start": "0001-01-01"}, "between 1990 and 2100"),
            ({"period_start": "2099-01-01"}, "has not begun yet"),
            ({"note": "x\x00"}, "NUL"),
            ({"note": "x" * 1_000_000}, "at most 2,000 characters"),
            ({"sample_size": "many"}, "Enter a number"),
        ],
    )
    def test_bad_input_is_a_sentence(self, data, sentence):
        target = metric()
        answer = signed_in(steward()).post(
            f"/metrics/{target.key}/record/", {"period_start": "2026-01-05", "value": "5"} | data
        )
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert not target.observations.exists()

    @pytest.mark.parametrize("who", [owner, approver, auditor])
    def test_others_may_not(self, who):
        target = metric()
        address = f"/metrics/{target.key}/record/"
        assert signed_in(who()).post(address, {"period_start": "2026-01-05", "value": "5"}).status_code == 403

    def test_somebody_granted_it_may(self):
        target, who = metric(), owner()
        registry.grant(target, to=who, permission="contribute_metric", by=None)
        data = {"period_start": weeks_ago(1).isoformat(), "value": "5"}
        assert signed_in(who).post(f"/metrics/{target.key}/record/", data).status_code == 302


class TestImport:
    def test_a_try_keeps_nothing_and_one_click_then_records(self):
        target, client = metric(key="one"), signed_in(steward())
        rows = "metric,period_start,value\none,2026-01-05,1\n"
        tried = client.post("/metrics/import/", {"rows": rows, "dry_run": "on"}).content.decode()
        assert "What would happen" in tried
        assert not target.observations.exists()
        assert "Record these rows" in tried
        waiting = re.search(r'name="waiting" value="([^"]+)"', tried)[1]
        other = Client()
        other.force_login(steward())
        assert other.post("/metrics/import/", {"waiting": waiting}).status_code == 422
        done = client.post("/metrics/import/", {"waiting": waiting}).content.decode()
        assert "1 stored" in done
        assert target.observations.count() == 1
        again = client.post("/metrics/import/", {"rows": rows, "dry_run": "on"}).content.decode()
        assert "there is nothing to do" in again

    def test_a_try_with_refused_rows_says_what_to_do_and_records_the_others_in_one_click(self):
        target, client = metric(key="one"), signed_in(steward())
        rows = "metric,period_start,value\none,2026-01-05,1\none,never,2\n"
        tried = client.post("/metrics/import/", {"rows": rows, "dry_run": "on"})
        page = tried.content.decode()
        assert "Mend what is refused and read the rows again below, where they still stand." in page
        assert "one,never,2" in page
        assert "Record the 1 other row<" in page
        done = client.post("/metrics/import/", {"waiting": tried.context["waiting"]}).content.decode()
        assert "1 stored" in done
        assert target.observations.count() == 1

    def test_a_long_report_is_no_heavy_page_shows_what_is_refused_and_is_there_in_whole(self):
        metric(key="one", cadence="daily")
        days = [date(2024, 1, 1) + timedelta(days=number) for number in range(600)]
        rows = "metric,period_start,value\n" + "".join(f"one,{day},1\n" for day in days) + "one,never,1\n"
        client = signed_in(steward())
        sent = {"file": SimpleUploadedFile("x.csv", rows.encode()), "dry_run": "on"}
        tried = client.post("/metrics/import/", sent)
        assert len(tried.content) < 60_000
        assert [row.row for row in tried.context["report"] if row.status == "refused"] == [602]
        whole = client.get(f"/metrics/import/{tried.context['waiting']}/report.csv")
        lines = b"".join(whole.streaming_content).decode().splitlines()
        assert len(lines) == 602
        assert lines[-1].startswith("602,one,refused,")

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
    def test_a_tried_file_is_recorded_in_one_click_whatever_its_encoding(self, encoding):
        metric(key="one")
        rows = "metric,period_start,value\none,2026-01-05,1\n"
        sent = {"file": SimpleUploadedFile("x.csv", rows.encode(encoding)), "dry_run": "on"}
        client = signed_in(steward())
        tried = client.post("/metrics/import/", sent).context
        assert "1 stored" in client.post("/metrics/import/", {"waiting": tried["waiting"]}).content.decode()

    @pytest.mark.parametrize("rows", ["", "nonsense", "metric,period_start,value"])
    def test_what_cannot_be_read_is_a_sentence(self, rows):
        answer = signed_in(steward()).post("/metrics/import/", {"rows": rows})
        assert answer.status_code == 422

    def test_an_empty_file_is_a_sentence(self):

        answer = signed_in(steward()).post("/metrics/import/", {"file": SimpleUploadedFile("x.csv", b"")})
        assert answer.status_code == 422
        assert "empty" in answer.content.decode()
