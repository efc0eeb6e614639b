"""Templates: no inline code or style, nothing unescaped, whole mails, neutral subjects, and no giants."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
ROOT = Path(__file__).resolve().parents[2] / "templates"
MAILS = sorted(folder for folder in (ROOT / "emails").iterdir() if folder.is_dir())
MOST_LINES = 120
BREACHES = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", re.I),
    "inline style element": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[^>!]*\sstyle\s*=", re.I),
    "event attribute": re.compile(r"<[^>!]*\son[a-z]+\s*=\s*[\"']", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "unescaped value": re.compile(r"\|\s*safe\b|\{%\s*autoescape\s+off"),
    "remote address": re.compile(r"(?:src|href)=[\"']https?://", re.I),
}  # fmt: skip
CLINICAL = re.compile(r"needl|hair|scalp|alopecia|treat|session|dermato|skin|shed|medic", re.I)


def breaches(text: str, *, plain: bool = False) -> list[str]:
    """Names of what is wrong in a template; `plain` text parts are not escaped, for nothing reads them as HTML."""
    without = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", text, flags=re.DOTALL)
    return [name for name, pattern in BREACHES.items() if pattern.search(without) and not (plain and name == "unescaped value")]


def forms_without_token(text: str) -> list[str]:
    """Forms that post and carry no token."""
    forms = re.findall(r"<form\b[^>]*method=[\"']post[\"'][^>]*>.*?</form>", text, re.I | re.DOTALL)
    return [form[:80] for form in forms if "csrf_token" not in form and "method=\"dialog\"" not in form]


def pages() -> list[Path]:
    """Everything that a browser may see."""
    return [path for path in ROOT.rglob("*.html") if "emails" not in path.parts]


class TestPages:
    """A strict CSP would refuse them anyway; here the build does."""

    def test_nothing_inline_nothing_unescaped(self) -> None:
        wrong = {str(path.relative_to(ROOT)): found for path in pages() if (found := breaches(path.read_text()))}
        assert len(pages()) > 60
        assert wrong == {}

    @pytest.mark.parametrize(
        ("planted", "name"),
        [
            ("<script>let a = 1</script>", "inline script"), ("<style>p { }</style>", "inline style element"), ('<p style="x">', "style attribute"),
            ('<a onclick="x()">', "event attribute"), ('<a href="javascript:x()">', "javascript address"), ("{{ name|safe }}", "unescaped value"),
            ('<img src="https://elsewhere.example/x.png">', "remote address"),
        ],
    )  # fmt: skip
    def test_each_planted_breach_is_noticed(self, planted: str, name: str) -> None:
        assert name in breaches(f"<p>{planted}</p>")

    def test_a_form_that_posts_carries_its_token(self) -> None:
        wrong = {str(path.relative_to(ROOT)): found for path in pages() if (found := forms_without_token(path.read_text()))}
        assert wrong == {}
        assert forms_without_token('<form method="post"><input></form>')

    def test_no_template_is_a_giant(self) -> None:
        assert {path.name: n for path in ROOT.rglob("*.*") if (n := len(path.read_text().splitlines())) > MOST_LINES} == {}


class TestMails:
    """Each message is whole, and its subject says nothing of a treatment (SETTLED 20)."""

    @pytest.mark.parametrize("folder", MAILS, ids=lambda folder: folder.name)
    def test_has_a_subject_a_text_and_an_html_part(self, folder: Path) -> None:
        assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt", "body.html"}

    @pytest.mark.parametrize("folder", MAILS, ids=lambda folder: folder.name)
    def test_the_subject_is_neutral_and_one_line(self, folder: Path) -> None:
        text = (folder / "subject.txt").read_text().strip()
        words = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text)
        assert "\n" not in text
        assert not CLINICAL.search(words), words

    def test_a_clinical_subject_would_be_noticed(self) -> None:
        assert CLINICAL.search("Your scalp after the session")
