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
    UNITED = "united", "人员合并"
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


class Likeness(models.TextChoices):
    """Why two records may be of one person."""

    NAME_BIRTH = "name_birth", "姓名和出生日期相同"
    CARD = "card", "一卡通卡号相同"


class Purpose(models.TextChoices):
    """What somebody agrees to."""

    PROCESSING = "processing", "办理救助，处理个人信息"
    CHECKING = "checking", "核对家庭经济状况"
    SHARING = "sharing", "转给其他部门或社会组织帮扶"


class RequestKind(models.TextChoices):
    """What people may ask about their own data."""

    ACCESS = "access", "查阅"
    COPY = "copy", "复制"
    CORRECTION = "correction", "更正、补充"
    DELETION = "deletion", "删除"


class RequestStatus(models.TextChoices):
    """How a request stands."""

    OPEN = "open", "待答复"
    DONE = "done", "已照办"
    REFUSED = "refused", "未照办"


class KeptKind(models.TextChoices):
    """What a period is of; its unit stands in the name."""

    HOUSEHOLD = "household", "注销的户（年）"
    WITHDRAWN = "withdrawn", "撤回的材料（年）"
    ANSWER = "answer", "答复本人请求（天）"
