"""What a person was told: on the inbox until it is put away, then on a page of its own."""

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import destinations
from approvals.models import Notice
from approvals.services.notices import notify
from decisions.models import Decision
from decisions.services import moves, questions
from metrics.models import FreezeWindow, Metric
from tests.factories import decisions as make
from tests.factories.approvals import administrator, approvers, owner, sign, signed_in

UNREAD = {"read_at": None}


def tell(who, *numbers, **fields):
    for number in numbers:
        notify(to=who, cause_key=f"cause:{number}", **({"title": f"Notice {number}", "url": "/calendar/"} | fields))
    return Notice.objects.filter(to=who).latest("pk")


def html(client, url="/", **headers):
    answer = client.get(url, **headers)
    assert answer.status_code == 200
    return answer.content.decode()


def section(page):
    return page.partition('id="notices"')[2].partition("</section>")[0]


def test_the_inbox_shows_the_newest_until_they_are_put_away(desk, who):
    assert "Nothing new." in section(html(desk))
    last = tell(who, *range(8), body="Look.")
    shown = section(html(desk))
    assert [f"Notice {n}</a>" in shown for n in range(8)] == [False, False, *[True] * 6]
    assert shown.index("Notice 7") < shown.index("Notice 2")
    assert "2 more, and earlier ones" in shown
    assert desk.post(reverse("notice_read", args=[last.pk])).url == "/#notices"
    assert "Notice 7</a>" not in section(html(desk))
    unread, earlier = html(desk, "/notices/").split(">Earlier<")
    assert "Notice 0" in unread
    assert "Notice 7" not in unread
    assert "Notice 7" in earlier


def test_all_are_put_away_but_what_came_meanwhile(desk, who):
    other = owner()
    tell(other, 1)
    shown = tell(who, 1, 2)
    tell(who, 3)
    answer = desk.post("/notices/read/", {"until": shown.pk, "back": "/notices/?page=1"})
    assert answer.url == "/notices/?page=1#notices"
    assert set(Notice.objects.filter(read_at=None).values_list("to", "title")) == {
        (who.pk, "Notice 3"),
        (other.pk, "Notice 1"),
    }


def test_htmx_gets_the_inbox_without_what_surrounds_it(desk, who):
    tell(who, 1)
    fragment = html(desk, headers={"HX-Request": "true"})
    assert "data-focus" in section(fragment)
    assert "<html" not in fragment
    assert "data-focus" not in section(html(desk))


def test_a_signature_and_a_verdict_put_away_what_asked_for_them(draft, who, django_capture_on_commit_callbacks):
    first, second = approvers(2)
    with django_capture_on_commit_callbacks(execute=True):
        request = moves.submit(draft, by=who)
    asked = Notice.objects.filter(cause_key__startswith=f"request:{request.pk}:stage:", **UNREAD)
    assert set(asked.values_list("to", flat=True)) == {first.pk, second.pk}
    with django_capture_on_commit_callbacks(execute=True):
        sign(request, first, "return", "Add a fourth option.")
    assert not asked.exists()
    assert Notice.objects.filter(to=who, title__startswith="Returned", **UNREAD).exists()


class TestWhatIsNoLongerTheirs:
    @pytest.fixture
    def reader(self, standing):
        return owner()

    def hidden(self, standing):
        Decision.objects.filter(pk=standing.pk).update(classification="confidential")
        Metric.objects.filter(key=make.BACKLOG).update(classification="confidential")

    def test_only_says_that_there_was_something(self, standing, reader):
        tell(reader, 1, title=f"Secret of {standing.title}", url=f"/decisions/{standing.reference}/", body="Secret")
        client = signed_in(reader)
        assert "Secret of" in html(client)
        self.hidden(standing)
        for page in (html(client), html(client, "/notices/")):
            assert "About something that you may not see" in page
            assert "Secret" not in page
            assert standing.reference not in page

    def test_by_whatever_address(self, standing, reader, who):
        asked = questions.question(standing, by=who, text="Still so?", severity="major")
        request = standing_request(standing)
        metric = Metric.objects.get(key=make.BACKLOG)
        days = dict.fromkeys(("begins_on", "ends_on", "first_day", "last_day"), "2026-01-05")
        frozen = FreezeWindow.objects.create(
            metric=metric, declared_by=who, declared_at=timezone.now(), reason="Year", **days
        )
        addresses = {
            f"/decisions/{standing.reference}/comments/?show=all#comment-1",
            f"/decisions/?metric={make.BACKLOG}",
            f"/reevaluations/{asked.pk}/",
            f"/metrics/{make.BACKLOG}/quality/",
            f"/metrics/freezes/#freeze-{frozen.pk}",
            f"/approvals/{request}/",
        }
        always = {"", "/metrics/freezes/", "/decisions/?standing=overdue+answer", "/packs/7/"}
        gone = {"/nowhere/", "/metrics/gone/", "/approvals/999999/", f"/approvals/{request}/people/"}
        assert destinations.seen(reader, addresses | always | gone) == addresses | always
        self.hidden(standing)
        assert destinations.seen(reader, addresses | always | gone) == always
        assert destinations.seen(who, addresses) == addresses - {
            f"/metrics/{make.BACKLOG}/quality/",
            f"/metrics/freezes/#freeze-{frozen.pk}",
            f"/decisions/?metric={make.BACKLOG}",
        }
        assert f"/approvals/{request}/people/" in destinations.seen(administrator(), gone)


def standing_request(standing):
    return standing.versions.latest("number").request_id
