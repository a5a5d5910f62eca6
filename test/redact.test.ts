import { expect, it } from "vitest";
import { redact, redactor, secretsIn } from "../src/redact.ts";
import { cpuTime } from "./fixtures/machine.ts";

it.each([
  ["rtsp://user:hunter2@10.0.0.7/1", "rtsp://***@10.0.0.7/1"],
  ["Did you mean file:rtsp://user:hun/ter#2@10.0.0.7/1?", "Did you mean file:rtsp://***@10.0.0.7/1?"],
  ["1rtsp://hunter2@cam", "1rtsp://***@cam"],
  ["http://cam/?user=me&PassWord=hunter2&x=1", "http://cam/?user=***&PassWord=***&x=1"],
  ["http://cam/?a?token=hunter2", "http://cam/?a?token=***"],
  ["http://cam/?x=1#key", "http://cam/?x=1#key"],
  ["http://cam/cgi-bin/snapshot.cgi?chn=0&u=admin&p=hunter2", "http://cam/cgi-bin/snapshot.cgi?chn=0&u=***&p=***"],
  ["http://cam/snap.jpg?usr=me&pw=1234&loginpas=hunter2", "http://cam/snap.jpg?usr=***&pw=***&loginpas=***"],
  ["http://cam/snap.jpg?width=640&whatever=hunter2&hunter2", "http://cam/snap.jpg?width=640&whatever=***&***"],
  [
    "rtsp://cam:554/user=admin_password=hun_ter2_channel=1_stream=0.sdp: 404 Not Found",
    "rtsp://cam:554/user=***_password=***_channel=1_stream=0.sdp: 404 Not Found",
  ],
  ["DESCRIBE /user=admin_password=hun_ter2_channel=1 failed", "DESCRIBE /user=admin_password=***_channel=1 failed"],
  ["rtsp://cam/ch1;user=admin;password=hunter2;x=1", "rtsp://cam/ch1;user=***;password=***;x=1"],
  ["rtmp://live.example/app/hunter2?key=hunter3", "rtmp://live.example/app/***?key=***"],
  ["srt://cam:9000?streamid=#!::r=hunter2,m=publish&passphrase=hunter3", "srt://cam:9000?streamid=***&passphrase=***"],
  ["https://host/cams/a8f3e1b2c4d5e6f7/live.jpg?token=hunter2", "https://host/cams/***/live.jpg?token=***"],
  ["rtmp://live.example/app/hunter2/", "rtmp://live.example/app/***/"],
  ["https://host/hls/SECRETKEY/index.m3u8", "https://host/hls/***/index.m3u8"],
  ["http://host/abcdefghijkl/mjpeg", "http://host/***/mjpeg"],
  ["http://host/20481234567/mjpeg", "http://host/***/mjpeg"],
  ["http://host/abc%20defghijkl.jpg", "http://host/***"],
  ["file:///home/somebody/holidays.mp4", "file:///home/somebody/holidays.mp4"],
  ["rtsp://cam/h264Preview_01_main", "rtsp://cam/h264Preview_01_main"],
  ["http://cam/cgi-bin/nphMotionJpeg?Resolution=640x480", "http://cam/cgi-bin/nphMotionJpeg?Resolution=640x480"],
  ["http://cam/onvifsnapshot/media_service/snapshot", "http://cam/onvifsnapshot/media_service/snapshot"],
  ["http://cam/axis-cgi/mjpg/video.cgi", "http://cam/axis-cgi/mjpg/video.cgi"],
  ["http://cam/Streaming/Channels/1/httpPreview", "http://cam/Streaming/Channels/1/httpPreview"],
  ["rtsp://cam/cam/realmonitor?channel=1&subtype=0", "rtsp://cam/cam/realmonitor?channel=1&subtype=0"],
  ["rtsp://cam/defaultPrimary?streamType=u", "rtsp://cam/defaultPrimary?streamType=u"],
  ["http://cam/videostream.cgi", "http://cam/videostream.cgi"],
  ["http://cam/ISAPI/Streaming/channels/101/picture", "http://cam/ISAPI/Streaming/channels/101/picture"],
  ["http://proxy/http://me:hunter2@cam/", "http://proxy/http://***@cam/"],
  ["/ws?camera=a&expires=1&signature=hunter2", "/ws?camera=a&expires=1&signature=***"],
])("What is shown of %j is %j", (text, shown) => {
  expect(redact(text)).toBe(shown);
});

it.each([
  ["letters", "a".repeat(64_000)],
  ["names of secrets without a value", "?pass".repeat(13_000)],
  ["pairs", "a_b=".repeat(16_000)],
  ["separators", "_a".repeat(32_000)],
  ["a URL's path of separators", `http://a/=${"_a".repeat(32_000)}`],
  ["a URL's path of words", `http://a/${"camera/".repeat(9000)}`],
  ["a name that repeats itself", `?${"pass".repeat(16_000)}`],
])("A line of %s, as long as a program likes, is read at once", (_, text) => {
  const spent = cpuTime();
  expect(redact(text)).toBe(text);
  expect(spent()).toBeLessThan(250);
});

it("The secrets of a source are hidden in whatever form a program repeats them", () => {
  const hide = redactor(secretsIn("rtsp://admin:p%40ss%23word@cam/1?token=t0ken1"));
  expect(hide("user admin, password p@ss#word or p%40ss%23word: t0ken1")).toBe("user admin, password *** or ***: ***");
  expect(secretsIn("clip.mp4")).toEqual([]);
});
