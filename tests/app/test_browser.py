"""The page in a real browser, with the real model: what only pixels and keys can show.

Runs where Chromium is installed (Debian: apt-get install chromium fonts-noto-cjk) or named in
CHROMIUM; elsewhere it is skipped and says so.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from scenarios.plans.clauses import REGIONS
from tests.waiting import SECONDS, until

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 600_000  # milliseconds: the first answer may compile the engine
IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def server():
    """The address of the page, served as the README says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}",
         "--server.address=127.0.0.1"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    until(lambda: answers(address))
    yield address
    process.terminate()
    process.wait(timeout=SECONDS)


def answers(address):
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(server, browser):
    """A function that opens the page and waits for the headline; its faults are collected."""
    contexts = []

    def open_page(link, width=1440, height=900):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.faults, page.strangers = [], []
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("request", lambda r: note_stranger(page, server, r.url))
        page.goto(f"{server}/?{link}")
        page.wait_for_selector(".tc-card", timeout=PATIENCE)
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def note_stranger(page, server, url):
    ours = (server, server.replace("http", "ws"), "data:", "blob:")
    if not url.startswith(ours):
        page.strangers.append(url)


def settle(page):
    page.wait_for_timeout(300)  # a touch takes a moment to reach the server
    page.wait_for_selector(IDLE, timeout=PATIENCE)


def is_clean(page):
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    exceptions = page.locator('[data-testid="stException"]').count()
    return (page.faults, page.strangers, wide, exceptions) == ([], [], 0, 0)


@pytest.mark.parametrize(("lang", "tag"), [("zh", "zh-CN"), ("en", "en")])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_and_asks_nobody_else(opened, lang, tag, width):
    page = opened(f"r=taonan&lang={lang}", width=width)
    assert is_clean(page), (page.faults, page.strangers)
    assert page.evaluate("document.documentElement.lang") == tag
    assert page.locator(".tc-card").count() == 8
    title = page.locator(".tc-top h1").bounding_box()
    if width < 640:  # here the fixed header has a background of its own
        header = page.locator('[data-testid="stHeader"]').bounding_box()
        assert title["y"] >= header["y"] + header["height"] - 1
    assert title["y"] >= 0
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('.tc-card *')].map("
        "e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 12


# In the suite the two whose draws turn round; a minute or more each.
RANGES = [
    region if region in ("liaocheng", "chifeng") else pytest.param(region, marks=pytest.mark.slow)
    for region in REGIONS
]


@pytest.mark.parametrize("region", RANGES)
def test_every_regions_page_reaches_its_ranges(opened, region):
    """As it opens, without a touch: 64 draws with an answer, and what they say stands on a card."""
    page = opened(f"r={region}&lang=zh")
    done = page.get_by_text(re.compile("64组不确定参数抽样"))
    done.wait_for(timeout=PATIENCE)
    assert "未计入" not in done.inner_text()
    assert "80%区间" in page.locator(".tc-cards").inner_text()


def test_charts_are_drawn_with_names_and_few_decimals(opened):
    page = opened("r=taonan&lang=zh")
    page.locator("svg text", has_text="区域外").first.wait_for(timeout=PATIENCE)
    texts = page.locator("svg text").all_text_contents()
    assert {"村级", "乡镇", "县级", "区域外"} <= set(texts)
    assert not [t for t in texts if re.search(r"\.\d{3,}", t)]


def test_a_key_on_a_slider_changes_the_answer_and_the_link(opened):
    page = opened("r=taonan&lang=en")
    slider = page.get_by_role("slider").nth(3)
    assert "Your plan" not in page.locator(".tc-cards").inner_text()
    slider.focus()
    slider.press("ArrowRight")
    page.locator(".tc-row-yours").first.wait_for(timeout=PATIENCE)
    settle(page)
    assert "x=" in page.url
    link = page.url.partition("?")[2]
    figures = page.locator(".tc-row-yours td").all_inner_texts()
    again = opened(link)  # the link brings the same figures to somebody else
    assert again.locator(".tc-row-yours td").all_inner_texts() == figures


def test_the_switch_changes_every_word_and_no_figure(opened):
    page = opened("r=taonan&lang=zh")
    figures = page.locator(".tc-table td").all_inner_texts()
    page.get_by_text("English").click()
    page.wait_for_function("document.documentElement.lang === 'en'", timeout=PATIENCE)
    page.locator(".tc-top", has_text="who is treated").wait_for(timeout=PATIENCE)
    settle(page)
    rows = page.locator("tr:not(.tc-row-goal) td").all_inner_texts()
    assert [f for f in figures if re.fullmatch(r"[\d.,%]+", f)] == [
        f for f in rows if re.fullmatch(r"[\d.,%]+", f)
    ]
    cards = page.locator(".tc-cards").inner_text()
    assert not HAN.search(re.sub(r"clause \S+", "", cards))


def test_a_definition_opens_by_key(opened):
    page = opened("r=taonan&lang=en")
    about = page.locator(".tc-card details").first
    about.locator("summary").focus()
    page.keyboard.press("Enter")
    assert about.evaluate("e => e.open")
    assert "÷" in about.inner_text()


def test_no_text_of_a_link_becomes_a_script(opened):
    page = opened("r=taonan&lang=en&x=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E:1&%3Cb%3E=2")
    assert is_clean(page), (page.faults, page.strangers)
    assert page.locator("img[src='x']").count() == 0
