// All that is not a trial: consent, instructions, comment, the end. Each resolves with what the participant did.

/**
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * @param {string} state
 * @param {string} title
 * @param {...((Child | Child[]))} content
 */
function page(state, title, ...content) {
  show(state, element("main", { class: "page" },
    element("h1", { tabindex: "-1", "data-focus": true }, title), ...content.flat()));
}

// Resolves with the value of the button that is pressed: [[label, value, style], …].
/**
 * @template T
 * @param {Study} study
 * @param {string} state
 * @param {string} title
 * @param {Child[]} content
 * @param {[label: string, value: T, style?: string][]} choices
 * @param {boolean} [menu]
 */
function asked(study, state, title, content, choices, menu = true) {
  return new Promise((resolve) => {
    const buttons = choices.map(([label, value, style = "primary"]) => button(label, () => resolve(value), { class: style }));
    page(state, title, content, element("div", { class: "actions" }, ...buttons),
      menu && study.recorder ? studyMenu(study) : null);
  });
}

/** @param {Study} study */
async function consentScreen(study) {
  const { strings, text } = study;
  const storage = study.journal.storage === "memory" ? notice(strings.no_storage) : null;
  const contact = text.contact ? element("p", { class: "contact" }, `${strings.contact} ${text.contact}`) : null;
  return asked(study, "consent", text.title, [...prose(text.consent), contact, storage].filter(Boolean),
    [[strings.agree, true], [strings.decline, false, "quiet"]]);
}

/** @param {Study} study */
function instructionsScreen(study) {
  const { strings, text, ui } = study;
  const content = prose(text.instructions);
  if (ui.exposure_ms !== null) content.push(element("p", {}, fill(strings.exposure_note, { seconds: seconds(study, ui.exposure_ms) })));
  if (ui.exposure_ms !== null && ui.exposure_ms < 300) content.push(notice(strings.flash_warning));
  if (study.manifest.trials.some((trial) => trial.prompt)) content.push(element("p", {}, strings.checks_note));
  content.push(element("div", { class: "keyboard" }, element("h2", {}, strings.keys_title), keysTable(study)));
  const next = study.practice.length ? strings.start_practice : strings.start_main;
  return asked(study, "instructions", strings.instructions_title, content, [[next, true]]);
}

/** @param {Study} study */
function readyScreen(study) {
  const { strings } = study;
  const total = study.sequence.length;
  const words = { total, minutes: minutesFor(study, total) };
  const feedback = study.feedback === "practice" && study.practice.length ? element("p", {}, strings.no_more_feedback) : null;
  return asked(study, "ready", strings.ready_title, [element("p", {}, fill(strings.ready_text, words)), feedback].filter(Boolean),
    [[strings.start_main, true]]);
}

/** @param {Study} study */
function commentScreen(study) {
  const { strings } = study;
  const box = element("textarea", { id: "comment", rows: "5", maxlength: "4000", "aria-label": strings.comment_title });
  return asked(study, "comment", strings.comment_title, [element("p", {}, strings.comment_text), box], [[strings.finish, true]])
    .then(() => box.value.trim());
}

/**
 * @param {Study} study
 * @param {Session} session
 */
function resumeScreen(study, session) {
  const { strings } = study;
  const done = fill(strings.resume_text, { done: session.answered, total: study.sequence.length });
  return asked(study, "resume", strings.resume_title, [element("p", {}, done)],
    [[strings.resume, "resume"], [strings.new_participant, "new", "quiet"]], false);
}

/**
 * @param {Study} study
 * @param {() => unknown} take
 */
function blockedScreen(study, take) {
  const { strings } = study;
  return asked(study, "blocked", strings.blocked_title, [element("p", {}, strings.blocked_text)], [[strings.use_this_tab, true]], false)
    .then(take);
}

/** @param {Study} study */
function lostScreen(study) {
  page("lost", study.strings.lost_title, element("p", {}, study.strings.lost_text));
}

/** @param {Study} study */
async function declinedScreen(study) {
  const way = element("div", { class: "way" });
  page("declined", study.strings.declined_title, element("p", {}, study.strings.declined_text), way);
  const url = await study.delivery.declined();
  if (url && study.manifest.platform.finish === "redirect") redirection(study, way, new URL(url));
}

/** @param {Pick<Study, "strings" | "text">} study */
function previewScreen(study) {
  const { strings, text } = study;
  page("preview", text.title, notice(strings.preview), prose(text.consent), prose(text.instructions));
}

/**
 * @param {Study} study
 * @param {Failure} error
 */
function failedScreen(study, error) {
  const { strings } = study;
  const what = [element("p", {}, strings.failed_text), element("p", { class: "detail" }, String(error.image_id ?? error))];
  const back = new Promise((resolve) => addEventListener("online", () => resolve("again"), { once: true }));
  return Promise.race([back, asked(study, "failed", strings.failed_title, what,
    [[strings.try_again, "again"], [strings.leave_out, "skip", "quiet"]])]);
}

