"""Forms about consent, people's requests and how long data is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bangfu.server.areas.models import Level
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within
from bangfu.server.desk.admin_forms import REASON_MOST, day_input
from bangfu.server.registry.enums import KeptKind, Purpose, RequestKind, RequestStatus


class ConsentForm(forms.Form):
    """Somebody agrees, or their guardian."""

    purpose = forms.ChoiceField(label=_("同意什么"), choices=Purpose.choices)
    given_on = forms.DateField(label=_("同意日期"), widget=day_input())
    guardian = forms.CharField(label=_("监护人姓名"), max_length=60, required=False, help_text=_("不满十四周岁的必填"))
    guardian_relation = forms.CharField(label=_("监护人关系"), max_length=30, required=False)

    def clean(self) -> dict[str, Any]:
        """A guardian has name and relation, or neither."""
        said = super().clean() or {}
        if bool(said.get("guardian")) != bool(said.get("guardian_relation")):
            self.add_error("guardian_relation" if said.get("guardian") else "guardian", _("监护人的姓名和关系要一起填"))
        return said


class RequestForm(forms.Form):
    """Somebody asks about their own data."""

    kind = forms.ChoiceField(label=_("请求什么"), choices=RequestKind.choices)
    asked_on = forms.DateField(label=_("提出日期"), widget=day_input())
    asked_by = forms.CharField(label=_("提出人"), max_length=60)
    relation = forms.CharField(label=_("与本人关系"), max_length=30, help_text=_("本人、监护人或代理人"))
    checked_by = forms.CharField(label=_("怎样核对的身份"), max_length=100, help_text=_("例如：当面看身份证；委托书"))
    details = forms.CharField(label=_("内容"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AnswerForm(forms.Form):
    """The answer to a request."""

    status = forms.ChoiceField(label=_("结果"), choices=[c for c in RequestStatus.choices if c[0] != RequestStatus.OPEN])
    answer = forms.CharField(label=_("答复"), max_length=500, help_text=_("没有照办的，写明理由"), widget=forms.Textarea(attrs={"rows": 3}))


class PeriodForm(forms.Form):
    """How long something is kept."""

    district: Any = forms.ModelChoiceField(queryset=None, label=_("区县"), empty_label=None)
    kind = forms.ChoiceField(label=_("对象"), choices=KeptKind.choices)
    number = forms.IntegerField(label=_("期限"), min_value=1, max_value=1000)
    instrument = forms.CharField(label=_("依据"), max_length=200, help_text=_("文件名和文号，例如当地的档案管理办法"))

    def __init__(self, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = areas_within(scope).filter(level=Level.DISTRICT)  # type: ignore[attr-defined]


class HoldForm(forms.Form):
    """A legal hold; empty lifts it."""

    reason = forms.CharField(label=_("保全理由"), max_length=200, required=False, help_text=_("例如：行政复议进行中。留空就是解除保全"))


class EraseForm(forms.Form):
    """The end of keeping."""

    reason = forms.CharField(label=_("销毁依据"), max_length=REASON_MOST)
