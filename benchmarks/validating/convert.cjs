// Converts a Swagger 2.0 document to OpenAPI 3.0 by npm swagger2openapi: node convert.cjs <node_modules> <in.json> <out.json>
"use strict";
const fs = require("fs");
const path = require("path");
const { convertObj } = require(path.join(path.resolve(process.argv[2]), "swagger2openapi"));
const root = JSON.parse(fs.readFileSync(process.argv[3], "utf8"));
convertObj(root, { patch: true, warnOnly: true, resolveInternal: false, resolve: false, laxDefaults: true, laxurls: true, anchors: true })
  .then((done) => fs.writeFileSync(process.argv[4], JSON.stringify(done.openapi)))
  .catch((problem) => { console.error(String(problem.message).slice(0, 300)); process.exit(1); });
