import { Announcer } from "./announcer.js";
import { CameraGrid } from "./camera-grid.js";
import { CameraList } from "./camera-list.js";
import { Connection } from "./connection.js";
import { DetailView } from "./detail-view.js";
import { formatCount } from "./format.js";
import { currentCamera, leaveCamera, pushCamera, replaceCamera } from "./route.js";
import { storedToggle } from "./stored-toggle.js";
import { webSocketUrl } from "./urls.js";

/** Frames per second of each camera while data is saved. */
const dataSaverFps = 2;
/** Milliseconds. */
const updateInterval = 500;

const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const findInputs = (/** @type {string} */ selector) =>
  /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll(selector)]);

const announcer = new Announcer();
const list = new CameraList(onListUpdate);
const connection = new Connection(webSocketUrl(), {
  onchange: update,
  onfailure: () => list.poll(),
  oncameras: () => list.poll(),
  onstate(id, state) {
    const camera = list.cameras.get(id);
    if (camera && camera.state !== state) list.poll();
  },
});
const dataSaver = storedToggle(findInputs("[data-toggle=data-saver] input"), "teecam.data-saver", update);
const boxSync = storedToggle(findInputs("[data-toggle=sync-boxes] input"), "teecam.sync-boxes", update);
const syncBoxes = () => boxSync.on;
const grid = new CameraGrid(find("#cameras"), {
  template: /** @type {HTMLTemplateElement} */ (find("#tile")),
  connection,
  syncBoxes,
  onchange: update,
  onopen(id) {
    pushCamera(id);
    navigate(currentCamera());
  },
});
const detail = new DetailView(/** @type {HTMLDialogElement} */ (find("dialog")), {
  connection,
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

function onListUpdate() {
  if (list.loaded) for (const id of grid.setCameras(list.cameras)) announcer.removeCamera(id);
  const wasOnline = online;
  online = list.server.state === "online";
  connection.setServerReachable(online);
  // The list shows that the server is back: the next attempt need not wait for its delay.
  if (!wasOnline && online) connection.retryNow();
  update();
}

function update() {
  if (document.hidden) connection.close();
  else connection.open();
  connection.subscriptions.setMaxFps(dataSaver.on ? dataSaverFps : null);
  const visible = !document.hidden && !detail.id;
  const statuses = grid.update(list, { visible, dataSaver: dataSaver.on });
  const live = [...statuses.values()].filter(({ state }) => state === "live").length;
  const detailStatus = detail.update(list);
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
  find("#summary").textContent =
    state === "online" && count > 0 ? `${formatCount(count, "camera")} · ${live} live` : "";
  const message = count > 0 ? "" : state === "online" ? "No cameras" : notice;
  find("#message").textContent = message;
  find("#message").hidden = !message;
}

/** @param {string | null} id of the camera to show in the detail view, null for the grid */
function navigate(id) {
  const former = detail.id;
  if (id) detail.show(id);
  else detail.hide();
  document.title = id ? `${id} · teecam` : "teecam";
  update();
  if (former && !id) grid.focus(former);
}

addEventListener("popstate", () => navigate(currentCamera()));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) detail.pause();
  else list.resume();
  update();
});
addEventListener("online", () => {
  list.poll();
  connection.retryNow();
});
addEventListener("resize", update);

setInterval(() => {
  if (!document.hidden) update();
}, updateInterval);
list.poll();
navigate(currentCamera());
