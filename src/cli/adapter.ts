/** The adapter of the runtime that the program runs on. */
export type Adapter = typeof import("#adapter");
