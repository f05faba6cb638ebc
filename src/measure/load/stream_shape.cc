#include "measure/load/stream_shape.h"

#include <algorithm>
#include <cstring>

#include "measure/load/json_scan.h"

namespace roofscape::load {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// The number that begins at `at`, as its end; 0 when there is none that may vary: an integer, and
/// not a part of another number.
std::size_t NumberEnd(std::string_view payload, std::size_t at) {
  const char* const end = payload.data() + payload.size();
  const ScannedCount count = ScanCount(payload.data() + at, end);
  if (count.end == nullptr || count.end == end || at == 0) return 0;
  const bool whole = std::string_view(":,[- ").find(payload[at - 1]) != std::string_view::npos &&
                     std::string_view(".eE").find(*count.end) == std::string_view::npos;
  return whole ? static_cast<std::size_t>(count.end - payload.data()) : 0;
}

/// Walks over JSON and knows what is inside a string.
struct StringTracker {
  bool inside = false;
  bool escaped = false;

  void Take(char c) {
    if (escaped) {
      escaped = false;
    } else if (inside && c == '\\') {
      escaped = true;
    } else if (c == '"') {
      inside = !inside;
    }
  }
};

}  // namespace

bool StreamShape::Slots::Add(Slot slot) {
  if (count == items.size()) return false;
  items[count++] = slot;
  return true;
}

const char* StreamShape::TakeSlot(SlotKind kind, const char* p, const char* end,
                                  std::string& scratch, StreamEvent& event) {
  if (kind == SlotKind::kText) {
    const ScannedString string = ScanString(p, end, scratch);
    if (string.end == nullptr || string.text.empty()) return nullptr;
    event.text = string.text;
    return string.end;
  }
  if (kind == SlotKind::kTokenIds) {
    const ScannedCount items = CountItems(p, end);
    event.token_ids = items.value;
    return items.end;
  }
  const ScannedCount count = ScanCount(p, end);
  switch (kind) {
    case SlotKind::kPromptTokens: event.usage.prompt_tokens = count.value; break;
    case SlotKind::kCompletionTokens: event.usage.completion_tokens = count.value; break;
    case SlotKind::kCachedTokens: event.usage.cached_tokens = count.value; break;
    default: break;
  }
  return count.end;
}

bool StreamShape::Compare(std::string_view payload, std::string& scratch,
                          StreamEvent& event) const {
  const char* p = payload.data();
  const char* const end = p + payload.size();
  std::size_t at = 0;
  event = event_;
  for (const Slot& slot : slots_.all()) {
    const std::size_t fixed = slot.begin - at;
    if (static_cast<std::size_t>(end - p) < fixed ||
        std::memcmp(p, payload_.data() + at, fixed) != 0) {
      return false;
    }
    p = TakeSlot(slot.kind, p + fixed, end, scratch, event);
    if (p == nullptr) return false;
    at = slot.end;
  }
  const std::size_t rest = payload_.size() - at;
  return static_cast<std::size_t>(end - p) == rest &&
         std::memcmp(p, payload_.data() + at, rest) == 0;
}

bool StreamShape::Match(std::string_view payload, std::string& scratch, StreamEvent& event) {
  if (payload_.empty()) return false;
  if (!Compare(payload, scratch, event)) {
    ++misses_;
    return false;
  }
  ++matches_;
  misses_ = 0;
  return true;
}

std::optional<StreamShape::Slots> StreamShape::NamedSlots(std::string_view payload,
                                                          const FieldPlaces& places,
                                                          std::string& scratch) {
  struct Named {
    std::size_t begin;
    SlotKind kind;
  };
  std::array<Named, 5> named{{
      {places.text, SlotKind::kText},
      {places.prompt_tokens, SlotKind::kPromptTokens},
      {places.completion_tokens, SlotKind::kCompletionTokens},
      {places.cached_tokens, SlotKind::kCachedTokens},
      {places.token_id_lists == 1 ? places.token_ids : 0, SlotKind::kTokenIds},
  }};
  std::sort(named.begin(), named.end(),
            [](const Named& a, const Named& b) { return a.begin < b.begin; });
  Slots slots;
  StreamEvent ignored;
  const char* const end = payload.data() + payload.size();
  for (const Named& field : named) {
    if (field.begin == 0) continue;
    const char* const p = TakeSlot(field.kind, payload.data() + field.begin, end, scratch, ignored);
    if (p == nullptr) return std::nullopt;
    const auto slot_end = static_cast<std::size_t>(p - payload.data());
    slots.Add({static_cast<std::uint16_t>(field.begin), static_cast<std::uint16_t>(slot_end),
               field.kind});
  }
  return slots;
}

std::optional<StreamShape::Slots> StreamShape::WithNumbers(std::string_view payload,
                                                           const Slots& named) const {
  const std::string_view old = payload_;
  Slots merged;
  StringTracker string;
  auto next = named.all().begin();
  auto old_next = slots_.all().begin();
  const auto named_end = named.all().end();
  const auto old_end = slots_.all().end();
  std::size_t i = 0;  // In old.
  std::size_t j = 0;  // In payload.
  while (i < old.size() && j < payload.size()) {
    if (next != named_end && next->begin == j) {
      if (old_next == old_end || old_next->begin != i || old_next->kind != next->kind) return {};
      if (!merged.Add(*next)) return {};
      i = (old_next++)->end;
      j = (next++)->end;
      continue;
    }
    const bool varied = old_next != old_end && old_next->begin == i;
    if (!varied && old[i] == payload[j]) {
      string.Take(payload[j]);
      ++i;
      ++j;
      continue;
    }
    if (string.inside) return {};
    if (varied && (old_next++)->kind != SlotKind::kNumber) return {};
    // The bytes before are the same, so the number begins equally far back in both.
    const std::size_t floor = merged.count > 0 ? merged.items[merged.count - 1].end : 0;
    while (!varied && j > floor && IsDigit(payload[j - 1])) {
      --i;
      --j;
    }
    const std::size_t old_number_end = NumberEnd(old, i);
    const std::size_t number_end = NumberEnd(payload, j);
    if (old_number_end == 0 || number_end == 0) return {};
    const auto begin = static_cast<std::uint16_t>(j);
    if (!merged.Add({begin, static_cast<std::uint16_t>(number_end), SlotKind::kNumber})) return {};
    i = old_number_end;
    j = number_end;
  }
  if (i != old.size() || j != payload.size() || next != named_end) return {};
  return merged;
}

void StreamShape::Learn(std::string_view payload, const StreamEvent& event,
                        const FieldPlaces& places, std::string& scratch) {
  constexpr std::uint32_t kHopeful = 8;  // Misses in a row, of which each is learned from...
  constexpr std::uint32_t kSeldom = 16;  // ...and then only one in so many.
  if (misses_ > kHopeful && misses_ % kSeldom != 0) return;
  if (payload.size() > kMaxPayload || places.text == 0 || event.text.empty()) return;
  auto slots = NamedSlots(payload, places, scratch);
  if (!slots) return;
  if (const auto merged = WithNumbers(payload, *slots)) slots = merged;
  payload_.assign(payload);
  slots_ = *slots;
  event_ = event;
  event_.text = event_.message = {};
  // The remembered payload must be its own match; if not, the parser saw more than we know.
  StreamEvent again;
  if (!Compare(payload, scratch, again) || again != event) payload_.clear();
}

}  // namespace roofscape::load
