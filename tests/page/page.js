// The page's scripts for node: joined in the page's own order, all but the last, which starts the study.
import { webcrypto as crypto } from "node:crypto";
import { readFileSync } from "node:fs";
import vm from "node:vm";

const FOLDER = new URL("../../gan_eval/study/page/", import.meta.url);
const SCRIPTS = ["dom", "journal", "delivery", "pictures", "session", "screens", "trial"];

/** Values of the page's top-level names, within `surroundings` in a browser's place. */
export function pageParts(names, surroundings = {}) {
  const source = SCRIPTS.map((name) => readFileSync(new URL(`${name}.js`, FOLDER), "utf8")).join("\n");
  const context = vm.createContext({ URL, URLSearchParams, Intl, structuredClone, crypto, setTimeout, clearTimeout, ...surroundings });
  return vm.runInContext(`"use strict";\n${source}\n;({ ${names.join(", ")} })`, context);
}

/** The same value made of this realm's objects, so that deepEqual compares what it holds. */
export const plain = (value) => JSON.parse(JSON.stringify(value));
