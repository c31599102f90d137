from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import translation

from analysis.export.page import NO_UNCERTAINTY_NOTE, UNCERTAINTY_NOTE, Table
from analysis.export.page_tables import _SPREAD_WORDS, SPREAD_ROWS
from analysis.heterogeneity import FEATURE_BY_NAME
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.reports.script_words import SCRIPT_WORDS, script_words
from portal.reports.table_words import TABLE_WORDS, named, named_facts, named_series
from portal.reports.verdict import GRADES, WHY_NO_NORM
from portal.runs.pipeline import STAGES
from portal.runs.selectors import STAGE_TITLES
from tests.conftest import REPOSITORY
from tests.portal.conftest import Cast

Browser = Callable[[User | AnonymousUser], Client]
CATALOGUES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
ENTRY = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"(?:\n|$))+)', re.MULTILINE)
MARKED_IN_TEMPLATE = re.compile(
    r'{% trans(?:late)? "([^"]+)"|[=:]_\("([^"]+)"\)|{% nav_link "([^"]+)"'
)
BLOCK_IN_TEMPLATE = re.compile(r"{% blocktranslate[^%]*%}(.*?){% endblocktranslate %}", re.DOTALL)
MARKED_IN_SCRIPT = re.compile(r'\btranslated\(\s*"([^"]+)"')
COUNTED_IN_SCRIPT = re.compile(r'\bcounted\(\s*[\w.]+,\s*"([^"]+)",\s*"([^"]+)"')
KEY_IN_SCRIPT = re.compile(r'\blabel: "([^"]+)"')
SENTENCE_IN_CLEANING = re.compile(r'"([A-Z][^"\n]*\s[^"\n]*\.)"')
MARKING = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLACE = re.compile(r"%\(\w+\)s|</?strong>")


