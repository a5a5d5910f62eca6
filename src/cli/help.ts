import { serverDefaults } from "../config/server.ts";
import { logFormats, logLevels } from "../log.ts";

const { hostname, port, logLevel } = serverDefaults;

/** The output of `teecam --help`. */
export const help: string = `teecam: live pictures from anything that makes JPEGs, to everyone, newest first

Usage:  teecam [options] [[--name ID] SOURCE]... [[--name ID] -- COMMAND ARG...]
        teecam sign CAMERA [--for 1h] [--right view|push] [--url URL] [--config FILE]
                              print a query string that gives access to one camera; with the
                              URL of the page, whole URLs
        teecam check FILE     check a configuration file, and whether its files and programs exist
        teecam devices        list the webcams of this machine and the formats they offer
        teecam schema         print the JSON Schema of configuration files, for editors

Sources:
  (none)                      the built-in test card; testcard:640x480@15 for another size
  /dev/video0                 a webcam, read by ffmpeg
  rtsp://..., clip.mp4, ...   anything ffmpeg reads
  'frames/*.jpg'              the pictures of a folder, one each second
  http://..., https://...     a multipart/x-mixed-replace stream, or a JPEG to poll
  tcp-listen://HOST:PORT      waits for a writer such as GStreamer's tcpclientsink
  tcp://HOST:PORT             connects to a writer
  push                        accepts pictures POSTed to /cameras/ID/frames
  -                           standard input
  -- COMMAND ARG...           any program that writes JPEGs or multipart to its standard output

Options:
  --config FILE               a configuration file in YAML or JSON, reloaded when it changes;
                              options override it, and cameras are added to those in the file
                              or replace those with the same name
  --name ID                   the name of the next camera (camera, camera-2, ...)
  --loop                      play files over and over again
  --host ADDRESS              the address to listen on (${hostname})
  --port PORT                 the port to listen on (${port}); 0 chooses a free one
  --no-auth                   let everybody in; by default only this machine, or with a token
  --allow-origin ORIGIN       let pages of a site show the cameras, such as http://octopi.local;
                              repeatable, also an app's capacitor://localhost, or * for all
  --allow-host NAME           a name of this server, such as cam.example.org, *.ts.net; repeatable,
                              and TEECAM_ALLOW_HOSTS adds to them
  --cert FILE, --key FILE     serve HTTPS with this certificate and private key, in PEM format
  --open                      open the page in a browser
  --log-level LEVEL           ${logLevels.join(", ")} (${logLevel})
  --log-format FORMAT         ${logFormats.join(", ")} (text on a terminal, json elsewhere)
  --help, --version           also as the words help and version

Examples:
  teecam
  teecam --name front /dev/video0 --name yard rtsp://user:password@10.0.0.7/stream1
  teecam -- ffmpeg -re -i clip.mp4 -f mjpeg -
`;
