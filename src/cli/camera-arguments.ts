import { checkOptions } from "../camera/options.ts";
import type { CameraConfiguration } from "../config/configuration.ts";

/** A token of `parseArgs`, as far as it matters for cameras. */
export type Token =
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option"; readonly name: string; readonly value?: string | undefined }
  | { readonly kind: "option-terminator" };

type NamedSource = Pick<CameraConfiguration, "id" | "source">;

/**
 * Parses the cameras of the command line: its positional words are sources, `--name` names the next one, and the words
 * behind `--`, if it is there, are a command. Throws a `TypeError` for what cannot be used.
 */
export function parseCameras(tokens: readonly Token[], command: readonly string[] | undefined): NamedSource[] {
  const cameras: NamedSource[] = [];
  let name: string | undefined;
  const requireNoName = () => {
    if (name !== undefined) throw new TypeError(`Cannot name a camera "${name}": no source follows the name`);
  };
  const add = (source: NamedSource["source"]) => {
    const id = name ?? (cameras.length === 0 ? "camera" : `camera-${cameras.length + 1}`);
    if (cameras.some((camera) => camera.id === id)) throw new TypeError(`Cannot name two cameras "${id}"`);
    checkOptions({ id, source }); // throws for a name or a source that is invalid
    cameras.push({ id, source });
    name = undefined;
  };
  for (const token of tokens) {
    if (token.kind === "positional") {
      add(token.value);
    } else if (token.kind === "option" && token.name === "name") {
      requireNoName();
      name = token.value;
    }
  }
  if (command) {
    const [program, ...args] = command;
    if (program === undefined) throw new TypeError('Cannot run a command: none follows "--"');
    add([program, ...args]);
  }
  requireNoName();
  return cameras;
}
