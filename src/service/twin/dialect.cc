#include "service/twin/dialect.h"

#include <array>

#include "base/core/check.h"

namespace roofscape::twin {
namespace {

template <class... Apis>
constexpr std::uint32_t Bits(Apis... apis) {
  return ((1U << static_cast<unsigned>(apis)) | ...);
}

constexpr std::uint32_t kOpenAiApis = Bits(Api::kCompletions, Api::kChat);
constexpr std::uint32_t kNewApis = kOpenAiApis | Bits(Api::kResponses, Api::kMessages);

constexpr std::string_view kUsage =
    R"({"prompt_tokens":%p,"total_tokens":%t,"completion_tokens":%c})";
constexpr std::string_view kUsageCached =
    R"({"prompt_tokens":%p,"total_tokens":%t,"completion_tokens":%c,)"
    R"("prompt_tokens_details":{"cached_tokens":%k}})";

constexpr Dialect Golden() {
  Dialect d;
  d.name = DialectName::kGolden;
  d.owned_by = "roofscape";
  d.version = "1";
  d.apis = kNewApis | Bits(Api::kSglang, Api::kTgi, Api::kLlamaCpp);
  d.chat.chunk = R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
                 R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F%g}%}]%U})";
  d.chat.role = R"("role":"assistant"%C)";
  d.chat.answer[0] = R"("content":")";
  d.chat.answer[1] = "\"";
  d.chat.reasoning[0] = R"("reasoning_content":")";
  d.chat.reasoning[1] = "\"";
  d.chat.role_style = RoleStyle::kEmpty;
  d.completions.chunk = d.chat.chunk;
  d.completions.answer[0] = R"("text":")";
  d.completions.answer[1] = "\"";
  d.completions.finish_delta = R"("text":"")";
  d.usage = kUsage;
  d.usage_cached = kUsageCached;
  d.honours_eos = false;
  d.early_message = true;
  return d;
}

constexpr Dialect OpenAi() {
  Dialect d = Golden();
  d.name = DialectName::kOpenAi;
  d.owned_by = "openai";
  d.apis = kNewApis;
  d.chat.chunk =
      R"({"id":%I,"object":"%O","created":1700000000,"model":%M,"service_tier":"default",)"
      R"("system_fingerprint":null,)"
      R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F}%}]%U%X})";
  d.chat.id_prefix = "chatcmpl-";
  d.chat.role = R"("role":"assistant"%C,"refusal":null)";
  d.chat.finish = FinishStyle::kSeparate;
  d.chat.null_usage = NullUsage::kWhenAsked;
  d.completions.chunk =
      R"({"id":%I,"object":"%O","created":1700000000,)"
      R"("choices":[%{{%D,"index":0,"logprobs":null,"finish_reason":%F}%}],"model":%M%U})";
  d.completions.id_prefix = "cmpl-";
  d.completions.finish = FinishStyle::kSeparate;
  d.completions.null_usage = NullUsage::kWhenAsked;
  d.usage = R"({"prompt_tokens":%p,"completion_tokens":%c,"total_tokens":%t,)"
            R"("prompt_tokens_details":{"cached_tokens":%k,"audio_tokens":0},)"
            R"("completion_tokens_details":{"reasoning_tokens":%r,"audio_tokens":0,)"
            R"("accepted_prediction_tokens":0,"rejected_prediction_tokens":0}})";
  d.usage_cached = d.usage;
  d.extra = Extra::kObfuscation;
  d.open_completion = 16;
  d.error = ErrorShape::kOpenAi;
  d.checks_model = true;
  return d;
}

constexpr Dialect Vllm() {
  Dialect d = Golden();
  d.name = DialectName::kVllm;
  d.owned_by = "vllm";
  d.version = "0.11.2";
  d.apis = kNewApis;
  d.chat.chunk = R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
                 R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F%v}%}]%U%P})";
  d.chat.id_prefix = "chatcmpl-";
  d.chat.reasoning[0] = R"("reasoning":")";
  d.completions.chunk =
      R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
      R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F,"stop_reason":null,)"
      R"("prompt_token_ids":%p,"token_ids":%t}%}]%U})";
  d.completions.id_prefix = "cmpl-";
  d.completions.null_usage = NullUsage::kAlways;
  d.error = ErrorShape::kVllm;
  d.done_after_error = true;
  d.continuous_usage = true;
  d.usage_on_role = true;
  d.return_token_ids = true;
  d.honours_eos = true;
  d.early_message = false;
  d.checks_model = true;
  d.open_completion = 16;
  return d;
}

