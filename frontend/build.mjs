// Builds what a browser loads into csp_portal/static/dist: portal.css, portal.js, icons.svg, favicon.svg.
// Django's static files storage gives each of them a hashed name; here the names stay as they are.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { watch } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import * as sass from "sass";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, "frontend", "src");
const target = path.join(root, "csp_portal", "static", "dist");
const packages = path.join(root, "node_modules");

async function buildStyles() {
  const { css } = sass.compile(path.join(source, "portal.scss"), { loadPaths: [packages], quietDeps: true });
  // No target: the browser resolves light-dark() and color-mix(), which is how the theme changes without a script.
  const { code } = await esbuild.transform(css, { loader: "css", minify: true });
  await writeFile(path.join(target, "portal.css"), code);
}

async function buildScript() {
  await esbuild.build({
    entryPoints: [path.join(source, "portal.js")],
    outfile: path.join(target, "portal.js"),
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
}

// "check" is outline/check.svg; "star-filled" is filled/star.svg.
async function symbolOf(name) {
  const filled = name.endsWith("-filled");
  const file = path.join(packages, "@tabler/icons/icons", filled ? `filled/${name.slice(0, -7)}.svg` : `outline/${name}.svg`);
  const svg = await readFile(file, "utf8").catch(() => {
    throw new Error(`frontend/icons.json names "${name}", which @tabler/icons does not have.`);
  });
  const shapes = svg
    .slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
    .replace(/\s*\n\s*/g, "");
  const paint = filled
    ? 'fill="currentColor" stroke="none"'
    : 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${shapes}</symbol>`;
}

async function buildIcons() {
  const names = JSON.parse(await readFile(path.join(root, "frontend", "icons.json"), "utf8"));
  const symbols = await Promise.all(names.map(symbolOf));
  await writeFile(path.join(target, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

async function build() {
  await mkdir(target, { recursive: true });
  await Promise.all([buildStyles(), buildScript(), buildIcons(), copyFile(path.join(source, "favicon.svg"), path.join(target, "favicon.svg"))]);
}

function rebuildOnChange() {
  let pending;
  watch(path.join(root, "frontend"), { recursive: true }, () => {
    clearTimeout(pending);
    pending = setTimeout(() => build().catch((error) => console.error(error.message)), 100);
  });
}

await build();
if (process.argv.includes("--watch")) rebuildOnChange();
