import { type Scene, times } from "./scene.ts";

/** Draws a garden with a bird at its feeder. */
export const garden: Scene = {
  period: 5,
  draw(time) {
    const hop = Math.abs(Math.sin(time * Math.PI * 1.2)) * (time % 2.5 < 1 ? 22 : 0);
    const sway = Math.sin((time * Math.PI * 2) / 5) * 1.6;
    return `
    <defs>
      <linearGradient id="air" x2="0" y2="1"><stop stop-color="#bcd9e6"/><stop offset="1" stop-color="#e9f0dc"/></linearGradient>
      <linearGradient id="lawn" x2="0" y2="1"><stop stop-color="#8fb35a"/><stop offset="1" stop-color="#4d7434"/></linearGradient>
      <filter id="far"><feGaussianBlur stdDeviation="7"/></filter>
    </defs>
    <rect width="1280" height="720" fill="url(#air)"/>
    <g filter="url(#far)">${times(11, (n) => `<circle cx="${n * 132 - 20}" cy="${270 + ((n * 47) % 60)}" r="${120 + ((n * 31) % 50)}" fill="${["#7a9c5b", "#668a4c", "#89ab68"][n % 3]}"/>`)}
      ${times(17, (n) => `<rect x="${n * 80 - 6}" y="330" width="68" height="130" fill="#b69c7a"/>`)}<rect y="364" width="1280" height="14" fill="#94795a"/></g>
    <rect y="446" width="1280" height="274" fill="url(#lawn)"/>
    ${times(120, (n) => `<path d="M${(n * 97) % 1280} ${500 + ((n * 61) % 220)}q3-14 8-20" stroke="#a9cc70" stroke-opacity=".5" stroke-width="3" fill="none"/>`)}
    ${times(16, (n) => `<circle cx="${(n * 173) % 1280}" cy="${520 + ((n * 89) % 180)}" r="6" fill="${n % 3 ? "#fff" : "#f4d04e"}"/>`)}
    <path d="M-20 130C260 150 460 96 760 128" stroke="#5d4632" stroke-width="24" fill="none" stroke-linecap="round"/>
    ${times(22, (n) => `<ellipse cx="${n * 36 - 10}" cy="${104 + ((n * 29) % 64)}" rx="30" ry="13" fill="${["#5b8c3e", "#72a64c", "#497434"][n % 3]}" transform="rotate(${(n * 53) % 90} ${n * 36 - 10} ${104 + ((n * 29) % 64)})"/>`)}
    <g transform="rotate(${sway} 620 120)">
      <path d="M620 122V236" stroke="#3c3c3c" stroke-width="4"/>
      <path d="M500 300L620 226L740 300z" fill="#7d3f30"/><rect x="540" y="300" width="160" height="120" fill="#e7d9bd" opacity=".6"/><rect x="552" y="352" width="136" height="68" fill="#c99b4b"/>
      <rect x="534" y="296" width="12" height="130" fill="#6b4a33"/><rect x="694" y="296" width="12" height="130" fill="#6b4a33"/><rect x="480" y="420" width="280" height="18" rx="4" fill="#6b4a33"/>
      <g transform="translate(724 ${372 - hop})">
        <path d="M-30 38q-42 12-66 6 30-14 50-30z" fill="#5c6f86"/><ellipse cx="0" cy="16" rx="44" ry="33" fill="#6f86a3"/><ellipse cx="12" cy="24" rx="30" ry="24" fill="#e9a24c"/>
        <circle cx="34" cy="-16" r="24" fill="#6f86a3"/><circle cx="41" cy="-20" r="4.5" fill="#101010"/><path d="M56 -16l20 5-20 6z" fill="#3a332a"/>
        <path d="M-34 8q30-20 52 10-26 22-52 -10z" fill="#4f6178"/><path d="M2 46v9M14 46v9" stroke="#3a332a" stroke-width="4"/></g>
    </g>`;
  },
};
