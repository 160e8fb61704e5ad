#include "autograd/scope.hpp"

#include <deque>
#include <unordered_map>

namespace tapestry {
namespace {

// Scopes are interned per thread: a node keeps one number, and entering a known module in the next
// training step allocates nothing.
struct Key {
  ScopeId parent;
  std::string_view path;
  const char* file;
  std::uint32_t line;
  bool operator==(const Key&) const = default;
};
struct Hash {
  std::size_t operator()(const Key& k) const {
    return std::hash<std::string_view>()(k.path) ^ (std::size_t{k.line} << 20) ^
           static_cast<std::size_t>(k.parent);
  }
};
struct Table {
  std::deque<ScopeInfo> infos{ScopeInfo{}};
  std::unordered_map<Key, ScopeId, Hash> ids;
  ScopeId current = 0;
  const void* opener = nullptr;
};
thread_local Table table;

}  // namespace

ScopeId current_scope() { return table.current; }
const void* current_opener() { return table.opener; }
const ScopeInfo& scope_info(ScopeId id) { return table.infos[static_cast<std::size_t>(id)]; }

Scope::Scope(std::string_view path, SourceLoc from, const void* opener)
    : previous_(table.current), previous_opener_(table.opener) {
  table.opener = opener;
  const auto found = table.ids.find({previous_, path, from.file, from.line});
  if (found != table.ids.end()) {
    table.current = found->second;
    return;
  }
  const auto id = static_cast<ScopeId>(table.infos.size());
  const ScopeInfo& info = table.infos.emplace_back(ScopeInfo{previous_, std::string(path), from});
  table.ids.emplace(Key{previous_, info.path, from.file, from.line}, id);
  table.current = id;
}

Scope::~Scope() {
  table.current = previous_;
  table.opener = previous_opener_;
}

}  // namespace tapestry
