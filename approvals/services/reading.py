"""Remember which sections a person has read, until they change."""

from collections.abc import Sequence

from approvals import subjects
from approvals.domain.review import ReviewSection, section_digest
from approvals.models import ApprovalRequest, SectionView, User
from config.kit.canonical import parse
from config.kit.refusals import BadInput


def sections_of(request: ApprovalRequest) -> Sequence[ReviewSection]:
    """Return the sections of the request's content."""
    return subjects.get(request.kind).sections(parse(request.content))[0]


def note(request: ApprovalRequest, *, by: User, section: str, read: bool) -> ReviewSection:
    """Remember, or forget, that the person has read one section as it stands in this request."""
    found = next((each for each in sections_of(request) if each.key == section), None)
    if found is None:
        raise BadInput({"section": ["There is no such section."]})
    if read:
        _remember(request, by, [found])
    else:
        SectionView.objects.filter(
            person=by, kind=request.kind, subject_id=request.subject_id, section=section
        ).delete()
    return found


def note_all(request: ApprovalRequest, *, by: User) -> None:
    """Remember that the person has read everything: they have signed it."""
    _remember(request, by, sections_of(request))


def _remember(request: ApprovalRequest, by: User, sections: Sequence[ReviewSection]) -> None:
    SectionView.objects.bulk_create(
        [
            SectionView(
                person=by,
                kind=request.kind,
                subject_id=request.subject_id,
                section=section.key[:60],
                digest=section_digest(section),
                request=request,
            )
            for section in sections
        ],
        update_conflicts=True,
        unique_fields=["person", "kind", "subject_id", "section"],
        update_fields=["digest", "request", "at"],
    )
