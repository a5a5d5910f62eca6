const secretName = /pass|pwd|token|secret|key|auth/i;

/**
 * Takes user names and passwords out of every URL in a text: `rtsp://***@host/`.
 *
 * Programs repeat the URL they were given in their complaints, so whatever is shown of them goes through here. That
 * may be anything: it takes linear time for all but text made of the beginnings of URLs.
 */
export function redact(text: string): string {
  return (
    text
      // Behind "user:" up to the last @, since a password may contain / or # by mistake.
      .replace(/([a-z][a-z0-9+.-]{0,31}:\/\/)(?:[^\s/?#:@]*:[^\s"'<>]*|[^\s/?#]*)@/gi, "$1***@")
      .replace(/([?&][^=&?\s]*=)[^&\s"'<>#]+/g, (whole, name) => (secretName.test(name) ? `${name}***` : whole))
  );
}
