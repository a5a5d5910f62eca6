import type { Path } from "./diagnostics.ts";

/** The result of {@link interpolate}. */
export interface Interpolated {
  readonly data: unknown;
  /** The names of the variables in each string, by its path in JSON. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** The values that were inserted, by path. The caller may delete those that are not secret. */
  readonly values: Map<string, readonly string[]>;
  /** Diagnostics for strings with an unset variable or invalid syntax. */
  readonly missing: readonly { readonly path: Path; readonly text: string }[];
}

/** The environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

const reference = /\$\$\{|\$\{([^}]*)\}?/g;

/**
 * Replaces `${NAME}` in every string by the value of the variable, which is not interpolated again, and `$${` by `${`. As
 * user name or password of a URL the value is percent-encoded.
 *
 * Copies the data, which must be a tree of finite size: the parser limits YAML aliases.
 */
export function interpolate(data: unknown, environment: Environment): Interpolated {
  const names = new Map<string, string[]>();
  const values = new Map<string, readonly string[]>();
  const missing: { path: Path; text: string }[] = [];

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") return replace(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== "object" || value === null) return value;
    const copy = Object.create(null); // keys may be anything, even "__proto__"
    for (const [key, item] of Object.entries(value)) copy[key] = walk(item, [...path, key]);
    return Object.setPrototypeOf(copy, Object.hasOwn(copy, "__proto__") ? null : Object.prototype);
  };
  const replace = (template: string, path: Path) =>
    template.replaceAll(reference, (whole, name: string | undefined, offset: number) => {
      if (name === undefined) return "${";
      const isName = /^[A-Za-z_]\w*$/.test(name) && whole.endsWith("}");
      const value = isName && Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined) {
        const text = isName
          ? `environment variable ${name} is not set`
          : // biome-ignore lint/suspicious/noTemplateCurlyInString: the message shows how to write variables
            "expected ${NAME} with a name of letters, digits and _; write $${ for a plain ${";
        missing.push({ path, text });
        return whole;
      }
      const key = JSON.stringify(path);
      const written = isUserInfo(template, offset) ? encodeUserInfo(value, template) : value;
      names.set(key, [...(names.get(key) ?? []), name]);
      values.set(key, [...(values.get(key) ?? []), ...new Set([value, written])]);
      return written;
    });

  return { data: walk(data, []), names, values, missing };
}

/** Tells whether an offset is in the user name or the password of a URL. */
function isUserInfo(template: string, offset: number): boolean {
  const [whole = ""] = /^[a-z][a-z0-9+.-]*:\/\/(?:\$\{[^}]*\}|[^/?#$]|\$(?!\{))*@/i.exec(template) ?? [];
  return offset < whole.length;
}

/** Percent-encodes a value; if it contains both user name and password, keeps the colon between them. */
function encodeUserInfo(value: string, template: string): string {
  const isBoth = /^[a-z][a-z0-9+.-]*:\/\/\$\{[^}]*\}@/i.test(template);
  const encoded = encodeURIComponent(value);
  return isBoth ? encoded.replace("%3A", ":") : encoded;
}
