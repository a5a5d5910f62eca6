/** One authentication scheme that a server offers in its `WWW-Authenticate` fields. */
export interface Challenge {
  /** Its name in lower case: `basic`, `digest`. */
  readonly scheme: string;
  /** Values without quotes, by name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const parameter = /^[\s,]*([\w!#$%&'*+.^`|~-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*))/;
const scheme = /^[\s,]*([\w!#$%&'*+.^`|~-]+)(?=[\s,]|$)/;
const maxField = 8192; // characters

/** Parses the values of all `WWW-Authenticate` fields, and skips invalid text. Source: RFC 9110, section 11.6.1. */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.flatMap((value) => parseField(value.slice(0, maxField)));
}

function parseField(value: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let rest = value;
  while (rest !== "") {
    const found = parameter.exec(rest);
    const named = found ? null : scheme.exec(rest);
    const [all = rest.slice(0, 1)] = found ?? named ?? [];
    if (found) {
      const [, name = "", quoted, bare = ""] = found;
      challenges.at(-1)?.parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare);
    } else if (named?.[1]) {
      challenges.push({ scheme: named[1].toLowerCase(), parameters: new Map() });
    }
    rest = rest.slice(all.length);
  }
  return challenges;
}
