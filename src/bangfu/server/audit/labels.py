"""What the acts in the audit are called on screens. An act without a name here is shown by its code."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LABELS = {
    "account.made": _("开设账号"),
    "account.switched": _("启用或停用账号"),
    "account.unlocked": _("解除锁定"),
    "area.made": _("添加辖区"),
    "audit.exported": _("导出审计链摘要"),
    "date.advanced": _("推进演示日期"),
    "factor.added": _("设置动态口令"),
    "factor.recovery_used": _("用恢复码登录"),
    "factor.renewed": _("更换恢复码"),
    "factor.reset": _("重置动态口令"),
    "job.asked": _("发起任务"),
    "job.cancelled": _("取消任务"),
    "job.done": _("任务完成"),
    "job.failed": _("任务失败"),
    "job.retried": _("重试任务"),
    "keys.rotated": _("更换密钥"),
    "login.done": _("登录"),
    "login.failed": _("登录失败"),
    "login.locked": _("登录被锁定"),
    "logout.done": _("退出"),
    "password.changed": _("修改密码"),
    "password.reset": _("重置密码"),
    "relative.declared": _("近亲属备案"),
    "role.ended": _("终止角色"),
    "role.given": _("授予角色"),
    "sessions.ended": _("退出全部设备"),
    "changes": _("查看户内变动"),
    "consent.given": _("登记同意"),
    "consent.withdrawn": _("登记撤回同意"),
    "document": _("打开材料"),
    "documents": _("查看材料"),
    "duplicate": _("核对疑似重复"),
    "facts.worked_out": _("按陈述重算现况"),
    "file.destroyed": _("销毁材料"),
    "household.erased": _("销毁一户"),
    "household.held": _("保全一户"),
    "household.imported": _("导入一户"),
    "household.released": _("解除保全"),
    "import.confirmed": _("确认导入台账"),
    "import.done": _("台账导入完成"),
    "import.dropped": _("放弃导入台账"),
    "import.uploaded": _("上传台账"),
    "period.set": _("登记保存期限"),
    "person.copied": _("给本人复制件"),
    "person.told_apart": _("查重：不是同一人"),
    "person.united": _("查重：合为一人"),
    "person_rights": _("查看个人信息"),
    "register.exported": _("导出台账"),
    "request.answered": _("答复本人请求"),
    "request.made": _("登记本人请求"),
    "sighting.decided": _("处理异地重复"),
}


def label_of(code: str) -> str:
    """Return the name of an act."""
    return str(LABELS.get(code, code))
