"""Queue, models and storage: what keeps the portal running."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from analysis.errors import ModelError
from portal.accounts.permissions import administrator
from portal.administration.forms import ModelPackageForm, ReasonForm
from portal.administration.operations import sweep_queue, tidy_storage
from portal.administration.people_views import say
from portal.administration.queue import queue_page
from portal.administration.room import storage_page
from portal.runs import models_registry
from portal.wording import say as say_words

NO_REASON = gettext_lazy("Say why in a few words; the reason goes on record.")


@never_cache
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    administrator(request)
    return render(request, "administration/queue.html", {"page": queue_page()})


@require_POST
def sweep_now(request: HttpRequest) -> HttpResponse:
    """Do at once what the scheduler does every few seconds."""
    swept = sweep_queue(by=administrator(request))
    messages.success(
        request,
        _("Steps put back: %(put_back)s, woken: %(woken)s, messages sent: %(told)s.")
        % {"put_back": swept.put_back, "woken": swept.woken, "told": swept.told},
    )
    return redirect("administration-queue")


@never_cache
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    administrator(request)
    page = {"overview": models_registry.overview(), "package_form": ModelPackageForm()}
    return render(request, "administration/models.html", page)


@require_POST
def import_model(request: HttpRequest) -> HttpResponse:
    by = administrator(request)
    form = ModelPackageForm(request.POST, request.FILES)
    if not form.is_valid():
        page = {"overview": models_registry.overview(), "package_form": form}
        return render(request, "administration/models.html", page, status=422)
    try:
        row = models_registry.import_package(form.cleaned_data["package"].file, by=by)
    except ModelError as error:
        messages.error(request, say_words(error.words))
    else:
        messages.success(
            request, _("%(model)s is installed. It is not active yet.") % {"model": row}
        )
    return redirect("administration-models")


@require_POST
def activate_model(request: HttpRequest, sha256: str) -> HttpResponse:
    by = administrator(request)
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = _("New analyses take this model.")
        say(request, lambda: models_registry.activate(sha256, by=by, reason=reason), done)
    else:
        messages.error(request, NO_REASON)
    return redirect("administration-models")


@require_POST
def roll_back_model(request: HttpRequest) -> HttpResponse:
    by = administrator(request)
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = _("New analyses take the model before.")
        say(request, lambda: models_registry.roll_back(by=by, reason=reason), done)
    else:
        messages.error(request, NO_REASON)
    return redirect("administration-models")


@never_cache
@require_safe
def storage(request: HttpRequest) -> HttpResponse:
    administrator(request)
    page = storage_page(look_for_orphans="look" in request.GET)
    return render(request, "administration/storage.html", {"page": page})


@require_POST
def tidy_now(request: HttpRequest) -> HttpResponse:
    """Give up expired uploads, remove what belongs to nobody."""
    done = tidy_storage(by=administrator(request))
    if done.held_until:
        messages.warning(
            request,
            _(
                "The server's clock has jumped, or the portal was off for days: nothing is removed "
                "before %(when)s. Look at the clock of the server."
            )
            % {"when": f"{done.held_until:%Y-%m-%d %H:%M %Z}"},
        )
        return redirect("administration-storage")
    messages.success(
        request,
        _(
            "Expired uploads given up: %(uploads)s. Removed without a record: contents "
            "%(contents)s, folders %(folders)s."
        )
        % {"uploads": done.uploads, "contents": done.contents, "folders": done.folders},
    )
    return redirect("administration-storage")
