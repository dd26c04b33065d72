"""The report of a comparison: its order once, written as a web page and as a Word file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.comparison.findings import Comparison
from scenarios.report.background_tables import (
    assumptions_sheet,
    bottlenecks_sheet,
    costs_sheet,
    flows_sheet,
    gains_sheet,
    inputs_sheet,
    outside_sheet,
    provenance_sheet,
)
from scenarios.report.charts import description
from scenarios.report.fonts import figure_language
from scenarios.report.summary import summary
from scenarios.report.tables import (
    Sheet,
    arrivals_sheet,
    changes_sheet,
    drivers_brief,
    headlines_sheet,
    limits,
    notes_of,
    targets_sheet,
)
from scenarios.words import text
from sim.cli.indicator_table import columns_of

if TYPE_CHECKING:
    from docx.document import Document

TEMPLATE = Path(__file__).parent / "report.html"
_FONTS = {"zh": ("宋体", "黑体"), "en": ("Calibri", "Calibri")}
_GREY = "DDE6EE"
_TEXT_WIDTH = 17.4  # cm
# Characters a column is made for, a Chinese one counts two, and what its margins take. A column of
# few characters is as wide as they are: cm of a character and of the margins of a cell.
_SHORTEST, _LONGEST, _MARGIN = 5, 36, 4
_FEW, _CHARACTER, _CELL = 12, 0.15, 0.45
_FACILITIES, _CAVEATS = 6, 3


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with sentences, tables and the names of figures under it."""

    title: str
    sentences: tuple[str, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report prints; `front` fits on a page."""

    lang: str
    title: str
    subtitle: str
    front: Section
    sections: tuple[Section, ...]


def report_of(c: Comparison, lang: str) -> Report:
    """A comparison as a report in a language."""
    arms = ("、" if lang == "zh" else ", ").join(arm.label(lang) for arm in c.arms)
    mind = limits(c, lang)
    plans = c.arms[1:]
    said = (*summary(c, lang), *mind[:_CAVEATS])
    front = Section(text("sheet.summary", lang), said, (targets_sheet(c, lang),))
    parts = [
        Section(text("sheet.headlines", lang), tuple(notes_of(c, lang)),
                (headlines_sheet(c, lang), *((changes_sheet(c, lang),) if plans else ())),
                ("headlines", "chances")),
        _section(flows_sheet(c, lang), ("visits", "admissions")),
        *(_section(drivers_brief(c, arm, lang), (f"drivers-{arm.key}",))
          for arm in plans if c.drivers),
        *(_section(bottlenecks_sheet(c, arm, lang, _FACILITIES)) for arm in c.arms),
        *(_section(gains_sheet(c, arm, lang), ("gains",) if arm is plans[0] else ())
          for arm in plans),
        *(_section(costs_sheet(c, arm, lang)) for arm in plans),
        _section(arrivals_sheet(c, lang)),
        _section(assumptions_sheet(c, lang)),
        _section(inputs_sheet(c, lang)),
        _section(outside_sheet(c, lang)),
        Section(text("sheet.limits", lang), tuple(mind)),
        _section(provenance_sheet(c, lang)),
    ]  # fmt: skip
    return Report(
        lang, text("report.title", lang).format(region=c.name_zh if lang == "zh" else c.name),
        text("report.subtitle", lang).format(arms=arms, first=c.years[0], last=c.years[-1]),
        front, tuple(p for p in parts if p.sentences or p.figures or any(s.rows for s in p.sheets)),
    )  # fmt: skip


def _section(sheet: Sheet, figures: tuple[str, ...] = ()) -> Section:
    return Section(sheet.title, (), (sheet,), figures)


def figure_notes(c: Comparison, lang: str) -> list[str]:
    """What to say where figures could not be labelled in the report's language."""
    return [text("fig.missing_font", lang)] if figure_language(lang) != lang else []


def html(c: Comparison, lang: str, figures: Mapping[str, bytes]) -> str:
    """The report as one self-contained page; every word in it is escaped.

    figures  PNG by name, as of charts.all_figures
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    pictures = {
        name: {"data": base64.b64encode(png).decode(), "alt": description(c, name, lang)}
        for name, png in figures.items()
    }
    return template.render(
        report=report_of(c, lang), pictures=pictures, notes=figure_notes(c, lang),
        contents=text("toc", lang), language={"zh": "zh-CN"}.get(lang, lang),
    )  # fmt: skip


def word(c: Comparison, lang: str, figures: Mapping[str, bytes]) -> Document:
    """The report as a Word document, with Chinese fonts set where Word looks for them."""
    import docx
    from docx.shared import Cm, Pt

    report = report_of(c, lang)
    document = docx.Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm(1.8)
        section.top_margin = section.bottom_margin = Cm(1.8)
    body, heading = _FONTS[lang]
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "List Bullet"):
        _set_font(document.styles[name], body if name in ("Normal", "List Bullet") else heading)
    document.styles["Normal"].font.size = Pt(10)
    document.styles["Title"].font.size = Pt(20)
    document.styles["List Bullet"].paragraph_format.space_after = Pt(2)
    document.core_properties.title = report.title
    document.core_properties.author = "Tiercare"
    document.core_properties.language = {"zh": "zh-CN"}.get(lang, lang)
    document.add_heading(report.title, 0)
    document.add_paragraph(report.subtitle)
    _write(document, report.front, c, {}, lang)
    document.add_page_break()  # type: ignore[no-untyped-call]
    for note in figure_notes(c, lang):
        document.add_paragraph(note)
    for part in report.sections:
        _write(document, part, c, figures, lang)
    return document


def _write(
    document: Document, part: Section, c: Comparison, figures: Mapping[str, bytes], lang: str
) -> None:
    from io import BytesIO

    from docx.shared import Cm

    document.add_heading(part.title, 1)
    for sentence in part.sentences:
        document.add_paragraph(sentence, style="List Bullet")
    for name in part.figures:
        if name in figures:
            picture = document.add_picture(BytesIO(figures[name]), width=Cm(17.0))
            picture._inline.docPr.set("descr", description(c, name, lang))
    for sheet in part.sheets:
        if sheet.rows:
            if sheet.title != part.title:
                titled = document.add_paragraph(sheet.title)
                titled.runs[0].bold = True
                titled.paragraph_format.keep_with_next = True
            _table(document, sheet)
            for note in sheet.notes:
                document.add_paragraph(note)


def _table(document: Document, sheet: Sheet) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Cm, Pt

    table = document.add_table(rows=0, cols=len(sheet.head))
    table.style = "Table Grid"
    table.autofit = False
    widths = [Cm(width) for width in column_widths(sheet)]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    size = Pt(8.5 if len(sheet.head) <= 7 else 7.5)
    headed = any(sheet.head)
    for number, row in enumerate((sheet.head, *sheet.rows) if headed else sheet.rows):
        line = table.add_row()
        line._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        cells = line.cells
        if len(row) != len(sheet.head):
            cells = (cells[0].merge(cells[-1]),)
        words_of = row if len(cells) > 1 else ("  ".join(row),)
        for at, (cell, words) in enumerate(zip(cells, words_of, strict=True)):
            cell.width = widths[at] if len(cells) > 1 else sum(widths)
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(words)
            run.font.size = size
            run.bold = (headed and number == 0) or len(cells) == 1
            paragraph.paragraph_format.space_after = Pt(0)
            if at in sheet.right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            if headed and number == 0:
                _shade(cell)
    if headed:  # it is repeated on every page the table goes on
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


def column_widths(sheet: Sheet) -> list[float]:
    """Widths of the columns of a table in cm, by the length of what stands in them."""
    full = [row for row in (sheet.head, *sheet.rows) if len(row) == len(sheet.head)]
    needs = [
        min(_LONGEST, max(_SHORTEST, *(columns_of(row[k]) for row in full))) + _MARGIN
        for k in range(len(sheet.head))
    ]
    if sum(needs) * _CHARACTER <= _TEXT_WIDTH:
        return [_TEXT_WIDTH * need / sum(needs) for need in needs]
    kept = [
        (need - _MARGIN) * _CHARACTER + _CELL if need <= _FEW + _MARGIN else 0.0 for need in needs
    ]
    rest = sum(need for need, width in zip(needs, kept, strict=True) if not width)
    if not rest or sum(kept) > _TEXT_WIDTH / 2:
        return [_TEXT_WIDTH * need / sum(needs) for need in needs]
    left = _TEXT_WIDTH - sum(kept)
    return [width or left * need / rest for need, width in zip(needs, kept, strict=True)]


def _shade(cell: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shading = OxmlElement("w:shd")
    shading.set(qn("w:val"), "clear")
    shading.set(qn("w:fill"), _GREY)
    cell._tc.get_or_add_tcPr().append(shading)


def _set_font(style: Any, name: str) -> None:
    """Font of a style for Latin and for Chinese characters, which Word keeps apart."""
    from docx.oxml.ns import qn

    style.font.name = name
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    for kind in ("w:ascii", "w:hAnsi"):
        fonts.set(qn(kind), name)
    # Clauses are Chinese in an English report too.
    fonts.set(qn("w:eastAsia"), name if name in _FONTS["zh"] else _FONTS["zh"][0])
