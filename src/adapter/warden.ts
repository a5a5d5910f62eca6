/** The way to a warden that runs. */
export interface Gate {
  /** Writes to its standard input; never throws, whether or not it is still there. */
  write(text: string): void;
}

/**
 * Starts a warden in a process group of its own: with a pipe as standard input and without any other descriptor of ours,
 * so that it does not keep this process from ending and is reaped when it ends itself. `onExit` hears of its end.
 * Throws, saying why, where it cannot be started.
 */
export type StartWarden = (argv: readonly [string, ...string[]], onExit: () => void) => Gate;

// Lines "+ GROUP" and "- GROUP". No more lines means that we are gone, however that came about. What we were started
// with is closed: somebody may wait for the end of it.
const script = `
trap '' INT TERM HUP
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
set --
while read -r sign group; do
  case $sign in
    +) set -- "$@" "$group" ;;
    -) for each do
         shift
         [ "$each" = "$group" ] || set -- "$@" "$each"
       done ;;
  esac
done
for each do kill -s KILL -- "-$each"; done
`;

/**
 * Ends process groups that would outlive this process, even when it is killed and can do nothing itself any more.
 *
 * A shell waits at the end of a pipe for the other end to close, as it does when this process is gone, and then kills
 * what it was told of. It is started with the first group, again with the next one if it has ended, and ends with us.
 */
export class Warden {
  readonly #start: StartWarden;
  readonly #groups = new Set<number>();
  #gate: Gate | undefined;
  #excused = false;

  constructor(start: StartWarden) {
    this.#start = start;
  }

  /** The groups that run. */
  get groups(): ReadonlySet<number> {
    return this.#groups;
  }

  /** A group has begun. Where it cannot be guarded the first call tells why. */
  guard(group: number): string | undefined {
    this.#groups.add(group);
    if (this.#gate) {
      this.#gate.write(`+ ${group}\n`);
      return undefined;
    }
    try {
      this.#gate = this.#start(["/bin/sh", "-c", script], () => {
        this.#gate = undefined;
      });
      this.#gate.write([...this.#groups].map((each) => `+ ${each}\n`).join(""));
      return undefined;
    } catch (error) {
      if (this.#excused) return undefined;
      this.#excused = true;
      const why = error instanceof Error ? error.message : String(error);
      return `Programs that write nothing will run on if teecam is killed: ${why}`;
    }
  }

  /** A group has ended. */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#gate?.write(`- ${group}\n`);
  }
}
