"""Forms of the changes of a household's make-up. Each knows the act that it asks for; what fits is checked there."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext, gettext_lazy as _

from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import communities_within
from bangfu.server.desk.admin_forms import day_input
from bangfu.server.registry import change_actions as act
from bangfu.server.registry.ledger_file import ADDRESS_MOST
from bangfu.server.registry.models import Household, Person
from bangfu.server.registry.selectors import MemberOn

Choices = list[tuple[str, str]]
Text = Any
"""A text, perhaps translated when it is shown."""


class ChangeForm(forms.Form):
    """A change from a day on, by somebody who saw the household at a version."""

    title: ClassVar[Text] = ""
    lead: ClassVar[Text] = ""
    day_label: ClassVar[Text] = _("从哪一天起")
    on = forms.DateField(widget=day_input())
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, household: Household, members: list[MemberOn], kinship: Choices, scope: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.household, self.members, self.kinship, self.scope = household, members, kinship, scope
        self.fields["on"].label = self.day_label
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the household."""

    def carry_out(self) -> None:
        """Do what the form asks for."""
        raise NotImplementedError

    def add_relations(self, label: str, *, members: list[MemberOn] | None = None, needed: bool = False) -> None:
        """Add a relation for each member; left empty, it stays as it is."""
        for member in self.members if members is None else members:
            choices = [("", gettext("不变")), *self.kinship]
            if needed:  # who comes from elsewhere is nobody's head here, and is not asked about a relation that was guessed
                choices = self.kinship if members is None else [("", gettext("请选择")), *(pair for pair in self.kinship if pair[0] != act.HEAD)]
            field = forms.ChoiceField(label=label % {"name": member.person.name}, choices=choices, required=needed)
            field.initial = member.relation if needed and members is None else None
            self.fields[f"relation_{member.person.pk}"] = field

    def relations(self, *, without: set[int] | None = None) -> dict[int, str]:
        """Return the relations that were given."""
        found = {int(name.removeprefix("relation_")): value for name, value in self.cleaned_data.items() if name.startswith("relation_") and value}
        return {pk: value for pk, value in found.items() if pk not in (without or set())}

    def add_person(self, label: Text) -> None:
        """Add the choice of a member. Nobody is chosen beforehand: a death cannot be taken back."""
        people = [(str(m.person.pk), m.person.name) for m in self.members]
        self.fields["person"] = forms.ChoiceField(label=label, choices=[("", gettext("请选择")), *people])

    def person(self) -> Person:
        """Return the member that was chosen."""
        return next(m.person for m in self.members if str(m.person.pk) == self.cleaned_data["person"])


class MoveForm(ChangeForm):
    """The household lies elsewhere."""

    title, lead = _("迁移"), _("整户搬到别的社区或住址。只能迁到您管的社区；迁到别处的，请共同的上级办理。")

    def build(self) -> None:
        """Offer the communities of one's areas."""
        self.fields["community"] = forms.ModelChoiceField(communities_within(self.scope), label=_("社区"), initial=self.household.area_id, empty_label=None)
        self.fields["address"] = forms.CharField(label=_("住址"), max_length=ADDRESS_MOST, initial=self.household.address)

    def carry_out(self) -> None:
        """Move."""
        said = self.cleaned_data
        act.move(self.household, act.Lay(said["community"], said["address"]), said["on"], version=said["version"])


class SplitForm(ChangeForm):
    """Some members found a household of their own."""

    title, lead = _("分户"), _("一部分人另立一户。他们的事实和事项跟着走。")

    def build(self) -> None:
        """Ask of each where they go, and how who stays is related if the head goes."""
        for member in self.members:
            choices = [("", gettext("留在本户")), *((code, gettext("分出去，在新户是：%(relation)s") % {"relation": label}) for code, label in self.kinship)]
            self.fields[f"goes_{member.person.pk}"] = forms.ChoiceField(label=member.person.name, choices=choices, required=False)
        self.add_relations(gettext("户主分出时，%(name)s与留下的新户主的关系"))
        self.fields["address"] = forms.CharField(label=_("新户住址"), max_length=ADDRESS_MOST, required=False, help_text=_("空着就是和本户相同"))

    def carry_out(self) -> None:
        """Split."""
        said = self.cleaned_data
        goes = {int(name.removeprefix("goes_")): value for name, value in said.items() if name.startswith("goes_") and value}
        lay = act.Lay(self.household.area, said["address"]) if said["address"] else None
        act.split(self.household, goes, self.relations(without=set(goes)), said["on"], lay=lay, version=said["version"])


