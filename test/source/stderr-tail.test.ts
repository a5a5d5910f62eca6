import { expect, it } from "vitest";
import { redactor } from "../../src/redact.ts";
import { StderrTail } from "../../src/source/stderr-tail.ts";
import { cpuTime } from "../fixtures/machine.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** What a tail keeps of these chunks, and what it has told on the way. */
async function keep(chunks: Iterable<string>, secrets: readonly string[] = []) {
  const told: string[] = [];
  const tail = new StderrTail({ redact: redactor(secrets), onLine: (line) => void told.push(line) });
  const writer = tail.getWriter();
  for (const chunk of chunks) await writer.write(bytes(chunk));
  await writer.close();
  return { lines: tail.lines, told };
}

it("The last ten lines are kept, however they end and wherever the chunks do", async () => {
  const text = Array.from({ length: 25 }, (_, n) => `line ${n}${["\n", "\r\n", "\r"][n % 3]}`).join("");
  const expected = Array.from({ length: 10 }, (_, n) => `line ${n + 15}`);
  expect((await keep([text])).lines).toEqual(expected);
  expect((await keep([...text])).lines).toEqual(expected);
});

it("A flood without a line's end is cut, and takes neither room nor time", async () => {
  const spent = cpuTime();
  const chunk = "x".repeat(64 * 1024);
  const { lines, told } = await keep(Array.from({ length: 500 }, () => chunk)); // 32 MB
  expect(lines).toEqual(["x".repeat(400)]);
  expect(told).toEqual(lines);
  expect(spent()).toBeLessThan(5000);
});

it("What is known to be secret is kept out, whole lines of it too, the longer one first", async () => {
  const secrets = ["hunter2", "hunter2-and-more", "first line\nsecond line", "abc", ""];
  const said = "got hunter2, hunter2-and-more\n-- first line\n-- second line\nabc stays\n";
  for (const chunks of [[said], [...said]]) {
    expect((await keep(chunks, secrets)).lines).toEqual(["got ***, ***", "-- ***", "-- ***", "abc stays"]);
  }
});

it("Passwords in URLs are kept out besides", async () => {
  const { lines } = await keep(["rtsp://u:pass@h says key-1234\n"], ["key-1234"]);
  expect(lines).toEqual(["rtsp://***@h says ***"]);
});
