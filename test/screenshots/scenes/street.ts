import { type Scene, times } from "./scene.ts";

const houses = [
  { x: -20, width: 250, height: 300, wall: "#b9765a", roof: "#5d3a34" },
  { x: 230, width: 200, height: 250, wall: "#d8c4a0", roof: "#6d4a3a" },
  { x: 430, width: 270, height: 330, wall: "#8b97a3", roof: "#3d434d" },
  { x: 700, width: 210, height: 270, wall: "#c9a07a", roof: "#5a3d31" },
  { x: 910, width: 390, height: 310, wall: "#a9604f", roof: "#4c3230" },
] as const;
const vehicles = [
  { color: "#c2392f", lane: 560, scale: 1.15, speed: 230, start: 200 },
  { color: "#e9e6df", lane: 560, scale: 1.15, speed: 230, start: 1050 },
  { color: "#2f5f8f", lane: 640, scale: 1.4, speed: 230, start: 620 },
] as const;
const ground = 470;

/** Draws a residential street in the afternoon: cars pass, never side by side. */
export const street: Scene = {
  period: 8,
  draw: (time) => `
    <defs>
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#8fb3d9"/><stop offset="1" stop-color="#f0dcc0"/></linearGradient>
      <linearGradient id="road" x2="0" y2="1"><stop stop-color="#5c5d61"/><stop offset="1" stop-color="#3a3b3f"/></linearGradient>
      <linearGradient id="sun" x2="1"><stop stop-color="#ffe2b0" stop-opacity=".28"/><stop offset="1" stop-color="#30304a" stop-opacity=".22"/></linearGradient>
    </defs>
    <rect width="1280" height="720" fill="url(#sky)"/>
    <ellipse cx="900" cy="90" rx="220" ry="26" fill="#fff" opacity=".45"/>
    <ellipse cx="300" cy="60" rx="160" ry="18" fill="#fff" opacity=".35"/>
    ${houses.map(house).join("")}
    <rect y="${ground}" width="1280" height="36" fill="#a8a49b"/><rect y="${ground + 33}" width="1280" height="5" fill="#7d7a73"/>
    <rect y="${ground + 38}" width="1280" height="220" fill="url(#road)"/>
    ${times(9, (n) => `<path d="M${n * 160 - 60} 600h86l-8 9h-86z" fill="#d9d6cc" opacity=".8"/>`)}
    <rect y="690" width="1280" height="30" fill="#8e8b84"/>
    ${tree(205, 1)}${tree(690, 0.85)}${tree(1120, 1.1)}${lamp(470)}${lamp(985)}
    ${vehicles
      .toSorted((a, b) => a.lane - b.lane)
      .map((vehicle) => car(vehicle, time))
      .join("")}
    <rect width="1280" height="720" fill="url(#sun)"/>`,
};

function house({ x, width, height, wall, roof }: (typeof houses)[number], index: number): string {
  const top = ground - height;
  const columns = Math.floor(width / 75);
  const gap = (width - columns * 40) / (columns + 1);
  const windows = times(columns, (column) =>
    times(3, (row) => {
      const left = x + gap + column * (40 + gap);
      const y = top + 36 + row * 84;
      if (y + 60 > ground - 20) return "";
      const lit = (index * 7 + column * 3 + row * 5) % 4 === 0;
      const glass = lit ? "#f7d58a" : "#41505f";
      return `<rect x="${left - 4}" y="${y - 4}" width="48" height="64" fill="#efe9dd"/><rect x="${left}" y="${y}" width="40" height="56" fill="${glass}"/><path d="M${left + 20} ${y}v56M${left} ${y + 24}h40" stroke="#efe9dd" stroke-width="3"/>`;
    }),
  );
  const door = x + width / 2 - 22;
  return `<rect x="${x}" y="${top}" width="${width}" height="${height}" fill="${wall}"/>
    <path d="M${x - 12} ${top}L${x + 34} ${top - 66}H${x + width - 34}L${x + width + 12} ${top}z" fill="${roof}"/>
    <rect x="${x}" y="${top}" width="${width}" height="10" fill="#000" opacity=".18"/>
    ${windows}<rect x="${door}" y="${ground - 76}" width="44" height="76" fill="${roof}"/><circle cx="${door + 36}" cy="${ground - 36}" r="3" fill="#e8c36a"/>`;
}

function car({ color, lane, scale, speed, start }: (typeof vehicles)[number], time: number): string {
  const way = 1280 + 560;
  const x = ((((start + speed * time) % way) + way) % way) - 280;
  return `<g transform="translate(${x} ${lane}) scale(${speed < 0 ? -scale : scale} ${scale})">
    <ellipse cx="105" cy="34" rx="118" ry="9" fill="#000" opacity=".35"/>
    <path d="M4 26C2 6 8-2 26-4L50-8C66-34 80-40 112-40C140-40 152-30 168-8C192-6 206 0 208 14L208 26C206 30 202 30 198 30H14C8 30 5 30 4 26z" fill="${color}"/>
    <path d="M62-8C74-28 84-33 104-33V-8zM112-33C134-33 142-26 154-8H112z" fill="#22303d"/>
    <path d="M6 14H207" stroke="#000" stroke-opacity=".18" stroke-width="3"/><path d="M26-2C60-8 150-9 196 0" stroke="#fff" stroke-opacity=".4" stroke-width="3" fill="none"/>
    <rect x="196" y="2" width="11" height="7" rx="3" fill="#fff3c4"/><rect x="4" y="2" width="8" height="8" rx="3" fill="#9c1f1f"/>
    ${[48, 164].map((wheel) => `<circle cx="${wheel}" cy="28" r="19" fill="#17181a"/><circle cx="${wheel}" cy="28" r="9" fill="#a9adb3"/>`).join("")}</g>`;
}

function tree(x: number, scale: number): string {
  const leaves = [
    [0, -190, 78],
    [-52, -150, 58],
    [54, -152, 60],
    [-16, -120, 62],
    [28, -232, 46],
  ];
  return `<g transform="translate(${x} ${ground + 8}) scale(${scale})"><rect x="-9" y="-120" width="18" height="122" fill="#5b4636"/>
    ${leaves.map(([cx, cy, r], n) => `<circle cx="${cx}" cy="${cy}" r="${r}" fill="${["#4d6b3a", "#3f5c31", "#5f7d44", "#47643a", "#6a8a4c"][n]}"/>`).join("")}</g>`;
}

function lamp(x: number): string {
  return `<path d="M${x} ${ground + 10}V${ground - 230}q0-26 34-26" stroke="#2c2f33" stroke-width="7" fill="none"/><rect x="${x + 24}" y="${ground - 264}" width="38" height="12" rx="5" fill="#2c2f33"/>`;
}
