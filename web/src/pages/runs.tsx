import { useQuery } from "../app/location";
import { RunPage } from "./run";
import { RunList } from "./run_list";

/** The list, or one run of it. */
export default function RunsPage() {
  const [query] = useQuery();
  const run = query.get("run");
  return run ? <RunPage id={run} /> : <RunList />;
}