/** @param {Study} study */
function withdrawnScreen(study) {
  const { strings, text } = study;
  const contact = text.contact ? element("p", { class: "contact" }, `${strings.contact} ${text.contact}`) : null;
  page("withdrawn", strings.withdrawn_title, element("p", {}, strings.withdrawn_text), contact);
}

// The end: the answers' way to the researcher first, thanks second, and the way back to a platform only when all is safe.
/** @param {Study} study */
async function endScreen(study) {
  const { strings, text, delivery } = study;
  const status = element("p", { class: "status", role: "status" }, "");
  const way = element("div", { class: "way" });
  const again = study.ui.kiosk ? button(strings.next_participant, () => location.reload(), { class: "primary" }) : null;
  page("saving", strings.end_title, status, way, prose(text.debrief), keepSection(study), again);
  if (delivery.state === "none") {
    status.textContent = strings.send_file;
    part("app").dataset.state = "finished";
    return leave(study, way, study.manifest.platform.url);
  }
  const waiting = setTimeout(() => (status.textContent = strings.saving_slow), 8000);
  status.textContent = strings.saving;
  const settled = await delivery.settled();
  clearTimeout(waiting);
  status.textContent = settled ? strings.saved : strings.refused;
  status.classList.add(settled ? "good" : "bad");
  part("app").dataset.state = settled ? "finished" : "refused";
  if (settled) await leave(study, way, await completionOf(study));
}

/** @param {Study} study */
async function completionOf(study) {
  const { session_id, token } = recorderOf(study).session;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    try {
      return (await study.delivery.completion(session_id, token)).url ?? study.manifest.platform.url;
    } catch {
      await pause(1000 * 2 ** attempt);
    }
  }
  return study.manifest.platform.url;
}

// Show the way back to the platform that sent the participant: a link, or a form that is posted.
/**
 * @param {Study} study
 * @param {HTMLElement} way
 * @param {string | null} template
 */
function leave(study, way, template) {
  const { platform } = study.manifest;
  if (platform.finish === "none" || !template) return;
  const { parameters, session_id } = recorderOf(study).session;
  const target = resolveTarget(template, parameters, platform.hosts);
  if (!target) return void way.append(notice(study.strings.bad_target));
  if (platform.finish === "redirect") return redirection(study, way, target);
  const fields = { ...parameters, session_id, answers: recorderOf(study).session.answered };
  const hidden = Object.entries(fields).map(([name, value]) => element("input", { type: "hidden", name, value: String(value) }));
  way.append(element("form", { method: "post", action: target.href }, ...hidden,
    element("button", { type: "submit", class: "primary" }, study.strings.return_to_platform)));
}

// A link to where the participant came from, with the code as text too.
/**
 * @param {Study} study
 * @param {HTMLElement} way
 * @param {URL} target
 */
function redirection(study, way, target) {
  const code = target.searchParams.get("cc");
  way.append(element("a", { class: "primary", href: target.href, rel: "noreferrer" }, study.strings.return_to_platform));
  if (code) way.append(element("p", {}, `${study.strings.code} `, element("code", {}, code)));
}

// {name} stands for a URL parameter. A whole address that comes from one must be https and of a known host: the page
// must not become a stepping stone to anywhere else.
/**
 * @param {string} template
 * @param {Record<string, string>} parameters
 * @param {string[]} hosts
 */
function resolveTarget(template, parameters, hosts) {
  const foreign = template.startsWith("{");
  const filled = template.replace(/\{(\w+)\}/g, (_, name) =>
    template.startsWith(`{${name}}`) ? (parameters[name] ?? "") : encodeURIComponent(parameters[name] ?? ""));
  try {
    const target = new URL(filled);
    const safe = target.protocol === "https:" && !target.username && !target.password;
    const known = hosts.length === 0 ? !foreign : hosts.includes(target.hostname);
    return (safe || (!foreign && target.protocol === "http:")) && known ? target : null;
  } catch {
    return null;
  }
}

/** @param {Study} study */
function keepSection(study) {
  const { strings } = study;
  const text = element("textarea", { readonly: true, rows: "4", "aria-label": strings.answers_text, hidden: true });
  const reveal = async () => {
    text.value = await recorderOf(study).lines();
    text.hidden = false;
    text.focus();
    text.select();
  };
  return element("section", { class: "keep" }, element("h2", {}, strings.keep_title),
    element("div", { class: "actions" },
      button(strings.download, () => download(study), { class: "quiet", "data-role": "download" }),
      button(strings.copy, reveal, { class: "quiet", "data-role": "copy" })),
    text);
}

