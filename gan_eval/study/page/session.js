// One participant's run through the study. Every event goes through `record`, which returns once the journal has it.

/** @param {Named} study */
const studyName = (study) => `${study.manifest.study_id}/${study.manifest_sha256}`;

/**
 * @param {Named} study
 * @param {string} session_id
 * @param {Record<string, string>} parameters
 * @param {{ form_id: string, form_source: string, token: string | null }} form
 * @returns {Session}
 */
function newSession(study, session_id, parameters, form) {
  return {
    session_id,
    study: studyName(study),
    parameters,
    form_id: form.form_id,
    form_source: form.form_source,
    token: form.token,
    started: Date.now(),
    seq: 0,
    stage: "instructions",
    practised: 0,
    answered: 0,
    spent_ms: 0,
    timed: 0,
    open: null,
  };
}

const LONGEST_PAUSE_MS = 30 * 86_400_000;

// The device's time, null where it cannot be right: an empty battery sets many clocks back to 1970.
function timeStamp() {
  const now = new Date();
  const year = now.getUTCFullYear();
  return year >= 2020 && year < 2100 ? now.toISOString() : null;
}

// The recorder of a study whose session has begun.
/** @param {Pick<Study, "recorder">} study */
function recorderOf(study) {
  if (!study.recorder) throw new Error("no session has begun");
  return study.recorder;
}

/**
 * @param {Named} study
 * @param {Journal} journal
 * @param {Delivery} delivery
 * @param {Session} session
 * @returns {Recorder}
 */
function makeRecorder(study, journal, delivery, session) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  // The page's own clock, carried on where the session was opened again: the device's may be wrong, or be set anew.
  const away = session.last_wall === undefined ? 0 : Math.min(Math.max(0, Date.now() - session.last_wall), LONGEST_PAUSE_MS);
  const begun = (session.last_ms ?? 0) + away - performance.now();
  const clock = (time = performance.now()) => Math.max(0, Math.round(begun + time));

  /**
   * @param {Session} copy
   * @param {StudyEvent | null} event
   */
  const save = (copy, event) => last.catch(() => {}).then(() => journal.save(copy, event));

  // Events are written one after the other, in the order of their numbers.
  /**
   * @param {string} type
   * @param {object} payload
   * @param {Partial<Session>} [changes]
   */
  function record(type, payload, changes = {}) {
    Object.assign(session, changes, { last_ms: clock(), last_wall: Date.now() });
    /** @type {StudyEvent} */
    const event = {
      schema: "study-event/1",
      study_id: study.manifest.study_id,
      manifest_sha256: study.manifest_sha256,
      session_id: session.session_id,
      event_id: uuid(),
      seq: session.seq,
      type,
      t_utc: timeStamp(),
      t_ms: clock(),
      payload,
    };
    session.seq += 1;
    const copy = structuredClone(session);
    last = save(copy, event);
    return last.then(() => void delivery.send());
  }

  return {
    session,
    record,
    clock,
    // What is open or reached, without an event of its own.
    keep: (changes) => {
      Object.assign(session, changes);
      const copy = structuredClone(session);
      return (last = save(copy, null));
    },
    lines: async () => (await journal.events(session.session_id)).map((it) => JSON.stringify(it.event)).join("\n") + "\n",
    count: async () => (await journal.events(session.session_id)).length,
  };
}

/**
 * @param {Journal} journal
 * @param {Session} session
 */
function startPayload(journal, session) {
  return {
    form_id: session.form_id,
    form_source: session.form_source,
    platform: session.parameters,
    participant_id: null,
    user_agent: navigator.userAgent.slice(0, 500),
    webdriver: navigator.webdriver === true,
    language: navigator.language ?? "",
    screen: [screen.width, screen.height],
    dpr: devicePixelRatio,
    touch_points: navigator.maxTouchPoints ?? 0,
    color_gamut: ["rec2020", "p3", "srgb"].find((it) => matchMedia(`(color-gamut: ${it})`).matches) ?? "unknown",
    color_scheme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
    tz_offset_min: new Date().getTimezoneOffset(),
    storage: journal.storage,
    token: session.token,
  };
}

const viewportFields = () => ({
  viewport: [innerWidth, innerHeight],
  dpr: devicePixelRatio,
  vv_scale: visualViewport?.scale ?? 1,
});

// Record that the page was hidden or shown, resized or zoomed, for as long as the session runs.
/**
 * @param {Recorder} recorder
 * @param {AbortSignal} signal
 */
function watchWindow(recorder, signal) {
  const open = () => recorder.session.open?.trial_id ?? null;
  document.addEventListener("visibilitychange", () => {
    recorder.record("visibility", { state: document.visibilityState, trial_id: open() });
  }, { signal });
  let settle = 0;
  const resized = () => {
    clearTimeout(settle);
    settle = setTimeout(() => signal.aborted || recorder.record("viewport", viewportFields()), 400);
  };
  addEventListener("resize", resized, { signal });
  visualViewport?.addEventListener("resize", resized, { signal });
}

// A form: from the server, which balances them; else ?form=; else by chance.
/**
 * @param {Study} study
 * @param {string} session_id
 */
async function chooseForm(study, session_id) {
  const known = study.manifest.forms.map((form) => form.form_id);
  try {
    const reply = await study.delivery.start({ session_id });
    if (known.includes(reply.form_id)) return { form_id: reply.form_id, form_source: "server", token: reply.token };
  } catch {
    // No server, or none within reach: the participant need not wait for it.
  }
  const wanted = new URLSearchParams(location.search).get("form");
  if (wanted !== null && known.includes(wanted)) return { form_id: wanted, form_source: "url", token: null };
  const [word] = crypto.getRandomValues(new Uint32Array(1));
  return { form_id: known[word % known.length], form_source: "random", token: null };
}

/** @param {Pick<Study, "manifest">} study */
function platformParameters(study) {
  const given = new URLSearchParams(location.search);
  const { id_params, extra_params } = study.manifest.platform;
  const pairs = [...id_params, ...extra_params].filter((name) => given.has(name));
  return Object.fromEntries(pairs.map((name) => [name, (given.get(name) ?? "").slice(0, 500)]));
}

// Whoever holds the lock runs the study; a second tab waits outside. Without the Web Locks API (a page served over http
// on a network address) a channel between the tabs does the same as well as it can.
/**
 * @param {string} name
 * @param {() => void} lost
 */
async function claimStudy(name, lost) {
  if (navigator.locks) {
    /** @param {LockOptions} options */
    const claim = (options) =>
      new Promise((resolve) => {
        let held = false;
        navigator.locks
          .request(name, options, (lock) => {
            held = lock !== null;
            resolve(held);
            return held ? new Promise(() => {}) : undefined;
          })
          // A lock that was held is gone to another tab. One that was never had was refused (a sandboxed frame, for
          // one): there is nobody to share the study with.
          .catch(() => (held ? lost() : resolve(true)));
      });
    return { mine: await claim({ ifAvailable: true }), take: () => claim({ steal: true }) };
  }
  let channel;
  try {
    channel = new BroadcastChannel(name);
  } catch {
    return { mine: true, take: async () => {} };
  }
  let mine = true;
  const answer = new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      if (data === "anyone" && mine) channel.postMessage("here");
      if (data === "here") resolve(false);
      if (data === "taken" && mine) (mine = false), lost();
    };
  });
  channel.postMessage("anyone");
  mine = await Promise.race([answer, pause(250).then(() => true)]);
  return { mine, take: async () => (channel.postMessage("taken"), (mine = true)) };
}