constexpr Dialect Sglang() {
  Dialect d = Vllm();
  d.name = DialectName::kSglang;
  d.owned_by = "sglang";
  d.version = "0.5.6";
  d.apis = kNewApis | Bits(Api::kSglang);
  d.chat.chunk = R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
                 R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F,)"
                 R"("matched_stop":null%g}%}]%U})";
  d.chat.id_prefix = "";
  d.chat.role = R"("reasoning_content":null,"role":"assistant"%C)";
  d.chat.answer[0] = R"("reasoning_content":null,"content":")";
  d.chat.reasoning[0] = R"("reasoning_content":")";
  d.chat.finish_delta = R"("reasoning_content":null)";
  d.chat.finish = FinishStyle::kSeparate;
  d.completions.chunk = d.chat.chunk;
  d.completions.id_prefix = "";
  d.usage = R"({"prompt_tokens":%p,"total_tokens":%t,"completion_tokens":%c,)"
            R"("prompt_tokens_details":null,"reasoning_tokens":%r})";
  d.usage_cached = R"({"prompt_tokens":%p,"total_tokens":%t,"completion_tokens":%c,)"
                   R"("prompt_tokens_details":{"cached_tokens":%k},"reasoning_tokens":%r})";
  d.error = ErrorShape::kFlat;
  d.usage_on_role = false;
  d.return_token_ids = false;
  d.checks_model = false;
  d.open_generate = 128;
  return d;
}

constexpr Dialect TensorRtLlm() {
  Dialect d = Vllm();
  d.name = DialectName::kTensorRtLlm;
  d.owned_by = "tensorrt_llm";
  d.version = "1.1.0";
  d.chat.chunk = R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
                 R"("choices":[%{{"index":0,%D%G%g}%}]%U})";
  d.chat.role_style = RoleStyle::kBare;
  d.chat.answer[1] = R"(","reasoning_content":"")";
  d.chat.reasoning[0] = R"("content":"","reasoning_content":")";
  d.chat.finish_delta = R"("content":"","reasoning_content":"")";
  d.completions.chunk =
      R"({"id":%I,"object":"%O","created":1700000000,"model":%M,)"
      R"("choices":[%{{"index":0,%D,"token_ids":%t,"logprobs":null,"finish_reason":%F,)"
      R"("stop_reason":null,"avg_decoded_tokens_per_iter":null}%}]%U})";
  d.usage = R"({"prompt_tokens":%p,"total_tokens":%t,"completion_tokens":%c,)"
            R"("prompt_tokens_details":{"cached_tokens":%k}})";
  d.usage_cached = d.usage;
  d.error = ErrorShape::kFlat;
  d.done_after_error = false;
  d.trailing_space = true;
  d.return_token_ids = false;
  d.checks_model = false;
  d.open_completion = 0;
  return d;
}

constexpr Dialect LlamaCpp() {
  Dialect d = Golden();
  d.name = DialectName::kLlamaCpp;
  d.owned_by = "llamacpp";
  d.version = "b9000-0123abc";
  d.apis = kNewApis | Bits(Api::kLlamaCpp);
  d.chat.chunk =
      R"({"choices":[%{{"finish_reason":%F,"index":0,%D}%}],"created":1700000000,"id":%I,)"
      R"("model":%M,"system_fingerprint":"b9000-0123abc","object":"%O"%U%X})";
  d.chat.id_prefix = "chatcmpl-";
  d.chat.role_style = RoleStyle::kNull;
  d.chat.finish = FinishStyle::kSeparate;
  d.completions.chunk =
      R"({"choices":[%{{%D,"index":0,"logprobs":null,"finish_reason":%F}%}],)"
      R"("created":1700000000,"model":%M,"system_fingerprint":"b9000-0123abc","object":"%O"%U,)"
      R"("id":%I%X})";
  d.completions.id_prefix = "chatcmpl-";
  d.completions.finish = FinishStyle::kSeparate;
  d.completions.usage_with_finish = true;
  d.usage = R"({"completion_tokens":%c,"prompt_tokens":%p,"total_tokens":%t,)"
            R"("prompt_tokens_details":{"cached_tokens":%k}})";
  d.usage_cached = d.usage;
  d.extra = Extra::kTimings;
  d.cuts_answers = true;
  d.error = ErrorShape::kLlama;
  d.honours_eos = true;
  d.sequence_numbers = false;
  d.early_message = false;
  return d;
}

