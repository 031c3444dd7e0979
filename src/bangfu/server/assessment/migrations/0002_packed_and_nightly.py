"""Assessments are kept packed with their hash; a night is a run with findings and totals. No earlier version wrote these tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("areas", "0001_initial"),
        ("assessment", "0001_initial"),
        ("registry", "0001_initial"),
    ]

    operations = [
        migrations.DeleteModel(name="NightlyRow"),
        migrations.RemoveField(model_name="storedassessment", name="result"),
        migrations.AddField(model_name="storedassessment", name="packed", field=models.BinaryField(default=b""), preserve_default=False),
        migrations.AddField(model_name="storedassessment", name="result_hash", field=models.CharField(default="", max_length=64), preserve_default=False),
        migrations.AddField(model_name="storedassessment", name="reason", field=models.CharField(blank=True, max_length=200, verbose_name="理由", default=""), preserve_default=False),
    ]
