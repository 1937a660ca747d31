// Elements are made here and nowhere else. Every text goes in as text, so that no name can become markup.

const WORDS = new Set(["h1", "h2", "p", "li", "button", "textarea"]);

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // A study's own words may run the other way than the page's.
  if (WORDS.has(tag)) node.setAttribute("dir", "auto");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...given(children));
  return node;
}

// The children that are there.
/** @param {Child[]} children */
const given = (children) => children.filter((child) => child !== null && child !== undefined);

// An element that the document always has.
/** @param {string} id */
function part(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no ${id}`);
  return node;
}

// Plain text with blank lines between paragraphs; lines that begin with "- " make a list.
/** @param {string} text */
function prose(text) {
  const blocks = text.trim().split(/\n\s*\n/).filter(Boolean);
  return blocks.map((block) => {
    const lines = block.split("\n");
    if (lines.every((line) => line.startsWith("- "))) {
      return element("ul", {}, ...lines.map((line) => element("li", {}, line.slice(2))));
    }
    return element("p", {}, lines.join("\n"));
  });
}

/**
 * @param {string} label
 * @param {(event: MouseEvent) => unknown} action
 * @param {Attributes} [attributes]
 */
function button(label, action, attributes = {}) {
  return element("button", { type: "button", onclick: action, ...attributes }, label);
}

// Swap the screen. The new one's heading takes the focus, so that a screen reader begins there.
/**
 * @param {string} state
 * @param {...Child} children
 */
function show(state, ...children) {
  const app = part("app");
  app.dataset.state = state;
  app.replaceChildren(...given(children));
  /** @type {HTMLElement | null} */
  const heading = app.querySelector("[data-focus]");
  if (heading) heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** @param {string} text */
function announce(text) {
  const region = document.getElementById("announcements")
    ?? element("div", { id: "announcements", role: "status", "aria-live": "polite", class: "unseen" });
  if (!region.isConnected) document.body.append(region);
  region.textContent = text;
}

/**
 * @template {keyof Embedded} K
 * @param {K} id
 * @returns {Embedded[K]}
 */
function embedded(id) {
  const node = part(id);
  const value = JSON.parse(node.textContent ?? "");
  node.remove();
  return value;
}

// A random UUID. crypto.randomUUID is missing where the page is served over http on a network address.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