def catalogue(code: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / code / "LC_MESSAGES" / "django.po"


def joined(lines: str) -> str:
    return "".join(re.findall(r'"(.*)"', lines)).replace('\\"', '"')


def entries(code: str) -> dict[str, str]:
    text = catalogue(code).read_text(encoding="utf-8")
    found = {joined(a): joined(b) for a, b in ENTRY.findall(text)}
    found.pop("")
    return found


def compiled(code: str) -> dict[str, str]:
    """Read a compiled catalogue: two tables of (length, offset), see the GNU gettext manual."""
    content = catalogue(code).with_suffix(".mo").read_bytes()
    _, _, count, ids, texts = struct.unpack("<5I", content[:20])

    def word(table: int, n: int) -> str:
        length, offset = struct.unpack_from("<2I", content, table + 8 * n)
        return content[offset : offset + length].decode()

    return {word(ids, n): word(texts, n) for n in range(count) if word(ids, n)}


@pytest.mark.parametrize("code", CATALOGUES)
def test_everything_is_translated(code: str) -> None:
    assert [original for original, words in entries(code).items() if not words] == []


@pytest.mark.parametrize("code", CATALOGUES)
def test_no_translation_is_a_guess_of_gettext_or_left_over(code: str) -> None:
    lines = catalogue(code).read_text(encoding="utf-8").splitlines()
    doubtful = [line for line in lines if line.startswith(("#~", "#|"))]
    assert doubtful + [line for line in lines if line.startswith("#,") and "fuzzy" in line] == []


def marked_in_template(text: str) -> set[str]:
    plain = {words for pair in MARKED_IN_TEMPLATE.findall(text) for words in pair if words}
    blocks = {re.sub(r"{{ (\w+) }}", r"%(\1)s", words) for words in BLOCK_IN_TEMPLATE.findall(text)}
    return plain | blocks


def marked_in_module(text: str) -> set[str]:
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in MARKING
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def marked_in_script(text: str) -> set[str]:
    """Words of a script, one and many of something, and names of keys."""
    counted = {words for pair in COUNTED_IN_SCRIPT.findall(text) for words in pair}
    return counted | {*MARKED_IN_SCRIPT.findall(text), *KEY_IN_SCRIPT.findall(text)}


def marked_by_scripts() -> set[str]:
    """Words of all scripts, and why a file is not sent, which the upload page shows."""
    scripts = REPOSITORY / "frontend" / "src"
    texts = {file: file.read_text(encoding="utf-8") for file in scripts.rglob("*.ts")}
    marked = {words for text in texts.values() for words in marked_in_script(text)}
    cleaning = [text for file, text in texts.items() if file.parent.name == "deidentification"]
    return marked | {words for text in cleaning for words in SENTENCE_IN_CLEANING.findall(text)}


MARKED = (
    ("portal", "*.py", marked_in_module),
    ("portal", "*.html", marked_in_template),
    ("portal", "*.txt", marked_in_template),
    ("frontend/templates", "*.html", marked_in_template),
    ("frontend/src", "*.ts", marked_in_script),
)


def test_every_marked_word_of_the_portal_is_in_the_catalogues() -> None:
    """Words that a template, a module or a script marks; those put together are not seen."""
    marked = {
        (file.name, words)
        for root, pattern, find in MARKED
        for file in (REPOSITORY / root).rglob(pattern)
        for words in find(file.read_text(encoding="utf-8"))
    }
    assert {Path(name).suffix for name, _ in marked} == {".py", ".html", ".txt", ".ts"}
    known = entries(CATALOGUES[0]).keys()
    assert sorted(each for each in marked if each[1] not in known) == []


def test_pages_give_their_scripts_every_word_that_they_mark() -> None:
    assert set(SCRIPT_WORDS) == marked_by_scripts()


@pytest.mark.parametrize("code", CATALOGUES)
def test_sentences_of_the_analysis_that_the_report_page_shows_are_translated(code: str) -> None:
    assert {UNCERTAINTY_NOTE, NO_UNCERTAINTY_NOTE, *WHY_NO_NORM} <= entries(code).keys()


@pytest.mark.parametrize("code", CATALOGUES)
def test_scripts_get_the_words_of_the_chosen_language(code: str) -> None:
    with translation.override(code):
        assert script_words() == {words: entries(code)[words] for words in SCRIPT_WORDS}


@pytest.mark.parametrize("code", CATALOGUES)
def test_all_catalogues_have_the_same_words(code: str) -> None:
    assert entries(code).keys() == entries(CATALOGUES[0]).keys()


@pytest.mark.parametrize("code", CATALOGUES)
def test_no_number_is_lost_in_translation(code: str) -> None:
    for original, words in entries(code).items():
        assert sorted(PLACE.findall(original)) == sorted(PLACE.findall(words)), original


@pytest.mark.parametrize("code", CATALOGUES)
def test_the_compiled_catalogue_is_that_of_the_words(code: str) -> None:
    assert compiled(code) == entries(code)


@pytest.mark.parametrize("code", CATALOGUES)
def test_grades_are_named_in_every_language(code: str) -> None:
    assert set(GRADES) <= entries(code).keys()


def test_rows_of_the_table_of_spread_are_named_in_every_language() -> None:
    names = [_SPREAD_WORDS.get(row) or FEATURE_BY_NAME[row].words for row in SPREAD_ROWS]
    assert set(names) <= set(TABLE_WORDS)


def test_a_table_keeps_its_values_in_every_language() -> None:
    table = Table(("Whole liver", "PDFF"), (("Median", "5.3 %"),))
    series = Table(("Series", "Reason"), (("3", "t1_vibe", "other", "not used", "a localizer"),))
    with translation.override("de"):
        assert named(table) == Table(("Ganze Leber", "PDFF"), (("Median", "5.3 %"),))
        assert named_series(series).rows == (
            ("3", "t1_vibe", "other", "nicht verwendet", "ein Localizer"),
        )
        assert named_facts((("Flip angle", "3°"),)) == (("Flipwinkel", "3°"),)


def test_every_step_of_a_run_is_named_in_every_language() -> None:
    assert [stage.title for stage in STAGES] == list(STAGE_TITLES)


@pytest.mark.django_db
def test_a_chosen_language_stays(cast: Cast, browser_of: Browser) -> None:
    client = browser_of(cast.rosa)
    url = reverse("reports:work-list")
    assert '<html lang="en-gb"' in client.get(url).content.decode()
    client.post(
        reverse("language"),
        {"language": "pt", "next": url},
        headers={"X-CSRFToken": client.cookies["csrftoken"].value},
    )
    text = client.get(url).content.decode()
    assert '<html lang="pt"' in text
    assert "Lista de trabalho" in text


@pytest.mark.django_db
def test_the_browser_s_language_is_not_asked(cast: Cast, browser_of: Browser) -> None:
    answer = browser_of(cast.rosa).get(
        reverse("reports:work-list"), headers={"Accept-Language": "de"}
    )
    assert '<html lang="en-gb"' in answer.content.decode()


@pytest.mark.django_db
def test_an_unknown_language_is_english(cast: Cast, browser_of: Browser) -> None:
    client = browser_of(cast.rosa)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "xx"
    assert '<html lang="en-gb"' in client.get(reverse("reports:work-list")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("de", "Dateien, die hier bleiben"),
        ("es", "Enviar y analizar"),
        ("fr", "Enregistrer le récépissé"),
        ("pt", "Use um código, nunca um nome."),
    ],
)
def test_the_upload_page_speaks_the_chosen_language(
    cast: Cast, browser_of: Browser, code: str, says: str
) -> None:
    client = browser_of(cast.uma)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
    assert says in client.get(reverse("reports:upload")).content.decode()


