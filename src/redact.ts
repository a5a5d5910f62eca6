const secretName = /pass|pwd|token|secret|key|auth|signature|credential/i;

/**
 * Takes user names and passwords out of every URL in a text: `rtsp://***@host/`.
 *
 * Programs repeat the URL they were given in their error messages, so all that is shown of these goes through here. The
 * text may be anything: it takes linear time for all but text made of the beginnings of URLs.
 */
export function redact(text: string): string {
  return (
    text
      // Behind "user:" up to the last @, since a password may contain / or # by mistake.
      .replace(/([a-z][a-z0-9+.-]{0,31}:\/\/)(?:[^\s/?#:@]*:[^\s"'<>]*|[^\s/?#]*)@/gi, "$1***@")
      .replace(/([?&][^=&?\s]*=)[^&\s"'<>#]+/g, (whole, name) => (secretName.test(name) ? `${name}***` : whole))
  );
}

const shortestSecret = 4; // characters: a shorter value is a number or a switch, and may be part of any word

/** Returns a {@link redact} that takes out these secrets too, and each line of a secret with several lines. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/)))]
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length); // one may be the beginning of another
  return (text) => redact(known.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
}
