const maxDiagnostics = 20;

/** Thrown for a configuration file that cannot be used. */
export class ConfigurationError extends Error {
  /** One line each, at most 20: `FILE:LINE:COLUMN: KEY: found …, expected …`. */
  readonly diagnostics: readonly string[];

  constructor(diagnostics: readonly string[], options?: ErrorOptions) {
    const rest = diagnostics.length - maxDiagnostics + 1;
    const shown = rest > 1 ? [...diagnostics.slice(0, maxDiagnostics - 1), `and ${rest} more errors`] : diagnostics;
    super(shown.join("\n"), options);
    this.name = "ConfigurationError";
    this.diagnostics = shown;
  }
}
