"""A Spark session as this project needs it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bangfu.rules.errors import UsageError

LOGGING = Path(__file__).with_name("spark-log4j2.properties")
NEEDED = {
    # Without it a number that does not fit wraps in silence, and a bad cast is NULL.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
}
LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""A session of one machine listens to that machine alone."""


def open_session(master: str, more: Mapping[str, str]) -> Any:
    """Return a new session; ``master`` as Spark writes it (``local[2]``, ``yarn``, ``spark://host:7077``).

    Raises:
        UsageError: PySpark or Java is not there.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise UsageError("没有安装 PySpark：请运行 pip install 'bangfu[spark]'", "PySpark is not installed: pip install 'bangfu[spark]'") from None
    if shutil.which("java") is None:
        raise UsageError("没有 Java：Spark 需要 Java 17（apt-get install openjdk-17-jre-headless）", "there is no Java: Spark needs Java 17 (apt-get install openjdk-17-jre-headless)")
    builder = SparkSession.builder.appName("bangfu").master(master)
    for name, value in {**(LOCAL if master.startswith("local") else {}), **more, **NEEDED}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
