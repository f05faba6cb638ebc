// The official OpenAI client for Node against a server of ours, unchanged.
//
//   node openai_client.mjs FOLDER_OF_THE_PACKAGE BASE_URL MODEL [retry]
//
// Prints what the client saw as one line of JSON. With `retry` only whether a client that may try
// again gets its answers from a server that refuses now and then.

import { pathToFileURL } from "node:url";

const [folder, baseURL, model, mode] = process.argv.slice(2);
const { default: OpenAI } = await import(pathToFileURL(`${folder}/index.mjs`).href);
const client = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0 });
const messages = [{ role: "user", content: "How are you today?" }];
const seen = {};

async function errorOf(call) {
  try {
    await call();
  } catch (error) {
    const { status, code, param, message } = error;
    return { status, code, param, message, type: error.constructor.name };
  }
  return null;
}

async function answersInOnePiece() {
  // Without a limit the model ends by itself.
  const whole = await client.chat.completions.create({ model, messages });
  seen.text = whole.choices[0].message.content;
  seen.ended = whole.choices[0].finish_reason;
  seen.usage = whole.usage;
  // It knows no tools: whoever offers some gets a text.
  const parameters = { type: "object", properties: {} };
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const offered = await client.chat.completions.create({ model, messages, tools, max_tokens: 9 });
  seen.calls = offered.choices[0].message.tool_calls ?? [];
  const plain = await client.completions.create({ model, prompt: ["one two three"] });
  seen.plain = [plain.choices[0].finish_reason, plain.usage.prompt_tokens];
  const response = await client.responses.create({
    model,
    input: "Say something.",
    max_output_tokens: 12,
  });
  seen.response = [response.status, response.output_text.length, response.usage.output_tokens];
}

async function streams() {
  const ask = { model, messages, max_tokens: 30, ignore_eos: true }; // The last is vLLM's own.
  const stream = await client.chat.completions.create({
    ...ask,
    stream: true,
    stream_options: { include_usage: true },
  });
  seen.pieces = 0;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta?.content) seen.pieces += 1;
    if (chunk.choices[0]?.finish_reason) seen.finish = chunk.choices[0].finish_reason;
    if (chunk.usage) seen.streamed = chunk.usage.completion_tokens;
  }
  seen.unasked = 0;
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
    if (chunk.usage) seen.unasked += 1;
  }
  // The helper that puts the chunks together again.
  const put = await client.chat.completions.stream(ask).finalChatCompletion();
  seen.put = [put.choices[0].finish_reason, put.choices[0].message.content.length > 30];
  seen.deltas = 0;
  for await (const event of await client.responses.create({
    model,
    input: "Say something.",
    max_output_tokens: 12,
    ignore_eos: true,
    stream: true,
  })) {
    if (event.type === "response.output_text.delta") seen.deltas += 1;
  }
}

async function errors() {
  const chat = (ask) => client.chat.completions.create({ model, messages, ...ask });
  seen.unknown = await errorOf(() => chat({ model: "nobody" }));
  seen.long = await errorOf(() => chat({ max_tokens: 900_000 }));
  seen.wrong = await errorOf(() => chat({ max_tokens: "many" }));
  seen.path = await errorOf(() => client.embeddings.create({ model, input: "a" }));
  const slow = { max_tokens: 5000, ignore_eos: true };
  seen.late = await errorOf(() => client.chat.completions.create(
    { model, messages, ...slow }, { timeout: 300 }));
  // Someone who leaves in the middle.
  const controller = new AbortController();
  const left = await client.chat.completions.create(
    { model, messages, stream: true, ...slow }, { signal: controller.signal });
  seen.left = 0;
  for await (const chunk of left) {
    seen.left += chunk.choices.length;
    if (seen.left >= 3) controller.abort();
  }
}

async function retries() {
  const patient = new OpenAI({ apiKey: "none", baseURL, maxRetries: 10 });
  seen.answered = 0;
  for (let i = 0; i < 6; ++i) {
    const answer = await patient.chat.completions.create({ model, messages, max_tokens: 2 });
    seen.answered += answer.choices.length;
  }
}

if (mode === "retry") {
  await retries();
} else {
  seen.models = [];
  for await (const one of await client.models.list()) seen.models.push(one.id);
  await answersInOnePiece();
  await streams();
  await errors();
}
console.log(JSON.stringify(seen));
