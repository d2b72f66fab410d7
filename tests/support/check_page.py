"""Check a page of glove-report in headless Chromium: one start, no network, only the standard library.

Usage: check_page.py PAGE.html WORDS.json      exit code 1 and a line for each check that failed

WORDS.json: {"words": [...]}: words of the page, as the page shows them.
"""
import json
import os
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_map import check_map  # noqa: E402
from chromium import Chromium  # noqa: E402

failed = []


def check(good, what):
    if not good:
        failed.append(what)


def wait(browser, expression, what):
    """Until the expression is true; a failed check after thirty seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if browser.evaluate(f"Boolean({expression})"):
            return
        time.sleep(0.01)
    check(False, what)


FOUND = "[...document.querySelectorAll('#words-found a')].map((a) => a.textContent)"
SHOWN = "(document.querySelector('#words-shown h3') || {}).textContent"
STATE = "document.getElementById('words-state').textContent"


def search(browser, text):
    browser.evaluate("(() => { const i = document.getElementById('words-input'); i.focus(); i.select(); })()")
    browser.evaluate("void (document.getElementById('words-state').textContent = 'waiting')")
    browser.write(text)
    wait(browser, STATE + " !== 'waiting'", f"a search for {text!r} shows nothing")
    return browser.evaluate(FOUND)


def check_search(browser, words):
    """Every word is found, stays text, and has neighbours."""
    wait(browser, FOUND + ".length", "no words are shown at first")
    for word in words:
        found = search(browser, word)
        check(found and found[0] == word, f"a search for {word!r} finds {found[:3]}")
        browser.key("Enter")
        wait(browser, f"{SHOWN} === {json.dumps(word)}", f"Enter does not show {word!r}")
        check(browser.evaluate("document.querySelectorAll('#words-shown tbody tr').length") > 0,
              f"{word!r} has no neighbours")
    check("café" in search(browser, "CAFE"), "CAFE does not find café")
    check("Straße" in search(browser, "straß"), "straß does not find Straße")
    check(search(browser, "no such word") == [], "a word that is not there is found")
    first = search(browser, "w1")
    check(first and all("w1" in word for word in first), f"w1 finds {first[:5]}")


def check_walk(browser):
    """Neighbours are links, the way back works, keys move in the list."""
    search(browser, "w2")
    browser.key("ArrowDown")
    browser.key("ArrowDown")
    browser.key("ArrowUp")
    check(browser.evaluate("document.activeElement.textContent") == browser.evaluate(FOUND)[0],
          "the arrow keys do not reach the list")
    browser.key("Enter")
    wait(browser, f"{SHOWN} === {FOUND}[0]", "Enter on a word does not show it")
    here = browser.evaluate(SHOWN)
    browser.evaluate("document.querySelector('#words-shown tbody a').click()")
    wait(browser, f"{SHOWN} !== {json.dumps(here)}", "a neighbour is no link")
    browser.evaluate("history.back()")
    wait(browser, f"{SHOWN} === {json.dumps(here)}", "the way back does not lead to the word before")
    check(browser.evaluate("[...document.querySelectorAll('#words-shown caption')].map((c) => c.textContent)") ==
          ["Nearest words", "Strongest pairs"], "a frequent word has no strongest pairs")


def check_sort(browser):
    column = """(() => { const t = document.querySelector('#scores table');
        return [...t.tBodies[0].rows].map((r) => r.cells[1].dataset.sort); })()"""
    button = "document.querySelectorAll('#scores table button.sort')[1]"
    before = browser.evaluate(column)
    browser.evaluate(button + ".focus()")
    for way in ("descending", "ascending"):
        browser.key("Enter")
        got = [float(x) for x in browser.evaluate(column)[:-1]]
        check(got == sorted(got, reverse=way == "descending") and len(set(got)) > 2, f"{way}: {got}")
        check(browser.evaluate(button + ".parentNode.getAttribute('aria-sort')") == way, "no aria-sort=" + way)
        check(browser.evaluate(column)[-1] == before[-1], "the sum is not the last row")
    browser.key("Enter")
    check(browser.evaluate(column) == before, "a third time does not bring the order back")


def check_structure(browser):
    levels = browser.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => Number(h.tagName[1]))")
    check(levels[0] == 1 and levels.count(1) == 1 and all(b - a <= 1 for a, b in zip(levels, levels[1:])),
          f"headings are not in order: {levels}")
    for what in ("main", "header", "nav[aria-label]", "footer", "a.skip", "html[lang]", "label[for=words-input]"):
        check(browser.evaluate(f"document.querySelectorAll({what!r}).length") == 1, "the page has no " + what)
    check(browser.evaluate("[...document.querySelectorAll('nav a, a.skip')].every((a) => "
                           "document.getElementById(a.hash.slice(1)))"), "a link of the contents leads nowhere")
    check(browser.evaluate("new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size === "
                           "document.querySelectorAll('[id]').length"), "an id is there twice")
    check(browser.evaluate("document.querySelectorAll('figure').length") > 0, "there is no picture")
    check(browser.evaluate("[...document.querySelectorAll('figure')].every((f) => f.querySelector('table, canvas'))"),
          "a picture has no table")


# the contrast of two colours as WCAG 2 defines it
CONTRAST = """((a, b) => {
    const light = (c) => c.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const [x, y] = [light(a), light(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); })"""


# what sticks out
WIDE = """[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > %d)
    .map((e) => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 20)).slice(0, 8)"""


def check_looks(browser, words):
    back = "getComputedStyle(document.body).backgroundColor"
    seen = set()
    for scheme in ("light", "dark"):
        browser.media("", scheme)
        seen.add(browser.evaluate(back))
        for part in ("body", ".soft", "#words-shown a", "th", "figcaption"):
            contrast = browser.evaluate(
                f"{CONTRAST}(getComputedStyle(document.querySelector({part!r})).color, {back})")
            check(contrast >= 4.5, f"{scheme}: {part} has a contrast of {contrast:.1f}")
    check(len(seen) == 2, "light and dark look the same")
    browser.media()
    for width in (390, 320):
        browser.width(width)
        for word in [max(words, key=len), words[0]]:
            browser.evaluate(f"void (location.hash = GV.wordAddress({json.dumps(word)}))")
            wait(browser, f"{SHOWN} === {json.dumps(word)}", "the address does not show its word")
            wide = browser.evaluate("document.documentElement.scrollWidth")
            check(wide <= width, f"at {width} pixels the page is {wide} wide: {browser.evaluate(WIDE % width)}")
    browser.width(1280)


def check_print(browser):
    folds = "document.querySelectorAll('details:not([open])').length"
    before = browser.evaluate(folds)
    check(before > 0, "nothing is folded")
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    check(browser.evaluate(folds) == 0, "something is folded on paper")
    browser.media("print", "dark")
    check(browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)",
          "paper is dark")
    check(browser.evaluate("getComputedStyle(document.getElementById('words-input')).display") is not None and
          browser.evaluate("document.getElementById('words-input').offsetParent === null"), "controls are printed")
    browser.media()
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    check(browser.evaluate(folds) == before, "what was folded is not folded again")


def main():
    page, words = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))["words"]
    with Chromium() as browser:
        browser.width(1280)
        browser.open(page)
        scripts = browser.evaluate("document.scripts.length")
        check_structure(browser)
        check_search(browser, words)
        check_walk(browser)
        check_sort(browser)
        check_looks(browser, words)
        check_print(browser)
        try:
            check_map(browser, "w7", words[0])
        except AssertionError:
            check(False, "the map: " + traceback.format_exc().replace("\n", " "))
        browser.media()
        check(browser.evaluate("document.scripts.length") == scripts, "a script has come in")
        check(not any(e.get("method") == "Page.javascriptDialogOpening" for e in browser.events), "a word is run")
        with tempfile.TemporaryDirectory() as place:  # anywhere, without the run
            copy = os.path.join(place, "copy.html")
            with open(page, "rb") as old, open(copy, "wb") as new:
                new.write(old.read())
            browser.open(copy, "#word=" + browser.evaluate(f"encodeURIComponent({json.dumps(words[0])})"))
            wait(browser, f"{SHOWN} === {json.dumps(words[0])}", "an address with a word does not show it")
        browser.call("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(page)
        check(browser.evaluate("document.querySelector('#words noscript') !== null && "
                               "document.querySelectorAll('#words td.word').length") > 0,
              "without JavaScript there are no words")
        for complaint in browser.complaints():
            check(False, "console: " + complaint)
    for what in failed:
        print("check_page.py: " + what, file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
