"""The report as a page and as Markdown: their structure holds whatever the flags are called."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.unit.report_tools import NOW, expected, journal, partial_import, there, verification
from tui.apply.journal import LeftOut
from tui.report.documents import as_html, as_markdown
from tui.report.report import NOT_AS_PLANNED, Report, report
from tui.report.sections import sections
from tui.sources.flags import Lost
from tui.text.clean import clean
from tui.text.markdown import plain, table

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


# --- HTML


def shape(page: str) -> list[str]:
    return [tag for tag, _ in seen(page).tags]


@pytest.mark.parametrize("told", [report(*partial_import(), NOW), named(*HOSTILE)], ids=["partial", "hostile"])
def test_a_page_asks_for_nothing(told: Report) -> None:
    page = as_html(told)
    tags = seen(page).tags
    asking = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "use", "image"}
    assert not asking & {tag for tag, _ in tags}
    for tag, given_ in tags:
        assert not {"src", "srcset", "action", "data", "xlink:href", "style"} & given_.keys(), tag
        assert not [name for name in given_ if name.startswith("on")], tag
        assert (given_.get("href") or "#").startswith("#")
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_a_page_has_headings_in_order_and_links_that_lead_somewhere() -> None:
    parser = seen(as_html(report(*partial_import(), NOW)))
    levels = [int(tag[1]) for tag, _ in parser.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert set(levels[1:]) == {2}
    ids = [given_["id"] for _, given_ in parser.tags if "id" in given_]
    assert len(ids) == len(set(ids))
    pointed = {(given_.get("href") or "")[1:] for tag, given_ in parser.tags if tag == "a"}
    labelled = {each for _, given_ in parser.tags for each in (given_.get("aria-labelledby") or "").split()}
    assert pointed | labelled <= set(ids)
    assert ("html", {"lang": "en"}) in parser.tags


def test_tables_tell_a_screen_reader_what_they_are() -> None:
    parser = seen(as_html(report(*partial_import(), NOW)))
    count = [tag for tag, _ in parser.tags]
    assert count.count("table") == count.count("caption")
    assert {given_.get("scope") for tag, given_ in parser.tags if tag == "th"} == {"row", "col"}
    assert all(given_.get("aria-label") for tag, given_ in parser.tags if tag == "input")
    assert all(given_.get("role") == "img" for tag, given_ in parser.tags if tag == "svg")
    assert count.count("svg") == count.count("desc") == 2


def test_each_flag_stands_in_its_section() -> None:
    told = report(*partial_import(), NOW)
    page = as_html(told)
    places = {each.ident: page.index(f'<h2 id="{each.ident}">') for each in sections(told)}
    assert list(places.values()) == sorted(places.values())
    for each in sections(told):
        part = page[places[each.ident] : page.index("</section>", places[each.ident])]
        cells = [text for where, text in seen(f"{part}").texts if where[-1:] == ("th",)]
        first = [row[0] for row in each.rows] if each.columns else []
        assert [*each.columns, *first] == [text for text in cells if text != "Done"]
        assert part.count('type="checkbox"') == (len(each.rows) if each.ticks else 0)


def test_the_picture_has_its_numbers_as_words() -> None:
    told = report(*partial_import(), NOW)
    parser = seen(as_html(told))
    words = [text for where, text in parser.texts if where[-2:] == ("svg", "text")]
    counted = [*told.outcomes.items(), *told.losses.items()]
    assert words == [said for word, count in counted for said in (word, str(count))]
    described = [text for where, text in parser.texts if where[-1:] == ("desc",)]
    assert described[0] == ", ".join(f"{word} {count}" for word, count in told.outcomes.items())
    bars = [int(given_["width"] or 0) for tag, given_ in parser.tags if tag == "rect"]
    assert bars[3] / bars[0] == pytest.approx(9 / 42, abs=0.01)
    assert min(bars) >= 3


def test_a_page_is_made_for_paper_and_for_the_dark() -> None:
    page = as_html(report(*partial_import(), NOW))
    on_paper = page.partition("@media print")[2].partition("</style>")[0]
    assert "@page { size: A4" in page
    for rule in ("break-inside: avoid", "break-after: avoid", "table-header-group", "print-color-adjust: exact"):
        assert rule in on_paper
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_a_page(name: str) -> None:
    page = as_html(named(clean(name)))
    assert shape(page) == shape(as_html(named("harmless")))
    assert clean(name) in "".join(text for _, text in seen(page).texts)


@given(st.text(max_size=30))
def test_no_text_changes_a_page(name: str) -> None:
    assert shape(as_html(named(clean(name)))) == shape(as_html(named("harmless")))


def test_a_page_of_ten_thousand_flags_is_one_that_can_be_mailed() -> None:
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


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_markdown(name: str) -> None:
    assert kinds(as_markdown(named(clean(name)))) == kinds(as_markdown(named("harmless")))


@settings(max_examples=60)
@given(st.text(alphabet=st.sampled_from("|`<>&[]()*_~#+-=.1\\:/ !$@\"'a{}wh"), max_size=12))
def test_no_text_changes_the_markdown(name: str) -> None:
    assert kinds(as_markdown(named(name))) == kinds(as_markdown(named("harmless")))


@given(st.text(max_size=40))
def test_markdown_shows_text_as_it_is(text: str) -> None:
    whole = " ".join(clean(text).split())
    assert shown(GITHUB.parse(f"- {plain(text)}")) == whole
    rows = list(table(("one", "two"), [(text, text)]))
    assert shown(GITHUB.parse("\n".join(rows))) == f"onetwo{whole}{whole}"


def test_each_flag_stands_in_its_section_of_the_markdown() -> None:
    told = report(*partial_import(), NOW)
    parts = as_markdown(told).split("\n## ")
    for each in sections(told):
        part = next(part for part in parts if part.startswith(each.heading))
        for row in each.rows:
            assert plain(str(row[0])) in part
    to_tick = next(part for part in parts if part.startswith("Cut-over"))
    assert to_tick.count("- [ ] **") == len(told.cut_over)
    first = next(line for line in to_tick.splitlines() if line.startswith("- [ ] **checkout-v2**"))
    assert all(word in first for word in ("percentage-rollout", NOT_AS_PLANNED))
