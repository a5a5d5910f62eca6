/** The exit code of a program that was called wrong. */
export const usageError = 2;
/** The exit code of a program that cannot start. */
export const startError = 1;

/** Thrown where the program cannot go on. It prints the message and exits with `exitCode`. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, { exitCode, cause }: { readonly exitCode: number; readonly cause?: unknown }) {
    super(message, { cause });
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}

/** Returns the message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Calls a function that checks what the user wrote, and points to `teecam --help` if it throws. */
export function withHelp<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new CliError(`${messageOf(cause)}. See teecam --help`, { exitCode: usageError, cause });
  }
}
