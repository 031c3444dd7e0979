"""The filters of a list of households: what may be asked, and what a query string asks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from bangfu.rules.pack.model import Pack
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within
from bangfu.server.assessment.models import Finding
from bangfu.server.portal.words import language
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.listing import TRAITS, Wanted
from bangfu.server.registry.search import WORDS_MOST

SELECTED = mark_safe(" selected")
SIZES = [("", _("不限")), *((str(n), str(n)) for n in range(1, 5)), ("5", _("5 人以上"))]


class Choices(forms.Select):
    """A drop-down that writes its options itself: Django's own carries out a template for each, and this page has hundreds."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Return the control."""
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value]) if one is not None}
        options = format_html_join("", '<option value="{}"{}>{}</option>', ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices))
        return format_html("<select{}>{}</select>", flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name})), options)


class ListForm(forms.Form):
    """Filters; an unknown value is said, not ignored."""

    q = forms.CharField(label=_("姓名、拼音、住址或户编号"), max_length=WORDS_MOST, required=False)
    area: Any = forms.ModelChoiceField(queryset=None, widget=Choices, to_field_name="code", label=_("辖区"), required=False, empty_label=_("全部"))
    age = forms.ChoiceField(widget=Choices, label=_("家里有"), required=False, choices=[("", _("不限")), ("old", _("60 岁以上老人")), ("very_old", _("80 岁以上老人")), ("minor", _("未成年人"))])
    trait = forms.ChoiceField(widget=Choices, label=_("情况"), required=False)
    size = forms.ChoiceField(widget=Choices, label=_("人数"), required=False, choices=SIZES)
    record = forms.ChoiceField(widget=Choices, label=_("领取记录"), required=False, choices=[("", _("不限")), ("some", _("有")), ("none", _("登记为没有")), ("unknown", _("还没有登记"))])
    entry = forms.ChoiceField(widget=Choices, label=_("领过或认定为"), required=False)
    finding = forms.ChoiceField(widget=Choices, label=_("昨晚测算"), required=False, choices=[("", _("不限")), *((f.value, f.label) for f in Finding)])
    conflict = forms.ChoiceField(widget=Choices, label=_("来源"), required=False, choices=[("", _("不限")), ("1", _("有不一致"))])
    status = forms.ChoiceField(widget=Choices, label=_("状态"), required=False, choices=[("", _("在册")), ("closed", HouseholdStatus.CLOSED.label), ("all", _("全部"))])

    def __init__(self, scope: Scope, packs: list[Pack], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = areas_within(scope)  # type: ignore[attr-defined]
        lang = language()
        facts = {name: pack.vocabulary.facts[name] for pack in packs for name in TRAITS if name in pack.vocabulary.facts}
        entries = {e.id: e.label.text(lang) for pack in packs for e in pack.entries.values() if (e.is_benefit or e.kind == "recognition") and e.per not in (None, "place")}
        self.fields["trait"].choices = [("", _("不限")), *((name, fact.label.text(lang)) for name, fact in facts.items())]  # type: ignore[attr-defined]
        self.fields["entry"].choices = [("", _("不限")), *sorted(entries.items(), key=lambda pair: pair[1])]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Wanted:
        """Return the list that is asked for."""
        said = self.cleaned_data
        return Wanted(
            words=said["q"].strip(), area=said["area"], status=said["status"] or "open", age=said["age"], trait=said["trait"],
            size=int(said["size"]) if said["size"] else None, record=said["record"], entry=said["entry"], conflict=bool(said["conflict"]),
        )  # fmt: skip

    @property
    def asked(self) -> list[tuple[str, str, str]]:
        """Return (name, label, value in words) of each filter that is set."""
        found = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if value:
                choices = {str(k): str(v) for k, v in getattr(field, "choices", [])} if name != "area" else {}
                found.append((name, str(field.label), choices.get(str(value), str(value))))
        return found
