import type { Path } from "./diagnostics.ts";

/** What {@link interpolate} makes of a file's data. */
export interface Interpolated {
  readonly data: unknown;
  /** The names of the variables in each text, by its path in JSON. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  /** The values that were put in, by path; whoever takes one for no secret may delete it. */
  readonly values: Map<string, readonly string[]>;
  /** The texts whose variables are missing, or that are written wrong. */
  readonly missing: readonly { readonly path: Path; readonly text: string }[];
}

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

const reference = /\$\$\{|\$\{([^}]*)\}?/g;

/**
 * Replaces `${NAME}` in every text of a file's data by the variable's value, which is not read any further; `$${` is a
 * plain `${`. The data is copied; it must be a tree of finite size, as YAML's aliases are bounded before.
 */
export function interpolate(data: unknown, environment: Environment): Interpolated {
  const names = new Map<string, string[]>();
  const values = new Map<string, readonly string[]>();
  const missing: { path: Path; text: string }[] = [];

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") return replace(value, path);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== "object" || value === null) return value;
    const copy = Object.create(null); // whatever the keys, "__proto__" too
    for (const [key, item] of Object.entries(value)) copy[key] = walk(item, [...path, key]);
    return Object.setPrototypeOf(copy, Object.hasOwn(copy, "__proto__") ? null : Object.prototype);
  };
  const replace = (template: string, path: Path) =>
    template.replaceAll(reference, (whole, name: string | undefined) => {
      if (name === undefined) return "${";
      const isName = /^[A-Za-z_]\w*$/.test(name) && whole.endsWith("}");
      const value = isName && Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (value === undefined) {
        const text = isName
          ? `the variable ${name} is not set in the environment`
          : // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what may be written
            "expected ${NAME} with a name of letters, digits and _; write $${ for a plain ${";
        missing.push({ path, text });
        return whole;
      }
      const key = JSON.stringify(path);
      names.set(key, [...(names.get(key) ?? []), name]);
      values.set(key, [...(values.get(key) ?? []), value]);
      return value;
    });

  return { data: walk(data, []), names, values, missing };
}
