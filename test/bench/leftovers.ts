import process from "node:process";

const undos = new Set<() => void>();

/** Has `undo` called when the program ends, however it does, unless what is given back has called it before. */
export function undoAtEnd(undo: () => void): () => void {
  undos.add(undo);
  return () => {
    if (undos.delete(undo)) undo();
  };
}

process.on("exit", () => {
  for (const undo of [...undos].reverse()) undo();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
