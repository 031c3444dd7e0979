"""The portal's addresses: a place first, then what is asked of it."""

from django.urls import URLPattern, URLResolver, include, path

from bangfu.server.portal import check_views, keep_views, views

app_name = "portal"
check = [
    path("", check_views.start, name="start"),
    path("people/", check_views.people, name="people"),
    path("next/", check_views.onward, name="onward"),
    path("<int:number>/", check_views.question, name="question"),
    path("ask/<slug:kind>/<str:name>/<str:row>/", check_views.ask, name="ask"),
    path("answers/", check_views.answers, name="answers"),
    path("result/", check_views.result, name="result"),
    path("result/not/", check_views.refused, name="refused"),
    path("result.pdf", check_views.printed, name="printed"),
    path("clear/", check_views.clear, name="clear"),
    path("cleared/", check_views.cleared, name="cleared"),
    path("keep/", keep_views.keep, name="keep"),
    path("open/", keep_views.come_back, name="open"),
]
of_place: list[URLPattern | URLResolver] = [
    path("", views.place, name="place"),
    path("help/", views.helps, name="helps"),
    path("help/<str:name>/", views.measure, name="measure"),
    path("check/", include(check)),
]
urlpatterns = [path("", views.home, name="home"), path("p/<slug:key>/", include(of_place))]
