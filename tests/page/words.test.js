import assert from "node:assert/strict";
import { test } from "node:test";
import { pageParts, plain } from "./page.js";

const { fill, minutesFor, answerKeys, seconds } = pageParts(["fill", "minutesFor", "answerKeys", "seconds"]);
const ui = { slots: 2, labels: [], tie: "none", skip: false, confirm: false, exposure_ms: null };
const strings = { key_choose: "choose", tie: "equal", both_bad: "both bad", skip: "skip", confirm: "confirm", real: "real", fake: "fake" };
const keys = (changes) => plain(answerKeys({ strings, ui: { ...ui, ...changes } }));

test("names in braces are filled in; an unknown one stays", () => {
  assert.equal(fill("{n} of {total} {other}", { n: 0, total: 9 }), "0 of 9 {other}");
});

test("a value is never filled in again", () => {
  assert.equal(fill("{a} {b}", { a: "{b}", b: "x" }), "{b} x");
});

test("keys choose a picture or say a word, and every answer that is offered has one", () => {
  assert.deepEqual(keys({}), [["1, 2", "choose"]]);
  assert.deepEqual(keys({ slots: 5, tie: "tie+both-bad" }), [["1–5", "choose"], ["0", "equal"], ["B", "both bad"]]);
  assert.deepEqual(keys({ labels: ["real", "fake"], skip: true }), [["1", "real"], ["2", "fake"], ["S", "skip"]]);
  assert.deepEqual(keys({ tie: "tie", confirm: true }).map(([key]) => key), ["1, 2", "0", "Enter"]);
});

test("minutes begin at five seconds a pair and follow the participant's own pace", () => {
  const pace = (spent_ms, timed) => minutesFor({ ui, recorder: { session: { spent_ms, timed } } }, 60);
  assert.equal(minutesFor({ ui, recorder: null }, 60), 5);
  assert.equal(pace(1000 * 100, 97), Math.ceil((60 * (100 + 15)) / 100 / 60));
  assert.ok(pace(60_000 * 30, 30) > 50);
  assert.equal(minutesFor({ ui, recorder: null }, 0), 1);
});

test("seconds are written as the study's language writes them", () => {
  assert.equal(seconds({ manifest: { lang: "de" } }, 1250), "1,25");
  assert.equal(seconds({ manifest: { lang: "en" } }, 500), "0.5");
});
