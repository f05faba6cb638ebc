// Runs that are started here: a form, and what became of them. Only where the server allows it.
import { useState, type FormEvent } from "react";
import { hrefOf } from "../../app/location";
import { Link } from "../../app/link";
import { Refusal } from "../../data/source";
import { keepToken, token } from "../../data/token";
import type { BenchRequest, QueueEntry } from "../../data/types";
import { useKnown } from "../../data/use";
import { counted, moment } from "../../format/numbers";

const APIS = ["chat", "completions", "responses", "messages", "sglang", "tgi", "llamacpp"];
const OPEN = ["waiting", "running"];

/** "1, 2,4" -> [1, 2, 4]; what is no number is left for the server to refuse, by name. */
export function loadsOf(text: string): number[] {
  return text.split(",").map((one) => one.trim()).filter(Boolean).map((one) => (Number.isFinite(Number(one)) ? Number(one) : (one as unknown as number)));
}

/** The form's words as the API has them: an empty field is one that says nothing. */
export function requestOf(fields: FormData): BenchRequest {
  const text = (name: string) => String(fields.get(name) ?? "").trim() || null;
  const number = (name: string) => (text(name) === null ? null : Number(text(name)));
  return {
    url: text("url") ?? "", api: text("api"), model: text("model"), concurrency: loadsOf(text("concurrency") ?? ""),
    input_tokens: number("input_tokens"), output_tokens: number("output_tokens"), chip: text("chip"), chips: number("chips"),
  };
}

function refusalOf(why: unknown): Refusal {
  return why instanceof Refusal ? why : new Refusal("internal", String(why));
}

interface QueueProps {
  entries: QueueEntry[];
  /** After something was changed: `live` comes with the next event, this asks at once. */
  onChange: () => void;
}

export function Queue({ entries, onChange }: QueueProps) {
  const { source } = useKnown();
  const [failure, setFailure] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [asksToken, setAsksToken] = useState(token() === "");
  const change = async (work: (signal: AbortSignal) => Promise<unknown>) => {
    setBusy(true);
    setFailure(null);
    try {
      await work(new AbortController().signal);
      setAsksToken(false);
      onChange();
    } catch (why) {
      const refusal = refusalOf(why);
      if (refusal.code === "unauthorized") setAsksToken(true);
      setFailure(refusal);
    }
    setBusy(false);
  };
  const start = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const given = String(fields.get("token") ?? "").trim();
    if (given) keepToken(given);
    void change((signal) => source.startRun(requestOf(fields), signal));
  };
  return (
    <section>
      <div className="section-head"><h2>Start a run</h2></div>
      <form className="controls" aria-label="Start a run" onSubmit={start}>
        <Text name="url" label="Server on this machine" value="http://127.0.0.1:8000" required />
        <label className="field">
          <span>API</span>
          <select name="api">{APIS.map((api) => <option key={api}>{api}</option>)}</select>
        </label>
        <Text name="model" label="Model" placeholder="the first it lists" />
        <Text name="concurrency" label="Users at once" value="1,2,4,8,16" required />
        <Text name="input_tokens" label="Input tokens" value="1024" kind="number" />
        <Text name="output_tokens" label="Output tokens" value="1024" kind="number" />
        <Text name="chip" label="Chip" placeholder="not told" />
        <Text name="chips" label="Chips" placeholder="not told" kind="number" />
        {asksToken && <Text name="token" label="Token that serve showed" kind="password" required />}
        <button className="btn primary" disabled={busy}>Measure</button>
      </form>
      <p className="note">Runs wait for one another: two at once on one machine spoil each other.</p>
      {failure && <div className="says bad" role="alert"><p><strong>Not done.</strong> {failure.message}</p></div>}
      {entries.length > 0 && (
        <ul className="list" aria-label="Runs started here">
          {[...entries].reverse().map((entry) => (
            <li key={entry.id}>
              <Entry entry={entry} />
              {OPEN.includes(entry.state) && !asksToken && (
                <> <button className="btn" disabled={busy} onClick={() => void change((signal) => source.cancelRun(entry.id, signal))}>
                  {entry.state === "waiting" ? "Take off" : "Stop"}<span className="sr"> {entry.bench.url}</span>
                </button></>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Entry({ entry }: { entry: QueueEntry }) {
  const loads = entry.bench.rate_rps?.length ? `${entry.bench.rate_rps.join(", ")} requests/s` : counted(entry.bench.concurrency?.length ?? 0, "load");
  const bad = entry.state === "failed";
  return (
    <>
      <b>{entry.bench.url}</b> {loads}, asked {moment(entry.asked)}: <span className={bad ? "bad" : undefined}>{entry.state}</span>
      {entry.message && <> <span className="quiet">{entry.message}</span></>}
      {entry.run && <> <Link href={hrefOf("runs", { run: entry.run })}>the run</Link></>}
    </>
  );
}

interface TextProps {
  name: string;
  label: string;
  value?: string;
  placeholder?: string;
  kind?: "text" | "number" | "password";
  required?: boolean;
}

function Text({ name, label, value, placeholder, kind = "text", required }: TextProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input name={name} type={kind} defaultValue={value} placeholder={placeholder} required={required} min={kind === "number" ? 1 : undefined} autoComplete="off" />
    </label>
  );
}
