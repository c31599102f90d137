from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_noop

from portal.reports.frontend_assets import entry_files, is_built
from portal.reports.script_words import script_words

register = template.Library()

# The words of the navigation, for the catalogues: templates name them as arguments.
LABELS = (
    gettext_noop("Work list"),
    gettext_noop("Readings"),
    gettext_noop("Upload"),
    gettext_noop("Trials"),
    gettext_noop("Audit trail"),
    gettext_noop("Administration"),
    gettext_noop("Second factor"),
    gettext_noop("Password"),
    gettext_noop("Sessions"),
    gettext_noop("E-mail address"),
    gettext_noop("Hospital account"),
    gettext_noop("Keys for programs"),
)

THEMES = ("dark", "light")


@register.simple_tag
def entry(name: str) -> SafeString:
    """Link the styles and the script of a page module."""
    files = entry_files(name)
    if files is None:
        return SafeString("")
    url = staticfiles_storage.url
    styles = format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((url(style),) for style in files.styles)
    )
    preloads = format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', ((url(file),) for file in files.preloads)
    )
    script = format_html('<script type="module" src="{}"></script>', url(files.script))
    return format_html("{}\n{}\n{}", styles, preloads, script)


@register.simple_tag
def page_words() -> SafeString:
    """Write what scripts say in the reader's language; English pages need none."""
    if get_language() == settings.LANGUAGE_CODE:
        return SafeString("")
    return json_script(script_words(), "words")


@register.simple_tag
def icon_link() -> SafeString:
    return format_html(
        '<link rel="icon" href="{}" type="image/svg+xml">', staticfiles_storage.url("icon.svg")
    )


@register.simple_tag
def frontend_notice() -> SafeString:
    if is_built():
        return SafeString("")
    return SafeString(
        '<p class="notice warning">The front end is not built, so this page has no style and no '
        "viewer. Run <code>make install</code> and reload.</p>"
    )


@register.simple_tag(takes_context=True)
def theme_attribute(context: dict[str, Any]) -> SafeString:
    """Write the reader's theme into the page, so that nothing flashes while it loads."""
    request = context.get("request")
    theme = request.COOKIES.get("theme", "") if isinstance(request, HttpRequest) else ""
    return format_html(' data-theme="{}"', theme) if theme in THEMES else SafeString("")


@register.simple_tag(takes_context=True)
def nav_link(context: dict[str, Any], label: str, name: str) -> SafeString:
    """Link a page by its URL name; nothing where this installation has no such page."""
    try:
        address = reverse(name)
    except NoReverseMatch:
        return SafeString("")
    request = context.get("request")
    is_here = isinstance(request, HttpRequest) and request.path == address
    current = SafeString(' aria-current="page"') if is_here else SafeString("")
    return format_html('<a href="{}"{}>{}</a>', address, current, gettext(label))
