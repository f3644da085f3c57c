// A company's identity provider: npm oidc-provider with people, clients and lifetimes that a test changes while it runs.
// node oidc_provider.mjs NODE_MODULES OPTIONS; support/oidc_provider.py starts it and says what the options are.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, text] = process.argv.slice(2);
const options = JSON.parse(text);
const { default: Provider, errors } = await import(
  pathToFileURL(createRequire(modules + "/").resolve("oidc-provider")).href
);

const people = new Map();
const counts = {};
const issued = [];
const asked = [];
const count = (name) => { counts[name] = (counts[name] ?? 0) + 1; };

const clock = Date.now;
Date.now = () => clock() + 1000 * options.advance;

const privateKey = (kind, more, members) => {
  const key = generateKeyPairSync(kind, more).privateKey.export({ format: "jwk" });
  return { ...key, ...members, use: "sig", kid: randomBytes(8).toString("hex") };
};
const keys = [
  privateKey("rsa", { modulusLength: 2048 }, { alg: "RS256" }),
  privateKey("ec", { namedCurve: "P-256" }, { alg: "ES256" }),
];

const claimsOf = (id) => ({ sub: id, ...people.get(id)?.claims });
const scopesOf = (resource) => options.resources[resource];
const grantFor = (provider, ctx) => {
  const grant = new provider.Grant({
    accountId: ctx.oidc.session.accountId, clientId: ctx.oidc.client.clientId,
  });
  grant.addOIDCScope(ctx.oidc.requestParamOIDCScopes.size ? [...ctx.oidc.requestParamOIDCScopes].join(" ") : "openid");
  for (const [resource, server] of Object.entries(ctx.oidc.resourceServers ?? {})) {
    const wanted = [...ctx.oidc.requestParamScopes].filter((one) => server.scopes.has(one));
    if (wanted.length) grant.addResourceScope(resource, wanted.join(" "));
  }
  return grant;
};

const provider = new Provider(options.issuer, {
  clients: [],
  jwks: { keys },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  scopes: ["openid", "offline_access", "profile", "email"],
  claims: {
    openid: ["sub", ...options.claims],
    profile: ["name", "preferred_username"],
    email: ["email", "email_verified"],
  },
  conformIdTokenClaims: options.thin,
  findAccount: async (ctx, id) => people.has(id) ? { accountId: id, claims: async () => claimsOf(id) } : undefined,
  extraTokenClaims: async (ctx, token) => {
    const known = claimsOf(token.accountId);
    return Object.fromEntries(options.claims.filter((name) => name in known).map((name) => [name, known[name]]));
  },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: async (ctx, client, oneOf) => oneOf ?? options.audiences[client.clientId],
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, resource) => {
        if (!(resource in options.resources)) throw new errors.InvalidTarget();
        return {
          scope: scopesOf(resource), audience: resource, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } },
        };
      },
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const id = ctx.oidc.result?.consent?.grantId ?? ctx.oidc.session.grantIdFor(ctx.oidc.client.clientId);
    const known = id === undefined ? undefined : await ctx.oidc.provider.Grant.find(id);
    if (known || options.consent) return known;
    const grant = grantFor(ctx.oidc.provider, ctx);
    await grant.save();
    return grant;
  },
  issueRefreshToken: async (ctx, client, source) =>
    client.grantTypeAllowed("refresh_token") && (source.scopes.has("offline_access") || !options.strict_offline),
  rotateRefreshToken: () => options.rotate,
  pkce: { required: () => true },
  ttl: {
    AccessToken: () => options.access, AuthorizationCode: () => 60, IdToken: () => options.id_token,
    RefreshToken: () => options.refresh, Grant: () => 86400, Interaction: () => 3600, Session: () => options.session,
    ClientCredentials: () => options.access,
  },
  renderError: async (ctx, out) => {
    ctx.type = "json";
    ctx.body = out;
  },
});
const putClient = (id, given) => provider.Client.adapter.upsert(id, {
  client_id: id, grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], ...given,
});

