"""Forms of the policy room. They check shape; the pack itself says what a value may be."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from bangfu.server.assessment.models import ValueKind
from bangfu.server.desk.admin_forms import day_input

VALUE_MOST, LINES_MOST = 300, 2000
SCAN_INPUT = forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"})
WEB = URLValidator(["http", "https"], message=_("请填完整网址，以 http:// 或 https:// 开头"))


class ValueForm(forms.Form):
    """A value to be entered."""

    kind = forms.ChoiceField(label=_("类别"), choices=ValueKind.choices)
    address = forms.CharField(label=_("所设项目"), max_length=120, help_text=_("政策包里的名称，如 dibao_standard；从“还没定的值”或规则页点进来会自动填好"))
    value = forms.CharField(label=_("取值"), max_length=VALUE_MOST, help_text=_("带单位，如 970 元/人·月；分城乡的写 {urban: 970, rural: 800}；读法写选项代号；条件写表达式"))
    since = forms.DateField(label=_("从哪天起"), widget=day_input(), help_text=_("可以是以后的日子，到时自己生效；早于今天的会算出应补发多少"))
    instrument = forms.CharField(label=_("文号"), max_length=100, help_text=_("如 武民政〔2024〕5号"))
    source = forms.CharField(label=_("来源"), max_length=200, help_text=_("哪个单位、哪天印发或公布"))
    scan = forms.FileField(label=_("文件扫描件"), required=False, widget=SCAN_INPUT, help_text=_("盖章文件的 PDF、JPG 或 PNG，最多 20 MB；签署人要看过才能签。填错退回本页的，请重新选择文件"))
    published = forms.CharField(label=_("公开文件网址"), max_length=300, required=False, validators=[WEB], help_text=_("文件已在政府网站公开的填这里，可以不附扫描件。两样至少有一样"))


class SignForm(forms.Form):
    """The second person's word."""

    decision = forms.ChoiceField(label=_("决定"), choices=[("", _("请选择")), ("sign", _("同意，签署")), ("refuse", _("不同意，退回"))])
    read_scan = forms.BooleanField(label=_("我看过扫描件，与取值一致"), required=False, help_text=_("同意必须勾选"))
    reason = forms.CharField(label=_("理由"), max_length=VALUE_MOST, required=False, help_text=_("不同意必须写"))
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, has_scan: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_scan:
            del self.fields["read_scan"]


class WithdrawForm(forms.Form):
    """The end of a value."""

    instrument = forms.CharField(label=_("依据文号"), max_length=100)
    source = forms.CharField(label=_("来源"), max_length=200)
    scan = forms.FileField(label=_("文件扫描件"), required=False, widget=SCAN_INPUT, help_text=_("PDF、JPG 或 PNG"))
    published = forms.CharField(label=_("公开文件网址"), max_length=300, required=False, validators=[WEB])


class ChangesForm(forms.Form):
    """Changes that somebody only tries."""

    changes = forms.CharField(label=_("改动，每行一处"), max_length=LINES_MOST, widget=forms.Textarea(attrs={"rows": 4}), help_text=_("如 dibao_standard=+30、dibao_standard[urban]=970、phone_subsidy.rate=-5%"))
    day = forms.DateField(label=_("算哪一天"), widget=day_input())

    def lines(self) -> list[str]:
        """Return the changes."""
        return [line.strip() for line in str(self.cleaned_data["changes"]).splitlines() if line.strip()]


class FindingsForm(forms.Form):
    """Which findings of the night to show."""

    finding = forms.ChoiceField(label=_("结论"), required=False, choices=[("", _("全部")), ("missed", _("符合而未享受")), ("ended", _("享受而不再符合"))])
    entry = forms.ChoiceField(label=_("哪一项"), required=False)
    area = forms.ChoiceField(label=_("辖区"), required=False)

    def __init__(self, entries: list[tuple[str, str]], areas: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("entry", entries), ("area", areas)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("全部")), *choices]
