import { type Scene, times } from "./scene.ts";

const layers = 46;
const thickness = 5;
const bed = 566;

/** Draws a 3D printer half-way through a vase: the head goes to and fro above it. */
export const printer: Scene = {
  period: 4,
  draw(time) {
    const top = bed - layers * thickness;
    const head = 640 + 92 * Math.sin((time * Math.PI) / 2) + 20 * Math.sin(time * Math.PI * 3);
    return `
    <defs>
      <linearGradient id="wall" x2="0" y2="1"><stop stop-color="#2b3038"/><stop offset="1" stop-color="#16181c"/></linearGradient>
      <radialGradient id="light" cx=".5" cy="0" r=".9"><stop stop-color="#fff1d6" stop-opacity=".62"/><stop offset="1" stop-color="#fff1d6" stop-opacity="0"/></radialGradient>
      <linearGradient id="steel" x2="1"><stop stop-color="#5a616b"/><stop offset=".5" stop-color="#b9c0c9"/><stop offset="1" stop-color="#4a5058"/></linearGradient>
      <linearGradient id="plate" x2="0" y2="1"><stop stop-color="#3a3f47"/><stop offset="1" stop-color="#1d2025"/></linearGradient>
      <linearGradient id="plastic" x2="1"><stop stop-color="#b4511f"/><stop offset=".32" stop-color="#ff9a4d"/><stop offset="1" stop-color="#8d3a12"/></linearGradient>
    </defs>
    <rect width="1280" height="720" fill="url(#wall)"/>
    ${times(15, (n) => `<path d="M${n * 92} 0V540" stroke="#fff" stroke-opacity=".025" stroke-width="2"/>`)}
    <rect y="540" width="1280" height="180" fill="#101114"/>
    <rect x="150" width="38" height="640" fill="url(#steel)"/><rect x="1092" width="38" height="640" fill="url(#steel)"/>
    <rect x="150" y="30" width="980" height="30" rx="4" fill="#3b4048"/>
    <rect x="320" y="58" width="640" height="7" rx="3" fill="#fff6e0"/>
    <path d="M270 ${bed}H1010L1110 668H170z" fill="url(#plate)"/><path d="M170 668H1110V690H170z" fill="#0d0e10"/>
    ${times(9, (n) => `<path d="M${344 + n * 74} ${bed}L${270 + n * 92.5} 668" stroke="#fff" stroke-opacity=".07" stroke-width="2"/>`)}
    <path d="M250 596H1030M215 630H1065" stroke="#fff" stroke-opacity=".07" stroke-width="2"/>
    <ellipse cx="640" cy="${bed + 26}" rx="${radius(0) + 46}" ry="26" fill="#000" opacity=".45"/>
    ${times(layers, (n) => {
      const y = bed + 20 - n * thickness;
      const r = radius(n);
      return `<ellipse cx="640" cy="${y}" rx="${r}" ry="${r * 0.16}" fill="url(#plastic)"/><path d="M${640 - r} ${y}A${r} ${r * 0.16} 0 0 0 ${640 + r} ${y}" stroke="#4a1d06" stroke-opacity=".4" stroke-width="1.6" fill="none"/>`;
    })}
    <ellipse cx="640" cy="${top + 24}" rx="${radius(layers) - 7}" ry="${(radius(layers) - 7) * 0.15}" fill="#5f260b"/>
    <rect x="170" y="${top - 112}" width="940" height="16" fill="url(#steel)"/><rect x="170" y="${top - 76}" width="940" height="16" fill="url(#steel)"/>
    <g transform="translate(${head} ${top})">
      <path d="M-24 -150C-60 -260 ${-200 - (head - 640) / 2} -250 -250 -340" stroke="#0c0d0f" stroke-width="11" fill="none"/>
      <rect x="-62" y="-146" width="124" height="116" rx="12" fill="#23262b"/><rect x="-62" y="-146" width="124" height="12" rx="6" fill="#3a3f47"/>
      <circle cx="0" cy="-84" r="36" fill="#101114"/>
      ${times(7, (n) => `<path d="M0 -84q16 -10 26 4" stroke="#3c424a" stroke-width="7" fill="none" transform="rotate(${n * 51.4 + time * 90} 0 -84)"/>`)}
      <path d="M-20 -30H20L12 -4H-12z" fill="#8f6f3a"/><path d="M-7 -4H7L3 20H-3z" fill="#c9a35a"/>
      <rect x="36" y="-44" width="10" height="6" rx="3" fill="#5dff9a"/>
    </g>
    <rect width="1280" height="720" fill="url(#light)"/>`;
  },
};

/** Returns the radius of a layer of the vase. */
function radius(layer: number): number {
  return 104 + 30 * Math.sin(layer / 11 + 0.4) - layer * 0.3;
}
