"""Templates: no inline code or style, nothing unescaped, forms that name their patient, whole mails, neutral subjects, no giants."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.house
TREE = Path(__file__).resolve().parents[2]
ROOT = TREE / "templates"
PACKAGES = ("clinic", "patients", "treatments", "appointments", "aftercare", "desk")
MAILS = sorted(folder for folder in (ROOT / "emails").iterdir() if folder.is_dir())
PARTS = {"subject.txt", "body.txt", "body.html"}
MOST_LINES = 120
BREACHES = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", re.I),
    "inline style element": re.compile(r"<style\b", re.I),
    "style attribute": re.compile(r"<[^>!]*\sstyle\s*=", re.I),
    "event attribute": re.compile(r"<[^>!]*\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "remote address": re.compile(r"(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//", re.I),
}  # fmt: skip
UNESCAPED = re.compile(r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off")
CLINICAL = re.compile(r"needl|hair|scalp|alopecia|treat|session|dermato|skin|shed|medic|bleed|infect|pain|photo|consent|screening", re.I)
# forms that post without the hidden patient, each with its reason; a new file is not on the list
NO_PATIENT = {
    "account/login.html": "nobody is signed in",
    "account/base_reauthenticate.html": "one's own password",
    "aftercare/check_in_done.html": "a link names its patient",
    "aftercare/check_in_page.html": "a link names its patient",
    "aftercare/instructions.html": "a link names its patient",
    "aftercare/results.html": "a link names its patient",
    "aftercare/_protocol_acts.html": "a protocol belongs to the clinic",
    "aftercare/protocol.html": "a protocol belongs to the clinic",
    "aftercare/protocol_preview.html": "a test mail to oneself about an invented patient",
    "aftercare/protocol_step.html": "a protocol belongs to the clinic",
    "aftercare/protocol_version.html": "a protocol belongs to the clinic",
    "treatments/_formula.html": "a product of the stock",
    "aftercare/rota.html": "shifts are of a site; the form that hands a concern over names its patient",
    "appointments/_new.html": "the patient is chosen on this form",
    "appointments/_import_file.html": "rows of a file",
    "appointments/booking_settings.html": "of the site",
    "appointments/imports.html": "nobody yet",
    "appointments/invite_recalls.html": "many patients at once, shown before the sending",
    "appointments/recalls.html": "the tick boxes of many patients; each row's own form names its patient",
    "appointments/link_appointment.html": "a link names its patient",
    "appointments/link_choose.html": "a link names its patient",
    "appointments/link_offer.html": "a link names its patient",
    "appointments/my_feed.html": "one's own calendar",
    "appointments/stranded.html": "many patients at once, each with its own new time",
    "appointments/working_time.html": "hours of the clinic",
    "clinic/_staff_proposal.html": "staff, not patients",
    "clinic/kept_form.html": "one's own kept form",
    "clinic/link_landing.html": "before the date of birth nobody is named",
    "clinic/staff_invite.html": "staff, not patients",
    "clinic/staff_join.html": "staff, not patients",
    "clinic/mail_settings.html": "settings of the house",
    "clinic/staff_person.html": "staff, not patients",
    "clinic/unsubscribe.html": "a link names its patient",
    "components/_language.html": "a choice of language names nobody",
    "desk/wall_sign_in.html": "a screen signs in",
    "desk/policy_proposal.html": "rules of the clinic",
    "desk/policy_propose.html": "rules of the clinic",
    "layouts/staff.html": "signing out",
    "patients/intake_done.html": "a link names its patient",
    "patients/preferences.html": "a link names its patient",
    "patients/consent_link.html": "a link names its patient",
    "patients/intake_later.html": "a link names its patient",
    "patients/register.html": "there is no patient yet",
    "patients/rescreen_link.html": "a link names its patient",
    "treatments/measure_reading.html": "the reader must not know who it is",
    "treatments/measure_readings.html": "no patient is named",
    "patients/consent_draft.html": "the text is the clinic's",
    "patients/consent_texts.html": "the text is the clinic's",
    "patients/wording.html": "questions, not patients",
    "treatments/_act_with_reason.html": "stock",
    "treatments/add_lot.html": "stock",
    "treatments/add_product.html": "stock",
    "treatments/_recall_contacts.html": "a lot's or product's own buttons; each patient's form names them",
    "treatments/cosign_setting.html": "a setting of the clinic",
    "treatments/inventory.html": "devices and stock",
    "treatments/lot.html": "stock",
}


def bare(text: str) -> str:
    """Without comments; tags and values of the template language become a word, so that their `>` ends no element."""
    text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " x ", text, flags=re.DOTALL)


def breaches(text: str) -> list[str]:
    """Names of what is wrong in a template that becomes HTML."""
    found = [name for name, pattern in BREACHES.items() if pattern.search(bare(text))]
    return found + (["unescaped value"] if UNESCAPED.search(text) else [])


def posting_forms(text: str) -> list[str]:
    """Forms that post, whole."""
    forms = re.findall(r"<form\b.*?</form>|\{% element form\b.*?\{% endelement %\}", text, re.I | re.DOTALL)
    return [form for form in forms if re.search(r"method=[\"']?post|hx-post", form, re.I)]


def forms_without(text: str, what: str) -> list[str]:
    """Beginnings of the posting forms that lack `what`."""
    return [form[:80] for form in posting_forms(text) if what not in form]


def out_of_reach(text: str) -> list[str]:
    """Boxes that scroll sideways but that the keyboard can't reach, or that nobody hears the name of (WCAG 2.1.1, 4.1.2)."""
    boxes = re.findall(r"<\w+\b[^>]*\bclass=[\"'](?:[^\"']*\s)?table-wrap[\s\"'][^>]*>", bare(text))
    needed = (r'tabindex="0"', r'role="region"', r'aria-label(?:ledby)?="[^"]*\S[^"]*"')
    return [box for box in boxes if not all(re.search(one, box) for one in needed)]


