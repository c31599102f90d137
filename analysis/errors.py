"""The exceptions of the analysis: one small tree, messages written for a radiographer.

::

    AnalysisError                 code, message, permanent
    ├── UnusableInput             empty, damaged, not MR, or a refused archive
    ├── NoSuitableSeries          a readable study without the echoes or maps that are needed
    ├── UnsupportedAcquisition    echoes that cannot be fitted (one echo, equal echo times)
    ├── GeometryMismatch          two grids that should be the same are not
    ├── FitFailed                 the maps could not be computed
    ├── ModelError                the segmentation model is missing, altered or cannot run here
    ├── EmptySegmentation         no liver was found
    └── OutputFailed              the results could not be written (disc full, no permission)

``message`` says what is wrong and what to do about it. ``code`` is stable and machine readable.
``permanent`` is False where trying again later, unchanged, may succeed.
Anything that is not an ``AnalysisError`` is a fault of the program.
"""

from __future__ import annotations

from analysis.wording import Words, plain


class AnalysisError(Exception):
    """A study cannot be analysed; the message is shown to the person who sent it.

    Parameters
    ----------
    message
        One or two sentences: what is wrong and what to do; as words where values are in it.
    code
        Stable identifier, lower-case words joined by hyphens, such as ``"single-echo"``.
    permanent
        False where the same call may succeed later (disc full, model server away).
    """

    def __init__(self, message: str | Words, *, code: str, permanent: bool = True) -> None:
        super().__init__(message)
        self.words = message if isinstance(message, Words) else plain(message)
        self.message = self.words.text
        self.code = code
        self.permanent = permanent

    def __str__(self) -> str:
        return self.message


class UnusableInput(AnalysisError):
    """Nothing in the folder or archive can be analysed."""


class NoSuitableSeries(AnalysisError):
    """The study is readable but holds neither usable echoes nor usable maps."""


class UnsupportedAcquisition(AnalysisError):
    """The echoes are there but their acquisition cannot be fitted."""


class GeometryMismatch(AnalysisError):
    """Two arrays lie on different grids; resampling must be asked for explicitly."""


class FitFailed(AnalysisError):
    """The quantitative maps could not be computed."""


class ModelError(AnalysisError):
    """A model is missing, altered or cannot run on the device that was asked for."""


class EmptySegmentation(AnalysisError):
    """No liver was found in the images."""


class OutputFailed(AnalysisError):
    """Results could not be written; nothing that existed before was changed."""
