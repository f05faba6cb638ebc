// A model's shape from the config.json that Hugging Face repositories hold. Such files know many
// dialects; this reads by their fields, not by the name of the architecture, and says what it did
// not understand.
//
// Thread safety: pure functions.

#pragma once

#include <string>
#include <vector>

#include "base/core/document.h"
#include "base/core/result.h"
#include "domain/catalog/model.h"

namespace roofscape::catalog {

struct ConvertedModel {
  Model model;
  /// What a reader must add or look at: "total_b: a configuration does not state it".
  std::vector<std::string> untold;
};

/// What the configuration cannot say of itself.
struct ConfigIdentity {
  std::string name;    // "org/Model-7B" or a plain name; the id is made of it.
  std::string source;  // What the file is called in the model's source.
  Date date;           // When it was read.
};

/// The model, or what the configuration lacks. Errors name the field.
Result<ConvertedModel> ModelFromConfig(const Document& config, const ConfigIdentity& identity);

/// The id of a model of that name: "org/Model-7B Chat" gives "model-7b-chat".
std::string IdOf(std::string_view name);

}  // namespace roofscape::catalog
