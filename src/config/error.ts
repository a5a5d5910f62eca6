const maxDiagnostics = 20;

/** A configuration that cannot be used. */
export class ConfigurationError extends Error {
  /** One line each, at most 20: `FILE:LINE:COLUMN: KEY: found …, expected …`. */
  readonly diagnostics: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    const rest = problems.length - maxDiagnostics + 1;
    const told = rest > 1 ? [...problems.slice(0, maxDiagnostics - 1), `and ${rest} more errors`] : problems;
    super(told.join("\n"), options);
    this.name = "ConfigurationError";
    this.diagnostics = told;
  }
}
