from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.change.numbers import compare_reports
from analysis.change.written import change_to_dict
from portal.reports.change_figures import trend_figure
from portal.reports.change_jobs import comparison_of, result_of
from portal.reports.change_visits import (
    choose_baseline,
    earlier_visits,
    ordered_report_for,
    visits_of,
)
from portal.reports.serializers import HistogramQuerySerializer


class ReportChange(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("baseline", OpenApiTypes.UUID)], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, report_id: UUID) -> Response:
        """Compare a report with an earlier visit, the first one unless ``baseline`` names another.

        Images are part of the answer once they were compared.
        """
        report = ordered_report_for(request.user, report_id)
        visits = visits_of(request.user, report)
        wanted = request.query_params.get("baseline")
        baseline = choose_baseline(earlier_visits(visits, report), wanted)
        if baseline is None:
            raise Http404
        this = next(visit for visit in visits if visit.report.pk == report.pk)
        numbers = compare_reports(baseline.numbers, this.numbers)
        comparison = comparison_of(baseline.report, report)
        answer = change_to_dict(numbers, result_of(comparison) if comparison else None)
        ids = {"baseline": str(baseline.report.pk), "follow_up": str(report.pk)}
        return Response(ids | answer)


class TrendFigure(APIView):
    @extend_schema(parameters=[HistogramQuerySerializer], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return a quantity over the subject's visits as a plotly figure."""
        query = HistogramQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        report = ordered_report_for(request.user, report_id)
        visits = visits_of(request.user, report)
        this = next(visit for visit in visits if visit.report.pk == report.pk)
        asked = query.validated_data
        figure = trend_figure(visits, this, asked["quantity"], asked["region"])
        if figure is None:
            raise Http404
        return Response(figure)
