"""What a page's map of words (report/gv_report_map*.js) does in a browser."""
import json


class Map:
    """The map of the page that `browser` (chromium.Chromium) has open."""

    def __init__(self, browser):
        self.browser = browser
        # motions end at once
        browser.call("Emulation.setEmulatedMedia", media="",
                     features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        self.show()

    def run(self, expression):
        return self.browser.evaluate(expression)

    def state(self, key):
        return self.run(f"document.getElementById('map-canvas').dataset.{key}")

    def zoom(self):
        return float(self.state("zoom"))

    def click(self, name):
        self.run(f"document.getElementById('map-{name}').click()")

    def show(self):
        """Scroll there, and let the page forget that it was scrolled: then the wheel zooms."""
        self.run("document.getElementById('map-view').scrollIntoView({behavior: 'instant'})")
        self.run("new Promise((done) => setTimeout(done, 400))")

    def mouse(self, kind, x, y, **more):
        """An event at a point of the canvas, as parts of its width and height."""
        box = json.loads(self.run("JSON.stringify(document.getElementById('map-canvas').getBoundingClientRect())"))
        self.browser.call("Input.dispatchMouseEvent", type=kind, x=box["left"] + x * box["width"],
                          y=box["top"] + y * box["height"], **more)

    def colours(self):
        """How many different colours the canvas shows."""
        return self.run("(() => { const from = document.getElementById('map-canvas');"
                        "const copy = new OffscreenCanvas(from.width, from.height);"
                        "const pen = copy.getContext('2d', { willReadFrequently: true });"
                        "pen.drawImage(from, 0, 0);"
                        "const bytes = pen.getImageData(0, 0, from.width, from.height).data.buffer;"
                        "return new Set(new Uint32Array(bytes)).size; })()")


def check_map(browser, word, hostile):
    """`word` is on the map; `hostile` is a word with HTML in it that is, too."""
    m = Map(browser)
    m.click("reset")
    assert m.state("layout") == "pca" and m.zoom() == 1 and m.colours() > 3
    check_zoom(m)
    check_search(m, word)
    check_switches(m)
    m.run(f"location.hash = GV.wordAddress({json.dumps(hostile)})")
    m.run("new Promise((done) => setTimeout(done))")  # until the event hashchange was handled
    assert m.state("word") == hostile
    assert m.run("document.getElementById('map-word').querySelector('b bdi').textContent") == hostile
    assert m.run("document.querySelectorAll('#map-view script, #map-view img, #map-view i').length") == 0


def check_zoom(m):
    m.mouse("mouseWheel", 0.5, 0.5, deltaX=0, deltaY=-200)
    near = m.zoom()
    assert near > 1.2, near
    m.click("nearer")
    assert m.zoom() > near
    m.click("farther")
    assert abs(m.zoom() - near) < 0.01
    before = float(m.state("x"))
    m.mouse("mousePressed", 0.5, 0.5, button="left", buttons=1, clickCount=1)
    m.mouse("mouseMoved", 0.4, 0.5, button="left", buttons=1)
    m.mouse("mouseReleased", 0.4, 0.5, button="left", clickCount=1)
    assert float(m.state("x")) > before, "dragged to the left, so the middle moves to the right"
    m.run("document.getElementById('map-canvas').focus()")
    for key, same in (("+", False), ("-", False), ("0", False)):
        last = m.zoom()
        m.browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        assert (m.zoom() == last) == same, key
    assert m.zoom() == 1


def check_search(m, word):
    m.run("document.getElementById('map-input').focus()")
    m.browser.write(word)
    assert "Enter" in m.run("document.getElementById('map-state').textContent")
    m.browser.key("Enter")
    m.run("new Promise((done) => setTimeout(done))")
    assert m.state("word") == word and m.zoom() > 1
    off = m.run("(() => { const { x, y } = GV.map.position(GV.map.chosen), { w, h } = GV.map.size;"
                "return Math.hypot(x - w / 2, y - h / 2); })()")
    assert off < 1, f"{off} pixels beside the middle"
    assert m.run("document.querySelectorAll('#map-word a').length") > 0
    m.run("document.getElementById('map-input').value = ''")
    m.browser.write("qqqq")
    assert m.run("document.getElementById('map-state').textContent") == "not on the map"


def check_switches(m):
    m.click("reset")
    assert m.state("word") == "" and m.run("document.getElementById('map-word').textContent") == ""
    places = m.run("JSON.stringify(GV.map.position(0))")
    m.click("tsne")
    assert m.state("layout") == "tsne" and m.run("JSON.stringify(GV.map.position(0))") != places
    m.click("ranks")
    assert m.state("colour") == "ranks" and m.colours() > 3
    m.click("groups")
    m.run("document.querySelector('#map-legend button').click()")
    assert m.run("document.querySelector('#map-legend button').getAttribute('aria-pressed')") == "true"
    assert m.run("GV.map.only") == 0
