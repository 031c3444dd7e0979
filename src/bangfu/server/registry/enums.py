"""Words of the register."""

from django.db import models


class Source(models.TextChoices):
    """Where a statement comes from, weakest first."""

    DECLARED = "declared", "本人申报"
    FEED = "feed", "部门数据"
    VISIT = "visit", "入户了解"
    VERIFIED = "verified", "核实"


class HouseholdStatus(models.TextChoices):
    """Whether a household is on the register."""

    OPEN = "open", "在册"
    CLOSED = "closed", "已注销"


class EventKind(models.TextChoices):
    """What changes who belongs to which household."""

    OPENED = "opened", "建档"
    JOINED = "joined", "加入"
    LEFT = "left", "离开"
    SPLIT = "split", "分户"
    MERGED = "merged", "并户"
    MOVED = "moved", "迁移"
    RELATED = "related", "关系变更"
    DIED = "died", "死亡"
    CLOSED = "closed", "注销"


class Verdict(models.TextChoices):
    """What was decided about two records that look alike."""

    SAME = "same", "同一人"
    DIFFERENT = "different", "不是同一人"


class ImportStatus(models.TextChoices):
    """How far an uploaded ledger is."""

    CHECKING = "checking", "核对中"
    CHECKED = "checked", "待确认"
    REFUSED = "refused", "不能导入"
    RUNNING = "running", "导入中"
    DONE = "done", "已导入"
    DROPPED = "dropped", "已放弃"
