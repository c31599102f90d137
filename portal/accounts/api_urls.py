from __future__ import annotations

from django.urls import path

from portal.accounts import api

urlpatterns = [
    path("me/", api.Me.as_view(), name="api-me"),
    path("tokens/", api.TokenCollection.as_view(), name="api-tokens"),
    path("tokens/<uuid:token_id>/", api.TokenItem.as_view(), name="api-token"),
    path("users/", api.UserCollection.as_view(), name="api-users"),
    path("users/<uuid:user_id>/", api.UserItem.as_view(), name="api-user"),
]
