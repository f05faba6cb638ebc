// The official OpenAI client for Node against a server of ours, unchanged.
//
//   node openai_client.mjs FOLDER_OF_THE_PACKAGE BASE_URL MODEL
//
// Prints what the client saw as one line of JSON.

import { pathToFileURL } from "node:url";

const [folder, baseURL, model] = process.argv.slice(2);
const { default: OpenAI } = await import(pathToFileURL(`${folder}/index.mjs`).href);
const client = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0 });
const messages = [{ role: "user", content: "How are you today?" }];
const seen = {};

const whole = await client.chat.completions.create({ model, messages, max_tokens: 20 });
seen.text = whole.choices[0].message.content;
seen.tokens = whole.usage.completion_tokens;

const stream = await client.chat.completions.create({
  model,
  messages,
  max_tokens: 30,
  stream: true,
  stream_options: { include_usage: true },
  ignore_eos: true, // vLLM's own; the client lets further fields through.
});
seen.pieces = 0;
for await (const chunk of stream) {
  if (chunk.choices[0]?.delta?.content) seen.pieces += 1;
  if (chunk.choices[0]?.finish_reason) seen.finish = chunk.choices[0].finish_reason;
  if (chunk.usage) seen.streamed = chunk.usage.completion_tokens;
}

seen.models = [];
for await (const one of await client.models.list()) seen.models.push(one.id);

try {
  await client.chat.completions.create({ model: "nobody", messages });
} catch (error) {
  seen.unknown = { status: error.status, type: error.constructor.name };
}

// Someone who leaves in the middle.
const controller = new AbortController();
const left = await client.chat.completions.create(
  { model, messages, max_tokens: 5000, stream: true, ignore_eos: true },
  { signal: controller.signal },
);
seen.left = 0;
for await (const chunk of left) {
  seen.left += chunk.choices.length;
  if (seen.left >= 3) controller.abort();
}
console.log(JSON.stringify(seen));
