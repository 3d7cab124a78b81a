// Calls the AWS SDK for JavaScript: one JSON object a line in, one out. Driven by tests/clients/drivers.py.
import * as iam from "@aws-sdk/client-iam";
import * as sts from "@aws-sdk/client-sts";
import { createInterface } from "node:readline";

const services = { iam: [iam, iam.IAMClient], sts: [sts, sts.STSClient] };
const clients = new Map();

function client(service, options) {
  const key = JSON.stringify([service, options]);
  if (!clients.has(key)) {
    const [, Client] = services[service];
    clients.set(key, new Client({ ...options, maxAttempts: 1 }));
  }
  return clients.get(key);
}

async function call({ service, operation, params, options }) {
  const [sdk] = services[service];
  return client(service, options).send(new sdk[`${operation}Command`](params));
}

async function paginate({ service, operation, params, options, pageSize }) {
  const [sdk] = services[service];
  const pages = [];
  for await (const page of sdk[`paginate${operation}`]({ client: client(service, options), pageSize }, params)) {
    pages.push(page);
  }
  return pages;
}

async function wait({ service, waiter, params, options }) {
  const [sdk] = services[service];
  return sdk[`waitUntil${waiter}`]({ client: client(service, options), maxWaitTime: 5, minDelay: 1 }, params);
}

const acts = { call, paginate, wait };

// The commands, pages and waiters that the SDK has, so that a test can ask for each.
function has({ service, name }) {
  return name in services[service][0];
}

function plain(key, value) {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let said;
  try {
    said = { answer: asked.act === "has" ? has(asked) : await acts[asked.act](asked) };
  } catch (error) {
    const known = error.$metadata !== undefined && error.$fault !== undefined;
    said = known
      ? {
          refused: {
            code: error.Code ?? error.Error?.Code ?? error.name,
            name: error.name,
            message: error.message,
            status: error.$metadata.httpStatusCode,
            requestId: error.$metadata.requestId,
          },
        }
      : { broken: `${error.stack ?? error}` };
  }
  process.stdout.write(JSON.stringify(said, plain) + "\n");
}
