"""Why a study that could be read cannot be analysed, in the words of the person who sent it."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.errors import AnalysisError, NoSuitableSeries, UnsupportedAcquisition
from analysis.series_selection.echo_groups import EchoGroup
from analysis.series_selection.rules import MIN_ECHOES, why_excluded
from analysis.study import IngestedStudy

ASK = "send the multi-echo Dixon series of the liver with all its echoes (three at least, best six)"


def refusal(study: IngestedStudy, magnitudes: Sequence[EchoGroup]) -> AnalysisError:
    """Return the error that says best what is missing."""
    most = max(magnitudes, key=lambda group: len(group.stacks), default=None)
    if most is not None and len(most.stacks) >= MIN_ECHOES:
        return UnsupportedAcquisition(
            f"The echoes of series {most.number} cannot be fitted: {why_excluded(most)}. Export "
            "the series again.",
            code="echoes-not-on-one-grid",
        )
    if most is not None and len(most.stacks) == 2:
        times = " and ".join(f"{echo:.2f} ms" for echo in most.echo_times_ms)
        return UnsupportedAcquisition(
            f"The study holds only two echoes ({times}), which are not an in-phase and "
            f"opposed-phase pair; {ASK}.",
            code="two-echoes",
        )
    if any(one.stacks for one in study.series) and most is None:
        return NoSuitableSeries(
            f"The study holds no magnitude images with echo times; {ASK}.", code="no-magnitude"
        )
    if most is not None or any("single-echo" in one.not_read for one in study.series):
        return NoSuitableSeries(
            f"The study holds single-echo images only; {ASK}.", code="single-echo"
        )
    found = sorted({one.not_read for one in study.series if one.not_read})
    seen = f" ({'; '.join(found[:3])})" if found else ""
    return NoSuitableSeries(
        f"The study holds no multi-echo gradient-echo images{seen}; {ASK}.", code="no-multi-echo"
    )
