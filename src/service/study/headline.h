// What a study found, in one sentence with its figures.
//
// Thread safety: pure functions.

#pragma once

#include <string>

#include "service/study/attribution.h"
#include "service/study/fabrics.h"
#include "service/study/joint.h"
#include "service/study/machines.h"
#include "service/study/portability.h"
#include "service/study/what_if.h"

namespace roofscape::study {

std::string Headline(const AttributionTable& t);
std::string Headline(const PortabilityTable& t);
std::string Headline(const MachinesTable& t);
std::string Headline(const FabricsTable& t);
std::string Headline(const JointTable& t);
std::string Headline(const WhatIfTable& t);

}  // namespace roofscape::study
