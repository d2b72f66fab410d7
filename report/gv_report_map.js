"use strict";
/* The map of words (gv_report_map_write.c): a canvas that shows one of two layouts. GV.map is what
   gv_report_map_controls.js works on: the data, what is shown, and motions. Words are drawn or set as
   text, never as HTML. */
GV.map = (() => {
  const data = GV.data("map-data"), canvas = document.getElementById("map-canvas");
  if (!data || !canvas) return null;
  const pen = canvas.getContext("2d");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const night = matchMedia("(prefers-color-scheme: dark)");

  /* --- data --- */
  const words = data.words, n = words.length, k = data.k, NONE = 0xffff;
  const group = GV.bytes(data.group), near = new Uint16Array(GV.bytes(data.near).buffer);
  const layouts = {};
  for (const name of ["pca", "tsne"]) {
    const raw = new Uint16Array(GV.bytes(data.layouts[name]).buffer);
    const low = [1, 1], high = [0, 0], place = new Float32Array(2 * n);
    for (let i = 0; i < 2 * n; i++) {
      const d = i % 2;
      place[i] = d ? 1 - raw[i] / 65535 : raw[i] / 65535; /* y points down on a canvas */
      low[d] = Math.min(low[d], place[i]);
      high[d] = Math.max(high[d], place[i]);
    }
    layouts[name] = { place, low, high };
  }
  const placeOf = new Map();
  for (let i = n - 1; i >= 0; i--) placeOf.set(words[i], i);
  const neighbours = (i) => [...near.subarray(i * k, (i + 1) * k)].filter((j) => j !== NONE);

  /* --- colours --- */
  const GROUPS = {
    light: ["#af2843", "#14a384", "#953490", "#709d05", "#5d4dbe", "#b38308", "#006a9e", "#df5e37",
            "#017272", "#d65996", "#087736", "#a86bdb", "#6d6603", "#5187f2", "#915006", "#009cba"],
    dark: ["#fea9af", "#09b290", "#ff9af7", "#7baa17", "#bdbcfd", "#c28e00", "#86cdff", "#ed6b44",
           "#00e0e0", "#e465a2", "#65e287", "#b578e8", "#d5c918", "#5f94fd", "#fdb171", "#0ea9c9"],
  };
  /* from frequent to rare */
  const RANKS = { light: ["#4a148c", "#b0257a", "#d9730d"], dark: ["#ffd166", "#ff7a90", "#9f86ff"] };
  const STEPS = 12;
  const mix = (colours, t) => {
    const at = Math.min(t * (colours.length - 1), colours.length - 1 - 1e-9), i = Math.floor(at);
    const part = (hex, c) => parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16);
    const channel = (c) => Math.round(part(colours[i], c) * (i + 1 - at) + part(colours[i + 1], c) * (at - i));
    return `rgb(${channel(0)},${channel(1)},${channel(2)})`;
  };
  const step = new Uint8Array(n); /* by the logarithm of the rank */
  for (let i = 0; i < n; i++)
    step[i] = n > 1 ? Math.min(STEPS - 1, Math.floor(STEPS * Math.log(1 + i) / Math.log(n))) : 0;
  let printing = false;
  const theme = () => (night.matches && !printing ? "dark" : "light");
  const palette = () => colour === "groups" ? GROUPS[theme()]
    : Array.from({ length: STEPS }, (_, s) => mix(RANKS[theme()], s / (STEPS - 1)));

  /* --- state --- */
  const MOST = 60, LEAST = 0.7; /* zoom */
  let layout = "pca", colour = "groups", only = -1 /* the group that is not faint */;
  let chosen = -1, hovered = -1, matches = new Set();
  let size = { w: 0, h: 0, ratio: 0 };
  /* What is drawn: a layout, or two on the way from one to the other; and the part of it in view. */
  const extentOf = ({ low, high }) => [high[0] - low[0], high[1] - low[1]];
  let place = layouts.pca.place.slice(), extent = extentOf(layouts.pca);
  let view = { x: 0.5, y: 0.5, zoom: 1 }, goal = view; /* `goal`: where a motion ends */

  const middle = () => {
    const { low, high } = layouts[layout];
    return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, zoom: 1 };
  };
  /* Pixels of a unit at zoom 1, at which everything is in view. */
  const MARGIN = 24;
  const unitOf = ([x, y]) => Math.min((size.w - 2 * MARGIN) / Math.max(x, 1e-3),
                                      (size.h - 2 * MARGIN) / Math.max(y, 1e-3));
  const bounded = ({ x, y, zoom }) => {
    const { low, high } = layouts[layout], within = (v, d) => Math.min(Math.max(v, low[d]), high[d]);
    return { x: within(x, 0), y: within(y, 1), zoom: Math.min(Math.max(zoom, LEAST), MOST) };
  };
  /* For tests, and for scripts of readers. */
  const tell = () => {
    canvas.dataset.zoom = goal.zoom.toFixed(3);
    canvas.dataset.x = goal.x.toFixed(4);
    canvas.dataset.y = goal.y.toFixed(4);
    canvas.dataset.layout = layout;
    canvas.dataset.colour = colour;
    canvas.dataset.word = chosen < 0 ? "" : words[chosen];
    /* while everything is in view, a finger scrolls the page */
    canvas.style.touchAction = goal.zoom > 1.05 ? "none" : "pan-y";
  };

  /* --- drawing --- */
  const FONT = "12px system-ui, sans-serif", BOLD = "bold 14px system-ui, sans-serif";
  const LONGEST = 28;
  const labels = new Map(); /* by word: its text and its width */
  const labelOf = (i, font) => {
    const key = font === BOLD ? -1 - i : i;
    if (!labels.has(key)) {
      const letters = [...words[i].slice(0, 4 * LONGEST)];
      const text = letters.length > LONGEST ? letters.slice(0, LONGEST).join("") + "…" : words[i];
      pen.font = font;
      labels.set(key, { text, width: pen.measureText(text).width });
    }
    return labels.get(key);
  };
  const screenX = (i, s) => size.w / 2 + (place[2 * i] - view.x) * s;
  const screenY = (i, s) => size.h / 2 + (place[2 * i + 1] - view.y) * s;
  /* Smaller where there is less room for as many points. */
  const radius = () => Math.min(1.7 + 0.9 * Math.log2(1 + view.zoom), 6) *
    Math.min(Math.max(Math.sqrt(size.w * size.h / (150 * n)), 0.55), 1);

  const drawPoints = (s, colours, style) => {
    const of = colour === "groups" ? group : step, r = radius();
    for (let c = 0; c < colours.length; c++) {
      const bright = only < 0 || only === c;
      pen.fillStyle = colours[c];
      pen.globalAlpha = bright ? 0.85 : 0.12;
      pen.beginPath();
      for (let i = 0; i < n; i++) {
        if (of[i] !== c) continue;
        const x = screenX(i, s), y = screenY(i, s);
        if (x < -9 || y < -9 || x > size.w + 9 || y > size.h + 9) continue;
        pen.moveTo(x + r, y);
        pen.arc(x, y, r, 0, 2 * Math.PI);
      }
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = style.fg;
    pen.lineWidth = 1.5;
    for (const i of [...matches].slice(0, 300).concat(chosen, hovered)) {
      if (i < 0) continue;
      pen.beginPath();
      pen.arc(screenX(i, s), screenY(i, s), r + 2.5, 0, 2 * Math.PI);
      pen.stroke();
    }
  };
  const drawLines = (s, style) => {
    const from = hovered >= 0 ? hovered : chosen;
    if (from < 0) return;
    pen.strokeStyle = style.soft;
    pen.lineWidth = 1;
    pen.beginPath();
    for (const j of neighbours(from)) {
      pen.moveTo(screenX(from, s), screenY(from, s));
      pen.lineTo(screenX(j, s), screenY(j, s));
    }
    pen.stroke();
  };

  /* Labels do not overlap. Of words that would, the more important one has it: the chosen one and its
     neighbours, what the search matches, then by frequency. The nearer one zooms, the more have room. */
  const drawLabels = (s, style) => {
    const most = Math.max(12, Math.round(size.w * size.h / 5500)), r = radius(), boxes = [];
    const first = new Set([chosen, hovered].filter((i) => i >= 0));
    for (const i of [...first]) neighbours(i).forEach((j) => first.add(j));
    for (const i of matches) { if (first.size > 200) break; first.add(i); }
    const free = (box) => boxes.every((b) =>
      box.x1 < b.x0 || box.x0 > b.x1 || box.y1 < b.y0 || box.y0 > b.y1);
    const draw = (i, strong) => {
      const x = screenX(i, s), y = screenY(i, s);
      if (x < 0 || y < 6 || x > size.w || y > size.h - 6) return;
      const font = i === chosen || i === hovered ? BOLD : FONT, label = labelOf(i, font);
      const high = font === BOLD ? 9 : 7.5, gap = r + 3;
      for (const left of x + gap + label.width > size.w - 4 ? [x - gap - label.width] : [x + gap, x - gap - label.width]) {
        const box = { x0: left - 4, x1: left + label.width + 4, y0: y - high, y1: y + high };
        if (box.x0 < 0 || !free(box)) continue;
        boxes.push(box);
        pen.font = font;
        pen.globalAlpha = strong || only < 0 || group[i] === only ? 1 : 0.25;
        pen.strokeStyle = style.bg;
        pen.lineWidth = 3.5;
        pen.strokeText(label.text, left, y);
        pen.fillStyle = style.fg;
        pen.fillText(label.text, left, y);
        return;
      }
    };
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const i of first) draw(i, true);
    const extra = boxes.length;
    const pass = (wanted) => {
      for (let i = 0; i < n && boxes.length < most + extra; i++)
        if (!first.has(i) && wanted(i)) draw(i, false);
    };
    pass((i) => only < 0 || group[i] === only);
    pen.globalAlpha = 1;
    canvas.dataset.labels = boxes.length;
  };

  const draw = () => {
    if (size.w < 1) return;
    const css = getComputedStyle(canvas), value = (name) => css.getPropertyValue(name).trim();
    const style = printing ? { fg: "#000", bg: "#fff", soft: "#777" }
      : { fg: value("--fg"), bg: value("--bg"), soft: value("--soft") };
    const s = unitOf(extent) * view.zoom;
    pen.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
    pen.fillStyle = style.bg;
    pen.fillRect(0, 0, size.w, size.h);
    drawLines(s, style);
    drawPoints(s, palette(), style);
    drawLabels(s, style);
  };
  let frame = 0;
  const redraw = () => {
    if (!frame) frame = requestAnimationFrame(() => { frame = 0; draw(); });
  };

  /* --- motion --- */
  /* Motions by what they move; each is called with 0 .. 1 over its time. Where motion is not wanted,
     with 1 at once. */
  const motions = new Map();
  let ticking = 0;
  const tick = (now) => {
    for (const [what, { start, time, move }] of [...motions]) {
      const t = Math.min(Math.max((now - start) / time, 0), 1);
      move(t < 0.5 ? 4 * t * t * t : 1 - Math.pow(2 - 2 * t, 3) / 2);
      if (t >= 1) motions.delete(what);
    }
    draw();
    ticking = motions.size ? requestAnimationFrame(tick) : 0;
  };
  const run = (what, time, move) => {
    motions.delete(what);
    if (calm.matches || time === 0 || document.hidden) {
      move(1);
      redraw();
      return;
    }
    motions.set(what, { start: performance.now(), time, move });
    if (!ticking) ticking = requestAnimationFrame(tick);
  };
  const go = (to, time) => {
    const from = view, end = goal = bounded(to);
    tell();
    run("view", time, (t) => {
      const zoom = from.zoom * Math.pow(end.zoom / from.zoom, t);
      /* the goal comes nearer on the screen evenly while the zoom changes */
      const part = Math.abs(end.zoom / from.zoom - 1) < 1e-6 ? t
        : (1 / from.zoom - 1 / zoom) / (1 / from.zoom - 1 / end.zoom);
      view = { x: from.x + (end.x - from.x) * part, y: from.y + (end.y - from.y) * part, zoom };
    });
  };
  /* Zoom so that the point under (x, y) of the canvas stays there. */
  const zoomAt = (factor, x, y, time) => {
    const zoom = Math.min(Math.max(goal.zoom * factor, LEAST), MOST), s = unitOf(extent);
    const change = 1 / (s * goal.zoom) - 1 / (s * zoom);
    go({ x: goal.x + (x - size.w / 2) * change, y: goal.y + (y - size.h / 2) * change, zoom }, time);
  };
  const pan = (dx, dy, time) => {
    const s = unitOf(extent) * goal.zoom;
    go({ x: goal.x - dx / s, y: goal.y - dy / s, zoom: goal.zoom }, time);
  };
  const centre = (i, time) => {
    const at = layouts[layout].place;
    go({ x: at[2 * i], y: at[2 * i + 1], zoom: Math.max(goal.zoom, 6) }, time);
  };
  const setLayout = (name, time) => {
    if (name === layout) return;
    const from = place.slice(), to = layouts[name].place, wide = extent, end = extentOf(layouts[name]);
    layout = name;
    run("places", time, (t) => {
      for (let i = 0; i < 2 * n; i++) place[i] = from[i] + (to[i] - from[i]) * t;
      extent = [wide[0] + (end[0] - wide[0]) * t, wide[1] + (end[1] - wide[1]) * t];
    });
    if (chosen >= 0 && goal.zoom > 1.5) centre(chosen, time);
    else go(middle(), time);
  };

  /* --- what is where --- */
  /* The word nearest to a point of the canvas, or -1 if none is within reach. */
  const nearestTo = (x, y, reach) => {
    const s = unitOf(extent) * view.zoom;
    let best = -1, least = reach * reach;
    for (let i = 0; i < n; i++) {
      if (only >= 0 && group[i] !== only) continue;
      const dx = screenX(i, s) - x, dy = screenY(i, s) - y, distance = dx * dx + dy * dy;
      if (distance < least) { best = i; least = distance; }
    }
    return best;
  };
  const position = (i) => {
    const s = unitOf(extent) * view.zoom;
    return { x: screenX(i, s), y: screenY(i, s) };
  };
  const fit = () => {
    const w = canvas.clientWidth, h = canvas.clientHeight, ratio = Math.min(devicePixelRatio || 1, 3);
    if (w === size.w && h === size.h && ratio === size.ratio) return;
    size = { w, h, ratio };
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
    draw();
  };
  view = goal = middle();

  return {
    data, words, group, placeOf, neighbours, palette, tell, draw, redraw, fit, go, zoomAt, pan, centre,
    setLayout, nearestTo, position,
    reset(time) { go(middle(), time); },
    choose(i) { chosen = i; },
    hover(i) { hovered = i; },
    match(found) { matches = new Set(found); },
    single(c) { only = c; },
    colourBy(name) { colour = name; only = -1; },
    print(on) { printing = on; },
    get size() { return size; },
    get zoom() { return goal.zoom; },
    get chosen() { return chosen; },
    get hovered() { return hovered; },
    get only() { return only; },
    get colour() { return colour; },
  };
})();
