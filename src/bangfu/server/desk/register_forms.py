"""Forms of the register's own screens. They check shape; what fits the register is checked by its actions."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import FileExtensionValidator
from django.utils.translation import gettext_lazy as _

from bangfu.rules.ledger.read import LIMIT_BYTES
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import REASON_MOST, ScopedForm, day_input
from bangfu.server.registry.enums import Source

FILES_MOST = 20
EXCEL_INPUT = forms.FileInput(attrs={"accept": ".xlsx"})


class LedgerForm(ScopedForm):
    """A ledger to be taken in."""

    area: Any = forms.ModelChoiceField(queryset=None, label=_("辖区"), empty_label=None, help_text=_("台账里的户都要在这个辖区里。选街道或区县时，“户”页每行要填社区代码。"))
    taken_on = forms.DateField(label=_("台账日期"), widget=day_input(), help_text=_("这份台账说的是哪一天的情况。新建的户从这一天起在册。"))
    source = forms.ChoiceField(label=_("来源"), choices=Source.choices, help_text=_("同一件事有几个来源时，核实的优先于入户了解，再其次是部门数据和本人申报。"))
    file = forms.FileField(label=_("Excel 台账（.xlsx）"), widget=EXCEL_INPUT, validators=[FileExtensionValidator(["xlsx"], _("请选 .xlsx 文件"))])

    def clean_taken_on(self) -> dt.date:
        """Refuse a day that has not come."""
        day: dt.date = self.cleaned_data["taken_on"]
        if day > clock.today():
            raise forms.ValidationError(_("台账日期不能晚于今天"))
        return day

    def clean_file(self) -> Any:
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LIMIT_BYTES:
            raise forms.ValidationError(_("文件太大，最多 50 MB，请分成几个"))
        return file


class SeveralFilesInput(forms.FileInput):
    """A field for several files at once."""

    allow_multiple_selected = True


class SeveralFiles(forms.FileField):
    """Several files; its value is their list."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Check each, and how many there are."""
        files = data if isinstance(data, list | tuple) else [data]
        if len(files) > FILES_MOST:
            raise forms.ValidationError(_("一次最多 20 个文件"))
        return [super(SeveralFiles, self).clean(file, initial) for file in files or [None]]


class DocumentForm(forms.Form):
    """Documents or photos of a household, of one kind."""

    file = SeveralFiles(
        label=_("文件"), help_text=_("照片（JPG、PNG、WebP）、PDF、Word 或 Excel，每个最多 20 MB，可以一次选几个。照片可以直接用手机拍。"),
        widget=SeveralFilesInput(attrs={"accept": "image/jpeg,image/png,image/webp,.pdf,.docx,.xlsx"}),
    )  # fmt: skip
    word = forms.ChoiceField(label=_("是什么材料"), required=False)
    person = forms.ChoiceField(label=_("是谁的"), required=False)

    def __init__(self, words: list[tuple[str, str]], people: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].choices = [("", _("其他")), *words]  # type: ignore[attr-defined]
        self.fields["person"].choices = [("", _("全户")), *people]  # type: ignore[attr-defined]


class ApartForm(forms.Form):
    """Two records are of two people."""

    reason = forms.CharField(label=_("依据"), max_length=REASON_MOST, help_text=_("例如：核对户口簿，是两个人"))


class UniteForm(forms.Form):
    """Two records are of one person."""

    kept = forms.ChoiceField(label=_("保留哪一条记录"), help_text=_("姓名以保留的为准；两条记录的事实、材料和经历都会留下"), widget=forms.RadioSelect)
    home = forms.ChoiceField(label=_("现在属于哪一户"), widget=forms.RadioSelect)
    reason = forms.CharField(label=_("依据"), max_length=REASON_MOST, help_text=_("例如：身份证和户口簿核对为同一人"))

    def __init__(self, people: list[tuple[str, str]], homes: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kept"].choices = people  # type: ignore[attr-defined]
        self.fields["home"].choices = homes  # type: ignore[attr-defined]
        if len(homes) < 2:
            del self.fields["home"]


class SightingForm(forms.Form):
    """What came of a number that was entered in two places."""

    decision = forms.CharField(label=_("怎样处理"), max_length=200, help_text=_("例如：已办迁移；录入有误，已通知更正"))
