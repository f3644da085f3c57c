// An MCP client of the TypeScript SDK that logs in by OAuth, steered as login_python.py is:
// node login_typescript.mjs NODE_MODULES '{"url": …, "port": …, "metadata": "", "mode": …}'
// With mode it is version 2 of the SDK (@modelcontextprotocol/client), else version 1.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [modules, text] = process.argv.slice(2);
const given = JSON.parse(text);
const require = createRequire(modules + "/");
const load = async (name) => import(pathToFileURL(require.resolve(name).replace(/\.cjs$/, ".mjs")).href);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = given.mode
  ? await load("@modelcontextprotocol/client")
  : Object.assign({}, ...await Promise.all(["index", "streamableHttp", "auth"].map((name) =>
    load(`@modelcontextprotocol/sdk/client/${name}.js`))));

const say = (message) => console.log(JSON.stringify(message));
const kept = {};
const provider = {
  redirectUrl: `http://127.0.0.1:${given.port}/callback`,
  clientMetadata: {
    client_name: "TypeScript client", redirect_uris: [`http://127.0.0.1:${given.port}/callback`],
    grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none",
  },
  ...(given.metadata ? { clientMetadataUrl: given.metadata } : {}),
  state: () => (kept.state = crypto.randomUUID()),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  redirectToAuthorization: (url) => say({ authorize: url.href }),
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  invalidateCredentials: (scope) => {
    if (scope === "all" || scope === "tokens") delete kept.tokens;
    if (scope === "all" || scope === "client") delete kept.client;
  },
};

let arrive;
createServer((request, response) => {
  const { searchParams } = new URL(request.url, provider.redirectUrl);
  response.end("OK");
  arrive(searchParams);
}).listen(given.port, "127.0.0.1");

const client = new Client(
  { name: "login", version: "1" }, given.mode ? { versionNegotiation: { mode: given.mode } } : {},
);
let transport;
const connected = async () => {
  transport = new StreamableHTTPClientTransport(new URL(given.url), { authProvider: provider });
  await client.connect(transport);
};
// Does it; where that asks a person to log in, waits for the code, connects anew and does it again.
const authorized = async (what) => {
  const answer = new Promise((resolve) => { arrive = resolve; });
  try {
    return await what();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
  }
  const came = await answer;
  if (!came.get("code")) throw new Error("refused: " + came);
  if (came.get("state") !== kept.state) throw new Error("another state");
  await transport.finishAuth(given.mode ? came : came.get("code"));
  await client.close();
  await connected();
  return what === connected ? undefined : await what();
};
const doing = {
  list: async () => (await client.listTools()).tools.map((tool) => tool.name),
  call: async (command) => {
    const result = await client.callTool({ name: command.name, arguments: command.arguments });
    const text = result.content.filter((one) => one.type === "text").map((one) => one.text).join("");
    return { text, error: result.isError === true };
  },
  many: async (command) => Promise.all(command.calls.map((one) => doing.call(one))),
  tokens: async () => ({ ...kept.tokens, client: kept.client }),
};

await authorized(connected);
say({ done: true });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.do === "close") break;
  try {
    say({ done: await authorized(() => doing[command.do](command)) });
  } catch (error) {
    say({ failed: `${error.name}: ${error.message}` });
  }
}
await client.close();
say({ done: true });
process.exit(0);
