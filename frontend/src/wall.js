// A wallboard that nobody watches closely must say by itself when it is old; and it has a clock.
export function keepTheWallHonest() {
  const banner = document.querySelector("[data-stale-after]");
  if (!banner) return;
  let drawnAt = Date.now();
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const tick = () => {
    banner.hidden = Date.now() - drawnAt < Number(banner.dataset.staleAfter) * 1000;
    if (!banner.hidden) banner.querySelector("[data-stale-since]").textContent = clock.format(drawnAt);
    for (const element of document.querySelectorAll("[data-clock]")) element.textContent = clock.format(Date.now());
  };
  document.addEventListener("htmx:afterSwap", () => {
    drawnAt = Date.now();
    tick();
  });
  setInterval(tick, 1000);
  tick();
}
