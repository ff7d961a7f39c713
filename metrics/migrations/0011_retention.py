from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("metrics", "0010_trade_offs")]
    operations: ClassVar = []
