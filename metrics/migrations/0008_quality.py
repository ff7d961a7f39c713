from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0007_pulls")]
    operations: ClassVar = []
