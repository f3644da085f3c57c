// Judges requests by Prism's validator, made from a document as it was written (Swagger 2.0, OpenAPI 3.0 and 3.1).
//
//   node prism.cjs <node_modules>
//
// Lives for many documents, since loading Prism takes longer than most documents do. One JSON line in, one out:
//
//   {"open": <document>, "bundled": <file>}   -> {"paths": <count>} or {"unread": <why>}
//   {"convert": <file>, "to": <file>}         -> {} or {"unread": <why>}: Swagger 2.0 as OpenAPI 3.0, by swagger2openapi
//   a request to the open document            -> {"faults": [{code, message}], "unjudged": [message]}
//
// The document is written to <bundled> as one tree without outer references, for other validators.
// Prism takes a schema that does not compile for one that allows everything: that is unjudged.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const modules = path.resolve(process.argv[2]);
const load = (name) => require(path.join(modules, name));

let failures = [];
const compilers = new Set(); // they keep every schema they have seen, and names of schemas across documents
const core = load("ajv/dist/core").default;
const compile = core.prototype.compile;
core.prototype.compile = function (...given) {
  compilers.add(this);
  try {
    return compile.apply(this, given);
  } catch (problem) {
    failures.push("schema: " + String(problem.message).slice(0, 160));
    throw problem;
  }
};
const { bundleTarget, decycle } = load("@stoplight/json");
const { OPERATION_CONFIG } = load("@stoplight/http-spec/oas");
const { transformOas2Operation } = load("@stoplight/http-spec/oas2/operation");
const { transformOas3Operation } = load("@stoplight/http-spec/oas3/operation");
const { validateInput } = load("@stoplight/prism-http/dist/validator");
const RefParser = load("@stoplight/json-schema-ref-parser");
const deserializers = load("@stoplight/prism-http/dist/validator/deserializers");
const { matchPath } = load("@stoplight/prism-http/dist/router/matchPath");
const { URI } = load("uri-template-lite");
const typeIs = load("type-is");
console.log = console.error; // Ajv writes its doubts there

// Headers that HTTP, not the document, gives a meaning to.
const OWN = new Set(["accept", "accept-encoding", "authorization", "connection", "content-length", "content-type",
  "cookie", "host", "if-match", "user-agent"]);

// Prism 5.12 takes an empty query value for an absent one.
function blank(fault, query) {
  const named = /query must have required property '(.*)'$/.exec(fault.message);
  return named !== null && Object.keys(query).some((name) => name.toLowerCase() === named[1] && query[name] === "");
}

function single(params) {
  const found = {};
  for (const key of params.keys()) {
    const values = params.getAll(key);
    found[key] = values.length === 1 ? values[0] : values;
  }
  return found;
}

function texts(value) {
  if (Array.isArray(value)) return value.map((one) => String(one));
  return value === undefined ? undefined : String(value);
}

// What a server reads from a parameter, by the deserializers of the validator; undefined where they do not say.
function arrived(place, one, values, expected) {
  const style = one.style || (place === "query" ? "form" : "simple");
  const explode = one.explode === undefined ? style === "form" : one.explode;
  const list = Array.isArray(expected);
  if (list && !(style === "form" && explode) && expected.some((text) => /[,;.|= ]/.test(text))) return undefined;
  if (!list && place === "header" && style === "simple") return texts(values[one.name.toLowerCase()]);
  const read = deserializers[place][style];
  if (!read) return undefined;
  const schema = list ? { type: "array" } : { type: "string" };
  if (!list && style === "form" && values[one.name] === "") return "";
  if (!list && style !== "form" && style !== "simple" && place !== "path") return texts(values[one.name]);
  return texts(read(one.name, values, schema, explode));
}

function undeclared(operation, input, auth) {
  const request = operation.request || {};
  const said = new Set((request.query || []).map((one) => one.name));
  const nested = (request.query || []).filter((one) => one.style === "deepObject").map((one) => one.name + "[");
  const spread = (request.query || []).some((one) => {
    const kinds = [].concat((one.schema || {}).type || [], ...((one.schema || {}).oneOf || []).map((x) => x.type),
      ...((one.schema || {}).anyOf || []).map((x) => x.type), ...((one.schema || {}).allOf || []).map((x) => x.type));
    return one.explode !== false && (kinds.includes("object") || kinds.length === 0) && one.style !== "deepObject";
  });
  const headers = new Set((request.headers || []).map((one) => one.name.toLowerCase()));
  for (const alternatives of operation.security || [])
    for (const scheme of alternatives)
      if (scheme.type === "apiKey") (scheme.in === "query" ? said : headers).add(scheme.in === "query" ? scheme.name : scheme.name.toLowerCase());
  for (const [place, name] of auth) (place === "query" ? said : headers).add(place === "query" ? name : name.toLowerCase());
  const written = new URLSearchParams(String(operation.path).split("?")[1] || "");
  for (const name of written.keys()) said.add(name);
  const found = [];
  if (!spread)
    for (const name of Object.keys(input.url.query))
      if (!said.has(name) && !nested.some((one) => name.startsWith(one))) found.push("query " + name);
  for (const name of Object.keys(input.headers)) if (!OWN.has(name) && !headers.has(name)) found.push("header " + name);
  return found;
}