def pages() -> list[Path]:
    """Everything that a browser may see."""
    return [path for path in ROOT.rglob("*.html") if "emails" not in path.parts]


def named(path: Path) -> str:
    """As the template loader names it."""
    return str(path.relative_to(ROOT))


class TestPages:
    """A strict CSP would refuse them anyway; here the build does (R60, R69)."""

    def test_nothing_inline_nothing_unescaped(self) -> None:
        assert len(pages()) > 60
        assert {named(path): found for path in pages() if (found := breaches(path.read_text()))} == {}

    @pytest.mark.parametrize(
        ("planted", "name"),
        [
            ("<script>let a = 1</script>", "inline script"), ("<SCRIPT defer>x()</SCRIPT>", "inline script"), ("<style>p { }</style>", "inline style element"),
            ('<p style="x">', "style attribute"), ('<p class="a"\n  style="x">', "style attribute"), ("<p style={{ x }}>", "style attribute"),
            ('<a onclick="x()">', "event attribute"), ("<a onclick=x()>", "event attribute"), ('<div hx-on:click="x()">', "event attribute"),
            ('<p {% if a > b %}onclick="x()"{% endif %}>', "event attribute"), ('<a href="javascript:x()">', "javascript address"),
            ("{{ name|safe }}", "unescaped value"), ("{{ names | safeseq }}", "unescaped value"), ("{% autoescape off %}", "unescaped value"),
            ('<img src="https://elsewhere.example/x.png">', "remote address"), ('<script src="//elsewhere.example/x.js">', "remote address"),
        ],
    )  # fmt: skip
    def test_each_planted_breach_is_noticed(self, planted: str, name: str) -> None:
        assert breaches(f"<p>{planted}</p>") == [name]

    @pytest.mark.parametrize(
        "fine", ['<p class="on">', '<a href="{% url "desk:today" %}">', "{# <script>x</script> #}", '<p data-style="x">', "{{ a|safely_named }}"]
    )
    def test_what_is_fine_is_left_alone(self, fine: str) -> None:
        assert breaches(fine) == []

    def test_a_table_that_scrolls_can_be_reached_and_has_a_name(self) -> None:
        assert sum(path.read_text().count("table-wrap") for path in pages()) > 20
        assert {named(path): found for path in pages() if (found := out_of_reach(path.read_text()))} == {}

    @pytest.mark.parametrize(
        "planted",
        [
            '<div class="table-wrap">', '<div class="wide table-wrap" tabindex="0">', '<div class="table-wrap" tabindex="0" role="region" aria-label="">',
            '<div tabindex="0" role="region" class="table-wrap">', '<div\n class="table-wrap {% if a > b %}x{% endif %}" role="region" aria-label="A">',
        ],
    )  # fmt: skip
    def test_one_that_cannot_is_noticed(self, planted: str) -> None:
        whole = '<div class="table-wrap" tabindex="0" role="region" aria-label="{{ title }}">'
        assert len(out_of_reach(planted)) == 1 and not out_of_reach(whole)

    def test_every_template_lives_in_one_folder(self) -> None:
        """Else these tests would not see it."""
        assert [str(path) for package in PACKAGES for path in (TREE / package).rglob("*.html")] == []


