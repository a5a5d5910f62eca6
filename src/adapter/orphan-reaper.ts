/** Standard input of a running reaper process. */
export interface ReaperInput {
  /** Writes a line; never throws, even when the process has ended. */
  write(text: string): void;
}

/**
 * Starts the reaper process in a process group of its own, with a pipe as standard input and no other descriptor of this
 * process. It must not keep this process alive. `onExit` is called when it ends. Throws an error with the cause when it
 * cannot be started.
 */
export type StartReaper = (argv: readonly [string, ...string[]], onExit: () => void) => ReaperInput;

// Reads lines "+ GROUP", "- GROUP" and "! PROCESS SECONDS". The end of input means that teecam has ended, for whatever reason. Inherited
// descriptors are closed, because somebody may wait for their end. On Linux the script also kills every process with the
// mark in its environment: programs that had just been started, before their line was written. It looks three times, because
// a program that is just being executed has no environment yet, and one that is killed may have started another.
const script = `
trap '' INT TERM HUP
mark=$1
timers=
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
set --
while read -r sign group seconds; do
  case $sign in
    +) set -- "$@" "$group" ;;
    -) for each do
         shift
         [ "$each" = "$group" ] || set -- "$@" "$each"
       done ;;
    !) ( sleep "$seconds"; kill -s KILL "$group" ) & timers="$timers $!" ;;
  esac
done
[ -z "$timers" ] || kill -s KILL $timers
for each do kill -s KILL -- "-$each"; done
for pause in 0 0.05 0.15; do
  sleep "$pause"
  for each in $(grep -lsz "^TEECAM_RUN=$mark$" /proc/[0-9]*/environ); do
    each=\${each#/proc/}
    kill -s KILL "\${each%/environ}"
  done
done
kill -s KILL 0
`;

/**
 * Kills process groups that would outlive this process, even when this process is killed by SIGKILL.
 *
 * A shell, the reaper process, reads a pipe from this process. When the pipe closes it kills the groups that it was told
 * of, and ends. It starts before the first group, and again with the next group if it has ended.
 */
export class OrphanReaper {
  readonly #start: StartReaper;
  readonly #groups = new Set<number>();
  readonly #mark = crypto.randomUUID();
  #input: ReaperInput | undefined;
  #warned = false;

  constructor(start: StartReaper) {
    this.#start = start;
  }

  /** Groups that are running. */
  get groups(): ReadonlySet<number> {
    return this.#groups;
  }

  /** Starts the reaper process, and returns the variables by which it finds a program that has just been started. */
  get variables(): Readonly<Record<string, string>> {
    this.#ensureStarted();
    return { TEECAM_RUN: this.#mark };
  }

  /** Registers a group that has started. The first call that cannot guard its group returns a warning. */
  guard(group: number): string | undefined {
    this.#groups.add(group);
    const wasRunning = this.#input !== undefined;
    const failure = this.#ensureStarted();
    if (wasRunning) this.#input?.write(`+ ${group}\n`);
    if (failure === undefined || this.#warned) return undefined;
    this.#warned = true;
    return `Programs that write nothing will run on if teecam is killed: ${failure}`;
  }

  /** Removes a group that has ended. */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#input?.write(`- ${group}\n`);
  }

  /** Has a process killed by SIGKILL after so many milliseconds, unless this process has ended by then. */
  killAfter(process: number, milliseconds: number): void {
    this.#ensureStarted();
    this.#input?.write(`! ${process} ${Math.ceil(milliseconds / 100) / 10}\n`);
  }

  /** Starts the reaper process unless it runs, and tells it all groups; returns why it cannot be started. */
  #ensureStarted(): string | undefined {
    if (this.#input) return undefined;
    try {
      this.#input = this.#start(["/bin/sh", "-c", script, "teecam-reaper", this.#mark], () => {
        this.#input = undefined;
      });
      this.#input.write([...this.#groups].map((each) => `+ ${each}\n`).join(""));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
