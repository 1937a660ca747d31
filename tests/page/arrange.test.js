import assert from "node:assert/strict";
import { test } from "node:test";
import { pageParts, plain } from "./page.js";

const { arrange } = pageParts(["arrange"]);
const room = (width, height, aside = 0) => ({ width, height, screen: height, aside });

test("pictures stand in one row at the size asked for where there is room", () => {
  assert.deepEqual(plain(arrange(3, [256, 128], room(1200, 700))), { columns: 3, width: 256, height: 128 });
});

test("the input's gap is kept free only where all stand in one row", () => {
  assert.equal(arrange(2, [400, 400], room(612, 2000, 100)).width, 400);
  assert.equal(arrange(2, [400, 400], room(612, 440, 100)).width, 250);
});

for (let count = 1; count <= 9; count += 1) {
  test(`${count} pictures never overflow the width and keep their proportions`, () => {
    for (let width = 160; width < 1600; width += 67) {
      for (const [wide, high] of [[256, 256], [640, 360], [90, 300]]) {
        const size = arrange(count, [wide, high], room(width, 600));
        assert.ok(size.columns * size.width + 12 * (size.columns - 1) <= width, `${count} at ${width}`);
        assert.ok(size.width <= wide && size.width > 0);
        assert.equal(size.height, Math.round((size.width * high) / wide));
      }
    }
  });
}

test("on a small screen a picture is no narrower than can be judged", () => {
  assert.ok(arrange(6, [256, 256], room(320, 300)).width >= 132);
});
