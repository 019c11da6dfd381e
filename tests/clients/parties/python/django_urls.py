"""The one line that django-allauth asks for."""

from django.urls import include, path

urlpatterns = [path("accounts/", include("allauth.urls"))]
