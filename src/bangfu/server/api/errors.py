"""Every refusal has one shape: a code, a sentence in both languages, and what is wrong where."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NoReturn

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from bangfu.rules.errors import BangfuError, FaultsError

LONGEST_NUMBER = 40
MOST_BYTES = 256 * 1024
PROBLEMS = (400, 401, 403, 404, 409, 413, 422, 429)


class RefusedError(Exception):
    """A call is refused: HTTP status, code, and why in both languages."""

    def __init__(self, status: int, code: str, zh: str, en: str, faults: list[dict[str, str]] | None = None) -> None:
        super().__init__(en)
        self.status, self.code, self.zh, self.en, self.faults = status, code, zh, en, faults or []


def not_here(what_zh: str, what_en: str) -> RefusedError:
    """Return the refusal of what is not there or lies outside the token's areas: nobody learns which."""
    return RefusedError(404, "not_found", f"没有{what_zh}，或不在令牌的辖区内", f"there is no {what_en} in the areas of this token")


class StrictParser(Parser):
    """Reads JSON without what JSON does not have (NaN) and without numbers that only cost time; decimals stay exact."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Return the body.

        Raises:
            RefusedError: It is too large or no JSON.
        """
        if len(request.body) > MOST_BYTES:
            raise RefusedError(413, "size", f"一次最多 {MOST_BYTES // 1024} KB", f"at most {MOST_BYTES // 1024} KB at once")
        try:
            return json.loads(request.body.decode("utf-8"), parse_constant=_refused, parse_float=_exact, parse_int=_whole, object_pairs_hook=_once)
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "json", f"不是可用的 JSON：{error}", f"this is no usable JSON: {error}") from None


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _exact(text: str) -> Fraction:
    if len(text) > LONGEST_NUMBER or "e" in text.lower():
        raise ValueError(f"write a plain decimal, not {text[:LONGEST_NUMBER]}")
    return Fraction(text)


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def install(api: NinjaAPI) -> None:
    """Let each kind of error answer in the one shape."""

    def says(kind: type[Exception], answer: Callable[[Any], RefusedError]) -> None:
        @api.exception_handler(kind)
        def handle(request: HttpRequest, error: Any) -> HttpResponse:
            found = answer(error)
            body = {"code": found.code, "zh": found.zh, "en": found.en, "faults": found.faults}
            response = api.create_response(request, body, status=found.status)
            if found.status == 401:
                response["WWW-Authenticate"] = "Bearer"
            if found.status == 429:
                response["Retry-After"] = "60"
            return response

    says(RefusedError, lambda error: error)
    says(AuthenticationError, lambda error: RefusedError(401, "token", "令牌缺失、无效或已过期", "the token is missing, wrong or over"))
    says(Http404, lambda error: not_here("这一项", "such thing"))
    says(HttpError, lambda error: error.__cause__ if isinstance(error.__cause__, RefusedError) else RefusedError(error.status_code, "call", f"请求有误：{error}", str(error)))
    says(ValidationError, _invalid)
    says(FaultsError, lambda error: RefusedError(422, "facts", error.text("zh").splitlines()[0], error.text("en").splitlines()[0], [{"where": f"{f.file}:{f.line}", "zh": f.zh, "en": f.en} for f in error.faults[:50]]))
    says(BangfuError, lambda error: RefusedError(422, "rules", error.text("zh"), error.text("en")))


def _invalid(error: ValidationError) -> RefusedError:
    faults = [{"where": ".".join(str(part) for part in each["loc"]), "zh": f"不合要求：{each['msg']}", "en": str(each["msg"])} for each in error.errors[:50]]
    return RefusedError(422, "shape", "请求的内容不合要求", "the call does not fit its shape", faults)
