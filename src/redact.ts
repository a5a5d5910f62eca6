const secretName = /pass|pwd|token|secret|key|auth|signature|credential/i;

/**
 * Redacts user names, passwords and secret parameters in the URLs of a text: `rtsp://***@host/?token=***`.
 *
 * Programs repeat their URL in error messages, so all their output is redacted. The text can be anything: it takes linear
 * time, except for text made of the beginnings of URLs.
 */
export function redact(text: string): string {
  return (
    text
      // After "user:" up to the last @, because a password may contain / or # by mistake.
      .replace(/([a-z][a-z0-9+.-]{0,31}:\/\/)(?:[^\s/?#:@]*:[^\s"'<>]*|[^\s/?#]*)@/gi, "$1***@")
      .replace(/([?&][^=&?\s]*=)[^&\s"'<>#]+/g, (whole, name) => (secretName.test(name) ? `${name}***` : whole))
  );
}

const shortestSecret = 4; // characters: shorter values are numbers or switches, and may be part of any word

/** Returns a {@link redact} that also redacts these secrets, and each line of those with several lines. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap((secret) => secret.split(/[\r\n]+/)))]
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length); // one may be a prefix of another
  return (text) => redact(known.reduce((rest, secret) => rest.replaceAll(secret, "***"), text));
}
