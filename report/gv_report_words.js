"use strict";
/* The searchable list of words (gv_report_words_write.c). Nothing is decoded before it is needed. */
(() => {
  const MOST = 50; /* matches shown at once */
  const root = document.getElementById("words-search");
  if (!root) return;
  const input = document.getElementById("words-input"), found = document.getElementById("words-found");
  const state = document.getElementById("words-state"), shown = document.getElementById("words-shown");
  const number = new Intl.NumberFormat("en");

  /* --- data --- */
  let loaded = null;
  const load = () => {
    if (loaded) return loaded;
    loaded = GV.data("words-data");
    loaded.place = new Map();
    for (let i = loaded.listed - 1; i >= 0; i--) loaded.place.set(loaded.words[i], i);
    return loaded;
  };
  /* Bytes of a packed field, decoded at the first use. */
  const packed = (list, field) => {
    if (typeof list[field] === "string") list[field] = GV.bytes(list[field]);
    return list[field];
  };
  /* The list of word `place`: [{word, listed, byte}], where `byte` is the one of `field`. */
  const listOf = (list, place, field) => {
    const data = load(), size = data.bytes, ids = packed(list, "id"), bytes = packed(list, field);
    const none = 2 ** (8 * size) - 1, result = [];
    for (let i = place * list.k; i < (place + 1) * list.k; i++) {
      let id = 0;
      for (let b = size - 1; b >= 0; b--) id = id * 256 + ids[i * size + b];
      if (id === none) break;
      result.push({ word: data.words[id], listed: id < data.listed, byte: bytes[i] });
    }
    return result;
  };

  /* --- search --- */
  const folded = () => {
    const data = load();
    if (!data.folded) data.folded = data.words.slice(0, data.listed).map(GV.fold);
    return data.folded;
  };
  /* Places of matches: the word itself, then equal ones but for case and marks, then those that
     begin with it, then those that hold it; each by rank. */
  const search = (query) => {
    const texts = folded(), wanted = GV.fold(query), exact = load().place.get(query);
    const equal = [], first = [], inside = [];
    let n = 0;
    for (let i = 0; i < texts.length; i++) {
      if (!texts[i].includes(wanted)) continue;
      n++;
      if (i === exact) continue;
      const list = texts[i] === wanted ? equal : texts[i].startsWith(wanted) ? first : inside;
      if (list.length < MOST) list.push(i);
    }
    const places = exact === undefined ? [] : [exact];
    return { n, places: places.concat(equal, first, inside).slice(0, MOST) };
  };

  /* --- what is shown --- */
  const link = (word) => GV.element("a", { href: GV.wordAddress(word), dir: "auto" }, word);
  const showFound = () => {
    const data = load(), query = input.value.trim();
    const result = query ? search(query)
      : { n: data.listed, places: [...Array(Math.min(MOST, data.listed)).keys()] };
    found.replaceChildren(...result.places.map((place) => {
      const item = GV.element("li", {}, link(data.words[place]));
      if (data.counts) item.append(GV.element("span", { class: "soft" }, number.format(data.counts[place])));
      return item;
    }));
    const now = GV.wordOfAddress();
    for (const a of found.querySelectorAll("a"))
      if (a.textContent === now) a.setAttribute("aria-current", "true");
    if (!query) state.textContent = `the first of ${number.format(data.listed)} words`;
    else if (result.n === 0) state.textContent = "no word of this page";
    else state.textContent = `${number.format(result.n)} ${result.n === 1 ? "word" : "words"}` +
      (result.n > result.places.length ? `, ${result.places.length} shown` : "");
    return result;
  };

  const rows = (list, value, share) => list.map((item) => GV.element("tr", {},
    GV.element("td", { class: "word" }, item.listed ? link(item.word) : GV.element("bdi", {}, item.word)),
    GV.element("td", { class: "n" }, value(item.byte)),
    GV.element("td", { class: "bar" }, GV.element("div", { style: `width:${share(item.byte)}%` }))));
  const table = (title, heads, body) => {
    const head = GV.element("tr", {});
    for (const [text, kind] of heads) head.append(GV.element("th", { scope: "col", class: kind }, text));
    return GV.element("table", {}, GV.element("caption", {}, title), GV.element("thead", {}, head),
      GV.element("tbody", {}, ...body));
  };
  /* 16 steps of a byte double the lift. */
  const lift = (byte) => {
    const times = 2 ** (byte / 16);
    return `${times < 9.95 ? times.toFixed(1) : number.format(Number(times.toPrecision(2)))}`;
  };

  const showWord = (word) => {
    if (word === null) {
      shown.replaceChildren(GV.element("p", { class: "soft screen" }, "Choose a word."));
      return;
    }
    const data = load(), place = data.place.get(word), title = GV.element("h3", {}, GV.element("bdi", {}, word));
    if (place === undefined) {
      shown.replaceChildren(title, GV.element("p", { class: "soft" }, "is not in the list of this page."));
      return;
    }
    let facts = `rank ${number.format(place + 1)}`;
    if (data.counts) facts += `, occurs ${number.format(data.counts[place])} times`;
    const parts = [title, GV.element("p", { class: "soft" }, facts)];
    const sides = GV.element("div", { class: "side" });
    const near = listOf(data.near, place, "cosine");
    sides.append(table("Nearest words", [["word", ""], ["cosine", "n"], ["", "bar"]],
      rows(near, (byte) => ((byte - 100) / 100).toFixed(2), (byte) => Math.max(0, byte - 100))));
    if (data.pairs && place < data.pairs.rows) {
      const pairs = listOf(data.pairs, place, "lift");
      if (pairs.length)
        sides.append(table("Strongest pairs", [["word", ""], ["× chance", "n"], ["", "bar"]],
          rows(pairs, lift, (byte) => byte / 2.56)));
    }
    shown.replaceChildren(...parts, sides);
  };

  /* --- events --- */
  /* As long as nobody has chosen a word, one of those below stands as an example. */
  const example = document.querySelector("#words td.word");
  const follow = () => {
    const word = GV.wordOfAddress();
    showWord(word !== null ? word : example && load().place.has(example.textContent) ? example.textContent : null);
    showFound();
  };
  let waiting = 0;
  input.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(showFound);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      const result = showFound();
      if (result.places.length) location.hash = GV.wordAddress(load().words[result.places[0]]);
    } else if (event.key === "ArrowDown" && found.firstChild) {
      found.querySelector("a").focus();
    } else {
      return;
    }
    event.preventDefault();
  });
  found.addEventListener("keydown", (event) => {
    const item = document.activeElement.closest("li");
    if (!item || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const next = event.key === "ArrowDown" ? item.nextSibling : item.previousSibling;
    if (next) next.querySelector("a").focus();
    else if (event.key === "ArrowUp") input.focus();
  });
  addEventListener("hashchange", () => {
    if (GV.wordOfAddress() === null) return;
    follow();
    if (root.contains(document.activeElement)) shown.scrollIntoView({ block: "nearest" });
  });

  root.hidden = false;
  if (GV.wordOfAddress() !== null) {
    follow();
    root.scrollIntoView();
  } else {
    /* behind the first paint */
    setTimeout(follow, 50);
  }
})();
