import { socketAddress } from "./address.js";
import { Announcer } from "./announcer.js";
import { Cameras } from "./cameras.js";
import { Connection } from "./connection.js";
import { Large } from "./large.js";
import { enter, leave, route, step } from "./route.js";
import { rememberSwitch } from "./switch.js";
import { Tile } from "./tile.js";
import { plural } from "./words.js";

/** Frames a second of each camera while data is saved. */
const SAVING = 2;
/** Browsers open six connections to a server: the list and the snapshots need the other two. */
const STREAMS = 4;

const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const grid = part("#cameras");
const template = /** @type {HTMLTemplateElement} */ (part("#tile"));
/** @type {Map<string, Tile>} */
const tiles = new Map();
const announcer = new Announcer();
const cameras = new Cameras(answered);
const connection = new Connection(socketAddress(), {
  onchange: refresh,
  onfailure: () => cameras.start(),
  oncameras: () => cameras.start(),
  onstate(id, state) {
    const known = cameras.cameras.get(id);
    if (known && known.state !== state) cameras.start();
  },
});
const saving = rememberSwitch([part("#saving input")], "teecam.saving", refresh);
const stepping = rememberSwitch([...document.querySelectorAll(".choice input")], "teecam.in-step", refresh);
const inStep = () => stepping.on;
const large = new Large(/** @type {HTMLDialogElement} */ (part("dialog")), {
  connection,
  inStep,
  onclose() {
    leave();
    navigate(null);
  },
  onstep(by) {
    const ids = [...tiles.keys()];
    const id = ids.at((ids.indexOf(large.id ?? "") + by) % ids.length);
    if (!id) return;
    step(id);
    navigate(id);
  },
  onchange: refresh,
});
let reached = false;

function answered() {
  if (cameras.known) arrange();
  const former = reached;
  reached = cameras.server.reach === "reached";
  connection.explain(reached);
  // The next attempt need not be waited for when the list shows that the server is back.
  if (!former && reached) connection.retry();
  refresh();
}

/** Makes the grid hold what the list holds, in its order. */
function arrange() {
  for (const [id, tile] of tiles) {
    if (cameras.cameras.has(id)) continue;
    tile.remove();
    tiles.delete(id);
    announcer.removed(id);
  }
  let position = 0;
  for (const id of cameras.cameras.keys()) {
    const tile = tiles.get(id) ?? new Tile(id, template, { connection, inStep, onchange: refresh });
    tiles.delete(id);
    tiles.set(id, tile);
    if (grid.children[position] !== tile.element) grid.insertBefore(tile.element, grid.children[position] ?? null);
    position++;
  }
}

function refresh() {
  const uncovered = !document.hidden && !large.id;
  if (document.hidden) connection.close();
  else connection.open();
  connection.limit(saving.on ? SAVING : null);
  let live = 0;
  let streams = STREAMS;
  let narrowest = 16 / 9;
  announcer.server(cameras.server);
  for (const [id, tile] of tiles) {
    const camera = cameras.cameras.get(id);
    if (!camera) continue;
    const transport = uncovered && tile.inView ? choose(streams) : null;
    if (transport === "stream") streams--;
    const verdict = tile.refresh(camera, cameras.server, transport);
    if (verdict.state === "live") live++;
    narrowest = Math.min(narrowest, tile.ratio);
    if (id !== large.id) announcer.camera(id, verdict);
  }
  const verdict = large.refresh(cameras);
  if (large.id && verdict) announcer.camera(large.id, verdict);
  announcer.speak(large.id ? large.region : part("body > [role=status]"));
  predicting([...cameras.cameras.values()].some(({ predictions }) => predictions));
  lay(narrowest);
  tell(live);
}

/**
 * @param {number} streams that there are connections for
 * @returns {import("./tile.js").Transport} how a tile that can be seen is to get its pictures
 */
function choose(streams) {
  if (!connection.refused) return "websocket";
  return streams > 0 && !saving.on ? "stream" : "snapshots";
}

/** @param {boolean} any whether something is predicted of any camera */
function predicting(any) {
  part("#choices .choice").hidden = !any;
  grid.classList.toggle("predicting", any);
}

/** @param {number} ratio of the tile that is tallest */
function lay(ratio) {
  const count = tiles.size || 1;
  const columns = Math.ceil(Math.sqrt(innerWidth < innerHeight ? count / 2 : count));
  grid.style.setProperty("--columns", String(columns));
  grid.style.setProperty("--rows", String(Math.ceil(count / columns)));
  grid.style.setProperty("--tallest", ratio.toFixed(4));
}

/** @param {number} live how many cameras are */
function tell(live) {
  const { reach, notice } = cameras.server;
  const count = plural(tiles.size, "camera");
  part("#summary").textContent = reach === "reached" && tiles.size ? `${count} · ${live} live` : "";
  const message = tiles.size > 0 ? "" : reach === "reached" ? "No cameras" : notice;
  part("#message").textContent = message;
  part("#message").hidden = !message;
}

/** @param {string | null} id of the camera to show large, null for the grid */
function navigate(id) {
  const former = large.id;
  if (id) large.show(id);
  else large.hide();
  document.title = id ? `${id} · teecam` : "teecam";
  refresh();
  if (former && !id) tiles.get(former)?.focus();
}

grid.addEventListener("click", (event) => {
  const tile = event.target instanceof Element && event.target.closest("[data-camera]");
  // With a modifier the link opens elsewhere, as links do.
  if (!(tile instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  enter(tile.dataset.camera ?? "");
  navigate(route());
});
addEventListener("popstate", () => navigate(route()));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) large.pause();
  else cameras.resume();
  refresh();
});
addEventListener("online", () => {
  cameras.start();
  connection.retry();
});
addEventListener("resize", refresh);

setInterval(() => {
  if (!document.hidden) refresh();
}, 500);
cameras.start();
navigate(route());
