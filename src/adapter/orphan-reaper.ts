/** The way to a warden that runs. */
export interface ReaperInput {
  /** Writes to its standard input; never throws, whether or not it is still there. */
  write(text: string): void;
}

/**
 * Starts a warden in a process group of its own: with a pipe as standard input and without any other descriptor of ours,
 * so that it does not keep this process from ending and is reaped when it ends itself. `onExit` hears of its end.
 * Throws, saying why, where it cannot be started.
 */
export type StartReaper = (argv: readonly [string, ...string[]], onExit: () => void) => ReaperInput;

// Lines "+ GROUP" and "- GROUP". No more lines means that we are gone, however that came about. What we were started
// with is closed: somebody may wait for the end of it. On Linux whoever carries the mark is ended too: a program that
// had only just begun, of which no line told.
const script = `
trap '' INT TERM HUP
mark=$1
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
for each in $(grep -lsz "^TEECAM_RUN=$mark$" /proc/[0-9]*/environ); do
  each=\${each#/proc/}
  kill -s KILL "\${each%/environ}"
done
`;

/**
 * Ends process groups that would outlive this process, even when it is killed and can do nothing itself any more.
 *
 * A shell waits at the end of a pipe for the other end to close, as it does when this process is gone, and then kills
 * what it was told of. It is started before the first group, again with the next one if it has ended, and ends with us.
 */
export class OrphanReaper {
  readonly #start: StartReaper;
  readonly #groups = new Set<number>();
  readonly #mark = crypto.randomUUID();
  #gate: ReaperInput | undefined;
  #excused = false;

  constructor(start: StartReaper) {
    this.#start = start;
  }

  /** The groups that run. */
  get groups(): ReadonlySet<number> {
    return this.#groups;
  }

  /** What a program's environment must have, so that it is found however soon we are gone. The warden runs from now on. */
  get variables(): Readonly<Record<string, string>> {
    this.#open();
    return { TEECAM_RUN: this.#mark };
  }

  /** A group has begun. Where it cannot be guarded the first call tells why. */
  guard(group: number): string | undefined {
    this.#groups.add(group);
    const isOpen = this.#gate !== undefined;
    const obstacle = this.#open();
    if (isOpen) this.#gate?.write(`+ ${group}\n`);
    if (obstacle === undefined || this.#excused) return undefined;
    this.#excused = true;
    return `Programs that write nothing will run on if teecam is killed: ${obstacle}`;
  }

  /** A group has ended. */
  release(group: number): void {
    if (this.#groups.delete(group)) this.#gate?.write(`- ${group}\n`);
  }

  /** Sees to it that the warden runs, and knows all groups; gives the reason why it cannot. */
  #open(): string | undefined {
    if (this.#gate) return undefined;
    try {
      this.#gate = this.#start(["/bin/sh", "-c", script, "teecam-warden", this.#mark], () => {
        this.#gate = undefined;
      });
      this.#gate.write([...this.#groups].map((each) => `+ ${each}\n`).join(""));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
