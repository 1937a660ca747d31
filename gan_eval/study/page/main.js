// The study from top to bottom.

async function main() {
  const { manifest, manifest_sha256 } = embedded("study");
  const truths = embedded("truths");
  const pictures = makePictures(manifest, embedded("images"));
  const api = embedded("deployment")?.api ?? manifest.post_url;
  const { preview } = manifest.platform;
  const query = new URLSearchParams(location.search);
  if (preview && (!query.has(preview[0]) || query.get(preview[0]) === preview[1])) return previewScreen(manifest);
  const journal = withFallback(await openJournal(), () => storageBroken(manifest));
  const delivery = makeDelivery(journal, studyName({ manifest, manifest_sha256 }), api && new URL(api, location.href).href);
  const { ui, text, strings, feedback, practice } = manifest;
  /** @type {Study} */
  const study = {
    manifest, manifest_sha256, ui, text, strings, feedback, practice, truths, pictures, journal, delivery,
    flow: new AbortController(), sequence: [], recorder: null, withdraw: async () => {},
  };
  const lost = () => (study.flow.abort(), lostScreen(study));
  const claim = await claimStudy(`human-study/${studyName(study)}`, lost);
  if (!claim.mine) await blockedScreen(study, claim.take);
  await participate(study);
}

/** @param {Study} study */
async function participate(study) {
  const session = (await openSession(study)) ?? (await beginSession(study));
  if (!session) return declinedScreen(study);
  const recorder = (study.recorder ??= makeRecorder(study, study.journal, study.delivery, session));
  study.sequence = formOf(study, session.form_id);
  study.delivery.send();
  const { signal } = study.flow;
  study.withdraw = async () => {
    study.flow.abort();
    await recorder.record("withdraw", { answers: session.answered }, { stage: "withdrawn", open: null });
    withdrawnScreen(study);
  };
  if (session.stage === "withdrawn") return withdrawnScreen(study);
  if (session.stage === "finished") return endScreen(study);
  watchWindow(recorder, signal);
  study.pictures.fetchAll([...study.practice.slice(session.practised), ...study.sequence.slice(session.answered)]);
  await noteInterruption(study);
  await stages(study, signal);
}

// The stages that are still to come; each is left behind in the journal before the next begins.
/**
 * @param {Study} study
 * @param {AbortSignal} signal
 */
async function stages(study, signal) {
  const recorder = recorderOf(study);
  const { session } = recorder;
  if (session.stage === "instructions") {
    study.pictures.ahead([...study.practice, ...upcoming(study, 0)]);
    await instructionsScreen(study);
    await recorder.keep({ stage: "practice" });
  }
  if (session.stage === "practice") {
    while (session.practised < study.practice.length) await practiceTrial(study, signal);
    if (study.practice.length) await readyScreen(study);
    await recorder.keep({ stage: "main" });
  }
  if (session.stage === "main") {
    while (session.answered < study.sequence.length) await mainTrial(study, signal);
    await recorder.keep({ stage: "comment" });
  }
  const comment = await commentScreen(study);
  if (comment) await recorder.record("comment", { text: comment });
  await recorder.record("finish", { answers: session.answered, duration_ms: recorder.clock() }, { stage: "finished" });
  study.flow.abort();
  await endScreen(study);
}

// The session that this browser has of this study, if the participant wants to go on with it.
/** @param {Study} study */
async function openSession(study) {
  const parameters = platformParameters(study);
  /** @param {Session} session */
  const own = (session) => study.manifest.platform.id_params.every((name) => session.parameters[name] === parameters[name]);
  const sessions = (await study.journal.sessions(studyName(study))).filter(own).sort((a, b) => a.started - b.started);
  const session = sessions.at(-1);
  if (!session) return null;
  study.sequence = formOf(study, session.form_id);
  const over = session.stage === "finished" || session.stage === "withdrawn";
  if (over) return study.ui.kiosk ? null : session;
  return (await resumeScreen(study, session)) === "resume" ? session : null;
}

// Consent, and with it the first events. Nothing is written or sent before it.
/** @param {Study} study */
async function beginSession(study) {
  if (!(await consentScreen(study))) return null;
  const session_id = uuid();
  const form = await chooseForm(study, session_id);
  const session = newSession(study, session_id, platformParameters(study), form);
  study.recorder = makeRecorder(study, study.journal, study.delivery, session);
  await study.recorder.record("start", startPayload(study.journal, session));
  await study.recorder.record("consent", { agreed: true });
  return session;
}

/**
 * @param {Study} study
 * @param {string} form_id
 */
function formOf(study, form_id) {
  const form = study.manifest.forms.find((it) => it.form_id === form_id);
  if (!form) throw new Error(`the study has no form ${form_id}`);
  return form.sequence.map(([number, order]) => {
    const trial = study.manifest.trials[number];
    return { ...trial, shown: order.map((option) => trial.options[option]) };
  });
}

