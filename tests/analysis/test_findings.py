from __future__ import annotations

import pytest

from analysis.findings import Finding, Severity


@pytest.mark.parametrize(("code", "message"), [("", "text"), ("code", "")])
def test_a_finding_without_code_or_words_is_refused(code: str, message: str) -> None:
    with pytest.raises(ValueError, match="needs a code and a message"):
        Finding(code, Severity.INFO, message)
