"""Say of each comment what it is about; until now only its request said so."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_subjects(apps, schema_editor):
    """Copy kind and subject from the request."""
    Request = apps.get_model("approvals", "ApprovalRequest")
    own = Request.objects.filter(pk=OuterRef("request"))
    for name in ("Comment", "HistoricalComment"):
        rows = apps.get_model("approvals", name).objects.filter(kind="")
        rows.update(kind=Subquery(own.values("kind")[:1]), subject_id=Subquery(own.values("subject_id")[:1]))


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_comment_anchors")]

    operations = [migrations.RunPython(name_subjects, migrations.RunPython.noop)]
