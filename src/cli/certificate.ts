import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Certificate } from "../adapter/serve.ts";
import type { CertificateFiles } from "../config/configuration.ts";
import { readFile } from "../read-file.ts";
import { messageOf } from "./error.ts";

const maxBytes = 1024 * 1024; // bytes

/**
 * Reads a certificate and its private key from PEM files.
 *
 * Rejects with an `Error` that names the file that cannot be read or contains something else, or says that the two do
 * not match: the errors of the runtimes do not.
 */
export async function readCertificate(files: CertificateFiles): Promise<Certificate> {
  const cert = await read("certificate", files.cert);
  const key = await read("key", files.key);
  const certificate = parse(`${files.cert} holds no certificate in PEM`, () => new X509Certificate(cert));
  const privateKey = parse(`${files.key} holds no key in PEM, or one with a password`, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new Error(`${files.key} is not the key of ${files.cert}`);
  return { cert, key };
}

async function read(content: string, file: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readFile(file, maxBytes));
  } catch (cause) {
    throw new Error(`the ${content} ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function parse<T>(why: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error(why, { cause });
  }
}
