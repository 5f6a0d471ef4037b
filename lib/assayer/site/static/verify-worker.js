// The checker in a worker: loads Python under pinned hashes, proves a derivation again, judges changed steps.
// It asks the site alone: whatever is not in the site's list is refused here.
const base = new URL("verify/", self.location.href);
const network = self.fetch.bind(self);
const STORE = "assayer-verify";
const held = new Map();
const sessions = new Map();
const TYPES = { wasm: "application/wasm", mjs: "text/javascript", zip: "application/zip", json: "application/json" };
let manifest = null;
let ready = null;
let solver = null;
let loaded = 0;
let fetched = 0;
let total = 0;

const address = (file) => new URL(file.path, base).href;
const tell = (id, kind, more) => self.postMessage({ id, kind, ...more });
const kindOf = (url) => TYPES[url.split(".").pop()] ?? "application/octet-stream";

// Python's loader asks for its files by `fetch`: it gets those that were verified, and nothing else.
self.fetch = (asked) => {
  const url = new URL(asked.url ?? asked, base).href;
  const bytes = held.get(url);
  if (!bytes) return Promise.reject(new TypeError(`${url} is not in the site's list`));
  return Promise.resolve(new Response(bytes, { headers: { "Content-Type": kindOf(url) } }));
};

const right = async (file, bytes) => {
  if (!self.crypto?.subtle) return false;
  const digest = new Uint8Array(await self.crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((one) => one.toString(16).padStart(2, "0")).join("") === file.sha256;
};

// The browser compares the hash while it loads. Each address names its content, so any copy that it keeps will do.
const download = async (file, told) => {
  const ask = (cache) => network(address(file), { integrity: file.integrity, cache });
  const answer = await ask("force-cache")
    .catch(() => ask("reload")) // a copy that was damaged when it was kept
    .catch(() => {
      throw new Error(`${file.path} did not come, or its SHA-256 is not that of the site's list`);
    });
  if (!answer.ok) throw new Error(`${file.path}: the site answers ${answer.status}`);
  const bytes = new Uint8Array(file.bytes);
  const reader = answer.body.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > bytes.length) throw new Error(`${file.path} is longer than the site's list says`);
    bytes.set(value, at);
    at += value.length;
    told(value.length);
  }
  if (at !== bytes.length) throw new Error(`${file.path} broke off: check the connection and try again`);
  return bytes;
};

const get = async (file, store, told) => {
  const url = address(file);
  const kept = await store?.match(url);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    if (await right(file, bytes)) {
      told(bytes.length);
      return bytes;
    }
  }
  const bytes = await download(file, told);
  fetched += file.sent;
  // A store that is full or forbidden costs the next visit time, no more.
  await store?.put(url, new Response(bytes, { headers: { "Content-Type": kindOf(url) } })).catch(() => {});
  return bytes;
};

const openStore = async () => {
  try {
    return await self.caches.open(STORE);
  } catch {
    return null; // no secure context, or storage is forbidden
  }
};

const forgetOthers = async (store) => {
  const wanted = new Set(manifest.files.map(address));
  for (const request of (await store?.keys()) ?? []) if (!wanted.has(request.url)) await store.delete(request);
};

