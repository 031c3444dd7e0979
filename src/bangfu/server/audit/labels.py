"""What the acts in the audit are called on screens. An act without a name here is shown by its code."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

LABELS = {
    "account.made": _("开设账号"),
    "account.switched": _("启用或停用账号"),
    "account.unlocked": _("解除锁定"),
    "area.made": _("添加辖区"),
    "audit.exported": _("导出审计链摘要"),
    "collections.stated": _("说明事项列全"),
    "date.advanced": _("推进演示日期"),
    "facts.stated": _("记录情况"),
    "factor.added": _("设置动态口令"),
    "factor.recovery_used": _("用恢复码登录"),
    "factor.renewed": _("更换恢复码"),
    "factor.reset": _("重置动态口令"),
    "file.added": _("上传材料"),
    "file.withdrawn": _("撤回材料"),
    "household": _("查看一户"),
    "household.closed": _("注销一户"),
    "household.made_up": _("放入虚构资料"),
    "household.merged": _("并户"),
    "household.moved": _("迁移"),
    "household.opened": _("建档"),
    "household.related": _("变更与户主关系"),
    "household.split": _("分户"),
    "households": _("查看家庭列表"),
    "id.revealed": _("查看身份证全号"),
    "item.added": _("添加事项"),
    "item.withdrawn": _("撤销事项"),
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
    "person.died": _("登记死亡"),
    "person.joined": _("成员加入"),
    "person.left": _("成员离开"),
    "relative.declared": _("近亲属备案"),
    "role.ended": _("终止角色"),
    "role.given": _("授予角色"),
    "token.made": _("开设接口令牌"),
    "token.revoked": _("停用接口令牌"),
    "value.entered": _("录入政策取值"),
    "value.refused": _("退回政策取值"),
    "value.signed": _("签署政策取值"),
    "value.withdrawal_entered": _("录入撤回取值"),
    "whatif.asked": _("发起政策试算"),
    "whatif.done": _("政策试算完成"),
    "nightly.done": _("每晚测算完成"),
    "whatif.households": _("查看试算涉及的户"),
    "nightly.findings": _("查看政策找人线索"),
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

OBJECTS = {
    "accounts.apitoken": _("接口令牌"), "accounts.assignment": _("任职"), "accounts.nearrelative": _("近亲属"), "accounts.user": _("账号"), "areas.area": _("辖区"),
    "assessment.nightlyrun": _("每晚测算"), "assessment.policyvalue": _("政策取值"), "assessment.whatifrun": _("政策试算"), "audit.actor": _("经办人"), "files.storedfile": _("材料"),
    "jobs.job": _("任务"), "registry.consent": _("同意"), "registry.household": _("户"), "registry.importrun": _("导入台账"), "registry.item": _("事项"), "registry.period": _("保存期限"),
    "registry.person": _("人员"), "registry.personrequest": _("本人请求"), "registry.sighting": _("异地重复"), "selfcheck.kept": _("保存的自查"),
}  # fmt: skip


def label_of(code: str) -> str:
    """Return the name of an act."""
    return str(LABELS.get(code, code))


def object_label(kind: str) -> str:
    """Return what a kind of object is called."""
    return str(OBJECTS.get(kind, kind))
