"""A Spark session as this project needs it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
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


def check_spark(master: str) -> None:
    """Refuse to go on without PySpark, Java, or a place that Spark knows how to reach.

    Raises:
        UsageError: One of them is not there.
    """
    if not re.fullmatch(r"local(\[([0-9]+|\*)\])?|yarn|(spark|k8s)://.+", master):
        raise UsageError(f"--master 请写如 local[2]、yarn、spark://主机:7077，不是“{master}”", f'write --master such as local[2], yarn or spark://host:7077, not "{master}"')
    if find_spec("pyspark") is None:
        raise UsageError("没有安装 PySpark：请运行 pip install 'bangfu[spark]'", "PySpark is not installed: pip install 'bangfu[spark]'")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise UsageError("没有 Java：Spark 需要 Java 17（apt-get install openjdk-17-jre-headless）", "there is no Java: Spark needs Java 17 (apt-get install openjdk-17-jre-headless)")


def open_session(master: str, more: Mapping[str, str]) -> Any:
    """Return a session; ``master`` as Spark writes it (``local[2]``, ``yarn``, ``spark://host:7077``).

    Raises:
        UsageError: It cannot be opened there.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("bangfu").master(master)
    for name, value in {**(LOCAL if master.startswith("local") else {}), **more, **NEEDED}.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (Py4JError, PySparkException, RuntimeError) as error:
        first = next((line for line in str(error).splitlines() if "Exception: " in line), str(error).split("\n", 1)[0])
        raise UsageError(f"Spark 在 {master} 打不开：{first[:300]}", f"Spark cannot be opened at {master}: {first[:300]}") from error
