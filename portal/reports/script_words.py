"""What the scripts of the report page write, in the reader's language (see ``words.ts``)."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

SCRIPT_WORDS = (
    gettext_noop("Drag over the figure: the voxels in that range light up in the images."),
    gettext_noop("whole liver"),
    gettext_noop("all segments"),
    gettext_noop("segment %(name)s"),
    gettext_noop("%(ranges)s: %(n)s voxels, %(share)s % of the whole liver."),
    gettext_noop("%(ranges)s: %(n)s voxels, %(share)s % of %(segment)s."),
    gettext_noop("%(low)s to %(high)s %(unit)s"),
    gettext_noop("Copied."),
    gettext_noop("The figure could not be drawn; the table has the numbers."),
    gettext_noop("This browser has no WebGL, so there is no viewer."),
    gettext_noop("The viewer could not start."),
    gettext_noop("The pictures below show the same maps."),
    gettext_noop("Measuring…"),
    gettext_noop("Measured and kept."),
    gettext_noop("Draw one closed line on a slice."),
)


def script_words() -> dict[str, str]:
    return {words: gettext(words) for words in SCRIPT_WORDS}
