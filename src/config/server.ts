// biome-ignore-all lint/suspicious/noTemplateCurlyInString: examples show how variables are written
import { z } from "zod";
import { isHost } from "../auth/hosts.ts";
import { isOrigin } from "../auth/origins.ts";
import { logFormats, logLevels } from "../log.ts";
import { auth } from "./auth.ts";
import type { ServerConfiguration } from "./configuration.ts";
import { duration, mapping, number, oneOf, text } from "./fields.ts";

/** Default settings of a server, if neither the command line nor a file sets them. */
export const serverDefaults = { hostname: "127.0.0.1", port: 8000, logLevel: "info" } as const;

/** Keys of the `server` section, by the names of the library's options. */
export const serverKeys: Readonly<Record<keyof ServerConfiguration, string>> = {
  hostname: "host",
  port: "port",
  stallAfter: "stall_after",
  log: "log",
  auth: "auth",
  allowHosts: "allow_hosts",
  allowOrigins: "allow_origins",
  limits: "limits",
  tls: "tls",
  rtc: "rtc",
};

const viewerLimit = number({ from: 1, upTo: 1_000_000, whole: true });

const log = mapping({
  level: oneOf(logLevels)
    .optional()
    .meta({ description: "The lowest level that is logged.", default: serverDefaults.logLevel, examples: ["warning"] }),
  format: oneOf(logFormats)
    .optional()
    .meta({
      description: "The format of log lines: text for people, or JSON.",
      defaultText: "text on a terminal, json elsewhere",
      examples: ["json"],
    }),
});

const limits = mapping({
  viewers: viewerLimit.optional().meta({
    description: "Maximum viewers of all cameras together; fewer if the system limits open files.",
    default: 1000,
    examples: [200],
  }),
  viewers_per_camera: viewerLimit
    .optional()
    .meta({ description: "Maximum viewers of each camera.", defaultText: "unlimited", examples: [50] }),
  viewers_per_address: viewerLimit
    .optional()
    .meta({ description: "Maximum viewers from each IP address.", defaultText: "unlimited", examples: [10] }),
  connections: viewerLimit.optional().meta({
    description: "Maximum connections, with and without a request; fewer if the system limits open files.",
    default: 2000,
    examples: [500],
  }),
  connections_per_address: viewerLimit.optional().meta({
    description: "Maximum connections from each IP address, except from this machine.",
    defaultText: "half of connections",
    examples: [50],
  }),
}).transform((limits) => ({
  viewers: limits.viewers,
  viewersPerCamera: limits.viewers_per_camera,
  viewersPerAddress: limits.viewers_per_address,
  connections: limits.connections,
  connectionsPerAddress: limits.connections_per_address,
}));

const tls = mapping({
  cert: text("the path of a PEM file").meta({
    description: "Path of the certificate chain in PEM format, relative to the configuration file.",
    examples: ["cert.pem"],
  }),
  key: text("the path of a PEM file").meta({
    description: "Path of the private key in PEM format, relative to the configuration file.",
    examples: ["key.pem"],
  }),
});

