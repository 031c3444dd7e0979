"""Words of the register."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where a statement comes from, weakest first."""

    DECLARED = "declared", _("本人申报")
    FEED = "feed", _("部门数据")
    VISIT = "visit", _("入户了解")
    VERIFIED = "verified", _("核实")


class HouseholdStatus(models.TextChoices):
    """Whether a household is on the register."""

    OPEN = "open", _("在册")
    CLOSED = "closed", _("已注销")


class EventKind(models.TextChoices):
    """What changes who belongs to which household."""

    OPENED = "opened", _("建档")
    JOINED = "joined", _("加入")
    LEFT = "left", _("离开")
    SPLIT = "split", _("分户")
    MERGED = "merged", _("并户")
    MOVED = "moved", _("迁移")
    RELATED = "related", _("关系变更")
    UNITED = "united", _("人员合并")
    DIED = "died", _("死亡")
    CLOSED = "closed", _("注销")


class Verdict(models.TextChoices):
    """What was decided about two records that look alike."""

    SAME = "same", _("同一人")
    DIFFERENT = "different", _("不是同一人")


class ImportStatus(models.TextChoices):
    """How far an uploaded ledger is."""

    CHECKING = "checking", _("核对中")
    CHECKED = "checked", _("待确认")
    REFUSED = "refused", _("不能导入")
    RUNNING = "running", _("导入中")
    DONE = "done", _("已导入")
    DROPPED = "dropped", _("已放弃")


class Likeness(models.TextChoices):
    """Why two records may be of one person."""

    NAME_BIRTH = "name_birth", _("姓名和出生日期相同")
    CARD = "card", _("一卡通卡号相同")


class Purpose(models.TextChoices):
    """What somebody agrees to."""

    PROCESSING = "processing", _("办理救助，处理个人信息")
    CHECKING = "checking", _("核对家庭经济状况")
    SHARING = "sharing", _("转给其他部门或社会组织帮扶")


class RequestKind(models.TextChoices):
    """What people may ask about their own data."""

    ACCESS = "access", _("查阅")
    COPY = "copy", _("复制")
    CORRECTION = "correction", _("更正、补充")
    DELETION = "deletion", _("删除")


class RequestStatus(models.TextChoices):
    """How a request stands."""

    OPEN = "open", _("待答复")
    DONE = "done", _("已照办")
    REFUSED = "refused", _("未照办")


class KeptKind(models.TextChoices):
    """What a period is of; its unit stands in the name."""

    HOUSEHOLD = "household", _("注销的户（年）")
    WITHDRAWN = "withdrawn", _("撤回的材料（年）")
    ANSWER = "answer", _("答复本人请求（天）")
