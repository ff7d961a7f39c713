from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0003_formulas")]
    operations: ClassVar = []
