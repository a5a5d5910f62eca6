/**
 * Takes user names and passwords out of every URL in a text: `rtsp://***@host/`.
 *
 * Programs repeat the URL they were given in their complaints, so whatever is shown of them goes through here.
 */
export function redact(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, "$1***@");
}
