import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Certificate } from "../adapter/serve.ts";

/**
 * Reads a certificate and its key from files in PEM.
 *
 * Rejects with an `Error` that names the file which is missing or holds something else, or says that the two do not
 * belong together: the runtimes' own errors tell neither.
 */
export async function readCertificate(files: { readonly cert: string; readonly key: string }): Promise<Certificate> {
  const cert = await read("certificate", files.cert);
  const key = await read("key", files.key);
  const certificate = parse(`${files.cert} holds no certificate in PEM`, () => new X509Certificate(cert));
  const secret = parse(`${files.key} holds no key in PEM, or one with a password`, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(secret)) throw new Error(`${files.key} is not the key of ${files.cert}`);
  return { cert, key };
}

async function read(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new Error(`the ${what} ${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function parse<T>(why: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(why, { cause });
  }
}
