"use strict";
// Everything that is shown is in the document already: nothing here makes markup out of text.
document.documentElement.classList.add("js");
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const clips = all("section.clip");
const list = document.getElementById("clips");

// One clip at a time, by the address.
function open(section) {
  for (const other of clips) {
    const is = other === section;
    other.classList.toggle("open", is);
    const audio = other.querySelector("audio");
    if (!is && audio) audio.pause();
  }
  for (const row of all("tbody tr", list)) {
    const link = row.querySelector("a");
    if (link && link.hash === "#" + section.id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}
function follow() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const section = target && target.closest("section.clip");
  if (!section) return;
  open(section);
  const details = target.querySelector(":scope > td > details");
  if (details) details.open = true;
  target.scrollIntoView({ block: target === section ? "start" : "center" });
}
addEventListener("hashchange", follow);
if (clips.length) open(clips[0]);
follow();

// The list: sorted by its heads, filtered by words and conditions.
const body = list.tBodies[0];
const rows = [...body.rows];
all("thead th", list).forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  const value = (row) => {
    const cell = row.cells[column];
    if (!cell.classList.contains("n")) return cell.textContent;
    return cell.dataset.v === undefined ? null : Number(cell.dataset.v);
  };
  button.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of all("thead th", list)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));
    // What has no figure goes last, whichever way.
    rows.sort((a, b) => {
      const x = value(a), y = value(b);
      if (x === null || y === null) return (x === null) - (y === null);
      return up ? compare(x, y) : compare(y, x);
    });
    body.append(...rows);
  });
});
const filter = document.getElementById("filter");
const left = document.getElementById("left");
const conditions = {
  "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "=": (a, b) => a === b,
};
function fits(row, term) {
  const found = /^([a-z][a-z0-9_]*)(<=|>=|<|>|=)(-?[0-9.]+)$/.exec(term);
  if (!found) return all("th, td:not(.n)", row).some((cell) => cell.textContent.toLowerCase().includes(term));
  const value = row.getAttribute("data-" + found[1].replaceAll("_", "-"));
  return value !== null && conditions[found[2]](Number(value), Number(found[3]));
}
filter.addEventListener("input", () => {
  const terms = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) row.hidden = !terms.every((term) => fits(row, term));
  left.textContent = terms.length ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
});

// Events: pointed at, they show all of themselves; clicked, they stay and are gone to.
for (const section of clips) {
  const panel = section.querySelector(".panel");
  const plot = section.querySelector(".plot");
  const cursor = section.querySelector(".cursor");
  const audio = section.querySelector("audio");
  const duration = Number(section.dataset.duration);
  const bars = new Map(all(".bar", section).map((bar) => [bar.hash.slice(1), bar]));
  const links = all(".links line", section);
  let pinned = null, stopAt = null;

  const lighten = (id) => {
    const partners = new Set([id]);
    for (const line of links) {
      const { a, b } = line.dataset;
      const lit = a === id || b === id;
      line.classList.toggle("lit", lit);
      if (lit) partners.add(a).add(b);
    }
    for (const [name, bar] of bars) bar.classList.toggle("lit", partners.has(name));
    for (const row of all("tbody tr", section)) row.classList.toggle("lit", partners.has(row.id));
  };
  const show = (bar) => {
    const id = bar.hash.slice(1);
    lighten(id);
    const row = document.getElementById(id);
    const fields = row && row.querySelector(".fields");
    if (!fields) return;
    const title = document.createElement("h3");
    title.textContent = bar.getAttribute("aria-label");
    panel.replaceChildren(title);
    if (audio) {
      const play = document.createElement("button");
      play.type = "button";
      play.textContent = "play this event";
      play.addEventListener("click", () => {
        audio.currentTime = Number(bar.dataset.at);
        stopAt = Number(bar.dataset.to);
        audio.play();
      });
      panel.append(play);
    }
    panel.append(fields.cloneNode(true));
    panel.scrollTop = 0;
  };
  for (const bar of bars.values()) {
    bar.removeAttribute("title");
    const point = () => { if (!pinned) show(bar); };
    bar.addEventListener("pointerenter", point);
    bar.addEventListener("focus", point);
    bar.addEventListener("click", (event) => {
      event.preventDefault();
      pinned = pinned === bar ? null : bar;
      show(bar);
      if (audio) audio.currentTime = Number(bar.dataset.at);
    });
  }
  section.addEventListener("keydown", (event) => { if (event.key === "Escape") { pinned = null; lighten(null); } });

  if (!audio) { cursor.remove(); continue; }
  const move = () => {
    if (stopAt !== null && audio.currentTime >= stopAt) { audio.pause(); stopAt = null; }
    cursor.style.left = `${100 * Math.min(1, audio.currentTime / duration)}%`;
    if (!audio.paused && !audio.ended) requestAnimationFrame(move);
  };
  for (const name of ["play", "seeked", "timeupdate", "pause"]) audio.addEventListener(name, move);
  const image = section.querySelector("img");
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    stopAt = null;
    audio.currentTime = duration * (event.clientX - box.left) / box.width;
  });
}

// Keys: space plays, arrows go from clip to clip, unless a control has them.
addEventListener("keydown", (event) => {
  if (event.target.closest("input, button, audio, summary, a, [tabindex]") || event.ctrlKey || event.altKey || event.metaKey) return;
  const section = clips.find((one) => one.classList.contains("open"));
  if (!section) return;
  if (event.key === " ") {
    const audio = section.querySelector("audio");
    if (audio) { event.preventDefault(); audio.paused ? audio.play() : audio.pause(); }
  }
  const way = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = way && section.querySelector(`nav a[rel=${way}]`);
  if (link) location.hash = link.hash;
});
