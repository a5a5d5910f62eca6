const rlimitNofile = 7; // RLIMIT_NOFILE on Linux

/** Returns the soft limit by getrlimit(2); undefined outside Linux and without `--allow-ffi`. */
export function descriptorLimit(): number | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux" || Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
  for (const library of ["libc.so.6", `libc.musl-${arch}.so.1`]) {
    try {
      const calls = Deno.dlopen(library, { getrlimit: { parameters: ["i32", "buffer"], result: "i32" } });
      const limits = new BigUint64Array(2);
      const failed = calls.symbols.getrlimit(rlimitNofile, limits) !== 0;
      calls.close();
      return failed ? undefined : Number(limits[0]);
    } catch {
      // another C library
    }
  }
  return undefined;
}
