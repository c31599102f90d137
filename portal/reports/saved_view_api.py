"""API of the work list's saved views: everyone's own."""

from __future__ import annotations

from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.models import SavedView
from portal.accounts.requests import signed_in
from portal.accounts.saved_views import views_of
from portal.reports.saved_view_pages import PAGE, keep_view


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    query = serializers.CharField(
        max_length=500,
        allow_blank=True,
        default="",
        help_text="As behind the ? of the work list's address: state=failed&order=pdff",
    )

    class Meta:
        model = SavedView
        fields = ("id", "name", "query")
        read_only_fields = ("id",)


class SavedViews(generics.ListAPIView[SavedView]):
    """The caller's saved views of the work list."""

    serializer_class = SavedViewSerializer

    def get_queryset(self) -> QuerySet[SavedView]:
        return views_of(signed_in(self.request), PAGE).order_by("name", "pk")

    @extend_schema(request=SavedViewSerializer, responses={201: SavedViewSerializer})
    def post(self, request: Request) -> Response:
        """Keep filters under a name; the same name again replaces them."""
        wanted = SavedViewSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        view = keep_view(signed_in(request), **wanted.validated_data)
        return Response(SavedViewSerializer(view).data, status=HTTPStatus.CREATED)


class SavedViewItem(generics.RetrieveDestroyAPIView[SavedView]):
    serializer_class = SavedViewSerializer
    lookup_url_kwarg = "view_id"

    def get_queryset(self) -> QuerySet[SavedView]:
        return views_of(signed_in(self.request), PAGE)
