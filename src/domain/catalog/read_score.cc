#include "domain/catalog/read.h"

namespace roofscape::catalog {
namespace {

Score ReadRow(ObjectReader& reader) {
  Score score;
  reader.Required("weights", score.weights);
  reader.Optional("model", score.model);
  ReadDate(reader, "released", score.released);
  reader.Required("score", score.score);
  reader.Optional("error", score.error);
  reader.Optional("mode", score.mode);
  reader.Optional("question_tokens", score.question_tokens);
  reader.Optional("estimated", score.estimated);
  reader.Optional("source", score.source);
  reader.Optional("note", score.note);
  return score;
}

}  // namespace

Result<Eval> ReadEval(const Document& document) {
  Eval eval;
  ObjectReader reader(document);
  eval.entry = ReadEntry(reader, document);
  reader.Optional("measures", eval.measures);
  reader.Required("family", eval.family);
  reader.Optional("harness", eval.harness);
  reader.Required("comparable", eval.comparable);
  ReadDate(reader, "saturated", eval.saturated);
  reader.Optional("saturated_because", eval.saturated_because);
  eval.scores = reader.ReadEach("scores", ReadRow);
  RS_RETURN_IF_ERROR(reader.Finish());
  return eval;
}

}  // namespace roofscape::catalog