for (const event of ["authorization.success", "authorization.error", "grant.success", "grant.error", "grant.revoked",
  "access_token.issued", "access_token.saved", "refresh_token.saved", "refresh_token.consumed",
  "authorization_code.consumed", "revocation.success", "server_error"]) {
  provider.on(event, () => count(event));
}
provider.on("server_error", (ctx, error) => console.error("server_error", error));
provider.on("grant.error", (ctx, error) => console.error("grant.error", error.error, error.error_detail ?? ""));
provider.on("grant.success", (ctx) => {
  count("grant." + ctx.oidc.params.grant_type);
  for (const name of ["access_token", "refresh_token", "id_token"]) {
    const value = ctx.body[name];
    if (value) issued.push({ kind: name, value, sub: ctx.oidc.account?.accountId, client: ctx.oidc.client.clientId });
  }
});

const escape = (value) => String(value).replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
const page = (response, status, title, body) => {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(`<!DOCTYPE html><html lang="en"><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}</html>`);
};
const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};

const FORMS = {
  login: (id) => `<form method="post" action="/interaction/${id}">
<label>Name <input name="login" required></label>
<label>Password <input name="password" type="password" required></label>
<button name="do" value="login">Sign in</button> <button name="do" value="cancel" formnovalidate>Cancel</button></form>`,
  consent: (id) => `<form method="post" action="/interaction/${id}">
<button name="do" value="consent">Continue</button> <button name="do" value="cancel">Cancel</button></form>`,
};

async function interact(request, response) {
  const details = await provider.interactionDetails(request, response);
  const { uid, prompt, params, session, grantId } = details;
  const client = await provider.Client.find(params.client_id);
  const show = (status, said) => page(
    response, status, prompt.name === "login" ? "Sign in at the company" : "Continue",
    `<p>To ${escape(client.clientName ?? client.clientId)}</p><p>${escape(said)}</p>` + FORMS[prompt.name](uid),
  );
  if (request.method !== "POST") return show(200, "");
  const form = new URLSearchParams(await bodyOf(request));
  if (form.get("do") === "cancel") {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  if (prompt.name === "login") {
    const known = people.get(form.get("login"));
    if (!known || known.password !== form.get("password")) return show(401, "Wrong name or password");
    count("login");
    return provider.interactionFinished(request, response, { login: { accountId: form.get("login") } });
  }
  const grant = (grantId && (await provider.Grant.find(grantId)))
    ?? new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (params.scope) grant.addOIDCScope(params.scope);
  for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(" "));
  }
  count("consent");
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

async function control(request, response, path) {
  const given = ["PUT", "POST"].includes(request.method) ? JSON.parse(await bodyOf(request)) : {};
  const [, , what, name] = path.split("/").map(decodeURIComponent);
  if (what === "people" && request.method === "PUT") {
    const known = people.get(name) ?? { password: "", claims: {} };
    people.set(name, { password: given.password ?? known.password, claims: { ...known.claims, ...given.claims } });
  } else if (what === "people" && request.method === "DELETE") people.delete(name);
  else if (what === "clients") await putClient(name, given);
  else if (what === "options") Object.assign(options, given);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ counts, issued, asked, people: Object.fromEntries(people) }));
}

const serve = provider.callback();
const listener = async (request, response) => {
  const path = new URL(request.url, options.issuer).pathname;
  try {
    if (path === "/auth") asked.push(Object.fromEntries(new URL(request.url, options.issuer).searchParams));
    count(path.startsWith("/interaction/") || path.startsWith("/auth/") ? path.split("/")[1] : path);
    if (options.broken[path]) {
      response.writeHead(options.broken[path]);
      return response.end();
    }
    if (path.startsWith("/interaction/")) return await interact(request, response);
    return serve(request, response);
  } catch (error) {
    console.error("failed", error);
    return page(response, error.statusCode ?? 500, "Failed", escape(error.message));
  }
};
const pem = options.certificate && readFileSync(options.certificate);
const server = pem ? createSecureServer({ key: pem, cert: pem }, listener) : createServer(listener);
server.listen(options.port, "127.0.0.1", () => createServer(async (request, response) => {
  await control(request, response, new URL(request.url, options.issuer).pathname);
}).listen(options.control, "127.0.0.1"));
