// Keeps "3 minutes ago" true while a page stays open; the server wrote the first wording with the same CLDR rules.
const units = [
  ["year", 31536000],
  ["month", 2592000],
  ["week", 604800],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export function wordsFor(moment, now, format) {
  const seconds = Math.round((moment - now) / 1000);
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return format.format(Math.round(seconds / size), unit);
}

export function tickAges(htmx) {
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "long" });
  const tick = () => {
    const now = Date.now();
    for (const element of document.querySelectorAll("time[data-age]")) {
      const words = wordsFor(Date.parse(element.dateTime), now, format);
      if (element.textContent !== words) element.textContent = words;
    }
  };
  setInterval(tick, 10000);
  document.addEventListener("visibilitychange", tick);
  htmx.onLoad(tick);
}
