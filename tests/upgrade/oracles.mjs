// Swagger 2.0 to OpenAPI 3.0 by others: node oracles.mjs <node_modules> <swagger2openapi|scalar> <folder>
// Converts every <folder>/*.json into <folder>/<name>.<oracle>; one that fails gives {"failed": why}.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, oracle, folder] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x.js"));
let convert;
if (oracle === "swagger2openapi") {
  const { convertObj } = require("swagger2openapi");
  const options = { patch: true, warnOnly: true, resolve: false, resolveInternal: false, laxDefaults: true, laxurls: true };
  convert = async (root) => (await convertObj(root, options)).openapi;
} else {
  const entry = path.resolve(modules, "@scalar/openapi-upgrader/dist/2.0-to-3.0/index.js");
  const { upgradeFromTwoToThree } = await import(pathToFileURL(entry));
  convert = async (root) => upgradeFromTwoToThree(root);
}
for (const name of fs.readdirSync(folder).filter((one) => one.endsWith(".json"))) {
  let made;
  try {
    made = await convert(JSON.parse(fs.readFileSync(path.join(folder, name), "utf8")));
  } catch (problem) {
    made = { failed: String(problem.message).slice(0, 200) };
  }
  fs.writeFileSync(path.join(folder, name.replace(/\.json$/, "." + oracle)), JSON.stringify(made));
}
