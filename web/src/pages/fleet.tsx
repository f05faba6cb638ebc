import { useQuery } from "../app/location";
import { CampaignPage } from "./fleet/campaign";
import { EntryPage } from "./fleet/entry";
import { Overview } from "./fleet/overview";

/** Campaigns and entries, or one of either. */
export default function FleetPage() {
  const [query] = useQuery();
  const campaign = query.get("campaign");
  const entry = query.get("entry");
  if (campaign) return <CampaignPage key={campaign} name={campaign} />;
  if (entry) return <EntryPage key={entry} name={entry} />;
  return <Overview />;
}