class MergeForm(ChangeForm):
    """Everybody of another household joins this one."""

    title, lead = _("并户"), _("把另一户的所有人并进来，那一户注销。先填那一户的编号。")

    def __init__(self, *args: Any, other: Household | None = None, coming: list[MemberOn] | None = None, **kwargs: Any) -> None:
        self.other, self.coming = other, coming or []
        super().__init__(*args, **kwargs)

    def build(self) -> None:
        """Ask how everybody who comes is related to the head."""
        self.add_relations(gettext("%(name)s与本户户主的关系"), members=self.coming, needed=True)

    def carry_out(self) -> None:
        """Merge."""
        assert self.other is not None
        act.merge(self.household, self.other, self.relations(), self.cleaned_data["on"], version=self.cleaned_data["version"])


class DeathForm(ChangeForm):
    """Somebody died."""

    title, lead, day_label = _("死亡"), _("去世的人到当天为止算在户内。户内没有别人的，这一户随之注销。"), _("死亡日期")

    def build(self) -> None:
        """Ask who, and the relations to another head."""
        self.add_person(_("谁"))
        self.add_relations(gettext("去世的是户主时，%(name)s与新户主的关系"))

    def carry_out(self) -> None:
        """Write the death."""
        person = self.person()
        act.die(self.household, person, self.cleaned_data["on"], self.relations(without={person.pk}), version=self.cleaned_data["version"])


class LeaveForm(ChangeForm):
    """Somebody leaves the register."""

    title, lead = _("离开"), _("离开本户又不进登记簿里别的户，例如外嫁、入伍、迁出本区县。")

    def build(self) -> None:
        """Ask who and why, and the relations to another head."""
        self.add_person(_("谁"))
        self.fields["reason"] = forms.CharField(label=_("原因"), max_length=200)
        self.add_relations(gettext("离开的是户主时，%(name)s与新户主的关系"))

    def carry_out(self) -> None:
        """Let them leave."""
        person, said = self.person(), self.cleaned_data
        act.leave(self.household, person, said["on"], self.relations(without={person.pk}), said["reason"], version=said["version"])


class RelateForm(ChangeForm):
    """Another head, other relations."""

    title, lead = _("变更户主和关系"), _("每人都填与新户主的关系，其中正好一人是“本人”。")

    def build(self) -> None:
        """Ask for everybody's relation."""
        self.add_relations("%(name)s", needed=True)

    def carry_out(self) -> None:
        """Give the relations."""
        act.relate(self.household, self.relations(), self.cleaned_data["on"], version=self.cleaned_data["version"])


class CloseForm(ChangeForm):
    """The household goes off the register."""

    title, lead, day_label = _("注销"), _("整户退出登记簿。以后仍可按日期回看。"), _("最后一天")

    def build(self) -> None:
        """Ask why."""
        self.fields["reason"] = forms.CharField(label=_("原因"), validators=[MaxLengthValidator(200)])

    def carry_out(self) -> None:
        """Close it."""
        act.close(self.household, self.cleaned_data["on"], self.cleaned_data["reason"], version=self.cleaned_data["version"])


FORMS: dict[str, type[ChangeForm]] = {
    "move": MoveForm, "split": SplitForm, "merge": MergeForm, "death": DeathForm, "leave": LeaveForm, "relations": RelateForm, "close": CloseForm,
}  # fmt: skip