@pytest.mark.django_db
def test_the_upload_page_gives_its_scripts_german_words(cast: Cast, browser_of: Browser) -> None:
    client = browser_of(cast.uma)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    text = client.get(reverse("reports:upload")).content.decode()
    found = re.search(r'<script id="words" type="application/json">(.*?)</script>', text)
    assert found
    words = json.loads(found[1])
    assert words["%(n)s images will be sent"] == "%(n)s Bilder werden gesendet"
    assert words["Its header says that text is burned in."] == (
        "Ihr Header sagt, dass Text eingebrannt ist."
    )


@pytest.mark.django_db
def test_an_english_page_carries_no_words(cast: Cast, browser_of: Browser) -> None:
    assert 'id="words"' not in browser_of(cast.uma).get(reverse("reports:upload")).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("de", ("Arbeitsliste", "Noch keine Untersuchungen.", "Neueste zuerst")),
        ("es", ("Todavía no hay estudios.", "Más recientes primero")),
        ("fr", ("Pas encore d'examens.", "Plus récents d&#x27;abord")),
        ("pt", ("Ainda não há estudos.", "Mais recentes primeiro")),
    ],
)
def test_the_work_list_speaks_the_chosen_language(
    cast: Cast, browser_of: Browser, code: str, says: tuple[str, ...]
) -> None:
    client = browser_of(cast.uma)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = code
    text = client.get(reverse("reports:work-list")).content.decode()
    assert [words for words in says if words not in text] == []


@pytest.mark.django_db
def test_who_signs_in_is_asked_in_the_chosen_language() -> None:
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert "Bei Lobule anmelden" in client.get(reverse("account_login")).content.decode()


@pytest.mark.django_db
def test_the_language_of_pages_becomes_that_of_e_mails_on_record(
    cast: Cast, browser_of: Browser
) -> None:
    client = browser_of(cast.rosa)
    client.get(reverse("reports:work-list"))
    token = client.cookies["csrftoken"].value
    for code in ("es", "es", "xx"):
        client.post(reverse("language"), {"language": code}, headers={"X-CSRFToken": token})
    cast.rosa.refresh_from_db()
    assert cast.rosa.language == "es"
    (event,) = AuditEvent.objects.filter(action="language-chosen")
    assert (event.old, event.new) == ({"language": ""}, {"language": "es"})
