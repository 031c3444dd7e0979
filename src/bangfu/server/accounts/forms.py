"""Forms around signing in that differ from the library's."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm as ReauthenticatePasswordForm
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from axes.handlers.proxy import AxesProxyHandler
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_lazy as _


class OwnPasswordForm(ChangePasswordForm):
    """Choose a password of one's own: it differs from the one before."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""  # a link to resetting by mail, which is closed here

    def clean_password1(self) -> str:
        """Refuse the password that is in use."""
        new: str = self.cleaned_data["password1"]
        if self.user.check_password(new):
            raise ValidationError(gettext("新密码不能和现在的密码一样。"), code="same")
        return new


class SignInForm(LoginForm):
    """Sign in; who forgot the password asks an administrator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        self.fields["login"].label = gettext("登录名")


class PasswordAgainForm(ReauthenticatePasswordForm):
    """The password once more, before something delicate."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class LockedCodeMixin:
    """Codes are guessed no more often than passwords: the same lock holds for both."""

    def clean_code(self) -> str:
        """Refuse while the account is locked, whatever the code."""
        credentials = {"username": self.user.username}  # type: ignore[attr-defined]
        if not AxesProxyHandler.is_allowed(context.request, credentials):
            raise ValidationError(_("输错次数过多，账号已暂时锁定。请半小时后再试，或请安全管理员协助。"), code="locked")
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as error:
            if error.code != "incorrect_code":
                raise
            raise ValidationError(_("这个码不对。验证器每 30 秒换一个码，请填它现在显示的；刚用过的要等下一个。一直不对，请看手机的时间是否自动校准。"), code=error.code) from None
        return code


class CodeForm(LockedCodeMixin, AuthenticateForm):
    """The second step of signing in."""


class CodeAgainForm(LockedCodeMixin, ReauthenticateForm):
    """The code once more, before something delicate."""
