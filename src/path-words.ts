/** Words of which the paths of cameras and media servers are made, also joined: `videostream`, `nphMotionJpeg`. */
const words = (
  "action admin alarm api app application archive audio auto axis back bin broadcast browser capture cam camera cameras cgi " +
  "ch chan channel channels chunk chunklist client config control current custom data default demo device devices digital " +
  "direct display download edge embed entrance event export external face fast fcgi feed field file files film fisheye frame " +
  "frames front full garage garden gate get go goform guest h h264 h265 hall hevc hi high home host http https image images img in index " +
  "input inside instance interface internal ip ipcam is isapi jpeg jpg kitchen last latest left list live lo local low lq hq " +
  "main manifest master media mjpeg mjpg mobile mode monitor motion movie mpeg mpg mul multi multicast net network now nph " +
  "number office on one oneshot onvif open original out outdoor outside output panorama param parking path photo pic picture " +
  "pictures play player playlist porch preview primary printer proc profile progressive protocol proxy psia public publish " +
  "pull push quality random raw read real record recording refresh remote req request res resolution restream right room root " +
  "rtsp scene secondary sensor serve server service session set setting settings shot show single site size sm snap snaps " +
  "snapshot snapshots source st static status still storage store stream streamer streaming streams sub surveillance sys " +
  "system tail take temp test third thumb thumbnail time timelapse tmp tmpfs track tracks trans ts type ucast unicast update " +
  "upload user usr uv4l ver version video videos view viewer vision web webcam websocket window world yard"
).split(" ");

const longest = 40; // characters of a word that is looked at
const joined = new RegExp(`^(?:${words.sort((a, b) => b.length - a.length).join("|")}|\\d{1,4}(?!\\d))+s?$`, "i");

/** Tells whether a word, letters and digits without others between, consists of words that paths of cameras are made of. */
export function isPathWord(word: string): boolean {
  return word.length <= longest && joined.test(word);
}