const isIceUrl = (text: string) =>
  /^(stun|turns?):(\[[0-9a-fA-F:.]+\]|[\w.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?$/.test(text);
const iceUrl = "a URL such as stun:stun.example.org or turn:turn.example.org:3478";

const rtc = z.union(
  [
    z.literal(false),
    mapping({
      port: number({ from: 1, upTo: 65535, whole: true })
        .optional()
        .meta({
          description: "UDP port for all WebRTC viewers; it must be reachable for them.",
          defaultText: "one that is free",
          examples: [8189],
        }),
      hosts: z
        .array(z.union([z.ipv4(), z.ipv6()], { error: "an IP address" }), { error: "a list of IP addresses" })
        .optional()
        .meta({
          description: "Addresses of this machine behind NAT or outside of its container, in addition to its own.",
          examples: [["203.0.113.7"]],
        }),
      ice_servers: z
        .array(
          mapping({
            url: z
              .string({ error: iceUrl })
              .refine(isIceUrl, { error: iceUrl })
              .meta({ description: "URL of the server.", examples: ["stun:stun.example.org"] }),
            username: text("a user name")
              .optional()
              .meta({ description: "User name, for TURN.", examples: ["teecam"] }),
            credential: text("a password")
              .optional()
              .meta({ description: "Password, for TURN. It is told to viewers.", examples: ["${TURN_PASSWORD}"] }),
          }),
          { error: "a list of servers" },
        )
        .optional()
        .meta({
          description: "STUN and TURN servers, for viewers that cannot reach this machine directly.",
          examples: [[{ url: "stun:stun.example.org" }]],
        }),
    }).transform(({ ice_servers, ...same }) => ({ ...same, iceServers: ice_servers })),
  ],
  { error: "false, or a mapping with port, hosts and ice_servers" },
);

/** The schema of the `server` section. */
export const server: z.ZodType<ServerConfiguration> = mapping({
  host: text("an address or a name")
    .optional()
    .meta({
      description: "The address to listen on; 0.0.0.0 listens on all of them.",
      default: serverDefaults.hostname,
      examples: ["0.0.0.0"],
    }),
  port: number({ from: 0, upTo: 65535, whole: true })
    .optional()
    .meta({
      description: "The port to listen on; 0 chooses a free one.",
      default: serverDefaults.port,
      examples: [8080],
    }),
  stall_after: duration()
    .optional()
    .meta({
      description: "Time without progress after which a connection of any kind is closed.",
      default: "10s",
      examples: ["30s"],
    }),
  log: log
    .optional()
    .meta({ description: "Level and format of the log.", defaultText: "as below", examples: [{ level: "debug" }] }),
  auth: z
    .union([z.literal("none"), auth], { error: "none, or a mapping with token, tokens and secret" })
    .optional()
    .meta({
      description: "Who may view the cameras; `none` allows everybody.",
      defaultText:
        "TEECAM_TOKEN if set; otherwise no token is required on localhost, and a random token is printed at start elsewhere",
      examples: [{ token: "${TEECAM_TOKEN}" }],
    }),
  allow_hosts: z
    .array(
      text("a host name").refine(isHost, { error: "a host name such as cam.example.org, without scheme and path" }),
      { error: "a list of host names" },
    )
    .optional()
    .meta({
      description:
        "Host names of this server, in addition to IP addresses, localhost and the names of the machine; `*.example.org` means all below it. `--allow-host` and TEECAM_ALLOW_HOSTS add to them.",
      examples: [["cam.example.org"]],
    }),
  allow_origins: z
    .array(
      z
        .string({ error: "an origin such as https://dash.example.org" })
        .refine(isOrigin, { error: "an origin such as https://dash.example.org, without a path" }),
      { error: "a list of origins" },
    )
    .optional()
    .meta({
      description:
        'Origins of other sites whose pages may show the cameras, also of apps, such as capacitor://localhost; "*" means all sites. `--allow-origin` adds to them.',
      examples: [["https://dash.example.org"]],
    }),
  limits: limits.optional().meta({
    description: "Maximum numbers of viewers and connections.",
    defaultText: "as below",
    examples: [{ viewers: 200 }],
  }),
  tls: tls.optional().meta({
    description: "Serves HTTPS.",
    defaultText: "plain HTTP",
    examples: [{ cert: "cert.pem", key: "key.pem" }],
  }),
  rtc: rtc.optional().meta({
    description: "WebRTC, with the package node-datachannel; `false` offers none.",
    defaultText: "as below",
    examples: [{ port: 8189 }],
  }),
}).transform(
  ({ host, stall_after, allow_hosts, allow_origins, ...same }): ServerConfiguration => ({
    ...same,
    hostname: host,
    stallAfter: stall_after,
    allowHosts: allow_hosts,
    allowOrigins: allow_origins,
  }),
);
