"""Tokens of programs that call the API: made and ended by the security administrator; the text is shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import users_within
from bangfu.server.api.tokens import TokenRefusedError, make_token, revoke, tokens_within
from bangfu.server.areas.selectors import areas_within
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm, day_input
from bangfu.server.desk.words import said_by

PER_PAGE = 50


class TokenForm(forms.Form):
    """A new token."""

    CHOICES = [
        ("policy.view", gettext_lazy("查政策、按所给事实测算")), ("registry.view", gettext_lazy("查户和资料")), ("registry.edit", gettext_lazy("把测算存档")),
        ("assessment.view", gettext_lazy("测算在册的户、查线索")), ("assessment.run", gettext_lazy("发起全区测算")), ("jobs.view", gettext_lazy("查任务")),
    ]  # fmt: skip
    name = forms.CharField(label=gettext_lazy("用途"), max_length=60, help_text=gettext_lazy("哪个系统用它、做什么"))
    user: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("所用账号"), help_text=gettext_lazy("令牌能做的不会多于这个账号；账号停用或任职终止，令牌随之失效"))
    area: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("辖区"))
    actions = forms.MultipleChoiceField(label=gettext_lazy("可做的事"), choices=CHOICES, widget=forms.SelectMultiple(attrs={"size": 6}))
    expires_on = forms.DateField(label=gettext_lazy("最后一天"), widget=day_input(), help_text=gettext_lazy("最长一年"))

    def __init__(self, scope: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = users_within(scope).filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["area"].queryset = areas_within(scope)  # type: ignore[attr-defined]


@staff("api.tokens")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens; make one, whose text is shown this once."""
    form = TokenForm(request.scope, request.POST or None)  # type: ignore[attr-defined]
    text = ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            _made, text = make_token(request.scope, said["name"], said["user"], said["area"], said["actions"], said["expires_on"])  # type: ignore[attr-defined]
            form = TokenForm(request.scope)  # type: ignore[attr-defined]
        except TokenRefusedError as error:
            form.add_error(None, said_by(error))
    page = Paginator(tokens_within(request.scope), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    today, names = clock.today(), dict(TokenForm.CHOICES)
    rows = [(token, [names.get(action, action) for action in token.actions], _state(token, today)) for token in page]
    return render(request, "desk/admin/tokens.html", {"form": form, "text": text, "page": page, "rows": rows, "reason_form": ReasonForm()}, status=422 if form.errors else 200)


def _state(token: Any, today: Any) -> str:
    if token.revoked_at:
        return _("已停用")
    return _("已到期") if token.expires_on < today else ""


@staff("api.tokens")
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    found, form = get_object_or_404(tokens_within(request.scope), pk=pk), ReasonForm(request.POST)  # type: ignore[attr-defined]
    if form.is_valid():
        revoke(found, form.cleaned_data["reason"])
        messages.success(request, _("令牌已停用。"))
    else:
        messages.error(request, _("停用令牌请写明理由。"))
    return redirect("desk:admin_tokens")


