"use strict";
/* The list of all words with their stability (gv_report_stability_list.c). */
(() => {
  const STEP = 100, STEPS = 200; /* rows shown at once; an overlap of 1 */
  const root = document.getElementById("stability-search");
  if (!root) return;
  const part = (name) => document.getElementById("stability-" + name);
  const input = part("input"), group = part("group"), verdict = part("verdict"), order = part("order");
  const number = new Intl.NumberFormat("en");

  /* --- data --- */
  let data = null;
  const load = () => {
    if (data) return;
    data = GV.data("stability-data");
    data.folded = data.words.map((word) => word.toLowerCase());
    for (const one of data.groups) {
      one.overlap = GV.bytes(one.overlap);
      one.near = GV.bytes(one.near);
      one.begin = new Uint32Array(data.near); /* where the list of a word begins in `near` */
      for (let i = 0, at = 0; i < data.near; i++) {
        one.begin[i] = at;
        at += 1 + 3 * one.near[at];
      }
    }
  };
  const nearOf = (one, place) => {
    if (place >= data.near) return null;
    const begin = one.begin[place], list = [];
    for (let i = 0, at = begin + 1; i < one.near[begin]; i++, at += 3)
      list.push(data.words[one.near[at] + 256 * one.near[at + 1] + 65536 * one.near[at + 2]]);
    return list;
  };
  const verdictOf = (overlap) => overlap >= data.trusted * STEPS ? "trusted"
    : overlap >= data.untrusted * STEPS ? "unclear" : "untrusted";

  /* --- what is shown --- */
  const find = () => {
    const one = data.groups[group.value], wanted = input.value.trim().toLowerCase(), places = [];
    for (let i = 0; i < data.words.length; i++)
      if (data.folded[i].includes(wanted) && (!verdict.value || verdictOf(one.overlap[i]) === verdict.value))
        places.push(i);
    const sign = Number(order.value), rank = (i) => data.folded[i] === wanted ? 0 : 1;
    if (sign) places.sort((a, b) => sign * (one.overlap[a] - one.overlap[b]) || a - b);
    else if (wanted) places.sort((a, b) => rank(a) - rank(b) || a - b);
    return places;
  };
  const row = (one, place) => {
    const overlap = one.overlap[place] / STEPS, near = nearOf(one, place);
    const words = near === null ? "–" : near.length ? near.join(", ") : "none";
    const cell = (kind, title, ...children) =>
      GV.element("td", { class: kind, "data-label": title }, ...children);
    return GV.element("tr", {},
      cell("word", "word", GV.element("bdi", {}, data.words[place])),
      cell("n", "occurrences", data.counts ? number.format(data.counts[place]) : "–"),
      cell("n", "overlap", overlap.toFixed(2)),
      GV.element("td", { class: "bar" }, GV.element("div", { style: `width:${100 * overlap}%` })),
      cell("", "verdict", verdictOf(one.overlap[place])),
      cell("", "in all runs", words));
  };
  let places = [], shown = 0;
  const showMore = (body) => {
    const one = data.groups[group.value];
    body.append(...places.slice(shown, shown + STEP).map((place) => row(one, place)));
    shown = Math.min(shown + STEP, places.length);
    part("more").hidden = shown === places.length;
    part("state").textContent = places.length === 0 ? "no word of this page" :
      `${number.format(places.length)} ${places.length === 1 ? "word" : "words"}` +
      (shown < places.length ? `, ${number.format(shown)} shown` : "");
  };
  const show = () => {
    load();
    const head = GV.element("tr", { class: "head" }), body = GV.element("tbody");
    for (const [title, kind] of [["word", ""], ["occurrences", "n"], ["overlap", "n"], ["", "bar"],
      ["verdict", ""], ["neighbours in all runs", ""]])
      head.append(GV.element("th", { scope: "col", class: kind }, title));
    places = find();
    shown = 0;
    showMore(body);
    part("found").replaceChildren(
      GV.element("table", { class: "fold" }, GV.element("thead", {}, head), body));
  };

  /* --- events --- */
  let waiting = 0;
  input.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(show);
  });
  for (const choice of [group, verdict, order]) choice.addEventListener("change", show);
  part("more").addEventListener("click", () => showMore(root.querySelector("tbody")));
  root.hidden = false;
  setTimeout(show, 50); /* behind the first paint */
})();
