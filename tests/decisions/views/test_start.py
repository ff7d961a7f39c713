import pytest

from decisions.models import Decision
from tests.factories.approvals import approver, auditor, signed_in

pytestmark = pytest.mark.django_db
TYPED = {"title": "How shall the desk be run?", "tier": "tactical", "classification": "internal"}


def test_a_new_decision_leads_to_its_first_section(desk, who):
    assert desk.get("/decisions/new/").status_code == 200
    answer = desk.post("/decisions/new/", TYPED)
    made = Decision.objects.get()
    assert answer.url == f"/decisions/{made.reference}/edit/background/"
    assert (made.title, made.owner, made.state) == (TYPED["title"], who, "draft")
    assert desk.get(answer.url).status_code == 200


@pytest.mark.parametrize("title", ["", "   ", "a\x00b", "x" * 301, "\n"])
def test_a_title_that_cannot_be_kept_is_refused(desk, title):
    answer = desk.post("/decisions/new/", TYPED | {"title": title})
    assert answer.status_code == 422
    assert 'href="#id_title"' in answer.content.decode()
    assert not Decision.objects.exists()


def test_only_owners_begin():
    for person in (approver(), auditor()):
        assert signed_in(person).get("/decisions/new/").status_code == 403
        assert signed_in(person).post("/decisions/new/", TYPED).status_code == 403
    assert not Decision.objects.exists()
