import assert from "node:assert/strict";
import { test } from "node:test";
import { pageParts, plain } from "./page.js";

const { openMemory, openLocalStorage, withFallback, uuid } = pageParts(
  ["openMemory", "openLocalStorage", "withFallback", "uuid"],
  { localStorage: storage() },
);

function storage() {
  const items = new Map();
  return { getItem: (name) => items.get(name) ?? null, setItem: (name, value) => items.set(name, value) };
}

const session = { session_id: "s", study: "x" };
const event = (seq) => ({ event_id: `e${seq}`, session_id: "s", seq });
const numbers = async (journal, state) => plain((await journal.queue("x", state)).map((it) => it.event.seq));

for (const [name, open] of [["memory", openMemory], ["localStorage", openLocalStorage]]) {
  test(`${name}: events wait in the order of their numbers until they are marked`, async () => {
    const journal = open();
    for (const seq of [2, 0, 1]) await journal.save(session, event(seq));
    assert.deepEqual(await numbers(journal, "waiting"), [0, 1, 2]);
    await journal.mark(["e1", "unknown"], "stored");
    assert.deepEqual(await numbers(journal, "waiting"), [0, 2]);
    assert.deepEqual(await numbers(journal, "stored"), [1]);
  });
}

test("a kept session is a copy of what it was", async () => {
  const journal = openMemory();
  const changing = { ...session, answered: 1 };
  await journal.save(changing, null);
  changing.answered = 2;
  assert.equal((await journal.sessions("x"))[0].answered, 1);
});

test("where storage breaks, all that was written goes on in memory, and is said once", async () => {
  let works = true;
  let said = 0;
  const first = { ...openMemory(), storage: "indexeddb", save: async () => { if (!works) throw new Error("full"); } };
  const journal = withFallback(first, () => { said += 1; });
  await journal.save(session, event(0));
  assert.equal(journal.storage, "indexeddb");
  works = false;
  await journal.save(session, event(1));
  await journal.save(session, event(2));
  assert.equal(journal.storage, "memory");
  assert.deepEqual(await numbers(journal, "waiting"), [0, 1, 2]);
  assert.equal(said, 1);
});

test("ids are random UUIDs of version 4", () => {
  const ids = Array.from({ length: 100 }, uuid);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, 100);
});
