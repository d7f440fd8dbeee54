"""The report as a page, as Markdown and as a file: they hold whatever the flags are called."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.unit.report_tools import NOW, expected, journal, partial_import, there, verification
from tui.apply.journal import LeftOut
from tui.plan.words import kind_label
from tui.report.documents import ReportFormat, as_html, as_markdown, save, text_of
from tui.report.report import Report, report
from tui.report.sections import shown as shown_result
from tui.targeting.losses import Lost
from tui.text.clean import clean, plain
from tui.text.redact import MASK, Redactor

VOID = {"meta", "input", "rect", "br"}
HOSTILE = (
    "<script>alert(1)</script>", "a|b", "`code", "``", "[x](https://evil.example)", "![x](//evil.example/p.png)",
    "</td></tr></table>", '" onload="x', "' style='x", "&lt;b&gt;", "&amp;", "https://evil.example/a_b",
    "www.evil.example",
    "# head", "- item", "+ item", "1. one", "12) twelve", "> quote", "---", "===", "***", "~~~", "    code", "\\",
    "\\|", "a\\",
    "*x*", "__x__", "~~x~~", "<!-- x", "]]>", "{{x}}", "$x$", "a  b", "\u2028", "|", "", " ", "[ ] x", "|---|", ":---:",
    "<https://evil.example>", "[x]: https://evil.example", "a@evil.example", "\u202eabc", "x\ny", "\tx",
)  # fmt: skip

HARMLESS = [f"harmless-{n}" for n in range(len(HOSTILE))]


@dataclass
class Seen(HTMLParser):
    """What a parser makes of a page. Raises AssertionError for an element that is not closed where it should be."""

    open: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def seen(page: str) -> Seen:
    parser = Seen()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    return parser


def named(*names: str) -> Report:
    """A report in which each name stands in every place that a source or a server fills."""
    flags = [expected(f"{n}{name}", Lost("segments", name), name=name, on=True) for n, name in enumerate(names)]
    gone = expected("gone")
    made = journal(
        *flags, gone, left_out=[LeftOut(name, "skip-exists", name) for name in names], errors=names, who=names[0],
        notes=names, config={"sourceBaseUrl": f"{names[0]} ?", "ldTag": ""}, tags=names,
    )  # fmt: skip
    arrived = [there(each, (name,), name="other", environments=None) for each, name in zip(flags, names, strict=True)]
    return report(made, verification(made, arrived), NOW)


PARTIAL = report(*partial_import(), NOW)

# --- HTML


def shape(page: str) -> list[str]:
    return [tag for tag, _ in seen(page).tags]


@pytest.mark.parametrize("told", [PARTIAL, named(*HOSTILE)], ids=["partial", "hostile"])
def test_page_loads_nothing(told: Report) -> None:
    page = as_html(told)
    for tag, attributes in seen(page).tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"}
        assert not {"src", "srcset", "action", "data", "xlink:href", "style"} & attributes.keys(), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert (attributes.get("href") or "#").startswith("#")
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert not [word for word in ("url(", "@import") if word in style]


def test_screen_reader_finds_its_way() -> None:
    tags = seen(as_html(PARTIAL)).tags
    levels = [tag for tag, _ in tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels == ["h1"] + ["h2"] * (len(levels) - 1)
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {(attributes.get("href") or "")[1:] for tag, attributes in tags if tag == "a"}
    labels = {each for _, attributes in tags for each in (attributes.get("aria-labelledby") or "").split()}
    assert pointed | labels <= set(ids)
    assert ("html", {"lang": "en"}) in tags
    count = [tag for tag, _ in tags]
    assert count.count("table") == count.count("caption")
    assert count.count("svg") == count.count("desc") == 2
    assert {attributes.get("scope") for tag, attributes in tags if tag == "th"} == {"row", "col"}
    assert all(attributes.get("aria-label") for tag, attributes in tags if tag == "input")
    assert all(attributes.get("role") == "img" for tag, attributes in tags if tag == "svg")


def test_a_color_says_what_a_word_beside_it_says() -> None:
    parser = seen(as_html(PARTIAL))
    words = [text for where, text in parser.texts if where[-2:] == ("svg", "text")]
    counted = [
        *((shown_result(result), count) for result, count in PARTIAL.outcomes.items()),
        *((kind_label(kind), count) for kind, count in PARTIAL.losses.items()),
    ]
    assert words == [text for word, count in counted for text in (word, str(count))]
    fills = [attributes["class"] for tag, attributes in parser.tags if tag == "rect"]
    assert fills[:4] == ["good", "fair", "poor", "calm"]


def test_no_hostile_name_changes_a_page() -> None:
    names = [clean(name) for name in HOSTILE]
    page = as_html(named(*names))
    assert shape(page) == shape(as_html(named(*HARMLESS)))
    shown = "".join(text for _, text in seen(page).texts)
    assert [name for name in names if name not in shown] == []


@given(st.text(max_size=30))
def test_no_text_changes_a_page(name: str) -> None:
    assert shape(as_html(named(clean(name)))) == shape(as_html(named("harmless")))


def test_page_of_ten_thousand_flags_can_be_mailed() -> None:
    rule = Lost("targeting-rules", "country is one of DE, AT, CH: on")
    flags = [expected(f"shop-feature-with-a-name-{n}", rule, on=True) for n in range(10_000)]
    made = journal(*flags)
    page = as_html(report(made, verification(made, map(there, flags)), NOW))
    assert page.count("<tr>") > 30_000
    assert len(page) < 10_000_000


# --- Markdown


GITHUB = MarkdownIt("gfm-like", {"html": True})


def kinds(text: str) -> list[str]:
    """The blocks of a document and all inline marks, without the text itself."""
    every = (each for token in GITHUB.parse(text) for each in (token, *(token.children or ())))
    return [each.type for each in every if each.type != "text"]


def shown(tokens: list[Token]) -> str:
    return "".join(each.content for token in tokens for each in token.children or () if each.type == "text")


def test_no_hostile_name_changes_the_markdown() -> None:
    assert kinds(as_markdown(named(*map(clean, HOSTILE)))) == kinds(as_markdown(named(*HARMLESS)))


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("|`<>&[]()*_~#+-=.1\\:/ !$@\"'a{}wh"), max_size=12))
def test_no_text_changes_the_markdown(name: str) -> None:
    assert kinds(as_markdown(named(name))) == kinds(as_markdown(named("harmless")))


@given(st.text(max_size=40))
def test_markdown_shows_text_as_it_is(text: str) -> None:
    whole = " ".join(clean(text).split())
    assert shown(GITHUB.parse(f"- {plain(text)}")) == whole
    assert shown(GITHUB.parse(f"| one |\n|---|\n| {plain(text)} |")) == f"one{whole}"


# --- the file


FORMS: tuple[ReportFormat, ...] = ("html", "md", "json")
SECRET = "api-1_2*3|4<5>&`[x](y)"
"""A key that each document would write in another way than it is here."""


@pytest.mark.parametrize("form", FORMS)
def test_file_is_for_its_owner_and_replaces_none(tmp_path: Path, form: ReportFormat) -> None:
    paths = [save(PARTIAL, tmp_path / "new", form, Redactor()) for _ in range(2)]
    assert [path.name for path in paths] == [
        f"unleash-web-shop-2025-11-23.{form}",
        f"unleash-web-shop-2025-11-23-2.{form}",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert paths[0].read_text("utf-8") == text_of(PARTIAL, form, Redactor())
    assert sorted((tmp_path / "new").iterdir()) == sorted(paths)


def test_project_cannot_lead_a_file_astray(tmp_path: Path) -> None:
    astray = replace(PARTIAL, identity=replace(PARTIAL.identity, project="../../x y/\u202e"))
    assert save(astray, tmp_path, "md", Redactor()).name == "unleash-x-y-2025-11-23.md"


@pytest.mark.parametrize("form", FORMS)
def test_no_key_gets_into_a_report_wherever_it_was(tmp_path: Path, form: ReportFormat) -> None:
    key = f"key-{SECRET}"
    flag = expected(key, Lost(SECRET, f"rule {SECRET}"), name=SECRET, on=True, description=SECRET)
    lost = replace(flag, key=f"{key}-2")
    made = journal(
        flag, lost, left_out=[LeftOut(SECRET, SECRET, SECRET)], notes=(SECRET,), who=SECRET, ended=SECRET,
        tags=(SECRET,), errors=(f"refused {SECRET} (403)",), configuration=SECRET,
        config={"sourceBaseUrl": f"https://x/{SECRET}", "ldTag": SECRET, SECRET: SECRET},
    )  # fmt: skip
    made = replace(made, identity=replace(made.identity, project=SECRET, name=SECRET, integration=SECRET, host=SECRET))
    redactor = Redactor()
    redactor.add(SECRET)
    path = save(report(made, verification(made, [there(flag, ("test",), name="other")]), NOW), tmp_path, form, redactor)
    text = path.read_text("utf-8")
    assert json.dumps(MASK)[1:-1] in text or MASK in text
    for spelled in ("1_2*3", r"1\_2", "(y)", "[x]", r"\[x", "4<5", "4&lt;5", "1-2-3"):
        assert spelled not in text + path.name
