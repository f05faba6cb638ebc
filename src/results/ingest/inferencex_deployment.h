// What served a row of InferenceX: names as the catalog has them, roles, and its part of the key
// that tells rows apart.
//
// Private to ingest. Thread safety: pure functions but for the caches of Names.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/spec/row.h"
#include "results/ingest/inferencex_devices.h"
#include "results/ingest/inferencex_record.h"
#include "results/ingest/names.h"

namespace roofscape::ingest::inferencex {

/// Sets chip, model, engine, precision and speculative decoding, and says what is known of the
/// engine's name. Null: the record's problem says why not.
const EngineName* NameDeployment(Record& record, Names& names, spec::Deployment& deployment);

/// The address of the run and its attempt; empty where it is not told.
std::string RunUrl(const Record& record);

std::vector<spec::Role> RolesOf(const Record& record, const Chips& chips, bool disaggregated);

/// Notes that other counts of chips were published.
void NoteChips(const Record& record, const Chips& chips, bool disaggregated,
               std::vector<spec::Correction>& corrections);

/// Names as published, where the catalog has others.
void KeepNames(const Record& record, const spec::Deployment& deployment,
               std::map<std::string, std::string>& facts);

/// Adds to a key what tells deployments apart: names, and degrees of the roles. Chip counts are
/// left out, since artifacts have none.
void AddDeployment(const Record& record, const spec::Deployment& deployment, bool disaggregated,
                   std::string& key);

}  // namespace roofscape::ingest::inferencex
