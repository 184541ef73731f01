// npm's Connect client against the port: unary and server streaming, over each protocol and version.
//   node client.mjs PORT DESCRIPTORS ROOT CERTIFICATE KEY
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";

const [port, descriptors, ca, cert, key] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const service = registry.getService("entente.test.v1.EchoService");
const nodeOptions = { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
const baseUrl = `https://localhost:${port}`;

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    assert(error instanceof ConnectError, String(error));
    return error;
  }
  assert.fail("it did not fail");
}

async function check(client) {
  for (const text of ["", "Söderköping", "x".repeat(300_000)]) {
    assert.equal((await client.echo({ text })).text, text);
    assert.equal((await client.echoHeavy({ text })).text, text);
  }
  const numbers = [];
  for await (const reply of client.list({ count: 500, bytes: 1_000 })) numbers.push(reply.number);
  assert.deepEqual(numbers, Array.from({ length: 500 }, (_, i) => i + 1));
  const failed = await refusal(() => client.echo({ failCode: 3 }));
  assert.equal(failed.code, Code.InvalidArgument);
  assert.equal(failed.rawMessage, "as asked: 100 % ✓");
  assert(failed.details.length >= 1);
  const cut = await refusal(async () => {
    for await (const _ of client.list({ count: 2, failCode: 9 }));
  });
  assert.equal(cut.code, Code.FailedPrecondition);
  const late = await refusal(() => client.echoHeavy({ sleepMs: 5_000 }, { timeoutMs: 300 }));
  assert.equal(late.code, Code.DeadlineExceeded);
}

for (const httpVersion of ["1.1", "2"]) {
  for (const useBinaryFormat of [false, true]) {
    await check(createClient(service, createConnectTransport({ baseUrl, httpVersion, useBinaryFormat, nodeOptions })));
    console.log("connect", httpVersion, useBinaryFormat ? "protobuf" : "json");
  }
}
const useHttpGet = createConnectTransport({ baseUrl, httpVersion: "2", useHttpGet: true, nodeOptions });
assert.equal((await createClient(service, useHttpGet).echo({ text: "a&b=ü" })).text, "a&b=ü");
console.log("connect get");
await check(createClient(service, createGrpcTransport({ baseUrl, nodeOptions })));
console.log("grpc");
process.exit(0);
