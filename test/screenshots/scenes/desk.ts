import { type Scene, times } from "./scene.ts";

const colors = ["#7cc4ff", "#c8a6ff", "#8fe3b0", "#f2c879", "#d7dbe2"];

/** Draws a desk in the evening: a lamp, a steaming mug, and a screen whose text scrolls. */
export const desk: Scene = {
  period: 6,
  draw: (time) => `
    <defs>
      <linearGradient id="paint" x2="1" y2="1"><stop stop-color="#5d6f78"/><stop offset="1" stop-color="#2f3a43"/></linearGradient>
      <linearGradient id="wood" x2="0" y2="1"><stop stop-color="#b27d4c"/><stop offset="1" stop-color="#7a4f2b"/></linearGradient>
      <radialGradient id="glow" cx=".21" cy=".36" r=".6"><stop stop-color="#ffdf9e" stop-opacity=".85"/><stop offset=".35" stop-color="#ffce85" stop-opacity=".28"/><stop offset="1" stop-color="#ffce85" stop-opacity="0"/></radialGradient>
      <linearGradient id="night" x2="0" y2="1"><stop stop-color="#24365c"/><stop offset="1" stop-color="#b0718a"/></linearGradient>
      <clipPath id="screen"><rect x="486" y="186" width="508" height="286" rx="4"/></clipPath>
    </defs>
    <rect width="1280" height="720" fill="url(#paint)"/>
    <rect x="1030" y="40" width="220" height="300" fill="#e7e2d8"/><rect x="1042" y="52" width="196" height="276" fill="url(#night)"/><path d="M1140 52V328M1042 190H1238" stroke="#e7e2d8" stroke-width="8"/>
    <rect x="60" y="90" width="330" height="14" rx="3" fill="#6b4527"/>
    ${times(9, (n) => `<rect x="${78 + n * 25 + (n > 5 ? 18 : 0)}" y="${90 - 66 - ((n * 13) % 20)}" width="22" height="${66 + ((n * 13) % 20)}" fill="${["#8c3b3b", "#d9c9a3", "#3c5a6d", "#47603f", "#a4693a", "#29303a"][n % 6]}"/>`)}
    <rect y="520" width="1280" height="200" fill="url(#wood)"/><rect y="520" width="1280" height="8" fill="#d4a06c" opacity=".6"/>
    ${times(6, (n) => `<path d="M0 ${556 + n * 30}C300 ${548 + n * 30} 700 ${570 + n * 30} 1280 ${554 + n * 30}" stroke="#5f3b1c" stroke-opacity=".25" stroke-width="2" fill="none"/>`)}
    <path d="M690 480h100l14 52H676z" fill="#24272c"/><ellipse cx="740" cy="538" rx="120" ry="13" fill="#1a1c20"/>
    <rect x="470" y="170" width="540" height="318" rx="12" fill="#15171a"/><rect x="486" y="186" width="508" height="286" rx="4" fill="#1d2330"/>
    <g clip-path="url(#screen)">${code(time)}<rect x="486" y="186" width="508" height="26" fill="#2a3242"/>
      ${["#ff5f57", "#febc2e", "#28c840"].map((fill, n) => `<circle cx="${504 + n * 20}" cy="199" r="6" fill="${fill}"/>`).join("")}</g>
    <path d="M560 586h360l34 66H526z" fill="#24272c"/>
    ${times(4, (row) => times(15, (n) => `<rect x="${568 - row * 8 + n * (22.6 + row * 1.05)}" y="${592 + row * 14.5}" width="${18 + row}" height="10" rx="2.5" fill="#4a4f57"/>`))}
    <path d="M1000 622q4-32 30-32t30 32-30 36-30-36z" fill="#2b2e34"/>
    <ellipse cx="250" cy="612" rx="92" ry="16" fill="#20242a"/><path d="M250 606L196 420L300 300" stroke="#20242a" stroke-width="12" fill="none" stroke-linejoin="round"/><path d="M300 300L214 262L196 330z" fill="#c8553d"/><ellipse cx="240" cy="312" rx="30" ry="14" fill="#fff4d2" transform="rotate(-25 240 312)"/>
    <ellipse cx="1130" cy="640" rx="66" ry="12" fill="#000" opacity=".3"/><path d="M1074 548H1186L1176 640H1084z" fill="#e9e4da"/><path d="M1184 566q44 2 34 34t-40 20" stroke="#e9e4da" stroke-width="13" fill="none"/><ellipse cx="1130" cy="548" rx="56" ry="11" fill="#4b2f1d"/>
    ${times(3, (n) => `<path d="M${1104 + n * 26} 536q${14 * Math.sin(time * ((Math.PI * 2) / 3) + n)} -34 0 -60t${10 * Math.sin(time * ((Math.PI * 2) / 3) + n + 2)} -50" stroke="#fff" stroke-opacity=".16" stroke-width="9" fill="none" stroke-linecap="round"/>`)}
    <path d="M60 600h96l-12 74H72z" fill="#a8583a"/>${times(7, (n) => `<path d="M108 600Q${20 + n * 29} ${500 - (n % 3) * 30} ${10 + n * 33} ${486 + Math.abs(n - 3) * 34}Q${60 + n * 18} 540 108 600z" fill="${n % 2 ? "#4f7d4a" : "#3d6640"}"/>`)}
    <rect width="1280" height="720" fill="url(#glow)"/>`,
};

/** Draws lines of a program, which scroll one line in two seconds. */
function code(time: number): string {
  const shift = (time / 2) % 3;
  return times(17, (n) => {
    const line = n % 3;
    const y = 226 + (n - shift) * 18;
    const indent = [0, 26, 52][line] ?? 0;
    return times(3 + line, (part) => {
      const width = 34 + ((line * 31 + part * 47) % 70);
      return `<rect x="${504 + indent + part * 92}" y="${y}" width="${width}" height="8" rx="4" fill="${colors[(line + part * 2) % 5]}" opacity=".8"/>`;
    });
  });
}
