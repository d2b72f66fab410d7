"use strict";
/* What all pages share. Without JavaScript everything can be read; with it tables can be sorted, and
   everything that is folded is printed. The scripts that follow on a page use GV. */
const GV = {
  /* The content of a data block (gv_report_frame_data_begin), or null. */
  data(id) {
    const block = document.getElementById(id);
    return block ? JSON.parse(block.textContent) : null;
  },

  /* The bytes of a base64 text: give their buffer to a typed array (numbers are little-endian). */
  bytes(base64) {
    const text = atob(base64), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
  },

  /* An element with attributes; children are elements or texts, which stay text. */
  element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
    made.append(...children);
    return made;
  },

  /* Letters without case and marks: "café" is found by "CAFE". */
  fold(text) {
    return /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase()
      : text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().normalize("NFKC");
  },

  /* The address of a word on this page, and the word that the address names, or null. Whoever shows
     words listens to the event hashchange. */
  wordAddress(word) { return "#word=" + encodeURIComponent(word); },
  wordOfAddress() {
    if (!location.hash.startsWith("#word=")) return null;
    try { return decodeURIComponent(location.hash.slice(6)); } catch (e) { return null; }
  },
};

/* --- sorting tables --------------------------------------------------------------------------- */
(() => {
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!cell) return null;
    const given = cell.dataset.sort;
    if (given !== undefined) return given === "" ? null : Number(given);
    const text = cell.textContent.trim();
    return text === "" || text === "–" ? null : text;
  };
  /* Cells without a value are last in either order. */
  const order = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, column, way) => {
    const body = table.tBodies[0], rows = [...table.rowsAsWritten];
    const sums = rows.filter((row) => row.classList.contains("sum"));
    const others = rows.filter((row) => !row.classList.contains("sum"));
    if (way !== "none") {
      const sign = way === "ascending" ? 1 : -1;
      const keys = new Map(others.map((row) => [row, key(row, column)]));
      others.sort((a, b) => order(keys.get(a), keys.get(b), sign));
    }
    body.append(...others, ...sums);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    if (!table.tHead || !body || body.rows.length < 3 || !table.tHead.querySelector(".n")) continue;
    table.rowsAsWritten = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = GV.element("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      const ways = head.classList.contains("n") ? ["descending", "ascending", "none"]
                                                : ["ascending", "descending", "none"];
      button.addEventListener("click", () => {
        const next = ways[(ways.indexOf(head.getAttribute("aria-sort")) + 1) % ways.length];
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        if (next !== "none") head.setAttribute("aria-sort", next);
        sort(table, column, next);
      });
    });
  }
})();

/* --- printing --------------------------------------------------------------------------------- */
(() => {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => {
    opened.forEach((fold) => { fold.open = false; });
    opened = [];
  });
})();
