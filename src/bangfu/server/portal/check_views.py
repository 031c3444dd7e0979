"""The self-check: who lives together, one question a page, all answers, the result; back and change at any time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bangfu.rules.engine import Engine
from bangfu.rules.interview import Question
from bangfu.server.accounts.guards import public
from bangfu.server.calendar import clock
from bangfu.server.portal import browser
from bangfu.server.portal.asking import Form, form_of, plain, read, said_text
from bangfu.server.portal.places import engine_at, place_on, today_words
from bangfu.server.portal.printed import result_pdf
from bangfu.server.portal.result import Result, Teller
from bangfu.server.portal.views import place_page
from bangfu.server.portal.words import language
from bangfu.server.selfcheck.sitting import MOST_PEOPLE, Sitting, makes_sense, single_question

LONGEST_NAME = 12
DESTINATIONS = {"answers": "portal:answers", "result": "portal:result"}
form_page = require_http_methods(["GET", "HEAD", "POST"])


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page with answers out of every store, also the browser's."""
    response["Cache-Control"] = "no-store"
    return response


def carried(target: str, sitting: Sitting) -> HttpResponse:
    """Send the browser on with the sitting as it stands now."""
    response = HttpResponseRedirect(target)
    browser.put(response, sitting)
    return private(response)


@public
@require_safe
def start(request: HttpRequest, key: str) -> HttpResponse:
    """Explain the self-check; offer to go on with one that was begun."""
    sitting = browser.sitting_of(request, key, engine_at(key))
    response = place_page(request, "portal/check/start.html", key, sitting=sitting)
    browser.remember_place(response, key)
    return private(response)


@public
@form_page
def people(request: HttpRequest, key: str) -> HttpResponse:
    """Ask who lives together; names are optional and are for the page alone."""
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    rows = [(n, name) for n, name in enumerate(sitting.names)] if sitting else [(-1, "")]
    if request.method != "POST":
        return private(place_page(request, "portal/check/people.html", key, **_people(rows, sitting)))
    rows, fault = _posted_people(request, sitting)
    if fault or any(word in request.POST for word in ("add", "drop")):
        return private(place_page(request, "portal/check/people.html", key, status=422 if fault else 200, **_people(rows, sitting, fault)))
    if sitting is None:
        sitting = Sitting(key, [name for _, name in rows])
    else:
        sitting.set_people([name for _, name in rows], [before for before, _ in rows])
    sitting.look_ahead(sitting.interview(engine, clock.today()))
    return _next(key, sitting, request.POST.get("then", ""))


def _people(rows: list[tuple[int, str]], sitting: Sitting | None, fault: str = "") -> dict[str, Any]:
    return {"rows": rows, "fault": fault, "sitting": sitting, "most": MOST_PEOPLE, "longest": LONGEST_NAME, "full": len(rows) >= MOST_PEOPLE}


def _posted_people(request: HttpRequest, sitting: Sitting | None) -> tuple[list[tuple[int, str]], str]:
    """Return the rows (former place, name) as posted, changed by the button that was pressed, and what is wrong."""
    names = [plain(name) for name in request.POST.getlist("name")][: MOST_PEOPLE + 1] or [""]
    known = range(len(sitting.names)) if sitting else range(0)
    before = [int(n) if n.isdecimal() and len(n) < 3 and int(n) in known else -1 for n in request.POST.getlist("was")]
    before = [was if was not in before[:n] else -1 for n, was in enumerate(before)]  # nobody is two people
    rows = [(before[n] if n < len(before) else -1, name) for n, name in enumerate(names)]
    drop = request.POST.get("drop", "")
    if drop.isdecimal() and len(drop) < 3 and 0 < int(drop) < len(rows):
        del rows[int(drop)]
    if "add" in request.POST and len(rows) < MOST_PEOPLE:
        rows.append((-1, ""))
    if len(rows) > MOST_PEOPLE:
        return rows[:MOST_PEOPLE], _("这里最多填 %(most)s 个人。人更多的家庭请直接到社区办理。") % {"most": MOST_PEOPLE}
    if any(len(name) > LONGEST_NAME for _was, name in rows):
        return [(was, name[:LONGEST_NAME]) for was, name in rows], _("称呼最多 %(most)s 个字，太长的已经截短，请看一看。") % {"most": LONGEST_NAME}
    return rows, ""


