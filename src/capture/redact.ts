/**
 * Takes user names and passwords out of every URL in a text: `rtsp://***@host/`.
 *
 * Programs repeat the URL they were given in their complaints, so whatever is shown of them goes through here.
 */
export function redact(text: string): string {
  return (
    text
      // Behind "user:" up to the last @, since a password may contain / or # by mistake.
      .replace(/([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/?#:@]*:[^\s"'<>]*|[^\s/?#]*)@/gi, "$1***@")
      .replace(/([?&][^=&\s]*(?:pass|pwd|token|secret|key|auth)[^=&\s]*=)[^&\s"'<>#]+/gi, "$1***")
  );
}
