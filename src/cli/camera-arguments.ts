import { checkOptions } from "../camera/options.ts";
import type { CameraConfiguration } from "../config/configuration.ts";
import { parseSource, unsupportedSettings } from "../source/registry.ts";

/** A token of `parseArgs`, as far as it matters for cameras. */
export type Token =
  | { readonly kind: "positional"; readonly value: string }
  | { readonly kind: "option"; readonly name: string; readonly value?: string | undefined }
  | { readonly kind: "option-terminator" };

type NamedSource = Pick<CameraConfiguration, "id" | "source" | "loop">;

/** Options for {@link parseCameras}. */
interface CameraArguments {
  /** The words behind `--`, if it is there. */
  readonly command: readonly string[] | undefined;
  /** Plays all files again and again. @default false */
  readonly loop?: boolean | undefined;
}

/**
 * Parses the cameras of the command line: its positional words are sources, and `--name` names the next one. Throws a
 * `TypeError` for what cannot be used.
 */
export function parseCameras(tokens: readonly Token[], { command, loop = false }: CameraArguments): NamedSource[] {
  const cameras: NamedSource[] = [];
  let name: string | undefined;
  const requireNoName = () => {
    if (name !== undefined) throw new TypeError(`Cannot name a camera "${name}": no source follows the name`);
  };
  const add = (source: NamedSource["source"]) => {
    const id = name ?? (cameras.length === 0 ? "camera" : `camera-${cameras.length + 1}`);
    if (cameras.some((camera) => camera.id === id)) throw new TypeError(`Cannot name two cameras "${id}"`);
    checkOptions({ id, source }); // throws for a name or a source that is invalid
    const isLooped =
      loop && typeof source === "string" && unsupportedSettings(parseSource(source), { loop }).length === 0;
    cameras.push({ id, source, ...(isLooped ? { loop } : {}) });
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
  if (loop && !cameras.some((camera) => camera.loop)) throw new TypeError("Cannot loop: no source is a file");
  return cameras;
}