constexpr Dialect Tgi() {
  Dialect d = Golden();
  d.name = DialectName::kTgi;
  d.owned_by = "";  // The model's own.
  d.version = "3.3.6";
  d.apis = kOpenAiApis | Bits(Api::kTgi);
  d.chat.chunk = R"({"object":"%O","id":"","created":1700000000,"model":%M,)"
                 R"("system_fingerprint":"3.3.6-native",)"
                 R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F}%}]%U})";
  d.chat.role_style = RoleStyle::kNone;
  d.chat.answer[0] = R"("role":"assistant","content":")";
  d.chat.reasoning[0] = "";
  d.chat.reasoning[1] = "";
  d.chat.finish_delta = R"("role":"assistant","content":"")";
  d.chat.null_usage = NullUsage::kAlways;
  d.completions.chunk = R"({"object":"%O","id":"","created":1700000000,)"
                        R"("choices":[%{{"index":0,%D,"logprobs":null,"finish_reason":%F}%}],)"
                        R"("model":%M,"system_fingerprint":"3.3.6-native"%U})";
  d.completions.null_usage = NullUsage::kAlways;
  d.usage = R"({"prompt_tokens":%p,"completion_tokens":%c,"total_tokens":%t})";
  d.usage_cached = d.usage;  // It tells none.
  d.error = ErrorShape::kTgi;
  d.data_space = false;
  d.early_message = false;
  d.overload_status = 429;
  d.max_requests = 128;
  return d;
}

constexpr Dialect Dynamo() {
  Dialect d = Golden();
  d.name = DialectName::kDynamo;
  d.owned_by = "nvidia";
  d.version = "0.7.0";
  d.apis = kNewApis;
  d.chat.chunk = R"({"id":%I,"choices":[%{{"index":0,%D%G}%}],"created":1700000000,"model":%M,)"
                 R"("object":"%O"%U%X})";
  d.chat.id_prefix = "chatcmpl-";
  d.chat.role_style = RoleStyle::kNone;
  d.chat.first = R"(,"role":"assistant")";
  d.completions.chunk =
      R"({"id":%I,"choices":[%{{%D,"index":0%G}%}],"created":1700000000,"model":%M,)"
      R"("object":"%O"%U%X})";
  d.completions.id_prefix = "cmpl-";
  d.usage = R"({"prompt_tokens":%p,"completion_tokens":%c,"total_tokens":%t})";
  d.usage_cached = R"({"prompt_tokens":%p,"completion_tokens":%c,"total_tokens":%t,)"
                   R"("prompt_tokens_details":{"cached_tokens":%k}})";
  d.extra = Extra::kNvext;
  d.error = ErrorShape::kDynamo;
  d.overload_status = 529;
  d.done_after_error = true;
  d.honours_eos = true;
  d.early_message = false;
  d.checks_model = true;
  return d;
}

constexpr std::array<Dialect, kDialectNames.size()> kDialects = {
    Golden(), OpenAi(), Vllm(), Sglang(), TensorRtLlm(), LlamaCpp(), Tgi(), Dynamo()};

}  // namespace

const Dialect& DialectOf(DialectName name) {
  const Dialect& dialect = kDialects[static_cast<std::size_t>(name)];
  RS_CHECK(dialect.name == name);
  return dialect;
}

}  // namespace roofscape::twin
