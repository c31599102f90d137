"""The words that people see: of a template as it is written, of a page as it is sent."""

from __future__ import annotations

import re
from html.parser import HTMLParser

# What an element says to those who do not see it, or below a pointer.
SAID_ATTRIBUTES = ("aria-label", "alt", "placeholder", "title")
SILENT = {"script", "style", "code", "kbd"}
VOID = {"meta", "link", "input", "br", "img", "hr", "col", "source", "wbr"}
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
CLASSES = re.compile(r"{% block (?:body|main)_class %}.*?{% endblock %}")
MARKED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


class Said(HTMLParser):
    """Collects texts and said attributes; what stands in code is nobody's language."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.texts += [values[name] for name in SAID_ATTRIBUTES if values.get(name)]
        if tag not in VOID:
            is_silent = tag in SILENT or "code" in values.get("class", "").split()
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(is_silent for _, is_silent in self._open):
            self.texts.append(" ".join(data.split()))


def texts_of_page(html: str) -> list[str]:
    said = Said()
    said.feed(html)
    return said.texts


def unmarked_in_template(text: str) -> list[str]:
    """Return the texts of a template that are neither marked nor values."""
    for what in (COMMENT, MARKED, CLASSES):
        text = what.sub(" ", text)
    return [each for each in texts_of_page(TAG.sub(" ", text)) if WORD.search(each)]
