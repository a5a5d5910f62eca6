/** First words of the command line that are no source. */
export const subcommands: readonly string[] = ["check", "devices", "help", "schema", "sign", "version"];
