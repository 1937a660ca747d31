import assert from "node:assert/strict";
import { test } from "node:test";
import { pageParts } from "./page.js";

const { resolveTarget } = pageParts(["resolveTarget"]);
const target = (template, parameters = {}, hosts = []) => resolveTarget(template, parameters, hosts)?.href ?? null;

test("parameters are filled in, and cannot change where the address leads", () => {
  assert.equal(target("https://a.org/?id={PID}", { PID: "x&y#z/" }), "https://a.org/?id=x%26y%23z%2F");
  assert.equal(target("https://a.org/?id={PID}"), "https://a.org/?id=");
});

test("a whole address from a parameter must be https and of a known host", () => {
  const hosts = ["a.org"];
  assert.equal(target("{BACK}", { BACK: "https://a.org/done" }, hosts), "https://a.org/done");
  for (const address of ["http://a.org/", "https://b.org/", "https://a.org.b.org/", "https://u@a.org/", "javascript:alert(1)", "", "nonsense"]) {
    assert.equal(target("{BACK}", { BACK: address }, hosts), null, address);
  }
  assert.equal(target("{BACK}", { BACK: "https://a.org/" }), null);
});

test("the researcher's own address may be http, but no script", () => {
  assert.equal(target("http://localhost:8000/end"), "http://localhost:8000/end");
  assert.equal(target("javascript:alert(1)"), null);
  assert.equal(target("https://c.org/", {}, ["a.org"]), null);
});
