// Answers travel in the background. An event is done only when the server has named its id as stored; until then it
// stays in the journal and is sent again, so that neither a dead server nor a dead battery loses one.

const BATCH_EVENTS = 20;
const BATCH_BYTES = 48_000;
const LONGEST_WAIT_MS = 60_000;

/**
 * @param {Journal} journal
 * @param {string} study
 * @param {string | null} api
 * @returns {Delivery}
 */
function makeDelivery(journal, study, api) {
  let active = false;
  let again = false;
  /** @type {(value?: unknown) => void} */
  let wake = () => {};
  let failures = 0;
  /** @type {Delivery["state"]} */
  let state = api ? "idle" : "none";
  const truths = new Map();

  // Of all sessions that this browser has had of the study: the participant before may have left some behind.
  const waiting = async () => (await journal.queue(study, "waiting")).map((it) => it.event);

  /** @param {StudyEvent[]} events */
  function batch(events) {
    const chosen = [];
    let bytes = 0;
    for (const event of events.slice(0, BATCH_EVENTS)) {
      bytes += 3 * JSON.stringify(event).length;
      if (chosen.length && bytes > BATCH_BYTES) break;
      chosen.push(event);
    }
    return chosen;
  }

  /**
   * @param {string} path
   * @param {object} body
   */
  async function post(path, body) {
    const reply = await fetch(api + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(path === "start" ? 4_000 : 15_000),
      credentials: "omit",
    });
    // 400 is an answer too: it names what the server refused (422 from a server of an older version).
    if (reply.ok || ([400, 422].includes(reply.status) && path === "events")) return reply.json();
    const passing = reply.status >= 500 || reply.status === 408 || reply.status === 429;
    throw Object.assign(new Error(`status ${reply.status}`), { final: !passing });
  }

  async function run() {
    for (;;) {
      const events = batch(await waiting());
      if (!events.length) return void (state = "idle");
      state = failures ? "retrying" : "sending";
      try {
        const reply = await post("events", { events });
        failures = 0;
        if (!reply.stored) throw Object.assign(new Error(reply.error), { final: true });
        await journal.mark(reply.stored, "stored");
        /** @type {{ event_id: string }[]} */
        const refused = reply.refused;
        await journal.mark(refused.map((it) => it.event_id), "refused");
        for (const [trial, truth] of Object.entries(reply.truths)) truths.set(trial, truth);
        if (refused.length) return void (state = "refused");
      } catch (error) {
        if (/** @type {Failure} */ (error).final) return void (state = "refused");
        failures += 1;
        state = "retrying";
        const wait = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
        await Promise.race([pause(wait), new Promise((resolve) => (wake = resolve))]);
      }
    }
  }

  async function send() {
    if (!api) return;
    again = true;
    if (active) return;
    active = true;
    try {
      while (again) {
        again = false;
        await run();
      }
    } finally {
      active = false;
    }
  }

  // The last chance of a page that is being closed. It is never relied on: no reply comes back to mark anything.
  async function farewell() {
    const events = batch(await waiting());
    if (api && events.length) navigator.sendBeacon(api + "events", JSON.stringify({ events }));
  }

  addEventListener("online", () => wake());
  addEventListener("pagehide", farewell);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && farewell());

  return {
    get state() {
      return state;
    },
    send,
    retry: () => (wake(), send()),
    start: (body) => (api ? post("start", body) : Promise.reject(new Error("no server"))),
    // The way back of who does not take part: an address, or null where there is none or no server.
    declined: () => (api ? post("declined", {}).then((reply) => reply.url ?? null, () => null) : Promise.resolve(null)),
    completion: (session_id, token) => post("completion", { session_id, token }),
    // The right answer of a trial, which the server gives away once the participant's own is stored.
    async truth(trial) {
      while (!truths.has(trial) && state !== "refused") await (send(), pause(60));
      return truths.get(trial) ?? null;
    },
    // Whether everything has arrived; waits for it.
    async settled() {
      while ((await waiting()).length && state !== "refused") await (send(), pause(150));
      return state !== "refused" && (await journal.queue(study, "refused")).length === 0;
    },
  };
}
