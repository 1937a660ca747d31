// One trial on the screen: pictures that are decoded already, an onset that is the frame in which they appear, and the
// first valid answer by mouse, touch, pen or key.

// The picture of that id, which was decoded before the trial began.
/**
 * @param {Map<string, HTMLImageElement>} images
 * @param {string} id
 */
function pictureIn(images, id) {
  const image = images.get(id);
  if (!image) throw new Error(`picture ${id} is not loaded`);
  return image;
}

// Between the input and the results, where all stand in one row.
const REFERENCE_GAP = 28;

// The second click of a double click must not answer the next trial; desktops allow half a second between the two. A
// study that sets no earliest answer (min_ms 0) gets every click.
const DOUBLE_CLICK_MS = 500;
let lastPress = -Infinity;

// Whether all pictures of this trial are put in order; a check asks for one of them.
/**
 * @param {Study} study
 * @param {ShownTrial} trial
 */
const ranked = (study, trial) => study.ui.ranks && !trial.prompt;

// Resolves to { choice, rt_ms, onset, exposure_ms, changes, input, hidden_ms, img_css }; times in milliseconds of the
// page's clock. `signal` ends the trial from outside (withdrawal).
/**
 * @param {Study} study
 * @param {ShownTrial} trial
 * @param {Map<string, HTMLImageElement>} images
 * @param {AbortSignal} signal
 */
async function runTrial(study, trial, images, signal) {
  const during = linked(signal);
  const stage = layTrial(study, trial, images);
  show("trial", stage.node);
  stage.fit();
  addEventListener("resize", stage.fit, { signal: during.signal });
  await nextFrame();
  const onset = await nextFrame();
  const hidden = watchHidden(during.signal);
  const exposure = exposeFor(stage, study.ui.exposure_ms, onset, during.signal);
  announce(progressText(study, trial));
  const given = await answered(study, trial, stage, onset, exposure, during.signal);
  during.abort();
  const exposure_ms = study.ui.exposure_ms === null ? null : await exposure.measured;
  return { ...given, onset, exposure_ms, hidden_ms: Math.round(hidden.total()), img_css: stage.size(), stage };
}