@public
@require_safe
def onward(request: HttpRequest, key: str) -> HttpResponse:
    """Go to the next question, to the result where there is none, or to the beginning."""
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    if sitting is None:
        return private(HttpResponseRedirect(reverse("portal:start", args=[key])))
    if sitting.pending is None and not sitting.ended:
        sitting.look_ahead(sitting.interview(engine, clock.today()))
    return _next(key, sitting, "")


def _next(key: str, sitting: Sitting, then: str) -> HttpResponse:
    if then in DESTINATIONS:
        return carried(reverse(DESTINATIONS[then], args=[key]), sitting)
    if sitting.pending is None:
        return carried(reverse("portal:result", args=[key]), sitting)
    return carried(reverse("portal:question", args=[key, len(sitting.answers) + 1]), sitting)


@public
@form_page
def question(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Ask one question by its place: an answered one to change it, or the next."""
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    if sitting is None:
        return _lost(request, key)
    if 1 <= number <= len(sitting.answers):
        asked, said = sitting.answers[number - 1]
    elif number == len(sitting.answers) + 1 and sitting.pending is not None:
        asked, said = sitting.pending, None
    else:
        return private(HttpResponseRedirect(reverse("portal:onward", args=[key])))
    return _question(request, key, engine, sitting, asked, said)


@public
@form_page
def ask(request: HttpRequest, key: str, kind: str, name: str, row: str) -> HttpResponse:
    """Ask one named question, where a result says that it would settle something."""
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    if sitting is None:
        return _lost(request, key)
    asked = single_question(kind, name, "" if row == "-" else row, engine.pack)
    if asked is None or not makes_sense(sitting.interview(engine, clock.today()), asked):
        return private(HttpResponseRedirect(reverse("portal:result", args=[key])))
    said = next((value for q, value in sitting.answers if q == asked), None)
    return _question(request, key, engine, sitting, asked, said)


def _lost(request: HttpRequest, key: str) -> HttpResponse:
    """Say that there is no sitting in this browser, or none any more."""
    return private(place_page(request, "portal/check/lost.html", key, status=410 if request.method == "POST" else 200))


def _question(request: HttpRequest, key: str, engine: Engine, sitting: Sitting, asked: Question, said: Any) -> HttpResponse:
    """Show one question, or take its answer."""
    then = request.POST.get("then", "") or request.GET.get("then", "")
    then = then if then in DESTINATIONS else ""
    form = form_of(engine, sitting, asked, said)
    if request.method != "POST":
        return private(place_page(request, "portal/check/question.html", key, **_shown(key, engine, sitting, form, then)))
    if request.POST.get("mark") != form.mark:
        # a page of before: the answers changed meanwhile (another window, the back button)
        return private(place_page(request, "portal/check/question.html", key, status=409, stale=True, **_shown(key, engine, sitting, form, then)))
    value = None if "unsure" in request.POST else read(engine, form, request.POST)
    if form.errors and "unsure" not in request.POST:
        return private(place_page(request, "portal/check/question.html", key, status=422, **_shown(key, engine, sitting, form, then)))
    sitting.put(asked, value)
    sitting.look_ahead(sitting.interview(engine, clock.today()))
    try:
        return _next(key, sitting, then)
    except browser.TooLongError:
        return private(place_page(request, "portal/check/question.html", key, status=413, toolong=True, **_shown(key, engine, sitting, form, then)))


def _shown(key: str, engine: Engine, sitting: Sitting, form: Form, then: str) -> dict[str, Any]:
    """Return what the page of a question shows besides the form."""
    place = next((n for n, (q, _value) in enumerate(sitting.answers) if q == form.question), len(sitting.answers))
    back = reverse("portal:question", args=[key, place]) if place else reverse("portal:people", args=[key])
    share = round(sitting.share * 100)
    answered = any(q == form.question for q, _value in sitting.answers)
    topic = form.question.topic(engine)
    about = topic.label.text(language()) if topic is not None else ""
    return {"form": form, "about": about, "back": back, "then": then, "number": place + 1, "share": share, "sitting": sitting, "answered": answered}


@public
@require_safe
def answers(request: HttpRequest, key: str) -> HttpResponse:
    """List all answers, each with a link that changes it."""
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    if sitting is None:
        return _lost(request, key)
    rows = [
        {"number": n, "question": form_of(engine, sitting, asked, said).heading, "said": said_text(engine, sitting, asked, said)}
        for n, (asked, said) in enumerate(sitting.answers, start=1)
    ]
    people = [name or (_("本人") if n == 0 else _("第 %(number)s 人") % {"number": n + 1}) for n, name in enumerate(sitting.names)]
    return private(place_page(request, "portal/check/answers.html", key, rows=rows, people=people, sitting=sitting))


def _teller(request: HttpRequest, key: str) -> Teller | None:
    engine = engine_at(key)
    sitting = browser.sitting_of(request, key, engine)
    return None if sitting is None else Teller(engine, sitting, sitting.interview(engine, clock.today()))


@public
@require_safe
def result(request: HttpRequest, key: str) -> HttpResponse:
    """Show what is certain so far, what is open, and how many are not met."""
    teller = _teller(request, key)
    if teller is None:
        return _lost(request, key)
    return private(place_page(request, "portal/check/result.html", key, result=teller.result(), sitting=teller.sitting))


@public
@require_safe
def refused(request: HttpRequest, key: str) -> HttpResponse:
    """Show what is not met, with the reason."""
    teller = _teller(request, key)
    if teller is None:
        return _lost(request, key)
    return private(place_page(request, "portal/check/refused.html", key, groups=teller.refused(), sitting=teller.sitting))


@public
@require_safe
def printed(request: HttpRequest, key: str) -> HttpResponse:
    """Send the result as PDF."""
    teller = _teller(request, key)
    if teller is None:
        return _lost(request, key)
    made = teller.result()
    body = result_pdf(place_on(key, clock.today()), made, _sentences(key, made), language())
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="bangfu-{key}-{made.on.isoformat()}.pdf"'
    return private(response)


def _sentences(key: str, made: Result) -> dict[str, str]:
    """Return the printed form's own words."""
    place = place_on(key, clock.today())
    lapsed = ""
    if place.lapsed:
        lapsed = _("这份文件已于 %(day)s 到期。下面按它最后的标准推算，现在不能再按它申请。") % {"day": today_words(place.lapsed)}
    elif place.not_before:
        lapsed = _("这份文件从 %(day)s 起施行，现在还没有到。") % {"day": today_words(place.not_before)}
    return {
        "title": _("帮扶自查结果"), "day": _("测算日期：%(day)s。按您自己填的情况推算。") % {"day": today_words(made.on)}, "lapsed": lapsed,
        "met": _("看来可以享受"), "open": _("还不能确定"), "nothing": _("按现在填的情况，还没有能确定的。"),
        "recognised": _("看来可以申请认定"), "decided": _("下面这些身份由经办单位认定，按您填的情况看是符合的。"), "sum": _("数额"),
        "office": _("找谁办"), "papers": _("带上"), "articles": _("依据"), "needs": _("还要知道："), "joint": "、" if language() == "zh" else ", ",
        "foot": _("测算结果供参考，以经办单位核定为准。"),
    }  # fmt: skip


@public
@require_POST
def clear(request: HttpRequest, key: str) -> HttpResponse:
    """Take all answers out of the browser."""
    engine_at(key)
    response = HttpResponseRedirect(reverse("portal:cleared", args=[key]))
    browser.clear(response, key)
    return private(response)


@public
@require_safe
def cleared(request: HttpRequest, key: str) -> HttpResponse:
    """Say that nothing is left."""
    engine_at(key)
    return private(place_page(request, "portal/check/cleared.html", key))
