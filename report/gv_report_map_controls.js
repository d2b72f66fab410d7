"use strict";
/* What the reader does with the map of words: mouse, fingers, keys, buttons, search, legend. */
(() => {
  const map = GV.map;
  if (!map) return;
  const get = (id) => document.getElementById(id);
  const canvas = get("map-canvas"), tip = get("map-tip"), legend = get("map-legend");
  const input = get("map-input"), state = get("map-state"), shown = get("map-word");
  const { data, words, group } = map, n = words.length;
  const number = new Intl.NumberFormat("en");
  const SOON = 200, LATER = 500; /* milliseconds of motions */

  /* --- what is said about a word --- */
  const facts = (i) => `rank ${number.format(i + 1)}` +
    (data.counts ? `, occurs ${number.format(data.counts[i])} times` : "") + `, group ${group[i] + 1}`;
  const link = (i) => GV.element("a", { href: GV.wordAddress(words[i]), dir: "auto" }, words[i]);
  const showWord = (word) => {
    if (word === null) {
      shown.replaceChildren();
      return;
    }
    const parts = [GV.element("b", {}, GV.element("bdi", {}, word))];
    if (map.chosen < 0) {
      parts.push(` is not on the map, which has the ${number.format(n)} most frequent words.`);
    } else {
      parts.push(` (${facts(map.chosen)}). Nearest words on the map: `);
      map.neighbours(map.chosen).forEach((j, at) => parts.push(at ? ", " : "", link(j)));
      parts.push(".");
    }
    shown.replaceChildren(...parts);
  };
  /* The address names the word that is chosen: the list of words follows it, too. */
  const follow = (time) => {
    const word = GV.wordOfAddress();
    map.choose(word !== null && map.placeOf.has(word) ? map.placeOf.get(word) : -1);
    showWord(word);
    if (map.chosen >= 0) map.centre(map.chosen, time);
    map.tell();
    map.redraw();
  };
  const choose = (i) => {
    const address = GV.wordAddress(words[i]);
    if (location.hash === address) follow(LATER);
    else location.hash = address;
  };
  addEventListener("hashchange", () => { if (GV.wordOfAddress() !== null) follow(LATER); });

  /* --- search --- */
  /* Words that begin with the text, the one that is equal first; if there are none, those that hold
     it. Each by frequency. */
  const search = (text) => {
    const wanted = GV.fold(text), exact = [], equal = [], begin = [], inside = [];
    if (!text) return [];
    if (!data.folded) data.folded = words.map(GV.fold);
    data.folded.forEach((folded, i) => {
      const list = words[i] === text ? exact : folded === wanted ? equal
        : folded.startsWith(wanted) ? begin : folded.includes(wanted) ? inside : null;
      if (list) list.push(i);
    });
    const found = exact.concat(equal, begin);
    return found.length ? found : inside;
  };
  const showMatches = () => {
    const text = input.value.trim(), found = search(text);
    map.match(found);
    state.textContent = !text ? "" : found.length === 0 ? "not on the map"
      : found.length === 1 ? "1 word; Enter goes there"
      : `${number.format(found.length)} words; Enter goes to ${words[found[0]]}`;
    map.redraw();
    return found;
  };
  input.addEventListener("input", showMatches);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      showMatches();
    } else if (event.key === "Enter") {
      const found = showMatches();
      if (found.length) choose(found[0]);
      event.preventDefault();
    }
  });

  /* --- the word under the mouse --- */
  const hover = (i) => {
    canvas.style.cursor = i >= 0 ? "pointer" : "grab";
    if (i === map.hovered) return;
    map.hover(i);
    tip.hidden = i < 0;
    if (i >= 0) {
      const { x, y } = map.position(i), { w, h } = map.size;
      const near = map.neighbours(i).flatMap((j, at) => [at ? ", " : "", GV.element("bdi", {}, words[j])]);
      tip.replaceChildren(GV.element("b", {}, GV.element("bdi", {}, words[i])),
        GV.element("span", {}, facts(i)), GV.element("span", {}, ...near));
      tip.style.left = `${Math.max(4, Math.min(x + 14, w - tip.offsetWidth - 4))}px`;
      tip.style.top = `${y + 18 + tip.offsetHeight < h ? y + 16 : Math.max(4, y - 16 - tip.offsetHeight)}px`;
    }
    map.redraw();
  };

  /* --- mouse and fingers --- */
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - canvas.clientLeft, y: event.clientY - box.top - canvas.clientTop };
  };
  const TAP = 4; /* pixels of a hand that only wants to point */
  const held = new Map(); /* pointers that are down */
  let moved = 0, apart = 0;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    if (held.size === 0) moved = 0;
    held.set(event.pointerId, at(event));
    apart = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event), before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") hover(map.nearestTo(now.x, now.y, 14));
      return;
    }
    held.set(event.pointerId, now);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > TAP) hover(-1);
    if (held.size === 1 && moved > TAP) {
      canvas.style.cursor = "grabbing";
      map.pan(now.x - before.x, now.y - before.y, 0);
    } else if (held.size === 2) {
      const [a, b] = [...held.values()], distance = Math.hypot(a.x - b.x, a.y - b.y);
      if (apart > 0) map.zoomAt(distance / apart, (a.x + b.x) / 2, (a.y + b.y) / 2, 0);
      apart = distance;
    }
  });
  const release = (event) => {
    if (!held.delete(event.pointerId)) return;
    apart = 0;
    canvas.style.cursor = "grab";
    if (event.type === "pointerup" && held.size === 0 && moved <= TAP) {
      const now = at(event), i = map.nearestTo(now.x, now.y, event.pointerType === "touch" ? 24 : 14);
      if (i >= 0) choose(i);
    }
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => { if (held.size === 0) hover(-1); });

  /* A wheel that was scrolling the page when the map came under it goes on scrolling the page. */
  let scrolled = -1000;
  addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });
  canvas.addEventListener("wheel", (event) => {
    const whole = event.deltaY > 0 && map.zoom <= 1;
    if (!event.ctrlKey && (whole || performance.now() - scrolled < 250)) return;
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    const now = at(event), base = event.ctrlKey ? 1.01 : 1.002; /* a pinch on a touchpad has Ctrl */
    hover(-1);
    map.zoomAt(Math.pow(base, -Math.max(-300, Math.min(300, pixels))), now.x, now.y, 0);
  }, { passive: false });

  /* --- keys and buttons --- */
  const press = (id, on) => get(id).setAttribute("aria-pressed", on);
  const zoom = (factor) => map.zoomAt(factor, map.size.w / 2, map.size.h / 2, SOON);
  const reset = () => {
    map.single(-1);
    map.choose(-1);
    input.value = "";
    showMatches();
    showWord(null);
    showLegend();
    map.reset(LATER);
  };
  const keys = {
    "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), "0": reset, Home: reset,
    ArrowLeft: () => map.pan(80, 0, SOON), ArrowRight: () => map.pan(-80, 0, SOON),
    ArrowUp: () => map.pan(0, 80, SOON), ArrowDown: () => map.pan(0, -80, SOON),
    Enter: () => {
      const i = map.nearestTo(map.size.w / 2, map.size.h / 2, Infinity);
      if (i >= 0) choose(i);
    },
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    hover(-1);
    keys[event.key]();
  });
  get("map-nearer").addEventListener("click", () => zoom(1.6));
  get("map-farther").addEventListener("click", () => zoom(1 / 1.6));
  get("map-reset").addEventListener("click", reset);
  for (const name of ["pca", "tsne"])
    get(`map-${name}`).addEventListener("click", () => {
      map.setLayout(name, 700);
      press("map-pca", name === "pca");
      press("map-tsne", name === "tsne");
    });
  for (const name of ["groups", "ranks"])
    get(`map-${name}`).addEventListener("click", () => {
      map.colourBy(name);
      press("map-groups", name === "groups");
      press("map-ranks", name === "ranks");
      showLegend();
      map.tell();
      map.redraw();
    });

  /* --- legend --- */
  const showLegend = () => {
    const colours = map.palette();
    if (map.colour === "ranks") {
      legend.replaceChildren(GV.element("li", {}, "frequent (rank 1) ", GV.element("span",
        { class: "ramp", style: `background:linear-gradient(to right,${colours.join(",")})` }),
        ` rare (rank ${number.format(n)})`));
      return;
    }
    legend.replaceChildren(...data.groups.map((members, c) => {
      const button = GV.element("button", { type: "button", "aria-pressed": map.only === c },
        GV.element("span", { class: "dot", style: `background:${colours[c]}` }),
        GV.element("bdi", {}, members.map((i) => words[i]).join(", ")));
      button.addEventListener("click", () => {
        map.single(map.only === c ? -1 : c);
        [...legend.querySelectorAll("button")].forEach((other, g) =>
          other.setAttribute("aria-pressed", map.only === g));
        map.redraw();
      });
      return GV.element("li", {}, button);
    }));
  };

  /* --- size, colours of the system, paper --- */
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    showLegend();
    map.redraw();
  });
  const paper = (on) => {
    map.print(on);
    showLegend();
    map.draw();
  };
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  addEventListener("resize", map.fit);

  get("map-view").hidden = false;
  showLegend();
  map.tell();
  map.fit();
  if ("ResizeObserver" in window) new ResizeObserver(map.fit).observe(canvas);
  if (GV.wordOfAddress() !== null) follow(0);
})();
