"""Forms of administration. They check shape; rights and rules are checked by the actions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from bangfu.server.accounts.enums import Role
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within
from bangfu.server.audit.selectors import Sought

REASON_MOST = 300
CSV_MOST = 1024 * 1024


def day_input() -> forms.DateInput:
    """Return a field for a day that browsers show a calendar for."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ScopedForm(forms.Form):
    """A form whose choices of areas lie inside a scope."""

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("area", "home"):
            if name in self.fields:
                field: Any = self.fields[name]
                field.queryset = areas_within(scope)
                if field.empty_label is not None:
                    field.empty_label = _("请选择")


class NewAccountForm(ScopedForm):
    """A new account."""

    username = forms.RegexField(r"^[A-Za-z0-9._-]{3,40}$", label=_("登录名"), help_text=_("3 到 40 个字母、数字、点、横线"))
    name = forms.CharField(label=_("姓名"), max_length=60)
    home: Any = forms.ModelChoiceField(queryset=None, label=_("所属辖区"))


class ReasonForm(forms.Form):
    """An act that needs a reason."""

    reason = forms.CharField(label=_("理由"), max_length=REASON_MOST)


class AssignForm(ScopedForm):
    """A role in an area from a day."""

    role = forms.ChoiceField(label=_("角色"), choices=Role.choices)
    area: Any = forms.ModelChoiceField(queryset=None, label=_("辖区"))
    since = forms.DateField(label=_("起"), widget=day_input())
    until = forms.DateField(label=_("止"), widget=day_input(), required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        said = super().clean() or {}
        if said.get("since") and said.get("until") and said["until"] < said["since"]:
            self.add_error("until", _("不能早于起始日期"))
        return said


class EndRoleForm(ReasonForm):
    """The end of a role."""

    assignment = forms.IntegerField(widget=forms.HiddenInput)
    until = forms.DateField(label=_("最后一天"), widget=day_input())


class SecureForm(ReasonForm):
    """Help for somebody who cannot sign in, or should not be signed in."""

    CHOICES = [("password", _("重置密码")), ("factor", _("重置动态口令")), ("sessions", _("退出全部设备")), ("unlock", _("解除锁定"))]
    what = forms.ChoiceField(label=_("做什么"), choices=CHOICES)


class RelativeForm(forms.Form):
    """A near relative who applies or receives."""

    name = forms.CharField(label=_("亲属姓名"), max_length=60)
    number = forms.CharField(label=_("身份证号"), max_length=18, help_text=_("只留检索值，不存号码"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    relation = forms.CharField(label=_("关系"), max_length=30)


class AreaForm(forms.Form):
    """One street or community."""

    code = forms.RegexField(r"^(\d{9}|\d{12})$", label=_("代码"), help_text=_("9 位（街道乡镇）或 12 位（社区村）"))
    name = forms.CharField(label=_("名称"), max_length=60)


class AreaFileForm(forms.Form):
    """A list of areas."""

    file = forms.FileField(label=_("CSV 文件"), help_text=_("两列：代码、名称。任何一行有错，全部不导入。"), validators=[FileExtensionValidator(["csv"])])

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        if file.size > CSV_MOST:
            raise forms.ValidationError(_("文件太大，最多 1 MB"))
        return file


class AuditForm(forms.Form):
    """What is searched for in the audit."""

    kind = forms.ChoiceField(label=_("查什么"), choices=[("acts", _("办理记录")), ("readings", _("查阅记录"))], required=False)
    who = forms.CharField(label=_("谁"), max_length=60, required=False)
    what = forms.CharField(label=_("做了什么"), max_length=60, required=False)
    household = forms.CharField(label=_("户编号"), max_length=24, required=False)
    since = forms.DateField(label=_("从"), widget=day_input(), required=False)
    until = forms.DateField(label=_("到"), widget=day_input(), required=False)

    def sought(self, households: list[int] | None) -> Sought:
        """Return the search."""
        said = self.cleaned_data
        return Sought(said["who"].strip(), said["what"].strip(), said["since"], said["until"], households)
