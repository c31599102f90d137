from __future__ import annotations

from django.urls import path

from portal.accounts import key_views

urlpatterns = [
    path("keys/", key_views.keys, name="account-keys"),
    path("keys/<uuid:token_id>/withdraw/", key_views.withdraw, name="account-key-withdraw"),
]
