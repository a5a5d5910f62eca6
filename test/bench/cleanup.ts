import process from "node:process";

const cleanups = new Set<() => void>();

/** Calls `clean` when the program ends, however it does, unless the function it returns has called it before. */
export function cleanUpAtExit(clean: () => void): () => void {
  cleanups.add(clean);
  return () => {
    if (cleanups.delete(clean)) clean();
  };
}

process.on("exit", () => {
  for (const clean of [...cleanups].reverse()) clean();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
