import { Announcer } from "./announcer.js";
import { Arrangement } from "./arrangement.js";
import { CameraGrid } from "./camera-grid.js";
import { CameraList } from "./camera-list.js";
import { Connection } from "./connection.js";
import { DetailView } from "./detail-view.js";
import { formatCount } from "./format.js";
import { Preferences } from "./preferences.js";
import { currentCamera, leaveCamera, pushCamera, replaceCamera } from "./route.js";
import { storedToggle } from "./stored-toggle.js";
import { showToast } from "./toast.js";
import { webSocketUrl } from "./urls.js";

/** Frames per second of each camera while data is saved. */
const dataSaverFps = 2;
/** Milliseconds. */
const updateInterval = 500;
/** So many lists in a row have to lack a camera that was there, which a reload of the configuration may replace. */
const maxMissing = 2;

const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const findTemplate = (/** @type {string} */ selector) => /** @type {HTMLTemplateElement} */ (find(selector));
const findInputs = (/** @type {string} */ selector) =>
  /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(selector)]);

const announcer = new Announcer();
const list = new CameraList(onListUpdate, () => !isSeen());
const connection = new Connection(webSocketUrl("ws"), {
  onchange: update,
  onfailure: () => list.poll(),
  oncameras: () => list.poll(),
  onstate(id, state) {
    const camera = list.cameras.get(id);
    if (camera && camera.state !== state) list.poll();
  },
});
const preferences = new Preferences(() => {
  arrange();
  update();
});
const dataSaver = storedToggle(findInputs("[data-toggle=data-saver] input"), "teecam.data-saver", update);
const boxSync = storedToggle(findInputs("[data-toggle=sync-boxes] input"), "teecam.sync-boxes", update);
const syncBoxes = () => boxSync.on;
const grid = new CameraGrid(find("#cameras"), {
  template: findTemplate("#tile"),
  connection,
  preferences,
  syncBoxes,
  onchange: update,
  onopen(id) {
    pushCamera(id);
    navigate(currentCamera());
  },
});
const arrangement = new Arrangement(find("#arrangement"), {
  template: findTemplate("#arrangement-row"),
  preferences,
});
const detail = new DetailView(/** @type {HTMLDialogElement} */ (find("dialog")), {
  linkTemplate: findTemplate("#link-row"),
  connection,
  preferences,
  syncBoxes,
  onclose() {
    leaveCamera();
    navigate(null);
  },
  onstep(offset) {
    const { ids } = grid;
    const id = ids.at((ids.indexOf(detail.id ?? "") + offset) % ids.length);
    if (!id) return;
    replaceCamera(id);
    navigate(id);
  },
  onchange: update,
});
let online = false;
/** How many lists in a row lack the camera of the detail view; `maxMissing` if no list has had it. */
let missing = maxMissing;

/** Tells whether somebody sees the page, or a window of its own with a camera. */
function isSeen() {
  return !document.hidden || detail.hasWindow;
}

function onListUpdate() {
  if (list.loaded) {
    arrange();
    announcer.setCameras(list.cameras);
  }
  const wasOnline = online;
  online = list.server.state === "online";
  connection.setServerReachable(online);
  // The list shows that the server is back: the next attempt need not wait for its delay.
  if (!wasOnline && online) connection.retryNow();
  if (online) leaveMissing();
  update();
}

/** Shows the cameras that are listed now, in the user's order. */
function arrange() {
  const ids = preferences.sort(list.cameras.keys());
  grid.setCameras(ids.filter((id) => !preferences.isHidden(id)));
  arrangement.setCameras(ids);
}

/** Goes to the grid, and says so, if the camera of the detail view does not exist. */
function leaveMissing() {
  const { id } = detail;
  if (!id) return;
  missing = list.cameras.has(id) ? 0 : missing + 1;
  if (missing < maxMissing) return;
  const text = missing === maxMissing ? `Camera ${id} has been removed` : `There is no camera ${id}`;
  leaveCamera();
  navigate(null);
  announcer.add(text);
  showToast(find("#toast"), text);
}

function update() {
  const seen = isSeen();
  if (seen) connection.open();
  else connection.close();
  connection.subscriptions.setMaxFps(dataSaver.on ? dataSaverFps : null);
  const statuses = grid.update(list, { visible: seen && !detail.id, dataSaver: dataSaver.on });
  const live = [...statuses.values()].filter(({ state }) => state === "live").length;
  const detailStatus = detail.update(list, { visible: seen, single: grid.ids.length < 2 });
  if (detail.id && detailStatus) statuses.set(detail.id, detailStatus);
  announcer.updateServer(list.server);
  for (const [id, status] of statuses) announcer.updateCamera(id, status);
  announcer.announce(detail.id ? detail.liveRegion : find("body > [role=status]"));
  const hasPredictor = [...list.cameras.values()].some(({ predictions }) => predictions);
  find("#settings [data-toggle=sync-boxes]").hidden = !hasPredictor;
  // teecam.v1 reports the states of cameras, but not those of predictors.
  list.setPushed(connection.connected && !detail.usesStream && !hasPredictor);
  updateSummary(live);
}

/** @param {number} live how many cameras are */
function updateSummary(live) {
  const { state, notice } = list.server;
  const count = grid.ids.length;
  const hidden = list.cameras.size - count;
  const parts = [formatCount(count, "camera"), `${live} live`, ...(hidden > 0 ? [`${hidden} hidden`] : [])];
  find("#summary").textContent = state === "online" && list.cameras.size > 0 ? parts.join(" · ") : "";
  const empty = hidden > 0 ? "All cameras are hidden" : "No cameras";
  const message = count > 0 ? "" : state === "online" ? empty : notice;
  find("#message").textContent = message;
  find("#message").hidden = !message;
}

/** @param {string | null} id of the camera to show in the detail view, null for the grid */
function navigate(id) {
  const former = detail.id;
  if (id !== former) missing = id && list.cameras.has(id) ? 0 : maxMissing;
  if (id) detail.show(id);
  else detail.hide();
  document.title = id ? `${id} · teecam` : "teecam";
  update();
  if (id && list.loaded && online) leaveMissing();
  if (former && !id) grid.focus(former);
}

addEventListener("popstate", () => navigate(currentCamera()));
document.addEventListener("visibilitychange", () => {
  if (!isSeen()) detail.pause();
  else if (!document.hidden) list.resume();
  update();
});
addEventListener("online", () => {
  list.poll();
  connection.retryNow();
});
addEventListener("resize", update);

setInterval(() => {
  if (isSeen()) update();
}, updateInterval);
list.poll();
navigate(currentCamera());
