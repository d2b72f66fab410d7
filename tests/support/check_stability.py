"""The page of glove-report stability in a browser: argv[1] is the page, of 130 words in two groups."""
import sys

from chromium import Chromium

HIT = "[...document.querySelectorAll('#stability-found tbody tr')].map(r => r.cells[0].textContent)"
ODD = '<img_src=x_onerror=alert(1)>"'


def choose(browser, name, value):
    browser.evaluate(f"{{ const e = document.getElementById('stability-{name}'); e.value = '{value}';"
                     " e.dispatchEvent(new Event('change')) }")
    return browser.evaluate(HIT)


with Chromium() as browser:
    for pixels, scheme in ((1100, "light"), (390, "dark")):
        browser.width(pixels)
        browser.media(scheme=scheme)
        browser.open(sys.argv[1])
        browser.evaluate("new Promise(done => setTimeout(done, 300))")
        words = browser.evaluate(HIT)
        assert len(words) == 100 and words[0] == ODD, words[:3]  # text, not HTML
        assert browser.evaluate("document.images.length") == 0
        browser.evaluate("document.getElementById('stability-more').click()")
        assert len(browser.evaluate(HIT)) == 130
        browser.evaluate("document.getElementById('stability-input').focus()")
        browser.write("w77")
        browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert browser.evaluate(HIT) == ["w77"], browser.evaluate(HIT)
        assert browser.evaluate("document.getElementById('stability-state').textContent") == "1 word"
        cells = "[...document.querySelector('#stability-found tbody tr').cells].map(c => c.textContent)"
        row = browser.evaluate(cells)
        assert row[4] == "untrusted", row  # random vectors in the first group
        choose(browser, "group", "1")  # the same vectors in the second
        row = browser.evaluate(cells)
        assert row[2] == "1.00" and row[4] == "trusted" and row[5].count(",") == 9, row
        assert choose(browser, "verdict", "untrusted") == []
        wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"the page is {wide} pixels too wide"
    assert not browser.complaints(), browser.complaints()
