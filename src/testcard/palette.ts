/** Colours of the card, from the back to the front. */
export const palette = {
  ground: "#10151d",
  grid: "#1d2631",
  ring: "#313c4a",
  tick: "#566475",
  disc: "#0a0e14",
  text: "#e9eef5",
  accent: "#8fb7ff",
  quiet: "#7d8b9c",
  faint: "#333e4b",
} as const;

/** Colour bars of television test patterns, at 75 % amplitude. */
export const bars: readonly string[] = ["#bfbfbf", "#bfbf00", "#00bfbf", "#00bf00", "#bf00bf", "#bf0000", "#0000bf"];
