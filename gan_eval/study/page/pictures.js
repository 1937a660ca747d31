// Pictures are decoded before the trial that shows them begins; a few trials ahead, and no more than that. Where they
// come over a network, the files of the whole session are fetched in the background from the start on, so that a
// connection that breaks later does not stop a trial.

const TRIALS_AHEAD = 4;
const LOAD_ATTEMPTS = 2;
const LOAD_LIMIT_MS = 12_000;
const FETCHES_AT_ONCE = 3;

/**
 * @param {Manifest} manifest
 * @param {Embedded["images"]} data
 * @returns {Pictures}
 */
function makePictures(manifest, data) {
  /** @type {Map<string, Promise<HTMLImageElement>>} */
  const ready = new Map();
  /** @type {Map<string, Blob>} */
  const fetched = new Map();
  const extension = { "image/webp": "webp", "image/jpeg": "jpg" };
  /** @param {string} id */
  const file = (id) => `img/${id}.${extension[manifest.images[id].mime]}`;

  /** @param {string} id */
  function address(id) {
    const blob = fetched.get(id);
    if (blob) return URL.createObjectURL(blob);
    if (!data) return file(id);
    const bytes = Uint8Array.from(atob(data[id]), (letter) => letter.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: manifest.images[id].mime }));
  }

  /** @param {string} id */
  async function load(id) {
    for (let attempt = 1; ; attempt += 1) {
      const image = new Image();
      image.src = address(id);
      try {
        await inTime(image.decode(), LOAD_LIMIT_MS);
        return image;
      } catch (error) {
        if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
        if (attempt >= LOAD_ATTEMPTS) throw Object.assign(/** @type {Failure} */ (error), { image_id: id });
        await pause(400 * attempt);
      }
    }
  }

  /** @param {PictureIds} trial */
  const of = (trial) => [...(trial.reference ? [trial.reference] : []), ...trial.options];

  /** @param {string} id */
  function want(id) {
    const known = ready.get(id);
    if (known) return known;
    const promise = load(id);
    promise.catch(() => ready.delete(id));
    ready.set(id, promise);
    return promise;
  }

  // A page on disk may not fetch what lies beside it; there, and where a fetch fails, <img> loads the file itself.
  /** @param {PictureIds[]} trials */
  async function fetchAll(trials) {
    if (data || !location.protocol.startsWith("http")) return;
    const ids = [...new Set(trials.flatMap(of))].values();
    const worker = async () => {
      for (const id of ids) {
        const reply = await fetch(file(id), { credentials: "omit" }).catch(() => null);
        if (reply?.ok) fetched.set(id, await reply.blob());
      }
    };
    await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, worker));
    document.documentElement.dataset.fetched = String(fetched.size);
  }

  return {
    fetchAll,
    // Decoded <img> elements of a trial, by id.
    async trial(trial) {
      const ids = of(trial);
      const images = await Promise.all(ids.map(want));
      return new Map(ids.map((id, place) => [id, images[place]]));
    },
    // Load what comes next, release what is over. A failure shows when the trial itself asks.
    ahead(trials) {
      const wanted = new Set(trials.slice(0, TRIALS_AHEAD).flatMap(of));
      for (const id of wanted) want(id).catch(() => {});
      for (const [id, promise] of ready) {
        if (wanted.has(id)) continue;
        ready.delete(id);
        promise.then((image) => image.src.startsWith("blob:") && URL.revokeObjectURL(image.src), () => {});
      }
    },
  };
}

const GAP = 12;
const CAPTION = 30;
const LEAST_WIDTH = 132;

// How `count` pictures of one size stand in the space at hand: all in sight and as large as the study asks for, if that
// can be; else, on a small screen, as many side by side as have a sensible width, and the page scrolls. All pictures of
// a trial always have the same size.
/**
 * @param {number} count
 * @param {[number, number]} size
 * @param {Room} room
 */
function arrange(count, [wide, high], room) {
  const least = Math.min(wide, LEAST_WIDTH);
  /** @param {number} columns */
  const across = (columns) => (room.width - (columns === count ? room.aside : 0) - GAP * (columns - 1)) / columns;
  /**
   * @param {number} columns
   * @param {number} width
   */
  const sized = (columns, width) => ({ columns, width: Math.floor(width), height: Math.round((Math.floor(width) * high) / wide) });
  let best = sized(1, 0);
  for (let columns = count; columns >= 1; columns -= 1) {
    const rows = Math.ceil(count / columns);
    const tall = (room.height - GAP * (rows - 1)) / rows - CAPTION;
    const shown = sized(columns, Math.max(0, Math.min(wide, across(columns), (tall * wide) / high)));
    if (shown.width > best.width) best = shown;
  }
  if (best.width >= least) return best;
  let columns = count;
  while (columns > 1 && across(columns) < least) columns -= 1;
  const inSight = ((room.screen - CAPTION) * wide) / high;
  return sized(columns, Math.max(Math.min(least, across(columns)), Math.min(wide, across(columns), inSight)));
}
