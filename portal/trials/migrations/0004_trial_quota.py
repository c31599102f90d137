from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trials", "0003_reading_schemes_and_rescans"),
    ]

    operations = [
        migrations.AddField(
            model_name="trial",
            name="quota_bytes",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
    ]