/** @param {Study} study */
async function download(study) {
  const blob = new Blob([await recorderOf(study).lines()], { type: "application/x-ndjson" });
  const link = element("a", { href: URL.createObjectURL(blob),
    download: `${study.manifest.study_id}-${recorderOf(study).session.session_id.slice(0, 8)}.jsonl` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A line that stays above every screen: from now on answers are kept in this page alone.
/** @param {Pick<Study, "strings">} study */
function storageBroken(study) {
  document.body.prepend(notice(study.strings.no_storage));
}

/** @param {string} text */
const notice = (text) => element("p", { class: "notice", role: "note" }, text);

// Download, copy and withdraw, from every screen of the study.
/** @param {Study} study */
function studyMenu(study) {
  const { strings } = study;
  const withdraw = button(strings.withdraw, () => confirmWithdrawal(study), { class: "quiet danger" });
  return element("details", { class: "menu" }, element("summary", {}, strings.menu), keepSection(study), withdraw);
}

/** @param {Study} study */
function confirmWithdrawal(study) {
  const { strings } = study;
  /** @type {HTMLDialogElement} */
  const dialog = element("dialog", { "aria-labelledby": "withdraw-title" },
    element("h2", { id: "withdraw-title" }, strings.withdraw_title),
    element("p", {}, strings.withdraw_text),
    element("div", { class: "actions" },
      button(strings.withdraw, () => (dialog.close(), study.withdraw()), { class: "primary danger" }),
      button(strings.stay, () => dialog.close(), { class: "quiet" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 */
function trialHeader(study, trial) {
  const { strings } = study;
  const bar = element("progress", { max: trial.total, value: trial.index, "aria-label": strings.progress });
  const left = trial.practice ? "" : fill(strings.time_left, { minutes: minutesFor(study, trial.total - trial.index) });
  return element("header", {}, bar, element("p", {}, element("span", {}, progressText(study, trial)), element("span", {}, left)));
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 */
function progressText(study, trial) {
  const words = { n: trial.index + 1, total: trial.total };
  return fill(trial.practice ? study.strings.practice_progress : study.strings.main_progress, words);
}

// Minutes that so many trials will take, from this participant's own pace once there is one.
/**
 * @param {Pick<Study, "ui" | "recorder">} study
 * @param {number} trials
 */
function minutesFor(study, trials) {
  // About a second for each picture beside the time that a decision takes.
  const usual = 1000 * (3 + Math.min(4, study.ui.slots));
  const session = study.recorder?.session ?? { spent_ms: 0, timed: 0 };
  // Three usual trials are mixed in, so that one quick answer does not promise too much.
  const each = (session.spent_ms + 3 * (usual + (study.ui.exposure_ms ?? 0))) / (session.timed + 3);
  return Math.max(1, Math.ceil((trials * each) / 60_000));
}

/**
 * @param {Study} study
 * @param {number} ms
 */
const seconds = (study, ms) => new Intl.NumberFormat(study.manifest.lang, { maximumFractionDigits: 2 }).format(ms / 1000);

/** @param {Pick<Study, "ui" | "strings">} study */
function answerKeys(study) {
  const { strings, ui } = study;
  const rows = ui.labels.length ? ui.labels.map((label, place) => [String(place + 1), strings[label]])
    : [[ui.slots === 2 ? "1, 2" : `1–${ui.slots}`, strings.key_choose]];
  if (ui.tie !== "none") rows.push(["0", strings.tie]);
  if (ui.tie === "tie+both-bad") rows.push(["B", strings.both_bad]);
  if (ui.skip) rows.push(["S", strings.skip]);
  if (ui.confirm) rows.push(["Enter", strings.confirm]);
  return rows;
}

/** @param {Study} study */
function keysTable(study) {
  const rows = answerKeys(study).map(([key, what]) => element("li", {}, element("kbd", {}, key), ` ${what}`));
  return element("ul", { class: "keys" }, ...rows, element("li", {}, study.strings.key_touch));
}

// Beside the pictures only the keys that choose one; the other answers show theirs on their buttons.
/** @param {Study} study */
const keysHint = (study) => answerKeys(study)[0].join(" ");

// Right or wrong, in words and with a mark, not by colour alone. Resolves when the participant goes on.
/**
 * @param {Study} study
 * @param {Stage} stage
 * @param {ShownTrial} trial
 * @param {Choice} choice
 * @param {string} truth
 * @param {AbortSignal} signal
 */
function feedbackShown(study, stage, trial, choice, truth, signal) {
  const { strings } = study;
  const given = choice.label ?? choice.image_id ?? null;
  const correct = given === truth;
  const what = study.ui.labels.length ? strings[`was_${truth}`]
    : fill(strings.real_was, { n: trial.shown.indexOf(truth) + 1 });
  return new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    const done = linked(signal);
    const go = () => (done.abort(), resolve());
    const next = button(strings.next, go, { class: "primary", "data-role": "next" });
    const text = `${correct ? strings.correct : strings.wrong} ${what}`;
    stage.node.querySelector(".answers")?.replaceChildren(
      element("p", { class: `feedback ${correct ? "good" : "bad"}` }, element("span", { class: "mark", "aria-hidden": true }, correct ? "✓" : "✗"), text), next);
    for (const figure of stage.figures) if (figure.target) figure.target.disabled = true;
    announce(text);
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  });
}
