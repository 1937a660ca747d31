// Elements are made here and nowhere else. Every text goes in as text, so that no name can become markup.

const WORDS = new Set(["h1", "h2", "p", "li", "button", "textarea"]);

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // A study's own words may run the other way than the page's.
  if (WORDS.has(tag)) node.setAttribute("dir", "auto");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Plain text with blank lines between paragraphs; lines that begin with "- " make a list.
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

function button(label, action, attributes = {}) {
  return element("button", { type: "button", onclick: action, ...attributes }, label);
}

// Swap the screen. The new one's heading takes the focus, so that a screen reader begins there.
function show(state, ...children) {
  const app = document.getElementById("app");
  app.dataset.state = state;
  app.replaceChildren(...children.filter(Boolean));
  const heading = app.querySelector("[data-focus]");
  if (heading) heading.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function announce(text) {
  let region = document.getElementById("announcements");
  if (!region) {
    region = element("div", { id: "announcements", role: "status", "aria-live": "polite", class: "unseen" });
    document.body.append(region);
  }
  region.textContent = text;
}

function embedded(id) {
  const node = document.getElementById(id);
  const value = JSON.parse(node.textContent);
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

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));