class TestForms:
    """Each carries its token, and the patient whom it is about (R12)."""

    def test_a_form_that_posts_carries_its_token(self) -> None:
        assert sum(len(posting_forms(path.read_text())) for path in pages()) > 60
        assert {named(path): found for path in pages() if (found := forms_without(path.read_text(), "csrf_token"))} == {}

    def test_a_form_that_posts_names_its_patient(self) -> None:
        without = {named(path) for path in pages() if forms_without(path.read_text(), "components/_subject.html")}
        assert without == set(NO_PATIENT)

    @pytest.mark.parametrize("planted", ['<form method="post"><input></form>', "<form class=a method=POST>\n</form>", '<form hx-post="/x/">{{ a }}</form>'])
    def test_one_that_lacks_them_is_noticed(self, planted: str) -> None:
        for what in ("csrf_token", "components/_subject.html"):
            assert forms_without(f"<p>{planted}</p>", what)
        whole = planted.replace("</form>", '{% csrf_token %}{% include "components/_subject.html" %}</form>')
        assert not forms_without(whole, "csrf_token") and not forms_without(whole, "components/_subject.html")

    def test_the_second_of_two_forms_is_looked_at_too(self) -> None:
        assert len(forms_without('<form method="post">{% csrf_token %}</form><form method="post"></form>', "csrf_token")) == 1


def giants(root: Path) -> dict[str, int]:
    """Templates that nobody reads in one go."""
    lengths = {str(path.relative_to(root)): len(path.read_text().splitlines()) for path in root.rglob("*.*") if path.is_file()}
    return {name: length for name, length in lengths.items() if length > MOST_LINES}


def test_no_template_is_a_giant(tmp_path: Path) -> None:
    assert giants(ROOT) == {}
    (tmp_path / "a.html").write_text("<p></p>\n" * MOST_LINES)
    (tmp_path / "b.txt").write_text("x\n" * (MOST_LINES + 1))
    assert giants(tmp_path) == {"b.txt": MOST_LINES + 1}


def unescapers(text: str) -> set[str]:
    """Names in Python that hand HTML through as it is."""
    tree = ast.parse(text)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return used & {"mark_safe", "SafeString", "SafeText", "__html__", "html_safe", "SafeData"}


def test_no_python_hands_html_through() -> None:
    files = [path for package in PACKAGES for path in (TREE / package).rglob("*.py")]
    assert [str(path) for path in files if unescapers(path.read_text())] == []
    assert unescapers("from django.utils.safestring import mark_safe\nx = mark_safe(y)") == {"mark_safe"}


RAW_HTML = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(|createContextualFragment")


def test_scripts_write_raw_html_in_one_reviewed_place() -> None:
    found = [(path.name, line.strip()) for path in sorted((TREE / "static" / "js").glob("*.js")) for line in path.read_text().splitlines() if RAW_HTML.search(line)]
    assert found == [("calendar.js", "newBody.innerHTML = html;")]  # a fragment that our own server has rendered and escaped


def incomplete(root: Path) -> dict[str, set[str]]:
    """Messages that lack a part or have one too many."""
    folders = [folder for folder in root.iterdir() if folder.is_dir()]
    return {folder.name: wrong for folder in folders if (wrong := {path.name for path in folder.iterdir()} ^ PARTS)}


def subject_faults(text: str) -> list[str]:
    """What an onlooker of the inbox should not see, in the fixed words and in the names of the values (R34)."""
    words = re.sub(r"\{%[^%]*%\}|\{\{.*?\}\}", " ", text)
    values = set(re.findall(r"\{\{\s*([\w.]+)", text)) | set(re.findall(r"=([\w.]+)", text))
    found = CLINICAL.findall(words)
    found += sorted(values - {"name", "clinic.name"})
    return found + (["two lines"] if "\n" in text.strip() else [])


class TestMails:
    """Each message is whole, and its subject says nothing of a treatment (SETTLED 20)."""

    def test_each_has_a_subject_a_text_and_an_html_part(self, tmp_path: Path) -> None:
        assert len(MAILS) >= 17
        assert incomplete(ROOT / "emails") == {}
        (tmp_path / "planted").mkdir()
        (tmp_path / "planted" / "subject.txt").touch()
        assert incomplete(tmp_path) == {"planted": {"body.txt", "body.html"}}

    @pytest.mark.parametrize("folder", MAILS, ids=lambda folder: folder.name)
    def test_the_subject_is_neutral_and_one_line(self, folder: Path) -> None:
        assert subject_faults((folder / "subject.txt").read_text()) == []

    @pytest.mark.parametrize("planted", [
        "{{ name }}: your scalp after the session", "{{ name }}: {{ patient.name }}", "{% blocktranslate with name=zone.words %}{{ name }}{% endblocktranslate %}",
        "{{ name }}: a reminder\nand more",
    ])  # fmt: skip
    def test_one_that_tells_more_is_noticed(self, planted: str) -> None:
        assert subject_faults(planted)

    def test_html_parts_escape_and_fetch_nothing(self) -> None:
        parts = [path for path in [*(ROOT / "emails").rglob("*.html"), *ROOT.rglob("_mail*.html")] if path.is_file()]
        assert len(parts) > len(MAILS)
        assert {named(path): found for path in parts if (found := breaches(path.read_text()))} == {}
