"""What awaits somebody today: counts that lead to the list they count, drafts, to-dos, jobs that failed. By what one may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from bangfu.server.accounts.enums import ADMINS, Role
from bangfu.server.accounts.permissions import PERMISSIONS
from bangfu.server.accounts.selectors import assignments_on, scope_in, users_within
from bangfu.server.areas.scope import Scope
from bangfu.server.assessment.models import Finding, NightlyRun
from bangfu.server.assessment.selectors import findings, last_nights, left_out
from bangfu.server.assessment.standing import districts_over
from bangfu.server.assessment.values import waiting
from bangfu.server.jobs.models import JobStatus
from bangfu.server.jobs.selectors import jobs_within
from bangfu.server.registry.listing import Wanted, listed
from bangfu.server.todo.models import Todo
from bangfu.server.todo.selectors import open_todos
from bangfu.server.workspace.models import Draft
from bangfu.server.workspace.selectors import drafts_of

TODOS_MOST = 20


@dataclass(frozen=True, slots=True)
class Tile:
    """One count with what it counts and where that is listed; ``mark`` is '', 'open' or 'no'."""

    label: str
    number: int
    url: str
    mark: str = ""
    note: str = ""


@dataclass(slots=True)
class HomePage:
    """What the first page shows."""

    search: bool
    take_in: bool
    sections: list[tuple[str, list[Tile]]] = field(default_factory=list)
    drafts: list[tuple[Draft, str, str]] = field(default_factory=list)
    todos: list[Todo] = field(default_factory=list)


def home_page(user: Any, today: dt.date) -> HomePage:
    """Return the first page of somebody on a day."""
    held = list(assignments_on(user, today))
    roles = {Role(a.role) for a in held}
    may = {name: scope_in(held, name) for name, allowed in PERMISSIONS.items() if roles & allowed}
    page = HomePage("registry.view" in may, "registry.edit" in may)
    parts = (_register(may, today), _found(may), _policy(may), _work(may), _accounts(may, bool(roles & set(ADMINS))))
    for title, tiles in parts:
        shown = list(tiles)
        if shown:
            page.sections.append((title, shown))
    page.drafts = [(draft, *_draft(draft)) for draft in drafts_of(user) if draft.key.partition(":")[0] in ("new", "facts")]
    page.todos = list(open_todos(may["desk.home"], roles, user.pk)[:TODOS_MOST])
    return page


def _url(name: str, **query: str) -> str:
    return reverse(f"desk:{name}") + (f"?{urlencode(query)}" if query else "")


def _register(may: dict[str, Scope], today: dt.date) -> tuple[str, Iterator[Tile]]:
    def tiles(scope: Scope) -> Iterator[Tile]:
        yield Tile(_("在册家庭"), listed(scope, Wanted(), today).count(), _url("households"))
        yield Tile(_("来源不一致"), listed(scope, Wanted(conflict=True), today).count(), _url("households", conflict="1"), "open")
        yield Tile(_("领取情况还没有登记"), listed(scope, Wanted(record="unknown"), today).count(), _url("households", record="unknown"), "open")

    scope = may.get("registry.view")
    return _("我的辖区"), iter(()) if scope is None else tiles(scope)


def _found(may: dict[str, Scope]) -> tuple[str, Iterator[Tile]]:
    scope = may.get("assessment.view")
    nights = [] if scope is None else last_nights(scope)
    title = _("政策找人（%(day)s 测算）") % {"day": nights[0].on} if nights else _("政策找人")
    return title, iter(()) if scope is None else _finding_tiles(scope, nights)


def _finding_tiles(scope: Scope, nights: list[NightlyRun]) -> Iterator[Tile]:
    if not nights:
        yield Tile(_("还没有测算过"), 0, _url("nightly"), note=_("每晚一点以后自动测算，也可以由区里发起。"))
        return
    found = findings(scope, nights)
    for finding, mark in ((Finding.MISSED, "open"), (Finding.ENDED, "no")):
        rows = found.filter(finding=finding)
        households = rows.order_by().values("household").distinct().count()
        yield Tile(str(finding.label), rows.count(), _url("nightly", finding=finding.value), mark, _("%(number)s 户") % {"number": households})
    faulty = len(left_out(scope, nights))
    if faulty:
        yield Tile(_("测算不了的户"), faulty, _url("nightly"), "no")


def _policy(may: dict[str, Scope]) -> tuple[str, Iterator[Tile]]:
    def tiles(scope: Scope) -> Iterator[Tile]:
        for district in districts_over(scope):
            yield Tile(_("%(district)s：等待第二人签署的取值") % {"district": district}, waiting(district).count(), reverse("desk:policy_values", args=[district.code]), "open")

    scope = may.get("policy.sign")
    return _("政策"), iter(()) if scope is None else tiles(scope)


def _work(may: dict[str, Scope]) -> tuple[str, Iterator[Tile]]:
    def tiles(scope: Scope) -> Iterator[Tile]:
        for status, label, mark in ((JobStatus.FAILED, _("失败的任务"), "no"), (JobStatus.RUNNING, _("进行中的任务"), "")):
            yield Tile(label, jobs_within(scope).filter(status=status).count(), _url("admin_jobs", status=status.value), mark)

    scope = may.get("jobs.view")
    return _("后台任务"), iter(()) if scope is None else tiles(scope)


def _accounts(may: dict[str, Scope], is_admin: bool) -> tuple[str, Iterator[Tile]]:
    def tiles() -> Iterator[Tile]:
        if "accounts.view" in may:
            held = users_within(may["accounts.view"])
            yield Tile(_("启用的账号"), held.filter(is_active=True).count(), _url("admin_users"))
            yield Tile(_("还没有改首次密码"), held.filter(must_change_password=True, is_active=True).count(), _url("admin_users"), "open")
        if "audit.view" in may:
            yield Tile(_("审计查询"), 0, _url("admin_audit"), note=_("按人、事、日期、户查"))

    return _("管理"), tiles()


def _draft(draft: Draft) -> tuple[str, str]:
    """Return what a draft is of, and where it goes on."""
    if draft.household_id is None:
        mark = draft.key.partition(":")[2]
        return _("登记一户"), _url("new_household", form=mark) if mark else _url("new_household")
    _form, _pk, key = draft.key.split(":")
    return _("填写情况"), f"{reverse('desk:facts', args=[draft.household_id])}?{urlencode({'of': key})}"
