// auxiliary_variables: a variable that the model never asked for makes q richer
// C100, UDL notes; Maaloe et al. 2016, equations 4 and 5
//
//     q(z|x) = sum_a q(a|x) q(z|a,x)
//     log p(x) >= E_q(a,z|x)[ log p(x,z) - log q(z|a,x) + log r(a|z,x) - log q(a|x) ]
//
// Each q(z|a,x) is as simple as before, their mixture is not. Its density needs a sum over a; r guesses from z which a it
// was, and with the best guess, q(a|z,x), the bound is that of the mixture. The net F5 with two bits: all is enumerated.
#include "concepts/posteriors/auxiliary_variables_faults.hpp"
#include "support/concept/concept.hpp"
#include "support/numerics/ascend.hpp"
#include "vae/exact/binary_net.hpp"

using namespace tapestry;
using concepts::AuxiliarySteps, concepts::AuxiliaryTables, concepts::bound;
using support::Concept, support::Plot;
using vae::exact::BinaryNet;

namespace {

// --- claims

const BinaryNet& net() {
  static const BinaryNet example = BinaryNet::example();
  return example;
}
Tensor observed() { return BinaryNet::example_x(); }

/// The best q without a, as a table over the four states.
Tensor claims_of_factorised(Concept& c) {
  Parameter logits("logits", tensor({1.0, -1.0}));
  support::ascend({&logits}, [&] { return net().elbo(observed(), net().factorised(1.0 * logits)); },
                  {.steps = 2000});
  const Tensor q = net().factorised(logits.value());
  c.exact("log p(x)", net().log_px(observed()).item(), -1.8233212010, 1e-9);
  c.exact("gap of the best q with independent bits", net().gap(observed(), q).item(), 0.0510180951,
          1e-9);
  return q;
}

/// The best q with a in {0, 1}.
AuxiliaryTables claims_of_auxiliary(Concept& c, const AuxiliarySteps& steps, double elbo_without) {
  const Tensor log_joint = net().log_joint(observed());
  Parameter a("a", zeros({2, 1})), z("z", tensor({{1.0, -1.0}, {-1.0, 1.0}}));
  const auto tables = [&] {
    return AuxiliaryTables{log_softmax(1.0 * a, -2), net().factorised(steps.given_a(1.0 * z))};
  };
  const auto value = [&] {
    const AuxiliaryTables q = tables();
    return bound(q, log_joint, steps.best_r(q), steps);
  };
  support::ascend({&a, &z}, value, {.steps = c.choose(4000, 3000), .shrink = 1e-4});
  const AuxiliaryTables q = tables();
  c.exact("gap with a of two values", net().log_px(observed()).item() - value().item(), 0, 1e-9);
  const double blind = bound(q, log_joint, q.log_a + 0.0 * q.log_z, steps).item();
  c.at_most("the same q, r(a) = q(a): bound - that of the best q without a", blind - elbo_without,
            -0.01);
  const Tensor information = sum(exp(q.joint()) * (q.log_z - reshape(q.marginal(), {1, 4})));
  c.identity("what it lost - I(a; z) under q", value().item() - blind - information.item(), 0);
  return q;
}

/// 10,000 random q and r.
void claims_of_random(Concept& c, const AuxiliarySteps& steps) {
  Rng rng = c.rng("random");
  const std::int64_t n = 10000;
  const AuxiliaryTables q{log_softmax(2.0 * rng.normal({n, 2, 1}), -2),
                          net().factorised(2.0 * rng.normal({n, 2, 2}))};
  const Tensor log_joint = net().log_joint(observed());
  const Tensor best = bound(q, log_joint, steps.best_r(q), steps);
  c.identity("random q, best r: bound - ELBO of the mixture, largest",
             max(abs(best - net().elbo(observed(), q.marginal()))).item(), 0);
  const Tensor any_r = log_softmax(2.0 * rng.normal({n, 2, 4}), -2);
  const Tensor any = bound(q, log_joint, any_r, steps);
  c.at_most("random q and r: bound - log p(x), largest", max(any - net().log_px(observed())).item(),
            0);
  c.at_most("random q and r: bound - that of the best r, largest", max(any - best).item(), 1e-12);
}

// --- picture

std::vector<Plot> picture(const Tensor& factorised, const AuxiliaryTables& q) {
  Plot of_all("p(z|x) and q(z|x)", "the two bits of z", "probability");
  of_all.bars("p(z|x)", exp(net().log_posterior(observed())).to_vector())
      .bars("q, bits independent", exp(factorised).to_vector())
      .bars("q, with a", exp(q.marginal()).to_vector());
  Plot parts("q with a: two parts, each with independent bits", "the two bits of z", "probability");
  const Tensor joint = exp(q.joint());
  parts.bars("a = 0", slice(joint, 0, 0, 1).to_vector())
      .bars("a = 1", slice(joint, 0, 1, 2).to_vector());
  const std::vector<std::string> states{"0 0", "1 0", "0 1", "1 1"};
  return {of_all.names(states).key("top right").y_range(0, 1),
          parts.names(states).stacked().key("top right").y_range(0, 1)};
}

// --- program

void program(Concept& c) {
  const AuxiliarySteps steps = c.broken("r_left_out")         ? concepts::r_left_out()
                               : c.broken("r_ignores_z")      ? concepts::r_ignores_z()
                               : c.broken("a_not_given_to_z") ? concepts::a_not_given_to_z()
                                                              : AuxiliarySteps{};
  const Tensor factorised = claims_of_factorised(c);
  const AuxiliaryTables q =
      claims_of_auxiliary(c, steps, net().elbo(observed(), factorised).item());
  claims_of_random(c, steps);
  c.draw(picture(factorised, q));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C100",
                         .title = "Auxiliary variables",
                         .source = "UDL notes; Maaloe et al. 2016, equations 4 and 5",
                         .mutants = {{"r_left_out", "log r(a|z,x) is not counted"},
                                     {"r_ignores_z", "r(a) = q(a|x)"},
                                     {"a_not_given_to_z", "q(z|x) in the place of q(z|a,x)"}}},
                        program);
}
