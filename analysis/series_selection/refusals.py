"""Why a study that could be read cannot be analysed, in the words of the person who sent it."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.errors import AnalysisError, NoSuitableSeries, UnsupportedAcquisition
from analysis.series_selection.echo_groups import EchoGroup
from analysis.series_selection.rules import MIN_ECHOES, why_excluded
from analysis.study import IngestedStudy
from analysis.wording import listed, plain, words

ASK = words(
    "send the multi-echo Dixon series of the liver with all its echoes (three at least, best six)"
)


def refusal(study: IngestedStudy, magnitudes: Sequence[EchoGroup]) -> AnalysisError:
    """Return the error that says best what is missing."""
    most = max(magnitudes, key=lambda group: len(group.stacks), default=None)
    if most is not None and len(most.stacks) >= MIN_ECHOES:
        return UnsupportedAcquisition(
            words(
                "The echoes of series %(number)s cannot be fitted: %(why)s. Export the series "
                "again.",
                number=most.number,
                why=plain(why_excluded(most)),
            ),
            code="echoes-not-on-one-grid",
        )
    if most is not None and len(most.stacks) == 2:
        one, other = (f"{echo:.2f} ms" for echo in most.echo_times_ms)
        return UnsupportedAcquisition(
            words(
                "The study holds only two echoes (%(times)s), which are not an in-phase and "
                "opposed-phase pair; %(ask)s.",
                times=words("%(one)s and %(other)s", one=one, other=other),
                ask=ASK,
            ),
            code="two-echoes",
        )
    if any(one.stacks for one in study.series) and most is None:
        return NoSuitableSeries(
            words("The study holds no magnitude images with echo times; %(ask)s.", ask=ASK),
            code="no-magnitude",
        )
    if most is not None or any("single-echo" in one.not_read for one in study.series):
        return NoSuitableSeries(
            words("The study holds single-echo images only; %(ask)s.", ask=ASK), code="single-echo"
        )
    found = sorted({one.not_read for one in study.series if one.not_read})
    seen = words(" (%(reasons)s)", reasons=listed(map(plain, found[:3]), "; "))
    return NoSuitableSeries(
        words(
            "The study holds no multi-echo gradient-echo images%(seen)s; %(ask)s.",
            seen=seen if found else "",
            ask=ASK,
        ),
        code="no-multi-echo",
    )
