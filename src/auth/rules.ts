import type { Right } from "./grant.ts";

/** Access rule of a route: open to everyone, open to any valid token, or only to tokens with this right. */
export type Rule = "open" | "any" | Right;

/** Rule of each route, by its pattern. */
export type Rules = Readonly<Record<string, Rule>>;

/** Returns the rule of a route; undefined for one without a rule, which is closed. A request without a route has `any`. */
export function ruleOf(rules: Rules, pattern: string | undefined): Rule | undefined {
  if (pattern === undefined) return "any";
  return Object.hasOwn(rules, pattern) ? rules[pattern] : undefined;
}
