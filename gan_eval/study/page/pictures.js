// Pictures are decoded before the trial that shows them begins; a few trials ahead, and no more than that. Where they
// come over a network, the files of the whole session are fetched in the background from the start on, so that a
// connection that breaks later does not stop a trial.

const TRIALS_AHEAD = 4;
const LOAD_ATTEMPTS = 3;
const FETCHES_AT_ONCE = 3;

function makePictures(manifest, data) {
  const ready = new Map();
  const fetched = new Map();
  const extension = { "image/webp": "webp", "image/jpeg": "jpg" };
  const file = (id) => `img/${id}.${extension[manifest.images[id].mime]}`;

  function address(id) {
    if (fetched.has(id)) return URL.createObjectURL(fetched.get(id));
    if (!data) return file(id);
    const bytes = Uint8Array.from(atob(data[id]), (letter) => letter.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: manifest.images[id].mime }));
  }

  async function load(id) {
    for (let attempt = 1; ; attempt += 1) {
      const image = new Image();
      image.src = address(id);
      try {
        await image.decode();
        return image;
      } catch (error) {
        if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
        if (attempt >= LOAD_ATTEMPTS) throw Object.assign(error, { image_id: id });
        await pause(400 * attempt);
      }
    }
  }

  const of = (trial) => [...(trial.reference ? [trial.reference] : []), ...trial.options];

  function want(id) {
    if (!ready.has(id)) {
      const promise = load(id);
      promise.catch(() => ready.delete(id));
      ready.set(id, promise);
    }
    return ready.get(id);
  }

  // A page on disk may not fetch what lies beside it; there, and where a fetch fails, <img> loads the file itself.
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
    document.documentElement.dataset.fetched = fetched.size;
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

// The size at which `count` pictures of one size fit into the space at hand, side by side, in rows, or (on a small
// phone) stacked: all pictures of a trial always have the same size, and never more than the study asks for.
function arrange(count, [wide, high], room) {
  const gap = 12;
  const caption = 30;
  let best = { columns: 1, width: 0 };
  for (let columns = count; columns >= 1; columns -= 1) {
    const rows = Math.ceil(count / columns);
    const width = (room.width - gap * (columns - 1)) / columns;
    const height = (room.height - gap * (rows - 1)) / rows - caption;
    const shown = Math.floor(Math.min(wide, width, (height * wide) / high));
    if (shown > best.width) best = { columns, width: shown };
  }
  const least = Math.min(wide, 132);
  if (best.width < least) best = { columns: 1, width: Math.floor(Math.min(wide, room.width)) };
  return { columns: best.columns, width: best.width, height: Math.round((best.width * high) / wide) };
}
