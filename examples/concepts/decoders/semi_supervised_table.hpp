#pragma once

#include <memory>
#include <string>
#include <vector>

#include "concepts/decoders/semi_supervised_baselines.hpp"
#include "support/concept/concept.hpp"
#include "support/concept/images.hpp"

// The table of accuracies by method and by number of labels.

namespace concepts {

/// One way to train M2.
struct Variant {
  std::string name;
  Plan plan;
  enum { first, others, first_and_last } counts;  ///< numbers of labels that it is trained with

  bool with(bool is_first, bool is_last) const {
    return counts == first ? is_first : counts == others ? !is_first : is_first || is_last;
  }
};

inline std::vector<Variant> variants(const support::Concept& c) {
  const int few = c.choose(1, 6);
  const Plan with_term{.alpha = c.choose(50.0, 20.0), .epochs = c.choose(50, 12)};
  Plan more_labels = with_term;
  more_labels.epochs = c.choose(15, 12);
  return {{"M2, with the term", with_term, Variant::first},
          {"M2, with the term", more_labels, Variant::others},
          {"M2, all labels", {.alpha = 0, .epochs = few}, Variant::first_and_last},
          {"M2, a drawn label",
           {.alpha = 0, .epochs = few, .enumerate = false},
           Variant::first_and_last}};
}

/// Fills the curves of the record, one of each method over the numbers of labels, and leaves out what is there already; with the
/// fewest labels those of M2 by pass, too.
struct Table {
  const support::Concept& c;
  support::Record& r;
  const Classes classes;
  const LabelTraining how;

  bool known(std::int64_t count, const std::string& name) const {
    return r.has(name, static_cast<double>(count));
  }
  void note(std::int64_t count, const std::string& name, double accuracy) {
    r.add(name, static_cast<double>(count), accuracy);
    c.keep(r, fmt::format("{} labels, {}: {:.4f}", count, name, accuracy));
  }
  void fill(const std::vector<std::int64_t>& counts) {
    std::unique_ptr<vae::MlpVae> m1;
    for (const std::int64_t count : counts) {
      const Labelled l = choose_labelled(classes.data, count, c.rng("labelled"));
      if (!known(count, "labels alone")) note(count, "labels alone", labels_alone(classes, l, how));
      if (!known(count, "M1")) {
        if (!m1) m1 = train_m1(classes.data, c.choose(3, 10), how);
        note(count, "M1", by_codes(*m1, classes, l, how));
      }
      for (const Variant& v : variants(c))
        if (v.with(count == counts.front(), count == counts.back()) && !known(count, v.name))
          add(v, l, count == counts.front(), count == counts.back());
    }
  }
  void add(const Variant& v, const Labelled& l, bool is_first, bool is_last) {
    double last = 0;
    const auto by_pass = [&](int pass, double accuracy) {
      last = accuracy;
      if (is_first) r.add(v.name + ": by pass", pass, accuracy);
    };
    const auto model = train_m2(classes, l, v.plan, how, by_pass);
    if (is_last && v.plan.alpha > 0) {
      Rng rng = c.rng("styles");
      const Tensor drawn = model->told.under_all_labels(rng.normal({6, how.latent}));
      support::keep_grey_images(r, "styles", reshape(drawn, {60, 784}));
    }
    note(l.x.dim(0), v.name, last);
  }
};

}  // namespace concepts
