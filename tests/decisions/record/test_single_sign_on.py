"""A record of a decision whose approver signed with an OpenID Connect issuer."""

import json

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.urls import reverse

from approvals.services import keys
from config.kit.canonical import canonical
from config.kit.single_sign_on import PROVIDER_ID
from decisions.record.verify import NotTrue, verify_record
from decisions.services import records
from tests.factories import metrics
from tests.factories.approvals import approvers, owner, signed_in
from tests.factories.decisions import BACKLOG, RESOLUTION, approve, submitted
from tests.issuer import CLIENT, SECRET, issuer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var")]


def test_a_record_with_a_signature_by_single_sign_on_holds(settings):
    signer, *_ = approvers(3)
    metrics.weekly(metrics.metric(key=RESOLUTION), [82, 84, 83], until=2)
    metrics.weekly(metrics.metric(key=BACKLOG, direction="lower", baseline=3, target=2), [3, 4, 3], until=2)
    decision, request = submitted(owner())
    SocialAccount.objects.create(user=signer, provider=PROVIDER_ID, uid="subject-1")
    client = signed_in(signer)
    with issuer() as served:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = served.address, CLIENT, SECRET
        sent = {"verdict": "approve", "comment": "Weighed.", "digest": request.digest, "sso": "1"}
        there = client.post(reverse("approval_sign", args=[request.pk]), sent)["Location"]
        back = requests.get(there, allow_redirects=False, timeout=5).headers["Location"]
        assert client.get(back).status_code == 302
    approve(request)
    decision.refresh_from_db()
    record = json.loads(canonical(records.record_json(decision)))
    key = load_pem_public_key(keys.public_pem().encode())
    verify_record(record, key)
    assert [signature["credential"] for signature in record["signatures"]] == ["oidc", "password"]
    record["signatures"][0]["credential"] = "password"
    with pytest.raises(NotTrue, match="they differ in credential"):
        verify_record(record, key)
