// Campaigns in the tables of either half of the store.
//
// Private to store/. Errors: as Database. Thread safety: as Database.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/core/clock.h"
#include "base/core/result.h"
#include "results/store/db.h"
#include "results/store/store.h"

namespace roofscape::store {

/// For a row called r with the columns of a point's key; one parameter, the campaign's name.
inline constexpr std::string_view kOfCampaign =
    "EXISTS (SELECT 1 FROM campaign_point AS m JOIN campaign AS c ON c.id = m.campaign_id "
    "WHERE c.name = ? AND m.key_high = r.key_high AND m.key_low = r.key_low)";

Result<std::optional<std::int64_t>> FindCampaign(Database& database, std::string_view name);

/// Its id. REQUIRES: a write transaction; there is none of that name.
Result<std::int64_t> AddCampaign(Database& database, const Campaign& campaign);

}  // namespace roofscape::store
