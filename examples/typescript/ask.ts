// Asks a person of the sandbox for a policy and prints the counter's verdict. Node.js 20 or newer, nothing to install.
//
//     city --sandbox                                                 # in another terminal
//     npx --package typescript tsc --target es2022 --module nodenext examples/typescript/ask.ts
//     node examples/typescript/ask.js adult/1 jia
//
// Exit code 0 for a verdict of `passed`, 1 for any other, 2 where there was no verdict. With a real counter, the link goes
// to the citizen as a QR code or a button, and everything else stays as it is.
//
// As a bank's page would on a citizen's own phone, it names an address to come back to: that somebody has passed is then
// told to who comes back with the response code alone.

declare const process: { argv: string[]; env: Record<string, string | undefined>; exitCode: number };

interface Asked {
  transaction: string;
  link: string;
}

interface Ended {
  status: "pending" | "passed" | "refused" | "declined" | "expired";
  reference?: string;
}

interface Presented {
  outcome: string;
  redirect_uri?: string;
}

interface Problem {
  error: string;
  message: { en: string };
  detail?: string;
}

/** The counter or the sandbox said no. */
class Refused extends Error {}

const [policy, person] = process.argv.slice(2);
const counter = process.env.COUNTER ?? "http://127.0.0.1:7103";
const sandbox = process.env.SANDBOX ?? "http://127.0.0.1:7100";

async function call<T>(url: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
  const sent = body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
  const answer = await fetch(url, { ...sent, signal: AbortSignal.timeout(60_000) });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as T;
  throw new Refused(described(text) ?? `status ${answer.status}`);
}

/** A problem document (RFC 9457) in one line; what is none, such as a proxy's page, is not repeated. */
function described(text: string): string | undefined {
  try {
    const problem = JSON.parse(text) as Problem;
    return `${problem.error}: ${problem.message.en} ${problem.detail ?? ""}`.trimEnd();
  } catch {
    return undefined;
  }
}

/** Makes the request once, also where the answer to the first try is lost. */
async function ask(): Promise<Asked> {
  const key = { "idempotency-key": crypto.randomUUID() };
  const asked = { policy, reference: "example", return_to: "https://bank.example/loan" };
  try {
    return await call<Asked>(`${counter}/requests`, asked, key);
  } catch (error) {
    if (error instanceof Refused) throw error;
    return call<Asked>(`${counter}/requests`, asked, key);
  }
}

/** Waits until the request has ended; each question waits for 25 seconds at most. */
async function verdict(transaction: string, responseCode: string): Promise<Ended> {
  for (;;) {
    const code = encodeURIComponent(responseCode);
    const ended = await call<Ended>(`${counter}/transactions/${transaction}?wait=25&response_code=${code}`);
    if (ended.status !== "pending") return ended;
  }
}

async function main(): Promise<number> {
  if (!policy || !person) {
    console.error("usage: node ask.js POLICY PERSON, such as adult/1 jia");
    return 2;
  }
  const asked = await ask();
  // Here a citizen would tap the button, agree, and come back to the bank's page with the response code.
  const presented = await call<Presented>(`${sandbox}/people/${person}/present`, { link: asked.link });
  const back = presented.redirect_uri ? new URL(presented.redirect_uri).searchParams.get("response_code") : null;
  const ended = await verdict(asked.transaction, back ?? "");
  console.log(ended.status);
  return ended.status === "passed" ? 0 : 1;
}

main()
  .then((code) => (process.exitCode = code))
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  });

export {};
