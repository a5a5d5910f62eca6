import { z } from "zod";
import type { TlsOptions } from "../source/http/options.ts";
import { flag, mapping, text } from "./fields.ts";

/** The schema of the certificates that an HTTP source trusts. */
export const tls: z.ZodType<TlsOptions | undefined> = mapping({
  insecure: flag()
    .optional()
    .meta({
      description:
        "Trusts any certificate, and allows old versions of TLS. An attacker in between can read and change everything.",
      default: false,
      examples: [true],
    }),
  ca: text("the path of a PEM file")
    .optional()
    .meta({
      description: "PEM file with additional certificates to trust: that of the camera, or of its authority.",
      examples: ["camera.pem"],
    }),
  fingerprint: z
    .string({ error: "a SHA-256 fingerprint" })
    .regex(/^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/, { error: "a SHA-256 fingerprint: 32 bytes in hexadecimal" })
    .optional()
    .meta({
      description: "SHA-256 fingerprint of the only certificate to trust.",
      examples: [`7E:0A${":5C".repeat(30)}`],
    }),
})
  .optional()
  .meta({ description: "Certificates to trust for an https:// source.", examples: [{ insecure: true }] });
