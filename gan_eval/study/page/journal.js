// The participant's own record: every event is durable here before the page goes on.
//
// IndexedDB, because a transaction that has fired "complete" survives the browser being killed; localStorage writes of
// the last seconds do not, so it is only the second choice; memory, with a warning on the screen, is the last.
// A session is stored in the same transaction as its event: the two can never disagree.

// A promise that fails where it has not settled in time: a browser may leave a request open for ever.
/**
 * @template T
 * @param {Promise<T>} promise
 * @param {number} ms
 */
const inTime = (promise, ms) =>
  Promise.race([promise, pause(ms).then(() => Promise.reject(new Error("the browser does not answer")))]);

async function openJournal() {
  try {
    return await inTime(openDatabase(), 4000);
  } catch {
    return openLocalStorage() ?? openMemory();
  }
}

// A journal that goes on in memory, and says so, when the browser's storage breaks in the middle.
/**
 * @param {Journal} first
 * @param {() => void} broken
 * @returns {Journal}
 */
function withFallback(first, broken) {
  const memory = openMemory();
  let current = first;
  async function breakDown() {
    if (current === memory) return;
    current = memory;
    broken();
  }
  // What this page has written is kept in memory too, so that nothing of it is lost with the storage.
  /** @param {(journal: Journal) => Promise<unknown>} step */
  const write = async (step) => {
    await step(memory);
    if (current !== memory) await inTime(step(current), 4000).catch(breakDown);
  };
  /**
   * @template T
   * @param {(journal: Journal) => Promise<T>} step
   */
  const read = async (step) => {
    if (current !== memory) {
      try {
        return await inTime(step(current), 4000);
      } catch {
        await breakDown();
      }
    }
    return step(memory);
  };
  return {
    get storage() {
      return current.storage;
    },
    sessions: (study) => read((journal) => journal.sessions(study)),
    queue: (study, state) => read((journal) => journal.queue(study, state)),
    events: (session) => read((journal) => journal.events(session)),
    save: (session, event) => write((journal) => journal.save(session, event)),
    mark: (ids, state) => write((journal) => journal.mark(ids, state)),
  };
}

// An event with where it is on its way: waiting, stored (the server said so) or refused.
/**
 * @param {Session} session
 * @param {StudyEvent} event
 * @returns {JournalRecord}
 */
const queued = (session, event) =>
  ({ event_id: event.event_id, session_id: event.session_id, study: session.study, state: "waiting", event });
/** @param {JournalRecord[]} records */
const inOrder = (records) => records.sort((a, b) => a.event.seq - b.event.seq);

/** @returns {Promise<Journal>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("human-study", 1);
    request.onupgradeneeded = () => {
      const sessions = request.result.createObjectStore("sessions", { keyPath: "session_id" });
      sessions.createIndex("study", "study");
      const events = request.result.createObjectStore("events", { keyPath: "event_id" });
      events.createIndex("session", "session_id");
      events.createIndex("queue", ["study", "state"]);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
    request.onsuccess = () => resolve(databaseJournal(request.result));
  });
}

/**
 * @param {IDBDatabase} database
 * @returns {Journal}
 */
function databaseJournal(database) {
  /** @param {IDBTransaction} transaction */
  const done = (transaction) =>
    new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  /**
   * @template T
   * @param {IDBRequest<T>} request
   */
  const result = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const write = () => database.transaction(["sessions", "events"], "readwrite", { durability: "strict" });
  return {
    storage: "indexeddb",
    sessions: (study) =>
      result(database.transaction("sessions").objectStore("sessions").index("study").getAll(study)),
    queue: async (study, state) =>
      inOrder(await result(database.transaction("events").objectStore("events").index("queue").getAll([study, state]))),
    events: async (session) =>
      inOrder(await result(database.transaction("events").objectStore("events").index("session").getAll(session))),
    save: (session, event) => {
      const transaction = write();
      transaction.objectStore("sessions").put(session);
      if (event) {
        transaction.objectStore("events").put(queued(session, event));
      }
      return done(transaction);
    },
    mark: (ids, state) => {
      const transaction = write();
      const store = transaction.objectStore("events");
      for (const id of ids) {
        const request = store.get(id);
        request.onsuccess = () => request.result && store.put({ ...request.result, state });
      }
      return done(transaction);
    },
  };
}

// One object { sessions: {id: session}, events: {id: record} }, kept by whoever gives `keep`.
/**
 * @param {Journal["storage"]} storage
 * @param {StoredState} state
 * @param {(state: StoredState) => void} keep
 * @returns {Journal}
 */
function objectJournal(storage, state, keep) {
  return {
    storage,
    sessions: async (study) => Object.values(state.sessions).filter((session) => session.study === study),
    queue: async (study, mark) =>
      inOrder(Object.values(state.events).filter((it) => it.study === study && it.state === mark)),
    events: async (session) => inOrder(Object.values(state.events).filter((it) => it.session_id === session)),
    save: async (session, event) => {
      state.sessions[session.session_id] = structuredClone(session);
      if (event) {
        state.events[event.event_id] = queued(session, event);
      }
      keep(state);
    },
    mark: async (ids, mark) => {
      for (const id of ids) if (state.events[id]) state.events[id].state = mark;
      keep(state);
    },
  };
}

function openLocalStorage() {
  const name = "human-study";
  try {
    const state = JSON.parse(localStorage.getItem(name) ?? "null") ?? { sessions: {}, events: {} };
    localStorage.setItem(name, JSON.stringify(state));
    return objectJournal("localstorage", state, (it) => localStorage.setItem(name, JSON.stringify(it)));
  } catch {
    return null;
  }
}

const openMemory = () => objectJournal("memory", { sessions: {}, events: {} }, () => {});