const load = async (id, withSolver) => {
  const answer = await network(new URL("manifest.json", base), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`the site has no checker for browsers (${answer.status})`);
  manifest = await answer.json();
  const store = await openStore();
  await forgetOthers(store);
  const first = manifest.files.filter((file) => file.role !== "z3" || withSolver);
  loaded = 0;
  total = first.reduce((sum, file) => sum + file.sent, 0);
  // What is counted is what a line carries: a server sends code compressed.
  const told = (file, count) => tell(id, "download", { loaded: (loaded += (count * file.sent) / file.bytes), total });
  const bytes = await Promise.all(first.map((file) => get(file, store, (count) => told(file, count))));
  first.forEach((file, k) => held.set(address(file), bytes[k]));
  tell(id, "starts", { words: "Starting Python …" });
  const core = (name) => address(first.find((file) => file.path.endsWith(`/${name}`)));
  const { loadPyodide } = await import(core("pyodide.mjs"));
  const { default: createPyodideModule } = await import(core("pyodide.asm.mjs"));
  const python = await loadPyodide({
    indexURL: new URL(".", core("pyodide.mjs")).href,
    packageBaseUrl: base.href,
    lockFileContents: manifest.lock,
    createPyodideModule,
    env: { HOME: "/home/reader", ASSAYER_CACHE: "off", PYTHONHASHSEED: "0" },
  });
  const quiet = { checkIntegrity: false, messageCallback() {}, errorCallback() {} }; // hashes were compared above
  await python.loadPackage(first.filter((file) => ["wheel", "z3"].includes(file.role)).map(address), quiet);
  const checker = first.find((file) => file.role === "checker");
  const place = python.runPython("import sysconfig; sysconfig.get_path('purelib')");
  python.unpackArchive(held.get(address(checker)), "zip", { extractDir: place });
  tell(id, "starts", { words: "Loading SymPy and the checker …" });
  python.pyimport("assayer.derivation.replay");
  held.clear();
  const rest = manifest.files.filter((file) => !first.includes(file));
  solver = async () => {
    while (rest.length) {
      held.set(address(rest[0]), await get(rest[0], store, () => {}));
      await python.loadPackage(address(rest.shift()), quiet);
      held.clear();
    }
  };
  return python;
};

// Equalities hardly ever need z3, so it waits there until a step is not proved without it or is changed.
const NEEDS_SOLVER = /\.(le|lt|ge|gt|ne)\(|optimum\(|limit_theorem\(|joint_induction\(/;

const about = (python) =>
  `Checker ${manifest.checker}, SymPy ${manifest.versions.sympy}, python-flint ${manifest.versions["python-flint"]}, ` +
  `z3 ${manifest.versions["z3-solver"]}, Python ${manifest.lock.info.python} in Pyodide ${python.version}`;

const NO_CLARABEL =
  "\n  This step was proved by sums of squares, whose search uses clarabel: it has no build for browsers.";

const prove = async ({ id, script, kernels }) => {
  const before = fetched;
  const needed = NEEDS_SOLVER.test(script) || kernels.includes("z3");
  ready ??= load(id, needed);
  const python = await ready;
  if (needed) await solver();
  const replay = python.pyimport("assayer.derivation.replay");
  const session = replay.Replay(script);
  const begun = performance.now();
  for (const name of session.before()) tell(id, "starts", { words: `Proving first what is cited: ${name} …` });
  const lines = JSON.parse(replay.told(session.lines));
  tell(id, "lines", { lines });
  for (let number = 1; number <= lines.length; number++) {
    tell(id, "starts", { words: `Step ${number} of ${lines.length} …` });
    let outcome = JSON.parse(replay.told(session.prove(number)))[0];
    if (!outcome.accepted && !needed) {
      tell(id, "starts", { words: `Step ${number} of ${lines.length}: loading z3 …` });
      await solver();
      outcome = JSON.parse(replay.told(session.prove(number)))[0];
    }
    if (!outcome.accepted && kernels.includes("sums of squares")) outcome.words += NO_CLARABEL;
    tell(id, "step", { outcome });
  }
  sessions.set(id, { replay, session });
  const time = (performance.now() - begun) / 1000;
  tell(id, "done", { conclusion: session.conclusion(), versions: about(python), network: fetched - before, time });
};

const change = async ({ id, number, text }) => {
  await ready;
  await solver();
  const { replay, session } = sessions.get(id);
  tell(id, "changed", { outcomes: JSON.parse(replay.told(session.change(number, text))) });
};

// What an error of JavaScript or of Python says, without the way that it came.
const said = (error) => {
  const lines = String(error?.message ?? error).trim().split("\n");
  const at = lines.findLastIndex((line) => /^[\w.]+: /.test(line));
  return (at < 0 ? lines[0] : lines.slice(at).join("\n")).replace(/^[\w.]*\.(?=\w+: )/, "");
};

let queue = Promise.resolve();
self.onmessage = ({ data }) => {
  queue = queue
    .then(() => (data.kind === "prove" ? prove(data) : change(data)))
    .catch((error) => {
      tell(data.id, "failed", { words: `Not checked: ${said(error)}` });
      if (!sessions.size) ready = null;
    });
};