// A controller that also stops when `signal` does.
/** @param {AbortSignal} signal */
function linked(signal) {
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  signal.addEventListener("abort", () => controller.abort(), { signal: controller.signal });
  return controller;
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 * @param {Map<string, HTMLImageElement>} images
 * @returns {Stage}
 */
function layTrial(study, trial, images) {
  const { ui, strings } = study;
  const judged = ui.labels.length > 0;
  const ranks = ranked(study, trial);
  const count = trial.shown.length + (ui.show_reference ? 1 : 0);
  const figures = trial.shown.map((id, slot) => pictureFigure(study, pictureIn(images, id), slot, trial.shown.length, !judged, ranks));
  const reference = ui.show_reference
    ? element(
        "figure",
        { class: "picture reference", "aria-hidden": !trial.reference },
        trial.reference ? pictureOf(pictureIn(images, trial.reference), strings.input_alt) : element("span", { class: "blank" }),
        element("figcaption", {}, strings.input),
      )
    : null;
  const pictures = element("div", { class: "pictures", role: ui.confirm && !judged && !ranks ? "radiogroup" : "group",
    "aria-labelledby": "question" }, reference, ...figures.map((it) => it.node));
  const answers = answerButtons(study, judged);
  const confirm = ui.confirm || ranks
    ? element("button", { type: "button", class: "primary", disabled: true, "data-role": "confirm" }, strings.confirm)
    : null;
  const node = element("main", { class: ui.exposure_ms === null ? "trial" : "trial timed" },
    trialHeader(study, trial),
    element("div", { class: "stage" },
      element("h1", { id: "question", tabindex: "-1", "data-focus": true }, questionOf(study, trial)),
      pictures,
      judged ? null : element("p", { class: "hint" }, keysHint(study)),
      element("div", { class: study.feedback === "off" ? "answers" : "answers later" },
        ...answers.map((it) => it.node), confirm)),
    studyMenu(study));
  const fit = () => {
    /** @type {NodeListOf<HTMLElement>} */
    const found = node.querySelectorAll("header, h1, .answers, .hint, .menu summary");
    const others = [...found];
    const used = others.reduce((sum, it) => sum + it.offsetHeight, 64);
    const aside = ui.show_reference ? REFERENCE_GAP : 0;
    const room = { width: document.documentElement.clientWidth - 32, height: innerHeight - used,
      screen: innerHeight, aside };
    const size = arrange(count, ui.css_px, room);
    pictures.classList.toggle("row", size.columns === count);
    pictures.classList.toggle("stack", size.columns === 1);
    for (const [name, value] of Object.entries({ columns: size.columns, width: `${size.width}px`,
      height: `${size.height}px` })) pictures.style.setProperty(`--${name}`, String(value));
  };
  return {
    node, figures, answers, confirm, fit,
    size: () => {
      const box = figures[0].frame.getBoundingClientRect();
      return [Math.round(box.width), Math.round(box.height)];
    },
  };
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 */
function questionOf(study, trial) {
  const { strings } = study;
  if (!trial.prompt) return study.text.question;
  const label = trial.prompt.slice("check-".length);
  // Studies of earlier versions have a whole sentence for each label.
  return label ? strings[`prompt_${label}`] ?? fill(strings.prompt_label, { label: strings[label] }) : strings.prompt_check;
}

/**
 * @param {HTMLImageElement} image
 * @param {string} alt
 */
function pictureOf(image, alt) {
  image.alt = alt;
  image.draggable = false;
  return image;
}

/**
 * @param {Study} study
 * @param {HTMLImageElement} image
 * @param {number} slot
 * @param {number} count
 * @param {boolean} choosable
 * @param {boolean} ranks
 * @returns {Figure}
 */
function pictureFigure(study, image, slot, count, choosable, ranks) {
  const { strings, ui } = study;
  const alt = count === 1 ? strings.picture_alone : fill(strings.picture_alt, { n: slot + 1, total: count });
  const frame = element("span", { class: "frame" }, pictureOf(image, alt));
  if (!choosable) return { frame, node: element("figure", { class: "picture" }, frame) };
  const target = element("button", { type: "button", class: "target", "data-slot": slot,
    ...(ranks ? { "aria-pressed": "false" } : ui.confirm ? { role: "radio", "aria-checked": "false" } : {}) },
    frame, element("span", { class: "caption" }, element("kbd", {}, String(slot + 1)),
      ranks ? element("span", { class: "place" }) : null));
  return { frame, target, node: element("div", { class: "picture option" }, target) };
}

// Buttons below the pictures: the words of a realism trial, and whatever may be said instead of choosing a picture.
/**
 * @param {Study} study
 * @param {boolean} judged
 */
function answerButtons(study, judged) {
  const { ui, strings } = study;
  /** @type {Answer[]} */
  const offered = [];
  /**
   * @param {string} key
   * @param {string} label
   * @param {Choice} choice
   * @param {string} style
   */
  const offer = (key, label, choice, style) => {
    const node = element("button", { type: "button", class: style }, element("span", {}, label), element("kbd", {}, key.toUpperCase()));
    offered.push({ key, choice, node });
  };
  if (judged) ui.labels.forEach((label, place) => offer(String(place + 1), strings[label], { label }, "word"));
  if (ui.tie !== "none") offer("0", strings.tie, { tie: true }, "quiet");
  if (ui.tie === "tie+both-bad") offer("b", strings.both_bad, { none: "both_bad" }, "quiet");
  if (ui.skip) offer("s", strings.skip, { none: "skip" }, "quiet");
  return offered;
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 * @param {Stage} stage
 * @param {number} onset
 * @param {Exposure} exposure
 * @param {AbortSignal} signal
 */
function answered(study, trial, stage, onset, exposure, signal) {
  const { ui } = study;
  return new Promise((resolve) => {
    const stop = linked(signal);
    const options = { signal: stop.signal };
    /** @type {{ choice: Choice, node: HTMLElement } | null} */
    let selected = null;
    let changes = 0;
    let pointer = "mouse";
    const ranks = ranked(study, trial);
    /** @type {number[]} */
    const order = [];
    /**
     * @param {Choice} choice
     * @param {string} input
     * @param {number} time
     */
    const finish = (choice, input, time) => {
      stop.abort();
      if (input !== "key" && input !== "none") lastPress = time;
      resolve({ choice, rt_ms: Math.max(0, Math.round(time - onset)), changes, input });
    };
    /**
     * @param {Choice} choice
     * @param {HTMLButtonElement} node
     * @param {string} input
     * @param {number} time
     */
    const take = (choice, node, input, time) => {
      if (input !== "key" && ui.min_ms > 0 && time - lastPress < DOUBLE_CLICK_MS) return;
      if (time - onset < ui.min_ms || !exposure.over()) return;
      if (ranks && choice.slot !== undefined) {
        const at = order.indexOf(choice.slot);
        if (at >= 0) changes += order.splice(at, 1).length;
        else order.push(choice.slot);
        selected = showOrder(study, trial, stage, order);
        return;
      }
      if (ranks) return mark(stage, node), finish(choice, input, time);
      if (!ui.confirm) return mark(stage, node), finish(choice, input, time);
      if (selected && selected.node !== node) changes += 1;
      if (selected && selected.node === node && input === "key") return finish(choice, input, time);
      selected = { choice, node };
      mark(stage, node);
      if (stage.confirm) stage.confirm.disabled = false;
    };
    stage.confirm?.addEventListener("click",
      (event) => selected && finish(selected.choice, inputOf(event, pointer), event.timeStamp), options);
    const targets = [
      ...stage.figures.flatMap((it, slot) => it.target ? [{ node: it.target, key: String(slot + 1),
        choice: { slot, image_id: trial.shown[slot] } }] : []),
      ...stage.answers,
    ];
    for (const { node, choice } of targets) {
      node.addEventListener("click", (event) => take(choice, node, inputOf(event, pointer), event.timeStamp), options);
    }
    addEventListener("pointerdown", (event) => (pointer = event.pointerType || "mouse"), { ...options, capture: true });
    addEventListener("keydown", (event) => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || inDialog(event)) return;
      const target = targets.find((it) => it.key === event.key.toLowerCase());
      if (target) return take(target.choice, target.node, "key", event.timeStamp);
      if (event.key.startsWith("Arrow")) return moveFocus(targets, event);
      if (event.key === "Enter" && selected && document.activeElement?.getAttribute("data-role") !== "confirm"
        && !targets.some((it) => it.node === document.activeElement)) finish(selected.choice, "key", event.timeStamp);
    }, options);
    const deadline = ui.deadline_ms;
    if (deadline !== null) {
      const limit = setTimeout(() => finish({ none: "timeout" }, "none", onset + deadline), deadline);
      options.signal.addEventListener("abort", () => clearTimeout(limit));
    }
  });
}

/**
 * @param {Event & { detail?: number, pointerType?: string }} event a click; only newer browsers name its pointer
 * @param {string} pointer
 */
const inputOf = (event, pointer) => (event.detail === 0 ? "key" : event.pointerType || pointer);
/** @param {KeyboardEvent} event */
const inDialog = (event) => event.target instanceof Element && event.target.closest("dialog, details") !== null;

// Write on each picture its place in the order, and return the whole answer once only one picture is left.
/**
 * @param {Study} study
 * @param {ShownTrial} trial
 * @param {Stage} stage
 * @param {number[]} order
 */
function showOrder(study, trial, stage, order) {
  const slots = trial.shown.map((_, slot) => slot);
  const rest = slots.filter((slot) => !order.includes(slot));
  const whole = rest.length <= 1;
  const shown = whole ? [...order, ...rest] : order;
  stage.figures.forEach(({ target }, slot) => {
    if (!target) return;
    const place = shown.indexOf(slot);
    target.classList.toggle("chosen", order.includes(slot));
    target.setAttribute("aria-pressed", String(place >= 0));
    const label = target.querySelector(".place");
    if (label) label.textContent = place < 0 ? "" : fill(study.strings.place, { n: place + 1 });
  });
  if (stage.confirm) stage.confirm.disabled = !whole;
  const node = stage.confirm ?? stage.node;
  return whole ? { choice: { ranking: shown.map((slot) => trial.shown[slot]) }, node } : null;
}

/**
 * @param {Stage} stage
 * @param {HTMLElement} node
 */
function mark(stage, node) {
  for (const it of [...stage.figures.map((figure) => figure.target), ...stage.answers.map((answer) => answer.node)]) {
    if (!it) continue;
    it.classList.toggle("chosen", it === node);
    if (it.getAttribute("role") === "radio") it.setAttribute("aria-checked", String(it === node));
  }
}

/**
 * @param {{ node: HTMLElement }[]} targets
 * @param {KeyboardEvent} event
 */
function moveFocus(targets, event) {
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = steps[event.key];
  if (!step) return;
  event.preventDefault();
  const nodes = targets.map((it) => it.node);
  const now = nodes.findIndex((node) => node === document.activeElement);
  nodes[now < 0 ? (step > 0 ? 0 : nodes.length - 1) : (now + step + nodes.length) % nodes.length].focus();
}

// Pictures that disappear after exposure_ms. Measured frame by frame; a page that is hidden meanwhile hides them too.
/**
 * @param {Stage} stage
 * @param {number | null} exposure_ms
 * @param {number} onset
 * @param {AbortSignal} signal
 */
function exposeFor(stage, exposure_ms, onset, signal) {
  let over = exposure_ms === null;
  stage.node.classList.toggle("open", over);
  const measured = new Promise((/** @type {(ms: number) => void} */ resolve) => {
    if (exposure_ms === null) return;
    /** @param {number} time */
    const end = (time) => {
      if (over) return;
      over = true;
      for (const { frame } of stage.figures) frame.classList.add("gone");
      stage.node.classList.add("open");
      resolve(Math.max(0, Math.round(time - onset)));
    };
    // Half a frame early: the callback that is nearest to the wanted moment wins.
    /** @param {number} time */
    const watch = (time) => {
      if (signal.aborted || time - onset >= exposure_ms - 8) end(time);
      else requestAnimationFrame(watch);
    };
    requestAnimationFrame(watch);
    const leave = () => document.visibilityState === "hidden" && end(performance.now());
    document.addEventListener("visibilitychange", leave, { signal });
  });
  return { over: () => over, measured };
}

/** @param {AbortSignal} signal */
function watchHidden(signal) {
  /** @type {number | null} */
  let since = null;
  let total = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") since = performance.now();
    else if (since !== null) {
      total += performance.now() - since;
      since = null;
    }
  }, { signal });
  return { total: () => total };
}
