"""Whom a record names: who acts in its ledger entries, and whom its dossier names; each with name and commitment."""

import json
from collections.abc import Iterable

from approvals.models import Identity, LedgerEntry, User
from approvals.services import ledger
from config.kit.canonical import parse
from decisions.domain.reading import dossier_from
from decisions.services.readiness import people_named
from decisions.services.record_content import Frozen


def identities(about: Frozen) -> list[Identity]:
    """Return the people by commitment; erased ones are left out.

    Whoever is only named has the first name that the ledger knew them by, so that no later one changes the record.
    """
    acting = Identity.objects.filter(commitment__in=_actors(about.entries), erased_at=None)
    found = {identity.commitment: identity for identity in acting}
    content = parse(about.version.text if about.version else about.request.content)
    named = set(people_named(dossier_from(content))) - {identity.username for identity in found.values()}
    for user in User.objects.filter(username__in=named - {""}):
        if identity := _first(user):
            found[identity.commitment] = identity
    return [found[commitment] for commitment in sorted(found)]


def _first(user: User) -> Identity | None:
    """Return the first identity that is not erased, made where the ledger never met the person."""
    known = list(user.identities.order_by("pk"))
    return next((each for each in known if each.erased_at is None), None) if known else ledger.identity_of(user)


def _actors(entries: Iterable[LedgerEntry]) -> set[str]:
    """Return the commitments of who acts in the entries or is signed for."""
    wanted = {entry.actor for entry in entries}
    for entry in entries:
        if entry.verb in {"signature.given", "signature.carried"}:
            said = json.loads(entry.payload)
            wanted |= {said.get("for_whom"), said.get("signer")}
            wanted |= {each["owner"] for each in said.get("conditions", ())}
    return wanted - {None}
