import js from "@eslint/js";
import globals from "globals";

// The page's scripts are joined into one closure, so what one declares another uses: tsc, which reads them together,
// reports names that do not exist and top-level names nobody uses are found here only within a file.
export default [
  js.configs.recommended,
  {
    files: ["**/study/page/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "script", globals: globals.browser },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { vars: "local", args: "after-used" }],
      "no-restricted-properties": ["error",
        { property: "innerHTML", message: "Texts go in as text (dom.js)." },
        { property: "outerHTML", message: "Texts go in as text (dom.js)." },
        { property: "insertAdjacentHTML", message: "Texts go in as text (dom.js)." }],
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      eqeqeq: "error",
    },
  },
  { files: ["**/tests/page/*.js", "*.js", "*.mjs"], languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: globals.node } },
];