/**
 * @param {Study} study
 * @param {number} from
 */
const upcoming = (study, from) => study.sequence.slice(from, from + TRIALS_AHEAD);

// A trial that was on the screen when the page went away is recorded as such; it comes again as the next attempt.
/** @param {Study} study */
async function noteInterruption(study) {
  const recorder = recorderOf(study);
  const { open } = recorder.session;
  if (!open) return;
  const { trial_id, index, attempt } = open;
  await recorder.record("interrupted", { trial_id, form_id: recorder.session.form_id, index, attempt },
    { open: null, attempt: attempt + 1 });
}

/**
 * @param {Study} study
 * @param {AbortSignal} signal
 */
async function practiceTrial(study, signal) {
  const { session } = recorderOf(study);
  const index = session.practised;
  const practice = study.practice[index];
  const trial = { ...practice, shown: practice.options, practice: true, index, total: study.practice.length };
  study.pictures.ahead([...study.practice.slice(index, index + TRIALS_AHEAD), ...upcoming(study, 0)]);
  const truth = study.feedback === "off" ? null : practice.truth;
  await oneTrial(study, trial, "practice", { practised: index + 1 }, () => truth, signal);
}

/**
 * @param {Study} study
 * @param {AbortSignal} signal
 */
async function mainTrial(study, signal) {
  const { session } = recorderOf(study);
  const index = session.answered;
  const trial = { ...study.sequence[index], practice: false, index, total: study.sequence.length };
  study.pictures.ahead(upcoming(study, index));
  const truth = () => study.feedback !== "always" || trial.prompt ? null
    : study.truths ? study.truths[trial.trial_id] ?? null : study.delivery.truth(trial.trial_id);
  await oneTrial(study, trial, "answer", { answered: index + 1 }, truth, signal);
}

/**
 * @param {Study} study
 * @param {ShownTrial} trial
 * @param {string} type
 * @param {Partial<Session>} progress
 * @param {() => string | null | Promise<string | null>} truth
 * @param {AbortSignal} signal
 */
async function oneTrial(study, trial, type, progress, truth, signal) {
  const recorder = recorderOf(study);
  const { session } = recorder;
  /** @type {Map<string, HTMLImageElement> | null} */
  let images = null;
  while (!images) {
    try {
      images = await patiently(study, study.pictures.trial(trial));
    } catch (reason) {
      const error = /** @type {Failure} */ (reason);
      if ((await failedScreen(study, error)) === "again") continue;
      const words = String(error.message ?? error).slice(0, 500);
      const failure = { image_id: error.image_id, trial_id: trial.trial_id, reason: words };
      return recorder.record("image_error", failure, progress);
    }
  }
  if (signal.aborted) return never;
  const attempt = session.attempt ?? 1;
  await recorder.keep({ open: { trial_id: trial.trial_id, index: trial.index, attempt } });
  const began = performance.now();
  const given = await runTrial(study, trial, images, signal);
  if (signal.aborted) return never;
  const { stage, onset, ...measured } = given;
  const spent = Math.min(performance.now() - began, 60_000);
  await recorder.record(type, {
    trial_id: trial.trial_id, form_id: session.form_id, index: trial.index, shown: trial.shown, ...measured,
    onset_ms: recorder.clock(onset), ...viewportFields(), attempt,
  }, { ...progress, open: null, attempt: 1, spent_ms: session.spent_ms + spent, timed: session.timed + 1 });
  const answer = await truthInTime(study, stage, truth());
  if (answer) await feedbackShown(study, stage, trial, given.choice, answer, signal);
}

// The right answer, or null where the server does not give it in time: the answer is safe, and the study goes on.
/**
 * @param {Study} study
 * @param {Stage} stage
 * @param {string | null | Promise<string | null>} truth
 */
async function truthInTime(study, stage, truth) {
  const slow = setTimeout(() => {
    const line = element("p", { class: "status", role: "status" }, study.strings.connecting);
    stage.node.querySelector(".answers")?.replaceChildren(line);
  }, 1500);
  const answer = await Promise.race([truth, pause(20_000).then(() => null)]);
  clearTimeout(slow);
  return answer;
}

// Say that pictures are being loaded where it takes longer than a moment.
/**
 * @template T
 * @param {Study} study
 * @param {Promise<T>} promise
 */
async function patiently(study, promise) {
  const slow = setTimeout(() => page("waiting", study.strings.loading), 600);
  try {
    return await promise;
  } finally {
    clearTimeout(slow);
  }
}

// What a participant who has withdrawn waits for.
const never = new Promise(() => {});

main();
