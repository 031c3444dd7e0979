"""The attempts a job had when somebody last asked to try it again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_cancel_asked")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="attempts_before",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="重试前次数"),
        ),
    ]
