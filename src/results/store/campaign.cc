#include "results/store/campaign.h"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "results/store/sql_store.h"

namespace roofscape::store {

Result<std::optional<std::int64_t>> FindCampaign(Database& database, std::string_view name) {
  RS_ASSIGN_OR_RETURN(Statement query, database.Prepare("SELECT id FROM campaign WHERE name = ?"));
  RS_ASSIGN_OR_RETURN(const bool found, query.Bind(name).Step());
  return found ? std::optional(query.Int(0)) : std::nullopt;
}

Result<std::int64_t> AddCampaign(Database& database, const Campaign& campaign) {
  RS_ASSIGN_OR_RETURN(const std::int64_t id,
                      database.Int("SELECT COALESCE(MAX(id), 0) + 1 FROM campaign"));
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database.Prepare("INSERT INTO campaign (id, name, purpose, started_us) "
                                       "VALUES (?, ?, ?, ?)"));
  RS_RETURN_IF_ERROR(insert.Bind(id)
                         .Bind(std::string_view(campaign.name))
                         .Bind(std::string_view(campaign.purpose))
                         .Bind(campaign.started.unix_us)
                         .Run());
  RS_ASSIGN_OR_RETURN(Statement label,
                      database.Prepare("INSERT INTO campaign_label (campaign_id, name, value) "
                                       "VALUES (?, ?, ?)"));
  for (const auto& [name, value] : campaign.labels) {
    RS_RETURN_IF_ERROR(
        label.Bind(id).Bind(std::string_view(name)).Bind(std::string_view(value)).Run());
  }
  return id;
}

Result<> SqlStore::MakeCampaign(const Campaign& campaign) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(const auto there, FindCampaign(*database_, campaign.name));
  if (there) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("campaign '{}': is there already, and nothing of it can be changed: "
                             "take another name, or leave purpose and labels away",
                             campaign.name)};
  }
  RS_RETURN_IF_ERROR(AddCampaign(*database_, campaign));
  return transaction.Commit();
}

Result<> SqlStore::JoinCampaign(const std::string& name, std::span<const std::string> run_ids) {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Write(*database_, Durability::kPower));
  RS_ASSIGN_OR_RETURN(const auto id, FindCampaign(*database_, name));
  if (!id) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("campaign '{}': there is none of that name. All of them: roofscape "
                             "campaigns",
                             name)};
  }
  RS_ASSIGN_OR_RETURN(Statement insert,
                      database_->Prepare("INSERT INTO campaign_run (campaign_id, run_id) "
                                         "VALUES (?, ?) ON CONFLICT DO NOTHING"));
  for (const std::string& run : run_ids) {
    RS_RETURN_IF_ERROR(insert.Bind(*id).Bind(std::string_view(run)).Run());
  }
  return transaction.Commit();
}

Result<std::vector<Campaign>> SqlStore::Campaigns() {
  const std::scoped_lock lock(mutex_);
  RS_ASSIGN_OR_RETURN(const Transaction view, Transaction::Read(*database_));
  RS_ASSIGN_OR_RETURN(
      Statement query,
      database_->Prepare("SELECT c.id, c.name, c.purpose, c.started_us, "
                         "(SELECT COUNT(*) FROM campaign_run AS r WHERE r.campaign_id = c.id), "
                         "(SELECT COUNT(*) FROM campaign_point AS p WHERE p.campaign_id = c.id) "
                         "FROM campaign AS c ORDER BY c.started_us DESC, c.id DESC"));
  std::vector<std::int64_t> ids;
  std::vector<Campaign> campaigns;
  while (true) {
    RS_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) break;
    ids.push_back(query.Int(0));
    campaigns.push_back(
        {query.Text(1), query.Text(2), WallTime{query.Int(3)}, {}, query.Int(4), query.Int(5)});
  }
  RS_ASSIGN_OR_RETURN(
      Statement labels,
      database_->Prepare("SELECT name, value FROM campaign_label WHERE campaign_id = ?"));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    labels.Bind(ids[i]);
    while (true) {
      RS_ASSIGN_OR_RETURN(const bool row, labels.Step());
      if (!row) break;
      campaigns[i].labels[labels.Text(0)] = labels.Text(1);
    }
    labels.Reset();
  }
  return campaigns;
}

}  // namespace roofscape::store