// The operation as Prism has it: what its getHttpOperationsFromSpec does for all of them, for one at a time.
function operationOf(opened, method, key) {
  const name = `${method} ${key}`;
  if (!opened.operations.has(name)) {
    const item = (opened.root.paths || {})[key];
    const transform = opened.root.swagger === undefined ? transformOas3Operation : transformOas2Operation;
    let made;
    if (item && item[method.toLowerCase()]) {
      made = transform({ document: opened.root, name: key, method: method.toLowerCase(), config: OPERATION_CONFIG });
      made = bundleTarget({ document: { ...opened.root, __target__: made }, path: "#/__target__", cloneDocument: false });
    }
    opened.operations.set(name, made);
  }
  return opened.operations.get(name);
}

function judge(opened, given) {
  const { method, path: key } = given.operation;
  let operation;
  try {
    operation = operationOf(opened, method, key);
  } catch (problem) {
    return { faults: [], unjudged: ["the validator cannot read the operation: " + String(problem.message).slice(0, 160)] };
  }
  if (!operation) return { faults: [], unjudged: ["the validator does not know the operation"] };
  failures = [];
  const faults = [];
  const template = key.split("?")[0].split("#")[0];
  const bytes = Buffer.from(given.body, "base64");
  const headers = { ...given.headers };
  let body = null;
  if (bytes.length) {
    headers["content-length"] = String(bytes.length);
    const kind = headers["content-type"] || "";
    if (typeIs.is(kind, ["application/json", "application/*+json"])) {
      try {
        body = JSON.parse(bytes.toString("utf8"));
      } catch (problem) {
        faults.push({ code: "body", message: "the body is no JSON" });
      }
    } else body = bytes.toString("utf8");
  }
  const query = single(new URL("http://x" + "/?" + given.query).searchParams);
  const input = { method: method.toLowerCase(), url: { path: given.path, query }, headers, body };
  const route = matchPath(given.path, template.startsWith("/") ? template : "/" + template);
  if (route._tag === "Left" || route.right === "no-match")
    faults.push({ code: "path", message: `the path does not match the template` });
  const unjudged = [];
  const named = operation.request && operation.request.body && (operation.request.body.contents || []).length;
  if (bytes.length && operation.request && operation.request.body && !named) {
    unjudged.push("the document names no media type for the body");
    delete headers["content-length"];
  }
  try {
    const verdict = validateInput({ resource: { ...operation, path: template }, element: input });
    if (verdict._tag === "Left")
      for (const one of verdict.left)
        if (one.severity === 0 && !blank(one, query)) faults.push({ code: String(one.code), message: one.message, path: one.path });
  } catch (problem) {
    unjudged.push(String(problem.message).slice(0, 160));
  }
  for (const name of undeclared(operation, input, given.auth)) faults.push({ code: "undeclared", message: `undeclared ${name}` });
  const segments = new URI.Template(template).match(given.path) || {};
  const sources = { path: segments, query, header: headers };
  for (const [place, params] of Object.entries(given.expect)) {
    for (const [name, wanted] of Object.entries(params)) {
      const listed = (operation.request || {})[place === "header" ? "headers" : place] || [];
      const one = listed.find((x) => (place === "header" ? x.name.toLowerCase() === name.toLowerCase() : x.name === name));
      if (!one || !sources[place]) continue;
      let read;
      try {
        read = arrived(place, one, sources[place], wanted);
      } catch (problem) {
        continue;
      }
      if (read === undefined) {
        if (place === "query" && !(one.style && one.style !== "form") && !(name in query))
          faults.push({ code: "arrived", message: `${place} ${name} did not arrive` });
      } else if (JSON.stringify(read) !== JSON.stringify(wanted) && JSON.stringify([].concat(read)) !== JSON.stringify([].concat(wanted)))
        faults.push({ code: "arrived", message: `${place} ${name} arrived as ${JSON.stringify(read).slice(0, 60)}, not ${JSON.stringify(wanted).slice(0, 60)}` });
    }
  }
  return { faults, unjudged: unjudged.concat(failures) };
}

async function open(document, bundled) {
  for (const one of compilers) one.removeSchema();
  const tree = await new RefParser().bundle(path.resolve(document));
  const text = JSON.stringify(tree);
  fs.writeFileSync(bundled, text);
  const root = decycle(await new RefParser().dereference(JSON.parse(text)));
  if (root.swagger === undefined && root.openapi === undefined) throw new Error("neither swagger nor openapi");
  return { root, operations: new Map() };
}

async function convert(from, to) {
  const { convertObj } = load("swagger2openapi");
  const options = { patch: true, warnOnly: true, resolveInternal: false, resolve: false, laxDefaults: true, laxurls: true, anchors: true };
  fs.writeFileSync(to, JSON.stringify((await convertObj(JSON.parse(fs.readFileSync(from, "utf8")), options)).openapi));
}

async function main() {
  let opened = null;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const given = JSON.parse(line);
    let answer = {};
    try {
      if (given.open) {
        opened = await open(given.open, given.bundled);
        answer = { paths: Object.keys(opened.root.paths || {}).length };
      } else if (given.convert) await convert(given.convert, given.to);
      else answer = judge(opened, given);
    } catch (problem) {
      answer = { unread: String(problem.message || problem).slice(0, 300) };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

main();
