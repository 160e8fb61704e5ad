// auxiliary_vae: digits with a posterior that is a mixture of infinitely many normals
// C100, UDL notes; Maaloe et al. 2016, equations 3 to 5
//
//     E[ log p(x|z) + log p(z) - log q(z|a,x) + log r(a|z,x) - log q(a|x) ]        a ~ q(a|x),  z ~ q(z|a,x)
//
// Given a, z is a diagonal normal; without it, its latents depend on each other. The model p(x, z) is the same with and
// without a.
#include "concepts/posteriors/auxiliary_vae.hpp"

#include "concepts/posteriors/train_posterior.hpp"

using namespace tapestry;
using concepts::AuxiliarySizes, concepts::AuxiliaryVae;
using support::Concept, support::Plot, support::Record;

namespace {

// --- wrong versions

Tensor r_left_out(const Tensor& log_a, const Tensor&) { return log_a; }

// --- claims

/// Another a moves q(z|a,x).
void claims_of_a(Concept& c, AuxiliarySizes sizes) {
  sizes.pixels = 9, sizes.hidden = 8, sizes.auxiliary = 3, sizes.latents = 2;
  AuxiliaryVae model(sizes);
  concepts::claim_of_density(c, model, 0.3);
  const NoGrad no_grad;
  const auto q = model.encode(c.rng("x").uniform({1, 9}));
  c.at_least("mean of q(z|a,x), for two a: difference",
             max(abs(q.z(ones({1, 3})).loc - q.z(zeros({1, 3})).loc)).item(), 1e-6);
}

/// In ten epochs a wins nothing: the bands say so.
void claims_of_training(Concept& c, const Record& r) {
  const double plain = r.number("without a, log p(x)"), rich = r.number("with a, log p(x)");
  c.within("test -ELBO with a, nats", r.curve("with a").last(), c.choose(104.0, 60.0),
           c.choose(106.2, 260.0));
  c.within("log p(x), with a - without", rich - plain, c.choose(-0.3, -20.0), c.choose(0.3, 20.0));
}

// --- picture

std::vector<Plot> picture(const Record& r) {
  Plot plot("test digits", "epoch", "-ELBO, nats");
  plot.y_range(100, 130);
  for (const std::string name : {"without a", "with a"})
    plot.line(name, r.curve(name).x, r.curve(name).y);
  return {plot};
}

// --- program

void program(Concept& c) {
  const AuxiliarySizes planted{
      .sees_a = !c.broken("a_not_given_to_z"),
      .price = c.broken("r_left_out") ? r_left_out : concepts::whole_price};
  claims_of_a(c, planted);  // with a wrong density the trainer would stop: the KL is below 0
  const DTypeScope f32(DType::f32);
  const Record r = c.record([&](Record& measured) {
    const nn::ImageDataset data = concepts::coin_digits(c, measured);
    AuxiliarySizes with_a;
    if (c.quick()) with_a.hidden = 50, with_a.auxiliary = 4, with_a.latents = 8;
    AuxiliarySizes without = with_a;
    without.sees_a = false, without.price = concepts::no_price;
    for (const auto& [name, sizes] :
         {std::pair("without a", without), std::pair("with a", with_a)}) {
      AuxiliaryVae model(sizes);
      if (!sizes.sees_a) model.freeze_a();
      concepts::train_posterior(c, data, model, name, c.choose(10, 6), c.choose(500, 50), measured);
    }
  });
  claims_of_training(c, r);
  c.draw(picture(r));
}

}  // namespace

int main(int argc, char** argv) {
  return support::prove(argc, argv,
                        {.id = "C100",
                         .title = "A VAE with auxiliary variables",
                         .source = "UDL notes; Maaloe et al. 2016, equations 3 to 5",
                         .mutants = {{"a_not_given_to_z", "q(z|x) in the place of q(z|a,x)"},
                                     {"r_left_out", "log r(a|z,x) is not counted"}}},
                        program);
}
