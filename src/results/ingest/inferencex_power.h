// Power and energy of a row of InferenceX, where they can be trusted.
//
// Private to ingest. Thread safety: pure functions.

#pragma once

#include "domain/spec/row.h"
#include "results/ingest/inferencex_devices.h"
#include "results/ingest/inferencex_record.h"

namespace roofscape::ingest::inferencex {

/// Sets power and joules a token of the whole deployment. What is known not to be that is left out
/// or worked out anew, with a note: a measurement that was declared invalid, one over other chips
/// than the deployment's, and the joules of a role that older disaggregated rows publish under the
/// name of the whole. REQUIRES: the row's rates are set.
void SetPower(const Record& record, const Chips& chips, bool disaggregated, spec::Row& row);

}  // namespace roofscape::ingest::inferencex
