#pragma once

#include <memory>
#include <string>
#include <vector>

#include "concepts/decoders/semi_supervised_runs.hpp"

// The table of accuracies by method and by number of labels.

namespace concepts {

/// Each method at numbers of labels. `wanted(count, name)` leaves out what is known, `note` hears of each accuracy; `last` is
/// called with the last model that was trained with the term.
struct Comparison {
  std::vector<std::int64_t> counts;
  int epochs_of_m1;
  std::vector<Variant> variants;
};
template <class Wanted, class Note, class Last>
void compare(const Comparison& of, const nn::ImageDataset& data, const LabelTraining& how,
             const Rng& rng, Wanted&& wanted, Note&& note, Last&& last) {
  const Classes classes{data};
  std::unique_ptr<vae::MlpVae> m1;
  for (const std::int64_t count : of.counts) {
    const Labelled l = choose_labelled(data, count, rng);
    if (wanted(count, "labels alone")) note(count, "labels alone", labels_alone(classes, l, how));
    if (wanted(count, "M1")) {
      if (!m1) m1 = train_m1(data, of.epochs_of_m1, how);
      note(count, "M1", by_codes(*m1, classes, l, how));
    }
    for (const Variant& v : of.variants) {
      const bool is_first = count == of.counts.front(), is_last = count == of.counts.back();
      if (v.counts == Variant::first && !is_first) continue;
      if (v.counts == Variant::first_and_last && !is_first && !is_last) continue;
      if (!wanted(count, v.name)) continue;
      const auto model = train_m2(classes, l, v, how);
      note(count, v.name, classes.found(model->label));
      if (v.alpha > 0 && is_last && v.counts == Variant::all) last(*model);
    }
  }
}

}  // namespace concepts
