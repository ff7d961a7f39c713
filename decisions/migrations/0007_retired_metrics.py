from django.db import migrations, models

CAUSES = [
    ("signal", "A value broke an assumption"),
    ("refresh", "Evidence is overdue"),
    ("definition", "A metric's definition changed"),
    ("retired", "A metric was retired"),
    ("review", "A review asks for it"),
    ("person", "Somebody asked"),
    ("correction", "What an answer rested on was corrected"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0006_framing_evidence"),
    ]

    operations = [
        migrations.AlterField(model_name="ground", name="cause", field=models.CharField(choices=CAUSES, max_length=10)),
        migrations.AlterField(
            model_name="reevaluation", name="cause", field=models.CharField(choices=CAUSES, max_length=10)
        ),
    ]
